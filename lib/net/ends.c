#include <stdlib.h>

#include "ends.h"

#include "bulla/hash.h"
#include "bulla/io.h"
#include "bulla/tus.h"

enum bulla_status
ends_of(int fd, uint64_t size, uint8_t out[32], struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(8 + 2 * BULLA_TUS_ENDS_BYTES);
	uint8_t *end = malloc(BULLA_TUS_ENDS_BYTES);
	uint64_t want = size < BULLA_TUS_ENDS_BYTES ? size :
	    BULLA_TUS_ENDS_BYTES;
	enum bulla_status st = BULLA_OK;
	size_t n;

	bulla_buf_u64(&b, size);
	for (unsigned i = 0; i < 2 && st == BULLA_OK && end != NULL; i++) {
		st = bulla_pread_fd(fd, end, (size_t)want, i == 0 ? 0 :
		    size - want, &n, "the package", err);
		if (st == BULLA_OK && n < want)
			st = bulla_fail(err, BULLA_E_INCOMPLETE,
			    "the package got shorter");
		bulla_buf_put(&b, end, st == BULLA_OK ? n : 0);
	}
	if (end == NULL || bulla_buf_status(&b) != BULLA_OK)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	if (st == BULLA_OK)
		bulla_sha256(b.p, b.len, out);
	bulla_buf_free(&b);
	free(end);
	return st;
}
