#include "review_kit.h"

/* WRAP: fsync fdatasync */

/*
 * Between a.example and b.example, with the agreement of the kit. All times
 * are hours (h) since NOW; what is sent arrives at that time; each package is
 * relinquished and received in that second. Period: [h 0, h 100).
 *
 * R1 a asks, emergency, fraud: h 0. ack h 1 (due h 1: in time). clarification
 *    h 2, answered h 4: stopped 2 h. full h 9 (first due h 10, final due h 26).
 *    updates due every 6 h, not while it stands: h 8, given by what came in
 *    (h 0, h 8]. hotline call of a at h 6, answered by b at h 7. result h 20.
 * R2 a asks, emergency, fraud: h 10. ack h 12 (due h 11: late by one hour,
 *    decided at h 11). refused h 15: human-rights. First due h 18, final h 34.
 * R3 a asks, preserve, other: h 20. ack and preserved h 30: one package
 *    (ack due h 24: late; first due h 44: in time). Held for 60 days.
 * R4 a asks, emergency, malicious-cyber: h 40. Nothing. ack due h 41, first
 *    h 48, final h 64: overdue, the oldest by 59 h. updates due h 46, 52, 58,
 *    64, 70, 76, 82, 88, 94: none given.
 * R5 b asks, emergency, fraud: h 50. withdrawn h 50.5: ack due h 51: void.
 * R6 b asks, of a class that was not agreed: h 60. ack h 61. Nothing was
 *    promised.
 */
static const char *r1, *r2, *r3, *r4, *r5, *r6, *call, *ack2, *held3;
static struct bulla_review x, y;

static void
exchange(void)
{
	r1 = ask_a("emergency", "fraud", h(0));
	(void)from_b("acknowledge", r1, h(1));
	(void)from_b("clarification", r1, h(2));
	(void)from_a("clarification", r1, NULL, h(4));
	call = from_a("hotline", r1, NULL, h(6));
	(void)from_b("hotline", call, h(7));
	(void)from_b("full", r1, h(9));
	r2 = ask_a("emergency", "fraud", h(10));
	ack2 = from_b("acknowledge", r2, h(12));
	keep_refusal(from_b("refused", r2, h(15)), r2, "human-rights", h(15));
	(void)from_b("result", r1, h(20));
	r3 = ask_a("preserve", "other", h(20) + 1);
	held3 = from_b("preserved", r3, h(30));
	r4 = ask_a("emergency", "malicious-cyber", h(40));
	r5 = ask_b("emergency", "fraud", h(50));
	(void)from_b("withdrawn", r5, h(50) + 1800);
	r6 = ask_b("gold", "fraud", h(60));
	(void)from_a("acknowledge", r6, NULL, h(61));
	kit_cosign(&a, &b, h(62));
}

static void
begin_reviewed(void)
{
	begin();
	exchange();
	review(&a, h(0), h(100), NULL, &x);
	review(&b, h(0), h(100), NULL, &y);
}

static void
finish(void)
{
	bulla_review_free(&x);
	bulla_review_free(&y);
	end();
}

TestSuite(review, .init = begin_reviewed, .fini = finish);

/* value -1: nothing is behind it */
struct want {
	const char *name;
	int64_t value;
	size_t n;			/* records behind it */
};
#define T BULLA_REVIEW_TIMELINESS
#define Q BULLA_REVIEW_REQUESTS
#define R BULLA_REVIEW_REPLIES
#define H BULLA_REVIEW_HANDOVERS
#define O BULLA_REVIEW_OWN

static void
expect(enum bulla_review_table t, int side, const char *class,
    const char *category, const struct want *w)
{
	for (; w->name != NULL; w++) {
		const struct bulla_figure *f = bulla_review_get(&x, t, side,
		    class, category, w->name);

		cr_assert_not_null(f, "%s", w->name);
		cr_expect(f->known ? f->value == w->value : w->value == -1,
		    "%s %s %s: %s %lld, not %lld", class, category, w->name,
		    f->known ? "is" : "unknown", (long long)f->value,
		    (long long)w->value);
		cr_expect_eq(f->n, w->n, "%s %s %s: %zu records", class,
		    category, w->name, f->n);
	}
}

