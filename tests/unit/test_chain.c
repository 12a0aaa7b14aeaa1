#include <dirent.h>
#include <sys/wait.h>

#include "chain_kit.h"

/* Two homes, and what they write into their chains and keep of the other. */
static struct bulla_buf note = BULLA_BUF_INIT(KIT_MAX);
static struct bulla_buf second = BULLA_BUF_INIT(KIT_MAX);

static void
begin(void)
{
	ck_begin();
}

static void
end(void)
{
	bulla_buf_free(&note);
	bulla_buf_free(&second);
	ck_end();
}

TestSuite(chain, .init = begin, .fini = end);

static void
add(const struct ck_side *s, const char *event, int64_t at)
{
	ck_add(s, ck_event(s, event, at), &note);
}

static void
expect_refused(const struct ck_side *s, struct bulla_custody c,
    enum bulla_status want, const char *why)
{
	static unsigned before, after;
	struct bulla_chain ours;

	KIT_OK(bulla_chain_load(s->home, CK_ID, BULLA_OURS, NULL, &ours,
	    NULL));
	before = (unsigned)ours.n;
	bulla_chain_free(&ours);
	cr_expect_eq(ck_try(s, &c, &second), want, "%s", e.msg);
	cr_expect_not_null(strstr(e.msg, why), "'%s' is not in '%s'", why,
	    e.msg);
	cr_expect_eq(second.len, 0);
	KIT_OK(bulla_chain_load(s->home, CK_ID, BULLA_OURS, NULL, &ours,
	    NULL));
	after = (unsigned)ours.n;
	bulla_chain_free(&ours);
	cr_expect_eq(before, after, "a refused note was stored");
}

/* A hands over to B, which receives; A countersigns. */
static void
hand_over(void)
{
	struct bulla_custody c = ck_event(&ck_b, "receive", 30);
	uint8_t digest[32];
	char hex[65];

	add(&ck_a, "seal", 10);
	add(&ck_a, "relinquish", 20);
	ck_hex(&note, hex);
	ck_set(&c, "relinquish", hex);
	ck_add(&ck_b, c, &note);
	ck_digest(&note, digest);
	bulla_buf_reset(&second);
	cr_assert_eq(bulla_chain_countersign("a", CK_ID, digest,
	    &ck_a.key[CK_CUSTODIAN], &second, &e), BULLA_OK, "%s", e.msg);
	cr_assert_eq(ck_keep(&ck_b, &second), BULLA_OK, "%s", e.msg);
}

Test(chain, numbers_and_links)
{
	struct bulla_chain c;

	add(&ck_a, "seal", 10);
	add(&ck_a, "store", 20);
	add(&ck_a, "access", 20);
	KIT_OK(bulla_chain_load("a", CK_ID, BULLA_OURS, NULL, &c, NULL));
	cr_assert_eq(c.n, 3);
	cr_expect_arr_eq(c.v[0].c.previous, ck_seal, 32);
	for (size_t i = 0; i < 3; i++) {
		cr_expect_eq(c.v[i].c.sequence, i + 1);
		cr_expect_eq(c.v[i].v.n_by, 0, "nobody verified it");
		if (i > 0)
			cr_expect_arr_eq(c.v[i].c.previous,
			    c.v[i - 1].digest, 32);
	}
	bulla_chain_free(&c);
	cr_expect_eq(mode_of("a/custody/" CK_ID), 0700);
	cr_expect_eq(mode_of("a/custody/" CK_ID "/0002-store.note"), 0600);
	cr_expect_eq(n_entries("a/custody/" CK_ID), 3);
	cr_expect_eq(n_entries("b/custody/" CK_ID "/theirs"), 3);
	KIT_OK(bulla_chain_load("b", CK_ID, BULLA_THEIRS, ck_b.trust, &c,
	    NULL));
	cr_assert_eq(c.n, 3);
	cr_expect_eq(c.v[1].verdict, BULLA_OK);
	cr_expect_str_eq(c.v[1].v.by[0]->name, "a.example/custodian");
	bulla_chain_free(&c);
	KIT_OK(bulla_chain_load("nowhere", CK_ID, BULLA_OURS, NULL, &c,
	    NULL));
	cr_expect_eq(c.n, 0);
	cr_expect_eq(bulla_chain_load("a", "../../x", BULLA_OURS, NULL, &c,
	    &e), BULLA_E_USAGE);
	ck_expect_good(&ck_a, "a.example");
	ck_expect_good(&ck_b, "a.example");
}

