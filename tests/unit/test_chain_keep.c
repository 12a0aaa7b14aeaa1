#include "chain_home.h"

/* What one side keeps of the notes of the other, and signs with it. */
TestSuite(chain_keep, .init = begin, .fini = end);

Test(chain_keep, the_same_again_and_another_in_its_place)
{
	struct bulla_custody c = ck_event(&ck_a, "store", 20);
	struct bulla_chain theirs;

	add(&ck_a, "seal", 10);
	/* one note 2 for B, and another for somebody else */
	cr_assert_eq(ck_try(&ck_a, &c, &note), BULLA_OK);
	cr_assert_eq(unlink("a/custody/" CK_ID "/0002-store.note"), 0);
	c = ck_event(&ck_a, "access", 21);
	cr_assert_eq(ck_try(&ck_a, &c, &second), BULLA_OK);
	KIT_OK(ck_keep(&ck_b, &note));
	KIT_OK(ck_keep(&ck_b, &note));
	for (int i = 0; i < 2; i++) {
		cr_expect_eq(ck_keep(&ck_b, &second), i == 0 ?
		    BULLA_E_REFUSED : BULLA_OK, "%s", e.msg);
		if (i == 0)
			cr_expect_not_null(strstr(e.msg, "is kept already"));
	}
	/* a third is not kept: two are proof enough */
	cr_assert_eq(unlink("a/custody/" CK_ID "/0002-access.note"), 0);
	c = ck_event(&ck_a, "verify", 22);
	cr_assert_eq(ck_try(&ck_a, &c, &second), BULLA_OK);
	cr_expect_eq(ck_keep(&ck_b, &second), BULLA_E_REFUSED);
	cr_expect_eq(n_entries("b/custody/" CK_ID "/theirs"), 3);
	KIT_OK(bulla_chain_load("b", CK_ID, BULLA_THEIRS, NULL, &theirs,
	    NULL));
	cr_expect_eq(theirs.n, 2);
	cr_expect_eq(theirs.n_apart, 1);
	bulla_chain_free(&theirs);
	expect_file("b/custody/" CK_ID "/theirs/0002-store.note",
	    bulla_buf_cstr(&note));
	ck_expect_found(&ck_b, ck_b.trust, "a.example note 2 access: another "
	    "note with this number");
}

Test(chain_keep, a_reject_without_a_seal_stands_alone)
{
	struct bulla_custody c = ck_event(&ck_b, "reject", 30);
	struct bulla_buf text = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_cur v;
	struct ck_checked r;
	char hex[65];

	add(&ck_a, "seal", 10);
	add(&ck_a, "relinquish", 20);
	ck_hex(&note, hex);
	ck_set(&c, "relinquish", hex);
	c.has_seal = false;
	c.sequence = 1;
	bulla_custody_put(&text, &c);
	v = bulla_buf_view(&text);
	bulla_buf_reset(&note);
	KIT_OK(bulla_note_sign(&v, &ck_b.key[CK_RECEIVER], 1, &note, NULL));
	KIT_OK(ck_keep(&ck_a, &note));
	KIT_OK(ck_keep(&ck_a, &note));
	ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 60, NULL, &r);
	cr_expect_eq(r.st, BULLA_OK, "%s", (char *)r.found.p);
	cr_expect_eq(r.theirs.n, 0);
	cr_expect_eq(r.theirs.n_apart, 1);
	cr_expect_str_eq(r.holder.agency, "a.example");
	cr_expect_not(r.holder.handover, "it was answered");
	ck_checked_free(&r);
	bulla_buf_free(&text);
}

