#include <string.h>

#include "core/tee.h"

#define PIECE 262144u	/* bytes read and written at a time */
#define PIECES 8u	/* in memory at once */
#define FLUSH (8u << 20)	/* bytes after which the disk may begin */

static const char what[] = "the copy in the home";

/*
 * In one of the threads, never in two. The disk begins while we go on: what
 * makes the copy durable in the end has then little left to wait for.
 */
static enum bulla_status
copy_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct tee *t = ctx;
	struct bulla_reader_fd in;
	size_t have = s->seq == 0 ? t->n_first : 0, n = 0;
	enum bulla_status st;

	(void)worker;
	memcpy(s->in, t->first, have);
	bulla_reader_fd_init(&in, t->from, "package");
	st = bulla_read_full(&in.r, s->in + have, PIECE - have, &n, err);
	if (st != BULLA_OK)
		return st;
	s->in_len = have + n;
	s->last = s->in_len < PIECE;
	st = bulla_write_fd(t->copy, s->in, s->in_len, what, err);
	t->written += s->in_len;
	if (st == BULLA_OK && t->written - t->flushed >= FLUSH) {
		bulla_write_back(t->copy, t->flushed, t->written - t->flushed);
		t->flushed = t->written;
	}
	return st;
}

/* Something to be had in slot, or the end. */
static enum bulla_status
more(struct tee *t, struct bulla_err *err)
{
	while (!t->ended && t->failed == BULLA_OK &&
	    (t->slot == NULL || t->at == t->slot->in_len)) {
		if (t->slot != NULL)
			bulla_ring_put(t->ring, t->slot);
		t->slot = NULL;
		t->at = 0;
		t->failed = bulla_ring_next(t->ring, &t->slot, &t->err);
		t->ended = t->failed == BULLA_OK && t->slot == NULL;
	}
	if (t->failed != BULLA_OK && err != NULL)
		*err = t->err;
	return t->failed;
}

/* The next bytes where they lie, max at the most; none at the end. */
static enum bulla_status
next(struct tee *t, uint64_t max, const uint8_t **p, size_t *n,
    struct bulla_err *err)
{
	enum bulla_status st = more(t, err);

	*n = 0;
	if (st != BULLA_OK || t->ended)
		return st;
	*p = t->slot->in + t->at;
	*n = t->slot->in_len - t->at;
	if (*n > max)
		*n = (size_t)max;
	t->at += *n;
	t->bytes += *n;
	return BULLA_OK;
}

static enum bulla_status
tee_read(struct bulla_reader *r, void *buf, size_t cap, size_t *n,
    struct bulla_err *err)
{
	struct tee *t = (struct tee *)r;
	const uint8_t *p = NULL;
	enum bulla_status st = next(t, cap, &p, n, err);

	if (st != BULLA_OK || *n == 0)
		return st;
	bulla_sha256x2_update(t->hash, p, *n, NULL, 0);
	memcpy(buf, p, *n);
	return BULLA_OK;
}

enum bulla_status
tee_open(struct tee *t, int from, int copy, struct bulla_err *err)
{
	struct bulla_reader_fd in;

	*t = (struct tee){ .r.read = tee_read, .from = from, .copy = copy };
	bulla_reader_fd_init(&in, from, "package");
	return bulla_read_full(&in.r, t->first, sizeof(t->first), &t->n_first,
	    err);
}

enum bulla_status
tee_begin(struct tee *t, unsigned threads, struct bulla_err *err)
{
	static const struct bulla_stage stage = {
		.serial = true, .run = copy_stage };
	const struct bulla_ring_config c = { .stages = &stage, .n_stages = 1,
	    .n_threads = threads < 2 ? 1 : 2, .n_slots = PIECES,
	    .in_cap = PIECE, .drain = true, .ctx = t };
	enum bulla_status st = bulla_sha256x2_new(&t->hash, err);

	return st == BULLA_OK ? bulla_ring_new(&c, &t->ring, err) : st;
}

enum bulla_status
tee_segment(struct tee *t, uint64_t size, uint64_t *got,
    uint8_t digest[BULLA_SHA256_LEN], struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	const uint8_t *p = NULL;
	size_t n = 1;

	for (*got = 0; st == BULLA_OK && *got < size && n > 0; *got += n) {
		st = next(t, size - *got, &p, &n, err);
		bulla_sha256x2_update(t->hash, p, n, p, n);
	}
	bulla_sha256x2_final(t->hash, 1, digest);
	return st;
}

enum bulla_status
tee_end(struct tee *t, uint8_t sha256[BULLA_SHA256_LEN],
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	const uint8_t *p = NULL;
	size_t n = 1;

	while (st == BULLA_OK && n > 0) {
		st = next(t, UINT64_MAX, &p, &n, err);
		bulla_sha256x2_update(t->hash, p, n, NULL, 0);
	}
	if (st == BULLA_OK)
		bulla_sha256x2_final(t->hash, 0, sha256);
	return st;
}

void
tee_free(struct tee *t)
{
	bulla_ring_free(t->ring);
	bulla_sha256x2_free(t->hash);
	*t = (struct tee){ .from = -1, .copy = -1 };
}
