#include <stddef.h>
#include <stdlib.h>

#include "bulla/io.h"
#include "bulla/zstd.h"
#include "core/seal_int.h"

#define PIPE_AHEAD 4096u	/* bytes, whole pages: reads stay aligned */

/* Compressed or piped plaintext on its way into the cipher ring. */
struct filler {
	struct bulla_writer w;		/* puts into feed */
	struct feed feed;
	struct sealer *r;
	struct bulla_zstdw *zstd;
	/* A bag tar from a descriptor. */
	struct bulla_blocks blocks;
	uint8_t *piece;			/* for zstd: what was read */
};

static enum bulla_status
filler_write(struct bulla_writer *w, const void *p, size_t n,
    struct bulla_err *err)
{
	struct filler *f = (struct filler *)(void *)w;

	return feed_put(&f->feed, p, n, err);
}

static enum bulla_status
filler_init(struct filler *f, struct sealer *r, struct bulla_ring *ring,
    struct bulla_err *err)
{
	*f = (struct filler){ .w.write = filler_write, .r = r,
	    .feed = { .ring = ring, .cap = PACK_SLOT } };
	if (!r->s->zstd)
		return BULLA_OK;
	return bulla_zstdw_new(&f->w, r->s->threads, &f->zstd, err);
}

static enum bulla_status
filler_end(struct filler *f, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	if (f->zstd != NULL)
		st = bulla_zstdw_end(f->zstd, err);
	if (st == BULLA_OK)
		feed_end(&f->feed);
	return st;
}

/* Stages of the outer ring when the packer's tar is compressed. */
struct squeeze {
	struct sealer *r;
	struct filler f;
};

static enum bulla_status
plain_hash_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct squeeze *q = ctx;

	(void)worker;
	return packer_hash(&q->r->k, s, (struct bulla_cur){ 0 }, err);
}

static enum bulla_status
squeeze_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct squeeze *q = ctx;

	(void)worker;
	return bulla_zstdw_put(q->f.zstd, s->in, s->in_len, err);
}

enum bulla_status
sealer_squeeze(struct sealer *r, struct bulla_ring *ring,
    const struct bulla_cur *first, struct bulla_err *err)
{
	static const struct bulla_stage stages[] = {
		{ .serial = true, .run = plain_hash_stage },
		{ .serial = true, .run = squeeze_stage },
	};
	struct squeeze q = { .r = r };
	const struct bulla_ring_config c = {
		.stages = stages, .n_stages = 2, .n_threads = r->s->threads,
		.n_slots = 4, .in_cap = PACK_SLOT,
		.user_size = sizeof(struct pack_block),
		.user_free = packer_block_free, .ctx = &q,
	};
	struct bulla_ring *plain = NULL;
	enum bulla_status st = filler_init(&q.f, r, ring, err);

	if (st == BULLA_OK)
		st = bulla_ring_new(&c, &plain, err);
	if (st == BULLA_OK)
		st = packer_run(&r->k, plain, 0, first, err);
	if (st == BULLA_OK)
		st = bulla_ring_wait(plain, 1, err);
	if (st == BULLA_OK)
		st = filler_end(&q.f, err);
	bulla_ring_free(plain);
	bulla_zstdw_free(q.f.zstd);
	return st;
}

static enum bulla_status
read_some(int fd, uint8_t *p, size_t cap, size_t *n, struct bulla_err *err)
{
	struct bulla_reader_fd in;

	bulla_reader_fd_init(&in, fd, "standard input");
	return in.r.read(&in.r, p, cap, n, err);
}

/*
 * Where the next bytes go. A full slot is handed on only when more is known
 * to come: were the last one empty, no chunk would say that it is the last.
 */
static enum bulla_status
piped_room(struct filler *f, uint8_t **to, size_t *room, size_t *n,
    struct bulla_err *err)
{
	uint8_t ahead[PIPE_AHEAD];
	struct bulla_slot *s = f->feed.slot;
	enum bulla_status st;

