#include <stdlib.h>
#include <string.h>

#include "core/thread_int.h"

/* What the events of a thread say, in the order in which they came. */

/* What was promised for this thread; NULL: nothing. */
static const struct bulla_class *
class_of(const struct bulla_threads *t, const struct bulla_thread *th,
    const struct bulla_agreement **a)
{
	const struct bulla_agreement_kept *k;
	struct bulla_cur name = bulla_cur_str(th->event[0].urgency);

	*a = NULL;
	if (th->start == 0)
		return NULL;
	k = bulla_agreements_at(&t->agreements, th->start);
	if (k == NULL)
		return NULL;
	*a = k->a;
	return bulla_agreement_class(k->a, &name);
}

static enum bulla_status
stop(struct bulla_thread *t, int64_t at, struct bulla_err *err)
{
	struct bulla_stop *v;

	v = reallocarray(t->stop, t->n_stops + 1, sizeof(*v));
	if (v == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	t->stop = v;
	v[t->n_stops++] = (struct bulla_stop){ at, INT64_MAX };
	return BULLA_OK;
}

static bool
is_stopped(const struct bulla_thread *t)
{
	return t->n_stops > 0 && t->stop[t->n_stops - 1].until == INT64_MAX;
}

static void
go_on(struct bulla_thread *t, int64_t at)
{
	if (is_stopped(t))
		t->stop[t->n_stops - 1].until = at;
}

static void
finish(struct thread_walk *w, int64_t at, enum bulla_thread_state state)
{
	w->ended = true;
	w->t->state = state;
	if (w->t->end == 0)
		w->t->end = at;
	go_on(w->t, at);
}

static enum bulla_event_fault
closed(struct thread_walk *w, const struct bulla_event *e)
{
	if (e->by != w->t->asker && w->final == 0)
		return BULLA_EVENT_EARLY_CLOSE;
	finish(w, e->received, BULLA_THREAD_CLOSED);
	return BULLA_EVENT_GOOD;
}

/*
 * Of a hold either side may say it first, and the other confirm it: what
 * counts is how often one of them did.
 */
static enum bulla_event_fault
extend_hold(struct thread_walk *w, const struct bulla_event *e)
{
	struct bulla_thread *t = w->t;
	size_t *said = &w->extensions[e->by == t->asker];

	if (t->hold_from == 0 || e->received > t->hold_until)
		return BULLA_EVENT_NO_EXTENSION;
	if (++*said <= t->n_extensions)
		return BULLA_EVENT_GOOD;
	t->n_extensions++;
	t->hold_until = bulla_duration_end(&w->c->extension, &w->cal,
	    t->hold_until, NULL, 0);
	return BULLA_EVENT_GOOD;
}

static enum bulla_event_fault
extended(struct thread_walk *w, const struct bulla_event *e)
{
	int64_t due;

	if (w->c == NULL || w->c->extension.unit == BULLA_NO_TIME)
		return BULLA_EVENT_NO_EXTENSION;
	if (w->c->hold.unit != BULLA_NO_TIME)
		return extend_hold(w, e);
	if (e->by != w->t->asker)
		return BULLA_EVENT_ONE_SIDED;
	due = thread_final_due(w);
	if (w->final != 0 || w->c->final.unit == BULLA_NO_TIME ||
	    (due != 0 && e->received > due))
		return BULLA_EVENT_NO_EXTENSION;
	w->t->n_extensions++;
	return BULLA_EVENT_GOOD;
}

/* What the answering side says: how far it brings the request. */
static void
answered(struct thread_walk *w, size_t i)
{
	const struct bulla_event *e = &w->t->event[i];
	const struct bulla_cur kind = bulla_cur_str(e->kind);
	struct bulla_thread *t = w->t;

	if (w->ack == 0)
		w->ack = i;
	if (w->c == NULL)
		return;
	if (w->first == 0 && bulla_kinds_has(&w->c->first_kinds, &kind))
		w->first = i;
	if (w->final == 0 && bulla_kinds_has(&w->c->final_kinds, &kind)) {
		w->final = i;
		t->end = e->received;
		go_on(t, e->received);
	}
	if (t->hold_from == 0 && thread_is(e, "preserved") &&
	    w->c->hold.unit != BULLA_NO_TIME) {
		t->hold_from = e->received;
		t->hold_until = bulla_duration_end(&w->c->hold, &w->cal,
		    e->received, NULL, 0);
	}
}

static enum bulla_status
question(struct thread_walk *w, size_t i, struct bulla_err *err)
{
	const struct bulla_event *e = &w->t->event[i];

	if (e->by == w->t->asker) {
		go_on(w->t, e->received);
		return BULLA_OK;
	}
	w->t->n_questions++;
	answered(w, i);
	if (is_stopped(w->t) || w->final != 0)
		return BULLA_OK;
	return stop(w->t, e->received, err);
}

static bool
is_for_either(const struct bulla_event *e)
{
	return thread_is(e, "result") || thread_is(e, "status-update");
}

static enum bulla_event_fault
answer(struct thread_walk *w, size_t i)
{
	const struct bulla_event *e = &w->t->event[i];
	struct bulla_thread *t = w->t;

	if (is_for_either(e)) {
		t->n_updates++;
		t->has_result = t->has_result || thread_is(e, "result");
	}
	if (e->by != t->asker)
		answered(w, i);
	else if (!is_for_either(e))
		return BULLA_EVENT_WRONG_SIDE;
	return BULLA_EVENT_GOOD;
}

/* May it still come when all is over? */
static bool
is_after_all(const struct bulla_event *e)
{
	return thread_is(e, "result") || thread_is(e, "hotline") ||
	    !thread_is_reply(e);
}

static enum bulla_status
see(struct thread_walk *w, size_t i, struct bulla_err *err)
{
	struct bulla_event *e = &w->t->event[i];

	if (w->ended && !is_after_all(e))
		e->fault = BULLA_EVENT_AFTER_END;
	else if (thread_is(e, "clarification"))
		return question(w, i, err);
	else if (thread_is(e, "request"))
		go_on(w->t, e->received);
	else if (thread_is(e, "withdrawn") && e->by == w->t->asker)
		finish(w, e->received, BULLA_THREAD_WITHDRAWN);
	else if (thread_is(e, "withdrawn"))
		e->fault = BULLA_EVENT_WRONG_SIDE;
	else if (thread_is(e, "closed"))
		e->fault = closed(w, e);
	else if (thread_is(e, "extension"))
		e->fault = extended(w, e);
	else if (thread_is_reply(e))
		e->fault = answer(w, i);
	return BULLA_OK;
}

static struct bulla_call *
call_of(const struct bulla_thread *t, const struct bulla_event *e)
{
	for (size_t k = 0; k < t->n_calls; k++) {
		if (strcmp(t->event[t->call[k].event].id, e->ref) == 0)
			return &t->call[k];
	}
	return NULL;
}

/* A call, or what names one: the first of the other side resolves it. */
static enum bulla_status
see_call(struct bulla_thread *t, size_t i, struct bulla_err *err)
{
	const struct bulla_event *e = &t->event[i];
	struct bulla_call *c = call_of(t, e), *v;

	if (c != NULL && t->event[c->event].by != e->by) {
		if (c->resolved == 0) {
			c->resolved = e->received;
			c->by = i;
		}
		return BULLA_OK;
	}
	if (c != NULL || !thread_is(e, "hotline"))
		return BULLA_OK;
	v = reallocarray(t->call, t->n_calls + 1, sizeof(*v));
	if (v == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	t->call = v;
	v[t->n_calls++] = (struct bulla_call){ i, e->received, 0, 0 };
	return BULLA_OK;
}

enum bulla_status
thread_walk(struct thread_walk *w, struct bulla_err *err)
{
	struct bulla_thread *t = w->t;
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < t->n_events && st == BULLA_OK; i++) {
		struct bulla_event *e = &t->event[i];

		e->fault = e->received == 0 ? BULLA_EVENT_UNPROVED :
		    e->received > w->now ? BULLA_EVENT_LATER :
		    BULLA_EVENT_GOOD;
		if (e->fault != BULLA_EVENT_GOOD)
			continue;
		/* What answers a call says nothing about the request. */
		if (i > 0 && t->start != 0 && call_of(t, e) == NULL)
			st = see(w, i, err);
		if (st == BULLA_OK)
			st = see_call(t, i, err);
	}
	return st;
}

/* All that judging fills in; what was read of it stays. */
static void
thread_reset(struct bulla_thread *t)
{
	struct bulla_thread n;

	memset(&n, 0, sizeof(n));
	n.event = t->event;
	n.n_events = t->n_events;
	n.asker = t->asker;
	n.waiting = -1;
	memcpy(n.related, t->event[0].ref, sizeof(n.related));
	memcpy(n.type, t->type, sizeof(n.type));
	memcpy(n.category, t->category, sizeof(n.category));
	free(t->stop);
	free(t->call);
	*t = n;
}

static enum bulla_status
judge(struct bulla_threads *all, struct bulla_thread *t, int64_t now,
    struct bulla_err *err)
{
	struct thread_walk w = { .all = all, .t = t, .now = now };
	const struct bulla_event *first = &t->event[0];
	enum bulla_status st;
	struct bulla_cur answerer = bulla_cur_str(all->side[1 - t->asker]);

	thread_reset(t);
	if (first->received != 0 && first->received <= now &&
	    thread_is(first, "request"))
		t->start = first->received;
	w.c = class_of(all, t, &w.a);
	t->agreement = w.a != NULL ? w.a->version : 0;
	t->has_class = w.c != NULL;
	/* Where there are working days there is a calendar. */
	if (w.a != NULL && !bulla_agreement_calendar(w.a,
	    bulla_agreement_side(w.a, &answerer), &w.cal))
		w.cal = (struct bulla_calendar){ 0 };
	st = thread_walk(&w, err);
	if (st == BULLA_OK) {
		thread_clocks(&w);
		thread_promised(t);
	}
	return st;
}

enum bulla_status
thread_stands(struct bulla_threads *all, struct bulla_thread *t, int64_t at,
    bool *out, struct bulla_err *err)
{
	enum bulla_status st = judge(all, t, at - 1, err);

	*out = st == BULLA_OK && is_stopped(t);
	return st;
}

static int
by_request(const void *x, const void *y)
{
	struct bulla_thread *const *a = x, *const *b = y;

	return strcmp((*a)->event[0].id, (*b)->event[0].id);
}

static int
request_is(const void *id, const void *y)
{
	struct bulla_thread *const *t = y;

	return strcmp(id, (*t)->event[0].id);
}

/* Another request that follows it before the hold is over. */
static void
use_hold(struct bulla_thread *held, const struct bulla_thread *later)
{
	if (held->hold_from == 0 || held->asker != later->asker ||
	    later == held || later->start < held->start ||
	    later->start > held->hold_until)
		return;
	held->hold_used = true;
	if (held->state == BULLA_THREAD_EXPIRED)
		held->state = BULLA_THREAD_ANSWERED;
}

static enum bulla_status
use_holds(struct bulla_threads *t, struct bulla_err *err)
{
	struct bulla_thread **v = calloc(t->n + 1,
	    sizeof(struct bulla_thread *));

	if (v == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	for (size_t i = 0; i < t->n; i++)
		v[i] = &t->v[i];
	qsort(v, t->n, sizeof(struct bulla_thread *), by_request);
	for (size_t i = 0; i < t->n; i++) {
		struct bulla_thread **held = bsearch(t->v[i].related, v, t->n,
		    sizeof(struct bulla_thread *), request_is);

		if (held != NULL && t->v[i].start != 0)
			use_hold(*held, &t->v[i]);
	}
	free(v);
	return BULLA_OK;
}

enum bulla_status
bulla_threads_judge(struct bulla_threads *t, int64_t now,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < t->n && st == BULLA_OK; i++)
		st = judge(t, &t->v[i], now, err);
	t->now = now;
	return st == BULLA_OK ? use_holds(t, err) : st;
}
