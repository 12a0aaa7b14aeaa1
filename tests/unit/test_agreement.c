#include "trust_home.h"

#include "agreement_kit.h"

#include "core/agreement_int.h"

TestSuite(agreement, .init = begin, .fini = end);

static struct bulla_agreement *got;

static enum bulla_status
parse(const char *text)
{
	struct bulla_cur c = bulla_cur_str(text);

	if (got == NULL)
		got = calloc(1, sizeof(*got));
	cr_assert_not_null(got);
	e = (struct bulla_err){ 0 };
	return bulla_agreement_parse(&c, got, &e);
}

Test(agreement, a_good_one_is_read_and_written_back)
{
	struct bulla_buf text = BULLA_BUF_INIT(1u << 20);
	struct bulla_buf back = BULLA_BUF_INIT(1u << 20);
	struct bulla_cur name = bulla_cur_str("preserve");
	const struct bulla_class *c;
	struct bulla_calendar cal;

	agreed_text(&text, 1, SIDE_TIME, NULL, AGREED);
	cr_assert_eq(parse(bulla_buf_cstr(&text)), BULLA_OK, "%s", e.msg);
	bulla_agreement_put(&back, got);
	cr_expect_str_eq(bulla_buf_cstr(&back), bulla_buf_cstr(&text));
	cr_expect(got->version == 1 && got->from == SIDE_TIME);
	cr_expect(got->n_classes == 3 && got->n_levels == 2 &&
	    got->n_reviews == 2);
	c = bulla_agreement_class(got, &name);
	cr_assert_not_null(c);
	cr_expect(c->hold.unit == BULLA_DAYS && c->hold.n == 60);
	cr_expect(c->final.unit == BULLA_NO_TIME && c->final_kinds.n == 2);
	name = bulla_cur_str("preserved");
	cr_expect(bulla_kinds_has(&c->first_kinds, &name));
	cr_expect_not(bulla_kinds_has(&c->final_kinds, &name));
	cr_expect_null(bulla_agreement_class(got, &name));
	cr_expect(bulla_agreement_calendar(got, 0, &cal) &&
	    cal.n_holidays == 2 && cal.offset == 0);
	cr_expect(bulla_agreement_calendar(got, 1, &cal) &&
	    cal.n_holidays == 1 && cal.offset == 480 && cal.weekend == 0x60);
	name = bulla_cur_str("lead-official");
	cr_assert_not_null(bulla_agreement_level(got, &name));
	cr_expect(bulla_cur_is(&bulla_agreement_level(got, &name)->who[1],
	    "Lea"));
	/* without working days there need be no calendar */
	agreed_text(&text, 1, SIDE_TIME, NULL, "class: x\nacknowledge: 1h\n"
	    "first: -\nfinal: -\nstatus: -\nhold: -\nextension: -\n");
	cr_expect_eq(parse(bulla_buf_cstr(&text)), BULLA_OK, "%s", e.msg);
	cr_expect_not(bulla_agreement_calendar(got, 0, &cal));
	bulla_buf_free(&text);
	bulla_buf_free(&back);
	free(got);
}

