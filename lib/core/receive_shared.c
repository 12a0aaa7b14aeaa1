#include <string.h>
#include <unistd.h>

#include "core/receive_int.h"

/* Several homes, one place: the first receipt there is the receipt of all. */

/* Whatever goes wrong over there says nothing about a package. */
static enum bulla_status
not_now(enum bulla_status st, struct bulla_err *err)
{
	return st == BULLA_OK || st == BULLA_E_NOMEM ? st :
	    bulla_wrap(err, BULLA_E_AGAIN, "the shared store");
}

/* What a receipt that comes from there has to be about. */
struct about {
	const char *id;
	const uint8_t *sha256;
	const uint8_t *seal;	/* NULL: not known here */
};

static enum bulla_status
check_fields(const struct bulla_verified *v, const struct about *of,
    struct bulla_custody *c, struct bulla_err *err)
{
	enum bulla_status st = bulla_custody_parse(&v->text, c, err);

	if (st == BULLA_OK && (strcmp(c->id, of->id) != 0 ||
	    !bulla_cur_is(&c->event, "receive") ||
	    (of->seal != NULL && memcmp(c->seal, of->seal,
	    sizeof(c->seal)) != 0)))
		st = bulla_fail(err, BULLA_E_MISMATCH,
		    "it is not about this package");
	return st;
}

/* Ours, and about this; appended to out with the lines that are ours. */
static enum bulla_status
check(const struct arrival *a, const struct bulla_cur *note,
    const struct about *of, struct bulla_buf *out, struct bulla_err *err)
{
	const struct bulla_shared *s = a->p->shared;
	struct bulla_verified v;
	struct bulla_receipt r;
	struct bulla_custody c;
	enum bulla_status st;

	st = bulla_receipt_check(note, s->receivers, of->sha256, &r, err);
	if (st == BULLA_OK)
		st = bulla_note_verify(note, s->receivers, &v, err);
	if (st == BULLA_OK)
		st = check_fields(&v, of, &c, err);
	if (st == BULLA_OK)
		st = s->may(s->ctx, &v, c.time, err);
	if (st == BULLA_OK)
		st = bulla_note_trim(note, s->receivers, out, err);
	return st == BULLA_OK || st == BULLA_E_NOMEM ? st : bulla_wrap(err,
	    BULLA_E_IO, "what the shared store has as the receipt of package "
	    "%s", of->id);
}

/* The id belongs to other bytes, they say: our own receipt must say so too. */
static enum bulla_status
prove_other(const struct arrival *a, const uint8_t sha256[BULLA_SHA256_LEN],
    struct bulla_err *err)
{
	const struct bulla_shared *s = a->p->shared;
	const struct about of = { .id = a->id, .sha256 = sha256 };
	const struct bulla_cur none = { 0 };
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX), kept = note;
	struct bulla_cur c;
	enum bulla_status st;

	st = not_now(s->receipt(s->ctx, sha256, &none, &note, err), err);
	if (st == BULLA_OK && note.len == 0)
		st = bulla_fail(err, BULLA_E_AGAIN, "the shared store has the "
		    "id of this package claimed for other bytes, which have "
		    "no receipt yet");
	c = bulla_buf_view(&note);
	if (st == BULLA_OK)
		st = check(a, &c, &of, &kept, err);
	bulla_buf_free(&note);
	bulla_buf_free(&kept);
	return st;
}

enum bulla_status
receive_claim(const struct arrival *a, bool *other, struct bulla_err *err)
{
	const struct bulla_shared *s = a->p->shared;
	uint8_t has[BULLA_SHA256_LEN];
	enum bulla_status st;

	memcpy(has, a->sha256, sizeof(has));
	st = not_now(s->claim(s->ctx, a->id, has, err), err);
	*other = st == BULLA_OK && memcmp(has, a->sha256, sizeof(has)) != 0;
	return *other ? prove_other(a, has, err) : st;
}

/* From the file as it is stored here: nobody can write through this one. */
static enum bulla_status
put_package(const struct arrival *a, struct bulla_err *err)
{
	const struct bulla_shared *s = a->p->shared;
	int fd = -1;
	enum bulla_status st = bulla_infile_open(a->path, &fd, err);

	if (st != BULLA_OK)
		return st;
	st = not_now(s->put(s->ctx, a->id, a->sha256, fd, a->bytes, err),
	    err);
	(void)close(fd);
	return st;
}

/* What we would say; the chain stays as it is, and is free meanwhile. */
static enum bulla_status
offer(const struct arrival *a, struct bulla_buf *note, struct bulla_err *err)
{
	struct chain_pair chain;
	enum bulla_status st = chain_pair_open(&chain, a->p->home, a->id,
	    true, err);

	if (st != BULLA_OK)
		return st;
	chain.sign_only = true;
	st = receive_put(a, &chain, note, err);
	chain_pair_close(&chain);
	return st;
}

/* The one that is there; ours when there was none. */
static enum bulla_status
first_there(const struct arrival *a, struct bulla_buf *there, bool *existed,
    struct bulla_err *err)
{
	const struct bulla_shared *s = a->p->shared;
	struct bulla_buf own = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cur c = { 0 };
	enum bulla_status st;

	st = not_now(s->receipt(s->ctx, a->sha256, &c, there, err), err);
	*existed = there->len > 0;
	if (st == BULLA_OK && !*existed)
		st = offer(a, &own, err);
	c = bulla_buf_view(&own);
	if (st == BULLA_OK && !*existed)
		st = not_now(s->receipt(s->ctx, a->sha256, &c, there, err),
		    err);
	bulla_buf_free(&own);
	return st;
}

static enum bulla_status
take(const struct arrival *a, const struct bulla_cur *note,
    struct bulla_err *err)
{
	struct chain_pair chain;
	enum bulla_status st = chain_pair_open(&chain, a->p->home, a->id,
	    true, err);

	if (st != BULLA_OK)
		return st;
	if (!receive_has(a, &chain))
		st = chain_pair_take(&chain, note, err);
	chain_pair_close(&chain);
	return st;
}

enum bulla_status
receive_first(const struct arrival *a, struct bulla_received *out,
    struct bulla_err *err)
{
	const struct about of = { a->id, a->sha256, a->pkg.closing_digest };
	struct bulla_buf there = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	bool existed = false;
	struct bulla_cur c;
	enum bulla_status st = put_package(a, err);

	if (st == BULLA_OK)
		st = first_there(a, &there, &existed, err);
	c = bulla_buf_view(&there);
	if (st == BULLA_OK)
		st = check(a, &c, &of, &out->receipt, err);
	c = bulla_buf_view(&out->receipt);
	if (st == BULLA_OK)
		st = take(a, &c, err);
	if (existed)
		out->existed = true;
	bulla_buf_free(&there);
	return st;
}
