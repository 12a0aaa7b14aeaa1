#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "bulla/chain.h"
#include "bulla/custody.h"
#include "bulla/receive.h"
#include "package_parts.h"
#include "scratch.h"

/* Taking packages in, below ./home of a scratch directory. */
static struct kit kit;
static struct bulla_signer receiver;
static struct kit_package p;
static struct bulla_buf bytes = BULLA_BUF_INIT(KIT_MAX);
static struct bulla_receive how;
static struct bulla_received got;
static struct bulla_err e;

static void
begin(void)
{
	scratch_enter();
	kit_init(&kit);
	KIT_OK(bulla_signer_new("beta/receiver", BULLA_SIG_ED25519, &receiver,
	    NULL));
	kit_seal(&kit, &bytes);
	parts_of(&bytes, &p);
	how = (struct bulla_receive){ .home = "home", .receiver = &receiver,
	    .known = &kit.known, .now = KIT_TIME + 5 };
}

static void
end(void)
{
	bulla_buf_free(&got.receipt);
	parts_free(&p);
	bulla_buf_free(&bytes);
	bulla_signer_free(&receiver);
	kit_free(&kit);
	scratch_leave();
}

TestSuite(receive, .init = begin, .fini = end);

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

/* HOME/<dir>/<name><end> */
static const char *
path_of(const char *dir, const char *name, const char *end)
{
	static char path[200];

	snprintf(path, sizeof(path), "home/%s/%s%s", dir, name, end);
	return path;
}

static const char *
receipt_path(void)
{
	char hex[65];

	bulla_hex(hex, got.sha256, 32);
	return path_of("receipts", hex, ".note");
}

static void
expect_stored(unsigned packages, unsigned custodies, unsigned receipts)
{
	cr_expect_eq(n_entries("home/packages"), packages);
	cr_expect_eq(n_entries("home/custody"), custodies);
	cr_expect_eq(n_entries("home/receipts"), receipts);
}

static void
expect_bytes(const char *path, const struct bulla_buf *want)
{
	struct bulla_buf b = BULLA_BUF_INIT(KIT_MAX);

	cr_assert_eq(bulla_file_get(path, &b, NULL), BULLA_OK, "%s", path);
	cr_assert_eq(b.len, want->len);
	cr_expect_arr_eq(b.p, want->p, b.len);
	bulla_buf_free(&b);
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

/* The digest of the closing's text. */
static void
seal_of(uint8_t out[32])
{
	struct bulla_buf t = BULLA_BUF_INIT(KIT_MAX);

	parts_text(&p, "closing.note", &t);
	bulla_sha256(t.p, t.len, out);
	bulla_buf_free(&t);
}

static struct bulla_custody
event(const char *name, const char *actor)
{
	struct bulla_custody c = { .has_seal = true, .time = KIT_TIME };

	memcpy(c.id, p.id, sizeof(p.id));
	seal_of(c.seal);
	c.event = bulla_cur_str(name);
	c.actor = bulla_cur_str(actor);
	return c;
}

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

Test(receive, behind_what_the_chain_has)
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

Test(receive, names_the_relinquish)
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

Test(receive, other_bytes_than_were_relinquished)
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
Test(receive, a_damaged_chain)
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
