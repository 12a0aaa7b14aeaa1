#include "shared_place.h"

/* What the shared place has or says is believed as far as it proves it. */
TestSuite(receive_lies, .init = begin_shared, .fini = end_shared);

/* The receipt that would be given, with one word of it changed, by this key. */
static void
forge(const char *from, const char *to, const struct bulla_signer *by)
{
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_NOTE_MAX), note = text;
	struct bulla_cur c = bulla_buf_view(&at.v[0].note);
	size_t len = strlen(from);
	unsigned n_hits = 0;
	struct bulla_note n;

	KIT_OK(bulla_note_parse(&c, &n, NULL));
	for (size_t i = 0; i < n.text.len;) {
		if (n.text.len - i >= len &&
		    memcmp(n.text.p + i, from, len) == 0) {
			bulla_buf_str(&text, to);
			i += len;
			n_hits++;
		} else {
			bulla_buf_put(&text, n.text.p + i++, 1);
		}
	}
	cr_assert_gt(n_hits, 0, "%s", from);
	c = bulla_buf_view(&text);
	KIT_OK(bulla_note_sign(&c, by, 1, &note, NULL));
	bulla_buf_free(&at.v[0].note);
	bulla_buf_free(&text);
	at.v[0].note = note;
}

static void
expect_not_taken(const char *words)
{
	how.home = "two";
	cr_expect_eq(receive(), BULLA_E_IO, "%s", e.msg);
	cr_expect_not_null(strstr(e.msg, words), "%s", e.msg);
	cr_expect_null(got.receipt.p);
	expect_home("two", 1, 0, 0);
}

Test(receive_lies, a_receipt_of_a_stranger)
{
	cr_assert_eq(receive(), BULLA_OK);
	forge("receive", "receive", &kit.stranger);
	expect_not_taken("what the shared store has as the receipt");
}

Test(receive_lies, a_receiver_who_may_not)
{
	cr_assert_eq(receive(), BULLA_OK);
	at.may = BULLA_E_REFUSED;
	expect_not_taken("may");
}

Test(receive_lies, a_receipt_for_another_id)
{
	char other[33];

	cr_assert_eq(receive(), BULLA_OK);
	snprintf(other, sizeof(other), "%s", p.id);
	other[5] = other[5] == '0' ? '1' : '0';
	forge(p.id, other, &receiver);
	expect_not_taken("it is not about this package");
}

Test(receive_lies, a_receipt_for_other_bytes)
{
	char hex[65], other[65];

	cr_assert_eq(receive(), BULLA_OK);
	bulla_hex(hex, got.sha256, 32);
	memcpy(other, hex, sizeof(other));
	other[7] = other[7] == '0' ? '1' : '0';
	forge(hex, other, &receiver);
	expect_not_taken("this receipt is for another package");
}

Test(receive_lies, a_receipt_for_another_seal)
{
	struct bulla_buf text = BULLA_BUF_INIT(KIT_MAX);
	char hex[65], other[65];
	uint8_t seal[32];

	cr_assert_eq(receive(), BULLA_OK);
	parts_text(&p, "closing.note", &text);
	bulla_sha256(text.p, text.len, seal);
	bulla_hex(hex, seal, 32);
	memcpy(other, hex, sizeof(other));
	other[7] = other[7] == '0' ? '1' : '0';
	forge(hex, other, &receiver);
	expect_not_taken("it is not about this package");
	bulla_buf_free(&text);
}

/* Lines that nobody knows do not come in with it. */
Test(receive_lies, lines_that_are_not_ours)
{
	struct bulla_signer both[2] = { receiver, kit.stranger };
	struct bulla_buf was = BULLA_BUF_INIT(BULLA_NOTE_MAX), note = was;
	struct bulla_note n;
	struct bulla_cur c;

	cr_assert_eq(receive(), BULLA_OK);
	bulla_buf_put(&was, got.receipt.p, got.receipt.len);
	c = bulla_buf_view(&was);
	KIT_OK(bulla_note_parse(&c, &n, NULL));
	KIT_OK(bulla_note_sign(&n.text, both, 2, &note, NULL));
	bulla_buf_free(&at.v[0].note);
	at.v[0].note = note;
	how.home = "two";
	cr_assert_eq(receive(), BULLA_OK, "%s", e.msg);
	cr_expect_eq(got.receipt.len, was.len);
	cr_expect_arr_eq(got.receipt.p, was.p, was.len);
	bulla_buf_free(&was);
}

/* That it is another's must be in a receipt of ours: else it is a lie. */
Test(receive_lies, an_id_that_is_said_to_be_anothers)
{
	struct bulla_cur c;

	memset(at.sha256, 7, 32);
	at.claimed = true;
	snprintf(at.id, sizeof(at.id), "%s", p.id);
	cr_expect_eq(receive(), BULLA_E_AGAIN);
	cr_expect_not_null(strstr(e.msg, "no receipt yet"), "%s", e.msg);
	at.look = BULLA_E_REFUSED;
	cr_expect_eq(receive(), BULLA_E_AGAIN);
	at.look = BULLA_OK;
	expect_home("one", 0, 0, 0);
	/* One for these bytes is none for those. */
	how.shared = NULL;
	how.home = "two";
	cr_assert_eq(receive(), BULLA_OK);
	c = bulla_buf_view(&got.receipt);
	add(at.sha256, &c);
	how.shared = &shared;
	how.home = "one";
	cr_expect_eq(receive(), BULLA_E_IO);
	cr_expect_not_null(strstr(e.msg, "for another package"), "%s", e.msg);
	expect_home("one", 0, 0, 0);
}

/* Bytes that we rejected ourselves do not have it. */
Test(receive_lies, an_id_of_what_was_rejected)
{
	struct bulla_cur c;

	parts_find(&p, "data/00000001.age")->data.p[5] ^= 1;
	parts_put(&bytes, &p);
	how.home = "two";
	cr_assert_eq(receive(), BULLA_OK);
	cr_assert_str_eq(got.reason, "seal-broken");
	cr_expect_not(at.claimed, "not even claimed");
	c = bulla_buf_view(&got.receipt);
	add(got.sha256, &c);
	memcpy(at.sha256, got.sha256, 32);
	at.claimed = true;
	snprintf(at.id, sizeof(at.id), "%s", p.id);
	parts_find(&p, "data/00000001.age")->data.p[5] ^= 1;
	parts_put(&bytes, &p);
	how.home = "one";
	cr_expect_eq(receive(), BULLA_E_IO);
	cr_expect_not_null(strstr(e.msg, "not about this"), "%s", e.msg);
	expect_home("one", 0, 0, 0);
}
