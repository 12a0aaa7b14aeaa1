#include "trust_home.h"

/* Judging keys and notes by the rosters in force. */
TestSuite(trust_judge, .init = begin, .fini = end);

Test(trust_judge, judging)
{
	const int64_t at = SIDE_TIME + 50;

	both_in_force();
	for (unsigned i = LEAD; i < SIDE_KEYS; i++) {
		unsigned role = 1u << (i - LEAD);

		cr_expect_eq(judge(BULLA_OURS, &a.s[i], role, at), BULLA_OK);
		cr_expect_eq(judge(BULLA_BOTH, &b.s[i], role | 1, at),
		    BULLA_OK);
		cr_expect_eq(judge(BULLA_THEIRS, &a.s[i], role, at),
		    BULLA_E_NOKEY);
		cr_expect_eq(judge(BULLA_OURS, &a.s[i], 0xffu & ~role, at),
		    BULLA_E_REFUSED);
	}
	expect_msg("a.example/witness is a witness key, and this takes a "
	    "lead or sealer or");
	cr_expect_eq(judge(BULLA_OURS, &a.s[ROOT_A], BULLA_ROLE_ROOT, at),
	    BULLA_OK);
	cr_expect_eq(judge(BULLA_OURS, &a.s[ROOT_A], 0x7f, at),
	    BULLA_E_REFUSED);
	expect_msg("is a root key");
	/* the same public key under another name is another key */
	snprintf(a.s[SEALER].vkey.name, sizeof(a.s[SEALER].vkey.name),
	    "a.example/other");
	cr_expect_eq(judge(BULLA_OURS, &a.s[SEALER], BULLA_ROLE_SEALER, at),
	    BULLA_E_NOKEY);
	expect_msg("stands in no roster");
}

Test(trust_judge, windows)
{
	struct bulla_roster_key *k = &a.r->key[1];

	k->from = SIDE_TIME + 10;
	k->until = SIDE_TIME + 20;
	side_sign(&a, a.s, 2);
	both_in_force();
	cr_expect_eq(judge(BULLA_OURS, &a.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 9), BULLA_E_REFUSED);
	expect_msg("only from 2026-11-18T11:06:50Z on; this is judged as of "
	    "2026-11-18T11:06:49Z");
	cr_expect_eq(judge(BULLA_OURS, &a.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 10), BULLA_OK);
	cr_expect_eq(judge(BULLA_OURS, &a.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 19), BULLA_OK);
	cr_expect_eq(judge(BULLA_OURS, &a.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 20), BULLA_E_REFUSED);
	expect_msg("only until 2026-11-18T11:07:00Z");
}

Test(trust_judge, an_expired_roster)
{
	both_in_force();
	cr_expect_eq(judge(BULLA_OURS, &a.s[LEAD], BULLA_ROLE_LEAD,
	    SIDE_UNTIL - 1), BULLA_OK);
	cr_expect_eq(judge(BULLA_OURS, &a.s[LEAD], BULLA_ROLE_LEAD,
	    SIDE_UNTIL), BULLA_E_REFUSED);
	expect_msg("the roster of a.example expired at");
	cr_expect_eq(judge(BULLA_OURS, &a.s[ROOT_A], BULLA_ROLE_ROOT,
	    SIDE_UNTIL), BULLA_E_REFUSED);
}

Test(trust_judge, lists_of_keys)
{
	struct bulla_vkeys l = { 0 };

	both_in_force();
	cr_assert_eq(bulla_trust_keys(t, BULLA_BOTH, BULLA_ROLE_SEALER |
	    BULLA_ROLE_WITNESS, &l, &e), BULLA_OK);
	cr_expect_eq(l.n, 4);
	bulla_vkeys_free(&l);
	cr_assert_eq(bulla_trust_keys(t, BULLA_THEIRS, BULLA_ROLE_ROOT, &l,
	    &e), BULLA_OK);
	cr_assert_eq(l.n, 2);
	cr_expect(bulla_vkey_eq(&l.v[0], &b.s[ROOT_A].vkey));
	bulla_vkeys_free(&l);
	cr_assert_eq(bulla_trust_keys(t, BULLA_BOTH, ~0u, &l, &e), BULLA_OK);
	cr_expect_eq(l.n, 2 * SIDE_KEYS);
	bulla_vkeys_free(&l);
}

static enum bulla_status
judge_note(const struct bulla_signer *s, size_t n, unsigned roles,
    unsigned persons)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cur c = bulla_cur_str("bulla test v1\n");
	struct bulla_vkeys l = { 0 };
	struct bulla_verified v;
	enum bulla_status st;

	cr_assert_eq(bulla_note_sign(&c, s, n, &note, NULL), BULLA_OK);
	cr_assert_eq(bulla_trust_keys(t, BULLA_BOTH, ~0u, &l, NULL),
	    BULLA_OK);
	c = bulla_buf_view(&note);
	cr_assert_eq(bulla_note_verify(&c, &l, &v, NULL), BULLA_OK);
	e = (struct bulla_err){ 0 };
	st = bulla_trust_judge_note(t, BULLA_OURS, &v, roles, SIDE_TIME + 5,
	    persons, &e);
	bulla_buf_free(&note);
	bulla_vkeys_free(&l);
	return st;
}

Test(trust_judge, judging_all_signers_of_a_note)
{
	struct bulla_signer s[3];

	a.r->key[4].person = a.r->key[0].person;
	side_sign(&a, a.s, 2);
	both_in_force();
	s[0] = a.s[LEAD];
	s[1] = a.s[CUSTODIAN];
	s[2] = a.s[SEALER];
	cr_expect_eq(judge_note(s, 2, 0x7f, 2), BULLA_OK, "%s", e.msg);
	cr_expect_eq(judge_note(s, 2, BULLA_ROLE_LEAD, 1), BULLA_E_REFUSED);
	cr_expect_eq(judge_note(s, 1, BULLA_ROLE_LEAD, 2), BULLA_E_REFUSED);
	expect_msg("signed by 1 different persons, and this takes 2");
	/* a machine may sign alone, and is nobody among persons */
	cr_expect_eq(judge_note(s + 2, 1, BULLA_ROLE_SEALER, 1), BULLA_OK);
	cr_expect_eq(judge_note(s + 1, 2, 0x7f, 2), BULLA_E_REFUSED);
	/* the lead's and the hotline's are one person's */
	s[1] = a.s[HOTLINE];
	cr_expect_eq(judge_note(s, 2, 0x7f, 2), BULLA_E_REFUSED);
	/* one of the other side */
	s[1] = b.s[CUSTODIAN];
	cr_expect_eq(judge_note(s, 2, 0x7f, 1), BULLA_E_NOKEY);
}

Test(trust_judge, recipients_by_name)
{
	struct bulla_cur c = bulla_cur_str("untouched");

	b.r->n_ages = 0;
	side_sign(&b, b.s, 2);
	both_in_force();
	cr_expect_eq(bulla_trust_age(t, "a.example/desk", &c, &e), BULLA_OK);
	cr_expect(bulla_cur_is(&c, SIDE_AGE));
	cr_expect_eq(bulla_trust_age(t, "desk", &c, &e), BULLA_E_NOMATCH);
	expect_msg("\"desk\" names no recipient in the rosters; there are: "
	    "a.example/desk");
	cr_expect(bulla_cur_is(&c, SIDE_AGE));
}
