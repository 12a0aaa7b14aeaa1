#include <string.h>

#include "bulla/text.h"
#include "core/pkg_int.h"

#define SHOWN 128u

/* "mlkem768x25519" for age1pq..., "X25519" for every other age1... */
static const char *
stanza_type_of(const struct bulla_cur *recipient)
{
	return bulla_cur_starts(recipient, "age1pq1") ? "mlkem768x25519" :
	    "X25519";
}

/* One stanza for each recipient: the same number of each type. */
static enum bulla_status
check_stanzas(const struct bulla_age_header *h, const struct bulla_opening *o,
    struct bulla_err *err)
{
	static const char *const types[] = { "X25519", "mlkem768x25519" };
	struct bulla_cur type;
	size_t want, have, all = 0;
	char shown[SHOWN];

	for (size_t t = 0; t < 2; t++) {
		want = have = 0;
		for (size_t i = 0; i < o->n_recipients; i++)
			want += strcmp(stanza_type_of(&o->recipient[i]),
			    types[t]) == 0;
		for (size_t i = 0; i < h->n_stanzas; i++)
			have += bulla_age_arg(&h->stanza[i], 0, &type) &&
			    bulla_cur_is(&type, types[t]);
		if (want != have)
			return bulla_fail(err, BULLA_E_MISMATCH, "the opening "
			    "note names %zu %s recipients, the age header has "
			    "%zu", want, types[t], have);
		all += have;
	}
	for (size_t i = 0; i < h->n_stanzas && all != h->n_stanzas; i++)
		if (bulla_age_arg(&h->stanza[i], 0, &type) &&
		    !bulla_cur_is(&type, types[0]) &&
		    !bulla_cur_is(&type, types[1]))
			return bulla_fail(err, BULLA_E_FORMAT, "age header: a "
			    "'%s' stanza cannot be in a package",
			    bulla_text_show(shown, sizeof(shown), &type));
	return BULLA_OK;
}

enum bulla_status
pkg_check_age(const struct pkgr *r, struct bulla_package *out,
    struct bulla_err *err)
{
	struct bulla_age_header h = { 0 };
	struct bulla_cur c = bulla_buf_view(&r->age0);
	uint8_t digest[BULLA_SHA256_LEN];
	enum bulla_status st;

	if (r->age0.len <= BULLA_AGE_NONCE_LEN)
		return bulla_fail(err, BULLA_E_FORMAT, "data/00000000.age: "
		    "too short for an age header and its nonce");
	c.len -= BULLA_AGE_NONCE_LEN;
	bulla_sha256(c.p, c.len, digest);
	if (memcmp(digest, out->opening.age_header, sizeof(digest)) != 0 ||
	    memcmp(c.p + c.len, out->opening.age_nonce,
	    BULLA_AGE_NONCE_LEN) != 0)
		return bulla_fail(err, BULLA_E_MISMATCH, "data/00000000.age "
		    "is not the age header of the opening note");
	st = bulla_age_header_parse(&c, &h, err);
	if (st == BULLA_OK && !bulla_cur_done(&c))
		st = bulla_fail(err, BULLA_E_FORMAT, "data/00000000.age: "
		    "bytes between the age header and its nonce");
	if (st == BULLA_E_INCOMPLETE)
		st = BULLA_E_FORMAT;	/* the member is whole; it is not */
	if (st == BULLA_OK)
		st = check_stanzas(&h, &out->opening, err);
	if (st == BULLA_OK)
		out->n_stanzas = h.n_stanzas;
	bulla_age_header_free(&h);
	return st;
}

enum bulla_status
pkg_parse_head(struct pkgr *r, struct bulla_package *out,
    struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(&r->opening);
	struct bulla_note note;
	enum bulla_status st = bulla_note_parse(&bytes, &note, err);

	if (st == BULLA_OK)
		st = bulla_opening_parse(&note.text, &out->opening, err);
	if (st != BULLA_OK)
		return bulla_wrap(err, st, "opening.note");
	bulla_sha256(note.text.p, note.text.len, out->opening_digest);
	for (size_t i = 0; i < out->opening.n_sealers; i++) {
		st = bulla_vkey_parse(&out->opening.sealer[i],
		    &out->sealer[i], err);
		if (st != BULLA_OK)
			return bulla_wrap(err, st, "opening.note: sealer %zu",
			    i + 1);
	}
	out->n_sealers = out->opening.n_sealers;
	return BULLA_OK;
}

