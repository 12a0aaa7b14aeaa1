#include <string.h>

#include "bulla/chain.h"
#include "bulla/enc.h"
#include "core/exchange_int.h"

/* A handover: relinquish (us), receive (them), our countersignature on it. */

static void
field(struct bulla_custody *c, const char *label, const char *value)
{
	BULLA_CHECK(c->n_extra < BULLA_CUSTODY_EXTRA_MAX);
	c->extra[c->n_extra].label = bulla_cur_str(label);
	c->extra[c->n_extra++].value = bulla_cur_str(value);
}

static bool
field_is(const struct bulla_custody *c, const char *label,
    const struct bulla_cur *want)
{
	struct bulla_cur v;

	return bulla_custody_get(c, label, &v) && bulla_cur_same(&v, want);
}

/*
 * The relinquish that is still good: to them, of these bytes, and nothing of
 * custody came after it. A delivery that is tried again is one handover.
 */
static const struct bulla_link *
pending(const struct bulla_chain *chain, const struct bulla_cur *to,
    const char *sha256)
{
	struct bulla_cur sum = bulla_cur_str(sha256);

	for (size_t i = chain->n; i-- > 0;) {
		const struct bulla_custody *c = &chain->v[i].c;

		if (bulla_cur_is(&c->event, "relinquish"))
			return field_is(c, "to", to) && field_is(c,
			    "package-sha256", &sum) ? &chain->v[i] : NULL;
		if (bulla_cur_is(&c->event, "receive"))
			return NULL;
	}
	return NULL;
}

/* Who the key belongs to; nothing for a machine's. */
static struct bulla_cur
person_of(const struct bulla_exchange *x, const struct bulla_vkey *key)
{
	uint8_t digest[BULLA_SHA256_LEN];
	const struct bulla_roster *r = bulla_trust_roster(x->home->trust,
	    BULLA_OURS, digest);
	const struct bulla_roster_key *k = r != NULL ?
	    bulla_roster_find(r, key) : NULL;

	return k != NULL ? k->person : bulla_cur_of("", 0);
}

static enum bulla_status
add(struct bulla_exchange *x, const struct bulla_handover *what,
    const char *to, const struct bulla_signer *custodian,
    struct bulla_err *err)
{
	char sha256[2 * BULLA_SHA256_LEN + 1], tool[] = "bulla " BULLA_VERSION;
	struct bulla_custody c = { .has_seal = true, .time = x->home->now };
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	enum bulla_status st;

	memcpy(c.id, what->id, BULLA_ID_LEN);
	memcpy(c.seal, what->seal, sizeof(c.seal));
	bulla_hex(sha256, what->sha256, BULLA_SHA256_LEN);
	c.event = bulla_cur_str("relinquish");
	c.actor = bulla_cur_str(custodian->vkey.name);
	c.officer = person_of(x, &custodian->vkey);
	c.result = bulla_cur_str("released");
	if (strcmp(what->authority, "-") != 0)
		c.authority = bulla_cur_str(what->authority);
	field(&c, "to", to);
	field(&c, "transport", what->transport);
	field(&c, "package-sha256", sha256);
	field(&c, "recipients", what->recipients);
	field(&c, "tool", tool);
	if (what->exercise)
		field(&c, "remarks", BULLA_CUSTODY_EXERCISE);
	st = bulla_chain_add(x->home->path, &c, custodian, 1, &note, err);
	bulla_buf_free(&note);
	return st;
}

/* Recorded before it is told: what they know we must be able to prove. */
static enum bulla_status
tell_note(struct bulla_exchange *x, const struct bulla_peer *peer,
    const struct bulla_link *l, struct bulla_err *err)
{
	struct bulla_cur note = bulla_buf_view(&l->bytes);
	enum bulla_status st = bulla_home_record(x->home, &note, 1, err);

	return st == BULLA_OK ? bulla_exchange_tell(x, peer, &note, err) : st;
}

/*
 * The newest relinquish note first: until they have it they know nothing of
 * the package, and take no note about it.
 */