/* What makes a good text bad: a piece of it, what stands there instead. */
static const struct {
	const char *what, *by, *why;
} bends[] = {
	{ "bulla agreement v1", "bulla agreement v2", "where" },
	{ "version: 1", "version: 0", "counts from 1" },
	{ "version: 1", "version: 01", "is not" },
	{ "version: 1", "version: 1000000", "is not" },
	{ "version: 1", "version: 2", "every other one has" },
	{ "previous: -", "previous: 00", "hex" },
	{ "previous: -", "previous: " NO_DIGEST,
	    "the first version has none" },
	{ "side: a.example", "side: c.example", "alphabetical" },
	{ "side: a.example", "side: b.example", "alphabetical" },
	{ "side: a.example", "side: a/example", "no name of a side" },
	{ "side: b.example\n", "", "where \"side: \" must stand" },
	{ "a.example +00:00", "b.example +00:00", "in their order" },
	{ "+00:00", "-00:00", "no offset" },
	{ "+08:00", "+14:01", "no offset" },
	{ "+08:00", "+8:00", "no offset" },
	{ "+08:00", "+07:60", "no offset" },
	{ "+08:00 sat sun", "+08:00 sun sat", "days without work" },
	{ "+08:00 sat sun", "+08:00 sat sat", "days without work" },
	{ "+08:00 sat sun", "+08:00 sat  sun", "days without work" },
	{ "+08:00 sat sun", "+08:00", "days without work" },
	{ "+08:00 sat sun", "+08:00 mon tue wed thu fri sat sun",
	    "days without work" },
	{ "a.example 2026-11-26", "a.example 2026-12-26", "out of order" },
	{ "a.example 2026-12-25", "a.example 2026-11-26", "out of order" },
	{ "a.example 2026-12-25", "c.example 2026-12-25", "not a side" },
	{ "a.example 2026-12-25", "a.example 2026-12-32", "not a side" },
	{ "a.example 2026-11-26\n", "a.example 2026-11-26\nholiday: "
	    "b.example 2026-11-24\n", "out of order" },
	{ "review: 2027-06-15", "review: 2026-12-15", "not later" },
	{ "review: 2027-06-15", "review: soon", "no date" },
	{ "class: urgent", "class: emergency", "twice" },
	{ "class: urgent", "class: Urgent", "no word" },
	{ "acknowledge: 4h", "acknowledge: 0h", "no duration" },
	{ "acknowledge: 4h\n", "", "\"acknowledge: \" must stand" },
	{ "first: 8h partial", "first: 8h partial partial", "twice" },
	{ "first: 8h partial", "first: 8h  partial", "no kind" },
	{ "first: 8h partial", "first: partial", "begin with a duration" },
	{ "first: 8h partial full refused", "first: 8h", "which kinds" },
	{ "hold: 60d", "hold: 60d 30d", "no duration" },
	{ "extension: 30d", "extension: 30", "no duration" },
	{ "status: 6h", "status: 6m", "no duration" },
	{ "contact-point b.example", "contact-point a.example",
	    "in their order" },
	{ "lead-official b.example", "other b.example", "one for each side" },
	{ "hotline: lead-official a", "hotline: contact-point a",
	    "one for each side" },
	{ "2h the desk", "- the desk", "time to answer" },
	{ "2h the desk", "2h", "who answers" },
	{ "hotline: lead-official b.example 1wd Lea\n", "",
	    "no complete line" },
	{ "hotline: lead-official b.example 1wd Lea\n",
	    "hotline: lead-official b.example 1wd Lea\nmore: x\n", "more" },
	{ AGREED_CLASSES, "", "\"class: \" must stand" },
	{ AGREED_DAYS, "", "no \"calendar:\" lines" },
};

Test(agreement, a_bad_one_is_named)
{
	struct bulla_buf text = BULLA_BUF_INIT(1u << 20);
	struct bulla_buf bent = BULLA_BUF_INIT(1u << 20);
	const char *s, *at;

	agreed_text(&text, 1, SIDE_TIME, NULL, AGREED);
	s = bulla_buf_cstr(&text);
	for (size_t i = 0; i < sizeof(bends) / sizeof(bends[0]); i++) {
		enum bulla_status st;

		bulla_buf_reset(&bent);
		at = strstr(s, bends[i].what);
		cr_assert_not_null(at, "%s", bends[i].what);
		bulla_buf_put(&bent, s, (size_t)(at - s));
		bulla_buf_str(&bent, bends[i].by);
		bulla_buf_str(&bent, at + strlen(bends[i].what));
		st = parse(bulla_buf_cstr(&bent));
		cr_expect_eq(st, BULLA_E_FORMAT, "%s -> %s: %d", bends[i].what,
		    bends[i].by, st);
		cr_expect(strstr(e.msg, bends[i].why) != NULL,
		    "%s: want \"%s\", is \"%s\"", bends[i].by, bends[i].why,
		    e.msg);
	}
	bulla_buf_free(&text);
	bulla_buf_free(&bent);
	free(got);
}

