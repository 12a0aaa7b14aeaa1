#include <unistd.h>

#include "bulla/chain.h"
#include "bulla/custody.h"
#include "bulla/receive.h"
#include "package_parts.h"
#include "scratch.h"

/* Two homes of one side, ./one and ./two, and a place that they share. */
enum { RECEIPTS = 4 };
static struct place {
	struct bulla_vkeys receivers;
	bool claimed;
	char id[33];
	uint8_t sha256[32];		/* of who has the id */
	struct {
		uint8_t sha256[32];
		struct bulla_buf note;
	} v[RECEIPTS];
	unsigned n;
	unsigned looked, offered, n_put;
	/* What it does wrong: the status of each, and is it done all the same? */
	enum bulla_status claim, put, look, offer, may;
	bool done_anyway;
} at;
static struct kit kit;
static struct bulla_signer first, second;
static struct kit_package p;
static struct bulla_buf bytes = BULLA_BUF_INIT(KIT_MAX);
static struct bulla_receive how;
static struct bulla_received got;
static struct bulla_err e;

static enum bulla_status
claim(void *ctx, const char *id, uint8_t sha256[32], struct bulla_err *err)
{
	cr_expect_eq(ctx, &at);
	if (at.claim != BULLA_OK)
		return bulla_fail(err, at.claim, "claim");
	if (!at.claimed) {
		at.claimed = true;
		snprintf(at.id, sizeof(at.id), "%s", id);
		memcpy(at.sha256, sha256, 32);
	}
	cr_expect_str_eq(at.id, id);
	memcpy(sha256, at.sha256, 32);
	return BULLA_OK;
}

static enum bulla_status
put_there(void *ctx, const char *id, const uint8_t sha256[32], int fd,
    uint64_t n, struct bulla_err *err)
{
	uint8_t byte = 0, digest[32];
	(void)ctx;

	cr_expect_str_eq(id, p.id);
	cr_expect_eq(n, bytes.len);
	cr_expect_lt(write(fd, &byte, 1), 0, "it could be written to");
	KIT_OK(bulla_hash_fd(fd, digest, NULL));
	cr_expect_arr_eq(digest, sha256, 32);
	at.n_put++;
	return at.put == BULLA_OK ? BULLA_OK : bulla_fail(err, at.put, "put");
}

static struct bulla_buf *
find(const uint8_t sha256[32])
{
	for (unsigned i = 0; i < at.n; i++)
		if (memcmp(at.v[i].sha256, sha256, 32) == 0)
			return &at.v[i].note;
	return NULL;
}

static void
add(const uint8_t sha256[32], const struct bulla_cur *note)
{
	cr_assert_lt(at.n, RECEIPTS);
	memcpy(at.v[at.n].sha256, sha256, 32);
	at.v[at.n].note = (struct bulla_buf)BULLA_BUF_INIT(BULLA_NOTE_MAX);
	bulla_buf_cur(&at.v[at.n++].note, note);
}

static enum bulla_status
receipt(void *ctx, const uint8_t sha256[32], const struct bulla_cur *note,
    struct bulla_buf *out, struct bulla_err *err)
{
	enum bulla_status st = note->len == 0 ? at.look : at.offer;

	(void)ctx;
	*(note->len == 0 ? &at.looked : &at.offered) += 1;
	if (note->len > 0 && find(sha256) == NULL && (st == BULLA_OK ||
	    at.done_anyway))
		add(sha256, note);
	if (st != BULLA_OK)
		return bulla_fail(err, st, "receipt");
	if (find(sha256) != NULL)
		bulla_buf_put(out, find(sha256)->p, find(sha256)->len);
	return BULLA_OK;
}

static enum bulla_status
may(void *ctx, const struct bulla_verified *v, int64_t when,
    struct bulla_err *err)
{
	(void)ctx;
	cr_expect_eq(v->n_by, 1);
	cr_expect(when >= KIT_TIME);
	return at.may == BULLA_OK ? BULLA_OK : bulla_fail(err, at.may, "may");
}

static const struct bulla_shared shared = { .claim = claim, .put = put_there,
    .receipt = receipt, .receivers = &at.receivers, .may = may, .ctx = &at };

