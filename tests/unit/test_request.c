#include <fcntl.h>

#include "exchange_kit.h"

#include "bulla/package.h"
#include "bulla/request.h"
#include "bulla/when.h"

#define ID "00112233445566778899aabbccddeeff"

static struct bulla_identities desk, nobody;
static struct bulla_recipients to;
static struct end us;
static struct bulla_err e;

static void
identity(struct bulla_identities *l, bool is_recipient)
{
	struct bulla_identity who = { 0 };
	struct bulla_secret text = { 0 };
	struct bulla_cur c;

	cr_assert_eq(bulla_identity_new(&who, NULL), BULLA_OK);
	cr_assert_eq(bulla_identity_text(&who, NULL, NOW, &text, NULL),
	    BULLA_OK);
	c = bulla_secret_view(&text);
	cr_assert_eq(bulla_identities_add_text(l, &c, NULL), BULLA_OK);
	if (is_recipient)
		cr_assert_eq(bulla_recipients_add(&to, who.recipient, NULL),
		    BULLA_OK);
	bulla_secret_free(&text);
	bulla_secret_free(&who.key);
}

/* We are A; the other side is B. */
static void
enter(void)
{
	world_enter();
	identity(&desk, true);
	identity(&nobody, false);
	end_open(&us, "A", &side_a);
	e = (struct bulla_err){ 0 };
	cr_assert_eq(mkdir("A/packages", 0700), 0);
}

static void
leave(void)
{
	end_close(&us);
	bulla_identities_free(&desk);
	bulla_identities_free(&nobody);
	bulla_recipients_free(&to);
	world_leave();
}

TestSuite(request, .init = enter, .fini = leave);

/* A package of B in our home, with this text in this file. */
struct sealed {
	const struct side *by;
	const char *kind, *ref, *class, *file;
	bool exercise;
	struct bulla_cur text;
	char id[BULLA_ID_LEN + 1];
};

