#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/agreement_int.h"
#include "core/kept.h"

void
agreement_kept_free(struct bulla_agreement_kept *k)
{
	free(k->a);
	k->a = NULL;
	bulla_buf_free(&k->note);
}

void
bulla_agreements_free(struct bulla_agreements *l)
{
	for (size_t i = 0; i < l->n; i++)
		agreement_kept_free(&l->v[i]);
	free(l->v);
	*l = (struct bulla_agreements){ 0 };
}

/*
 * One side's leads: somebody who may must have signed. BULLA_E_NOMATCH: one
 * did who may not (any more), which the other side can bring about later.
 */
static enum bulla_status
side_signed(const struct bulla_verified *v, const struct bulla_trust *t,
    enum bulla_side side, int64_t at, struct bulla_err *err)
{
	const struct bulla_roster *r = bulla_trust_roster(t, side,
	    (uint8_t[BULLA_SHA256_LEN]){ 0 });
	struct bulla_err why = { 0 };
	bool any = false;

	if (r == NULL)
		return bulla_fail(err, BULLA_E_NOKEY, "an agreement needs the "
		    "rosters of both sides (bulla-trust)");
	for (unsigned i = 0; i < v->n_by; i++) {
		if (bulla_trust_side_of(t, v->by[i]) != (unsigned)side)
			continue;
		any = true;
		if (bulla_trust_judge(t, side, v->by[i], BULLA_ROLE_LEAD, at,
		    &why) == BULLA_OK)
			return BULLA_OK;
	}
	return any ? bulla_fail(err, BULLA_E_NOMATCH, "the lead of %.*s: %s",
	    (int)r->side.len, (const char *)r->side.p, why.msg) :
	    bulla_fail(err, BULLA_E_REFUSED, "not signed by a lead of %.*s: an "
	    "agreement takes the leads of both sides", (int)r->side.len,
	    (const char *)r->side.p);
}

static enum bulla_status
check_sides(const struct bulla_agreement *a, const struct bulla_trust *t,
    struct bulla_err *err)
{
	static const enum bulla_side sides[] = { BULLA_OURS, BULLA_THEIRS };
	uint8_t digest[BULLA_SHA256_LEN];

	for (size_t i = 0; i < 2; i++) {
		const struct bulla_roster *r = bulla_trust_roster(t, sides[i],
		    digest);

		if (r != NULL && bulla_agreement_side(a, &r->side) < 0)
			return bulla_fail(err, BULLA_E_REFUSED, "an agreement "
			    "of others: %.*s is no side of it",
			    (int)r->side.len, (const char *)r->side.p);
	}
	return BULLA_OK;
}

/* In the order of their names: both sides tell the same reason first. */
static void
sides_by_name(const struct bulla_trust *t, enum bulla_side out[2])
{
	uint8_t digest[BULLA_SHA256_LEN];
	const struct bulla_roster *ours, *theirs;

	ours = bulla_trust_roster(t, BULLA_OURS, digest);
	theirs = bulla_trust_roster(t, BULLA_THEIRS, digest);
	out[0] = ours != NULL && theirs != NULL && bulla_cur_cmp(
	    &theirs->side, &ours->side) < 0 ? BULLA_THEIRS : BULLA_OURS;
	out[1] = out[0] == BULLA_OURS ? BULLA_THEIRS : BULLA_OURS;
}

enum bulla_status
agreement_check(const struct bulla_cur *note, const struct bulla_agreement *a,
    const struct bulla_trust *t, int64_t now, struct bulla_err *err)
{
	enum bulla_side sides[2];
	struct bulla_vkeys leads = { 0 };
	struct bulla_verified v = { 0 };
	enum bulla_status st = check_sides(a, t, err);

	if (st == BULLA_OK)
		st = bulla_trust_keys(t, BULLA_BOTH, BULLA_ROLE_LEAD, &leads,
		    err);
	if (st == BULLA_OK)
		st = bulla_note_verify(note, &leads, &v, err);
	/* Nobody at all has signed: that is told by side, too. */
	if (st == BULLA_E_NOKEY) {
		v.n_by = 0;
		st = BULLA_OK;
	}
	sides_by_name(t, sides);
	for (size_t i = 0; i < 2 && st == BULLA_OK; i++) {
		st = side_signed(&v, t, sides[i], a->from, err);
		if (st == BULLA_OK && now != 0)
			st = side_signed(&v, t, sides[i], now, err);
	}
	bulla_vkeys_free(&leads);
	return st;
}

