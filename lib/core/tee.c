#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "core/tee.h"

#define PIECE (1u << 20)	/* bytes read and written at a time */
#define PIECES 4u	/* in memory at once */
#define FLUSH (8u << 20)	/* bytes after which the disk may begin */
#define KEEP (16u << 20)	/* bytes that are on their way to the disk */

static const char what[] = "the copy in the home";

/*
 * Wait until there is something behind what was read; nothing at the end. What
 * was told meanwhile is heard each time, so that an end is noticed before all
 * that came before it has been copied.
 */
static enum bulla_status
grow(struct source *f, size_t *cap, struct bulla_err *err)
{
	const struct bulla_growing *g = f->growing;
	struct pollfd p = { .fd = g->counts, .events = POLLIN };
	uint64_t more;
	ssize_t n;

	while (f->told < g->length && (f->told == f->pos ||
	    poll(&p, 1, 0) == 1)) {
		n = read(g->counts, &more, sizeof(more));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bulla_fail_sys(err, "waiting for more of it");
		if (n != (ssize_t)sizeof(more))
			return bulla_fail(err, BULLA_E_INCOMPLETE,
			    "it was broken off");
		f->told += more < g->length - f->told ? more :
		    g->length - f->told;
	}
	if (*cap > f->told - f->pos)
		*cap = (size_t)(f->told - f->pos);
	return BULLA_OK;
}

static enum bulla_status
source_read(struct bulla_reader *r, void *buf, size_t cap, size_t *n,
    struct bulla_err *err)
{
	struct source *f = (struct source *)r;
	enum bulla_status st = f->growing != NULL ? grow(f, &cap, err) :
	    BULLA_OK;

	*n = 0;
	if (st != BULLA_OK || cap == 0)
		return st;
	st = f->fd.r.read(&f->fd.r, buf, cap, n, err);
	f->pos += *n;
	if (st == BULLA_OK && *n == 0 && f->growing != NULL)
		return bulla_fail(err, BULLA_E_INCOMPLETE, "it is shorter "
		    "than was told");
	return st;
}

static void
source_init(struct source *f, int fd, const struct bulla_growing *growing)
{
	*f = (struct source){ .r.read = source_read, .growing = growing };
	bulla_reader_fd_init(&f->fd, fd, "package");
}

/* What was read, and lies on the disk by now, need not stay in memory too. */
static void
drop_read(struct source *f)
{
	if (f->growing == NULL || f->pos < f->dropped + FLUSH + KEEP)
		return;
	bulla_drop(f->fd.fd, f->dropped, f->pos - KEEP - f->dropped);
	f->dropped = f->pos - KEEP;
}

/*
 * In one of the threads, never in two. The disk begins while we go on: what
 * makes the copy durable in the end has then little left to wait for.
 */
static enum bulla_status
copy_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct tee *t = ctx;
	size_t have = s->seq == 0 ? t->n_first : 0, n = 0;
	enum bulla_status st;

	(void)worker;
	memcpy(s->in, t->first, have);
	st = bulla_read_full(&t->from.r, s->in + have, PIECE - have, &n, err);
	if (st != BULLA_OK)
		return st;
	s->in_len = have + n;
	s->last = s->in_len < PIECE;
	drop_read(&t->from);
	if (s->seq == 0 && !s->last)
		bulla_direct_on(t->copy);
	st = bulla_direct_write(t->copy, s->in, s->in_len, what, err);
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
tee_open(struct tee *t, int from, int copy,
    const struct bulla_growing *growing, struct bulla_err *err)
{
	*t = (struct tee){ .r.read = tee_read, .copy = copy };
	source_init(&t->from, from, growing);
	return bulla_read_full(&t->from.r, t->first, sizeof(t->first),
	    &t->n_first, err);
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
	*t = (struct tee){ .copy = -1 };
}
