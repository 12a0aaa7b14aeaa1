#include <inttypes.h>
#include <string.h>

#include "core/trust_int.h"

static enum bulla_status
no(struct bulla_err *err, const char *key, const char *why)
{
	return bulla_fail(err, BULLA_E_REFUSED, "%s: %s", key, why);
}

static enum bulla_status
check_head(const struct bulla_roster *old, const uint8_t digest[32],
    const struct bulla_roster *next, struct bulla_err *err)
{
	if (!bulla_cur_same(&old->side, &next->side))
		return bulla_fail(err, BULLA_E_REFUSED, "a roster of %.*s, "
		    "where that of %.*s is in force", (int)next->side.len,
		    (const char *)next->side.p, (int)old->side.len,
		    (const char *)old->side.p);
	if (next->version == old->version)
		return bulla_fail(err, BULLA_E_REFUSED, "version %" PRIu64
		    " is in force with another text", old->version);
	if (next->version < old->version)
		return bulla_fail(err, BULLA_E_REFUSED, "version %" PRIu64
		    " is older than version %" PRIu64 ", which is in force",
		    next->version, old->version);
	if (next->version > old->version + 1)
		return bulla_fail(err, BULLA_E_REFUSED, "version %" PRIu64
		    " skips: version %" PRIu64 " must come next",
		    next->version, old->version + 1);
	if (memcmp(next->previous, digest, sizeof(next->previous)) != 0)
		return bulla_fail(err, BULLA_E_MISMATCH, "its \"previous\" is "
		    "not the roster in force");
	if (next->issued < old->issued)
		return bulla_fail(err, BULLA_E_REFUSED, "it was issued before "
		    "the roster in force");
	return BULLA_OK;
}

/*
 * What a key could do before `next` was issued stays as it was: else a side
 * could unmake what its own key had signed, or make good what it had not.
 */
static enum bulla_status
check_key(const struct bulla_roster_key *was, const struct bulla_roster *next,
    struct bulla_err *err)
{
	const struct bulla_roster_key *is = bulla_roster_find(next, &was->key);
	const char *name = was->key.name;

	if (is == NULL)
		return no(err, name, "the key has disappeared: end it "
		    "(until), a roster keeps all its keys");
	if (is->role != was->role)
		return no(err, name, "the key has changed its role");
	if (!bulla_cur_same(&is->person, &was->person))
		return no(err, name, "the key has changed its person");
	if (is->from != was->from)
		return no(err, name, "the key's beginning was moved");
	if (is->until == was->until)
		return BULLA_OK;
	if (was->until < next->issued)
		return no(err, name, "the key's end was moved, but it had "
		    "come already");
	if (is->until < next->issued)
		return no(err, name, "the key's end was moved to before this "
		    "roster was issued");
	return BULLA_OK;
}

static enum bulla_status
check_new_key(const struct bulla_roster *old, const struct bulla_roster *next,
    const struct bulla_roster_key *k, struct bulla_err *err)
{
	if (bulla_roster_find(old, &k->key) != NULL)
		return BULLA_OK;
	for (size_t i = 0; i < old->n_roots; i++) {
		if (memcmp(old->root[i].key.pub, k->key.pub,
		    sizeof(k->key.pub)) == 0)
			return no(err, k->key.name, "it was a root key: one "
			    "key has one role");
	}
	if (k->from < next->issued)
		return no(err, k->key.name, "a new key begins before this "
		    "roster was issued");
	return BULLA_OK;
}

static bool
has_lift(const struct bulla_roster *r, const uint8_t digest[32])
{
	for (size_t i = 0; i < r->n_lifts; i++) {
		if (memcmp(r->lift[i], digest, sizeof(r->lift[i])) == 0)
			return true;
	}
	return false;
}

enum bulla_status
bulla_trust_follows(const struct bulla_roster *old, const uint8_t digest[32],
    const struct bulla_roster *next, struct bulla_err *err)
{
	enum bulla_status st = check_head(old, digest, next, err);

	for (size_t i = 0; st == BULLA_OK && i < old->n_keys; i++)
		st = check_key(&old->key[i], next, err);
	for (size_t i = 0; st == BULLA_OK && i < next->n_keys; i++)
		st = check_new_key(old, next, &next->key[i], err);
	for (size_t i = 0; st == BULLA_OK && i < old->n_lifts; i++) {
		if (!has_lift(next, old->lift[i]))
			st = bulla_fail(err, BULLA_E_REFUSED, "a \"lift\" has "
			    "disappeared: its suspension would be in force "
			    "again");
	}
	return st;
}