static void
seal(struct sealed *x)
{
	const char *const paths[] = { x->file, "attached.bin" };
	const char *const sides[] = { "a.example" };
	struct bulla_baginfo info = { 0 };
	struct bulla_pack pack = { .paths = paths, .n_paths = 2,
	    .info = &info, .time = NOW, .out_fd = -1, .old_fd = -1,
	    .stdin_fd = -1, .threads = 1 };
	int fd = open("p", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct bulla_seal s = { .signers = &x->by->s[SEALER], .n_signers = 1,
	    .recipients = &to, .to = sides, .n_to = 1, .kind = x->kind,
	    .ref = x->ref, .urgency = x->class, .created = NOW,
	    .exercise = x->exercise, .pack = &pack, .in_fd = -1,
	    .out_fd = fd, .out_name = "p", .threads = 1 };
	struct bulla_sealed done;
	char path[80];

	cr_assert_neq(fd, -1);
	cr_assert_eq(bulla_file_put(x->file, x->text.p, x->text.len, 0600,
	    true, NULL), BULLA_OK);
	cr_assert_eq(bulla_file_put("attached.bin", "x", 1, 0600, true,
	    NULL), BULLA_OK);
	cr_assert_eq(bulla_seal_run(&s, &done, &e), BULLA_OK, "%s", e.msg);
	cr_assert_eq(close(fd), 0);
	memcpy(x->id, done.id, sizeof(x->id));
	(void)snprintf(path, sizeof(path), "A/packages/%s.bulla", x->id);
	cr_assert_eq(rename("p", path), 0);
}

static char date[BULLA_WHEN_LEN + 1];

static void
reply(struct bulla_buf *b, const char *type)
{
	*b = (struct bulla_buf)BULLA_BUF_INIT(4096);
	bulla_when_text(NOW, date);
	bulla_buf_fmt(b, "bulla reply v1\ntype: %s\nrequest: " ID
	    "\ndate: %s\nmessage: hello\n", type, date);
}

/* B's reply of this type to the request ID, in our home. */
static struct sealed
sealed_reply(const char *type)
{
	struct sealed x = { .by = &side_b, .kind = type, .ref = ID,
	    .file = "reply.txt" };
	struct bulla_buf b;

	reply(&b, type);
	x.text = bulla_buf_view(&b);
	seal(&x);
	bulla_buf_free(&b);
	return x;
}

static enum bulla_status
document(const char *id, const struct bulla_identities *ids,
    struct bulla_reqdoc *d)
{
	unsigned before = n_open();
	enum bulla_status st;

	*d = (struct bulla_reqdoc){ 0 };
	e = (struct bulla_err){ 0 };
	st = bulla_request_document(&us.h, id, ids, d, &e);
	cr_expect_eq(n_open(), before);
	return st;
}

static bool
kept(const char *id)
{
	char path[80];

	(void)snprintf(path, sizeof(path), "A/requests/%s.txt", id);
	return access(path, F_OK) == 0;
}

/* It is refused so, and nothing of it is kept. */
static void
refused(const char *id, enum bulla_status want, const char *why)
{
	struct bulla_reqdoc d;

	cr_expect_eq(document(id, &desk, &d), want, "%s", e.msg);
	cr_expect(strstr(e.msg, why) != NULL, "\"%s\" in \"%s\"", why,
	    e.msg);
	cr_expect_not(kept(id));
}

Test(request, a_document_is_kept_once)
{
	struct bulla_cur one = bulla_cur_str("bulla reply v1\ntype: full\n");
	struct bulla_cur two = bulla_cur_str("bulla reply v1\ntype: closed\n");
	struct bulla_reqdoc d;
	struct stat sb;

	cr_expect_eq(document(ID, &desk, &d), BULLA_E_NOMATCH);
	cr_assert_eq(bulla_request_keep("A", ID, &one, &e), BULLA_OK, "%s",
	    e.msg);
	cr_assert_eq(stat("A/requests/" ID ".txt", &sb), 0);
	cr_expect_eq(sb.st_mode & 0777, 0600);
	cr_assert_eq(stat("A/requests", &sb), 0);
	cr_expect_eq(sb.st_mode & 0777, 0700);
	cr_expect_eq(bulla_request_keep("A", ID, &one, &e), BULLA_OK);
	cr_expect_eq(bulla_request_keep("A", ID, &two, &e), BULLA_E_REFUSED);
	cr_assert_eq(document(ID, NULL, &d), BULLA_OK, "%s", e.msg);
	cr_expect(bulla_reqdoc_is(&d, "type", "full"));
	bulla_reqdoc_free(&d);
	cr_expect_eq(bulla_request_keep("A", "../x", &one, &e),
	    BULLA_E_USAGE);
	cr_expect_eq(document("../x", &desk, &d), BULLA_E_USAGE);
	cr_assert_eq(bulla_file_put("A/requests/" ID ".txt", "?\n", 2, 0600,
	    true, NULL), BULLA_OK);
	cr_expect_eq(document(ID, &desk, &d), BULLA_E_FORMAT);
	cr_expect(strstr(e.msg, "requests/" ID ".txt: line 1") != NULL,
	    "%s", e.msg);
}

Test(request, a_package_is_opened_once)
{
	struct sealed x = sealed_reply("accepted");
	struct bulla_reqdoc d;
	char path[80];

	cr_expect_eq(document(x.id, NULL, &d), BULLA_E_NOMATCH);
	cr_expect(strstr(e.msg, "not been opened yet") != NULL, "%s", e.msg);
	cr_expect_eq(document(x.id, &nobody, &d), BULLA_E_NOMATCH);
	cr_expect_not(kept(x.id));
	cr_assert_eq(document(x.id, &desk, &d), BULLA_OK, "%s", e.msg);
	cr_expect(bulla_reqdoc_is(&d, "message", "hello"));
	bulla_reqdoc_free(&d);
	cr_expect(kept(x.id));
	(void)snprintf(path, sizeof(path), "A/packages/%s.bulla", x.id);
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(document(x.id, NULL, &d), BULLA_OK, "%s", e.msg);
	bulla_reqdoc_free(&d);
}

Test(request, what_the_package_must_be)
{
	struct bulla_buf b;
	struct sealed x = { .by = &side_b, .kind = "evidence",
	    .file = "reply.txt" };
	struct sealed good = sealed_reply("full");
	char from[80];

	reply(&b, "full");
	x.text = bulla_buf_view(&b);
	seal(&x);
	refused(x.id, BULLA_E_USAGE, "holds no request, reply");
	x.kind = "full";
	x.ref = ID;
	x.file = "answer.txt";
	seal(&x);
	refused(x.id, BULLA_E_FORMAT, "holds no data/reply.txt");
	x.file = "reply.txt";
	x.kind = "refused";
	seal(&x);
	refused(x.id, BULLA_E_MISMATCH, "type: the document says \"full\"");
	x.kind = "full";
	x.ref = "another";
	seal(&x);
	refused(x.id, BULLA_E_MISMATCH, "ref: the document says");
	x.ref = ID;
	bulla_buf_str(&b, "message: twice\n");
	x.text = bulla_buf_view(&b);
	seal(&x);
	refused(x.id, BULLA_E_FORMAT, "line 6: message: stands in line 5");
	bulla_buf_free(&b);
	/* under another id */
	(void)snprintf(from, sizeof(from), "A/packages/%s.bulla", good.id);
	cr_assert_eq(rename(from, "A/packages/" ID ".bulla"), 0);
	refused(ID, BULLA_E_MISMATCH, "this is the package");
}

Test(request, an_endless_document)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 20);
	struct sealed x = { .by = &side_b, .kind = "full", .ref = ID,
	    .file = "reply.txt" };

	bulla_buf_str(&b, "bulla reply v1\ntype: full\nmessage: x\n");
	while (b.len < BULLA_NOTE_MAX + 1)
		bulla_buf_str(&b, "  more\n");
	x.text = bulla_buf_view(&b);
	seal(&x);
	bulla_buf_free(&b);
	refused(x.id, BULLA_E_LIMIT, "more than 65536 bytes");
}

