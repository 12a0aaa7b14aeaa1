#include <string.h>

#include "core/chain_int.h"

/*
 * Who signed a note, and might. Each line counts for itself, at the time that
 * is proved for the note with all lines up to that one: another line below,
 * which anybody with some key can add later, never takes from what was there.
 */

/* Which signature line, counted from 0, this key's is. */
static unsigned
line_of(const struct bulla_note *n, const struct bulla_vkey *key)
{
	for (unsigned i = 0; i < n->n_sigs; i++) {
		if (bulla_cur_is(&n->sig[i].name, key->name) &&
		    memcmp(n->sig[i].id, key->id, sizeof(key->id)) == 0)
			return i;
	}
	return n->n_sigs - 1;
}

/*
 * The time at which each verified line is judged: bulla_chain_proven for all
 * of them, with one question for each line.
 */
static void
times_of(const struct chain_check *k, const struct bulla_link *l,
    int64_t at[BULLA_NOTE_SIGS_MAX])
{
	struct bulla_cur bytes = bulla_buf_view(&l->bytes), part = bytes;
	int64_t line[BULLA_NOTE_SIGS_MAX] = { 0 }, first = 0;
	struct bulla_note n;

	if (bulla_note_parse(&bytes, &n, NULL) != BULLA_OK)
		n.n_sigs = 0;
	for (unsigned i = n.n_sigs; i-- > 0;) {
		const struct bulla_cur *end = &n.sig[i].b64;
		int64_t t;

		part.len = (size_t)(end->p - bytes.p) + end->len + 1;
		t = k->proven != NULL ? k->proven(k->ctx, &part) : 0;
		if (t > 0 && (first == 0 || t < first))
			first = t;
		line[i] = first > 0 ? first : k->now;
	}
	for (unsigned i = 0; i < l->v.n_by; i++)
		at[i] = n.n_sigs > 0 ? line[line_of(&n, l->v.by[i])] :
		    k->now;
}

void
chain_good_lines(const struct bulla_trust *t, enum bulla_side side,
    const struct bulla_verified *v, const struct chain_judged *j,
    struct bulla_verified *good, struct bulla_err *err)
{
	struct bulla_err why = { 0 }, first = { 0 };

	*good = *v;
	good->n_by = 0;
	for (unsigned i = 0; i < v->n_by; i++) {
		if (!(bulla_trust_side_of(t, v->by[i]) & (unsigned)side))
			continue;
		if (bulla_trust_judge(t, side, v->by[i], j->roles,
		    j->at != NULL ? j->at[i] : j->now, &why) == BULLA_OK)
			good->by[good->n_by++] = v->by[i];
		else if (first.st == BULLA_OK)
			first = why;
	}
	if (err != NULL && first.st != BULLA_OK)
		*err = first;
}

/* Different persons among them: a machine is nobody. */
static unsigned
count_persons(const struct bulla_trust *t, enum bulla_side side,
    const struct bulla_verified *v)
{
	const struct bulla_roster *r = bulla_trust_roster(t, side, NULL);
	const struct bulla_cur *seen[BULLA_NOTE_SIGS_MAX];
	unsigned n = 0, j;

	for (unsigned i = 0; r != NULL && i < v->n_by; i++) {
		const struct bulla_roster_key *k = bulla_roster_find(r,
		    v->by[i]);

		if (k == NULL || k->person.len == 0)
			continue;
		for (j = 0; j < n && !bulla_cur_same(seen[j], &k->person); )
			j++;
		if (j == n)
			seen[n++] = &k->person;
	}
	return n;
}

enum bulla_status
chain_enough(const struct bulla_trust *t, enum bulla_side side,
    const struct bulla_verified *v, const struct chain_judged *j,
    struct bulla_err *err)
{
	struct bulla_err why = { 0 };
	struct bulla_verified good;
	unsigned n;

	chain_good_lines(t, side, v, j, &good, &why);
	n = good.n_by;
	if (n > 0 && j->persons > 1)
		n = count_persons(t, side, &good);
	if (n >= j->persons)
		return BULLA_OK;
	if (why.st != BULLA_OK)
		return bulla_fail(err, why.st, "%s", why.msg);
	if (good.n_by == 0)
		return bulla_fail(err, BULLA_E_NOKEY, "nobody known signed");
	return bulla_fail(err, BULLA_E_REFUSED, "signed by %u different "
	    "persons, and this takes %u", n, j->persons);
}

static bool
is_of_side(const struct chain_check *k, int s, const struct bulla_link *l)
{
	for (unsigned i = 0; i < l->v.n_by; i++) {
		if (bulla_trust_side_of(k->trust, l->v.by[i]) &
		    (unsigned)chain_side(s))
			return true;
	}
	return false;
}

static void
check_own(struct chain_check *k, int s, const struct bulla_link *l)
{
	int64_t at[BULLA_NOTE_SIGS_MAX];
	const struct chain_judged j = { .persons = bulla_chain_persons(&l->c),
		.roles = bulla_roles_of_event(&l->c.event), .at = at };
	struct bulla_err err = { 0 };

	times_of(k, l, at);
	if (!is_of_side(k, s, l))
		chain_finding(k, s, l, "carries no signature of %.*s",
		    (int)k->agency[s].len, (const char *)k->agency[s].p);
	else if (chain_enough(k->trust, chain_side(s), &l->v, &j, &err) !=
	    BULLA_OK)
		chain_finding(k, s, l, "%s", err.msg);
}

static void
check_verdict(struct chain_check *k, int s, const struct bulla_link *l)
{
	if (l->verdict == BULLA_OK)
		check_own(k, s, l);
	else if (l->verdict == BULLA_E_MISMATCH)
		chain_finding(k, s, l, "a signature does not verify: the text "
		    "was changed, or another key signed it");
	else
		chain_finding(k, s, l, "is signed by nobody whose key is in a "
		    "roster");
}

void
chain_check_signers(struct chain_check *k, int s)
{
	const struct bulla_chain *c = k->chain[s];

	for (size_t i = 0; i < c->n; i++)
		check_verdict(k, s, &c->v[i]);
	for (size_t i = 0; i < c->n_apart; i++)
		check_verdict(k, s, &c->apart[i]);
}

unsigned
chain_count_good(const struct chain_check *k, int s,
    const struct bulla_link *l, unsigned roles)
{
	int64_t at[BULLA_NOTE_SIGS_MAX];
	const struct chain_judged j = { .roles = roles, .at = at };
	struct bulla_verified good;

	times_of(k, l, at);
	chain_good_lines(k->trust, chain_side(s), &l->v, &j, &good, NULL);
	return good.n_by;
}
