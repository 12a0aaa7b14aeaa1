#include <stdlib.h>
#include <string.h>

#include "core/age_armor.h"
#include "core/age_int.h"

#define CHUNKS 8u			/* read, opened and written at once */
#define IN_CAP (CHUNKS * BULLA_AGE_CHUNK_ENC)
#define OUT_CAP (CHUNKS * BULLA_AGE_CHUNK)

/* The header must fit with its nonce, or no read could complete it. */
_Static_assert(IN_CAP > BULLA_AGE_HEADER_MAX + AGE_NONCE, "buffer");

/* A reader that gives back what was looked at to detect armor. */
struct peek {
	struct bulla_reader r;
	struct bulla_reader *src;
	struct bulla_cur first;
	uint8_t buf[BULLA_ARMOR_PEEK];
};

struct dec {
	struct peek peek;
	struct bulla_armor_reader armor;
	struct bulla_reader *in;	/* one of the two */
	struct bulla_writer *out;
	struct bulla_aead *aead;
	uint64_t index;			/* of the next chunk */
	bool last;			/* the last chunk has been opened */
	bool eof;
	uint8_t *sealed;		/* heap: IN_CAP */
	struct bulla_secret plain;	/* OUT_CAP: it may be a wrapped key */
	struct bulla_cur ready;		/* read, not opened yet */
	size_t plain_len;
	enum bulla_age_class cls;	/* what a failure would be called now */
};

static enum bulla_status
peek_read(struct bulla_reader *r, void *buf, size_t cap, size_t *n,
    struct bulla_err *err)
{
	struct peek *p = (struct peek *)r;
	size_t give = p->first.len < cap ? p->first.len : cap;

	if (give == 0)
		return p->src->read(p->src, buf, cap, n, err);
	*n = bulla_cur_copy(&p->first, buf, give) ? give : 0;
	return BULLA_OK;
}

/* Binary or armor? The first bytes are read until that can be told. */
static enum bulla_status
detect(struct dec *d, struct bulla_reader *in, struct bulla_err *err)
{
	struct peek *p = &d->peek;
	enum bulla_status st;
	size_t len = 0, n = 1;

	*p = (struct peek){ .r.read = peek_read, .src = in };
	d->in = &p->r;
	while (n > 0 && len < sizeof(p->buf)) {
		st = in->read(in, p->buf + len, sizeof(p->buf) - len, &n, err);
		if (st != BULLA_OK)
			return st;
		len += n;
		p->first = bulla_cur_of(p->buf, len);
		if (bulla_armor_detect(&p->first)) {
			d->in = &d->armor.r;
			return bulla_armor_reader_init(&d->armor, &p->r, err);
		}
		if (bulla_cur_starts(&p->first, "age-encryption.org/"))
			break;
	}
	return BULLA_OK;
}

/* One read behind what is there already. */
static enum bulla_status
fill(struct dec *d, struct bulla_err *err)
{
	enum bulla_status st;
	size_t n = 0;

	BULLA_CHECK(d->ready.len < IN_CAP);	/* or n = 0 would be no end */
	if (d->ready.len > 0)
		memmove(d->sealed, d->ready.p, d->ready.len);
	st = d->in->read(d->in, d->sealed + d->ready.len,
	    IN_CAP - d->ready.len, &n, err);
	if (st != BULLA_OK) {
		d->cls = d->armor.failed ? BULLA_AGE_ARMOR_FAILURE :
		    BULLA_AGE_NO_VERDICT;
		return st;
	}
	d->eof = n == 0;
	d->ready = bulla_cur_of(d->sealed, d->ready.len + n);
	return BULLA_OK;
}

/*
 * Parse whenever there is twice as much as the last time: one attempt for
 * honest files, no quadratic work for one that comes byte by byte. When the
 * armor breaks, once more: what stands before the break is judged first, in
 * whatever pieces it came.
 */