static void
put_many(struct bulla_buf *b, const char *before, const char *fmt, unsigned n)
{
	struct bulla_buf body = BULLA_BUF_INIT(1u << 20);

	bulla_buf_str(&body, before);
	for (unsigned i = 0; i < n; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		bulla_buf_fmt(&body, fmt, 1970 + i);
#pragma GCC diagnostic pop
	}
	agreed_text(b, 1, SIDE_TIME, NULL, bulla_buf_cstr(&body));
	bulla_buf_free(&body);
}

Test(agreement, has_limits)
{
	struct bulla_buf text = BULLA_BUF_INIT(1u << 20);

	put_many(&text, AGREED_DAYS, "class: c%u\nacknowledge: -\nfirst: -\n"
	    "final: -\nstatus: -\nhold: -\nextension: -\n", 33);
	cr_expect_eq(parse(bulla_buf_cstr(&text)), BULLA_E_LIMIT);
	put_many(&text, "", "review: %u-01-01\n", 65);
	cr_expect_eq(parse(bulla_buf_cstr(&text)), BULLA_E_LIMIT);
	put_many(&text, "calendar: a.example +00:00 -\ncalendar: b.example "
	    "+00:00 -\n", "holiday: a.example %u-01-01\n", 1025);
	cr_expect_eq(parse(bulla_buf_cstr(&text)), BULLA_E_LIMIT);
	put_many(&text, AGREED_DAYS AGREED_CLASSES, "hotline: l%1$u a.example "
	    "1h x\nhotline: l%1$u b.example 1h x\n", 9);
	cr_expect_eq(parse(bulla_buf_cstr(&text)), BULLA_E_LIMIT);
	put_many(&text, AGREED_DAYS "class: x\nacknowledge: 1h\nfirst: 1h",
	    " k%u", 17);
	cr_expect_eq(parse(bulla_buf_cstr(&text)), BULLA_E_FORMAT);
	put_many(&text, AGREED, "# %u\n", 20000);
	cr_expect_eq(parse(bulla_buf_cstr(&text)), BULLA_E_LIMIT);
	bulla_buf_free(&text);
	free(got);
}

Test(agreement, a_draft_gets_its_head)
{
	static const char draft[] = "# what we promise\r\n\n" AGREED_DAYS
	    "  \n# fast\n" AGREED_CLASSES AGREED_LEVELS "# the end";
	struct bulla_buf out = BULLA_BUF_INIT(1u << 20);
	struct bulla_buf want = BULLA_BUF_INIT(1u << 20);
	struct bulla_cur c = bulla_cur_str(draft);
	struct bulla_agreement *head = calloc(1, sizeof(*head));

	head->version = 2;
	head->from = SIDE_TIME;
	head->has_previous = true;
	memset(head->previous, 0xab, 32);
	head->side[0] = bulla_cur_str("a.example");
	head->side[1] = bulla_cur_str("b.example");
	cr_assert_eq(bulla_agreement_draft(head, &c, &out, &e), BULLA_OK);
	agreed_text(&want, 2, SIDE_TIME, head->previous, AGREED);
	cr_expect_str_eq(bulla_buf_cstr(&out), bulla_buf_cstr(&want));
	bulla_buf_free(&out);
	bulla_buf_free(&want);
	free(head);
}

/* Signed by `one` and `two` (keys, or NULL), taken in at now. */
static enum bulla_status
take_it(uint64_t version, int64_t from, const uint8_t *previous,
    const struct bulla_signer *one, const struct bulla_signer *two,
    int64_t now)
{
	struct bulla_buf text = BULLA_BUF_INIT(1u << 20);
	struct bulla_buf note = BULLA_BUF_INIT(1u << 20);
	unsigned before = n_open();
	enum bulla_status st;
	struct bulla_cur c;

	agreed_text(&text, version, from, previous, AGREED);
	agreed_note(&note, &text, one, two);
	c = bulla_buf_view(&note);
	e = (struct bulla_err){ 0 };
	st = bulla_agreement_take("home", t, &c, now, &e);
	cr_expect_eq(n_open(), before);
	bulla_buf_free(&text);
	bulla_buf_free(&note);
	return st;
}