Test(request, who_sealed_it)
{
	struct sealed x = sealed_reply("full");

	us.h.now = SIDE_UNTIL + 1;
	refused(x.id, BULLA_E_REFUSED, "roster of b.example expired");
	us.h.now = NOW;
	bulla_trust_free(us.h.trust);
	us.h.trust = NULL;
	refused(x.id, BULLA_E_NOKEY, "no rosters");
}

static struct sealed
call_by(const struct bulla_signer *who)
{
	struct bulla_buf b = BULLA_BUF_INIT(4096);
	struct bulla_buf note = BULLA_BUF_INIT(8192);
	struct sealed x = { .by = &side_b, .kind = "hotline", .ref = ID,
	    .file = "hotline.txt" };

	bulla_when_text(NOW, date);
	bulla_buf_fmt(&b, "bulla hotline v1\nrequest: " ID "\ndate: %s\n"
	    "summary: late\n", date);
	x.text = bulla_buf_view(&b);
	if (who != NULL) {
		cr_assert_eq(bulla_note_sign(&x.text, who, 1, &note, NULL),
		    BULLA_OK);
		x.text = bulla_buf_view(&note);
	}
	seal(&x);
	bulla_buf_free(&b);
	bulla_buf_free(&note);
	return x;
}

Test(request, a_hotline_call_is_a_persons_word)
{
	struct bulla_reqdoc d;
	struct sealed x = call_by(&side_b.s[HOTLINE]);

	for (int again = 0; again < 2; again++) {
		cr_assert_eq(document(x.id, &desk, &d), BULLA_OK, "%s",
		    e.msg);
		cr_expect(bulla_reqdoc_is(&d, "summary", "late"));
		bulla_reqdoc_free(&d);
	}
	x = call_by(&side_b.s[LEAD]);
	cr_assert_eq(document(x.id, &desk, &d), BULLA_OK, "%s", e.msg);
	bulla_reqdoc_free(&d);
	x = call_by(NULL);
	refused(x.id, BULLA_E_FORMAT, "own signature");
	x = call_by(&side_b.s[SEALER]);
	refused(x.id, BULLA_E_NOKEY, "own signature");
	/* Ours, below a call that they sealed */
	x = call_by(&side_a.s[HOTLINE]);
	refused(x.id, BULLA_E_NOKEY, "own signature");
}

