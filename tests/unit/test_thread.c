#include "thread_clock.h"

/* What starts, stops and ends the clocks of a request. */
TestSuite(thread, .init = begin, .fini = end);

Test(thread, an_emergency_answered_in_time_and_late)
{
	asked("emergency", "2026-11-20T15:00:00Z");
	event(B, "acknowledge", "2026-11-20T16:00:00Z");
	event(B, "partial", "2026-11-20T23:00:01Z");
	event(B, "full", "2026-11-21T14:00:00Z");
	judge("2026-12-01T00:00:00Z");
	expect_clock("ack", &th->acknowledge, BULLA_CLOCK_IN_TIME,
	    "2026-11-20T16:00:00Z");
	expect_clock("first", &th->first, BULLA_CLOCK_LATE,
	    "2026-11-20T23:00:00Z");
	expect_clock("final", &th->final, BULLA_CLOCK_IN_TIME,
	    "2026-11-21T15:00:00Z");
	cr_expect(th->acknowledge.by == 1 && th->first.by == 2 &&
	    th->final.by == 3);
	cr_expect_eq(th->state, BULLA_THREAD_ANSWERED);
	cr_expect(th->waiting == A && th->stopped == 0 &&
	    th->wall == 23 * 3600 && th->agreement == 1 && th->has_class);
	/* as of an earlier time only what had come by then counts */
	judge("2026-11-20T17:00:00Z");
	expect_clock("ack", &th->acknowledge, BULLA_CLOCK_IN_TIME,
	    "2026-11-20T16:00:00Z");
	expect_clock("first", &th->first, BULLA_CLOCK_OPEN,
	    "2026-11-20T23:00:00Z");
	cr_expect_eq(th->event[2].fault, BULLA_EVENT_LATER);
	cr_expect(th->state == BULLA_THREAD_OPEN && th->waiting == B);
	cr_expect_eq(th->wall, 2 * 3600);
	judge("2026-11-20T23:00:00Z");
	cr_expect_eq(th->first.state, BULLA_CLOCK_OPEN);
	judge("2026-11-20T14:00:00Z");
	cr_expect_eq(th->state, BULLA_THREAD_UNPROVED);
}

Test(thread, one_answer_can_be_all_three)
{
	asked("emergency", "2026-11-20T15:00:00Z");
	event(B, "refused", "2026-11-20T15:30:00Z");
	judge("2026-11-20T15:30:00Z");
	cr_expect(th->acknowledge.by == 1 && th->first.by == 1 &&
	    th->final.by == 1 && th->state == BULLA_THREAD_ANSWERED);
}

Test(thread, nothing_is_overdue_before_it_is_due)
{
	asked("emergency", "2026-11-20T15:00:00Z");
	judge("2026-11-20T16:00:00Z");
	cr_expect_eq(th->acknowledge.state, BULLA_CLOCK_OPEN);
	judge("2026-11-20T16:00:01Z");
	cr_expect_eq(th->acknowledge.state, BULLA_CLOCK_OVERDUE);
	cr_expect_eq(th->first.state, BULLA_CLOCK_OPEN);
}

Test(thread, working_days_are_those_of_who_answers)
{
	/* 23:00 on Friday in b: 1 h, then Monday until 23:00 there */
	asked("urgent", "2026-11-20T15:00:00Z");
	judge("2026-11-20T16:00:00Z");
	expect_clock("ack", &th->acknowledge, BULLA_CLOCK_OPEN,
	    "2026-11-23T15:00:00Z");
	/* Friday, Monday, (Tuesday 24 is b's holiday) Wednesday .. Monday */
	expect_clock("first", &th->first, BULLA_CLOCK_OPEN,
	    "2026-11-30T15:00:00Z");
	/* asked by b it is a's calendar: Thursday 26 is a holiday there */
	th->asker = B;
	th->event[0].by = B;
	judge("2026-11-20T16:00:00Z");
	expect_clock("first", &th->first, BULLA_CLOCK_OPEN,
	    "2026-11-30T15:00:00Z");
	th->event[0].received = at("2026-11-25T15:00:00Z");
	judge("2026-11-25T16:00:00Z");
	expect_clock("ack", &th->acknowledge, BULLA_CLOCK_OPEN,
	    "2026-11-27T15:00:00Z");
}

