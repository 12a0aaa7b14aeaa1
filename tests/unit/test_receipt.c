#include "bulla/receive.h"
#include "core/receive_int.h"
#include "package_kit.h"
#include "scratch.h"

static struct bulla_signer receiver, other;
static struct bulla_vkeys known;
static struct bulla_receive how = { .home = "home", .now = KIT_TIME };
static struct bulla_buf note = BULLA_BUF_INIT(KIT_MAX);
static struct bulla_err e;
static uint8_t sha256[32] = "sha256 of the package, 32 bytes";
static const uint8_t seal[32] = "sha256 of the closing, 32 bytes";
static const char id[] = "0123456789abcdef0123456789abcdef";

static void
begin(void)
{
	scratch_enter();
	KIT_OK(bulla_crypto_init(NULL));
	KIT_OK(bulla_signer_new("beta/receiver", BULLA_SIG_ED25519, &receiver,
	    NULL));
	KIT_OK(bulla_signer_new("beta/other", BULLA_SIG_ED25519, &other,
	    NULL));
	KIT_OK(bulla_vkeys_add(&known, &receiver.vkey, NULL));
	how.receiver = &receiver;
	cr_assert_eq(mkdir("home", 0700), 0);
	cr_assert_eq(mkdir("home/receipts", 0700), 0);
}

static void
end(void)
{
	bulla_buf_free(&note);
	bulla_signer_free(&receiver);
	bulla_signer_free(&other);
	bulla_vkeys_free(&known);
	scratch_leave();
}

TestSuite(receipt, .init = begin, .fini = end);

static void
make(const char *reason)
{
	const struct receipt_of of = { .id = id, .sha256 = sha256,
	    .bytes = 12345, .seal = reason == NULL ? seal : NULL,
	    .reason = reason };

	bulla_buf_reset(&note);
	KIT_OK(receipt_make(&how, &of, &note, NULL));
}

static enum bulla_status
check(struct bulla_receipt *r)
{
	struct bulla_cur c = bulla_buf_view(&note);

	*r = (struct bulla_receipt){ .time = -1 };
	return bulla_receipt_check(&c, &known, sha256, r, &e);
}

static void
expect_no(enum bulla_status want, const char *why)
{
	struct bulla_receipt r;

	cr_expect_eq(check(&r), want, "%s", e.msg);
	cr_expect_not_null(strstr(e.msg, why), "'%s' has no '%s'", e.msg,
	    why);
	cr_expect_eq(r.time, -1);	/* untouched */
}

Test(receipt, of_a_receive)
{
	struct bulla_receipt r;

	make(NULL);
	cr_assert_eq(check(&r), BULLA_OK, "%s", e.msg);
	cr_expect(r.accepted);
	cr_expect_eq(r.time, KIT_TIME);
	cr_expect_str_eq(r.actor, "beta/receiver");
}

Test(receipt, of_every_reject)
{
	static const char *const reasons[] = { "hash-mismatch",
	    "undecryptable", "bag-invalid", "wrong-recipient", "seal-broken",
	    "duplicate-id", "not-authorised", "out-of-scope" };
	struct bulla_receipt r;

	for (size_t i = 0; i < 8; i++) {
		make(reasons[i]);
		cr_assert_eq(check(&r), BULLA_OK, "%s", e.msg);
		cr_expect_not(r.accepted);
		cr_expect_str_eq(r.reason, reasons[i]);
	}
}

Test(receipt, for_another_package)
{
	make(NULL);
	sha256[0] ^= 1;
	expect_no(BULLA_E_MISMATCH, "for another package");
	make("seal-broken");
	sha256[0] ^= 1;
	expect_no(BULLA_E_MISMATCH, "for another package");
}

Test(receipt, by_somebody_else)
{
	how.receiver = &other;
	make(NULL);
	expect_no(BULLA_E_NOKEY, "none of the known keys");
}

/* The text with something replaced, signed as it should be. */
static void
edit(const char *old, const char *new)
{
	struct bulla_buf text = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_cur c;
	const char *t, *at;
	const char *stop;

	make(NULL);
	t = bulla_buf_cstr(&note);
	at = strstr(t, old);
	stop = strstr(t, "\n\n") + 1;
	cr_assert_not_null(at, "%s", old);
	bulla_buf_put(&text, t, (size_t)(at - t));
	bulla_buf_str(&text, new);
	bulla_buf_put(&text, at + strlen(old),
	    (size_t)(stop - at) - strlen(old));
	c = bulla_buf_view(&text);
	bulla_buf_reset(&note);
	KIT_OK(bulla_note_sign(&c, &receiver, 1, &note, NULL));
	bulla_buf_free(&text);
}

Test(receipt, signed_again_it_is_good)
{
	struct bulla_receipt r;

	edit("bytes: 12345", "bytes: 12346");
	cr_expect_eq(check(&r), BULLA_OK, "%s", e.msg);
}

