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

static enum bulla_status
keep_new(const struct chain_pair *p, const struct bulla_link *l,
    struct bulla_err *err)
{
	char name[CHAIN_NAME_MAX];
	enum bulla_status st;

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

/* Whose signatures are needed depends on whose note it is. */
static enum bulla_status
judge(const struct bulla_link *l, const struct bulla_trust *t, int64_t now,
    bool is_ours, struct bulla_err *err)
{
	const unsigned roles = is_ours ? BULLA_ROLE_CUSTODIAN :
	    bulla_roles_of_event(&l->c.event);
	struct bulla_cur actor = bulla_keyname_agency(&l->c.actor), name;
	struct bulla_verified by = l->v;

	by.n_by = 0;
	for (unsigned i = 0; i < l->v.n_by; i++) {
		if (bulla_trust_side_of(t, l->v.by[i]) & BULLA_THEIRS)
			by.by[by.n_by++] = l->v.by[i];
	}
	if (by.n_by == 0)
		return bulla_fail(err, BULLA_E_NOKEY, "the note carries no "
		    "signature of a key of theirs");
	name = bulla_cur_str(by.by[0]->name);
	name = bulla_keyname_agency(&name);
	if (!is_ours && !bulla_cur_same(&name, &actor))
		return bulla_fail(err, BULLA_E_REFUSED, "signed by %s, where "
		    "%.*s acts", by.by[0]->name, (int)actor.len,
		    (const char *)actor.p);
	return bulla_trust_judge_note(t, BULLA_THEIRS, &by, roles, now,
	    is_ours ? 1 : bulla_chain_persons(&l->c), err);
}

static enum bulla_status
keep(struct chain_pair *p, const struct bulla_link *l,
    const struct bulla_trust *t, int64_t now, struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(&l->bytes);
	const struct bulla_link *ours = chain_find(&p->ours, l->digest);
	const struct bulla_link *theirs = chain_find(&p->theirs, l->digest);
	const struct bulla_verified *v = t != NULL ? &l->v : NULL;
	enum bulla_status st = BULLA_OK;
	struct bulla_note n;

	if (t != NULL)
		st = judge(l, t, now, ours != NULL, err);
	if (st == BULLA_OK)
		st = bulla_note_parse(&bytes, &n, err);
	if (st != BULLA_OK)
		return st;
	if (ours != NULL)
		return keep_more(p, BULLA_OURS, ours, &n, v, err);
	if (theirs != NULL)
		return keep_more(p, BULLA_THEIRS, theirs, &n, v, err);
	return keep_new(p, l, err);
}

/* Before anything is made in the home. */
static enum bulla_status
verify(struct bulla_link *l, const struct bulla_trust *t,
    struct bulla_vkeys *keys, struct bulla_err *err)
{
	const unsigned any = BULLA_ROLE_LEAD | BULLA_ROLE_SEALER |
	    BULLA_ROLE_CUSTODIAN | BULLA_ROLE_RECEIVER | BULLA_ROLE_HOTLINE;
	struct bulla_cur bytes = bulla_buf_view(&l->bytes);
	enum bulla_status st;

	st = bulla_trust_keys(t, BULLA_BOTH, any, keys, err);
	return st == BULLA_OK ? bulla_note_verify(&bytes, keys, &l->v, err) :
	    st;
}

enum bulla_status
bulla_chain_keep(const char *home, const struct bulla_cur *note,
    const struct bulla_trust *trust, int64_t now, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_vkeys keys = { 0 };
	struct bulla_link l = { 0 };
	struct chain_pair p;
	enum bulla_status st;

	bulla_buf_cur(&b, note);
	st = bulla_buf_status(&b);
	if (st != BULLA_OK)
		bulla_fail(err, st, "longer than a note can be");
	else
		st = chain_link_parse(&b, &l, err);
	if (st == BULLA_OK && trust != NULL)
		st = verify(&l, trust, &keys, err);
	if (st == BULLA_OK)
		st = chain_pair_open(&p, home, l.c.id, true, err);
	if (st == BULLA_OK) {
		st = keep(&p, &l, trust, now, err);
		chain_pair_close(&p);
	}
	bulla_vkeys_free(&keys);
	chain_link_free(&l);
	bulla_buf_free(&b);
	return st;
}