Test(thread, a_question_stops_the_clock_and_an_answer_starts_it)
{
	asked("emergency", "2026-11-20T15:00:00Z");
	event(B, "clarification", "2026-11-20T15:30:00Z");
	event(B, "clarification", "2026-11-20T17:00:00Z");
	judge("2026-11-20T18:30:00Z");
	expect_clock("ack", &th->acknowledge, BULLA_CLOCK_IN_TIME,
	    "2026-11-20T16:00:00Z");
	expect_clock("first", &th->first, BULLA_CLOCK_STOPPED, "-");
	cr_expect(th->state == BULLA_THREAD_STOPPED && th->waiting == A);
	cr_expect(th->wall == 12600 && th->stopped == 10800 &&
	    th->n_questions == 2);
	/* 3 h 30 min stood still */
	event(A, "clarification", "2026-11-20T19:00:00Z");
	event(B, "full", "2026-11-21T18:30:00Z");
	judge("2026-11-22T00:00:00Z");
	expect_clock("first", &th->first, BULLA_CLOCK_LATE,
	    "2026-11-21T02:30:00Z");
	expect_clock("final", &th->final, BULLA_CLOCK_IN_TIME,
	    "2026-11-21T18:30:00Z");
	cr_expect(th->stopped == 12600 && th->wall == 27 * 3600 + 1800);
	/* asked once more, never answered, and then closed by the asker */
	th->n_events--;
	event(B, "clarification", "2026-11-20T20:00:00Z");
	event(A, "closed", "2026-11-20T22:00:00Z");
	judge("2026-11-22T00:00:00Z");
	cr_expect(th->state == BULLA_THREAD_CLOSED && th->waiting == -1);
	cr_expect_eq(th->stopped, 12600 + 7200);
	cr_expect_eq(th->final.state, BULLA_CLOCK_VOID);
}

Test(thread, a_further_request_answers_a_question_too)
{
	asked("emergency", "2026-11-20T15:00:00Z");
	event(B, "clarification", "2026-11-20T15:30:00Z");
	event(A, "request", "2026-11-20T16:30:00Z");
	judge("2026-11-20T17:00:00Z");
	cr_expect_eq(th->stopped, 3600);
	expect_clock("first", &th->first, BULLA_CLOCK_OPEN,
	    "2026-11-21T00:00:00Z");
}

Test(thread, who_answers_all_the_same_has_no_question_left)
{
	asked("emergency", "2026-11-20T15:00:00Z");
	event(B, "clarification", "2026-11-20T15:30:00Z");
	event(B, "full", "2026-11-20T16:30:00Z");
	judge("2026-11-21T15:00:00Z");
	cr_expect(th->state == BULLA_THREAD_ANSWERED && th->stopped == 3600);
	cr_assert_eq(th->n_stops, 1);
	cr_expect_eq(th->stop[0].until, at("2026-11-20T16:30:00Z"));
	expect_clock("final", &th->final, BULLA_CLOCK_IN_TIME,
	    "2026-11-21T16:00:00Z");
}

Test(thread, what_is_not_proved_does_not_count)
{
	asked("emergency", "-");
	event(B, "full", "2026-11-20T15:30:00Z");
	judge("2026-12-20T15:30:00Z");
	cr_expect(th->state == BULLA_THREAD_UNPROVED && th->start == 0);
	cr_expect_eq(th->final.state, BULLA_CLOCK_UNPROVED);
	cr_expect(th->agreement == 0 && th->waiting == B);
	asked("emergency", "2026-11-20T15:00:00Z");
	event(B, "full", "-");
	judge("2026-12-20T15:30:00Z");
	cr_expect_eq(th->event[1].fault, BULLA_EVENT_UNPROVED);
	cr_expect_eq(th->final.state, BULLA_CLOCK_OVERDUE);
}

Test(thread, each_side_says_only_what_is_its_own)
{
	asked("emergency", "2026-11-20T15:00:00Z");
	event(A, "acknowledge", "2026-11-20T15:10:00Z");
	event(A, "full", "2026-11-20T15:11:00Z");
	event(B, "withdrawn", "2026-11-20T15:12:00Z");
	event(B, "closed", "2026-11-20T15:13:00Z");
	event(B, "extension", "2026-11-20T15:14:00Z");
	event(A, "status-update", "2026-11-20T15:15:00Z");
	judge("2026-11-20T15:30:00Z");
	cr_expect_eq(th->event[1].fault, BULLA_EVENT_WRONG_SIDE);
	cr_expect_eq(th->event[2].fault, BULLA_EVENT_WRONG_SIDE);
	cr_expect_eq(th->event[3].fault, BULLA_EVENT_WRONG_SIDE);
	cr_expect_eq(th->event[4].fault, BULLA_EVENT_EARLY_CLOSE);
	cr_expect_eq(th->event[5].fault, BULLA_EVENT_ONE_SIDED);
	cr_expect_eq(th->event[6].fault, BULLA_EVENT_GOOD);
	cr_expect_eq(th->acknowledge.state, BULLA_CLOCK_OPEN);
	cr_expect(th->state == BULLA_THREAD_OPEN && th->n_updates == 1);
}

