#include "chain_check.h"

TestSuite(chain_check, .init = begin, .fini = end);

Test(chain_check, a_right_one_has_no_finding)
{
	struct bulla_custody c;

	add(&ck_a, "seal", 10);
	c = next_of(&ck_a, "store", 20);
	forge(&ck_a, "", &c, &ck_a.key[CK_CUSTODIAN], 1);
	ck_expect_good(&ck_a, "a.example");
}

Test(chain_check, links)
{
	struct bulla_custody c;

	add(&ck_a, "seal", 10);
	c = next_of(&ck_a, "store", 20);
	c.previous[7] ^= 1;
	forge(&ck_a, "", &c, &ck_a.key[CK_CUSTODIAN], 1);
	found("a.example note 2 store: previous is not the digest of note 1");
}

Test(chain_check, a_gap)
{
	add(&ck_a, "seal", 10);
	add(&ck_a, "store", 20);
	add(&ck_a, "access", 21);
	cr_assert_eq(unlink("a/custody/" CK_ID "/0002-store.note"), 0);
	found("a.example note 3 access: a gap: 1 of the notes before it are "
	    "missing, from note 2 on");
	cr_assert_eq(unlink("a/custody/" CK_ID "/0001-seal.note"), 0);
	found("a gap: 2 of");
}

Test(chain_check, two_with_one_number)
{
	struct bulla_custody c;

	add(&ck_a, "seal", 10);
	c = next_of(&ck_a, "access", 20);
	add(&ck_a, "store", 20);
	forge(&ck_a, "", &c, &ck_a.key[CK_CUSTODIAN], 1);
	found("there are two notes with this number");
}

Test(chain_check, a_file_that_is_another_note)
{
	struct bulla_chain c;

	add(&ck_a, "seal", 10);
	add(&ck_a, "store", 20);
	add(&ck_a, "access", 21);
	cr_assert_eq(rename("a/custody/" CK_ID "/0003-access.note",
	    "a/custody/" CK_ID "/0002-access.note"), 0);
	cr_expect_eq(bulla_chain_load("a", CK_ID, BULLA_OURS, NULL, &c, &e),
	    BULLA_E_FORMAT);
	cr_expect_not_null(strstr(e.msg, "0002-access.note: the note is "
	    "another one"), "%s", e.msg);
	/* what has another name is none of ours */
	cr_assert_eq(rename("a/custody/" CK_ID "/0002-access.note",
	    "a/custody/" CK_ID "/0003-access.note~"), 0);
	KIT_OK(bulla_chain_load("a", CK_ID, BULLA_OURS, NULL, &c, &e));
	cr_expect_eq(c.n, 2);
	bulla_chain_free(&c);
	KIT_OK(put("a/custody/" CK_ID "/0003-access.note", "x", false, &e));
	cr_expect_eq(bulla_chain_load("a", CK_ID, BULLA_OURS, NULL, &c, &e),
	    BULLA_E_FORMAT);
}

Test(chain_check, time)
{
	struct bulla_custody c;

	add(&ck_a, "seal", 10);
	c = next_of(&ck_a, "store", 9);
	forge(&ck_a, "", &c, &ck_a.key[CK_CUSTODIAN], 1);
	found("which is before the note that it follows");
}

Test(chain_check, seal)
{
	struct bulla_custody c;

	add(&ck_a, "seal", 10);
	c = next_of(&ck_a, "store", 20);
	c.seal[0] ^= 1;
	forge(&ck_a, "", &c, &ck_a.key[CK_CUSTODIAN], 1);
	found("its seal is not that of the notes before");
}

Test(chain_check, who_acts)
{
	struct bulla_custody c;

	add(&ck_a, "seal", 10);
	c = next_of(&ck_a, "store", 20);
	c.actor = bulla_cur_str("b.example/custodian");
	forge(&ck_a, "", &c, &ck_a.key[CK_CUSTODIAN], 1);
	found("b.example acts in the chain of a.example");
}

/* However many there are, the check is one. */
Test(chain_check, findings_have_an_end)
{
	struct bulla_buf few = BULLA_BUF_INIT(300);
	struct bulla_chain_holder holder;
	struct bulla_custody c;
	struct ck_checked r;

	add(&ck_a, "seal", 10);
	c = next_of(&ck_a, "store", 20);
	for (c.sequence = 3; c.sequence < 20; c.sequence += 2)
		forge(&ck_a, "", &c, &ck_a.key[CK_CUSTODIAN], 1);
	ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 60, NULL, &r);
	cr_expect_eq(r.st, BULLA_E_MISMATCH);
	e = (struct bulla_err){ 0 };
	cr_expect_eq(bulla_chain_check(&r.ours, &r.theirs, ck_a.trust,
	    KIT_TIME + 60, NULL, NULL, &holder, &few, &e), BULLA_E_MISMATCH);
	cr_expect_str_eq(e.msg, "9 findings");
	cr_assert_gt(few.len, 13);
	cr_expect_arr_eq(few.p + few.len - 13, "... and more\n", 13);
	cr_expect_arr_eq(few.p, r.found.p, few.len - 13);
	ck_checked_free(&r);
	bulla_buf_free(&few);
}

Test(chain_check, nothing_at_all)
{
	struct ck_checked r;

	ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 60, NULL, &r);
	cr_expect_eq(r.st, BULLA_OK);
	cr_expect_str_eq(r.holder.agency, "");
	cr_expect_null(r.holder.by);
	ck_checked_free(&r);
}
