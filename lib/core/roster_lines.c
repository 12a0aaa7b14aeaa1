#include <string.h>

#include "bulla/enc.h"
#include "bulla/when.h"

#include "core/roster_int.h"

#define PQ_KEY_LEN 1216u	/* bytes of an age1pq1... recipient */

static enum bulla_status
too_many(const char *label, unsigned max, struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_LIMIT, "more than %u \"%s\" lines",
	    max, label);
}

/* One word; the rest of the line, which may hold spaces, is left in c. */
static bool
word(struct bulla_cur *c, struct bulla_cur *out)
{
	return bulla_cur_until(c, ' ', out) && out->len > 0;
}

static bool
when(struct bulla_cur *c, bool last, int64_t *out)
{
	struct bulla_cur w;

	if (last)
		w = *c;
	else if (!word(c, &w))
		return false;
	return bulla_when_parse(&w, out);
}

bool
roster_side_ok(const struct bulla_cur *side)
{
	return bulla_keyname_ok(side) && memchr(side->p, '/', side->len) ==
	    NULL;
}

bool
roster_name_of(const struct bulla_cur *name, const struct bulla_cur *side)
{
	struct bulla_cur agency = bulla_keyname_agency(name);

	return bulla_keyname_ok(name) && bulla_cur_same(&agency, side) &&
	    name->len > side->len + 1;
}

enum bulla_status
roster_vkey(const struct bulla_cur *text, const struct bulla_cur *side,
    uint8_t type, struct bulla_vkey *out, struct bulla_err *err)
{
	struct bulla_cur name;
	struct bulla_vkey k;
	enum bulla_status st = bulla_vkey_parse(text, &k, err);

	if (st != BULLA_OK)
		return bulla_wrap(err, BULLA_E_FORMAT, "key");
	name = bulla_cur_str(k.name);
	if (!roster_name_of(&name, side))
		return bulla_fail(err, BULLA_E_FORMAT, "key %s: its name does "
		    "not begin with the side's and a slash", k.name);
	if (k.type != type)
		return bulla_fail(err, BULLA_E_FORMAT, "key %s: a witness has "
		    "a key of type 4, all others of type 1", k.name);
	*out = k;
	return BULLA_OK;
}

/*
 * One public key, one role: whoever has it could otherwise count as two, or
 * do what two different people must. A name and id tell one key apart.
 */
static enum bulla_status
check_new(const struct bulla_roster *r, const struct bulla_vkey *k,
    struct bulla_err *err)
{
	for (size_t i = 0; i < r->n_roots + r->n_keys; i++) {
		const struct bulla_vkey *o = i < r->n_roots ?
		    &r->root[i].key : &r->key[i - r->n_roots].key;

		if (memcmp(o->pub, k->pub, sizeof(k->pub)) == 0)
			return bulla_fail(err, BULLA_E_FORMAT, "%s and %s are "
			    "the same public key: one key has one role",
			    o->name, k->name);
		if (strcmp(o->name, k->name) == 0 &&
		    memcmp(o->id, k->id, sizeof(k->id)) == 0)
			return bulla_fail(err, BULLA_E_FORMAT,
			    "two keys named %s with the same id", k->name);
	}
	return BULLA_OK;
}

static bool
person_ok(const struct bulla_cur *p)
{
	return p->len <= BULLA_PERSON_MAX && bulla_field_value_ok(p);
}

enum bulla_status
roster_take_root(struct bulla_fields *f, struct bulla_roster *r,
    struct bulla_err *err)
{
	struct bulla_roster_root *root = &r->root[r->n_roots];
	struct bulla_cur v, c, w;
	enum bulla_status st;

	if (r->n_roots == BULLA_ROSTER_ROOTS_MAX)
		return too_many("root", BULLA_ROSTER_ROOTS_MAX, err);
	st = bulla_field_take(f, "root", &v, err);
	if (st != BULLA_OK)
		return st;
	c = v;
	if (!word(&c, &w) || !person_ok(&c) || bulla_cur_is(&c, "-"))
		return bulla_field_bad(f, "root", &v, "is not a key, a space "
		    "and the name of a person", err);
	st = roster_vkey(&w, &r->side, BULLA_SIG_ED25519, &root->key, err);
	if (st == BULLA_OK)
		st = check_new(r, &root->key, err);
	if (st != BULLA_OK)
		return bulla_wrap(err, st, "line %u: root", f->line - 1);
	root->person = c;
	r->n_roots++;
	return BULLA_OK;
}

/* Who acts for a side is somebody; what works unattended may be nobody. */
static bool
may_be_machine(enum bulla_role role)
{
	return (role & (BULLA_ROLE_SEALER | BULLA_ROLE_RECEIVER |
	    BULLA_ROLE_LOG | BULLA_ROLE_WITNESS)) != 0;
}

enum bulla_status
roster_take_key(struct bulla_fields *f, struct bulla_roster *r,
    struct bulla_err *err)
{
	struct bulla_roster_key *k = &r->key[r->n_keys];
	struct bulla_cur v, c, role, vkey;
	enum bulla_status st;

