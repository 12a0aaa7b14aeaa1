#include <stdlib.h>
#include <string.h>

#include "core/age_armor.h"
#include "core/age_int.h"

#define CHUNKS 8u			/* read, sealed and written at once */
#define IN_CAP (CHUNKS * BULLA_AGE_CHUNK)
#define OUT_CAP (CHUNKS * BULLA_AGE_CHUNK_ENC)

struct enc {
	struct bulla_reader *in;
	struct bulla_writer *out;
	struct bulla_aead *aead;
	uint64_t index;
	struct bulla_secret plain;	/* IN_CAP: it may be a key to be
					 * wrapped */
	uint8_t *sealed;		/* heap: OUT_CAP */
	size_t plain_len, sealed_len;
	bool eof;
};

/* The header and the nonce; e->aead from then on. */
static enum bulla_status
begin(struct enc *e, const struct bulla_age_encrypt *p,
    struct bulla_err *err)
{
	struct bulla_buf header = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX +
	    AGE_NONCE);
	struct bulla_secret file_key = { 0 }, key = { 0 };
	uint8_t nonce[AGE_NONCE];
	enum bulla_status st;

	st = bulla_secret_new(&file_key, BULLA_AGE_FILE_KEY, err);
	if (st != BULLA_OK)
		goto out;
	bulla_random(file_key.p, file_key.len);
	bulla_random(nonce, sizeof(nonce));
	if (p->to != NULL)
		st = bulla_age_wrap(p->to, &file_key, &header, err);
	else
		st = bulla_age_wrap_pass(p->pass, BULLA_AGE_SCRYPT_WRITE,
		    &file_key, &header, err);
	if (st == BULLA_OK)
		st = bulla_age_payload_key(&file_key, nonce, &key, err);
	if (st == BULLA_OK)
		st = bulla_aead_new(key.p, &e->aead, err);
	if (st != BULLA_OK)
		goto out;
	bulla_buf_put(&header, nonce, sizeof(nonce));
	st = bulla_buf_status(&header);
	if (st == BULLA_OK)
		st = e->out->write(e->out, header.p, header.len, err);
	else
		st = bulla_fail(err, st, "age header: no room for it");
out:
	bulla_secret_free(&key);
	bulla_secret_free(&file_key);
	bulla_buf_free(&header);
	return st;
}

static enum bulla_status
seal_one(struct enc *e, size_t *off, size_t n, bool last,
    struct bulla_err *err)
{
	enum bulla_status st = bulla_age_chunk_seal(e->aead, e->index++,
	    last, e->plain.p + *off, n, e->sealed + e->sealed_len, err);

	*off += n;
	e->sealed_len += n + BULLA_AEAD_TAG;
	return st;
}

/*
 * Seal what is there but for one chunk's worth: whether a full chunk is the
 * last one is known only when a byte follows it, or none does.
 */
static enum bulla_status
seal_some(struct enc *e, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	size_t off = 0;

	e->sealed_len = 0;
	while (st == BULLA_OK && e->plain_len - off > BULLA_AGE_CHUNK)
		st = seal_one(e, &off, BULLA_AGE_CHUNK, false, err);
	if (st == BULLA_OK && e->eof)
		st = seal_one(e, &off, e->plain_len - off, true, err);
	if (st == BULLA_OK && e->sealed_len > 0)
		st = e->out->write(e->out, e->sealed, e->sealed_len, err);
	if (off > 0)
		memmove(e->plain.p, e->plain.p + off, e->plain_len - off);
	e->plain_len -= off;
	return st;
}

static enum bulla_status
run(struct enc *e, const struct bulla_age_encrypt *p, struct bulla_err *err)
{
	enum bulla_status st;
	size_t n = 0;

	e->sealed = malloc(OUT_CAP);
	if (e->sealed == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	st = bulla_secret_new(&e->plain, IN_CAP, err);
	if (st == BULLA_OK)
		st = begin(e, p, err);
	while (st == BULLA_OK && !e->eof) {
		st = e->in->read(e->in, e->plain.p + e->plain_len,
		    IN_CAP - e->plain_len, &n, err);
		if (st != BULLA_OK)
			break;
		e->plain_len += n;
		e->eof = n == 0;
		st = seal_some(e, err);
	}
	return st;
}

enum bulla_status
bulla_age_encrypt(const struct bulla_age_encrypt *p, struct bulla_reader *in,
    struct bulla_writer *out, struct bulla_err *err)
{
	struct bulla_armor_writer armor;
	struct enc e = { .in = in, .out = out };
	enum bulla_status st;

	BULLA_CHECK((p->to == NULL) != (p->pass == NULL));
	bulla_armor_writer_init(&armor, out);
	if (p->armor)
		e.out = &armor.w;
	st = run(&e, p, err);
	if (st == BULLA_OK && p->armor)
		st = bulla_armor_writer_finish(&armor, err);
	bulla_secret_free(&e.plain);
	free(e.sealed);
	bulla_aead_free(e.aead);
	bulla_armor_writer_free(&armor);
	return st;
}
