#include <sys/wait.h>

#include "chain_home.h"

/* What follows on what in a chain, and where both chains meet. */
TestSuite(chain, .init = begin, .fini = end);

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
