#include "core/thread_int.h"

/* The deadlines of a thread, once its events have been walked through. */

/* done: when it was, or 0. What stopped the clock later is of no concern. */
static int64_t
due_of(const struct thread_walk *w, const struct bulla_duration *d,
    int64_t start, int64_t done)
{
	size_t n = w->t->n_stops;

	while (n > 0 && done != 0 && w->t->stop[n - 1].from >= done)
		n--;
	return bulla_duration_end(d, &w->cal, start, w->t->stop, n);
}

static int64_t
final_due(const struct thread_walk *w, int64_t done)
{
	int64_t due = due_of(w, &w->c->final, w->t->start, done);

	for (size_t i = 0; i < w->t->n_extensions && due != 0; i++)
		due = due_of(w, &w->c->extension, due, done);
	return due;
}

int64_t
thread_final_due(const struct thread_walk *w)
{
	return final_due(w, 0);
}

static enum bulla_clock_state
not_done(const struct thread_walk *w, int64_t due)
{
	int64_t end = w->t->end;

	if (end != 0)
		return due != 0 && due < end ? BULLA_CLOCK_MISSED :
		    BULLA_CLOCK_VOID;
	if (due == 0)
		return BULLA_CLOCK_STOPPED;
	return w->now > due ? BULLA_CLOCK_OVERDUE : BULLA_CLOCK_OPEN;
}

/* by: the event that did it, or 0. */
static void
set_clock(const struct thread_walk *w, const struct bulla_duration *d,
    size_t by, struct bulla_clock *out)
{
	bool is_final = w->c != NULL && d == &w->c->final;

	out->by = by;
	out->done = by != 0 ? w->t->event[by].received : 0;
	if (d->unit == BULLA_NO_TIME) {
		out->state = BULLA_CLOCK_NONE;
		return;
	}
	out->due = is_final ? final_due(w, out->done) : due_of(w, d,
	    w->t->start, out->done);
	if (by == 0)
		out->state = not_done(w, out->due);
	else
		out->state = out->due == 0 || out->done <= out->due ?
		    BULLA_CLOCK_IN_TIME : BULLA_CLOCK_LATE;
}

/*
 * Updates are due from the start on, again and again, as long as there is no
 * final answer; each reply since the one before was due gives one.
 */
static void
updates(const struct thread_walk *w)
{
	struct bulla_thread *t = w->t;
	int64_t until = t->end != 0 ? t->end : w->now;
	int64_t from = t->start, due;
	size_t i = 1;

	for (;;) {
		bool given = false;

		due = due_of(w, &w->c->status, from, 0);
		for (; i < t->n_events && t->event[i].received != 0 &&
		    (due == 0 || t->event[i].received <= due); i++)
			given = given || (t->event[i].by != t->asker &&
			    t->event[i].fault == BULLA_EVENT_GOOD &&
			    thread_is_reply(&t->event[i]));
		if (due == 0 || due >= until)
			break;
		t->status_due++;
		t->status_given += given;
		from = due;
	}
	/* What was said already is what would be due next. */
	t->status_next = t->end == 0 ? due : 0;
}

static void
measure(const struct thread_walk *w)
{
	struct bulla_thread *t = w->t;
	int64_t end = t->end != 0 ? t->end : w->now;

	t->wall = end - t->start;
	for (size_t i = 0; i < t->n_stops; i++) {
		int64_t until = t->stop[i].until;

		if (t->stop[i].from >= end)
			break;
		t->stopped += (until < end ? until : end) - t->stop[i].from;
	}
}

static bool
is_standing(const struct bulla_thread *t)
{
	return t->n_stops > 0 && t->stop[t->n_stops - 1].until == INT64_MAX;
}

static void
set_state(const struct thread_walk *w)
{
	struct bulla_thread *t = w->t;

	if (w->ended)
		return;		/* closed, withdrawn: for nobody */
	t->waiting = t->asker;
	if (w->final != 0) {
		t->state = BULLA_THREAD_ANSWERED;
	} else if (t->hold_from != 0) {
		t->state = w->now > t->hold_until ? BULLA_THREAD_EXPIRED :
		    BULLA_THREAD_HELD;
	} else if (is_standing(t)) {
		t->state = BULLA_THREAD_STOPPED;
	} else {
		t->state = BULLA_THREAD_OPEN;
		t->waiting = 1 - t->asker;
	}
}

static void
not_started(const struct thread_walk *w)
{
	struct bulla_thread *t = w->t;

	t->acknowledge.state = t->first.state = t->final.state =
	    BULLA_CLOCK_UNPROVED;
	t->state = BULLA_THREAD_UNPROVED;
	t->waiting = 1 - t->asker;
	if (!thread_is(&t->event[0], "hotline"))
		return;
	t->state = BULLA_THREAD_CALL;
	if (t->n_calls > 0 && t->call[0].resolved != 0)
		t->waiting = -1;
}

void
thread_clocks(struct thread_walk *w)
{
	const struct bulla_class *c = w->c;
	struct bulla_thread *t = w->t;

	if (t->start == 0) {
		not_started(w);
		return;
	}
	measure(w);
	set_state(w);
	/* Nothing was promised: what was done is shown all the same. */
	if (c == NULL) {
		set_clock(w, &(struct bulla_duration){ 0 }, w->ack,
		    &t->acknowledge);
		return;
	}
	set_clock(w, &c->acknowledge, w->ack, &t->acknowledge);
	set_clock(w, &c->first, w->first, &t->first);
	set_clock(w, &c->final, w->final, &t->final);
	if (c->status.unit != BULLA_NO_TIME)
		updates(w);
}
