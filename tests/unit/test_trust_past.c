#include "trust_home.h"

/* What a roster that comes later may not change: what was judged before. */
#define DAY 86400
#define TAKEN (SIDE_TIME + 10 * DAY)

TestSuite(trust_past, .init = begin, .fini = end);

static enum bulla_status
take_at(const struct side *s, int64_t now, bool compared)
{
	struct bulla_cur c = bulla_buf_view(&s->note);

	e = (struct bulla_err){ 0 };
	return bulla_trust_take("home", s == &a ? BULLA_OURS : BULLA_THEIRS,
	    &c, compared ? s->digest : NULL, now, &e);
}

/* The next version, dated back to where the first one began. */
static void
dated_back(struct side *s)
{
	side_next(s);
	s->r->issued = SIDE_TIME;
}

static void
expect_at(const struct side *s, unsigned key, int64_t at, const char *why)
{
	enum bulla_status st = judge(s == &a ? BULLA_OURS : BULLA_THEIRS,
	    &s->s[key], ~0u, at);

	cr_expect_eq(st, why == NULL ? BULLA_OK : BULLA_E_REFUSED,
	    "%+jd: %s", (intmax_t)(at - SIDE_TIME), e.msg);
	if (why != NULL)
		expect_msg(why);
}

/* Nobody unmakes what a key signed by dating its end back. */
Test(trust_past, an_end_that_is_dated_back)
{
	struct side *const both[] = { &a, &b };

	both_in_force();
	for (unsigned i = 0; i < 2; i++) {
		struct side *s = both[i];

		dated_back(s);
		s->r->key[RECEIVER - LEAD].until = SIDE_TIME;
		side_sign(s, s->s, 2);
		cr_assert_eq(take_at(s, TAKEN, false), BULLA_OK, "%s", e.msg);
		/* when it is taken again does not count */
		cr_assert_eq(take_at(s, SIDE_TIME, false), BULLA_OK, "%s",
		    e.msg);
		cr_assert_eq(take_at(s, TAKEN + DAY, false), BULLA_OK);
		cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
		expect_at(s, RECEIVER, SIDE_TIME, NULL);
		expect_at(s, RECEIVER, TAKEN - DAY - 1, NULL);
		expect_at(s, RECEIVER, TAKEN - DAY, "could sign only until");
		expect_at(s, RECEIVER, TAKEN, "could sign only until");
		expect_at(s, CUSTODIAN, TAKEN, NULL);
	}
}

/* One that was issued in between acts from its own time on. */
Test(trust_past, an_end_with_its_date)
{
	both_in_force();
	side_next(&b);
	b.r->issued = TAKEN - 100;
	b.r->key[RECEIVER - LEAD].until = TAKEN - 100;
	side_sign(&b, b.s, 2);
	cr_assert_eq(take_at(&b, TAKEN, false), BULLA_OK, "%s", e.msg);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	expect_at(&b, RECEIVER, TAKEN - 101, NULL);
	expect_at(&b, RECEIVER, TAKEN - 100, "could sign only until");
}

/* Nor makes somebody good a key for a time when it was not there. */
Test(trust_past, a_beginning_that_is_dated_back)
{
	struct bulla_roster_key *k = &b.r->key[b.r->n_keys];

	both_in_force();
	dated_back(&b);
	*k = b.r->key[CUSTODIAN - LEAD];
	bulla_signer_free(&b.s[CUSTODIAN]);
	k->key = side_new_key(&b, "late", BULLA_SIG_ED25519, &b.s[CUSTODIAN]);
	b.r->n_keys++;
	side_sign(&b, b.s, 2);
	cr_assert_eq(take_at(&b, TAKEN, false), BULLA_OK, "%s", e.msg);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	expect_at(&b, CUSTODIAN, TAKEN - DAY - 1, "stood in no roster yet");
	expect_at(&b, CUSTODIAN, TAKEN - DAY, NULL);
}

/* An end that had come stays, whatever a roster dated back says of it. */
Test(trust_past, an_end_that_had_come)
{
	struct bulla_roster_key *k = &b.r->key[SEALER - LEAD];

	k->until = SIDE_TIME + DAY;
	side_sign(&b, b.s, 2);
	both_in_force();
	dated_back(&b);
	k->until = SIDE_UNTIL;
	side_sign(&b, b.s, 2);
	cr_assert_eq(take_at(&b, TAKEN, false), BULLA_OK, "%s", e.msg);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	expect_at(&b, SEALER, SIDE_TIME + DAY, "could sign only until");
	expect_at(&b, SEALER, TAKEN - DAY, NULL);
}

