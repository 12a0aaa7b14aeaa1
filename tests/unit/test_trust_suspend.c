#include "trust_home.h"

/* Keys that are suspended at once, until root lifts it. */
TestSuite(trust_suspend, .init = begin, .fini = end);

Test(trust_suspend, suspended_from_its_time_on)
{
	both_in_force();
	cr_assert_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME + 50), BULLA_OK,
	    "%s", e.msg);
	cr_assert_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME + 50), BULLA_OK,
	    "twice: %s", e.msg);
	cr_expect_eq(n_entries("home/roster/suspend"), 1);
	cr_assert_eq(suspend(&a, RECEIVER, LEAD, SIDE_TIME + 50), BULLA_OK,
	    "%s", e.msg);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	cr_expect_eq(judge(BULLA_THEIRS, &b.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 49), BULLA_OK);
	cr_expect_eq(judge(BULLA_THEIRS, &b.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 50), BULLA_E_REFUSED);
	expect_msg("b.example/sealer is suspended since "
	    "2026-11-18T11:07:30Z: laptop stolen");
	cr_expect_eq(judge(BULLA_OURS, &a.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 50), BULLA_OK);
	cr_expect_eq(judge(BULLA_OURS, &a.s[RECEIVER], BULLA_ROLE_RECEIVER,
	    SIDE_TIME + 50), BULLA_E_REFUSED);
}

Test(trust_suspend, who_may_suspend_what)
{
	struct bulla_signer all[SIDE_KEYS];

	both_in_force();
	cr_expect_eq(suspend(&b, SEALER, CUSTODIAN, SIDE_TIME),
	    BULLA_E_REFUSED);
	expect_msg("b.example/custodian is neither a hotline nor a lead");
	cr_expect_eq(suspend(&b, SEALER, ROOT_A, SIDE_TIME), BULLA_E_REFUSED);
	expect_msg("neither a hotline nor a lead");
	cr_expect_eq(suspend(&b, ROOT_A, HOTLINE, SIDE_TIME),
	    BULLA_E_REFUSED);
	expect_msg("is a root key");
	cr_expect_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME - 1),
	    BULLA_E_REFUSED);
	expect_msg("before its roster was issued");
	/* our hotline about their key: the actor must have a name of theirs */
	memcpy(all, b.s, sizeof(all));
	b.s[HOTLINE] = a.s[HOTLINE];
	snprintf(b.s[HOTLINE].vkey.name, sizeof(b.s[HOTLINE].vkey.name),
	    "b.example/hotline");
	cr_expect_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME),
	    BULLA_E_REFUSED);
	expect_msg("only a hotline or lead key of the side itself");
	memcpy(b.s, all, sizeof(all));
	b.digest[0] ^= 1;
	cr_expect_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME),
	    BULLA_E_REFUSED);
	expect_msg("under a roster that was never in force");
	cr_expect_eq(n_entries("home/roster/suspend"), 0);
	cr_assert_eq(load(), BULLA_OK);
	cr_expect_eq(judge(BULLA_THEIRS, &b.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 50), BULLA_OK);
}

Test(trust_suspend, an_unknown_side_or_key)
{
	struct side c;

	both_in_force();
	side_init(&c, "c.example");
	cr_expect_eq(suspend(&c, SEALER, HOTLINE, SIDE_TIME), BULLA_E_NOKEY);
	expect_msg("a suspension of c.example");
	side_free(&c);
	side_init(&c, "b.example");
	cr_expect_eq(suspend(&c, SEALER, HOTLINE, SIDE_TIME), BULLA_E_NOKEY);
	expect_msg("stands in no roster here");
	side_free(&c);
}

/* By one key, and the actor is its name. */
Test(trust_suspend, another_actor_than_the_signer)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_buf more = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_signer two[2] = { b.s[LEAD], b.s[HOTLINE] };
	struct bulla_note n;
	struct bulla_cur c;

	both_in_force();
	side_suspend_as(&b, &b.s[SEALER].vkey, &b.s[LEAD],
	    "b.example/hotline", SIDE_TIME, &note);
	c = bulla_buf_view(&note);
	cr_expect_eq(bulla_trust_suspend("home", &c, SIDE_TIME + 60, &e),
	    BULLA_E_REFUSED);
	expect_msg("signed by one key, that of its \"actor\"");
	side_suspend(&b, &b.s[SEALER].vkey, &b.s[LEAD], SIDE_TIME, &note);
	c = bulla_buf_view(&note);
	cr_assert_eq(bulla_note_parse(&c, &n, NULL), BULLA_OK);
	cr_assert_eq(bulla_note_sign(&n.text, two, 2, &more, NULL), BULLA_OK);
	c = bulla_buf_view(&more);
	cr_expect_eq(bulla_trust_suspend("home", &c, SIDE_TIME + 60, &e),
	    BULLA_E_REFUSED);
	expect_msg("signed by one key");
	c = bulla_buf_view(&note);
	cr_expect_eq(bulla_trust_suspend("home", &c, SIDE_TIME + 60, &e),
	    BULLA_OK, "%s", e.msg);
	bulla_buf_free(&note);
	bulla_buf_free(&more);
}

Test(trust_suspend, a_suspended_or_ended_hotline_suspends_nobody)
{
	both_in_force();
	cr_assert_eq(suspend(&b, HOTLINE, HOTLINE, SIDE_TIME + 5), BULLA_OK,
	    "its own: %s", e.msg);
	cr_expect_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME + 6),
	    BULLA_E_REFUSED);
	expect_msg("b.example/hotline is suspended");
	side_next(&b);
	b.r->issued = SIDE_TIME;
	b.r->key[0].until = SIDE_TIME + 59;
	side_sign(&b, b.s, 2);
	cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	cr_expect_eq(suspend(&b, SEALER, LEAD, SIDE_TIME + 6),
	    BULLA_E_REFUSED);
	expect_msg("only until");
}

/* One that travelled slowly still counts when a newer roster came first. */
Test(trust_suspend, a_suspension_under_an_older_roster)
{
	uint8_t old[32];

	both_in_force();
	memcpy(old, b.digest, 32);
	for (unsigned i = 0; i < 2; i++) {
		side_next(&b);
		side_sign(&b, b.s, 2);
		cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	}
	memcpy(b.digest, old, 32);
	cr_expect_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME - 1),
	    BULLA_E_REFUSED);
	cr_expect_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME + 5), BULLA_OK,
	    "%s", e.msg);
}

Test(trust_suspend, only_a_roster_lifts)
{
	uint8_t digest[32];

	both_in_force();
	digest_of_suspension(digest);
	cr_assert_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME + 50), BULLA_OK);
	side_next(&b);
	memcpy(b.r->lift[0], digest, 32);
	b.r->lift[0][0] ^= 1;
	b.r->n_lifts = 1;
	side_sign(&b, b.s, 2);
	cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	cr_expect_eq(judge(BULLA_THEIRS, &b.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 99), BULLA_E_REFUSED, "another one was lifted");
	side_next(&b);
	memcpy(b.r->lift[1], digest, 32);
	b.r->n_lifts = 2;
	side_sign(&b, &b.s[LEAD], 2);
	expect_no(BULLA_E_REFUSED, "0 of 2 persons");
	side_sign(&b, b.s, 2);
	cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	cr_expect_eq(judge(BULLA_THEIRS, &b.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 99), BULLA_OK, "%s", e.msg);
}