Test(chain, a_handover_is_three_signatures)
{
	struct ck_checked r;

	hand_over();
	for (int i = 0; i < 2; i++) {
		const struct ck_side *s = i == 0 ? &ck_a : &ck_b;

		ck_check_as(s, s->trust, KIT_TIME + 60, NULL, &r);
		cr_expect_eq(r.st, BULLA_OK, "%s", (char *)r.found.p);
		cr_expect_str_eq(r.holder.agency, "b.example");
		cr_expect(r.holder.countersigned);
		cr_expect_not(r.holder.handover || r.holder.disposed);
		cr_expect(bulla_cur_is(&r.holder.by->c.event, "receive"));
		cr_expect_eq(r.holder.side, s == &ck_b ? BULLA_OURS :
		    BULLA_THEIRS);
		ck_checked_free(&r);
	}
	/* both have the same bytes, with both signatures */
	bulla_buf_reset(&note);
	KIT_OK(bulla_file_get("b/custody/" CK_ID "/0001-receive.note", &note,
	    NULL));
	cr_expect_eq(note.len, second.len);
	cr_expect_arr_eq(note.p, second.p, note.len);
	bulla_buf_reset(&note);
	KIT_OK(bulla_file_get("a/custody/" CK_ID "/theirs/0001-receive.note",
	    &note, NULL));
	cr_expect_eq(note.len, second.len);
	cr_expect_arr_eq(note.p, second.p, note.len);
}

Test(chain, custody_moves_at_receive_only)
{
	struct bulla_custody c = ck_event(&ck_b, "receive", 30);
	struct ck_checked r;
	char hex[65];

	add(&ck_a, "seal", 10);
	add(&ck_a, "relinquish", 20);
	ck_hex(&note, hex);
	ck_check_as(&ck_b, ck_b.trust, KIT_TIME + 60, NULL, &r);
	cr_expect_eq(r.st, BULLA_OK);
	cr_expect_str_eq(r.holder.agency, "a.example");
	cr_expect(r.holder.handover);
	ck_checked_free(&r);
	ck_set(&c, "relinquish", hex);
	ck_add(&ck_b, c, &note);
	ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 60, NULL, &r);
	cr_expect_eq(r.st, BULLA_OK);
	cr_expect_str_eq(r.holder.agency, "b.example");
	cr_expect_not(r.holder.handover || r.holder.countersigned);
	ck_checked_free(&r);
}

Test(chain, there_and_back_and_within_one_agency)
{
	struct bulla_custody c = ck_event(&ck_b, "relinquish", 40);
	char hex[65];

	hand_over();
	ck_set(&c, "to", "b.example/lab");
	ck_add(&ck_b, c, &note);
	ck_hex(&note, hex);
	ck_expect_good(&ck_b, "b.example");
	c = ck_event(&ck_b, "receive", 41);
	ck_set(&c, "relinquish", hex);
	ck_add(&ck_b, c, &note);
	ck_expect_good(&ck_a, "b.example");
	add(&ck_b, "return", 42);
	ck_hex(&note, hex);
	c = ck_event(&ck_a, "receive", 43);
	ck_set(&c, "relinquish", hex);
	ck_add(&ck_a, c, &note);
	ck_expect_good(&ck_a, "a.example");
	ck_expect_good(&ck_b, "a.example");
}

