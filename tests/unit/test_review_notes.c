#include "review_kit.h"

/* WRAP: fsync fdatasync */

/*
 * Where records differ, or say that something went wrong. Period of all
 * tests: [h 0, h 100).
 */
static struct bulla_review x, y;

TestSuite(review_notes, .init = begin, .fini = end);

static void
both(void)
{
	review(&a, h(0), h(100), NULL, &x);
	review(&b, h(0), h(100), NULL, &y);
}

static void
free_both(void)
{
	bulla_review_free(&x);
	bulla_review_free(&y);
}

static int64_t
value(const struct bulla_review *r, int side, const char *name)
{
	const struct bulla_figure *f = bulla_review_get(r,
	    BULLA_REVIEW_HANDOVERS, side, "*", "*", name);

	cr_assert_not_null(f, "%s", name);
	return f->known ? f->value : -1;
}

static const struct bulla_remark *
remark(const struct bulla_review *r, enum bulla_remark_kind kind)
{
	for (size_t i = 0; i < r->n_remarks; i++) {
		if (r->remark[i].kind == kind)
			return &r->remark[i];
	}
	return NULL;
}

/* A custody note about the last package, in both homes' ledgers. */
struct said {
	const char *event, *label, *text;
	struct side *actor;
	const struct bulla_signer *by;
	int64_t time;
};

static void
say(const struct said *s)
{
	static const char sum[] = "00000000000000000000000000000000"
	    "00000000000000000000000000000000";
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_custody c = { .sequence = 9, .has_seal = true,
	    .has_previous = true, .time = s->time,
	    .event = bulla_cur_str(s->event),
	    .actor = bulla_cur_str(s->actor->name),
	    .result = bulla_cur_str("done") };
	struct bulla_cur v;

	memcpy(c.id, sent_id[n_sent - 1], sizeof(c.id));
	memcpy(c.seal, sent_seal[n_sent - 1], sizeof(c.seal));
	memcpy(c.previous, c.seal, sizeof(c.previous));
	c.extra[c.n_extra++] = (struct bulla_custody_extra){
	    bulla_cur_str(s->label), bulla_cur_str(s->text) };
	if (strcmp(s->event, "reject") == 0)
		c.extra[c.n_extra++] = (struct bulla_custody_extra){
		    bulla_cur_str("package-sha256"), bulla_cur_str(sum) };
	bulla_custody_put(&text, &c);
	v = bulla_buf_view(&text);
	cr_assert_eq(bulla_note_sign(&v, s->by, 1, &note, NULL), BULLA_OK);
	v = bulla_buf_view(&note);
	cr_assert_eq(bulla_home_record(&a.h, &v, 1, NULL), BULLA_OK);
	cr_assert_eq(bulla_home_record(&b.h, &v, 1, NULL), BULLA_OK);
	bulla_buf_free(&text);
	bulla_buf_free(&note);
}

static const char *
handed(const char *kind, int how_far)
{
	return kit_send(&(struct parcel){ .from = &a, .to = &b, .kind = kind,
	    .class = "urgent", .created = h(1), .received = h(2),
	    .how_far = how_far });
}

Test(review_notes, a_receipt_that_is_lost_is_named_on_both_sides)
{
	const char *id = handed("request", RECEIVED);

	both();
	/* a cannot prove it; b has its own receipt, which a may lack */
	cr_expect_eq(remark(&x, BULLA_REMARK_UNPROVED) != NULL, true);
	cr_expect_str_eq(remark(&x, BULLA_REMARK_UNPROVED)->id, id);
	cr_expect_str_eq(remark(&x, BULLA_REMARK_NO_RECEIPT)->id, id);
	cr_expect_str_eq(remark(&y, BULLA_REMARK_UNANSWERED)->id, id);
	cr_expect(value(&x, 0, "without-receipt") == 1 &&
	    value(&y, 0, "without-receipt") == 0);
	cr_expect_null(remark(&x, BULLA_REMARK_COSIGNED));
	free_both();
	/* b's witness has cosigned the handover: a proof that b lacks */
	kit_cosign(&a, &b, h(3));
	review(&a, h(0), h(100), NULL, &x);
	cr_expect_str_eq(remark(&x, BULLA_REMARK_COSIGNED)->id, id);
	cr_expect_null(remark(&x, BULLA_REMARK_UNPROVED));
	cr_expect_eq(bulla_review_get(&x, BULLA_REVIEW_TIMELINESS, 0, "*",
	    "*", "received")->value, 1);
	bulla_review_free(&x);
}

Test(review_notes, a_statement_names_what_they_lack)
{
	const char *id = handed("request", SEALED);
	struct bulla_statement s;

	cr_assert_eq(bulla_statement_of_home("B", "b.example", h(4), &s,
	    &err), BULLA_OK);
	review(&a, h(0), h(100), &s, &x);
	cr_expect(x.compared);
	cr_assert_not_null(remark(&x, BULLA_REMARK_DIFFERS));
	cr_expect_str_eq(remark(&x, BULLA_REMARK_DIFFERS)->id, id);
	cr_expect_not_null(strstr(remark(&x, BULLA_REMARK_DIFFERS)->text,
	    "b.example lacks"));
	bulla_review_free(&x);
	bulla_statement_free(&s);
	/* our own says nothing */
	cr_assert_eq(bulla_statement_of_home("A", "a.example", h(4), &s,
	    &err), BULLA_OK);
	cr_expect_eq(bulla_review_load(&(struct bulla_review_from){
	    .home = &a.h, .from = h(0), .to = h(100), .theirs = &s }, &x,
	    &err), BULLA_E_USAGE);
	bulla_statement_free(&s);
}

