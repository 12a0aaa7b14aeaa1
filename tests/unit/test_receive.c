#include "receive_kit.h"

TestSuite(receive, .init = begin, .fini = end);

static void
expect_stored(unsigned packages, unsigned custodies, unsigned receipts)
{
	cr_expect_eq(n_entries("home/packages"), packages);
	cr_expect_eq(n_entries("home/custody"), custodies);
	cr_expect_eq(n_entries("home/receipts"), receipts);
}

/* What the sender makes of the note. */
static enum bulla_status
check(struct bulla_receipt *r)
{
	struct bulla_cur c = bulla_buf_view(&got.receipt);
	struct bulla_vkeys known = { 0 };
	uint8_t sha256[32];
	enum bulla_status st;

	KIT_OK(bulla_vkeys_add(&known, &receiver.vkey, NULL));
	bulla_sha256(bytes.p, bytes.len, sha256);
	cr_expect_arr_eq(got.sha256, sha256, 32);
	st = bulla_receipt_check(&c, &known, sha256, r, &e);
	bulla_vkeys_free(&known);
	return st;
}

Test(receive, a_good_one)
{
	struct bulla_receipt r = { 0 };

	cr_assert_eq(receive(), BULLA_OK, "%s", e.msg);
	cr_expect(got.accepted && !got.existed && got.reason == NULL);
	cr_expect_str_eq(got.id, p.id);
	cr_assert_eq(check(&r), BULLA_OK, "%s", e.msg);
	cr_expect(r.accepted);
	cr_expect_eq(r.time, KIT_TIME + 5);
	cr_expect_str_eq(r.actor, "beta/receiver");
	expect_stored(1, 1, 1);
	expect_bytes(path_of("packages", p.id, ".bulla"), &bytes);
	expect_bytes(path_of("custody", p.id, "/0001-receive.note"),
	    &got.receipt);
	expect_bytes(receipt_path(), &got.receipt);
	cr_expect_eq(mode_of("home"), 0700);
	cr_expect_eq(mode_of("home/packages"), 0700);
	cr_expect_eq(mode_of("home/custody"), 0700);
	cr_expect_eq(mode_of(path_of("custody", p.id, "")), 0700);
	cr_expect_eq(mode_of(path_of("packages", p.id, ".bulla")), 0600);
	cr_expect_eq(mode_of(receipt_path()), 0600);
}

Test(receive, what_the_note_says)
{
	struct bulla_cur c, text, v;
	struct bulla_custody n;
	struct bulla_note note;
	char want[30];

	cr_assert_eq(receive(), BULLA_OK);
	c = bulla_buf_view(&got.receipt);
	KIT_OK(bulla_note_parse(&c, &note, NULL));
	text = note.text;
	KIT_OK(bulla_custody_parse(&text, &n, NULL));
	cr_expect(bulla_cur_is(&n.event, "receive"));
	cr_expect(bulla_cur_is(&n.actor, "beta"));
	cr_expect_eq(n.sequence, 1);
	cr_expect(n.has_seal && n.has_previous);
	cr_expect_arr_eq(n.seal, n.previous, 32);
	cr_expect(bulla_custody_get(&n, "match", &v) &&
	    bulla_cur_is(&v, "yes"));
	snprintf(want, sizeof(want), "%zu", bytes.len);
	cr_expect(bulla_custody_get(&n, "bytes", &v) &&
	    bulla_cur_is(&v, want));
	{
		struct bulla_buf t = BULLA_BUF_INIT(KIT_MAX);
		uint8_t closing[32];

		parts_text(&p, "closing.note", &t);
		bulla_sha256(t.p, t.len, closing);
		cr_expect_arr_eq(n.seal, closing, 32);
		bulla_buf_free(&t);
	}
}

Test(receive, the_same_again_has_the_same_receipt)
{
	struct bulla_buf first = BULLA_BUF_INIT(KIT_MAX);

	cr_assert_eq(receive(), BULLA_OK);
	bulla_buf_put(&first, got.receipt.p, got.receipt.len);
	for (int i = 0; i < 3; i++) {
		how.now += 100;
		cr_assert_eq(receive(), BULLA_OK);
		cr_expect(got.accepted && got.existed);
		cr_expect_eq(got.receipt.len, first.len);
		cr_expect_arr_eq(got.receipt.p, first.p, first.len);
		expect_stored(1, 1, 1);
	}
	bulla_buf_free(&first);
}

static enum bulla_status
no_hash(void *ctx, int fd, uint8_t sha256[BULLA_SHA256_LEN],
    struct bulla_err *err)
{
	(void)fd;
	(void)sha256;
	++*(unsigned *)ctx;
	return bulla_fail(err, BULLA_E_IO, "read again");
}

