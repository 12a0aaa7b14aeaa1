#include <string.h>

#include "bulla/io.h"
#include "core/pass.h"

/*
 * Hashing the segments of a file that can seek: one stage reads only the
 * headers, and every core then hashes two segments at a time in step, where
 * the CPU can, in small pieces. Nothing is decrypted.
 */
#define PIECES_IN_MARK 8u
#define PIECE (MARK_SIZE / PIECES_IN_MARK)	/* bytes of one of the two */

struct job {
	unsigned n;			/* segments: 1 or 2 */
	uint64_t off[2], len[2];
	unsigned pieces[2];		/* of each, so far */
	uint8_t digest[2][BULLA_SHA256_LEN];
	uint8_t tag[2][MARKS_IN_SEGMENT][BULLA_MAC_TAG];
};

static enum bulla_status
plan_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct pass *p = ctx;
	struct job *j = s->user;
	enum bulla_status st = BULLA_OK;

	(void)worker;
	j->pieces[0] = j->pieces[1] = 0;
	for (j->n = 0; j->n < 2 && !s->last && st == BULLA_OK; j->n++)
		st = pkgr_plan(&p->r, &j->off[j->n], &j->len[j->n], &s->last,
		    err);
	if (st == BULLA_OK && s->seq == 0 && p->marks != NULL)
		p->marks->first = j->off[0];
	return st;
}

/* A piece of one of the two; *n is 0 when it has ended. */
static enum bulla_status
piece_of(const struct pass *p, struct job *j, unsigned which, uint8_t *buf,
    size_t *n, struct bulla_err *err)
{
	size_t want = 0;
	enum bulla_status st = BULLA_OK;

	*n = 0;
	if (which < j->n)
		want = j->len[which] < PIECE ? (size_t)j->len[which] : PIECE;
	if (want > 0)
		st = bulla_pread_fd(p->r.fd, buf, want, j->off[which], n,
		    "package", err);
	if (st == BULLA_OK && *n < want)
		return bulla_fail(err, BULLA_E_INCOMPLETE,
		    "became shorter while it was read");
	j->off[which] += *n;
	j->len[which] -= *n;
	return st;
}

static unsigned
marks_in(const struct job *j, unsigned which)
{
	return (j->pieces[which] + PIECES_IN_MARK - 1) / PIECES_IN_MARK;
}

/*
 * The piece that stands in the slot is marked as part of its segment. It was
 * read once for both: a mark of other bytes than those that were hashed would
 * let the second pass take what nobody verified.
 */
static void
mark(const struct pass *p, struct bulla_slot *s, unsigned worker,
    unsigned which, size_t n)
{
	struct bulla_mac *m = p->mac[worker][which];
	struct job *j = s->user;
	unsigned at = j->pieces[which] / PIECES_IN_MARK;

	if (p->marks == NULL || n == 0)
		return;
	if (j->pieces[which] % PIECES_IN_MARK == 0)
		bulla_mac_begin_nth(m, p->marks->key.p, (s->seq * 2 + which) *
		    MARKS_IN_SEGMENT + at);
	bulla_mac_update(m, s->in + which * PIECE, n);
	j->pieces[which]++;
	if (j->pieces[which] % PIECES_IN_MARK == 0 || j->len[which] == 0)
		bulla_mac_final(m, j->tag[which][at]);
}

static enum bulla_status
hash_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct pass *p = ctx;
	struct bulla_sha256x2 *h = p->pair[worker];
	struct job *j = s->user;
	size_t a = 1, b = 1;
	enum bulla_status st = BULLA_OK;

	while (a + b > 0) {
		st = piece_of(p, j, 0, s->in, &a, err);
		if (st == BULLA_OK)
			st = piece_of(p, j, 1, s->in + PIECE, &b, err);
		if (st != BULLA_OK)
			return st;
		bulla_sha256x2_update(h, s->in, a, s->in + PIECE, b);
		mark(p, s, worker, 0, a);
		mark(p, s, worker, 1, b);
	}
	bulla_sha256x2_final(h, 0, j->digest[0]);
	bulla_sha256x2_final(h, 1, j->digest[1]);
	return st;
}

/* What came of one job. */
static enum bulla_status
keep(struct pass *p, const struct job *j, struct bulla_err *err)
{
	enum bulla_status st;

	for (unsigned i = 0; i < j->n; i++) {
		bulla_buf_put(&p->digests, j->digest[i], BULLA_SHA256_LEN);
		if (p->marks != NULL)
			bulla_buf_put(&p->marks->tags, j->tag[i],
			    marks_in(j, i) * (size_t)BULLA_MAC_TAG);
	}
	st = bulla_buf_status(&p->digests);
	if (st == BULLA_OK && p->marks != NULL)
		st = bulla_buf_status(&p->marks->tags);
	return st == BULLA_OK ? st : bulla_fail(err, st, "out of memory");
}

static enum bulla_status
collect(struct pass *p, struct bulla_ring *ring, struct bulla_err *err)
{
	struct bulla_slot *s = NULL;
	enum bulla_status st;

	do {
		st = bulla_ring_next(ring, &s, err);
		if (st != BULLA_OK || s == NULL)
			break;
		st = keep(p, s->user, err);
		if (p->progress.tell != NULL)
			p->progress.tell(p->progress.ctx,
			    (s->seq + 1) * 2 * BULLA_SEGMENT_SIZE, 0);
		bulla_ring_put(ring, s);
	} while (st == BULLA_OK);
	p->ended = st == BULLA_OK;
	return st;
}

enum bulla_status
pass_scan(struct pass *p, struct bulla_err *err)
{
	static const struct bulla_stage stages[] = {
		{ .serial = true, .run = plan_stage },
		{ .serial = false, .run = hash_stage },
	};
	const struct bulla_ring_config c = {
		.stages = stages, .n_stages = 2, .n_threads = p->threads,
		.n_slots = 2 * p->threads, .in_cap = 2 * PIECE,
		.user_size = sizeof(struct job), .drain = true, .ctx = p,
	};
	struct bulla_ring *ring = NULL;
	enum bulla_status st = BULLA_OK;

	pass_note_head(p);
	for (unsigned i = 0; i < p->threads && st == BULLA_OK; i++) {
		st = bulla_sha256x2_new(&p->pair[i], err);
		for (unsigned k = 0; k < 2 && st == BULLA_OK &&
		    p->marks != NULL; k++)
			st = bulla_mac_new(&p->mac[i][k], err);
	}
	if (st == BULLA_OK)
		st = bulla_ring_new(&c, &ring, err);
	if (st == BULLA_OK)
		st = collect(p, ring, err);
	bulla_ring_free(ring);
	if (st == BULLA_OK && p->marks != NULL)
		p->marks->size = p->r.cipher - p->r.age0.len;
	return st;
}
