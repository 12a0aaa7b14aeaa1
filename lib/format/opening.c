#include "bulla/enc.h"
#include "bulla/field.h"
#include "bulla/note.h"
#include "bulla/num.h"
#include "bulla/opening.h"

static const char type_line[] = "bulla opening v1";

#define PQ_KEY_LEN 1216u	/* bytes of an age1pq1... recipient */
#define VKEY_ED25519 0x01

static enum bulla_status
take_id(struct bulla_fields *f, char out[BULLA_ID_LEN + 1],
    struct bulla_err *err)
{
	uint8_t raw[BULLA_ID_LEN / 2];
	enum bulla_status st;

	st = bulla_field_hex(f, "package", raw, sizeof(raw), err);
	if (st == BULLA_OK)
		bulla_hex(out, raw, sizeof(raw));
	return st;
}

/* A value that must satisfy ok; "-" gives len 0 where none is allowed. */
static enum bulla_status
take_word(struct bulla_fields *f, const char *label, bool none,
    bool (*ok)(const struct bulla_cur *), struct bulla_cur *out,
    struct bulla_err *err)
{
	struct bulla_cur v;
	enum bulla_status st;

	st = bulla_field_take(f, label, &v, err);
	if (st != BULLA_OK)
		return st;
	if (none && bulla_cur_is(&v, "-")) {
		*out = (struct bulla_cur){ .p = v.p };
		return BULLA_OK;
	}
	if (!ok(&v))
		return bulla_field_bad(f, label, &v, "is longer than allowed "
		    "or has a character that may not stand there", err);
	*out = v;
	return BULLA_OK;
}

/* One of two words. */
static enum bulla_status
take_choice(struct bulla_fields *f, const char *label, const char *no,
    const char *yes, bool *out, struct bulla_err *err)
{
	struct bulla_cur v;
	enum bulla_status st;

	st = bulla_field_take(f, label, &v, err);
	if (st != BULLA_OK)
		return st;
	if (!bulla_cur_is(&v, no) && !bulla_cur_is(&v, yes))
		return bulla_field_bad(f, label, &v, "is neither of the two "
		    "values allowed", err);
	*out = bulla_cur_is(&v, yes);
	return BULLA_OK;
}

static bool
among(const struct bulla_cur *list, size_t n, const struct bulla_cur *v)
{
	for (size_t i = 0; i < n; i++) {
		if (bulla_cur_same(&list[i], v))
			return true;
	}
	return false;
}

static enum bulla_status
take_to(struct bulla_fields *f, struct bulla_opening *o,
    struct bulla_err *err)
{
	struct bulla_cur v;
	enum bulla_status st;

	do {
		st = take_word(f, "to", o->n_to == 0, bulla_keyname_ok, &v,
		    err);
		if (st != BULLA_OK)
			return st;
		if (v.len == 0)
			return BULLA_OK;	/* "-" stands alone */
		if (o->n_to == BULLA_TO_MAX)
			return bulla_fail(err, BULLA_E_LIMIT,
			    "more than %u \"to\" lines", BULLA_TO_MAX);
		if (among(o->to, o->n_to, &v))
			return bulla_field_bad(f, "to", &v, "stands there "
			    "twice", err);
		o->to[o->n_to++] = v;
	} while (bulla_field_next_is(f, "to"));
	return BULLA_OK;
}

/* The id is compared with the key where there are hashes, in lib/core. */
static bool
vkey_ok(const struct bulla_cur *text, struct bulla_cur *name)
{
	uint8_t id[BULLA_KEYID_LEN], key[1 + 32];
	struct bulla_cur b64;
	size_t len;

	return bulla_key_split(text, name, id, &b64) &&
	    bulla_b64_decode(&b64, BULLA_B64_PADDED, key, sizeof(key),
	    &len) && len == sizeof(key) && key[0] == VKEY_ED25519;
}

/*
 * All sealers belong to the agency that the package comes from: nobody can
 * add the weight of another agency's name to what is their own.
 */
static enum bulla_status
take_sealers(struct bulla_fields *f, struct bulla_opening *o,
    struct bulla_err *err)
{
	struct bulla_cur v, name, ours, theirs;
	enum bulla_status st;