static enum bulla_status
read_header(struct dec *d, struct bulla_age_header *h, struct bulla_err *err)
{
	enum bulla_status st = BULLA_E_INCOMPLETE, filled = BULLA_OK;
	struct bulla_err why = { 0 };
	size_t next = 0;

	while (st == BULLA_E_INCOMPLETE && !d->eof && filled == BULLA_OK) {
		filled = fill(d, err);
		if (filled != BULLA_OK && !d->armor.failed)
			return filled;
		if (filled == BULLA_OK && !d->eof && d->ready.len < next)
			continue;
		st = bulla_age_header_parse(&d->ready, h, &why);
		next = 2 * d->ready.len;
	}
	if (st == BULLA_E_INCOMPLETE && filled != BULLA_OK)
		return filled;
	d->cls = BULLA_AGE_HEADER_FAILURE;
	/* Cut short or malformed: both say that this is no age file. */
	if (st == BULLA_E_INCOMPLETE)
		st = BULLA_E_FORMAT;
	if (st == BULLA_OK && err != NULL)
		*err = (struct bulla_err){ 0 };
	return st == BULLA_OK ? st : bulla_fail(err, st, "%s", why.msg);
}

/* Sets the class as bulla_age_unwrap does. */
static enum bulla_status
unwrap(struct dec *d, const struct bulla_age_decrypt *p,
    const struct bulla_age_header *h, struct bulla_secret *file_key,
    struct bulla_err *err)
{
	static const struct bulla_identities nobody;
	struct bulla_secret pass = { 0 };
	enum bulla_status st;
	bool wanted = false;

	/* Nobody is asked for the sake of a header that will be refused. */
	st = bulla_age_wants_pass(h, &wanted, err);
	if (st != BULLA_OK)
		return st;
	if (p->ask == NULL || !wanted)
		return bulla_age_unwrap(h, p->ids != NULL ? p->ids : &nobody,
		    file_key, NULL, &d->cls, err);
	d->cls = BULLA_AGE_NO_VERDICT;
	st = p->ask->ask(p->ask, "Passphrase: ", false, &pass, err);
	if (st == BULLA_OK)
		st = bulla_age_unwrap_pass(h, &pass, file_key, &d->cls, err);
	bulla_secret_free(&pass);
	return st;
}

/* The nonce belongs to the header as far as the kit's classes go. */
static enum bulla_status
begin(struct dec *d, const struct bulla_secret *file_key,
    struct bulla_err *err)
{
	struct bulla_secret key = { 0 };
	uint8_t nonce[AGE_NONCE];
	enum bulla_status st = BULLA_OK;

	d->cls = BULLA_AGE_HEADER_FAILURE;
	while (st == BULLA_OK && d->ready.len < AGE_NONCE && !d->eof)
		st = fill(d, err);
	if (st != BULLA_OK)
		return st;
	if (!bulla_cur_copy(&d->ready, nonce, sizeof(nonce)))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "cut short after the age header");
	st = bulla_age_payload_key(file_key, nonce, &key, err);
	if (st == BULLA_OK)
		st = bulla_aead_new(key.p, &d->aead, err);
	bulla_secret_free(&key);
	return st;
}

static enum bulla_status
read_begin(struct dec *d, const struct bulla_age_decrypt *p,
    struct bulla_err *err)
{
	struct bulla_age_header h = { 0 };
	struct bulla_secret file_key = { 0 };
	enum bulla_status st = read_header(d, &h, err);

	if (st == BULLA_OK)
		st = unwrap(d, p, &h, &file_key, err);
	if (st == BULLA_OK)
		st = begin(d, &file_key, err);
	bulla_secret_free(&file_key);
	bulla_age_header_free(&h);
	return st;
}

/* One chunk, sealed_len bytes with its tag, with the flag as given. */
static enum bulla_status
open_one(struct dec *d, size_t sealed_len, bool last, struct bulla_err *err)
{
	enum bulla_status st;

	st = bulla_age_chunk_open(d->aead, d->index, last, d->ready.p,
	    sealed_len, d->plain.p + d->plain_len, err);
	if (st != BULLA_OK)
		return st;
	d->ready = bulla_cur_of(d->ready.p + sealed_len,
	    d->ready.len - sealed_len);
	d->plain_len += sealed_len - BULLA_AEAD_TAG;
	d->index++;
	d->last = last;
	return BULLA_OK;
}