static size_t
n_kept(void)
{
	struct bulla_agreements l = { 0 };
	size_t n;

	e = (struct bulla_err){ 0 };
	cr_assert_eq(bulla_agreements_load("home", t, &l, &e), BULLA_OK,
	    "%s", e.msg);
	n = l.n;
	bulla_agreements_free(&l);
	return n;
}

Test(agreement, takes_the_leads_of_both_sides)
{
	const int64_t at = SIDE_TIME + 100;

	both_in_force();
	cr_expect_eq(n_kept(), 0);
	cr_expect_eq(take_it(1, at, NULL, &a.s[LEAD], NULL, at),
	    BULLA_E_REFUSED);
	expect_msg("not signed by a lead of b.example");
	cr_expect_eq(take_it(1, at, NULL, &b.s[LEAD], NULL, at),
	    BULLA_E_REFUSED);
	expect_msg("not signed by a lead of a.example");
	cr_expect_eq(take_it(1, at, NULL, &a.s[SEALER], &b.s[HOTLINE], at),
	    BULLA_E_REFUSED);
	cr_expect_eq(take_it(1, at, NULL, &a.s[LEAD], &b.s[ROOT_A], at),
	    BULLA_E_REFUSED);
	/* before their keys are good, and after */
	cr_expect_eq(take_it(1, SIDE_TIME - 1, NULL, &a.s[LEAD], &b.s[LEAD],
	    at), BULLA_E_REFUSED);
	expect_msg("the lead of a.example");
	cr_expect_eq(take_it(1, SIDE_UNTIL, NULL, &a.s[LEAD], &b.s[LEAD],
	    at), BULLA_E_REFUSED);
	/* good at its date, but not when it is taken in */
	cr_expect_eq(take_it(1, at, NULL, &a.s[LEAD], &b.s[LEAD],
	    SIDE_UNTIL), BULLA_E_REFUSED);
	cr_expect_eq(n_kept(), 0);
	cr_expect_eq(take_it(1, at, NULL, &a.s[LEAD], &b.s[LEAD], at),
	    BULLA_OK, "%s", e.msg);
	cr_expect_eq(n_kept(), 1);
	cr_expect_eq(take_it(1, at, NULL, &a.s[LEAD], &b.s[LEAD], at),
	    BULLA_OK, "again: %s", e.msg);
	/* what they said while they might stays said */
	cr_assert_eq(suspend(&b, LEAD, HOTLINE, at + 50), BULLA_OK);
	cr_assert_eq(load(), BULLA_OK);
	cr_expect_eq(n_kept(), 1);
}

Test(agreement, a_new_version_follows_the_old_one)
{
	const struct bulla_signer *x = &a.s[LEAD], *y = &b.s[LEAD];
	const int64_t at = SIDE_TIME + 100;
	struct bulla_agreements l = { 0 };
	uint8_t first[32], zero[32] = { 0 };

	both_in_force();
	cr_expect_eq(take_it(2, at, zero, x, y, at), BULLA_E_REFUSED);
	expect_msg("where version 1 must come");
	cr_assert_eq(take_it(1, at, NULL, x, y, at), BULLA_OK, "%s", e.msg);
	cr_assert_eq(bulla_agreements_load("home", t, &l, &e), BULLA_OK);
	cr_expect_null(bulla_agreements_at(&l, at - 1));
	cr_expect_eq(bulla_agreements_at(&l, at), &l.v[0]);
	memcpy(first, l.v[0].digest, 32);
	bulla_agreements_free(&l);
	cr_expect_eq(take_it(2, at + 10, zero, x, y, at), BULLA_E_MISMATCH);
	cr_expect_eq(take_it(2, at, first, x, y, at), BULLA_E_REFUSED);
	expect_msg("no later a time");
	cr_expect_eq(take_it(3, at + 10, first, x, y, at), BULLA_E_REFUSED);
	cr_expect_eq(take_it(1, at + 10, NULL, x, y, at), BULLA_E_REFUSED);
	expect_msg("where version 2 must come");
	cr_expect_eq(take_it(2, at + 10, first, x, NULL, at), BULLA_E_REFUSED);
	cr_expect_eq(n_kept(), 1);
	/* from a date to come */
	cr_assert_eq(take_it(2, at + 5000, first, x, y, at), BULLA_OK, "%s",
	    e.msg);
	cr_assert_eq(bulla_agreements_load("home", t, &l, &e), BULLA_OK);
	cr_assert_eq(l.n, 2);
	cr_expect_eq(bulla_agreements_at(&l, at + 4999), &l.v[0]);
	cr_expect_eq(bulla_agreements_at(&l, at + 5000), &l.v[1]);
	bulla_agreements_free(&l);
}