Test(request, how_a_thread_stands)
{
	struct bulla_request_state s = { 0 };
	struct sealed x = { .by = &side_b, .kind = "request",
	    .class = "urgent", .file = "request.txt" };
	struct sealed y = { .by = &side_a, .kind = "closed", .ref = x.id,
	    .file = "reply.txt" };

	cr_expect_eq(bulla_request_look(&us.h, ID, &s, &e), BULLA_E_NOMATCH);
	cr_expect_eq(bulla_request_look(&us.h, "x", &s, &e), BULLA_E_USAGE);
	x.text = y.text = bulla_cur_str("any\n");
	seal(&x);
	cr_assert_eq(bulla_request_look(&us.h, x.id, &s, &e), BULLA_OK);
	cr_expect(!s.ours && !s.exercise && s.by_us == 0 && s.by_them == 0);
	cr_expect_str_eq(s.kind, "request");
	cr_expect_str_eq(s.ref, "");
	seal(&y);
	y.kind = "full";
	seal(&y);
	y.by = &side_b;
	y.kind = "withdrawn";
	seal(&y);
	y.kind = "hotline";
	seal(&y);
	cr_assert_eq(bulla_file_put("A/packages/" ID ".bulla", "?", 1, 0600,
	    false, NULL), BULLA_OK);
	cr_assert_eq(bulla_request_look(&us.h, x.id, &s, &e), BULLA_OK, "%s",
	    e.msg);
	cr_expect_eq(s.by_us, bulla_reply_bit("closed") |
	    bulla_reply_bit("full"));
	cr_expect_eq(s.by_them, bulla_reply_bit("withdrawn"));
	cr_assert_eq(bulla_request_look(&us.h, y.id, &s, &e), BULLA_OK);
	cr_expect_str_eq(s.ref, x.id);
	cr_expect_eq(bulla_reply_bit("hotline"), 0);
	cr_expect_eq(bulla_reply_bit("acknowledge"), 1);
}

/* It would be over for our tools, and is not. */
Test(request, nobody_ends_what_is_not_theirs_to_end)
{
	struct bulla_request_state s = { 0 };
	struct sealed x = { .by = &side_b, .kind = "request",
	    .class = "urgent", .file = "request.txt",
	    .text = bulla_cur_str("any\n") };
	struct sealed y = { .by = &side_b, .kind = "withdrawn", .ref = x.id,
	    .file = "reply.txt", .exercise = true, .text = x.text };

	seal(&x);
	seal(&y);			/* in an exercise */
	y.by = &side_a;
	y.exercise = false;
	seal(&y);			/* we only answer */
	y.kind = "closed";
	seal(&y);			/* before the answer */
	cr_assert_eq(bulla_request_look(&us.h, x.id, &s, &e), BULLA_OK);
	cr_expect_eq(s.by_us | s.by_them, 0, "%x %x", s.by_us, s.by_them);
	y.exercise = true;
	y.kind = "full";
	seal(&y);
	cr_assert_eq(bulla_request_look(&us.h, x.id, &s, &e), BULLA_OK);
	cr_expect_eq(s.by_us, 0);
	y.exercise = false;
	seal(&y);
	cr_assert_eq(bulla_request_look(&us.h, x.id, &s, &e), BULLA_OK);
	cr_expect_eq(s.by_us, bulla_reply_bit("full") |
	    bulla_reply_bit("closed"));
}