Test(review, timeliness_of_what_a_asks)
{
	static const struct want all[] = {
		{ "received", 4, 4 },
		/* R1 h 9, R2 h 15, R3 h 30 (held) */
		{ "closed", 3, 3 }, { "open", 1, 1 },
		/* 3600, 7200, 36000 - 1: ranks 2 and 3 of 3 */
		{ "acknowledge-median", 7200, 3 },
		{ "acknowledge-p90", 35999, 3 },
		/* R2, R3, R4; R1 was in time: 1 of 4 */
		{ "acknowledge-in-time", 1, 1 }, { "acknowledge-late", 3, 3 },
		{ "acknowledge-in-time-share", 250, 4 },
		/* R1 9 h - 2 h, R2 5 h, R3 10 h - 1 s; R4 late */
		{ "first-median", 25200, 3 }, { "first-p90", 35999, 3 },
		{ "first-in-time", 3, 3 }, { "first-late", 1, 1 },
		{ "first-in-time-share", 750, 4 },
		/* R1 7 h, R2 5 h */
		{ "final-median", 18000, 2 }, { "final-p90", 25200, 2 },
		{ "final-in-time", 2, 2 }, { "final-late", 1, 1 },
		{ "final-in-time-share", 666, 3 },
		{ "final-wall-median", 18000, 2 },
		{ "final-wall-p90", 32400, 2 },
		/* R4, since h 41 */
		{ "overdue-under-1d", 0, 0 }, { "overdue-1d-to-7d", 1, 1 },
		{ "overdue-7d-to-30d", 0, 0 }, { "overdue-over-30d", 0, 0 },
		/* of 9 + 5 + 10 + 60 h but a second: 7200 / 302399 */
		{ "stopped", 7200, 4 }, { "stopped-share", 23, 4 },
		{ "preserved", 1, 1 }, { "held", 1, 1 },
		{ "expired-unused", 0, 0 },
		{ "hotline-calls", 1, 1 }, { "hotline-median", 3600, 1 },
		{ "hotline-p90", 3600, 1 }, { "hotline-unresolved", 0, 0 },
		/* R1 h 8; R4 nine times */
		{ "updates-given", 1, 2 }, { "updates-missed", 9, 2 },
		{ "updates-share", 100, 2 },
		{ 0 },
	};

	expect(T, 0, "*", "*", all);
}

Test(review, timeliness_by_class_and_category)
{
	static const struct want fraud[] = {
		{ "received", 2, 2 }, { "closed", 2, 2 }, { "open", 0, 0 },
		{ "acknowledge-median", 3600, 2 },
		{ "acknowledge-p90", 7200, 2 },
		{ "acknowledge-in-time-share", 500, 2 },
		/* 7200 of 14 h */
		{ "stopped-share", 142, 2 }, { 0 },
	};
	static const struct want preserve[] = {
		{ "received", 1, 1 }, { "held", 1, 1 },
		{ "final-median", -1, 0 }, { "final-in-time-share", -1, 0 },
		{ "updates-share", -1, 0 }, { 0 },
	};
	static const struct want cyber[] = {
		{ "open", 1, 1 }, { "acknowledge-median", -1, 0 },
		{ "acknowledge-in-time-share", 0, 1 }, { 0 },
	};
	static const struct want b[] = {
		{ "received", 2, 2 },
		/* R5; R6 is open: nobody has answered it */
		{ "closed", 1, 1 }, { "open", 1, 1 },
		/* of R6, without a deadline */
		{ "acknowledge-median", 3600, 1 },
		{ "acknowledge-in-time-share", -1, 0 },
		{ "stopped-share", 0, 2 }, { 0 },
	};
	static const struct want none[] = { { "received", 1, 1 }, { 0 } };

	expect(T, 0, "emergency", "fraud", fraud);
	expect(T, 0, "*", "fraud", fraud);
	expect(T, 0, "preserve", "*", preserve);
	expect(T, 0, "preserve", "other", preserve);
	expect(T, 0, "emergency", "malicious-cyber", cyber);
	expect(T, 1, "*", "*", b);
	expect(T, 1, "-", "fraud", none);
	cr_expect_null(bulla_review_get(&x, T, 1, "preserve", "*",
	    "received"));
}

Test(review, quality)
{
	static const struct want asked[] = {
		/* R2, R3; R1 was asked back */
		{ "complete", 2, 2 }, { "asked-back", 1, 1 },
		{ "complete-share", 666, 3 },
		{ "clarification-rounds", 1, 1 }, { "withdrawn", 0, 0 },
		{ 0 },
	};
	static const struct want asked_b[] = {
		{ "complete", 1, 1 }, { "withdrawn", 1, 1 }, { 0 },
	};
	static const struct want answered[] = {
		{ "full", 1, 1 }, { "partial", 0, 0 }, { "refused", 1, 1 },
		{ "preserved", 1, 1 }, { "refused-human-rights", 1, 1 },
		{ "refused-ground-not-read", 0, 0 },
		/* R1 has one, R2 and R3 have none */
		{ "with-result", 1, 1 }, { "without-result", 2, 2 },
		{ "with-result-share", 333, 3 }, { 0 },
	};
	static const struct want answered_a[] = {
		/* a withdrawn one needs none */
		{ "with-result-share", -1, 0 }, { 0 },
	};

	expect(Q, 0, "*", "*", asked);
	expect(Q, 1, "*", "*", asked_b);
	expect(R, 0, "*", "*", answered);
	expect(R, 1, "*", "*", answered_a);
}

