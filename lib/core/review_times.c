#include "core/review_int.h"

/*
 * Timeliness. Everything counts in exactly one period, whenever that is
 * looked at: a deadline when it was met, or in the second after it passed.
 */
#define DAY INT64_C(86400)

bool
review_in(const struct bulla_review *r, int64_t t)
{
	return t != 0 && t >= r->from && t < r->to;
}

/* A preservation that lasts is an answer, where no other was promised. */
int64_t
review_settled(const struct bulla_thread *t)
{
	int64_t held = t->final.state == BULLA_CLOCK_NONE ? t->hold_from : 0;

	if (held != 0 && (t->end == 0 || held < t->end))
		return held;
	return t->end;
}

static int64_t
overlap(int64_t a, int64_t b, int64_t from, int64_t to)
{
	if (a < from)
		a = from;
	if (b > to)
		b = to;
	return b > a ? b - a : 0;
}

/* How long the clock stood between two times. */
static int64_t
stopped(const struct bulla_thread *t, int64_t from, int64_t to)
{
	int64_t sum = 0;

	for (size_t i = 0; i < t->n_stops; i++)
		sum += overlap(t->stop[i].from, t->stop[i].until, from, to);
	return sum;
}

/* first: the measure of the time taken; in time and late follow it. */
static void
clock_done(struct review_work *w, size_t i, const struct bulla_clock *c,
    unsigned first)
{
	const struct bulla_thread *t = &w->r->threads.v[i];
	enum measure time = (enum measure)first;
	enum measure in = (enum measure)(first + 1);
	enum measure late = (enum measure)(first + 2);

	if (review_in(w->r, c->done))
		review_sample(w, i, c->by, time, c->done - t->start -
		    stopped(t, t->start, c->done));
	switch (c->state) {
	case BULLA_CLOCK_IN_TIME:
		if (review_in(w->r, c->done))
			review_sample(w, i, c->by, in, 1);
		break;
	case BULLA_CLOCK_LATE:
	case BULLA_CLOCK_OVERDUE:
	case BULLA_CLOCK_MISSED:
		if (review_in(w->r, c->due + 1))
			review_sample(w, i, c->by, late, 1);
		break;
	case BULLA_CLOCK_NONE:
	case BULLA_CLOCK_UNPROVED:
	case BULLA_CLOCK_OPEN:
	case BULLA_CLOCK_STOPPED:
	case BULLA_CLOCK_VOID:
		break;
	}
}

/* By the oldest of its deadlines that has passed without being met. */
static void
overdue(struct review_work *w, size_t i)
{
	const struct bulla_thread *t = &w->r->threads.v[i];
	const struct bulla_clock *const c[] = { &t->acknowledge, &t->first,
	    &t->final };
	int64_t due = INT64_MAX, age;

	for (size_t k = 0; k < 3; k++) {
		if (c[k]->state == BULLA_CLOCK_OVERDUE && c[k]->due < due)
			due = c[k]->due;
	}
	if (due == INT64_MAX)
		return;
	age = w->r->to - due;
	review_sample(w, i, 0, age < DAY ? M_AGE : age < 7 * DAY ? M_AGE_1D :
	    age < 30 * DAY ? M_AGE_7D : M_AGE_30D, 1);
}

static void
holds(struct review_work *w, size_t i)
{
	const struct bulla_thread *t = &w->r->threads.v[i];

	if (t->hold_from == 0)
		return;
	if (review_in(w->r, t->hold_from))
		review_sample(w, i, t->first.by, M_PRESERVED, 1);
	if (t->state == BULLA_THREAD_HELD)
		review_sample(w, i, t->first.by, M_HELD, 1);
	if (!t->hold_used && review_in(w->r, t->hold_until + 1) &&
	    (t->end == 0 || t->end > t->hold_until))
		review_sample(w, i, t->first.by, M_UNUSED, 1);
}

static void
calls(struct review_work *w, size_t i)
{
	const struct bulla_thread *t = &w->r->threads.v[i];

	for (size_t k = 0; k < t->n_calls; k++) {
		const struct bulla_call *c = &t->call[k];

		if (review_in(w->r, c->raised))
			review_sample(w, i, c->event, M_CALLS, 1);
		if (review_in(w->r, c->resolved))
			review_sample(w, i, c->event, M_RESOLVED,
			    c->resolved - c->raised);
		else if (c->resolved == 0)
			review_sample(w, i, c->event, M_UNRESOLVED, 1);
	}
}

/* Since it was judged for the beginning of the period. */
static void
updates(struct review_work *w, size_t i)
{
	const struct bulla_thread *t = &w->r->threads.v[i];
	uint64_t due = t->status_due, given = t->status_given;

	if (due <= w->status[i][0])
		return;
	due -= w->status[i][0];
	given = given > w->status[i][1] ? given - w->status[i][1] : 0;
	review_sample(w, i, 0, M_STATUS_GIVEN, (int64_t)given);
	review_sample(w, i, 0, M_STATUS_MISSED, (int64_t)(due - given));
}

static void
shares(struct review_work *w, size_t i, int64_t until)
{
	const struct bulla_thread *t = &w->r->threads.v[i];
	int64_t from = t->start > w->r->from ? t->start : w->r->from;
	int64_t stood;

	if (until <= from)
		return;
	stood = stopped(t, from, until);
	review_sample(w, i, 0, M_STOPPED, stood);
	review_sample(w, i, 0, M_RUNNING, until - from - stood);
}

void
review_times(struct review_work *w, size_t i)
{
	const struct bulla_thread *t = &w->r->threads.v[i];
	int64_t settled = w->r->settled[i];

	calls(w, i);
	if (t->start == 0)
		return;
	if (review_in(w->r, t->start))
		review_sample(w, i, 0, M_RECEIVED, 1);
	if (review_in(w->r, settled))
		review_sample(w, i, 0, M_CLOSED, 1);
	else if (settled == 0)
		review_sample(w, i, 0, M_OPEN, 1);
	clock_done(w, i, &t->acknowledge, M_ACK);
	clock_done(w, i, &t->first, M_FIRST);
	clock_done(w, i, &t->final, M_FINAL);
	if (review_in(w->r, t->final.done))
		review_sample(w, i, t->final.by, M_FINAL_WALL,
		    t->final.done - t->start);
	overdue(w, i);
	shares(w, i, settled != 0 ? settled : w->r->to);
	holds(w, i);
	updates(w, i);
}
