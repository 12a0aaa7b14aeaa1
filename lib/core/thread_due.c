#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/thread_int.h"

#define DAY INT64_C(86400)
#define REVIEW_LATE (7 * DAY)	/* how long a missed review is told of */

const char *
bulla_event_fault_text(enum bulla_event_fault f)
{
	static const char *const text[] = { "", "not proved to have been "
	    "received", "not for this side to say", "came after the end",
	    "closed before the final answer", "extends nothing: too late, or "
	    "not agreed", "nobody extends a deadline of his own", "later" };

	return text[f];
}

const char *
bulla_clock_state_text(enum bulla_clock_state s)
{
	static const char *const text[] = { "not-agreed", "not-proved",
	    "open", "stopped", "overdue", "in-time", "late", "void",
	    "missed" };

	return text[s];
}

const char *
bulla_thread_state_text(enum bulla_thread_state s)
{
	static const char *const text[] = { "unproved", "open", "stopped",
	    "held", "expired", "answered", "withdrawn", "closed", "call" };

	return text[s];
}

const char *
bulla_due_text(enum bulla_due_what what)
{
	static const char *const text[] = { "acknowledge", "first", "final",
	    "update", "hold-ends", "hotline", "review" };

	return text[what];
}

struct dues {
	const struct bulla_threads *t;
	int64_t until;
	struct bulla_due *v;
	size_t n, cap;
	bool failed;
};

static void
add(struct dues *d, struct bulla_due what)
{
	struct bulla_due *v;

	if (d->failed || what.due == 0 || what.due >= d->until)
		return;
	v = thread_more(d->v, &d->cap, d->n, sizeof(*v));
	if (v == NULL) {
		d->failed = true;
		return;
	}
	d->v = v;
	v[d->n++] = what;
}

static void
add_clock(struct dues *d, size_t i, enum bulla_due_what what,
    const struct bulla_clock *c)
{
	if (c->state == BULLA_CLOCK_OPEN || c->state == BULLA_CLOCK_OVERDUE)
		add(d, (struct bulla_due){ what, c->due,
		    1 - d->t->v[i].asker, i, 0 });
}

/* By whom, and within what time, at the level that the call names. */
static void
add_call(struct dues *d, size_t i, const struct bulla_call *c)
{
	const struct bulla_thread *t = &d->t->v[i];
	const struct bulla_event *e = &t->event[c->event];
	const struct bulla_agreement_kept *k = bulla_agreements_at(
	    &d->t->agreements, c->raised);
	struct bulla_cur name = bulla_cur_str(e->level), side;
	const struct bulla_level *l;
	struct bulla_calendar cal = { 0 };
	int by = 1 - e->by, n;

	if (c->resolved != 0 || k == NULL || k->a->n_levels == 0)
		return;
	l = bulla_agreement_level(k->a, &name);
	if (l == NULL)
		l = &k->a->level[0];
	side = bulla_cur_str(d->t->side[by]);
	n = bulla_agreement_side(k->a, &side);
	if (n < 0)
		return;
	if (!bulla_agreement_calendar(k->a, n, &cal))
		cal = (struct bulla_calendar){ 0 };
	add(d, (struct bulla_due){ BULLA_DUE_HOTLINE, bulla_duration_end(
	    &l->answer[n], &cal, c->raised, NULL, 0), by, i, c->event });
}

static void
add_thread(struct dues *d, size_t i)
{
	const struct bulla_thread *t = &d->t->v[i];

	add_clock(d, i, BULLA_DUE_ACKNOWLEDGE, &t->acknowledge);
	add_clock(d, i, BULLA_DUE_FIRST, &t->first);
	add_clock(d, i, BULLA_DUE_FINAL, &t->final);
	if (t->state == BULLA_THREAD_OPEN)
		add(d, (struct bulla_due){ BULLA_DUE_UPDATE, t->status_next,
		    1 - t->asker, i, 0 });
	if (t->state == BULLA_THREAD_HELD && !t->hold_used)
		add(d, (struct bulla_due){ BULLA_DUE_HOLD,
		    bulla_thread_held_until(t), t->asker, i, 0 });
	for (size_t k = 0; k < t->n_calls; k++)
		add_call(d, i, &t->call[k]);
}

static void
add_reviews(struct dues *d)
{
	const struct bulla_agreement_kept *k = bulla_agreements_at(
	    &d->t->agreements, d->t->now);

	for (size_t i = 0; k != NULL && i < k->a->n_reviews; i++) {
		int64_t at = k->a->review[i] * DAY;

		if (at + REVIEW_LATE > d->t->now)
			add(d, (struct bulla_due){ BULLA_DUE_REVIEW, at, -1,
			    SIZE_MAX, 0 });
	}
}

static int
by_time(const void *x, const void *y)
{
	const struct bulla_due *a = x, *b = y;

	if (a->due != b->due)
		return a->due < b->due ? -1 : 1;
	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	if (a->what != b->what)
		return a->what < b->what ? -1 : 1;
	return a->event < b->event ? -1 : a->event > b->event;
}

enum bulla_status
bulla_threads_due(const struct bulla_threads *t, int64_t until,
    struct bulla_due **out, size_t *n, struct bulla_err *err)
{
	struct dues d = { .t = t, .until = until };

	for (size_t i = 0; i < t->n; i++)
		add_thread(&d, i);
	add_reviews(&d);
	if (d.failed) {
		free(d.v);
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	}
	if (d.n > 0)
		qsort(d.v, d.n, sizeof(*d.v), by_time);
	*out = d.v;
	*n = d.n;
	return BULLA_OK;
}
