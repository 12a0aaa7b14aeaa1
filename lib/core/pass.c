#include <stddef.h>

#include "core/pass.h"

#define CHUNKS_IN_SEGMENT (BULLA_SEGMENT_SIZE / BULLA_AGE_CHUNK_ENC)

struct seg {
	uint8_t digest[BULLA_SHA256_LEN];
};

void
pass_init(struct pass *p, int fd, unsigned threads)
{
	*p = (struct pass){ .threads = threads,
	    .digests = BULLA_BUF_INIT((BULLA_SEGMENTS_MAX + 1) *
	    (size_t)BULLA_SHA256_LEN) };
	pkgr_init(&p->r, fd);
}

static enum bulla_status
read_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct pass *p = ctx;

	(void)worker;
	return pkgr_segment(&p->r, s->in, &s->in_len, &s->last, err);
}

static enum bulla_status
hash_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct pass *p = ctx;
	struct seg *g = s->user;

	(void)err;
	bulla_sha256_update(p->hash[worker], s->in, s->in_len);
	bulla_sha256_final(p->hash[worker], g->digest);
	return BULLA_OK;
}

enum bulla_status
pass_decrypt(struct pass *p, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	uint64_t index = s->seq * (p->slot_size / BULLA_AGE_CHUNK_ENC);
	enum bulla_status st;
	size_t off, n;

	for (off = 0; off < s->in_len; off += n) {
		n = s->in_len - off;
		if (n > BULLA_AGE_CHUNK_ENC)
			n = BULLA_AGE_CHUNK_ENC;
		st = n <= BULLA_AEAD_TAG ? BULLA_E_FORMAT :
		    bulla_age_chunk_open(p->aead[worker], index++,
		    s->last && off + n == s->in_len, s->in + off, n,
		    s->in + off, err);
		if (st == BULLA_OK)
			continue;
		(void)bulla_fail(err, st, "chunk %llu of the payload does "
		    "not decrypt", (unsigned long long)(index - 1));
		return bulla_wrap(err, st, "data/%08llu.age",
		    (unsigned long long)((index - 1) / CHUNKS_IN_SEGMENT + 1));
	}
	return BULLA_OK;
}

static enum bulla_status
decrypt_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	return pass_decrypt(ctx, s, worker, err);
}

void
pass_note_head(struct pass *p)
{
	uint8_t digest[BULLA_SHA256_LEN];

	bulla_sha256(p->r.age0.p, p->r.age0.len, digest);
	bulla_buf_put(&p->digests, digest, sizeof(digest));
}

enum bulla_status
pass_begin(struct pass *p, struct bulla_err *err)
{
	static const struct bulla_stage stages[] = {
		{ .serial = true, .run = read_stage },
		{ .serial = false, .run = hash_stage },
		{ .serial = false, .run = decrypt_stage },
	};
	const struct bulla_ring_config c = {
		.stages = stages,
		.n_stages = p->payload_key != NULL ? 3 : 2,
		.n_threads = p->threads, .n_slots = p->threads + 1,
		.in_cap = pkgr_bound(&p->r),
		.user_size = sizeof(struct seg), .drain = true, .ctx = p,
	};
	enum bulla_status st = BULLA_OK;

	p->slot_size = BULLA_SEGMENT_SIZE;
	pass_note_head(p);
	for (unsigned i = 0; i < p->threads && st == BULLA_OK; i++) {
		st = bulla_sha256_new(&p->hash[i], err);
		if (st == BULLA_OK && p->payload_key != NULL)
			st = bulla_aead_new(p->payload_key->p, &p->aead[i],
			    err);
	}
	return st == BULLA_OK ? bulla_ring_new(&c, &p->ring, err) : st;
}

/* The next slot, its digest noted; *s is NULL after the last. */
static enum bulla_status
next_slot(struct pass *p, struct bulla_slot **s, struct bulla_err *err)
{
	enum bulla_status st = bulla_ring_next(p->ring, s, err);
	const struct seg *g;

	if (st != BULLA_OK || *s == NULL)
		return st;
	if (p->known == NULL) {
		g = (*s)->user;
		bulla_buf_put(&p->digests, g->digest, sizeof(g->digest));
	}
	if (p->progress.tell != NULL)
		p->progress.tell(p->progress.ctx,
		    ((*s)->seq + 1) * p->slot_size, 0);
	st = bulla_buf_status(&p->digests);
	return st == BULLA_OK ? st : bulla_fail(err, st, "out of memory");
}

enum bulla_status
pass_run(struct pass *p, struct bulla_err *err)
{
	struct bulla_slot *s = NULL;
	enum bulla_status st;

	do {
		st = next_slot(p, &s, err);
		if (st == BULLA_OK && s != NULL)
			bulla_ring_put(p->ring, s);
	} while (st == BULLA_OK && s != NULL);
	p->ended = st == BULLA_OK;
	return st;
}

static enum bulla_status
next_block(struct bulla_blocks *b, const uint8_t **out, size_t *n,
    struct bulla_err *err)
{
	struct pass *p = (struct pass *)(void *)((char *)b -
	    offsetof(struct pass, blocks));
	enum bulla_status st;
	size_t left;

	if (p->slot != NULL && p->at == p->slot->in_len) {
		bulla_ring_put(p->ring, p->slot);
		p->slot = NULL;
	}
	if (p->slot == NULL && !p->ended) {
		st = next_slot(p, &p->slot, err);
		if (st != BULLA_OK)
			return st;
		p->at = 0;
		p->ended = p->slot == NULL;
	}
	*n = 0;
	if (p->ended)
		return BULLA_OK;
	left = p->slot->in_len - p->at;
	if (left > BULLA_AGE_CHUNK_ENC)
		left = BULLA_AGE_CHUNK_ENC;
	*out = p->slot->in + p->at;
	*n = left - BULLA_AEAD_TAG;
	p->at += left;
	return BULLA_OK;
}

struct bulla_blocks *
pass_blocks(struct pass *p)
{
	p->blocks.next = next_block;
	return &p->blocks;
}

enum bulla_status
pass_end(struct pass *p, uint8_t manifest[BULLA_SHA256_LEN],
    struct bulla_err *err)
{
	BULLA_CHECK(p->ended);
	bulla_ring_free(p->ring);
	p->ring = NULL;
	return pkgr_tail(&p->r, &p->digests, manifest, err);
}

void
pass_free(struct pass *p)
{
	bulla_ring_free(p->ring);
	for (unsigned i = 0; i < BULLA_RING_THREADS_MAX; i++) {
		bulla_sha256_free(p->hash[i]);
		bulla_sha256x2_free(p->pair[i]);
		bulla_mac_free(p->mac[i][0]);
		bulla_mac_free(p->mac[i][1]);
		bulla_aead_free(p->aead[i]);
	}
	bulla_buf_free(&p->digests);
	pkgr_free(&p->r);
	*p = (struct pass){ .r.fd = -1 };
}
