#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "bulla/hash.h"
#include "bulla/zstd.h"
#include "pieces.h"

#define MAX_PLAIN (1u << 20)
#define HEADER_MAX 18u	/* bytes of a frame header */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static enum bulla_status
run(const uint8_t *data, size_t len, size_t size, uint8_t digest[32])
{
	struct pieces s = { .b.next = pieces_next, .p = data, .n = len,
	    .size = size };
	struct bulla_sha256 *h = NULL;
	struct bulla_zstdr *z = NULL;
	const uint8_t *p = NULL;
	enum bulla_status st;
	size_t n = 1, total = 0;

	if (bulla_sha256_new(&h, NULL) != BULLA_OK ||
	    bulla_zstdr_new(&s.b, MAX_PLAIN, &z, NULL) != BULLA_OK)
		abort();
	do {
		st = bulla_zstdr_blocks(z)->next(bulla_zstdr_blocks(z), &p, &n,
		    NULL);
		if (st == BULLA_OK && n > 0)
			bulla_sha256_update(h, p, n);
		total += st == BULLA_OK ? n : 0;
	} while (st == BULLA_OK && n > 0);
	if (total > MAX_PLAIN)
		abort();
	bulla_sha256_final(h, digest);
	bulla_sha256_free(h);
	bulla_zstdr_free(z);
	free(s.now);
	return st;
}

/*
 * Whether it is accepted does not hang on how the bytes came in (which fault
 * libzstd finds first may); what is accepted is one frame from the first
 * byte to the last, as libzstd itself counts it.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t a[32], b[32];
	enum bulla_status st = run(data, len, 65536, a);

	if ((run(data, len, HEADER_MAX, b) == BULLA_OK) != (st == BULLA_OK))
		abort();
	if (st != BULLA_OK)
		return 0;
	if (memcmp(a, b, sizeof(a)) != 0 || (data[0] & 0xf0) == 0x50 ||
	    ZSTD_findFrameCompressedSize(data, len) != len)
		abort();
	return 0;
}
