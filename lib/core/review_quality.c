#include <string.h>

#include "bulla/request.h"
#include "core/review_int.h"

/* The quality of requests and of replies. */
const char *const review_replies[] = { "full", "partial", "refused",
    "accepted", "preserved", "postponed", "conditional", "transferred",
    NULL };

static bool
is(const struct bulla_event *e, const char *kind)
{
	return strcmp(e->kind, kind) == 0;
}

/* Does what answered a call say nothing about the request itself? */
static bool
is_of_call(const struct bulla_thread *t, const struct bulla_event *e)
{
	for (size_t k = 0; k < t->n_calls; k++) {
		if (strcmp(t->event[t->call[k].event].id, e->ref) == 0)
			return true;
	}
	return false;
}

static enum bulla_status
ground(struct review_work *w, size_t i, size_t k, struct bulla_err *err)
{
	const struct bulla_event *e = &w->r->threads.v[i].event[k];
	struct bulla_reqdoc d = { 0 };
	struct bulla_err why = { 0 };
	enum bulla_status st = bulla_request_document(w->from->home, e->id,
	    w->from->ids, &d, &why);
	unsigned g = 0;

	if (st == BULLA_E_IO || st == BULLA_E_NOMEM)
		return bulla_fail(err, st, "%s", why.msg);
	for (; bulla_refusal_grounds[g] != NULL; g++) {
		if (st == BULLA_OK && d.kind == BULLA_REQDOC_REPLY &&
		    bulla_reqdoc_is(&d, "ground", bulla_refusal_grounds[g]))
			break;
	}
	bulla_reqdoc_free(&d);
	if (bulla_refusal_grounds[g] == NULL)
		review_remark(w, BULLA_REMARK_UNREAD, e->id,
		    "on what ground it refuses is not known here");
	review_sample(w, i, k, (enum measure)(M_GROUND + g), 1);
	return BULLA_OK;
}

static enum bulla_status
reply(struct review_work *w, size_t i, size_t k, struct bulla_err *err)
{
	const struct bulla_event *e = &w->r->threads.v[i].event[k];

	for (unsigned n = 0; review_replies[n] != NULL; n++) {
		if (is(e, review_replies[n]))
			review_sample(w, i, k, (enum measure)(M_REPLY + n),
			    1);
	}
	if (is(e, "clarification"))
		review_sample(w, i, k, M_ROUNDS, 1);
	return is(e, "refused") ? ground(w, i, k, err) : BULLA_OK;
}

/* Requests that came to an end say whether they were complete. */
static void
ended(struct review_work *w, size_t i)
{
	const struct bulla_thread *t = &w->r->threads.v[i];
	int64_t settled = w->r->settled[i];
	bool asked = false, withdrawn = false;

	if (!review_in(w->r, settled))
		return;
	for (size_t k = 1; k < t->n_events; k++) {
		const struct bulla_event *e = &t->event[k];

		if (e->fault != BULLA_EVENT_GOOD || is_of_call(t, e))
			continue;
		asked = asked || (e->by != t->asker && e->received <=
		    settled && is(e, "clarification"));
		withdrawn = withdrawn || (e->received == settled &&
		    is(e, "withdrawn"));
	}
	review_sample(w, i, 0, asked ? M_ASKED : M_COMPLETE, 1);
	if (!withdrawn)
		review_sample(w, i, 0, t->has_result ? M_RESULT :
		    M_NO_RESULT, 1);
}

enum bulla_status
review_quality(struct review_work *w, size_t i, struct bulla_err *err)
{
	const struct bulla_thread *t = &w->r->threads.v[i];
	enum bulla_status st = BULLA_OK;

	if (t->start == 0)
		return BULLA_OK;
	for (size_t k = 1; k < t->n_events && st == BULLA_OK; k++) {
		const struct bulla_event *e = &t->event[k];

		if (e->fault != BULLA_EVENT_GOOD || is_of_call(t, e) ||
		    !review_in(w->r, e->received))
			continue;
		if (e->by != t->asker)
			st = reply(w, i, k, err);
		else if (is(e, "withdrawn"))
			review_sample(w, i, k, M_WITHDRAWN, 1);
	}
	ended(w, i);
	return st;
}