Test(thread, after_the_end_nothing_counts_but_results)
{
	asked("emergency", "2026-11-20T15:00:00Z");
	event(B, "full", "2026-11-20T15:30:00Z");
	event(A, "closed", "2026-11-20T16:00:00Z");
	event(B, "status-update", "2026-11-20T17:00:00Z");
	event(A, "result", "2026-11-20T18:00:00Z");
	judge("2026-11-21T00:00:00Z");
	cr_expect_eq(th->event[3].fault, BULLA_EVENT_AFTER_END);
	cr_expect_eq(th->event[4].fault, BULLA_EVENT_GOOD);
	cr_expect(th->has_result && th->n_updates == 1);
	cr_expect(th->end == at("2026-11-20T15:30:00Z") &&
	    th->state == BULLA_THREAD_CLOSED);
}

Test(thread, withdrawn_before_and_after_it_was_due)
{
	asked("emergency", "2026-11-20T15:00:00Z");
	event(A, "withdrawn", "2026-11-20T20:00:00Z");
	judge("2026-12-21T00:00:00Z");
	expect_clock("ack", &th->acknowledge, BULLA_CLOCK_MISSED,
	    "2026-11-20T16:00:00Z");
	expect_clock("first", &th->first, BULLA_CLOCK_VOID,
	    "2026-11-20T23:00:00Z");
	cr_expect(th->state == BULLA_THREAD_WITHDRAWN && th->waiting == -1);
	cr_expect_eq(th->wall, 5 * 3600);
}

Test(thread, an_extension_moves_the_final_deadline)
{
	asked("emergency", "2026-11-20T15:00:00Z");
	event(B, "acknowledge", "2026-11-20T15:10:00Z");
	event(A, "extension", "2026-11-21T15:00:00Z");
	event(A, "extension", "2026-11-22T03:00:01Z");
	event(B, "full", "2026-11-22T03:00:00Z");
	judge("2026-12-21T00:00:00Z");
	/* 24 h and 12 h; the second one comes too late */
	expect_clock("final", &th->final, BULLA_CLOCK_IN_TIME,
	    "2026-11-22T03:00:00Z");
	cr_expect_eq(th->n_extensions, 1);
	cr_expect_eq(th->event[2].fault, BULLA_EVENT_GOOD);
	cr_expect_eq(th->event[3].fault, BULLA_EVENT_NO_EXTENSION);
}

Test(thread, what_was_in_force_at_the_start_judges)
{
	agree(at("2026-11-20T16:00:00Z"), "class: emergency\n"
	    "acknowledge: 2h\nfirst: -\nfinal: -\nstatus: -\nhold: -\n"
	    "extension: -\n");
	asked("emergency", "2026-11-20T15:59:59Z");
	judge("2026-11-20T17:30:00Z");
	expect_clock("ack", &th->acknowledge, BULLA_CLOCK_OVERDUE,
	    "2026-11-20T16:59:59Z");
	cr_expect_eq(th->agreement, 1);
	asked("emergency", "2026-11-20T16:00:00Z");
	event(B, "full", "2026-11-20T17:00:00Z");
	judge("2026-11-20T17:30:00Z");
	expect_clock("ack", &th->acknowledge, BULLA_CLOCK_IN_TIME,
	    "2026-11-20T18:00:00Z");
	expect_clock("first", &th->first, BULLA_CLOCK_NONE, "-");
	cr_expect(th->agreement == 2 && th->state == BULLA_THREAD_OPEN);
	/* before there was one, and of a class that it does not know */
	asked("emergency", "2025-11-20T16:00:00Z");
	event(B, "full", "2025-11-20T17:00:00Z");
	judge("2026-11-20T17:30:00Z");
	cr_expect(th->agreement == 0 && !th->has_class &&
	    th->acknowledge.state == BULLA_CLOCK_NONE &&
	    th->acknowledge.done == at("2025-11-20T17:00:00Z"));
	asked("urgent", "2026-11-20T16:00:00Z");
	judge("2026-11-20T17:30:00Z");
	cr_expect(th->agreement == 2 && !th->has_class);
}