	ours = bulla_keyname_agency(&o->from);
	do {
		st = bulla_field_take(f, "sealer", &v, err);
		if (st != BULLA_OK)
			return st;
		if (!vkey_ok(&v, &name))
			return bulla_field_bad(f, "sealer", &v, "is no Ed25519 "
			    "vkey (name+id+base64)", err);
		theirs = bulla_keyname_agency(&name);
		if (!bulla_cur_same(&ours, &theirs))
			return bulla_field_bad(f, "sealer", &v, "is not a key "
			    "of the agency in \"from\"", err);
		if (o->n_sealers == BULLA_SEALERS_MAX)
			return bulla_fail(err, BULLA_E_LIMIT,
			    "more than %u sealers", BULLA_SEALERS_MAX);
		if (among(o->sealer, o->n_sealers, &v))
			return bulla_field_bad(f, "sealer", &v, "stands there "
			    "twice", err);
		o->sealer[o->n_sealers++] = v;
	} while (bulla_field_next_is(f, "sealer"));
	return BULLA_OK;
}

/*
 * Numbers count the packages from one agency to one other. The first of a
 * pair has no previous one; a later one may lack it too, when every number
 * before was void.
 */
static enum bulla_status
take_sequence(struct bulla_fields *f, struct bulla_opening *o,
    struct bulla_err *err)
{
	struct bulla_fields ahead = *f;
	struct bulla_cur v;
	enum bulla_status st;

	st = bulla_field_take(&ahead, "sequence", &v, err);
	if (st != BULLA_OK)
		return st;
	o->has_sequence = !bulla_cur_is(&v, "-");
	if (!o->has_sequence)
		*f = ahead;
	else
		st = bulla_field_u64(f, "sequence", INT64_MAX, &o->sequence,
		    err);
	if (st != BULLA_OK)
		return st;
	if (o->has_sequence && (o->sequence == 0 || o->n_to != 1))
		return bulla_field_bad(f, "sequence", &v, "counts from 1, and "
		    "only where there is exactly one \"to\"", err);
	st = bulla_field_hex_or_none(f, "previous", o->previous,
	    sizeof(o->previous), &o->has_previous, err);
	if (st != BULLA_OK)
		return st;
	if (o->has_previous && (!o->has_sequence || o->sequence == 1))
		return bulla_fail(err, BULLA_E_FORMAT, "line %u: previous: "
		    "nothing can come before this sequence number",
		    f->line - 1);
	return BULLA_OK;
}

static bool
recipient_ok(const struct bulla_cur *text, bool *pq)
{
	uint8_t key[PQ_KEY_LEN];
	size_t len;
	bool upper;

	*pq = bulla_cur_starts(text, "age1pq1");
	return bulla_bech32_decode(text, *pq ? "age1pq" : "age", key,
	    *pq ? PQ_KEY_LEN : 32, &len, &upper) && !upper &&
	    len == (*pq ? PQ_KEY_LEN : 32);
}

/* Of one kind only: one classic stanza would undo the post-quantum ones. */
static enum bulla_status
take_recipients(struct bulla_fields *f, struct bulla_opening *o,
    struct bulla_err *err)
{
	bool pq, first_pq = false;
	struct bulla_cur v;
	enum bulla_status st;

	do {
		st = bulla_field_take(f, "recipient", &v, err);
		if (st != BULLA_OK)
			return st;
		if (!recipient_ok(&v, &pq))
			return bulla_field_bad(f, "recipient", &v, "is no "
			    "age1... recipient", err);
		if (o->n_recipients == 0)
			first_pq = pq;
		if (pq != first_pq)
			return bulla_field_bad(f, "recipient", &v, "is not of "
			    "the same kind (post-quantum or not) as the first",
			    err);
		if (o->n_recipients == (pq ? BULLA_RECIPIENTS_PQ_MAX :
		    BULLA_RECIPIENTS_MAX))
			return bulla_fail(err, BULLA_E_LIMIT,
			    "more than %zu recipients", o->n_recipients);
		if (among(o->recipient, o->n_recipients, &v))
			return bulla_field_bad(f, "recipient", &v, "stands "
			    "there twice", err);
		o->recipient[o->n_recipients++] = v;
	} while (bulla_field_next_is(f, "recipient"));
	return BULLA_OK;
}

