#include "chain_check.h"

/* From one side to the other: what a relinquish and a receive must say. */
TestSuite(chain_handover, .init = begin, .fini = end);

/* Other seconds are other digests: no order by these is right by chance. */
Test(chain_handover, handed_over_and_received_in_one_second)
{
	char aside[2][16];

	for (int at = 10; at < 20; at++) {
		add(&ck_a, "seal", at);
		add(&ck_a, "relinquish", at);
		ck_add(&ck_b, ck_event(&ck_b, "receive", at), &note);
		KIT_OK(ck_keep(&ck_a, &note));
		ck_expect_good(&ck_a, "b.example");
		snprintf(aside[0], sizeof(aside[0]), "a/%d", at);
		snprintf(aside[1], sizeof(aside[1]), "b/%d", at);
		cr_assert_eq(rename("a/custody", aside[0]), 0);
		cr_assert_eq(rename("b/custody", aside[1]), 0);
	}
}

Test(chain_handover, after_it_was_disposed_of)
{
	const struct bulla_signer two[2] = { ck_a.key[CK_CUSTODIAN],
	    ck_a.key[CK_SECOND] };
	struct bulla_custody c;

	add(&ck_a, "seal", 10);
	c = next_of(&ck_a, "dispose", 20);
	forge(&ck_a, "", &c, two, 2);
	c = next_of(&ck_a, "store", 21);
	forge(&ck_a, "", &c, &ck_a.key[CK_CUSTODIAN], 1);
	found("comes after note 2, which disposed of it");
}

Test(chain_handover, handovers_that_do_not_fit)
{
	struct bulla_custody c;
	char hex[65];

	add(&ck_a, "seal", 10);
	add(&ck_a, "relinquish", 20);
	ck_hex(&note, hex);
	c = next_of(&ck_b, "receive", 30);
	ck_set(&c, "relinquish", CK_OTHER);
	forge(&ck_a, "/theirs", &c, &ck_b.key[CK_RECEIVER], 1);
	found("b.example note 1 receive: names a relinquish note that is in "
	    "neither chain");
	ck_set(&c, "relinquish", hex);
	ck_set(&c, "package-sha256", CK_OTHER);
	forge(&ck_a, "/theirs", &c, &ck_b.key[CK_RECEIVER], 1);
	found("its package-sha256 is not the one that was relinquished");
	ck_set(&c, "package-sha256", CK_SUM);
	forge(&ck_a, "/theirs", &c, &ck_b.key[CK_RECEIVER], 1);
	ck_expect_good(&ck_a, "b.example");
	c = next_of(&ck_a, "relinquish", 40);
	forge(&ck_a, "", &c, &ck_a.key[CK_CUSTODIAN], 1);
	found("a.example note 3 relinquish: a.example does not hold the "
	    "package: b.example does");
}

/* Who sealed it has it, whatever the other one claims. */
Test(chain_handover, an_early_claim_makes_no_holder)
{
	struct bulla_custody c = next_of(&ck_b, "relinquish", 1);

	add(&ck_a, "seal", 10);
	forge(&ck_a, "/theirs", &c, &ck_b.key[CK_CUSTODIAN], 1);
	found("b.example note 1 relinquish: b.example does not hold the "
	    "package: a.example does");
}

Test(chain_handover, another_package_under_the_same_seal)
{
	struct bulla_custody c = ck_event(&ck_a, "relinquish", 20);

	add(&ck_a, "seal", 10);
	ck_set(&c, "package-sha256", CK_OTHER);
	cr_expect_eq(ck_try(&ck_a, &c, &note), BULLA_E_REFUSED);
	c = next_of(&ck_a, "relinquish", 20);
	ck_set(&c, "package-sha256", CK_OTHER);
	forge(&ck_a, "", &c, &ck_a.key[CK_CUSTODIAN], 1);
	found("its package-sha256 is not that of the seal before");
}

/*
 * Nobody takes it by saying so, while the others' notes show that it is there.
 */
Test(chain_handover, received_without_a_relinquish)
{
	struct bulla_custody c = next_of(&ck_b, "receive", 30);
	struct ck_checked r;

	add(&ck_a, "seal", 10);
	forge(&ck_a, "/theirs", &c, &ck_b.key[CK_RECEIVER], 1);
	found("b.example note 1 receive: nobody relinquished the package to "
	    "b.example");
	ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 60, NULL, &r);
	cr_expect_str_eq(r.holder.agency, "a.example");
	cr_expect_not(r.holder.countersigned);
	ck_checked_free(&r);
	/* nobody else is shown to have had it */
	cr_assert_eq(system("rm -r b/custody && mkdir b/custody"), 0);
	forge(&ck_b, "", &c, &ck_b.key[CK_RECEIVER], 1);
	ck_expect_good(&ck_b, "b.example");
}

/* One that does not name the relinquish that is open is one all the same. */
Test(chain_handover, received_by_who_does_not_name_the_relinquish)
{
	struct bulla_custody c = next_of(&ck_b, "receive", 30);

	add(&ck_a, "seal", 10);
	add(&ck_a, "relinquish", 20);
	forge(&ck_a, "/theirs", &c, &ck_b.key[CK_RECEIVER], 1);
	ck_expect_good(&ck_a, "b.example");
	/* it went back since, and the same again would take it once more */
	c = next_of(&ck_a, "receive", 40);
	forge(&ck_a, "", &c, &ck_a.key[CK_RECEIVER], 1);
	found("a.example note 3 receive: nobody relinquished the package to "
	    "a.example");
}
