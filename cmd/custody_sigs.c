#include <string.h>

#include "custody.h"

const char *
custody_verdict_text(enum custody_verdict v)
{
	switch (v) {
	case CUSTODY_GOOD:
		return "good";
	case CUSTODY_UNCHECKED:
		return "not checked";
	case CUSTODY_UNKNOWN:
		return "UNKNOWN KEY";
	case CUSTODY_NO_RIGHT:
		return "NO RIGHT";
	case CUSTODY_INVALID:
		return "NOT VALID";
	}
	return "";
}

static const struct bulla_vkey *
verified_by(const struct bulla_link *l, const struct bulla_note_sig *s)
{
	for (unsigned i = 0; i < l->v.n_by; i++) {
		if (bulla_cur_is(&s->name, l->v.by[i]->name) &&
		    memcmp(s->id, l->v.by[i]->id, sizeof(s->id)) == 0)
			return l->v.by[i];
	}
	return NULL;
}

/* As bulla_chain_check does it, but for one line alone. */
static enum custody_verdict
judge(struct custody_cmd *k, const struct bulla_chain_step *s,
    const struct bulla_vkey *key, unsigned line, struct bulla_err *why)
{
	const struct bulla_trust *t = k->m.h.trust;
	int64_t at = bulla_chain_proven(s->l, line, custody_proven, k);
	bool own = (bulla_trust_side_of(t, key) & (unsigned)s->side) != 0;
	enum bulla_side side = own ? s->side :
	    s->side == BULLA_OURS ? BULLA_THEIRS : BULLA_OURS;
	enum bulla_status st;

	st = bulla_trust_judge(t, side, key, own ?
	    bulla_roles_of_event(&s->l->c.event) : BULLA_ROLE_CUSTODIAN,
	    at > 0 ? at : k->m.h.now, why);
	return st == BULLA_OK ? CUSTODY_GOOD : CUSTODY_NO_RIGHT;
}

static enum custody_verdict
verdict(struct custody_cmd *k, const struct bulla_chain_step *s,
    const struct bulla_note_sig *sig, unsigned line, struct bulla_err *why)
{
	const struct bulla_vkey *key;

	if (k->m.h.trust == NULL)
		return CUSTODY_UNCHECKED;
	if (s->l->verdict == BULLA_E_MISMATCH)
		return CUSTODY_INVALID;
	key = verified_by(s->l, sig);
	return key != NULL ? judge(k, s, key, line, why) : CUSTODY_UNKNOWN;
}

unsigned
custody_sigs(struct custody_cmd *k, const struct bulla_chain_step *s,
    struct custody_sig out[BULLA_NOTE_SIGS_MAX])
{
	struct bulla_cur bytes = bulla_buf_view(&s->l->bytes);
	struct bulla_note n;

	if (bulla_note_parse(&bytes, &n, NULL) != BULLA_OK)
		return 0;
	for (unsigned i = 0; i < n.n_sigs; i++) {
		out[i] = (struct custody_sig){ .name = n.sig[i].name };
		out[i].verdict = verdict(k, s, &n.sig[i], i + 1, &out[i].why);
	}
	return n.n_sigs;
}

int64_t
custody_time(struct custody_cmd *k, const struct bulla_chain_step *s)
{
	return bulla_chain_proven(s->l, bulla_chain_persons(&s->l->c),
	    custody_proven, k);
}