/* The other side could stop all our clocks with a roster of its own. */
Test(agreement, a_lead_that_ends_before_its_time_takes_that_version_along)
{
	const struct bulla_signer *x = &a.s[LEAD], *y = &b.s[LEAD];
	const int64_t at = SIDE_TIME + 100;
	struct bulla_agreements l = { 0 };
	uint8_t first[32];

	both_in_force();
	cr_assert_eq(take_it(1, at, NULL, x, y, at), BULLA_OK);
	cr_assert_eq(bulla_agreements_load("home", t, &l, &e), BULLA_OK);
	cr_expect_str_empty(l.lapsed);
	memcpy(first, l.v[0].digest, 32);
	bulla_agreements_free(&l);
	cr_assert_eq(take_it(2, at + 5000, first, x, y, at), BULLA_OK);
	cr_assert_eq(suspend(&b, LEAD, HOTLINE, at + 50), BULLA_OK);
	cr_assert_eq(load(), BULLA_OK);
	cr_assert_eq(bulla_agreements_load("home", t, &l, NULL), BULLA_OK);
	cr_expect_eq(l.n, 1);
	cr_expect_not_null(strstr(l.lapsed,
	    "agreement/000002.note: the lead of b.example"), "%s", l.lapsed);
	cr_expect_eq(bulla_agreements_at(&l, at + 6000), &l.v[0]);
	cr_expect(l.lapse.version == 2 && l.lapse.from == at + 5000);
	cr_expect(strncmp(l.lapse.why, "the lead of b.example: ", 23) == 0,
	    "%s", l.lapse.why);
	bulla_agreements_free(&l);
	/* it has to go first, so that nobody finds two of one number */
	cr_expect_eq(take_it(2, at + 6000, first, x, y, at), BULLA_E_REFUSED);
	expect_msg("move them away first");
}

Test(agreement, nothing_is_judged_anew_after_a_month)
{
	const struct bulla_signer *x = &a.s[LEAD], *y = &b.s[LEAD];
	const int64_t day = 86400, late = SIDE_TIME + 31 * day;
	struct bulla_agreements l = { 0 };
	uint8_t first[32];

	a.r->expires = b.r->expires = SIDE_TIME + 400 * day;
	for (size_t i = 0; i < a.r->n_keys; i++)
		a.r->key[i].until = b.r->key[i].until = SIDE_TIME + 300 * day;
	side_sign(&a, a.s, 2);
	side_sign(&b, b.s, 2);
	both_in_force();
	/* the first one may be as old as it likes */
	cr_assert_eq(take_it(1, SIDE_TIME + 1, NULL, x, y, late), BULLA_OK,
	    "%s", e.msg);
	cr_assert_eq(bulla_agreements_load("home", t, &l, &e), BULLA_OK);
	memcpy(first, l.v[0].digest, 32);
	bulla_agreements_free(&l);
	cr_expect_eq(take_it(2, late - 30 * day - 1, first, x, y, late),
	    BULLA_E_REFUSED);
	expect_msg("judged anew");
	cr_expect_eq(take_it(2, late - 30 * day, first, x, y, late),
	    BULLA_OK, "%s", e.msg);
}

