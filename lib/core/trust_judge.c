#include <string.h>

#include "bulla/text.h"
#include "bulla/when.h"

#include "core/trust_int.h"

#define WHEN_TEXT (BULLA_WHEN_LEN + 1)
#define SHOWN 96u	/* bytes of a reason that a message quotes */

static const enum bulla_side both[] = { BULLA_OURS, BULLA_THEIRS };

static bool
stands_in(const struct bulla_roster *r, const struct bulla_vkey *key)
{
	for (size_t i = 0; i < r->n_roots; i++) {
		if (bulla_vkey_same_key(&r->root[i].key, key))
			return true;
	}
	for (size_t i = 0; i < r->n_keys; i++) {
		if (bulla_vkey_same_key(&r->key[i].key, key))
			return true;
	}
	return false;
}

unsigned
bulla_trust_side_of(const struct bulla_trust *t, const struct bulla_vkey *key)
{
	for (size_t i = 0; i < 2; i++) {
		const struct bulla_roster *r = trust_side(t, both[i])->r;

		if (r != NULL && stands_in(r, key))
			return both[i];
	}
	return 0;
}

static enum bulla_status
add_keys(const struct bulla_roster *r, unsigned roles,
    struct bulla_vkeys *out, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; st == BULLA_OK && i < r->n_roots; i++) {
		if (roles & BULLA_ROLE_ROOT)
			st = bulla_vkeys_add(out, &r->root[i].key, err);
	}
	for (size_t i = 0; st == BULLA_OK && i < r->n_keys; i++) {
		if (roles & r->key[i].role)
			st = bulla_vkeys_add(out, &r->key[i].key, err);
	}
	return st;
}

enum bulla_status
bulla_trust_keys(const struct bulla_trust *t, enum bulla_side side,
    unsigned roles, struct bulla_vkeys *out, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; st == BULLA_OK && i < 2; i++) {
		const struct bulla_roster *r = trust_side(t, both[i])->r;

		if ((side & both[i]) && r != NULL)
			st = add_keys(r, roles, out, err);
	}
	return st;
}

/* "sealer" or "receiver or custodian" */
static void
roles_text(struct bulla_buf *b, unsigned roles)
{
	const char *sep = "";

	for (unsigned bit = 1; bit <= BULLA_ROLE_ROOT; bit <<= 1) {
		const char *name = bulla_role_name((enum bulla_role)bit);

		if (!(roles & bit) || name == NULL)
			continue;
		bulla_buf_fmt(b, "%s%s", sep, name);
		sep = " or ";
	}
}

static enum bulla_status
wrong_role(const char *name, enum bulla_role is, unsigned roles,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(256);
	const char *want;

	roles_text(&b, roles);
	want = bulla_buf_cstr(&b);
	(void)bulla_fail(err, BULLA_E_REFUSED, "%s is a %s key, and this "
	    "takes a %s", name, bulla_role_name(is), want != NULL ? want :
	    "different one");
	bulla_buf_free(&b);
	return BULLA_E_REFUSED;
}

static enum bulla_status
check_window(const struct bulla_roster_key *k, int64_t until, unsigned roles,
    int64_t at, struct bulla_err *err)
{
	char now[WHEN_TEXT], edge[WHEN_TEXT];

	bulla_when_text(at, now);
	if (until == TRUST_NOT_YET)
		return bulla_fail(err, BULLA_E_REFUSED, "%s stood in no "
		    "roster yet that was in force here; this is judged as of "
		    "%s", k->key.name, now);
	if (at < k->from) {
		bulla_when_text(k->from, edge);
		return bulla_fail(err, BULLA_E_REFUSED, "%s may sign only "
		    "from %s on; this is judged as of %s", k->key.name, edge,
		    now);
	}
	if (at >= until) {
		bulla_when_text(until, edge);
		return bulla_fail(err, BULLA_E_REFUSED, "%s could sign only "
		    "until %s; this is judged as of %s%s", k->key.name, edge,
		    now, roles == BULLA_ROLE_SEALER ? ": seal it again, with "
		    "a key that is in force" : "");
	}
	return BULLA_OK;
}

static enum bulla_status
check_stops(const struct bulla_trust *t, const struct bulla_vkey *key,
    int64_t at, struct bulla_err *err)
{
	char since[WHEN_TEXT], shown[SHOWN];

	for (size_t i = 0; i < t->n_stops; i++) {
		const struct bulla_suspend *s = &t->stop[i].s;

		if (t->stop[i].lifted || at < t->stop[i].since ||
		    !bulla_vkey_same_key(&s->key, key))
			continue;
		bulla_when_text(t->stop[i].since, since);
		return bulla_fail(err, BULLA_E_REFUSED, "%s is suspended "
		    "since %s: %s", key->name, since,
		    bulla_text_show(shown, sizeof(shown), &s->reason));
	}
	return BULLA_OK;
}