Test(chain, disposed)
{
	struct bulla_custody c;
	struct ck_checked r;
	char hex[65];

	add(&ck_a, "seal", 10);
	add(&ck_a, "dispose", 20);
	ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 60, NULL, &r);
	cr_expect_eq(r.st, BULLA_OK, "%s", (char *)r.found.p);
	cr_expect(r.holder.disposed);
	cr_expect_str_eq(r.holder.agency, "");
	ck_checked_free(&r);
	expect_refused(&ck_a, ck_event(&ck_a, "store", 30), BULLA_E_REFUSED,
	    "disposed of it");
	add(&ck_a, "dispute", 30);
	ck_hex(&note, hex);
	c = ck_event(&ck_a, "correct", 31);
	ck_set(&c, "note", hex);
	ck_add(&ck_a, c, &note);
}

Test(chain, what_cannot_follow_is_not_added)
{
	struct bulla_custody c = ck_event(&ck_a, "store", 5);
	struct bulla_buf out = BULLA_BUF_INIT(KIT_MAX);

	add(&ck_a, "seal", 10);
	expect_refused(&ck_a, c, BULLA_E_REFUSED, "before the note that it "
	    "follows");
	c = ck_event(&ck_a, "store", 20);
	c.seal[3] ^= 1;
	expect_refused(&ck_a, c, BULLA_E_REFUSED, "its seal is not");
	c = ck_event(&ck_b, "store", 20);
	c.seal[3] ^= 1;
	cr_expect_eq(ck_try(&ck_b, &c, &out), BULLA_E_REFUSED);
	cr_expect_not_null(strstr(e.msg, "other side's"), "%s", e.msg);
	c = ck_event(&ck_a, "reject", 20);
	c.has_seal = false;
	expect_refused(&ck_a, c, BULLA_E_REFUSED, "without a seal");
	c = ck_event(&ck_b, "relinquish", 20);
	cr_expect_eq(ck_try(&ck_b, &c, &out), BULLA_E_REFUSED);
	cr_expect_not_null(strstr(e.msg, "does not hold the package"), "%s",
	    e.msg);
	c = ck_event(&ck_b, "receive", 20);
	ck_set(&c, "relinquish", CK_OTHER);
	cr_expect_eq(ck_try(&ck_b, &c, &out), BULLA_E_REFUSED);
	cr_expect_not_null(strstr(e.msg, "in neither chain"), "%s", e.msg);
	c = ck_event(&ck_a, "correct", 20);
	ck_set(&c, "note", CK_OTHER);
	expect_refused(&ck_a, c, BULLA_E_REFUSED, "in neither chain");
	bulla_buf_free(&out);
}

Test(chain, a_receive_against_its_relinquish)
{
	struct bulla_custody c = ck_event(&ck_a, "relinquish", 20);
	char hex[65], seal[65];

	add(&ck_a, "seal", 10);
	ck_hex(&note, seal);
	ck_set(&c, "to", "c.example");
	ck_add(&ck_a, c, &note);
	ck_hex(&note, hex);
	c = ck_event(&ck_b, "receive", 30);
	ck_set(&c, "relinquish", hex);
	expect_refused(&ck_b, c, BULLA_E_REFUSED, "was relinquished to c.exa");
	ck_set(&c, "relinquish", seal);
	expect_refused(&ck_b, c, BULLA_E_REFUSED, "is another event");
	add(&ck_a, "relinquish", 21);
	ck_hex(&note, hex);
	ck_set(&c, "relinquish", hex);
	ck_set(&c, "package-sha256", CK_OTHER);
	expect_refused(&ck_b, c, BULLA_E_REFUSED, "not the one that was "
	    "relinquished");
	ck_set(&c, "package-sha256", CK_SUM);
	ck_set(&c, "match", "no");
	expect_refused(&ck_b, c, BULLA_E_REFUSED, "that is a reject");
	ck_set(&c, "match", "yes");
	ck_add(&ck_b, c, &note);
	c.time++;
	expect_refused(&ck_b, c, BULLA_E_REFUSED, "received before");
}

