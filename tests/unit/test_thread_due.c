#include "thread_clock.h"

/* Data that is held, updates, calls: what falls due, and for whom. */
TestSuite(thread_due, .init = begin, .fini = end);

Test(thread_due, a_preservation_is_held_extended_and_expires)
{
	asked("preserve", "2026-11-20T15:00:00Z");
	event(B, "preserved", "2026-11-21T12:00:00Z");
	judge("2026-12-01T00:00:00Z");
	expect_clock("first", &th->first, BULLA_CLOCK_IN_TIME,
	    "2026-11-21T15:00:00Z");
	cr_expect_eq(th->final.state, BULLA_CLOCK_NONE);
	cr_expect(th->state == BULLA_THREAD_HELD && th->waiting == A);
	/* 60 days over the end of the year */
	cr_expect_eq(th->hold_until, at("2027-01-20T12:00:00Z"));
	event(A, "extension", "2027-01-10T00:00:00Z");
	event(B, "extension", "2027-01-11T00:00:00Z");
	judge("2027-02-19T12:00:00Z");
	cr_expect_eq(th->hold_until, at("2027-02-19T12:00:00Z"));
	cr_expect(th->n_extensions == 1 && th->state == BULLA_THREAD_HELD);
	judge("2027-02-19T12:00:01Z");
	cr_expect_eq(th->state, BULLA_THREAD_EXPIRED);
	/* a second one of b goes on; one after the end does not */
	event(B, "extension", "2027-02-18T00:00:00Z");
	event(A, "extension", "2027-05-18T00:00:00Z");
	judge("2027-06-01T00:00:00Z");
	cr_expect_eq(th->hold_until, at("2027-03-21T12:00:00Z"));
	cr_expect_eq(th->event[5].fault, BULLA_EVENT_NO_EXTENSION);
}

/* Nobody may find the data gone before the date that his list shows. */
Test(thread_due, an_earlier_date_of_the_holder_is_due_and_changes_no_figure)
{
	struct bulla_due *v = NULL;
	size_t n = 0;

	asked("preserve", "2026-11-20T15:00:00Z");
	event(B, "preserved", "2026-11-21T12:00:00Z");
	th->event[1].until = at("2026-12-20T00:00:00Z");
	judge("2026-12-21T00:00:00Z");
	cr_expect_eq(bulla_thread_held_until(th), at("2026-12-20T00:00:00Z"));
	cr_expect_eq(th->hold_until, at("2027-01-20T12:00:00Z"));
	cr_expect_eq(th->state, BULLA_THREAD_HELD);
	cr_assert_eq(bulla_threads_due(&all, at("2027-01-01T00:00:00Z"), &v,
	    &n, NULL), BULLA_OK);
	while (n > 0 && v[n - 1].what != BULLA_DUE_HOLD)
		n--;
	cr_assert_gt(n, 0);
	cr_expect_eq(v[n - 1].due, at("2026-12-20T00:00:00Z"));
	free(v);
	/* a later one than the agreement's promises nothing more */
	th->event[1].until = at("2027-12-20T00:00:00Z");
	judge("2026-12-21T00:00:00Z");
	cr_expect(th->promised_until == 0 &&
	    bulla_thread_held_until(th) == th->hold_until);
}

/* Else who asks could make its unused holds look used. */
Test(thread_due, a_preservation_is_not_used_by_itself_or_what_came_before)
{
	asked("urgent", "2026-11-20T14:00:00Z");
	asked("preserve", "2026-11-20T15:00:00Z");
	event(B, "preserved", "2026-11-21T12:00:00Z");
	for (int i = 0; i < 2; i++) {
		struct bulla_event *e = &all.v[i].event[0];

		snprintf(e->ref, sizeof(e->ref), "%s", all.v[1].event[0].id);
		judge("2027-03-01T00:00:00Z");
		cr_expect_not(all.v[1].hold_used);
		cr_expect_eq(all.v[1].state, BULLA_THREAD_EXPIRED);
		e->ref[0] = '\0';
	}
}

Test(thread_due, a_preservation_is_used_by_the_request_that_follows)
{
	struct bulla_due *v = NULL;
	size_t n = 0;

	asked("preserve", "2026-11-20T15:00:00Z");
	event(B, "preserved", "2026-11-21T12:00:00Z");
	asked("urgent", "2027-01-20T12:00:00Z");
	snprintf(th->event[0].ref, sizeof(th->event[0].ref), "%s",
	    all.v[0].event[0].id);
	judge("2027-01-20T12:00:00Z");
	cr_expect_eq(all.v[0].state, BULLA_THREAD_HELD);
	cr_assert_eq(bulla_threads_due(&all, at("2027-01-21T00:00:00Z"), &v,
	    &n, NULL), BULLA_OK);
	cr_expect_eq(n, 0, "nobody has to do anything about the hold");
	free(v);
	judge("2027-03-01T00:00:00Z");
	cr_expect(all.v[0].hold_used);
	cr_expect_eq(all.v[0].state, BULLA_THREAD_ANSWERED);
	cr_expect_str_eq(th->related, all.v[0].event[0].id);
	th->event[0].received++;
	judge("2027-03-01T00:00:00Z");
	cr_expect_not(all.v[0].hold_used);
	cr_expect_eq(all.v[0].state, BULLA_THREAD_EXPIRED);
	judge("2027-01-19T12:00:00Z");
	cr_assert_eq(bulla_threads_due(&all, at("2027-01-21T00:00:00Z"), &v,
	    &n, NULL), BULLA_OK);
	cr_expect(n == 1 && v[0].what == BULLA_DUE_HOLD && v[0].side == A);
	free(v);
}

