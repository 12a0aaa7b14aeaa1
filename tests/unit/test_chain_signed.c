#include "chain_check.h"

/* Who signed, who may, and when: the time that is proved counts. */
TestSuite(chain_signed, .init = begin, .fini = end);

Test(chain_signed, roles)
{
	static const struct { const char *event; enum ck_key key; } bad[] = {
		{ "seal", CK_CUSTODIAN }, { "seal", CK_RECEIVER },
		{ "store", CK_SEALER }, { "store", CK_RECEIVER },
		{ "store", CK_HOTLINE }, { "open", CK_RECEIVER },
		{ "relinquish", CK_RECEIVER }, { "reject", CK_SEALER },
		{ "receive", CK_SEALER },
	};
	unsigned n = 0;

	for (; n < sizeof(bad) / sizeof(bad[0]); n++) {
		struct bulla_custody c = next_of(&ck_a, bad[n].event, 20);

		c.sequence = 1;
		memcpy(c.previous, ck_seal, 32);
		forge(&ck_a, "", &c, &ck_a.key[bad[n].key], 1);
		found(ck_a.key[bad[n].key].vkey.name);
		cr_assert_eq(system("rm -r a/custody"), 0);
	}
	printf("COUNT chain-roles %u 0\n", n);
}

Test(chain_signed, one_person_where_two_are_needed)
{
	const struct bulla_signer two[2] = { ck_a.key[CK_CUSTODIAN],
	    ck_a.key[CK_OLD] };	/* both keys are One's */
	struct bulla_custody c;
	struct ck_checked r;

	add(&ck_a, "seal", 10);
	c = next_of(&ck_a, "dispose", 20);
	forge(&ck_a, "", &c, two, 2);
	ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 60, NULL, &r);
	cr_expect_eq(r.st, BULLA_E_MISMATCH);
	cr_expect_not_null(strstr((char *)r.found.p, "note 2 dispose"));
	ck_checked_free(&r);
}

Test(chain_signed, signatures)
{
	struct bulla_custody c;
	struct bulla_buf b = BULLA_BUF_INIT(KIT_MAX);
	struct ck_checked r;

	add(&ck_a, "seal", 10);
	c = next_of(&ck_a, "store", 20);
	forge(&ck_a, "", &c, &ck_b.key[CK_CUSTODIAN], 1);
	found("carries no signature of a.example");
	KIT_OK(bulla_file_get("a/custody/" CK_ID "/0002-store.note", &b,
	    NULL));
	*strstr(bulla_buf_cstr(&b), "shelf 7") = 'S';
	KIT_OK(bulla_file_put("a/custody/" CK_ID "/0002-store.note", b.p,
	    b.len, 0600, true, NULL));
	found("a signature does not verify");
	ck_check_as(&ck_a, NULL, KIT_TIME, NULL, &r);
	cr_expect_eq(r.st, BULLA_OK, "nothing is verified without rosters");
	ck_checked_free(&r);
	bulla_buf_free(&b);
}

Test(chain_signed, a_stranger)
{
	struct bulla_signer s = { 0 };
	struct bulla_custody c;

	add(&ck_a, "seal", 10);
	c = next_of(&ck_a, "store", 20);
	KIT_OK(bulla_signer_new("a.example/custodian", BULLA_SIG_ED25519, &s,
	    NULL));
	forge(&ck_a, "", &c, &s, 1);
	found("nobody whose key is in a roster");
	bulla_signer_free(&s);
}

/* The key has ended since: good when it is proved that it was before. */
static int64_t
proved_early(void *ctx, const struct bulla_cur *bytes)
{
	(void)ctx;
	return bytes->len > 0 ? KIT_TIME + 30 : 0;
}

static int64_t
proved_late(void *ctx, const struct bulla_cur *bytes)
{
	(void)ctx;
	return bytes->len > 0 ? KIT_TIME + 150 : 0;
}

Test(chain_signed, the_time_that_is_proved_counts)
{
	struct bulla_custody c = ck_event(&ck_a, "store", 20);
	struct ck_checked r;

	add(&ck_a, "seal", 10);
	KIT_OK(bulla_chain_add("a", &c, &ck_a.key[CK_OLD], 1, &note, &e));
	ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 200, proved_early, &r);
	cr_expect_eq(r.st, BULLA_OK, "%s", (char *)r.found.p);
	ck_checked_free(&r);
	ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 50, proved_late, &r);
	cr_expect_eq(r.st, BULLA_E_MISMATCH);
	cr_expect_not_null(strstr((char *)r.found.p, "note 2 store"));
	ck_checked_free(&r);
	ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 200, NULL, &r);
	cr_expect_eq(r.st, BULLA_E_MISMATCH, "not proved: now");
	ck_checked_free(&r);
}

Test(chain_signed, suspended)
{
	struct bulla_buf text = BULLA_BUF_INIT(KIT_MAX), s = text;
	struct bulla_suspend what = { .time = KIT_TIME + 40 };
	struct bulla_cur v;
	struct ck_checked r;

	add(&ck_a, "seal", 10);
	add(&ck_a, "store", 20);
	what.side = bulla_cur_str("a.example");
	(void)bulla_trust_roster(ck_a.trust, BULLA_OURS, what.roster);
	what.key = ck_a.key[CK_CUSTODIAN].vkey;
	what.actor = bulla_cur_str("a.example/hotline");
	what.reason = bulla_cur_str("lost");
	bulla_suspend_put(&text, &what);
	v = bulla_buf_view(&text);
	KIT_OK(bulla_note_sign(&v, &ck_a.key[CK_HOTLINE], 1, &s, NULL));
	v = bulla_buf_view(&s);
	cr_assert_eq(bulla_trust_suspend("a", &v, KIT_TIME + 41, &e),
	    BULLA_OK, "%s", e.msg);
	bulla_trust_free(ck_a.trust);
	KIT_OK(bulla_trust_load("a", &ck_a.trust, NULL));
	found("note 2 store");
	ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 60, proved_early, &r);
	cr_expect_eq(r.st, BULLA_OK, "it was signed before: %s",
	    (char *)r.found.p);
	ck_checked_free(&r);
	bulla_buf_free(&text);
	bulla_buf_free(&s);
}