/* k->note becomes k->a. */
enum bulla_status
agreement_parse_kept(struct bulla_agreement_kept *k, struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(&k->note);
	struct bulla_agreement *a;
	struct bulla_note n;
	enum bulla_status st = bulla_note_parse(&bytes, &n, err);

	if (st != BULLA_OK)
		return st;
	a = malloc(sizeof(*a));
	if (a == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	st = bulla_agreement_parse(&n.text, a, err);
	if (st != BULLA_OK) {
		free(a);
		return st;
	}
	bulla_sha256(n.text.p, n.text.len, k->digest);
	k->a = a;
	return BULLA_OK;
}

enum bulla_status
agreement_refused(enum bulla_status st, struct bulla_err *err)
{
	if (st != BULLA_E_NOMATCH)
		return st;
	if (err != NULL)
		err->st = BULLA_E_REFUSED;
	return BULLA_E_REFUSED;
}

enum bulla_status
bulla_agreement_check(const struct bulla_cur *note,
    const struct bulla_trust *t, int64_t now, struct bulla_err *err)
{
	struct bulla_agreement_kept k = {
	    .note = BULLA_BUF_INIT(BULLA_NOTE_MAX) };
	enum bulla_status st;

	bulla_buf_cur(&k.note, note);
	st = bulla_buf_status(&k.note);
	if (st != BULLA_OK)
		st = bulla_fail(err, st, "longer than a note, or no memory");
	if (st == BULLA_OK)
		st = agreement_parse_kept(&k, err);
	if (st == BULLA_OK)
		st = agreement_refused(agreement_check(note, k.a, t, now,
		    err), err);
	agreement_kept_free(&k);
	return st;
}

enum bulla_status
agreement_follows(const struct bulla_agreements *l,
    const struct bulla_agreement *a, struct bulla_err *err)
{
	const struct bulla_agreement_kept *last = l->n > 0 ? &l->v[l->n - 1] :
	    NULL;

	if (a->version != l->n + 1)
		return bulla_fail(err, BULLA_E_REFUSED, "version %" PRIu64
		    " where version %zu must come", a->version, l->n + 1);
	if (last == NULL)
		return BULLA_OK;
	if (memcmp(a->previous, last->digest, sizeof(a->previous)) != 0)
		return bulla_fail(err, BULLA_E_MISMATCH, "names another "
		    "version %zu as its previous than the one here", l->n);
	if (a->from <= last->a->from)
		return bulla_fail(err, BULLA_E_REFUSED, "in force from no "
		    "later a time than version %zu", l->n);
	return BULLA_OK;
}

void
agreement_unused(struct bulla_agreement_unused *u,
    const struct bulla_agreement_kept *k, const char *why)
{
	u->version = k->a->version;
	u->from = k->a->from;
	memcpy(u->digest, k->digest, sizeof(u->digest));
	(void)snprintf(u->why, sizeof(u->why), "%s", why);
}

static enum bulla_status
add(struct bulla_agreements *l, const char *home, const char *name,
    const struct bulla_trust *t, struct bulla_err *err)
{
	struct bulla_agreement_kept k = {
	    .note = BULLA_BUF_INIT(BULLA_NOTE_MAX) };
	struct bulla_agreement_kept *v;
	struct bulla_cur c;
	char rel[300];
	enum bulla_status st;

	(void)snprintf(rel, sizeof(rel), "agreement/%s", name);
	v = reallocarray(l->v, l->n + 1, sizeof(*v));
	if (v == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	l->v = v;
	st = kept_file(home, rel, &k.note, err);
	c = bulla_buf_view(&k.note);
	if (st == BULLA_OK)
		st = agreement_parse_kept(&k, err);
	if (st == BULLA_OK)
		st = agreement_follows(l, k.a, err);
	if (st == BULLA_OK)
		st = agreement_check(&c, k.a, t, 0, err);
	if (st == BULLA_OK) {
		l->v[l->n++] = k;
		return BULLA_OK;
	}
	if (st == BULLA_E_NOMATCH)
		agreement_unused(&l->lapse, &k, err->msg);
	agreement_kept_free(&k);
	bulla_wrap(err, st, "%s", rel);
	if (st != BULLA_E_NOMATCH)
		return agreement_refused(st, err);
	memcpy(l->lapsed, err->msg, sizeof(l->lapsed));
	*err = (struct bulla_err){ 0 };
	return BULLA_OK;
}

/* "000001.note" and so on, without a gap. */
static bool
is_version(const char *name)
{
	struct bulla_cur c = bulla_cur_str(name);

	return c.len == 11 && strcmp(name + 6, ".note") == 0;
}

enum bulla_status
bulla_agreements_load(const char *home, const struct bulla_trust *t,
    struct bulla_agreements *out, struct bulla_err *err)
{
	struct bulla_agreements l = { 0 };
	struct bulla_err scratch = { 0 };
	struct kept_names names = { 0 };
	char want[32];
	enum bulla_status st;

	if (err == NULL)
		err = &scratch;
	st = kept_names(home, "agreement", &names, err);
	for (size_t i = 0; i < names.n && st == BULLA_OK &&
	    l.lapsed[0] == '\0'; i++) {
		if (!is_version(names.v[i]))
			continue;
		(void)snprintf(want, sizeof(want), "%06zu.note", l.n + 1);
		if (strcmp(names.v[i], want) != 0)
			st = bulla_fail(err, BULLA_E_REFUSED, "agreement/%s "
			    "is missing", want);
		else
			st = add(&l, home, names.v[i], t, err);
	}
	for (size_t i = 0; i < names.n && st == BULLA_OK; i++) {
		if (strcmp(names.v[i], "proposed.note") == 0)
			st = agreement_load_proposal(home, t, &l, err);
	}
	kept_names_free(&names);
	if (st == BULLA_OK)
		*out = l;
	else
		bulla_agreements_free(&l);
	return st;
}

const struct bulla_agreement_kept *
bulla_agreements_at(const struct bulla_agreements *l, int64_t at)
{
	for (size_t i = l->n; i-- > 0;) {
		if (l->v[i].a->from <= at)
			return &l->v[i];
	}
	return NULL;
}