Test(trust_past, the_expiry_of_each_version)
{
	both_in_force();
	dated_back(&b);
	b.r->expires = SIDE_TIME + 1;
	side_sign(&b, b.s, 2);
	cr_assert_eq(take_at(&b, SIDE_TIME + 5 * DAY, false), BULLA_OK);
	dated_back(&b);
	b.r->expires = SIDE_UNTIL;
	side_sign(&b, b.s, 2);
	cr_assert_eq(take_at(&b, TAKEN, false), BULLA_OK, "%s", e.msg);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	expect_at(&b, LEAD, SIDE_TIME + 4 * DAY - 1, NULL);
	expect_at(&b, LEAD, SIDE_TIME + 4 * DAY, "expired at");
	expect_at(&b, LEAD, TAKEN - DAY - 1, "expired at");
	expect_at(&b, LEAD, TAKEN - DAY, NULL);
}

Test(trust_past, one_that_is_too_old_or_ahead)
{
	both_in_force();
	side_next(&b);
	side_sign(&b, b.s, 2);
	cr_expect_eq(take_at(&b, b.r->issued + 30 * DAY + 1, false),
	    BULLA_E_REFUSED);
	expect_msg("more than 30 days ago: let its fingerprint be compared");
	cr_expect_eq(take_at(&b, b.r->issued - DAY - 1, false),
	    BULLA_E_REFUSED);
	expect_msg("issued at 2026-11-18T11:08:20Z, more than a day ahead");
	cr_expect_eq(take_at(&b, b.r->issued - DAY - 1, true),
	    BULLA_E_REFUSED);
	cr_expect_eq(take_at(&b, b.r->issued + 30 * DAY, false), BULLA_OK,
	    "%s", e.msg);
	side_next(&b);
	side_sign(&b, b.s, 2);
	cr_expect_eq(take_at(&b, b.r->issued - DAY, false), BULLA_OK, "%s",
	    e.msg);
	side_next(&b);
	side_sign(&b, b.s, 2);
	cr_expect_eq(take_at(&b, b.r->issued + 99 * DAY, true), BULLA_OK,
	    "%s", e.msg);
}

Test(trust_past, a_first_one_may_be_old)
{
	cr_assert_eq(take_at(&a, SIDE_TIME - DAY - 1, true), BULLA_E_REFUSED);
	expect_msg("more than a day ahead of the clock here");
	cr_assert_eq(take_at(&a, SIDE_TIME + 99 * DAY, false), BULLA_OK, "%s",
	    e.msg);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	expect_at(&a, SEALER, SIDE_TIME, NULL);
}

/* Without its history a side's past would be what the newest one says. */
Test(trust_past, a_history_with_a_hole)
{
	static const char path[] = "home/roster/history/b.example-000001.note";
	struct bulla_buf one, two;

	both_in_force();
	for (unsigned i = 0; i < 2; i++) {
		side_next(&b);
		side_sign(&b, b.s, 2);
		cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	}
	one = bytes_of(path);
	two = bytes_of("home/roster/history/b.example-000002.note");
	cr_assert_eq(unlink(path), 0);
	cr_expect_eq(load(), BULLA_E_REFUSED);
	expect_msg("version 1 of b.example is missing");
	cr_assert_eq(bulla_file_put(path, two.p, two.len, 0600, true, NULL),
	    BULLA_OK);
	cr_expect_eq(load(), BULLA_E_REFUSED);
	expect_msg("version 1 of b.example is not the one that version 2");
	cr_assert_eq(bulla_file_put(path, one.p, one.len, 0600, true, NULL),
	    BULLA_OK);
	cr_expect_eq(load(), BULLA_OK, "%s", e.msg);
	bulla_buf_free(&one);
	bulla_buf_free(&two);
}

/* As a crash between the two names leaves it, and the next version comes. */
Test(trust_past, a_lost_copy_before_the_next_version)
{
	static const char path[] = "home/roster/history/b.example-000001.note";

	both_in_force();
	cr_assert_eq(unlink(path), 0);
	side_next(&b);
	side_sign(&b, b.s, 2);
	cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	cr_expect_eq(access(path, F_OK), 0);
	cr_expect_eq(load(), BULLA_OK, "%s", e.msg);
}

/* A home from before times were noted; and a file that is damaged. */
Test(trust_past, the_note_of_the_time)
{
	char path[200] = "home/roster/taken/";
	size_t n = strlen(path);

	both_in_force();
	dated_back(&b);
	b.r->key[RECEIVER - LEAD].until = SIDE_TIME;
	side_sign(&b, b.s, 2);
	cr_assert_eq(take_at(&b, TAKEN, false), BULLA_OK, "%s", e.msg);
	for (unsigned i = 0; i < 32; i++)
		snprintf(path + n + 2 * i, 3, "%02x", b.digest[i]);
	cr_assert_eq(bulla_file_put(path, "2026-11-18T11:07:30\n", 20, 0600,
	    true, NULL), BULLA_OK);
	cr_expect_eq(load(), BULLA_E_FORMAT);
	expect_msg("not a line with a time");
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	expect_at(&b, RECEIVER, SIDE_TIME, "could sign only until");
}