static enum bulla_status
tell_all(struct bulla_exchange *x, const struct bulla_peer *peer,
    const char *id, struct bulla_err *err)
{
	struct bulla_chain chain = { 0 };
	enum bulla_status st;
	size_t first;

	st = bulla_chain_load(x->home->path, id, BULLA_OURS, NULL, &chain,
	    err);
	for (first = chain.n; first-- > 0;)
		if (bulla_cur_is(&chain.v[first].c.event, "relinquish"))
			break;
	if (st == BULLA_OK && first < chain.n)
		st = tell_note(x, peer, &chain.v[first], err);
	for (size_t i = 0; i < chain.n && st == BULLA_OK; i++)
		if (i != first)
			st = tell_note(x, peer, &chain.v[i], err);
	bulla_chain_free(&chain);
	return st;
}

enum bulla_status
bulla_exchange_relinquish(struct bulla_exchange *x,
    const struct bulla_peer *peer, const struct bulla_handover *what,
    const struct bulla_signer *custodian, struct bulla_err *err)
{
	char sha256[2 * BULLA_SHA256_LEN + 1], to[BULLA_KEYNAME_MAX + 1] = "";
	uint8_t digest[BULLA_SHA256_LEN];
	const struct bulla_roster *r = bulla_trust_roster(x->home->trust,
	    BULLA_THEIRS, digest);
	struct bulla_chain chain = { 0 };
	enum bulla_status st;

	BULLA_CHECK(r != NULL && r->side.len < sizeof(to));
	memcpy(to, r->side.p, r->side.len);
	bulla_hex(sha256, what->sha256, BULLA_SHA256_LEN);
	/* A key that may not would make a note that nobody takes. */
	st = bulla_trust_judge(x->home->trust, BULLA_OURS, &custodian->vkey,
	    BULLA_ROLE_CUSTODIAN, x->home->now, err);
	if (st != BULLA_OK)
		return bulla_wrap(err, BULLA_E_REFUSED, "our custodian's key");
	st = bulla_chain_load(x->home->path, what->id, BULLA_OURS, NULL,
	    &chain, err);
	if (st == BULLA_OK && pending(&chain, &r->side, sha256) == NULL)
		st = add(x, what, to, custodian, err);
	bulla_chain_free(&chain);
	return st == BULLA_OK ? tell_all(x, peer, what->id, err) : st;
}

static enum bulla_status
countersign(struct bulla_exchange *x, const char *id,
    const struct bulla_cur *text, const struct bulla_signer *custodian,
    struct bulla_buf *out, struct bulla_err *err)
{
	uint8_t digest[BULLA_SHA256_LEN];
	struct bulla_cur c;
	enum bulla_status st;

	bulla_sha256(text->p, text->len, digest);
	st = bulla_chain_countersign(x->home->path, id, digest, custodian,
	    out, err);
	c = bulla_buf_view(out);
	if (st == BULLA_OK)
		st = bulla_home_record(x->home, &c, 1, err);
	return st;
}

enum bulla_status
bulla_exchange_receipt(struct bulla_exchange *x, const char *id,
    const struct bulla_cur *note, const struct bulla_signer *custodian,
    struct bulla_buf *out, struct bulla_err *err)
{
	int64_t at = bulla_home_proven(x->home, note);
	uint8_t digest[BULLA_SHA256_LEN];
	struct bulla_custody c;
	struct bulla_note n;
	enum bulla_status st = bulla_note_parse(note, &n, err);

	if (st == BULLA_OK)
		st = bulla_custody_parse(&n.text, &c, err);
	if (st == BULLA_OK && bulla_cur_is(&c.event, "receive") &&
	    strcmp(c.id, id) != 0)
		st = bulla_fail(err, BULLA_E_MISMATCH, "the receipt is for "
		    "another package, %s", c.id);
	if (st == BULLA_OK)
		bulla_sha256(n.text.p, n.text.len, digest);
	/* One that was proved long ago stays good when its key has ended. */
	if (st == BULLA_OK)
		st = bulla_chain_keep(x->home->path, note, x->home->trust,
		    at != 0 ? at : x->home->now, err);
	if (st == BULLA_OK)
		st = exchange_record_kept(x, c.id, digest, err);
	if (st != BULLA_OK)
		return st;
	if (custodian != NULL && bulla_cur_is(&c.event, "receive"))
		return countersign(x, c.id, &n.text, custodian, out, err);
	bulla_buf_cur(out, note);
	return bulla_buf_status(out);
}