static void
begin(void)
{
	scratch_enter();
	kit_init(&kit);
	KIT_OK(bulla_signer_new("beta/receiver", BULLA_SIG_ED25519, &first,
	    NULL));
	KIT_OK(bulla_signer_new("beta/other", BULLA_SIG_ED25519, &second,
	    NULL));
	KIT_OK(bulla_vkeys_add(&at.receivers, &first.vkey, NULL));
	KIT_OK(bulla_vkeys_add(&at.receivers, &second.vkey, NULL));
	kit_seal(&kit, &bytes);
	parts_of(&bytes, &p);
	how = (struct bulla_receive){ .home = "one", .receiver = &first,
	    .known = &kit.known, .now = KIT_TIME + 5, .shared = &shared };
}

static void
end(void)
{
	for (unsigned i = 0; i < at.n; i++)
		bulla_buf_free(&at.v[i].note);
	bulla_vkeys_free(&at.receivers);
	bulla_buf_free(&got.receipt);
	parts_free(&p);
	bulla_buf_free(&bytes);
	bulla_signer_free(&first);
	bulla_signer_free(&second);
	kit_free(&kit);
	scratch_leave();
}

TestSuite(receive_shared, .init = begin, .fini = end);

static enum bulla_status
receive(void)
{
	int fd = kit_memfd(bytes.p, bytes.len);
	enum bulla_status st;
	unsigned open_before = n_open();

	bulla_buf_free(&got.receipt);
	got = (struct bulla_received){ 0 };
	e = (struct bulla_err){ 0 };
	st = bulla_receive_fd(&how, fd, &got, &e);
	cr_expect_eq(n_open(), open_before);
	close(fd);
	return st;
}

/* Packages, chains and receipts in a home. */
static void
expect_home(const char *home, unsigned packages, unsigned chains,
    unsigned receipts)
{
	const char *const dir[] = { "packages", "custody", "receipts" };
	const unsigned want[] = { packages, chains, receipts };
	char path[100];

	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", home, dir[i]);
		cr_expect_eq(n_entries(path), want[i], "%s: %u", path,
		    n_entries(path));
	}
}

static void
expect_note(const char *path, const struct bulla_buf *want)
{
	struct bulla_buf b = BULLA_BUF_INIT(KIT_MAX);

	cr_assert_eq(bulla_file_get(path, &b, NULL), BULLA_OK, "%s", path);
	cr_assert_eq(b.len, want->len, "%s", path);
	cr_expect_arr_eq(b.p, want->p, b.len, "%s", path);
	bulla_buf_free(&b);
}

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
	expect_note(path, &got.receipt);
	snprintf(path, sizeof(path), "%s/custody/%s/0001-receive.note", home,
	    p.id);
	expect_note(path, &got.receipt);
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

Test(receive_shared, a_receipt_of_a_stranger)
{
	cr_assert_eq(receive(), BULLA_OK);
	forge("receive", "receive", &kit.stranger);
	expect_not_taken("what the shared store has as the receipt");
}

Test(receive_shared, a_receiver_who_may_not)
{
	cr_assert_eq(receive(), BULLA_OK);
	at.may = BULLA_E_REFUSED;
	expect_not_taken("may");
}

Test(receive_shared, a_receipt_for_another_id)
{
	char other[33];

	cr_assert_eq(receive(), BULLA_OK);
	snprintf(other, sizeof(other), "%s", p.id);
	other[5] = other[5] == '0' ? '1' : '0';
	forge(p.id, other, &first);
	expect_not_taken("it is not about this package");
}

Test(receive_shared, a_receipt_for_other_bytes)
{
	char hex[65], other[65];

	cr_assert_eq(receive(), BULLA_OK);
	bulla_hex(hex, got.sha256, 32);
	memcpy(other, hex, sizeof(other));
	other[7] = other[7] == '0' ? '1' : '0';
	forge(hex, other, &first);
	expect_not_taken("this receipt is for another package");
}

Test(receive_shared, a_receipt_for_another_seal)
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
	forge(hex, other, &first);
	expect_not_taken("it is not about this package");
	bulla_buf_free(&text);
}

/* Lines that nobody knows do not come in with it. */
Test(receive_shared, lines_that_are_not_ours)
{
	struct bulla_signer both[2] = { first, kit.stranger };
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

/* That it is another's must be in a receipt of ours: else it is a lie. */
Test(receive_shared, an_id_that_is_said_to_be_anothers)
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
Test(receive_shared, an_id_of_what_was_rejected)
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