Test(agreement, files_are_verified_when_they_are_read)
{
	const struct bulla_signer *x = &a.s[LEAD], *y = &b.s[LEAD];
	const int64_t at = SIDE_TIME + 100;
	struct bulla_agreements l = { 0 };
	struct bulla_buf text = BULLA_BUF_INIT(1u << 20);
	struct bulla_buf note = BULLA_BUF_INIT(1u << 20);

	both_in_force();
	cr_assert_eq(take_it(1, at, NULL, x, y, at), BULLA_OK);
	agreed_text(&text, 1, at, NULL, AGREED);
	agreed_note(&note, &text, x, NULL);
	cr_assert_eq(bulla_file_put("home/agreement/000001.note", note.p,
	    note.len, 0600, true, NULL), BULLA_OK);
	cr_expect_eq(bulla_agreements_load("home", t, &l, &e),
	    BULLA_E_REFUSED);
	expect_msg("agreement/000001.note: not signed by a lead of b");
	cr_assert_eq(rename("home/agreement/000001.note",
	    "home/agreement/000002.note"), 0);
	cr_expect_eq(bulla_agreements_load("home", t, &l, &e),
	    BULLA_E_REFUSED);
	expect_msg("agreement/000001.note is missing");
	cr_assert_eq(rename("home/agreement/000002.note",
	    "home/agreement/000001.note"), 0);
	cr_assert_eq(bulla_file_put("home/agreement/000001.note", "x\n", 2,
	    0600, true, NULL), BULLA_OK);
	cr_expect_eq(bulla_agreements_load("home", t, &l, &e),
	    BULLA_E_FORMAT);
	bulla_buf_free(&text);
	bulla_buf_free(&note);
}

Test(agreement, is_between_these_two_sides)
{
	struct bulla_buf text = BULLA_BUF_INIT(1u << 20);
	struct bulla_buf note = BULLA_BUF_INIT(1u << 20);
	struct bulla_cur c;
	char *at;

	both_in_force();
	agreed_text(&text, 1, SIDE_TIME + 1, NULL, "class: x\nacknowledge: "
	    "1h\nfirst: -\nfinal: -\nstatus: -\nhold: -\nextension: -\n");
	at = strstr((char *)text.p, "side: b.example");
	cr_assert_not_null(at);
	at[6] = 'c';
	agreed_note(&note, &text, &a.s[LEAD], &b.s[LEAD]);
	c = bulla_buf_view(&note);
	cr_expect_eq(bulla_agreement_check(&c, t, 0, &e), BULLA_E_REFUSED);
	expect_msg("b.example is no side of it");
	bulla_buf_free(&text);
	bulla_buf_free(&note);
}

/* Between the list of names and the file itself it may be taken in. */
Test(agreement, a_proposal_that_goes_meanwhile_is_none)
{
	const int64_t at = SIDE_TIME + 100;
	struct bulla_agreements l = { 0 };

	both_in_force();
	e = (struct bulla_err){ 0 };
	cr_expect_eq(agreement_load_proposal("home", t, &l, &e), BULLA_OK,
	    "%s", e.msg);
	cr_expect_eq(l.proposal.version, 0);
	cr_expect_str_empty(e.msg);
	cr_assert_eq(take_it(1, at, NULL, &a.s[LEAD], &b.s[LEAD], at),
	    BULLA_OK, "%s", e.msg);
	cr_assert_eq(bulla_file_put("home/agreement/proposed.note",
	    "no note\n", 8, 0600, false, NULL), BULLA_OK);
	cr_expect_eq(agreement_load_proposal("home", t, &l, &e), BULLA_OK,
	    "%s", e.msg);
	cr_expect_eq(l.proposal.version, 0);
	cr_expect_not_null(strstr(l.damaged, "agreement/proposed.note is "
	    "damaged: "), "%s", l.damaged);
	/* what was agreed is there all the same */
	cr_assert_eq(bulla_agreements_load("home", t, &l, &e), BULLA_OK,
	    "%s", e.msg);
	cr_expect_eq(l.n, 1);
	cr_expect_str_not_empty(l.damaged);
	bulla_agreements_free(&l);
}
