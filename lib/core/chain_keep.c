#include <stdio.h>
#include <unistd.h>

#include "core/chain_int.h"

static enum bulla_status
keep_more(const struct chain_pair *p, enum bulla_side side,
    const struct bulla_link *kept, const struct bulla_note *n,
    const struct bulla_verified *v, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	enum bulla_status st = chain_merge_lines(kept, n, v, &b, err);

	if (st == BULLA_OK && b.len != kept->bytes.len)
		st = chain_put_lines(p, side, kept, &b, err);
	bulla_buf_free(&b);
	return st;
}

/* Is the place taken in their chain? By another text: it was looked for. */
static const struct bulla_link *
in_place(const struct bulla_link *v, size_t n, const struct bulla_link *l)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i].c.has_seal && v[i].c.sequence == l->c.sequence)
			return &v[i];
	}
	return NULL;
}

/* What comes from outside must not fill the disk, nor any reader's memory. */
static enum bulla_status
check_room(const struct bulla_chain *theirs, const struct bulla_link *l,
    struct bulla_err *err)
{
	size_t loose = 0;

	for (size_t i = 0; i < theirs->n_apart; i++)
		loose += !theirs->apart[i].c.has_seal;
	if (l->c.has_seal && theirs->n >= BULLA_CHAIN_THEIRS_MAX)
		return bulla_fail(err, BULLA_E_REFUSED, "there are %u notes "
		    "of theirs on this package: no more are taken",
		    BULLA_CHAIN_THEIRS_MAX);
	if (!l->c.has_seal && loose >= BULLA_CHAIN_LOOSE_MAX)
		return bulla_fail(err, BULLA_E_REFUSED, "there are %u rejects "
		    "of this package without a seal: no more are taken",
		    BULLA_CHAIN_LOOSE_MAX);
	return BULLA_OK;
}

static enum bulla_status
keep_new(const struct chain_pair *p, const struct bulla_link *l,
    struct bulla_err *err)
{
	char name[CHAIN_NAME_MAX];
	enum bulla_status st = check_room(&p->theirs, l, err);

	if (st != BULLA_OK)
		return st;
	chain_name(name, &l->c, ".note");
	if (!l->c.has_seal)
		chain_loose_name(name, l);
	if (!l->c.has_seal || in_place(p->theirs.v, p->theirs.n, l) == NULL)
		return chain_put_new(p, BULLA_THEIRS, name, &l->bytes, err);
	chain_name(name, &l->c, ".conflict.note");
	if (in_place(p->theirs.apart, p->theirs.n_apart, l) == NULL) {
		st = chain_put_new(p, BULLA_THEIRS, name, &l->bytes, err);
		if (st != BULLA_OK)
			return st;
	}
	return bulla_fail(err, BULLA_E_REFUSED, "another note %u of %.*s is "
	    "kept already: whoever signed both has changed the past; both "
	    "are kept (%s)", (unsigned)l->c.sequence, (int)l->c.actor.len,
	    (const char *)l->c.actor.p, name + 1);
}

/* The lines of a verified note that may be added to a kept one. */
static struct bulla_verified
worth_adding(const struct bulla_trust *t, const struct bulla_link *l,
    const struct chain_judged *j)
{
	struct bulla_verified good;

	chain_good_lines(t, BULLA_THEIRS, &l->v, j, &good, NULL);
	for (unsigned i = 0; i < l->v.n_by; i++) {
		if (!(bulla_trust_side_of(t, l->v.by[i]) & BULLA_THEIRS))
			good.by[good.n_by++] = l->v.by[i];
	}
	return good;
}

/* Whose signatures are needed depends on whose note it is. */
static enum bulla_status
judge(const struct bulla_link *l, const struct bulla_trust *t,
    const struct chain_judged *j, bool is_ours, struct bulla_err *err)
{
	struct bulla_cur actor = bulla_keyname_agency(&l->c.actor), name;
	const struct bulla_vkey *by = NULL;

	for (unsigned i = 0; i < l->v.n_by && by == NULL; i++) {
		if (bulla_trust_side_of(t, l->v.by[i]) & BULLA_THEIRS)
			by = l->v.by[i];
	}
	if (by == NULL)
		return bulla_fail(err, BULLA_E_NOKEY, "the note carries no "
		    "signature of a key of theirs");
	name = bulla_cur_str(by->name);
	name = bulla_keyname_agency(&name);
	if (!is_ours && !bulla_cur_same(&name, &actor))
		return bulla_fail(err, BULLA_E_REFUSED, "signed by %s, where "
		    "%.*s acts", by->name, (int)actor.len,
		    (const char *)actor.p);
	return chain_enough(t, BULLA_THEIRS, &l->v, j, err);
}

static enum bulla_status
keep(struct chain_pair *p, const struct bulla_link *l,
    const struct bulla_trust *t, int64_t now, struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(&l->bytes);
	const struct bulla_link *ours = chain_find(&p->ours, l->digest);
	const struct bulla_link *theirs = chain_find(&p->theirs, l->digest);
	const struct chain_judged j = { .now = now,
		.roles = ours != NULL ? BULLA_ROLE_CUSTODIAN :
		    bulla_roles_of_event(&l->c.event),
		.persons = ours != NULL ? 1 : bulla_chain_persons(&l->c) };
	struct bulla_verified good = { 0 };
	enum bulla_status st = BULLA_OK;
	struct bulla_note n;

	/* What is kept was judged then: only lines can be new */
	if (t != NULL && theirs == NULL)
		st = judge(l, t, &j, ours != NULL, err);
	if (st == BULLA_OK)
		st = bulla_note_parse(&bytes, &n, err);
	if (st != BULLA_OK)
		return st;
	if (t != NULL)
		good = worth_adding(t, l, &j);
	if (ours != NULL)
		return keep_more(p, BULLA_OURS, ours, &n, t != NULL ? &good :
		    NULL, err);
	if (theirs != NULL)
		return keep_more(p, BULLA_THEIRS, theirs, &n, t != NULL ?
		    &good : NULL, err);
	return keep_new(p, l, err);
}

