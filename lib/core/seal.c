#include <stdlib.h>
#include <string.h>

#include "bulla/bagin.h"
#include "core/seal_int.h"

#define CHUNKS (PACK_SLOT / BULLA_AGE_CHUNK)
#define CIPHER_SLOT (CHUNKS * BULLA_AGE_CHUNK_ENC)
#define N_SLOTS 10u

static enum bulla_status
hash_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct sealer *r = ctx;

	(void)worker;
	return packer_hash(&r->k, s, (struct bulla_cur){ 0 }, err);
}

static enum bulla_status
encrypt_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct sealer *r = ctx;
	uint64_t index = s->seq * CHUNKS;
	enum bulla_status st = BULLA_OK;
	size_t off, n;

	s->out_len = 0;
	for (off = 0; off < s->in_len && st == BULLA_OK; off += n) {
		n = s->in_len - off;
		if (n > BULLA_AGE_CHUNK)
			n = BULLA_AGE_CHUNK;
		st = bulla_age_chunk_seal(r->aead[worker], index++,
		    s->last && off + n == s->in_len, s->in + off, n,
		    s->out + s->out_len, err);
		s->out_len += n + BULLA_AEAD_TAG;
	}
	return st;
}

static enum bulla_status
digest_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct sealer *r = ctx;
	uint8_t digest[BULLA_SHA256_LEN];

	(void)worker;
	bulla_sha256_update(r->w.hash, s->out, s->out_len);
	if (!pkgw_hashed(&r->w, s->out_len, s->last))
		return BULLA_OK;
	bulla_sha256_final(r->w.hash, digest);
	return pkgw_digest(&r->w, digest, err);
}

/* Both hashes at once, where that costs little more than one. */
static enum bulla_status
both_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct sealer *r = ctx;
	uint8_t digest[BULLA_SHA256_LEN];
	enum bulla_status st;

	(void)worker;
	st = packer_hash(&r->k, s, bulla_cur_of(s->out, s->out_len), err);
	if (st != BULLA_OK || !pkgw_hashed(&r->w, s->out_len, s->last))
		return st;
	bulla_sha256x2_final(r->pair, 1, digest);
	return pkgw_digest(&r->w, digest, err);
}

static enum bulla_status
write_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct sealer *r = ctx;

	(void)worker;
	return pkgw_write(&r->w, s->out, s->out_len, s->last, err);
}

/*
 * The ways through the ring. The packer's files are hashed in a stage of
 * their own, or together with the ciphertext; what comes from a pipe or is
 * compressed has been hashed before.
 */
struct route {
	struct bulla_stage stage[4];
	unsigned n_stages;
	unsigned hash;		/* which one is the packer's */
};
#define SERIAL(f) { .serial = true, .run = (f) }
#define PARALLEL(f) { .run = (f) }
static const struct route apart = {
	{ SERIAL(hash_stage), PARALLEL(encrypt_stage), SERIAL(digest_stage),
	  SERIAL(write_stage) }, 4, 0
};
static const struct route in_step = {
	{ PARALLEL(encrypt_stage), SERIAL(both_stage), SERIAL(write_stage) },
	3, 1
};
static const struct route cipher_only = {
	{ PARALLEL(encrypt_stage), SERIAL(digest_stage),
	  SERIAL(write_stage) }, 3, 0
};

static enum bulla_status
make_ring(struct sealer *r, const struct route *way, bool direct,
    struct bulla_ring **ring, struct bulla_err *err)
{
	const struct bulla_ring_config c = {
		.stages = way->stage, .n_stages = way->n_stages,
		.n_threads = r->s->threads,
		.n_slots = N_SLOTS + r->s->threads,
		.in_cap = PACK_SLOT, .out_cap = CIPHER_SLOT,
		.user_size = direct ? sizeof(struct pack_block) : 0,
		.user_free = direct ? packer_block_free : NULL, .ctx = r,
	};

	return bulla_ring_new(&c, ring, err);
}

static enum bulla_status
choose_route(struct sealer *r, bool direct, const struct route **way,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	*way = direct ? &apart : &cipher_only;
	if (direct && bulla_sha256x2_is_fast()) {
		st = bulla_sha256x2_new(&r->pair, err);
		r->k.pair = r->pair;
		*way = &in_step;
	}
	return st;
}

static enum bulla_status
produce(struct sealer *r, struct bulla_ring *ring, const struct route *way,
    struct bulla_bagin_result *bag, struct bulla_err *err)
{
	struct bulla_cur first = bulla_buf_view(&r->opening_note);
	enum bulla_status st;

