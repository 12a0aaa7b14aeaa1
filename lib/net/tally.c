#include <stdlib.h>

#include "tally.h"

#include "bulla/io.h"

#define CHUNK (256u << 10)

enum bulla_status
tally_new(struct tally *t, struct bulla_err *err)
{
	*t = (struct tally){ 0 };
	return bulla_sha256_new(&t->hash, err);
}

void
tally_see(struct tally *t, uint64_t off, const void *p, size_t n)
{
	const uint8_t *b = p;
	uint64_t had;

	if (off > t->at || n <= t->at - off)
		return;
	had = t->at - off;
	bulla_sha256_update(t->hash, b + had, n - (size_t)had);
	t->at += n - had;
}

enum bulla_status
tally_read(struct tally *t, int fd, uint64_t to, struct bulla_err *err)
{
	uint8_t *buf = malloc(CHUNK);
	enum bulla_status st = BULLA_OK;
	size_t n;

	if (buf == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	while (st == BULLA_OK && t->at < to) {
		n = to - t->at < CHUNK ? (size_t)(to - t->at) : CHUNK;
		st = bulla_pread_fd(fd, buf, n, t->at, &n, "the package",
		    err);
		if (st == BULLA_OK && n == 0)
			st = bulla_fail(err, BULLA_E_INCOMPLETE,
			    "the package got shorter while it was sent");
		if (st == BULLA_OK)
			tally_see(t, t->at, buf, n);
	}
	free(buf);
	return st;
}

void
tally_end(struct tally *t, uint8_t sha256[BULLA_SHA256_LEN])
{
	bulla_sha256_final(t->hash, sha256);
	t->at = 0;
}

void
tally_free(struct tally *t)
{
	bulla_sha256_free(t->hash);
	*t = (struct tally){ 0 };
}