/* Whatever the size of the one that is stored, it costs nothing. */
Test(receive, other_bytes_do_not_have_the_stored_ones_read)
{
	unsigned n = 0;

	how.examiner = (struct bulla_examiner){ .hash = no_hash, .ctx = &n };
	cr_assert_eq(receive(), BULLA_OK);
	parts_reopen(&p, "kind: evidence", "kind: hotline", &kit.sealer, 1);
	parts_put(&bytes, &p);
	cr_assert_eq(receive(), BULLA_OK, "%s", e.msg);
	cr_expect_str_eq(got.reason, "duplicate-id");
	cr_expect_eq(n, 0);
}

Test(receive, other_bytes_under_a_known_id)
{
	struct bulla_buf stored = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_receipt r = { 0 };

	cr_assert_eq(receive(), BULLA_OK);
	bulla_buf_put(&stored, bytes.p, bytes.len);
	/* Sealed as well as the first, by the same key. */
	parts_reopen(&p, "kind: evidence", "kind: hotline", &kit.sealer, 1);
	parts_put(&bytes, &p);
	cr_assert_eq(kit_verify(&kit, &bytes, NULL), BULLA_OK);
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect_not(got.accepted);
	cr_expect_str_eq(got.reason, "duplicate-id");
	cr_assert_eq(check(&r), BULLA_OK, "%s", e.msg);
	cr_expect_not(r.accepted);
	cr_expect_str_eq(r.reason, "duplicate-id");
	expect_bytes(path_of("packages", p.id, ".bulla"), &stored);
	expect_stored(1, 1, 2);
	/* Damaged bytes under that id are no better. */
	parts_find(&p, "data/00000001.age")->data.p[5] ^= 1;
	parts_put(&bytes, &p);
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect_str_eq(got.reason, "duplicate-id");
	expect_bytes(path_of("packages", p.id, ".bulla"), &stored);
	bulla_buf_free(&stored);
}

Test(receive, a_broken_seal)
{
	struct bulla_buf first = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_receipt r = { 0 };

	parts_find(&p, "data/00000001.age")->data.p[5] ^= 1;
	parts_put(&bytes, &p);
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect_not(got.accepted);
	cr_expect_str_eq(got.reason, "seal-broken");
	cr_expect_eq(got.why.st, BULLA_E_MISMATCH);
	cr_assert_eq(check(&r), BULLA_OK);
	cr_expect_str_eq(r.reason, "seal-broken");
	expect_stored(0, 0, 1);
	bulla_buf_put(&first, got.receipt.p, got.receipt.len);
	how.now += 100;
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect_not(got.existed);
	cr_expect_eq(got.receipt.len, first.len, "the same for the same");
	cr_expect_arr_eq(got.receipt.p, first.p, first.len);
	bulla_buf_free(&first);
	/* The good one is welcome all the same. */
	parts_find(&p, "data/00000001.age")->data.p[5] ^= 1;
	parts_put(&bytes, &p);
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect(got.accepted);
}

/*
 * A courier who writes EXERCISE into a real package would have the reject left
 * out of the receiver's review.
 */
Test(receive, an_exercise_that_nobody_signed)
{
	struct bulla_buf *note = &parts_find(&p, "opening.note")->data;
	struct bulla_buf was = BULLA_BUF_INIT(KIT_MAX);
	const uint8_t *at = memmem(note->p, note->len, "exercise: no\n", 13);
	size_t head;

	cr_assert_not_null(at);
	head = (size_t)(at - note->p);
	bulla_buf_put(&was, note->p, note->len);
	bulla_buf_reset(note);
	bulla_buf_put(note, was.p, head);
	bulla_buf_str(note, "exercise: yes\n");
	bulla_buf_put(note, was.p + head + 13, was.len - head - 13);
	parts_put(&bytes, &p);
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect_str_eq(got.reason, "seal-broken");
	cr_expect_null(memmem(got.receipt.p, got.receipt.len, "EXERCISE", 8));
	bulla_buf_free(&was);
}

static void
expect_nothing(enum bulla_status want)
{
	cr_expect_eq(receive(), want, "%s", e.msg);
	cr_expect_null(got.receipt.p);
	expect_stored(0, 0, 0);
}

Test(receive, an_unknown_sealer)
{
	struct bulla_seal s = kit_how(&kit);
	struct bulla_buf tar = BULLA_BUF_INIT(KIT_MAX);

	s.signers = &kit.stranger;
	kit_tar(&tar);
	bulla_buf_reset(&bytes);
	KIT_OK(kit_seal_as(&s, &tar, &bytes, NULL));
	expect_nothing(BULLA_E_NOKEY);
	bulla_buf_free(&tar);
}

Test(receive, every_cut)
{
	size_t whole = bytes.len;
	unsigned n = 0;

	for (size_t len = 0; len < whole; len += 251, n++) {
		bytes.len = len;
		expect_nothing(BULLA_E_INCOMPLETE);
	}
	bytes.len = whole;
	printf("COUNT receive-cuts %u 0\n", n);
}