	if (r->s->pack == NULL)
		st = sealer_pipe(r, ring, &first, bag, err);
	else if (r->s->zstd)
		st = sealer_squeeze(r, ring, &first, err);
	else
		st = packer_run(&r->k, ring, way->hash, &first, err);
	return st == BULLA_OK ? bulla_ring_wait(ring, way->n_stages - 1,
	    err) : st;
}

enum bulla_status
sealer_payload(struct sealer *r, struct bulla_sealed *out,
    struct bulla_err *err)
{
	const struct bulla_seal *s = r->s;
	bool direct = s->pack != NULL && !s->zstd;
	const struct route *way = NULL;
	struct bulla_bagin_result bag = { 0 };
	struct bulla_ring *ring = NULL;
	enum bulla_status st = BULLA_OK;

	for (unsigned i = 0; i < s->threads && st == BULLA_OK; i++)
		st = bulla_aead_new(r->payload_key.p, &r->aead[i], err);
	if (st == BULLA_OK && s->pack != NULL)
		st = packer_init(&r->k, s->pack, err);
	if (st == BULLA_OK)
		st = pkgw_head(&r->w, &r->opening_note, &r->age0, err);
	if (st == BULLA_OK)
		st = choose_route(r, direct, &way, err);
	if (st == BULLA_OK)
		st = make_ring(r, way, direct, &ring, err);
	if (st == BULLA_OK)
		st = produce(r, ring, way, &bag, err);
	bulla_ring_free(ring);
	if (st != BULLA_OK)
		return st;
	if (s->pack != NULL) {
		out->packed = r->k.done;
		memcpy(out->bag, r->k.path, r->k.bag_len - 1);
		return BULLA_OK;
	}
	out->packed = (struct bulla_packed){ .files = bag.files,
	    .bytes = bag.bytes };
	memcpy(out->packed.manifest, bag.manifest, sizeof(bag.manifest));
	memcpy(out->bag, bag.name, sizeof(bag.name));
	return BULLA_OK;
}

static enum bulla_status
close_package(struct sealer *r, struct bulla_sealed *out,
    struct bulla_err *err)
{
	struct bulla_closing c = { .segments = r->w.segments,
	    .size = r->w.cipher };
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cur view;
	enum bulla_status st = pkgw_manifest(&r->w, c.manifest, err);

	if (st != BULLA_OK)
		return st;
	memcpy(c.id, r->id, sizeof(c.id));
	memcpy(c.opening, r->opening_digest, sizeof(c.opening));
	c.closed = r->s->now != NULL ? r->s->now() : r->s->created;
	bulla_closing_put(&text, &c);
	view = bulla_buf_view(&text);
	st = bulla_buf_status(&text);
	if (st == BULLA_OK)
		st = bulla_note_sign(&view, r->s->signers, r->s->n_signers,
		    &r->closing_note, err);
	if (st == BULLA_OK) {
		bulla_sha256(view.p, view.len, out->closing);
		st = pkgw_end(&r->w, &r->closing_note, err);
	}
	bulla_buf_free(&text);
	return st;
}

static void
sealer_free(struct sealer *r)
{
	bulla_buf_free(&r->opening_note);
	bulla_buf_free(&r->closing_note);
	bulla_buf_free(&r->age0);
	bulla_secret_free(&r->payload_key);
	for (unsigned i = 0; i < BULLA_RING_THREADS_MAX; i++)
		bulla_aead_free(r->aead[i]);
	pkgw_free(&r->w);
	packer_free(&r->k);
	bulla_sha256x2_free(r->pair);
}

enum bulla_status
bulla_seal_run(const struct bulla_seal *s, struct bulla_sealed *out,
    struct bulla_err *err)
{
	struct sealer *r = calloc(1, sizeof(*r));
	struct bulla_sealed done = { 0 };
	enum bulla_status st;

	if (r == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	r->s = s;
	r->k.manifest.fd = r->k.metadata.fd = r->k.names.fd = -1;
	r->opening_note.max = r->closing_note.max = BULLA_NOTE_MAX;
	r->age0.max = PKG_AGE0_MAX;
	st = sealer_begin(r, err);
	if (st == BULLA_OK)
		st = pkgw_begin(&r->w, s->out_fd, s->out_name, r->id,
		    s->created, err);
	if (st == BULLA_OK)
		st = sealer_payload(r, &done, err);
	if (st == BULLA_OK)
		st = close_package(r, &done, err);
	if (st == BULLA_OK) {
		memcpy(done.id, r->id, sizeof(done.id));
		memcpy(done.opening, r->opening_digest,
		    sizeof(done.opening));
		done.segments = r->w.segments;
		done.size = r->w.pos;
		*out = done;
	}
	sealer_free(r);
	free(r);
	return st;
}