Test(receipt, that_says_no)
{
	edit("match: yes", "match: no");
	expect_no(BULLA_E_MISMATCH, "did not arrive as it was");
	edit("seal-intact: yes", "seal-intact: no");
	expect_no(BULLA_E_MISMATCH, "did not arrive as it was");
}

Test(receipt, a_note_of_another_kind)
{
	edit("bulla custody v1", "bulla opening v1");
	expect_no(BULLA_E_FORMAT, "receipt");
	make(NULL);
	note.len--;
	expect_no(BULLA_E_FORMAT, "receipt");
	note.p[30] ^= 1;
	note.len++;
	expect_no(BULLA_E_MISMATCH, "does not verify");
	bulla_buf_reset(&note);
	expect_no(BULLA_E_FORMAT, "receipt");
}

/* Another event of the chain proves nothing about what arrived, though it
 * may name the same digest. */
static void
other_event(const char *event, const char *const *extra, size_t n)
{
	struct bulla_custody c = { .has_seal = true, .sequence = 2,
	    .has_previous = true, .time = KIT_TIME };
	struct bulla_buf text = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_cur v;

	memcpy(c.id, id, sizeof(id));
	c.event = bulla_cur_str(event);
	c.actor = bulla_cur_str("beta");
	c.result = bulla_cur_str("ok");
	for (size_t i = 0; i < n; i += 2) {
		c.extra[c.n_extra].label = bulla_cur_str(extra[i]);
		c.extra[c.n_extra++].value = bulla_cur_str(extra[i + 1]);
	}
	bulla_custody_put(&text, &c);
	KIT_OK(bulla_buf_status(&text));
	v = bulla_buf_view(&text);
	bulla_buf_reset(&note);
	KIT_OK(bulla_note_sign(&v, &receiver, 1, &note, NULL));
	expect_no(BULLA_E_MISMATCH, "this note is not a receipt");
	bulla_buf_free(&text);
}

Test(receipt, another_event)
{
	char hex[65];
	const char *const store[] = { "storage", "shelf 7" };
	const char *const verify[] = { "package-sha256", hex, "match", "yes" };

	bulla_hex(hex, sha256, 32);
	other_event("store", store, 2);
	other_event("verify", verify, 4);
}

Test(receipt, stored_and_found)
{
	struct bulla_buf found = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_buf first = BULLA_BUF_INIT(KIT_MAX);
	bool accepted = true;

	cr_expect_eq(bulla_receipt_find("home", sha256, &found, &accepted,
	    &e), BULLA_E_NOMATCH);
	cr_expect_eq(bulla_receipt_find("nowhere", sha256, &found, &accepted,
	    &e), BULLA_E_NOMATCH);
	make("seal-broken");
	KIT_OK(receipt_store("home", sha256, &note, true, NULL));
	KIT_OK(bulla_receipt_find("home", sha256, &found, &accepted, NULL));
	cr_expect_not(accepted);
	/* a reject may follow a reject, a receive takes its place */
	make("duplicate-id");
	KIT_OK(receipt_store("home", sha256, &note, true, NULL));
	make(NULL);
	KIT_OK(receipt_store("home", sha256, &note, false, NULL));
	bulla_buf_put(&first, note.p, note.len);
	bulla_buf_reset(&found);
	KIT_OK(bulla_receipt_find("home", sha256, &found, &accepted, NULL));
	cr_expect(accepted);
	/* and stays */
	how.now += 60;
	make(NULL);
	cr_expect_neq(memcmp(note.p, first.p, first.len), 0);
	KIT_OK(receipt_store("home", sha256, &note, false, NULL));
	bulla_buf_reset(&found);
	KIT_OK(bulla_receipt_find("home", sha256, &found, &accepted, NULL));
	cr_expect_eq(found.len, first.len);
	cr_expect_arr_eq(found.p, first.p, first.len);
	bulla_buf_free(&found);
	bulla_buf_free(&first);
}

Test(receipt, a_stored_note_that_is_wrong)
{
	struct bulla_buf found = BULLA_BUF_INIT(KIT_MAX);
	char path[100], hex[65];
	bool accepted;

	bulla_hex(hex, sha256, 32);
	snprintf(path, sizeof(path), "home/receipts/%s.note", hex);
	KIT_OK(put(path, "no note", false, NULL));
	cr_expect_eq(bulla_receipt_find("home", sha256, &found, &accepted,
	    &e), BULLA_E_FORMAT);
	/* that of another package */
	sha256[0] ^= 1;
	make(NULL);
	sha256[0] ^= 1;
	KIT_OK(bulla_file_put(path, note.p, note.len, 0600, true, NULL));
	cr_expect_eq(bulla_receipt_find("home", sha256, &found, &accepted,
	    &e), BULLA_E_FORMAT);
	cr_expect_not_null(strstr(e.msg, "of another package"), "%s", e.msg);
	cr_expect_eq(found.len, 0);
	bulla_buf_free(&found);
}
