#include "thread_home.h"

TestSuite(thread_home, .init = begin, .fini = end);

static void
expect_same_events(const struct bulla_thread *x, const struct bulla_thread *y)
{
	cr_assert_eq(x->n_events, y->n_events);
	for (size_t i = 0; i < x->n_events; i++) {
		struct bulla_event p = x->event[i], q = y->event[i];

		/* what is each side's own */
		p.cosigned = q.cosigned = 0;
		p.countersigned = q.countersigned = false;
		cr_expect(memcmp(&p, &q, sizeof(p)) == 0, "%s %s", p.kind,
		    q.kind);
	}
}

/* Everything that is not marked OWN. */
static void
expect_same(const struct bulla_threads *x, const struct bulla_threads *y)
{
	cr_assert_eq(x->n, y->n);
	cr_expect(x->ours == 0 && y->ours == 1);
	for (size_t i = 0; i < x->n; i++) {
		struct bulla_thread p = x->v[i], q = y->v[i];

		expect_same_events(&p, &q);
		cr_assert(p.n_stops == q.n_stops && p.n_calls == q.n_calls);
		cr_expect(p.n_stops == 0 || memcmp(p.stop, q.stop,
		    p.n_stops * sizeof(*p.stop)) == 0);
		cr_expect(p.n_calls == 0 || memcmp(p.call, q.call,
		    p.n_calls * sizeof(*p.call)) == 0);
		p.event = q.event = NULL;
		p.stop = q.stop = NULL;
		p.call = q.call = NULL;
		cr_expect(memcmp(&p, &q, sizeof(p)) == 0, "thread %zu", i);
	}
}

Test(thread_home, both_homes_see_the_same)
{
	struct bulla_threads x, y;
	const char *r, *s, *hot;

	r = from_a("request", NULL, "emergency", h(0));
	(void)from_b("acknowledge", r, h(1));
	(void)from_b("clarification", r, h(2));
	(void)from_a("clarification", r, NULL, h(4));
	s = from_b("request", NULL, h(5));	/* of no class */
	hot = from_a("hotline", r, NULL, h(6));
	(void)from_b("hotline", hot, h(7));
	(void)from_b("full", r, h(9));
	(void)from_a("acknowledge", s, NULL, h(10));
	(void)from_a("closed", r, NULL, h(11));
	kit_cosign(&a, &b, h(12));
	load(&a, h(20), &x);
	load(&b, h(20), &y);
	expect_same(&x, &y);
	cr_assert_eq(x.n, 2);
	cr_expect_str_eq(x.v[0].event[0].id, r);
	cr_expect_eq(x.v[0].start, h(0));
	cr_expect(x.v[0].state == BULLA_THREAD_CLOSED &&
	    x.v[0].stopped == 7200 && x.v[0].n_calls == 1);
	cr_expect(x.v[0].call[0].raised == h(6) &&
	    x.v[0].call[0].resolved == h(7));
	cr_expect_eq(x.v[0].first.due, h(10), "8 h and 2 h stopped");
	cr_expect_eq(x.v[0].first.done, h(9));
	cr_expect(x.v[1].asker == 1 && !x.v[1].has_class);
	for (size_t i = 0; i < x.v[0].n_events; i++)
		cr_expect(x.v[0].event[i].countersigned &&
		    y.v[0].event[i].countersigned &&
		    x.v[0].event[i].cosigned == h(12) &&
		    y.v[0].event[i].cosigned == h(12) &&
		    x.v[0].event[i].claimed == x.v[0].event[i].received - 60);
	cr_expect(x.n_strays == 0 && y.n_strays == 0);
	bulla_threads_free(&x);
	bulla_threads_free(&y);
}