enum bulla_status
pkg_check_signed(struct pkgr *r, const struct bulla_vkeys *known,
    struct bulla_package *out, struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(&r->opening);
	struct bulla_verified v;
	enum bulla_status st = pkg_parse_head(r, out, err);

	if (st != BULLA_OK)
		return st;
	st = bulla_note_verify_exactly(&bytes, out->sealer, out->n_sealers,
	    known, &v, err);
	if (st != BULLA_OK)
		return bulla_wrap(err, st, "opening.note");
	if (strcmp(out->opening.id, r->id) != 0)
		return bulla_fail(err, BULLA_E_MISMATCH, "opening.note is of "
		    "package %s, the file says %s", out->opening.id, r->id);
	if ((uint64_t)out->opening.created != r->mtime)
		return bulla_fail(err, BULLA_E_MISMATCH, "opening.note was "
		    "made at another time than the file says");
	return BULLA_OK;
}

enum bulla_status
pkg_check_exercise(const struct bulla_package *p, bool allow_exercise,
    struct bulla_err *err)
{
	if (p->opening.exercise && !allow_exercise)
		return bulla_fail(err, BULLA_E_REFUSED, "an EXERCISE package: "
		    "give --exercise if this is an exercise");
	return BULLA_OK;
}

enum bulla_status
pkg_check_head(struct pkgr *r, const struct bulla_vkeys *known,
    bool allow_exercise, struct bulla_package *out, struct bulla_err *err)
{
	enum bulla_status st = pkg_check_signed(r, known, out, err);

	if (st == BULLA_OK)
		st = pkg_check_age(r, out, err);
	if (st == BULLA_OK)
		st = pkg_check_exercise(out, allow_exercise, err);
	return st;
}

enum bulla_status
pkg_parse_tail(struct pkgr *r, struct bulla_package *out,
    struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(&r->closing);
	struct bulla_note note;
	enum bulla_status st = bulla_note_parse(&bytes, &note, err);

	if (st == BULLA_OK)
		st = bulla_closing_parse(&note.text, &out->closing, err);
	if (st != BULLA_OK)
		return bulla_wrap(err, st, "closing.note");
	bulla_sha256(note.text.p, note.text.len, out->closing_digest);
	out->has_closing = true;
	out->size = r->pos;
	return BULLA_OK;
}

enum bulla_status
pkg_check_tail(struct pkgr *r, const struct bulla_vkeys *known,
    const uint8_t manifest[BULLA_SHA256_LEN], struct bulla_package *out,
    struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(&r->closing);
	const struct bulla_closing *c = &out->closing;
	struct bulla_verified v;
	const char *wrong = NULL;
	enum bulla_status st = pkg_parse_tail(r, out, err);

	if (st != BULLA_OK)
		return st;
	st = bulla_note_verify_exactly(&bytes, out->sealer, out->n_sealers,
	    known, &v, err);
	if (st != BULLA_OK)
		return bulla_wrap(err, st, "closing.note");
	if (strcmp(c->id, r->id) != 0)
		wrong = "of another package";
	else if (memcmp(c->opening, out->opening_digest,
	    BULLA_SHA256_LEN) != 0)
		wrong = "for another opening note";
	else if (c->segments != r->segments || c->size != r->cipher)
		wrong = "for another number of segments or bytes";
	else if (memcmp(c->manifest, manifest, BULLA_SHA256_LEN) != 0)
		wrong = "for another manifest";
	if (wrong != NULL)
		return bulla_fail(err, BULLA_E_MISMATCH, "closing.note is %s",
		    wrong);
	return BULLA_OK;
}

enum bulla_status
pkg_judge(const struct bulla_judge *j, const struct bulla_package *p,
    struct bulla_err *err)
{
	return j->ask != NULL ? j->ask(j->ctx, p, err) : BULLA_OK;
}

void
bulla_package_free(struct bulla_package *p)
{
	bulla_buf_free(&p->opening_note);
	bulla_buf_free(&p->closing_note);
}