/*
 * A full chunk may be the last one or not, and only its tag says which: the
 * end of the input must not decide it, or a cut file would release another
 * prefix than a whole one (the test kit checks what is released).
 */
static enum bulla_status
open_full(struct dec *d, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	while (st == BULLA_OK && !d->last &&
	    d->ready.len >= BULLA_AGE_CHUNK_ENC) {
		st = open_one(d, BULLA_AGE_CHUNK_ENC, false, NULL);
		if (st != BULLA_OK)
			st = open_one(d, BULLA_AGE_CHUNK_ENC, true, err);
	}
	return st;
}

/* The input has ended within a chunk: it can only be the last one. */
static enum bulla_status
open_short(struct dec *d, struct bulla_err *err)
{
	if (d->ready.len == 0)
		return bulla_fail(err, BULLA_E_MISMATCH,
		    "cut short: the last chunk is missing");
	/* Only a wholly empty payload has an empty chunk. */
	if (d->ready.len == BULLA_AEAD_TAG && d->index > 0)
		return bulla_fail(err, BULLA_E_MISMATCH,
		    "cut short, or the last chunk is empty");
	return open_one(d, d->ready.len, true, err);
}

/* What has verified is released, also when what follows has not. */
static enum bulla_status
release(struct dec *d, enum bulla_status st, struct bulla_err *err)
{
	enum bulla_status written = BULLA_OK;

	if (d->plain_len > 0)
		written = d->out->write(d->out, d->plain.p, d->plain_len,
		    err);
	d->plain_len = 0;
	if (written == BULLA_OK)
		return st;
	d->cls = BULLA_AGE_NO_VERDICT;
	return written;
}

static enum bulla_status
payload(struct dec *d, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	d->cls = BULLA_AGE_PAYLOAD_FAILURE;
	while (st == BULLA_OK) {
		st = open_full(d, err);
		if (st == BULLA_OK && d->eof && !d->last)
			st = open_short(d, err);
		if (st != BULLA_OK)
			st = bulla_wrap(err, st, "payload: chunk %llu",
			    (unsigned long long)d->index);
		st = release(d, st, err);
		if (st == BULLA_OK && d->last && d->ready.len > 0)
			st = bulla_fail(err, BULLA_E_MISMATCH,
			    "payload: data after the last chunk");
		if (st != BULLA_OK || d->eof)
			break;
		st = fill(d, err);
	}
	if (st == BULLA_OK)
		d->cls = BULLA_AGE_SUCCESS;
	return st;
}

static enum bulla_status
run(struct dec *d, const struct bulla_age_decrypt *p,
    struct bulla_reader *in, struct bulla_err *err)
{
	enum bulla_status st;

	d->sealed = malloc(IN_CAP);
	if (d->sealed == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	st = bulla_secret_new(&d->plain, OUT_CAP, err);
	if (st != BULLA_OK)
		return st;
	d->ready = (struct bulla_cur){ .p = d->sealed };
	st = detect(d, in, err);
	if (st == BULLA_OK)
		st = read_begin(d, p, err);
	if (st == BULLA_OK)
		st = payload(d, err);
	return st;
}

/* Failures that say nothing about the file have no class. */
static bool
is_verdict(enum bulla_status st)
{
	return st == BULLA_OK || st == BULLA_E_FORMAT ||
	    st == BULLA_E_LIMIT || st == BULLA_E_MISMATCH ||
	    st == BULLA_E_NOMATCH;
}

enum bulla_status
bulla_age_decrypt(const struct bulla_age_decrypt *p, struct bulla_reader *in,
    struct bulla_writer *out, enum bulla_age_class *cls,
    struct bulla_err *err)
{
	struct dec d = { .out = out, .cls = BULLA_AGE_NO_VERDICT };
	enum bulla_status st = run(&d, p, in, err);

	*cls = is_verdict(st) ? d.cls : BULLA_AGE_NO_VERDICT;
	free(d.sealed);
	bulla_secret_free(&d.plain);
	bulla_aead_free(d.aead);
	bulla_armor_reader_free(&d.armor);
	return st;
}