	if (r->n_keys == BULLA_ROSTER_KEYS_MAX)
		return too_many("key", BULLA_ROSTER_KEYS_MAX, err);
	st = bulla_field_take(f, "key", &v, err);
	if (st != BULLA_OK)
		return st;
	c = v;
	if (!word(&c, &role) || !word(&c, &vkey) ||
	    !when(&c, false, &k->from) || !when(&c, false, &k->until) ||
	    !person_ok(&c))
		return bulla_field_bad(f, "key", &v, "is not a role, a key, "
		    "two times and a person", err);
	if (!bulla_role_parse(&role, &k->role))
		return bulla_field_bad(f, "key", &role, "is no role of a key",
		    err);
	if (k->from > k->until)
		return bulla_field_bad(f, "key", &v, "ends before it begins",
		    err);
	if (bulla_cur_is(&c, "-") && !may_be_machine(k->role))
		return bulla_field_bad(f, "key", &role, "needs a person", err);
	st = roster_vkey(&vkey, &r->side, k->role == BULLA_ROLE_WITNESS ?
	    BULLA_SIG_COSIGNATURE : BULLA_SIG_ED25519, &k->key, err);
	if (st == BULLA_OK)
		st = check_new(r, &k->key, err);
	if (st != BULLA_OK)
		return bulla_wrap(err, st, "line %u: key", f->line - 1);
	k->person = bulla_cur_is(&c, "-") ? bulla_cur_of(c.p, 0) : c;
	r->n_keys++;
	return BULLA_OK;
}

static bool
recipient_ok(const struct bulla_cur *text)
{
	bool pq = bulla_cur_starts(text, "age1pq1"), upper;
	size_t want = pq ? PQ_KEY_LEN : 32, len;
	uint8_t key[PQ_KEY_LEN];

	return bulla_bech32_decode(text, pq ? "age1pq" : "age", key, want,
	    &len, &upper) && !upper && len == want;
}

enum bulla_status
roster_take_age(struct bulla_fields *f, struct bulla_roster *r,
    struct bulla_err *err)
{
	struct bulla_roster_age *a = &r->age[r->n_ages];
	struct bulla_cur v;
	enum bulla_status st;

	if (r->n_ages == BULLA_ROSTER_AGES_MAX)
		return too_many("age", BULLA_ROSTER_AGES_MAX, err);
	st = bulla_field_take(f, "age", &v, err);
	if (st != BULLA_OK)
		return st;
	a->recipient = v;
	if (!word(&a->recipient, &a->name) ||
	    !roster_name_of(&a->name, &r->side))
		return bulla_field_bad(f, "age", &v, "does not begin with a "
		    "name of this side and a space", err);
	if (!recipient_ok(&a->recipient))
		return bulla_field_bad(f, "age", &a->recipient, "is no age1... "
		    "recipient", err);
	for (size_t i = 0; i < r->n_ages; i++) {
		if (bulla_cur_same(&a->name, &r->age[i].name) ||
		    bulla_cur_same(&a->recipient, &r->age[i].recipient))
			return bulla_field_bad(f, "age", &v, "has the name or "
			    "the recipient of an earlier line", err);
	}
	r->n_ages++;
	return BULLA_OK;
}

enum bulla_status
roster_take_tls(struct bulla_fields *f, struct bulla_roster *r,
    struct bulla_err *err)
{
	struct bulla_roster_tls *t = &r->tls[r->n_tls];
	struct bulla_cur v, c, w;
	enum bulla_status st;

	if (r->n_tls == BULLA_ROSTER_TLS_MAX)
		return too_many("tls", BULLA_ROSTER_TLS_MAX, err);
	st = bulla_field_take(f, "tls", &v, err);
	if (st != BULLA_OK)
		return st;
	c = v;
	if (!word(&c, &w) || !bulla_hex_decode(&w, t->spki, sizeof(t->spki)) ||
	    !when(&c, false, &t->from) || !when(&c, true, &t->until))
		return bulla_field_bad(f, "tls", &v, "is not a sha256 and two "
		    "times", err);
	if (t->from > t->until)
		return bulla_field_bad(f, "tls", &v, "ends before it begins",
		    err);
	for (size_t i = 0; i < r->n_tls; i++) {
		if (memcmp(t->spki, r->tls[i].spki, sizeof(t->spki)) == 0)
			return bulla_field_bad(f, "tls", &v, "stands there "
			    "twice", err);
	}
	r->n_tls++;
	return BULLA_OK;
}

enum bulla_status
roster_take_lift(struct bulla_fields *f, struct bulla_roster *r,
    struct bulla_err *err)
{
	uint8_t *lift = r->lift[r->n_lifts];
	enum bulla_status st;

	if (r->n_lifts == BULLA_ROSTER_LIFTS_MAX)
		return too_many("lift", BULLA_ROSTER_LIFTS_MAX, err);
	st = bulla_field_hex(f, "lift", lift, sizeof(r->lift[0]), err);
	if (st != BULLA_OK)
		return st;
	for (size_t i = 0; i < r->n_lifts; i++) {
		if (memcmp(lift, r->lift[i], sizeof(r->lift[0])) == 0)
			return bulla_fail(err, BULLA_E_FORMAT, "line %u: lift: "
			    "stands there twice", f->line - 1);
	}
	r->n_lifts++;
	return BULLA_OK;
}