Test(thread_due, updates_are_due_until_the_final_answer)
{
	asked("emergency", "2026-11-20T00:00:00Z");
	event(B, "acknowledge", "2026-11-20T00:30:00Z");
	event(A, "status-update", "2026-11-20T07:00:00Z");	/* none of b */
	event(B, "status-update", "2026-11-20T13:00:00Z");
	judge("2026-11-20T19:00:00Z");
	/* due 06 (the acknowledgement gave it), 12 (nothing), 18 (given) */
	cr_expect(th->status_due == 3 && th->status_given == 2);
	cr_expect_eq(th->status_next, at("2026-11-21T00:00:00Z"));
	event(B, "full", "2026-11-20T23:59:59Z");
	judge("2026-11-25T00:00:00Z");
	cr_expect(th->status_due == 3 && th->status_given == 2);
	cr_expect_eq(th->status_next, 0);
}

Test(thread_due, a_call_is_resolved_by_the_other_side)
{
	struct bulla_event *e;

	asked("emergency", "2026-11-20T15:00:00Z");
	event(A, "hotline", "2026-11-20T16:30:00Z");
	e = event(A, "hotline", "2026-11-20T16:40:00Z");
	snprintf(e->ref, sizeof(e->ref), "%s", th->event[1].id);
	judge("2026-11-20T17:00:00Z");
	cr_expect(th->n_calls == 1 && th->call[0].resolved == 0);
	cr_expect_eq(th->acknowledge.state, BULLA_CLOCK_OVERDUE);
	e = event(B, "hotline", "2026-11-20T17:00:00Z");
	snprintf(e->ref, sizeof(e->ref), "%s", th->event[1].id);
	e = event(B, "acknowledge", "2026-11-20T17:01:00Z");
	snprintf(e->ref, sizeof(e->ref), "%s", th->event[1].id);
	judge("2026-11-20T18:00:00Z");
	cr_expect(th->n_calls == 1 && th->call[0].by == 3 &&
	    th->call[0].resolved == at("2026-11-20T17:00:00Z"));
	cr_expect_eq(th->acknowledge.state, BULLA_CLOCK_OVERDUE,
	    "what answers a call does not answer the request");
}

Test(thread_due, what_falls_due_and_for_whom)
{
	static const struct {
		enum bulla_due_what what;
		const char *due;
		int side;
	} want[] = {
		{ BULLA_DUE_ACKNOWLEDGE, "2026-11-20T16:00:00Z", B },
		{ BULLA_DUE_HOTLINE, "2026-11-20T18:30:00Z", B },
		{ BULLA_DUE_UPDATE, "2026-11-20T21:00:00Z", B },
		{ BULLA_DUE_FIRST, "2026-11-20T23:00:00Z", B },
		{ BULLA_DUE_FINAL, "2026-11-21T15:00:00Z", B },
		{ BULLA_DUE_REVIEW, "2026-12-15T00:00:00Z", -1 },
	};
	struct bulla_due *v = NULL;
	size_t n = 0;

	asked("emergency", "2026-11-20T15:00:00Z");
	event(A, "hotline", "2026-11-20T16:30:00Z");
	judge("2026-11-20T17:00:00Z");
	cr_assert_eq(bulla_threads_due(&all, at("2026-12-15T00:00:01Z"), &v,
	    &n, NULL), BULLA_OK);
	cr_assert_eq(n, sizeof(want) / sizeof(want[0]), "%zu", n);
	for (size_t i = 0; i < n; i++)
		cr_expect(v[i].what == want[i].what && v[i].side ==
		    want[i].side && v[i].due == at(want[i].due), "%zu: %s", i,
		    bulla_due_text(v[i].what));
	free(v);
	/*
	 * One of a level has its own time: 1 working day of b, where it is
	 * Saturday already: all of Monday
	 */
	snprintf(th->event[1].level, 33, "lead-official");
	cr_assert_eq(bulla_threads_due(&all, at("2026-12-01T00:00:00Z"), &v,
	    &n, NULL), BULLA_OK);
	cr_expect(n == 5 && v[4].what == BULLA_DUE_HOTLINE &&
	    v[4].due == at("2026-11-23T16:00:00Z"));
	free(v);
	cr_assert_eq(bulla_threads_due(&all, at("2026-11-20T16:00:00Z"), &v,
	    &n, NULL), BULLA_OK);
	cr_expect_eq(n, 0);
	free(v);
	/* a review that was missed is told of for a week */
	judge("2026-12-21T23:59:59Z");
	cr_assert_eq(bulla_threads_due(&all, at("2026-12-15T00:00:01Z"), &v,
	    &n, NULL), BULLA_OK);
	cr_expect(n > 0 && v[n - 1].what == BULLA_DUE_REVIEW);
	free(v);
	judge("2026-12-22T00:00:00Z");
	cr_assert_eq(bulla_threads_due(&all, at("2026-12-15T00:00:01Z"), &v,
	    &n, NULL), BULLA_OK);
	cr_expect(n > 0 && v[n - 1].what != BULLA_DUE_REVIEW);
	free(v);
}