Test(chain, signers_of_the_agency_and_two_of_them)
{
	struct bulla_custody c = ck_event(&ck_a, "dispose", 20);

	add(&ck_a, "seal", 10);
	cr_expect_eq(bulla_chain_persons(&c), 2);
	cr_expect_eq(bulla_chain_add("a", &c, &ck_a.key[CK_CUSTODIAN], 1,
	    &second, &e), BULLA_E_REFUSED);
	cr_expect_not_null(strstr(e.msg, "two persons"), "%s", e.msg);
	c = ck_event(&ck_a, "seize", 20);
	cr_expect_eq(bulla_chain_persons(&c), 1);
	ck_set(&c, "second-officer", "Two");
	cr_expect_eq(bulla_chain_persons(&c), 2);
	c = ck_event(&ck_a, "store", 20);
	cr_expect_eq(bulla_chain_add("a", &c, &ck_b.key[CK_CUSTODIAN], 1,
	    &second, &e), BULLA_E_REFUSED);
	cr_expect_not_null(strstr(e.msg, "not of the agency"), "%s", e.msg);
	c.time = KIT_TIME;
	cr_expect_eq(second.len, 0);
	cr_expect_eq(n_entries("a/custody/" CK_ID), 1);
}

Test(chain, the_same_again_and_another_in_its_place)
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

Test(chain, a_reject_without_a_seal_stands_alone)
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

Test(chain, only_theirs_are_kept)
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

Test(chain, in_the_name_of_another_agency)
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

Test(chain, countersigning)
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
Test(chain, merging_takes_known_lines_only)
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

Test(chain, many_at_once)
{
	enum { N = 6, EACH = 4 };
	pid_t child[N];
	int status;

	add(&ck_a, "seal", 10);
	for (int i = 0; i < N; i++) {
		(void)fflush(NULL);
		child[i] = fork();
		if (child[i] != 0)
			continue;
		for (int j = 0; j < EACH; j++) {
			struct bulla_custody c = ck_event(&ck_a, "access",
			    20);

			if (ck_try(&ck_a, &c, &note) != BULLA_OK)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < N; i++) {
		cr_assert_eq(waitpid(child[i], &status, 0), child[i]);
		cr_expect_eq(status, 0);
	}
	ck_expect_good(&ck_a, "a.example");
	cr_expect_eq(n_entries("a/custody/" CK_ID), 1 + N * EACH);
}

Test(chain, merged_alike_on_both_sides)
{
	struct bulla_chain_step *va, *vb;
	struct ck_checked a, b;
	size_t na, nb;

	hand_over();
	add(&ck_b, "store", 31);
	add(&ck_a, "dispute", 31);
	add(&ck_b, "access", 31);
	ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 60, NULL, &a);
	ck_check_as(&ck_b, ck_b.trust, KIT_TIME + 60, NULL, &b);
	KIT_OK(bulla_chain_merge(&a.ours, &a.theirs, &va, &na, NULL));
	KIT_OK(bulla_chain_merge(&b.ours, &b.theirs, &vb, &nb, NULL));
	cr_assert_eq(na, 6);
	cr_assert_eq(nb, 6);
	for (size_t i = 0; i < na; i++) {
		cr_expect_arr_eq(va[i].l->digest, vb[i].l->digest, 32);
		cr_expect_neq(va[i].side, vb[i].side);
	}
	free(va);
	free(vb);
	ck_checked_free(&a);
	ck_checked_free(&b);
}

/* B's clock is slow: what it received was relinquished before all the same. */
Test(chain, merged_by_what_is_named)
{
	struct bulla_custody c = ck_event(&ck_b, "receive", 5);
	struct ck_checked r;
	struct bulla_chain_step *v;
	char hex[65];
	size_t n;

	add(&ck_a, "seal", 10);
	add(&ck_a, "relinquish", 20);
	ck_hex(&note, hex);
	ck_set(&c, "relinquish", hex);
	ck_add(&ck_b, c, &note);
	add(&ck_b, "store", 6);
	ck_check_as(&ck_a, ck_a.trust, KIT_TIME + 60, NULL, &r);
	cr_expect_eq(r.st, BULLA_OK, "%s", (char *)r.found.p);
	cr_expect_str_eq(r.holder.agency, "b.example");
	KIT_OK(bulla_chain_merge(&r.ours, &r.theirs, &v, &n, NULL));
	cr_expect(bulla_cur_is(&v[2].l->c.event, "receive"));
	free(v);
	ck_checked_free(&r);
}