Test(chain_keep, only_theirs_are_kept)
{
	struct bulla_custody c = ck_event(&ck_a, "store", 20);
	struct bulla_cur v;

	add(&ck_a, "seal", 10);
	/* by a role that may not, by ourselves, changed */
	bulla_buf_reset(&note);
	KIT_OK(bulla_chain_add("a", &c, &ck_a.key[CK_RECEIVER], 1, &note,
	    NULL));
	cr_expect_eq(ck_keep(&ck_b, &note), BULLA_E_REFUSED, "%s", e.msg);
	cr_expect_eq(ck_keep(&ck_a, &note), BULLA_E_NOKEY, "%s", e.msg);
	*strstr(bulla_buf_cstr(&note), "Officer") = 'o';
	cr_expect_eq(ck_keep(&ck_b, &note), BULLA_E_MISMATCH, "%s", e.msg);
	bulla_buf_reset(&note);
	c = ck_event(&ck_a, "store", 20);
	KIT_OK(bulla_chain_add("a", &c, &ck_a.key[CK_OLD], 1, &note, NULL));
	bulla_buf_reset(&note);
	KIT_OK(bulla_file_get("a/custody/" CK_ID "/0003-store.note", &note,
	    NULL));
	v = bulla_buf_view(&note);
	cr_expect_eq(bulla_chain_keep("b", &v, ck_b.trust, KIT_TIME + 200,
	    &e), BULLA_E_REFUSED, "the key has ended: %s", e.msg);
	cr_expect_eq(bulla_chain_keep("b", &v, ck_b.trust, KIT_TIME + 50,
	    &e), BULLA_OK, "%s", e.msg);
	cr_expect_eq(n_entries("b/custody/" CK_ID "/theirs"), 2);
	/* and nothing is made for what is no note at all */
	v = bulla_cur_str("no note");
	cr_expect_eq(bulla_chain_keep("b", &v, ck_b.trust, KIT_TIME, &e),
	    BULLA_E_FORMAT);
	cr_expect_eq(n_entries("b/custody"), 1);
}

Test(chain_keep, in_the_name_of_another_agency)
{
	struct bulla_custody c = ck_event(&ck_a, "store", 20);
	struct bulla_buf text = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_cur v;

	c.actor = bulla_cur_str("b.example");
	c.sequence = 1;
	c.has_previous = true;
	memcpy(c.previous, ck_seal, 32);
	bulla_custody_put(&text, &c);
	v = bulla_buf_view(&text);
	KIT_OK(bulla_note_sign(&v, &ck_a.key[CK_CUSTODIAN], 1, &note, NULL));
	cr_expect_eq(ck_keep(&ck_b, &note), BULLA_E_REFUSED);
	cr_expect_not_null(strstr(e.msg, "where b.example acts"), "%s",
	    e.msg);
	bulla_buf_free(&text);
}

Test(chain_keep, countersigning)
{
	uint8_t digest[32] = { 0 };
	size_t len;

	hand_over();
	len = second.len;
	ck_digest(&second, digest);
	bulla_buf_reset(&second);
	cr_expect_eq(bulla_chain_countersign("a", CK_ID, digest,
	    &ck_a.key[CK_CUSTODIAN], &second, &e), BULLA_OK);
	cr_expect_eq(second.len, len, "twice is once");
	/* our own too, by another of us */
	bulla_buf_reset(&second);
	cr_expect_eq(bulla_chain_countersign("b", CK_ID, digest,
	    &ck_b.key[CK_SECOND], &second, &e), BULLA_OK, "%s", e.msg);
	cr_expect_gt(second.len, len);
	digest[0] ^= 1;
	bulla_buf_reset(&second);
	cr_expect_eq(bulla_chain_countersign("a", CK_ID, digest,
	    &ck_a.key[CK_CUSTODIAN], &second, &e), BULLA_E_NOMATCH);
	cr_expect_eq(bulla_chain_countersign("a",
	    "ffffffffffffffffffffffffffffffff", digest,
	    &ck_a.key[CK_CUSTODIAN], &second, &e), BULLA_E_NOMATCH);
	cr_expect_eq(second.len, 0);
	cr_expect_eq(n_entries("a/custody"), 1);
}

/* Lines of strangers are not taken over: they could fill the note. */
Test(chain_keep, merging_takes_known_lines_only)
{
	struct bulla_signer stranger = { 0 };
	struct bulla_buf b = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_cur v, text;
	struct bulla_signer two[2];
	struct bulla_note n;

	hand_over();
	v = bulla_buf_view(&second);
	KIT_OK(bulla_note_parse(&v, &n, NULL));
	text = n.text;
	KIT_OK(bulla_signer_new("c.example/x", BULLA_SIG_ED25519, &stranger,
	    NULL));
	two[0] = stranger;
	two[1] = ck_a.key[CK_SECOND];
	KIT_OK(bulla_note_sign(&text, two, 2, &b, NULL));
	cr_expect_eq(ck_keep(&ck_b, &b), BULLA_OK, "%s", e.msg);
	bulla_buf_reset(&b);
	KIT_OK(bulla_file_get("b/custody/" CK_ID "/0001-receive.note", &b,
	    NULL));
	v = bulla_buf_view(&b);
	KIT_OK(bulla_note_parse(&v, &n, NULL));
	cr_expect_eq(n.n_sigs, 3);
	cr_expect_null(strstr(bulla_buf_cstr(&b), "c.example/x"));
	bulla_buf_free(&b);
	bulla_signer_free(&stranger);
}