	if (s == NULL || s->in_len < PACK_SLOT) {
		*n = 0;
		return feed_room(&f->feed, to, room, NULL, err);
	}
	*room = 0;
	st = read_some(f->r->s->in_fd, ahead, sizeof(ahead), n, err);
	if (st == BULLA_OK && *n > 0)
		st = feed_put(&f->feed, ahead, *n, err);
	*to = f->feed.slot->in;
	return st;
}

/* The bag tar passes the bag reader on its way into the slots. */
static enum bulla_status
piped_next(struct bulla_blocks *b, const uint8_t **p, size_t *n,
    struct bulla_err *err)
{
	struct filler *f = (struct filler *)(void *)((char *)b -
	    offsetof(struct filler, blocks));
	const struct bulla_progress *tell = &f->r->s->progress;
	uint8_t *to = f->piece;
	size_t room = PACK_SLOT;
	enum bulla_status st = BULLA_OK;

	if (f->zstd == NULL)
		st = piped_room(f, &to, &room, n, err);
	if (st == BULLA_OK && room > 0)
		st = read_some(f->r->s->in_fd, to, room, n, err);
	if (st != BULLA_OK)
		return st;
	if (f->zstd == NULL && room > 0)
		feed_took(&f->feed, *n);
	else if (f->zstd != NULL && *n > 0)
		st = bulla_zstdw_put(f->zstd, to, *n, err);
	if (tell->tell != NULL)
		tell->tell(tell->ctx, f->feed.total, 0);
	*p = to;
	return st;
}

static enum bulla_status
put_first(struct filler *f, const struct bulla_cur *first,
    struct bulla_err *err)
{
	static const uint8_t zero[BULLA_USTAR_BLOCK];
	struct bulla_buf member = BULLA_BUF_INIT(BULLA_NOTE_MAX + 4096);
	struct bulla_writer_buf w;
	struct bulla_tarw *tar = NULL;
	enum bulla_status st;

	bulla_writer_buf_init(&w, &member);
	st = bulla_tarw_new(&w.w, &tar, err);
	if (st == BULLA_OK)
		st = bulla_tarw_entry(tar, "opening.note", false, first->len,
		    f->r->s->created, err);
	if (st == BULLA_OK)
		st = bulla_tarw_data(tar, first->p, first->len, err);
	if (st == BULLA_OK)
		bulla_buf_put(&member, zero, bulla_ustar_padding(member.len));
	if (st == BULLA_OK)
		st = bulla_buf_status(&member);
	if (st == BULLA_OK && f->zstd != NULL)
		st = bulla_zstdw_put(f->zstd, member.p, member.len, err);
	else if (st == BULLA_OK)
		st = feed_put(&f->feed, member.p, member.len, err);
	bulla_tarw_free(tar);
	bulla_buf_free(&member);
	return st;
}

enum bulla_status
sealer_pipe(struct sealer *r, struct bulla_ring *ring,
    const struct bulla_cur *first, struct bulla_bagin_result *bag,
    struct bulla_err *err)
{
	const struct bulla_bagin shape = { .mode = BULLA_BAGIN_SHAPE,
	    .dirfd = -1, .max_bytes = UINT64_MAX };
	struct filler f;
	enum bulla_status st = filler_init(&f, r, ring, err);

	bulla_pipe_widen(r->s->in_fd);
	f.blocks.next = piped_next;
	if (st == BULLA_OK && f.zstd != NULL) {
		f.piece = malloc(PACK_SLOT);
		if (f.piece == NULL)
			st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	}
	if (st == BULLA_OK)
		st = put_first(&f, first, err);
	if (st == BULLA_OK) {
		st = bulla_bagin_run(&shape, &f.blocks, bag, err);
		if (st != BULLA_OK)
			st = bulla_wrap(err, st, "the bag from "
			    "standard input (no PATH was given)");
	}
	if (st == BULLA_OK)
		st = filler_end(&f, err);
	bulla_zstdw_free(f.zstd);
	free(f.piece);
	return st;
}