Test(review_notes, rejected_and_disputed)
{
	struct said r = { "reject", "reason", "bag-invalid", &side_b,
	    &side_b.s[RECEIVER], h(3) };

	(void)handed("evidence", SEALED);
	say(&r);
	(void)from_a("evidence", NULL, NULL, h(4));
	say(&(struct said){ "dispute", "grounds", "other bytes", &side_b,
	    &side_b.s[CUSTODIAN], h(5) });
	both();
	expect_same_review(&x, &y);
	cr_expect_eq(value(&x, 0, "rejected"), 1);
	cr_expect_eq(value(&x, 0, "invalid-bags"), 1);
	cr_expect_eq(value(&x, 0, "disputed"), 1);
	cr_expect_eq(value(&x, 0, "handed-over"), 1);
	cr_expect_eq(value(&x, 0, "without-receipt"), 0);
	cr_expect_eq(value(&x, 0, "arrival-median"), 0);
	cr_expect_eq(value(&x, 1, "rejected"), 0);
	free_both();
}

/* What is signed by the wrong key, or of another time, says nothing. */
Test(review_notes, which_rejects_count)
{
	const struct said good = { "reject", "reason", "hash-mismatch",
	    &side_b, &side_b.s[RECEIVER], h(3) };
	struct said r = good;

	(void)handed("evidence", SEALED);
	r.by = &side_b.s[SEALER];
	r.time++;	/* another text: the first of one text is what counts */
	say(&r);
	r.by = &side_a.s[RECEIVER];
	r.time++;
	say(&r);
	r = good;
	r.actor = &side_a;	/* who sent it */
	r.by = &side_a.s[RECEIVER];
	say(&r);
	r = good;
	r.time = h(101);
	say(&r);
	both();
	cr_expect_eq(value(&x, 0, "rejected"), 0);
	cr_expect_eq(value(&x, 1, "rejected"), 0);
	free_both();
	say(&good);
	both();
	cr_expect_eq(value(&x, 0, "rejected"), 1);
	cr_expect_eq(value(&x, 0, "invalid-bags"), 0);
	free_both();
}

Test(review_notes, exercises_are_reviewed_among_themselves)
{
	struct parcel p = { .from = &a, .to = &b, .kind = "evidence",
	    .exercise = true, .created = h(0), .received = h(1),
	    .how_far = COUNTERSIGNED };
	const struct bulla_review_from from = { .home = &a.h, .from = h(0),
	    .to = h(100), .exercise = true };

	(void)kit_send(&p);
	p.kind = "request";
	(void)kit_send(&p);
	(void)from_a("evidence", NULL, NULL, h(2));
	both();
	cr_expect_eq(value(&x, 0, "handed-over"), 1);
	cr_expect_eq(x.threads.n, 0);
	free_both();
	cr_assert_eq(bulla_review_load(&from, &x, &err), BULLA_OK);
	cr_expect_eq(value(&x, 0, "handed-over"), 2);
	cr_expect_eq(x.threads.n, 1);
	bulla_review_free(&x);
}

Test(review_notes, what_cannot_be_read_is_listed)
{
	const char *id = handed("request", COUNTERSIGNED);

	both();
	cr_expect_str_eq(remark(&x, BULLA_REMARK_UNREAD)->id, id);
	cr_expect_not_null(bulla_review_get(&x, BULLA_REVIEW_TIMELINESS, 0,
	    "urgent", "?", "received"));
	/* once both have opened it */
	keep_request(id, "urgent", "fraud", h(1) + 60);
	free_both();
	both();
	cr_expect_null(remark(&x, BULLA_REMARK_UNREAD));
	expect_same_review(&x, &y);
	free_both();
}

Test(review_notes, a_period_must_be_one)
{
	struct bulla_review_from from = { .home = &a.h, .from = h(2),
	    .to = h(2) };

	cr_expect_eq(bulla_review_load(&from, &x, &err), BULLA_E_USAGE);
	from.from = -1;
	cr_expect_eq(bulla_review_load(&from, &x, &err), BULLA_E_USAGE);
}

/* The kit's agreement: review days 2026-12-15 and 2027-06-15. */
Test(review_notes, the_period_is_that_of_the_agreement)
{
	const int64_t dec = INT64_C(1797292800), jun = INT64_C(1813017600);
	struct bulla_agreements l = { 0 };
	int64_t from = 0, to = 0;
	bool agreed;

	cr_assert_eq(bulla_agreements_load("A", a.h.trust, &l, &err),
	    BULLA_OK);
	bulla_review_period(&l, jun, &from, &to, &agreed);
	cr_expect(from == dec && to == jun && agreed);
	from = to = 0;
	bulla_review_period(&l, jun - 1, &from, &to, &agreed);
	cr_expect(to == dec && from == dec - 183 * 86400 && agreed);
	from = to = 0;
	bulla_review_period(&l, dec - 1, &from, &to, &agreed);
	cr_expect(to == dec - 1 && !agreed);
	from = dec + 5;
	to = dec + 9;
	bulla_review_period(&l, jun, &from, &to, &agreed);
	cr_expect(from == dec + 5 && to == dec + 9 && !agreed);
	bulla_agreements_free(&l);
}