static enum bulla_status
judge_in(const struct bulla_trust *t, const struct trust_roster *in,
    const struct bulla_vkey *key, unsigned roles, int64_t at,
    struct bulla_err *err)
{
	const struct trust_version *v = trust_version_at(in, at);
	const struct bulla_roster *r = in->r;
	const struct bulla_roster_key *k = bulla_roster_find(r, key);
	enum bulla_role is = k != NULL ? k->role : BULLA_ROLE_ROOT;
	char ends[WHEN_TEXT], now[WHEN_TEXT];
	enum bulla_status st;

	if (!(roles & is))
		return wrong_role(key->name, is, roles, err);
	if (at >= v->expires) {
		bulla_when_text(v->expires, ends);
		bulla_when_text(at, now);
		return bulla_fail(err, BULLA_E_REFUSED, "the roster of %.*s "
		    "expired at %s; this is judged as of %s",
		    (int)r->side.len, (const char *)r->side.p, ends, now);
	}
	if (k == NULL)
		return BULLA_OK;
	st = check_window(k, v->until[k - r->key], roles, at, err);
	return st == BULLA_OK ? check_stops(t, key, at, err) : st;
}

/* The roster that this very key stands in; NULL: none of that side. */
static const struct trust_roster *
roster_of(const struct bulla_trust *t, enum bulla_side side,
    const struct bulla_vkey *key)
{
	for (size_t i = 0; i < 2; i++) {
		const struct trust_roster *in = trust_side(t, both[i]);

		if ((side & both[i]) && in->r != NULL &&
		    (bulla_roster_find(in->r, key) != NULL ||
		    bulla_roster_find_root(in->r, key) != NULL))
			return in;
	}
	return NULL;
}

enum bulla_status
bulla_trust_judge(const struct bulla_trust *t, enum bulla_side side,
    const struct bulla_vkey *key, unsigned roles, int64_t at,
    struct bulla_err *err)
{
	const struct trust_roster *in = roster_of(t, side, key);

	BULLA_CHECK(at >= 0 && at <= BULLA_WHEN_MAX);
	if (in == NULL)
		return bulla_fail(err, BULLA_E_NOKEY, "%s stands in no roster "
		    "of that side", key->name);
	return judge_in(t, in, key, roles, at, err);
}

static const struct bulla_cur *
person_of(const struct bulla_roster *r, const struct bulla_vkey *key)
{
	const struct bulla_roster_key *k = bulla_roster_find(r, key);
	const struct bulla_roster_root *root = bulla_roster_find_root(r, key);

	return k != NULL ? &k->person : root != NULL ? &root->person : NULL;
}

enum bulla_status
bulla_trust_judge_note(const struct bulla_trust *t, enum bulla_side side,
    const struct bulla_verified *v, unsigned roles, int64_t at,
    unsigned persons, struct bulla_err *err)
{
	const struct bulla_cur *seen[BULLA_NOTE_SIGS_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < v->n_by; i++) {
		const struct trust_roster *in = roster_of(t, side, v->by[i]);
		const struct bulla_cur *person;
		unsigned j = 0;
		enum bulla_status st;

		st = bulla_trust_judge(t, side, v->by[i], roles, at, err);
		if (st != BULLA_OK)
			return st;
		person = in != NULL ? person_of(in->r, v->by[i]) : NULL;
		if (person == NULL || person->len == 0)
			continue;	/* a machine is nobody */
		while (j < n && !bulla_cur_same(seen[j], person))
			j++;
		if (j == n)
			seen[n++] = person;
	}
	if (v->n_by == 0)
		return bulla_fail(err, BULLA_E_NOKEY, "nobody known signed");
	/* One signature is enough for one, be it a machine's */
	if (persons > 1 && n < persons)
		return bulla_fail(err, BULLA_E_REFUSED, "signed by %u "
		    "different persons, and this takes %u", n, persons);
	return BULLA_OK;
}

static void
names_of(struct bulla_buf *b, const struct bulla_roster *r)
{
	for (size_t i = 0; r != NULL && i < r->n_ages; i++) {
		bulla_buf_str(b, b->len > 0 ? ", " : "");
		bulla_buf_cur(b, &r->age[i].name);
	}
}

static enum bulla_status
no_such_age(const struct bulla_trust *t, const char *name,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 16);
	char shown[SHOWN];
	const char *list;

	names_of(&b, t->theirs.r);
	names_of(&b, t->ours.r);
	list = bulla_buf_cstr(&b);
	(void)bulla_fail(err, BULLA_E_NOMATCH, "\"%s\" names no recipient in "
	    "the rosters; there are: %s",
	    bulla_text_show_str(shown, sizeof(shown), name),
	    list != NULL && list[0] != '\0' ? list : "none");
	bulla_buf_free(&b);
	return BULLA_E_NOMATCH;
}

enum bulla_status
bulla_trust_age(const struct bulla_trust *t, const char *name,
    struct bulla_cur *out, struct bulla_err *err)
{
	for (size_t i = 0; i < 2; i++) {
		const struct bulla_roster *r = trust_side(t, both[1 - i])->r;

		for (size_t k = 0; r != NULL && k < r->n_ages; k++) {
			if (!bulla_cur_is(&r->age[k].name, name))
				continue;
			*out = r->age[k].recipient;
			return BULLA_OK;
		}
	}
	return no_such_age(t, name, err);
}