/* Verified before anything is made in the home, and cut down to that. */
static enum bulla_status
take(const struct bulla_cur *note, const struct bulla_trust *t,
    struct bulla_vkeys *keys, struct bulla_link *out, struct bulla_err *err)
{
	const unsigned any = BULLA_ROLE_LEAD | BULLA_ROLE_SEALER |
	    BULLA_ROLE_CUSTODIAN | BULLA_ROLE_RECEIVER | BULLA_ROLE_HOTLINE;
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	enum bulla_status st = BULLA_OK;
	struct bulla_cur bytes;

	if (t != NULL)
		st = bulla_trust_keys(t, BULLA_BOTH, any, keys, err);
	if (st == BULLA_OK && t != NULL) {
		st = bulla_note_trim(note, keys, &b, err);
	} else if (st == BULLA_OK) {
		bulla_buf_cur(&b, note);
		st = bulla_buf_status(&b);
		if (st != BULLA_OK)
			bulla_fail(err, st, "longer than a note can be");
	}
	if (st == BULLA_OK)
		st = chain_link_parse(&b, out, err);
	bytes = bulla_buf_view(&out->bytes);
	if (st == BULLA_OK && t != NULL)
		st = bulla_note_verify(&bytes, keys, &out->v, err);
	bulla_buf_free(&b);
	return st;
}

enum bulla_status
bulla_chain_keep(const char *home, const struct bulla_cur *note,
    const struct bulla_trust *trust, int64_t now, struct bulla_err *err)
{
	struct bulla_vkeys keys = { 0 };
	struct bulla_link l = { 0 };
	struct chain_pair p;
	enum bulla_status st;

	st = take(note, trust, &keys, &l, err);
	if (st == BULLA_OK)
		st = chain_pair_open(&p, home, l.c.id, true, err);
	if (st == BULLA_OK) {
		st = keep(&p, &l, trust, now, err);
		chain_pair_close(&p);
	}
	bulla_vkeys_free(&keys);
	chain_link_free(&l);
	return st;
}

/* Does it say that the package is on its way to us? */
static bool
is_announced(const struct bulla_link *l, const struct bulla_trust *t)
{
	const struct bulla_roster *ours = bulla_trust_roster(t, BULLA_OURS,
	    NULL);
	struct bulla_cur to;

	if (ours == NULL || !chain_is_out(l) ||
	    !bulla_custody_get(&l->c, "to", &to))
		return false;
	to = bulla_keyname_agency(&to);
	return bulla_cur_same(&to, &ours->side);
}

/* BULLA_E_NOMATCH: neither stored nor in any note of ours or theirs. */
static enum bulla_status
find_package(const char *home, const char *id, struct bulla_err *err)
{
	char path[CHAIN_PATH_MAX];
	struct chain_pair p;
	enum bulla_status st;
	int n = snprintf(path, sizeof(path), "%s/packages/%s.bulla", home,
	    id);

	if (n > 0 && (size_t)n < sizeof(path) && access(path, F_OK) == 0)
		return BULLA_OK;
	st = chain_pair_open(&p, home, id, false, err);
	if (st != BULLA_OK)
		return st;
	if (p.ours.n + p.ours.n_apart + p.theirs.n + p.theirs.n_apart == 0)
		st = bulla_fail(err, BULLA_E_NOMATCH, "no notes");
	chain_pair_close(&p);
	return st;
}

enum bulla_status
bulla_chain_take(const char *home, const struct bulla_cur *note,
    const struct bulla_trust *trust, int64_t now, struct bulla_err *err)
{
	struct bulla_vkeys keys = { 0 };
	struct bulla_link l = { 0 };
	enum bulla_status st;

	st = take(note, trust, &keys, &l, err);
	if (st == BULLA_OK && !is_announced(&l, trust))
		st = find_package(home, l.c.id, err);
	if (st == BULLA_E_NOMATCH)
		st = bulla_fail(err, BULLA_E_REFUSED, "package %s is not "
		    "known here: it was neither sealed, sent nor received, "
		    "and no relinquish note announces it", l.c.id);
	bulla_vkeys_free(&keys);
	chain_link_free(&l);
	return st == BULLA_OK ? bulla_chain_keep(home, note, trust, now,
	    err) : st;
}

enum bulla_status
bulla_chain_get(const char *home, const char *id, const uint8_t digest[32],
    struct bulla_buf *out, struct bulla_err *err)
{
	const struct bulla_link *l;
	struct chain_pair p;
	enum bulla_status st = chain_pair_open(&p, home, id, false, err);

	if (st != BULLA_OK)
		return st;
	l = chain_find(&p.theirs, digest);
	if (l == NULL)
		l = chain_find(&p.ours, digest);
	if (l == NULL) {
		st = bulla_fail(err, BULLA_E_NOMATCH, "no such note of "
		    "package %s", p.id);
	} else {
		bulla_buf_put(out, l->bytes.p, l->bytes.len);
		st = bulla_buf_status(out);
	}
	chain_pair_close(&p);
	return st;
}