Test(receive, what_is_no_package)
{
	bulla_buf_reset(&bytes);
	for (int i = 0; i < 100; i++)
		bulla_buf_str(&bytes, "a letter, not a package.\n");
	expect_nothing(BULLA_E_FORMAT);
	/* A name that is taken only from a canonical header. */
	parts_header(&bytes, "../../../../tmp/x/bagit.txt", 0, KIT_TIME);
	memmove(bytes.p, bytes.p + bytes.len - 512, 512);
	expect_nothing(BULLA_E_FORMAT);
}

/* Rejected first, then allowed: the sender must come to hear of it. */
Test(receive, an_exercise_now_and_then)
{
	struct bulla_buf tar = BULLA_BUF_INIT(KIT_MAX), note = tar;
	struct bulla_seal s = kit_how(&kit);
	bool accepted = false;

	s.exercise = true;
	kit_tar(&tar);
	bulla_buf_reset(&bytes);
	KIT_OK(kit_seal_as(&s, &tar, &bytes, NULL));
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect_str_eq(got.reason, "out-of-scope");
	expect_stored(0, 0, 1);
	KIT_OK(bulla_receipt_find("home", got.sha256, &note, &accepted,
	    NULL));
	cr_expect_not(accepted);
	how.allow_exercise = true;
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect(got.accepted && !got.existed);
	expect_stored(1, 1, 1);
	bulla_buf_reset(&note);
	KIT_OK(bulla_receipt_find("home", got.sha256, &note, &accepted,
	    NULL));
	cr_expect(accepted, "receipts/ still has the reject");
	cr_expect_eq(note.len, got.receipt.len);
	/* Once received it stays received. */
	how.allow_exercise = false;
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect(got.accepted && got.existed);
	bulla_buf_free(&tar);
	bulla_buf_free(&note);
}

/* A crash between the package and its notes, at each place. */
Test(receive, begun_and_not_finished)
{
	struct bulla_buf first = BULLA_BUF_INIT(KIT_MAX);
	char custody[200];

	cr_assert_eq(receive(), BULLA_OK);
	bulla_buf_put(&first, got.receipt.p, got.receipt.len);
	snprintf(custody, sizeof(custody), "%s",
	    path_of("custody", p.id, "/0001-receive.note"));
	/* the note is there, its copy is not */
	cr_assert_eq(unlink(receipt_path()), 0);
	how.now += 50;
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect(got.accepted && got.existed);
	cr_expect_eq(got.receipt.len, first.len);
	cr_expect_arr_eq(got.receipt.p, first.p, first.len);
	expect_bytes(receipt_path(), &first);
	/* neither is there: a new one, under the time of now */
	cr_assert_eq(unlink(receipt_path()), 0);
	cr_assert_eq(unlink(custody), 0);
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect(got.accepted && got.existed);
	expect_bytes(custody, &got.receipt);
	expect_bytes(receipt_path(), &got.receipt);
	/* the directory of the notes is not there either */
	cr_assert_eq(unlink(receipt_path()), 0);
	cr_assert_eq(unlink(custody), 0);
	cr_assert_eq(rmdir(path_of("custody", p.id, "")), 0);
	cr_assert_eq(receive(), BULLA_OK);
	cr_expect(got.accepted);
	expect_stored(1, 1, 1);
	bulla_buf_free(&first);
}

/* All get the one receipt, whoever came first. */
Test(receive, many_at_once)
{
	enum { N = 8 };
	struct bulla_buf first = BULLA_BUF_INIT(KIT_MAX);
	pid_t child[N];
	int status;

	for (int i = 0; i < N; i++) {
		(void)fflush(NULL);
		child[i] = fork();
		if (child[i] != 0)
			continue;
		how.now += i;
		if (receive() != BULLA_OK || !got.accepted)
			_exit(1);
		snprintf(scratch, sizeof(scratch), "note-%d", i);
		_exit(bulla_file_put(scratch, got.receipt.p, got.receipt.len,
		    0600, false, NULL) == BULLA_OK ? 0 : 2);
	}
	for (int i = 0; i < N; i++) {
		cr_assert_eq(waitpid(child[i], &status, 0), child[i]);
		cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		    "%d: %x", i, (unsigned)status);
	}
	expect_stored(1, 1, 1);
	KIT_OK(bulla_file_get(path_of("custody", p.id, "/0001-receive.note"),
	    &first, NULL));
	for (int i = 0; i < N; i++) {
		char name[20];

		snprintf(name, sizeof(name), "note-%d", i);
		expect_bytes(name, &first);
	}
	bulla_buf_free(&first);
}

Test(receive, a_home_that_cannot_be)
{
	char deep[5000];

	KIT_OK(put("file", "x", false, NULL));
	how.home = "file/home";
	cr_expect_eq(receive(), BULLA_E_IO, "%s", e.msg);
	memset(deep, 'x', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	how.home = deep;
	cr_expect_eq(receive(), BULLA_E_LIMIT);
}