static enum bulla_status
take_checkpoint(struct bulla_fields *f, struct bulla_opening *o,
    struct bulla_err *err)
{
	struct bulla_cur v, rest, size;
	enum bulla_status st;
	size_t len;

	st = bulla_field_take(f, "checkpoint", &v, err);
	if (st != BULLA_OK || bulla_cur_is(&v, "-"))
		return st;
	rest = v;
	if (!bulla_cur_until(&rest, ' ', &size) ||
	    !bulla_num_u64(&size, INT64_MAX, &o->checkpoint_size) ||
	    !bulla_b64_decode(&rest, BULLA_B64_PADDED, o->checkpoint_root,
	    sizeof(o->checkpoint_root), &len) ||
	    len != sizeof(o->checkpoint_root))
		return bulla_field_bad(f, "checkpoint", &v, "is no tree size "
		    "and 32-byte root in base64", err);
	o->has_checkpoint = true;
	return BULLA_OK;
}

static enum bulla_status
take_age(struct bulla_fields *f, struct bulla_opening *o,
    struct bulla_err *err)
{
	uint64_t segment;
	enum bulla_status st;

	st = take_choice(f, "compression", "none", "zstd", &o->zstd, err);
	if (st == BULLA_OK)
		st = bulla_field_hex(f, "age-header", o->age_header,
		    sizeof(o->age_header), err);
	if (st == BULLA_OK)
		st = bulla_field_hex(f, "age-nonce", o->age_nonce,
		    sizeof(o->age_nonce), err);
	if (st == BULLA_OK)
		st = bulla_field_u64(f, "segment", UINT32_MAX, &segment, err);
	if (st == BULLA_OK && segment != BULLA_SEGMENT_PLAIN)
		return bulla_fail(err, BULLA_E_FORMAT,
		    "line %u: segment: must be %u", f->line - 1,
		    BULLA_SEGMENT_PLAIN);
	return st;
}

static enum bulla_status
take_head(struct bulla_fields *f, struct bulla_opening *o,
    struct bulla_err *err)
{
	enum bulla_status st;

	st = take_id(f, o->id, err);
	if (st == BULLA_OK)
		st = take_word(f, "kind", false, bulla_kind_ok, &o->kind, err);
	if (st == BULLA_OK)
		st = take_word(f, "ref", true, bulla_ref_ok, &o->ref, err);
	if (st == BULLA_OK)
		st = take_word(f, "class", true, bulla_kind_ok, &o->urgency,
		    err);
	if (st == BULLA_OK)
		st = take_choice(f, "exercise", "no", "yes", &o->exercise,
		    err);
	if (st == BULLA_OK)
		st = bulla_field_when(f, "created", &o->created, err);
	if (st == BULLA_OK)
		st = take_word(f, "from", false, bulla_keyname_ok, &o->from,
		    err);
	return st;
}

enum bulla_status
bulla_opening_parse(const struct bulla_cur *text, struct bulla_opening *out,
    struct bulla_err *err)
{
	struct bulla_opening o = { 0 };
	struct bulla_fields f;
	enum bulla_status st;

	st = bulla_fields_begin(&f, text, type_line, err);
	if (st == BULLA_OK)
		st = take_head(&f, &o, err);
	if (st == BULLA_OK)
		st = take_to(&f, &o, err);
	if (st == BULLA_OK)
		st = take_sealers(&f, &o, err);
	if (st == BULLA_OK)
		st = take_sequence(&f, &o, err);
	if (st == BULLA_OK)
		st = take_recipients(&f, &o, err);
	if (st == BULLA_OK)
		st = take_age(&f, &o, err);
	if (st == BULLA_OK)
		st = bulla_field_hex_or_none(&f, "roster", o.roster,
		    sizeof(o.roster), &o.has_roster, err);
	if (st == BULLA_OK)
		st = take_checkpoint(&f, &o, err);
	if (st == BULLA_OK)
		st = bulla_fields_end(&f, err);
	if (st != BULLA_OK)
		return st;
	*out = o;
	return BULLA_OK;
}
