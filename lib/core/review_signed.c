#include "core/review_int.h"

/* Whose signatures the custody notes of a review carry. */

static bool
verify(const struct review_work *w, const uint8_t *p, size_t len,
    struct bulla_verified *out)
{
	struct bulla_cur bytes = bulla_cur_of(p, len);

	return bulla_note_verify(&bytes, &w->keys, out, NULL) == BULLA_OK;
}

bool
review_signed(const struct review_work *w, const struct review_note *n)
{
	const struct bulla_cur event = bulla_cur_str(n->event);
	const struct bulla_trust *t = w->from->home->trust;
	enum bulla_side side = n->by == w->r->threads.ours ? BULLA_OURS :
	    BULLA_THEIRS;
	struct bulla_verified v, of;

	if (!verify(w, n->bytes, n->len, &v))
		return false;
	of = v;
	of.n_by = 0;
	for (unsigned i = 0; i < v.n_by; i++) {
		if (bulla_trust_side_of(t, v.by[i]) == (unsigned)side)
			of.by[of.n_by++] = v.by[i];
	}
	return of.n_by > 0 && bulla_trust_judge_note(t, side, &of,
	    bulla_roles_of_event(&event), n->time, 1, NULL) == BULLA_OK;
}

bool
review_countersigned(const struct review_work *w, const struct review_note *n)
{
	bool more = n->signed_by_more != NULL;
	unsigned side = n->by == w->r->threads.ours ? BULLA_THEIRS :
	    BULLA_OURS;
	struct bulla_verified v;

	if (!verify(w, more ? n->signed_by_more : n->bytes, more ?
	    n->more_len : n->len, &v))
		return false;
	for (unsigned i = 0; i < v.n_by; i++) {
		if (bulla_trust_side_of(w->from->home->trust, v.by[i]) == side)
			return true;
	}
	return false;
}
