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
	return packer_hash(&r->k, s, err);
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

	(void)worker;
	return pkgw_hash(&r->w, s->out, s->out_len, s->last, err);
}

static enum bulla_status
write_stage(void *ctx, struct bulla_slot *s, unsigned worker,
    struct bulla_err *err)
{
	struct sealer *r = ctx;

	(void)worker;
	return pkgw_write(&r->w, s->out, s->out_len, s->last, err);
}

/* The ring that turns plaintext into segments; direct: the packer's own. */
static enum bulla_status
cipher_ring(struct sealer *r, bool direct, struct bulla_ring **ring,
    struct bulla_err *err)
{
	static const struct bulla_stage stages[] = {
		{ .serial = true, .run = hash_stage },
		{ .serial = false, .run = encrypt_stage },
		{ .serial = true, .run = digest_stage },
		{ .serial = true, .run = write_stage },
	};
	unsigned skip = direct ? 0 : 1;
	const struct bulla_ring_config c = {
		.stages = stages + skip, .n_stages = 4 - skip,
		.n_threads = r->s->threads,
		.n_slots = N_SLOTS + r->s->threads,
		.in_cap = PACK_SLOT, .out_cap = CIPHER_SLOT,
		.user_size = direct ? sizeof(struct pack_block) : 0,
		.user_free = direct ? packer_block_free : NULL, .ctx = r,
	};

	return bulla_ring_new(&c, ring, err);
}

enum bulla_status
sealer_payload(struct sealer *r, struct bulla_sealed *out,
    struct bulla_err *err)
{
	const struct bulla_seal *s = r->s;
	bool direct = s->pack != NULL && !s->zstd;
	struct bulla_cur first = bulla_buf_view(&r->opening_note);
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
		st = cipher_ring(r, direct, &ring, err);
	if (st == BULLA_OK && direct)
		st = packer_run(&r->k, ring, 0, &first, err);
	else if (st == BULLA_OK && s->pack != NULL)
		st = sealer_squeeze(r, ring, &first, err);
	else if (st == BULLA_OK)
		st = sealer_pipe(r, ring, &first, &bag, err);
	if (st == BULLA_OK)
		st = bulla_ring_wait(ring, direct ? 3 : 2, err);
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

void
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