static enum bulla_status
root_keys(const struct bulla_roster *r, struct bulla_vkeys *out,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; st == BULLA_OK && i < r->n_roots; i++)
		st = bulla_vkeys_add(out, &r->root[i].key, err);
	return st;
}

/*
 * Persons, not lines: each key has one person, so as many different persons
 * are as many different keys at least.
 */
static unsigned
count_persons(const struct bulla_roster *r, const struct bulla_verified *v)
{
	const struct bulla_cur *seen[BULLA_NOTE_SIGS_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < v->n_by; i++) {
		const struct bulla_roster_root *root =
		    bulla_roster_find_root(r, v->by[i]);
		unsigned j = 0;

		BULLA_CHECK(root != NULL);
		while (j < n && !bulla_cur_same(seen[j], &root->person))
			j++;
		if (j == n)
			seen[n++] = &root->person;
	}
	return n;
}

enum bulla_status
bulla_trust_signers(const struct bulla_cur *note,
    const struct bulla_roster *r, unsigned *persons, struct bulla_err *err)
{
	struct bulla_vkeys known = { 0 };
	struct bulla_verified v;
	enum bulla_status st = root_keys(r, &known, err);

	if (st == BULLA_OK)
		st = bulla_note_verify(note, &known, &v, err);
	if (st == BULLA_OK)
		*persons = count_persons(r, &v);
	if (st == BULLA_E_NOKEY) {
		*persons = 0;
		st = BULLA_OK;
	}
	bulla_vkeys_free(&known);
	return st;
}

/* Somebody whose line does not count, for the message; NULL: none. */
static const struct bulla_cur *
stranger(const struct bulla_note *n, const struct bulla_roster *r)
{
	for (unsigned i = 0; i < n->n_sigs; i++) {
		size_t j = 0;

		while (j < r->n_roots && (memcmp(n->sig[i].id,
		    r->root[j].key.id, BULLA_KEYID_LEN) != 0 ||
		    !bulla_cur_is(&n->sig[i].name, r->root[j].key.name)))
			j++;
		if (j == r->n_roots)
			return &n->sig[i].name;
	}
	return NULL;
}

enum bulla_status
trust_signed_enough(const struct bulla_cur *note, const struct bulla_roster *r,
    const char *whose, struct bulla_err *err)
{
	const struct bulla_cur *other;
	struct bulla_note n;
	unsigned persons = 0;
	enum bulla_status st = bulla_trust_signers(note, r, &persons, err);

	if (st != BULLA_OK || persons >= r->threshold)
		return st;
	st = bulla_note_parse(note, &n, err);
	if (st != BULLA_OK)
		return st;
	other = stranger(&n, r);
	return bulla_fail(err, BULLA_E_REFUSED, "signed by %u of %u persons "
	    "with %s root keys%s%.*s%s", persons, r->threshold, whose,
	    other != NULL ? "; " : "", other != NULL ? (int)other->len : 0,
	    other != NULL ? (const char *)other->p : "",
	    other != NULL ? " is none of these keys" : "");
}

enum bulla_status
trust_apart(const struct bulla_roster *a, const struct bulla_roster *b,
    struct bulla_err *err)
{
	if (bulla_cur_same(&a->side, &b->side))
		return bulla_fail(err, BULLA_E_REFUSED, "%.*s is the name of "
		    "both sides", (int)a->side.len, (const char *)a->side.p);
	for (size_t i = 0; i < a->n_roots + a->n_keys; i++) {
		const struct bulla_vkey *k = i < a->n_roots ?
		    &a->root[i].key : &a->key[i - a->n_roots].key;

		for (size_t j = 0; j < b->n_roots + b->n_keys; j++) {
			const struct bulla_vkey *o = j < b->n_roots ?
			    &b->root[j].key : &b->key[j - b->n_roots].key;

			if (memcmp(k->pub, o->pub, sizeof(k->pub)) == 0)
				return bulla_fail(err, BULLA_E_REFUSED,
				    "%s and %s are the same public key, in "
				    "both sides' rosters", k->name, o->name);
		}
	}
	return BULLA_OK;
}
