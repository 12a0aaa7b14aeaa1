#include "chain_kit.h"

/* What bulla_chain_check finds in chains that nobody honest would write. */
static struct bulla_buf note = BULLA_BUF_INIT(KIT_MAX);

static void
begin(void)
{
	ck_begin();
}

static void
end(void)
{
	bulla_buf_free(&note);
	ck_end();
}

TestSuite(chain_check, .init = begin, .fini = end);

/*
 * Write a note into a chain as whoever owns the disk could: any number, any
 * previous, any key.
 */
static void
forge(const struct ck_side *s, const char *dir, struct bulla_custody *c,
    const struct bulla_signer *keys, size_t n_keys)
{
	struct bulla_buf text = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_cur v;
	char path[200];

	c->has_previous = true;
	bulla_custody_put(&text, c);
	v = bulla_buf_view(&text);
	bulla_buf_reset(&note);
	KIT_OK(bulla_note_sign(&v, keys, n_keys, &note, NULL));
	snprintf(path, sizeof(path), "%s/custody/" CK_ID "%s", s->home, dir);
	KIT_OK(bulla_dir_make(path, 0700, NULL));
	snprintf(path, sizeof(path), "%s/custody/" CK_ID "%s/%04u-%.*s.note",
	    s->home, dir, (unsigned)c->sequence, (int)c->event.len,
	    (const char *)c->event.p);
	KIT_OK(bulla_file_put(path, note.p, note.len, 0600, true, NULL));
	bulla_buf_free(&text);
}

/* The next in A's chain, right in all but what a test changes. */
static struct bulla_custody
next_of(const struct ck_side *s, const char *event, int64_t at)
{
	struct bulla_custody c = ck_event(s, event, at);
	struct bulla_chain ours;

	KIT_OK(bulla_chain_load(s->home, CK_ID, BULLA_OURS, NULL, &ours,
	    NULL));
	c.sequence = ours.n + 1;
	memcpy(c.previous, ck_seal, 32);
	if (ours.n > 0)
		memcpy(c.previous, ours.v[ours.n - 1].digest, 32);
	bulla_chain_free(&ours);
	return c;
}

static void
add(const struct ck_side *s, const char *event, int64_t at)
{
	ck_add(s, ck_event(s, event, at), &note);
}

static void
found(const char *want)
{
	ck_expect_found(&ck_a, ck_a.trust, want);
}

/* Other seconds are other digests: no order by these is right by chance. */
Test(chain_check, handed_over_and_received_in_one_second)
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

Test(chain_check, after_it_was_disposed_of)
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

Test(chain_check, roles)
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

Test(chain_check, one_person_where_two_are_needed)
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

Test(chain_check, signatures)
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

Test(chain_check, a_stranger)
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

Test(chain_check, the_time_that_is_proved_counts)
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

Test(chain_check, suspended)
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

Test(chain_check, each_line_has_its_time)
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

Test(chain_check, handovers_that_do_not_fit)
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
Test(chain_check, an_early_claim_makes_no_holder)
{
	struct bulla_custody c = next_of(&ck_b, "relinquish", 1);

	add(&ck_a, "seal", 10);
	forge(&ck_a, "/theirs", &c, &ck_b.key[CK_CUSTODIAN], 1);
	found("b.example note 1 relinquish: b.example does not hold the "
	    "package: a.example does");
}

Test(chain_check, another_package_under_the_same_seal)
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

/* It counts for nothing, and takes nothing away. */
Test(chain_check, countersigned_by_who_may_not)
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
Test(chain_check, a_line_more_takes_nothing_away)
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
Test(chain_check, two_persons_at_two_times)
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

/* Nobody takes it by saying so, while the others' notes show that it is there. */
Test(chain_check, received_without_a_relinquish)
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
Test(chain_check, received_by_who_does_not_name_the_relinquish)
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
