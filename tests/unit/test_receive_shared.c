#include "shared_place.h"

/* One receipt for both homes, whatever fails and whoever was quicker. */
TestSuite(receive_shared, .init = begin_shared, .fini = end_shared);

/* The home has this receipt, and in its chain. */
static void
expect_received(const char *home)
{
	char path[200], hex[65];

	cr_expect(got.accepted);
	cr_assert_not_null(find(got.sha256));
	cr_assert_eq(got.receipt.len, find(got.sha256)->len);
	cr_expect_arr_eq(got.receipt.p, find(got.sha256)->p, got.receipt.len);
	bulla_hex(hex, got.sha256, 32);
	snprintf(path, sizeof(path), "%s/receipts/%s.note", home, hex);
	expect_bytes(path, &got.receipt);
	snprintf(path, sizeof(path), "%s/custody/%s/0001-receive.note", home,
	    p.id);
	expect_bytes(path, &got.receipt);
	expect_home(home, 1, 1, 1);
}

Test(receive_shared, the_first_receipt_is_that_of_both)
{
	cr_assert_eq(receive(), BULLA_OK, "%s", e.msg);
	cr_expect_not(got.existed);
	expect_received("one");
	cr_expect_eq(at.n_put, 1);
	cr_expect_eq(at.offered, 1);
	how.home = "two";
	how.receiver = &second;
	how.now += 77;
	cr_assert_eq(receive(), BULLA_OK, "%s", e.msg);
	cr_expect(got.existed);
	expect_received("two");
	cr_expect_eq(at.offered, 1, "it signed one of its own");
	cr_expect_eq(at.n, 1);
	/* Known here: nobody is asked. */
	at.claim = at.put = at.look = at.offer = BULLA_E_IO;
	cr_assert_eq(receive(), BULLA_OK, "%s", e.msg);
	expect_received("two");
}

/* Two that saw nothing there: the second hears of the first's. */
Test(receive_shared, one_was_quicker)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cur c;

	cr_assert_eq(receive(), BULLA_OK);
	bulla_buf_put(&note, got.receipt.p, got.receipt.len);
	bulla_buf_free(&at.v[0].note);
	at.n = 0;
	how.home = "two";
	how.receiver = &second;
	at.offer = BULLA_E_IO;
	cr_assert_eq(receive(), BULLA_E_AGAIN);
	at.offer = BULLA_OK;
	c = bulla_buf_view(&note);
	add(at.sha256, &c);
	cr_assert_eq(receive(), BULLA_OK, "%s", e.msg);
	expect_received("two");
	bulla_buf_free(&note);
}

/* Whatever a place answers when it is not to be had: later, and no note. */
Test(receive_shared, every_step_fails_and_is_tried_again)
{
	static const enum bulla_status bad[] = { BULLA_E_AGAIN, BULLA_E_IO,
	    BULLA_E_REFUSED, BULLA_E_MISMATCH, BULLA_E_FORMAT,
	    BULLA_E_INCOMPLETE, BULLA_E_LIMIT, BULLA_E_NOKEY };
	enum bulla_status *const step[] = { &at.claim, &at.put, &at.look,
	    &at.offer };
	char dir[100];
	unsigned n = 0;

	for (int s = 0; s < 4; s++) {
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++, n++) {
			*step[s] = bad[i];
			cr_expect_eq(receive(), BULLA_E_AGAIN, "%d %zu: %s", s,
			    i, e.msg);
			cr_expect_null(got.receipt.p);
			expect_home("one", s > 0, s > 2, 0);
		}
		*step[s] = BULLA_E_NOMEM;
		cr_expect_eq(receive(), BULLA_E_NOMEM);
		*step[s] = BULLA_OK;
	}
	/* The directory of the chain, and nothing in it */
	snprintf(dir, sizeof(dir), "one/custody/%s", p.id);
	cr_expect_eq(n_entries(dir), 0);
	cr_assert_eq(receive(), BULLA_OK, "%s", e.msg);
	expect_received("one");
	cr_expect_eq(at.n, 1);
	printf("COUNT receive-shared-away %u 0\n", n);
}

Test(receive_shared, an_answer_that_was_lost)
{
	struct bulla_buf was = BULLA_BUF_INIT(BULLA_NOTE_MAX);

	at.offer = BULLA_E_AGAIN;
	at.done_anyway = true;
	cr_assert_eq(receive(), BULLA_E_AGAIN);
	bulla_buf_put(&was, at.v[0].note.p, at.v[0].note.len);
	at.offer = BULLA_OK;
	how.now += 100;
	cr_assert_eq(receive(), BULLA_OK, "%s", e.msg);
	expect_received("one");
	cr_expect_eq(got.receipt.len, was.len);
	cr_expect_arr_eq(got.receipt.p, was.p, was.len);
	bulla_buf_free(&was);
}

/* Another package under the same id, by the same sealer. */
static void
reseal(void)
{
	parts_reopen(&p, "kind: evidence", "kind: hotline", &kit.sealer, 1);
	parts_put(&bytes, &p);
}

Test(receive_shared, an_id_that_another_home_has)
{
	uint8_t were[32];

	cr_assert_eq(receive(), BULLA_OK);
	memcpy(were, got.sha256, 32);
	reseal();
	how.home = "two";
	cr_assert_eq(receive(), BULLA_OK, "%s", e.msg);
	cr_expect_not(got.accepted);
	cr_expect_str_eq(got.reason, "duplicate-id");
	expect_home("two", 0, 0, 1);
	cr_expect_arr_eq(at.sha256, were, 32);
	cr_expect_eq(at.n, 1);
}

/* What is stored here under the id is asked first, and nothing is claimed. */
Test(receive_shared, other_bytes_that_are_here_already)
{
	how.shared = NULL;
	cr_assert_eq(receive(), BULLA_OK);
	how.shared = &shared;
	reseal();
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect_str_eq(got.reason, "duplicate-id");
	cr_expect_not(at.claimed);
}

/* Our chain has gone on by itself: the receipt counts, the chain stays. */
Test(receive_shared, no_place_in_our_chain)
{
	struct bulla_buf closing = BULLA_BUF_INIT(KIT_MAX), note = closing;
	struct bulla_custody c = { .time = KIT_TIME + 6, .has_seal = true };
	struct bulla_chain ours = { 0 };

	cr_assert_eq(receive(), BULLA_OK);
	parts_text(&p, "closing.note", &closing);
	snprintf(c.id, sizeof(c.id), "%s", p.id);
	bulla_sha256(closing.p, closing.len, c.seal);
	c.event = bulla_cur_str("seal");
	c.actor = bulla_cur_str("beta");
	c.result = bulla_cur_str("done");
	KIT_OK(bulla_dir_make("two", 0700, NULL));
	KIT_OK(bulla_dir_make("two/custody", 0700, NULL));
	if (bulla_chain_add("two", &c, &second, 1, &note, &e) != BULLA_OK)
		cr_assert_fail("%s", e.msg);
	how.home = "two";
	cr_assert_eq(receive(), BULLA_OK, "%s", e.msg);
	cr_expect_eq(got.receipt.len, at.v[0].note.len);
	KIT_OK(bulla_chain_load("two", p.id, BULLA_OURS, NULL, &ours, NULL));
	cr_expect_eq(ours.n, 1);
	expect_home("two", 1, 1, 1);
	bulla_chain_free(&ours);
	bulla_buf_free(&closing);
	bulla_buf_free(&note);
}
