#include "receive_kit.h"

/* A receipt among the notes of custody that the home has of the package. */
TestSuite(receive_chain, .init = begin, .fini = end);

static void
field(struct bulla_custody *c, const char *label, const char *value)
{
	c->extra[c->n_extra].label = bulla_cur_str(label);
	c->extra[c->n_extra++].value = bulla_cur_str(value);
}

static void
parse_receipt(struct bulla_custody *c)
{
	struct bulla_cur bytes = bulla_buf_view(&got.receipt);
	struct bulla_note n;

	KIT_OK(bulla_note_parse(&bytes, &n, NULL));
	KIT_OK(bulla_custody_parse(&n.text, c, NULL));
}

/* alpha relinquishes these bytes, or others, to somebody. */
static void
relinquished(const char *to, bool others, char hex[65])
{
	struct bulla_custody c = event("relinquish", "alpha");
	struct bulla_buf note = BULLA_BUF_INIT(KIT_MAX);
	uint8_t sum[32];
	struct bulla_cur v;
	struct bulla_note n;
	char sha256[65];

	bulla_sha256(bytes.p, bytes.len - (others ? 1 : 0), sum);
	bulla_hex(sha256, sum, 32);
	field(&c, "to", to);
	field(&c, "transport", "courier");
	field(&c, "package-sha256", sha256);
	field(&c, "recipients", "desk");
	cr_assert_eq(bulla_chain_add("alpha", &c, &kit.sealer, 1, &note,
	    &e), BULLA_OK, "%s", e.msg);
	v = bulla_buf_view(&note);
	cr_assert_eq(bulla_chain_keep("home", &v, NULL, KIT_TIME, &e),
	    BULLA_OK, "%s", e.msg);
	KIT_OK(bulla_note_parse(&v, &n, NULL));
	bulla_sha256(n.text.p, n.text.len, sum);
	bulla_hex(hex, sum, 32);
	bulla_buf_free(&note);
}

Test(receive_chain, behind_what_the_chain_has)
{
	struct bulla_custody c = event("reject", "beta/custodian"), r;
	struct bulla_buf note = BULLA_BUF_INIT(KIT_MAX), first = note;
	struct bulla_chain ours;
	uint8_t sum[32];
	char hex[65];

	bulla_sha256(bytes.p, bytes.len, sum);
	bulla_hex(hex, sum, 32);
	field(&c, "package-sha256", hex);
	field(&c, "reason", "not-authorised");
	KIT_OK(bulla_chain_add("home", &c, &receiver, 1, &note, &e));
	cr_assert_eq(receive(), BULLA_OK, "%s", e.msg);
	parse_receipt(&r);
	cr_expect_eq(r.sequence, 2);
	KIT_OK(bulla_chain_load("home", p.id, BULLA_OURS, NULL, &ours, &e));
	cr_assert_eq(ours.n, 2);
	cr_expect_arr_eq(r.previous, ours.v[0].digest, 32);
	bulla_chain_free(&ours);
	expect_bytes(path_of("custody", p.id, "/0002-receive.note"),
	    &got.receipt);
	/* without the copy in receipts/ the chain's is the receipt */
	bulla_buf_put(&first, got.receipt.p, got.receipt.len);
	cr_assert_eq(unlink(receipt_path()), 0);
	how.now += 9;
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect_eq(got.receipt.len, first.len);
	cr_expect_arr_eq(got.receipt.p, first.p, first.len);
	bulla_buf_free(&note);
	bulla_buf_free(&first);
}

Test(receive_chain, names_the_relinquish)
{
	struct bulla_custody r;
	struct bulla_cur v;
	char hex[65], other[65];

	relinquished("gamma", false, other);
	cr_assert_eq(receive(), BULLA_OK);
	parse_receipt(&r);
	cr_expect_not(bulla_custody_get(&r, "relinquish", &v),
	    "it was not relinquished to us");
	cr_assert_eq(system("rm -r home"), 0);
	relinquished("beta/desk", false, hex);
	cr_assert_eq(receive(), BULLA_OK);
	parse_receipt(&r);
	cr_assert(bulla_custody_get(&r, "relinquish", &v));
	cr_expect(bulla_cur_is(&v, hex));
	cr_expect_eq(r.sequence, 1);
}

Test(receive_chain, other_bytes_than_were_relinquished)
{
	struct bulla_custody r;
	struct bulla_cur v;
	char hex[65];

	relinquished("beta", true, hex);
	cr_assert_eq(receive(), BULLA_OK, "%s", e.msg);
	cr_expect_not(got.accepted);
	cr_expect_str_eq(got.reason, "hash-mismatch");
	parse_receipt(&r);
	cr_expect_not(r.has_seal);
	cr_assert(bulla_custody_get(&r, "relinquish", &v));
	cr_expect(bulla_cur_is(&v, hex));
	cr_expect_eq(n_entries("home/packages"), 0);
	/* corrected, it is welcome; and once in, it stays in */
	relinquished("beta", false, hex);
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect(got.accepted);
	relinquished("beta", true, hex);
	cr_assert_eq(unlink(receipt_path()), 0);
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect(got.accepted && got.existed);
}

/* Notes that are damaged in our home are no fault of the package. */
Test(receive_chain, a_damaged_chain)
{
	char hex[65];

	relinquished("beta", false, hex);
	KIT_OK(put(path_of("custody", p.id, "/0001-open.note"), "x", false,
	    &e));
	cr_expect_eq(receive(), BULLA_E_IO);
	cr_expect_not_null(strstr(e.msg, "the chain of custody in the home "
	    "is damaged"), "%s", e.msg);
	cr_expect_eq(n_entries("home/packages"), 0);
	cr_assert_eq(unlink(path_of("custody", p.id, "/0001-open.note")), 0);
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect(got.accepted);
}
