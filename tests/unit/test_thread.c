#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "agreement_kit.h"

#include "bulla/thread.h"

/*
 * Clocks by hand: events with the times at which they were received. a asks
 * b, which works 8 hours east of UTC. 2026-11-20 is a Friday.
 */
#define A 0
#define B 1
static struct bulla_threads all;
static struct bulla_thread *th;
static char text_of[8][4096];

static int64_t
at(const char *text)
{
	struct bulla_cur c = bulla_cur_str(text);
	int64_t t = -1;

	cr_assert(bulla_when_parse(&c, &t), "%s", text);
	return t;
}

static void
agree(int64_t from, const char *body)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 16);
	struct bulla_agreement_kept *k;
	size_t n = all.agreements.n;
	struct bulla_err err = { 0 };
	struct bulla_cur c;

	agreed_text(&b, n + 1, from, n == 0 ? NULL : (uint8_t[32]){ 0 },
	    body);
	snprintf(text_of[n], sizeof(text_of[n]), "%s", bulla_buf_cstr(&b));
	all.agreements.v = reallocarray(all.agreements.v, n + 1, sizeof(*k));
	k = &all.agreements.v[all.agreements.n++];
	*k = (struct bulla_agreement_kept){ .a = calloc(1, sizeof(*k->a)) };
	c = bulla_cur_str(text_of[n]);
	cr_assert_eq(bulla_agreement_parse(&c, k->a, &err), BULLA_OK, "%s",
	    err.msg);
	bulla_buf_free(&b);
}

static void
begin(void)
{
	all = (struct bulla_threads){ .side = { "a.example", "b.example" } };
	agree(at("2026-01-01T00:00:00Z"), AGREED);
}

static void
end(void)
{
	bulla_threads_free(&all);
}

TestSuite(thread, .init = begin, .fini = end);

static struct bulla_event *
event(int by, const char *kind, const char *received)
{
	struct bulla_event *e;

	th->event = reallocarray(th->event, th->n_events + 1, sizeof(*e));
	e = &th->event[th->n_events];
	*e = (struct bulla_event){ .by = by, .proof = BULLA_PROOF_RECEIPT };
	snprintf(e->id, sizeof(e->id), "%031zu%zu", all.n, th->n_events++);
	snprintf(e->kind, sizeof(e->kind), "%s", kind);
	if (th->n_events > 1)
		snprintf(e->ref, sizeof(e->ref), "%s", th->event[0].id);
	e->received = strcmp(received, "-") == 0 ? 0 : at(received);
	e->claimed = e->received;
	return e;
}

/* A thread with its request, from a, of a class. */
static void
asked(const char *class, const char *received)
{
	all.v = reallocarray(all.v, all.n + 1, sizeof(*all.v));
	th = &all.v[all.n++];
	*th = (struct bulla_thread){ .asker = A };
	snprintf(event(A, "request", received)->urgency, 33, "%s", class);
}

static void
judge(const char *now)
{
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_threads_judge(&all, at(now), &err), BULLA_OK,
	    "%s", err.msg);
}

static void
expect_clock(const char *which, const struct bulla_clock *c,
    enum bulla_clock_state state, const char *due)
{
	char got[BULLA_WHEN_LEN + 1] = "-";

	if (c->due != 0)
		bulla_when_text(c->due, got);
	cr_expect_eq(c->state, state, "%s: %s, want %s", which,
	    bulla_clock_state_text(c->state), bulla_clock_state_text(state));
	cr_expect_str_eq(got, due, "%s: due %s, want %s", which, got, due);
}

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

Test(thread, a_preservation_is_held_extended_and_expires)
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
Test(thread, an_earlier_date_of_the_holder_is_due_and_changes_no_figure)
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
Test(thread, a_preservation_is_not_used_by_itself_or_what_came_before)
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

Test(thread, a_preservation_is_used_by_the_request_that_follows)
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

Test(thread, updates_are_due_until_the_final_answer)
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

Test(thread, a_call_is_resolved_by_the_other_side)
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

Test(thread, what_falls_due_and_for_whom)
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