Test(review, handovers_and_trust)
{
	/* a: R1 to R4, answer, call, acknowledge of R6 */
	static const struct want by_a[] = {
		{ "handed-over", 7, 7 }, { "arrival-median", 0, 7 },
		{ "without-receipt", 0, 0 }, { "rejected", 0, 0 },
		{ "invalid-bags", 0, 0 }, { "disputed", 0, 0 }, { 0 },
	};
	/* b: five to R1 and one to its call, two to R2, one to R3, three */
	static const struct want by_b[] = { { "handed-over", 11, 11 }, { 0 } };
	/*
	 * 18 packages, of each a seal (a minute before), a relinquish and a
	 * receive; the first seal is before the period. All cosigned at h 62.
	 */
	static const struct want own[] = {
		{ "cosigned-share", 1000, 53 }, { "not-cosigned", 0, 0 },
		{ 0 },
	};

	expect(H, 0, "*", "*", by_a);
	expect(H, 1, "*", "*", by_b);
	expect(O, 0, "*", "*", own);
	cr_expect_eq(x.last_cosigned, h(62));
	cr_expect(x.n_cosigned >= 54 && x.n_cosigned <= x.n_ledger);
}

Test(review, every_figure_names_its_records)
{
	const struct bulla_figure *f = bulla_review_get(&x, T, 0, "*", "*",
	    "acknowledge-late");
	const char *const want[] = { ack2, held3, r4 };

	cr_assert_eq(f->n, 3);
	for (size_t i = 0; i < 3; i++)
		cr_expect_str_eq(x.record[x.behind[f->first + i]].id,
		    want[i]);
	f = bulla_review_get(&x, T, 0, "*", "*", "hotline-calls");
	cr_expect_str_eq(x.record[x.behind[f->first]].id, call);
	cr_expect_str_eq(x.record[x.behind[f->first]].what, "hotline");
	for (size_t i = 0; i < x.n_figures; i++)
		cr_expect(x.figure[i].known || x.figure[i].n == 0);
}

Test(review, both_sides_get_the_same_bytes)
{
	expect_same_review(&x, &y);
	cr_expect_eq(x.n_common, y.n_common);
	cr_expect(x.n_remarks > 0, "R6 has no class");
	cr_expect_eq(x.remark[0].kind, BULLA_REMARK_NO_CLASS);
	cr_expect_str_eq(x.remark[0].id, r6);
}

/* What was decided in one period is not decided again in the next. */
static void
expect_sums(int64_t cut)
{
	static const char *const sums[] = { "received", "closed",
	    "acknowledge-in-time", "acknowledge-late", "first-in-time",
	    "first-late", "final-in-time", "final-late", "stopped",
	    "preserved", "hotline-calls", "updates-given", "updates-missed",
	    NULL };
	struct bulla_review part;
	int64_t sum[16] = { 0 };

	for (int k = 0; k < 2; k++) {
		review(&a, k == 0 ? h(-1) : cut, k == 0 ? cut : h(100), NULL,
		    &part);
		for (size_t i = 0; sums[i] != NULL; i++)
			sum[i] += bulla_review_get(&part, T, 0, "*", "*",
			    sums[i])->value;
		bulla_review_free(&part);
	}
	for (size_t i = 0; sums[i] != NULL; i++)
		cr_expect_eq(sum[i], bulla_review_get(&x, T, 0, "*", "*",
		    sums[i])->value, "%s, parted at %lld", sums[i],
		    (long long)(cut - h(0)));
}

Test(review, periods_add_up)
{
	for (int64_t cut = h(0); cut <= h(99); cut += 3600 + 7)
		expect_sums(cut);
	/* R2 is due at h 11, R1 was acknowledged at h 1, asked at h 2 */
	for (int64_t s = -2; s <= 2; s++) {
		expect_sums(h(1) + s);
		expect_sums(h(2) + s);
		expect_sums(h(8) + s);
		expect_sums(h(11) + s);
	}
}