Test(thread_home, sealed_and_never_sent_is_not_received)
{
	struct parcel p = { .from = &a, .to = &b, .kind = "request",
	    .class = "emergency", .created = h(0), .how_far = SEALED };
	struct bulla_threads x, y;

	(void)kit_send(&p);
	kit_cosign(&a, &b, h(1));	/* covers the seal, and no handover */
	load(&a, h(20), &x);
	load(&b, h(20), &y);
	cr_assert(x.n == 1 && y.n == 0);
	cr_expect(x.v[0].state == BULLA_THREAD_UNPROVED);
	cr_expect_eq(x.v[0].event[0].cosigned, h(1));
	bulla_threads_free(&x);
	bulla_threads_free(&y);
}

Test(thread_home, a_further_request_answers_or_begins)
{
	struct bulla_threads x, y;
	const char *r = from_a("request", NULL, "emergency", h(0));
	struct parcel theirs = { .from = &b, .to = &a, .kind = "request",
	    .ref = r, .class = "emergency", .created = h(3),
	    .received = h(3) + 5, .how_far = COUNTERSIGNED };

	(void)from_a("request", r, "emergency", h(1));	/* nobody has asked */
	(void)from_b("clarification", r, h(2));
	(void)from_a("request", r, "urgent", h(3));	/* another matter */
	(void)kit_send(&theirs);			/* b asks something */
	(void)from_b("full", from_a("request", r, "emergency", h(4)), h(5));
	(void)from_a("request", r, "emergency", h(6));	/* nothing waits */
	load(&a, h(20), &x);
	load(&b, h(20), &y);
	expect_same(&x, &y);
	cr_assert_eq(x.n, 5);
	cr_expect(x.v[0].n_events == 4 && x.v[0].stopped == 7200 &&
	    x.v[0].state == BULLA_THREAD_ANSWERED);
	cr_expect_eq(x.v[3].asker, 1);
	for (size_t i = 1; i < 5; i++) {
		cr_expect_eq(x.v[i].n_events, 1);
		cr_expect_str_eq(x.v[i].related, r);
	}
	bulla_threads_free(&x);
	bulla_threads_free(&y);
}

/*
 * Who answers could ask something, refuse, and have the next request counted
 * as the answer to the question: it would have no clock of its own.
 */
Test(thread_home, no_question_outlives_its_request)
{
	struct bulla_threads x, y;
	const char *r = from_a("request", NULL, "emergency", h(0)), *s;

	(void)from_b("clarification", r, h(1));
	(void)from_b("refused", r, h(2));
	(void)from_a("request", r, "emergency", h(3));
	s = from_a("request", NULL, "emergency", h(4));
	(void)from_b("full", s, h(5));
	(void)from_b("clarification", s, h(6));
	(void)from_a("request", s, "emergency", h(7));
	s = from_a("request", NULL, "emergency", h(8));
	(void)from_b("clarification", s, h(9));
	(void)from_a("withdrawn", s, NULL, h(10));
	(void)from_a("request", s, "emergency", h(11));
	load(&a, h(50), &x);
	load(&b, h(50), &y);
	expect_same(&x, &y);
	cr_assert_eq(x.n, 6);
	for (size_t i = 0; i < 6; i++) {
		const int64_t start[] = { 0, 3, 4, 7, 8, 11 };

		cr_expect_eq(x.v[i].start, h(start[i]));
		cr_expect_eq(x.v[i].final.state == BULLA_CLOCK_OVERDUE,
		    i % 2 == 1, "%zu", i);
	}
	bulla_threads_free(&x);
	bulla_threads_free(&y);
}