/*
 * What was recorded is the note without the countersignature: only that is
 * proved early, the line that came later is not.
 */
static size_t recorded;

static int64_t
proved_parts(void *ctx, const struct bulla_cur *bytes)
{
	(void)ctx;
	return bytes->len == recorded ? KIT_TIME + 30 : 0;
}

Test(chain_signed, each_line_has_its_time)
{
	struct bulla_buf more = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_chain c;
	uint8_t digest[32];

	add(&ck_a, "seal", 10);
	recorded = note.len;
	ck_digest(&note, digest);
	KIT_OK(bulla_chain_countersign("a", CK_ID, digest,
	    &ck_a.key[CK_CUSTODIAN], &more, &e));
	KIT_OK(bulla_chain_load("a", CK_ID, BULLA_OURS, ck_a.trust, &c,
	    NULL));
	cr_expect_eq(bulla_chain_proven(&c.v[0], 1, proved_parts, NULL),
	    KIT_TIME + 30);
	cr_expect_eq(bulla_chain_proven(&c.v[0], 2, proved_parts, NULL), 0);
	recorded = more.len;
	cr_expect_eq(bulla_chain_proven(&c.v[0], 1, proved_parts, NULL),
	    KIT_TIME + 30);
	cr_expect_eq(bulla_chain_proven(&c.v[0], 2, proved_parts, NULL),
	    KIT_TIME + 30);
	cr_expect_eq(bulla_chain_proven(&c.v[0], 1, NULL, NULL), 0);
	bulla_chain_free(&c);
	bulla_buf_free(&more);
}

/* It counts for nothing, and takes nothing away. */
Test(chain_signed, countersigned_by_who_may_not)
{
	struct bulla_signer two[2] = { ck_b.key[CK_RECEIVER],
	    ck_a.key[CK_SEALER] };
	struct bulla_custody c;
	struct ck_checked r;
	char hex[65];

	add(&ck_a, "seal", 10);
	add(&ck_a, "relinquish", 20);
	ck_hex(&note, hex);
	c = next_of(&ck_b, "receive", 30);
	ck_set(&c, "relinquish", hex);
	for (int i = 0; i < 2; i++) {
		forge(&ck_a, "/theirs", &c, two, 2);
		ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 60, NULL, &r);
		cr_expect_eq(r.st, BULLA_OK, "%s", (char *)r.found.p);
		cr_expect_str_eq(r.holder.agency, "b.example");
		cr_expect_eq(r.holder.countersigned, i == 1);
		ck_checked_free(&r);
		two[1] = ck_a.key[CK_CUSTODIAN];
	}
}

/* What was recorded first is good; only later came the line of another key. */
Test(chain_signed, a_line_more_takes_nothing_away)
{
	static const enum ck_key more[] = { CK_SECOND, CK_SEALER, CK_HOTLINE };
	struct bulla_custody c = next_of(&ck_a, "store", 20);
	struct ck_checked r;

	add(&ck_a, "seal", 10);
	c = next_of(&ck_a, "store", 20);
	forge(&ck_a, "", &c, &ck_a.key[CK_OLD], 1);
	recorded = note.len;
	for (unsigned i = 0; i < 3; i++) {
		const struct bulla_signer two[2] = { ck_a.key[CK_OLD],
		    ck_a.key[more[i]] };

		forge(&ck_a, "", &c, two, 2);
		ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 200, proved_parts,
		    &r);
		cr_expect_eq(r.st, BULLA_OK, "%s", (char *)r.found.p);
		ck_checked_free(&r);
	}
	recorded = note.len;	/* proved with its hotline's line only */
	forge(&ck_a, "", &c, &ck_a.key[CK_OLD], 1);
	ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 200, proved_parts, &r);
	cr_expect_eq(r.st, BULLA_E_MISMATCH, "not proved any more: now");
	ck_checked_free(&r);
}

/* Two persons, each at the time that is proved for their own line. */
Test(chain_signed, two_persons_at_two_times)
{
	const struct bulla_signer two[2] = { ck_a.key[CK_OLD],
	    ck_a.key[CK_SECOND] };
	const struct bulla_signer other[2] = { ck_a.key[CK_SECOND],
	    ck_a.key[CK_OLD] };
	struct bulla_custody c;
	struct ck_checked r;

	add(&ck_a, "seal", 10);
	c = next_of(&ck_a, "dispose", 20);
	forge(&ck_a, "", &c, two, 1);
	recorded = note.len;
	forge(&ck_a, "", &c, two, 2);
	ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 200, proved_parts, &r);
	cr_expect_eq(r.st, BULLA_OK, "%s", (char *)r.found.p);
	ck_checked_free(&r);
	forge(&ck_a, "", &c, other, 1);
	recorded = note.len;
	forge(&ck_a, "", &c, other, 2);
	ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 200, proved_parts, &r);
	cr_expect_eq(r.st, BULLA_E_MISMATCH);
	cr_expect_not_null(strstr((char *)r.found.p, "a.example/old could "
	    "sign only until"), "%s", (char *)r.found.p);
	ck_checked_free(&r);
}