Test(thread_home, what_has_no_place_is_listed)
{
	static const char nobody[] = "0123456789abcdef0123456789abcdef";
	struct bulla_threads x, y;
	struct parcel bad = { .from = &a, .to = &b, .kind = "request",
	    .class = "urgent", .bad_seal = true, .created = h(0),
	    .received = h(1), .how_far = COUNTERSIGNED };
	char path[100];

	(void)from_a("acknowledge", NULL, NULL, h(0));
	(void)from_b("full", nobody, h(1));
	(void)from_a("evidence", nobody, NULL, h(2));	/* no answer: fine */
	(void)kit_send(&bad);
	(void)from_a("hotline", NULL, NULL, h(3));	/* about nothing */
	load(&a, h(20), &x);
	load(&b, h(20), &y);
	expect_same(&x, &y);
	cr_assert(x.n == 1 && x.n_strays == 3 && y.n_strays == 3);
	cr_expect(x.v[0].state == BULLA_THREAD_CALL && x.v[0].n_calls == 1);
	for (size_t i = 0; i < 3; i++) {
		const char *id = x.stray[i].event.id, *why = x.stray[i].why;

		cr_expect_str_eq(why, y.stray[i].why);
		cr_expect_not_null(strstr(why, strcmp(id, sent_id[0]) == 0 ?
		    "names no request" : strcmp(id, sent_id[1]) == 0 ?
		    "is not here" : "seal does not count"), "%s", why);
	}
	bulla_threads_free(&x);
	snprintf(path, sizeof(path), "A/packages/%s.bulla", sent_id[4]);
	cr_assert_eq(truncate(path, 1000), 0);
	load(&a, h(20), &x);
	cr_expect(x.n == 0 && x.n_strays == 4);
	bulla_threads_free(&x);
	bulla_threads_free(&y);
}

Test(thread_home, exercises_stay_among_themselves)
{
	struct parcel p = { .from = &a, .to = &b, .kind = "request",
	    .class = "emergency", .exercise = true, .created = h(0),
	    .received = h(1), .how_far = COUNTERSIGNED };
	struct bulla_threads x;

	(void)kit_send(&p);
	(void)from_a("request", NULL, "urgent", h(2));
	load(&b, h(20), &x);
	cr_expect(x.n == 1 && x.n_left_out == 1 && x.v[0].start == h(2));
	bulla_threads_free(&x);
	load_as(&b, h(20), true, &x);
	cr_expect(x.n == 1 && x.n_left_out == 1 && x.v[0].start == h(1) &&
	    x.v[0].event[0].exercise);
	bulla_threads_free(&x);
}

/* Without a ledger the notes in custody/ count; nothing is cosigned then. */
Test(thread_home, a_home_without_a_ledger)
{
	struct bulla_threads x, y;

	(void)from_b("acknowledge", from_a("request", NULL, "emergency",
	    h(0)), h(1));
	load(&a, h(20), &x);
	end_close(&b);
	shell("rm -rf B/ledger B/keys/log.*");
	end_open(&b, "B", &side_b);
	cr_assert_null(b.h.ledger);
	load(&b, h(20), &y);
	expect_same(&x, &y);
	cr_expect_eq(y.v[0].event[0].cosigned, 0);
	bulla_threads_free(&x);
	bulla_threads_free(&y);
}

Test(thread_home, takes_two_rosters)
{
	struct bulla_home none = { .path = "A" };
	const struct bulla_threads_from from = { .home = &none };
	struct bulla_threads x;

	cr_expect_eq(bulla_threads_load(&from, &x, &err), BULLA_E_USAGE);
}

/* Somebody keeps a copy of a package where the packages are. */
Test(thread_home, a_copy_beside_it_is_no_second_request)
{
	const char *r = from_a("request", NULL, "urgent", h(0));
	char from[200], to[200];
	struct bulla_threads x;

	snprintf(from, sizeof(from), "B/packages/%s.bulla", r);
	snprintf(to, sizeof(to), "B/packages/%s (1).bulla", r);
	cr_assert_eq(link(from, to), 0);
	load(&b, h(20), &x);
	cr_expect(x.n == 1 && x.v[0].n_events == 1 && x.n_strays == 1);
	cr_expect_not_null(strstr(x.stray[0].why, "this is the package"),
	    "%s", x.stray[0].why);
	bulla_threads_free(&x);
}
