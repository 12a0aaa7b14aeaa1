#include "trust_home.h"

#include "bulla/custody.h"
#include "bulla/home.h"

/* What a home can say of when something existed. Rosters are in ./home. */

TestSuite(home_proven, .init = begin, .fini = end);

static const char id[] = "0123456789abcdef0123456789abcdef";
static struct bulla_home h;

static void
open_home(int64_t now)
{
	bulla_home_close(&h);
	cr_assert_eq(bulla_home_open("home", NULL, &h, &e), BULLA_OK, "%s",
	    e.msg);
	cr_assert(h.trust != NULL && h.ledger != NULL);
	h.now = now;
}

static void
set_up(void)
{
	cr_assert_eq(take(BULLA_OURS, &a), BULLA_OK, "%s", e.msg);
	cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	cr_assert_eq(bulla_ledger_init("home", "a.example/log", NULL, NULL),
	    BULLA_OK);
	open_home(SIDE_TIME + 500);
}

static void
record(const struct bulla_cur *c)
{
	cr_assert_eq(bulla_home_record(&h, c, 1, &e), BULLA_OK, "%s", e.msg);
}

/* The newest checkpoint, cosigned by this key at this time, is brought. */
static enum bulla_status
cosigned(const struct bulla_signer *by, int64_t at)
{
	struct bulla_buf note = BULLA_BUF_INIT(2 * BULLA_NOTE_MAX);
	struct bulla_buf line = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cur c;
	enum bulla_status st;
	struct bulla_note n;
	uint64_t size;

	cr_assert_eq(bulla_ledger_checkpoint(h.ledger, &note, NULL),
	    BULLA_OK);
	c = bulla_buf_view(&note);
	cr_assert_eq(bulla_note_parse(&c, &n, NULL), BULLA_OK);
	cr_assert_eq(bulla_cosign(&n.text, by, at, &line, NULL), BULLA_OK);
	bulla_buf_put(&note, line.p, line.len);
	c = bulla_buf_view(&note);
	st = bulla_home_cosigned(&h, &c, &size, &e);
	cr_assert(st != BULLA_OK || size == bulla_ledger_size(h.ledger));
	bulla_buf_free(&note);
	bulla_buf_free(&line);
	return st;
}

Test(home_proven, by_the_first_cosignature_that_covers_it)
{
	struct bulla_cur one = bulla_cur_str("one"), two = bulla_cur_str("two");
	struct bulla_cosigned last;

	set_up();
	record(&one);
	cr_assert_eq(bulla_home_proven(&h, &one), 0);
	cr_assert_eq(cosigned(&b.s[WITNESS], SIDE_TIME + 10), BULLA_OK);
	cr_assert_eq(bulla_home_proven(&h, &one), SIDE_TIME + 10);
	record(&two);
	cr_assert_eq(bulla_home_proven(&h, &two), 0);
	cr_assert_eq(cosigned(&b.s[WITNESS], SIDE_TIME + 20), BULLA_OK);
	cr_assert_eq(bulla_home_proven(&h, &one), SIDE_TIME + 10);
	cr_assert_eq(bulla_home_proven(&h, &two), SIDE_TIME + 20);
	cr_assert_eq(bulla_home_cosigned_last(&h, &last, NULL), BULLA_OK);
	cr_assert(last.size == 2 && last.time == SIDE_TIME + 20);
	one = bulla_cur_str("three");
	cr_assert_eq(bulla_home_proven(&h, &one), 0, "not recorded");
	bulla_home_close(&h);
}

Test(home_proven, only_by_their_witnesses_that_may_sign_now)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cur one = bulla_cur_str("one"), c;
	struct bulla_signer unknown = { 0 };

	set_up();
	record(&one);
	cr_assert_eq(bulla_signer_new("b.example/witness",
	    BULLA_SIG_COSIGNATURE, &unknown, NULL), BULLA_OK);
	cr_assert_eq(cosigned(&unknown, SIDE_TIME + 10), BULLA_E_NOKEY);
	cr_assert_eq(cosigned(&a.s[WITNESS], SIDE_TIME + 10), BULLA_E_NOKEY,
	    "our own");
	h.now = SIDE_TIME - 1;
	cr_assert_eq(cosigned(&b.s[WITNESS], SIDE_TIME + 10), BULLA_E_NOKEY);
	h.now = SIDE_UNTIL;
	cr_assert_eq(cosigned(&b.s[WITNESS], SIDE_TIME + 10), BULLA_E_NOKEY);
	h.now = SIDE_TIME + 500;
	cr_assert_eq(cosigned(&b.s[WITNESS], SIDE_TIME + 10), BULLA_OK);
	/* what was said before the key was suspended stays said */
	side_suspend(&b, &b.s[WITNESS].vkey, &b.s[HOTLINE], SIDE_TIME + 400,
	    &note);
	c = bulla_buf_view(&note);
	cr_assert_eq(bulla_trust_suspend("home", &c, SIDE_TIME + 500, &e),
	    BULLA_OK, "%s", e.msg);
	open_home(SIDE_TIME + 500);
	cr_assert_eq(bulla_home_proven(&h, &one), SIDE_TIME + 10);
	cr_assert_eq(cosigned(&b.s[WITNESS], SIDE_TIME + 5), BULLA_E_NOKEY);
	cr_assert_eq(bulla_home_proven(&h, &one), SIDE_TIME + 10);
	bulla_signer_free(&unknown);
	bulla_buf_free(&note);
	bulla_home_close(&h);
}

/* A receipt in our chain: its text names the seal. */
static void
keep_receipt(uint8_t seal, struct bulla_buf *note)
{
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_custody c = { .sequence = 1, .time = SIDE_TIME,
	    .has_seal = true, .has_previous = true,
	    .event = bulla_cur_str("receive"),
	    .actor = bulla_cur_str("a.example"),
	    .result = bulla_cur_str("stored"), .n_extra = 3 };
	static const char digest[] = "00000000000000000000000000000000"
	    "00000000000000000000000000000000";
	struct bulla_cur v;

	memcpy(c.id, id, sizeof(c.id));
	memset(c.seal, seal, sizeof(c.seal));
	memset(c.previous, seal, sizeof(c.previous));
	c.extra[0] = (struct bulla_custody_extra){
	    bulla_cur_str("package-sha256"), bulla_cur_str(digest) };
	c.extra[1] = (struct bulla_custody_extra){ bulla_cur_str("match"),
	    bulla_cur_str("yes") };
	c.extra[2] = (struct bulla_custody_extra){
	    bulla_cur_str("seal-intact"), bulla_cur_str("yes") };
	bulla_custody_put(&text, &c);
	v = bulla_buf_view(&text);
	cr_assert_eq(bulla_note_sign(&v, &a.s[RECEIVER], 1, note, NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_dir_make("home/custody/"
	    "0123456789abcdef0123456789abcdef", 0700, NULL), BULLA_OK);
	cr_assert_eq(bulla_file_put("home/custody/"
	    "0123456789abcdef0123456789abcdef/0001-receive.note", note->p,
	    note->len, 0600, false, NULL), BULLA_OK);
	bulla_buf_free(&text);
}

Test(home_proven, a_seal_by_the_custody_note_that_names_it)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	uint8_t seal[32], other[32];
	struct bulla_cur c;

	memset(seal, 7, sizeof(seal));
	memset(other, 8, sizeof(other));
	set_up();
	keep_receipt(7, &note);
	cr_assert_eq(bulla_home_proven_seal(&h, id, seal), 0);
	c = bulla_buf_view(&note);
	record(&c);
	cr_assert_eq(bulla_home_proven_seal(&h, id, seal), 0);
	cr_assert_eq(cosigned(&b.s[WITNESS], SIDE_TIME + 30), BULLA_OK);
	cr_assert_eq(bulla_home_proven_seal(&h, id, seal), SIDE_TIME + 30);
	cr_assert_eq(bulla_home_proven_seal(&h, id, other), 0);
	cr_assert_eq(bulla_home_proven_seal(&h, "../../x", seal), 0);
	bulla_buf_free(&note);
	bulla_home_close(&h);
}

static bool
is_public(const char *text)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd), "grep -raq '%s' home/ledger/public", text);
	return system(cmd) == 0;
}

/* Whole notes that parse, and nothing that only begins as one does. */
Test(home_proven, rosters_and_suspensions_are_recorded_in_clear)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_buf junk = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cur c;

	set_up();
	c = bulla_buf_view(&a.note);
	record(&c);
	cr_assert(is_public("bulla roster v1"));
	side_suspend(&b, &b.s[SEALER].vkey, &b.s[HOTLINE], SIDE_TIME + 1,
	    &note);
	c = bulla_buf_view(&note);
	record(&c);
	cr_assert(is_public("laptop stolen"));
	c = bulla_cur_str("bulla roster v1\nno note at all: secret\n");
	record(&c);
	c = bulla_cur_str("bulla suspend v1\nno suspension: secret\n");
	cr_assert_eq(bulla_note_sign(&c, &a.s[HOTLINE], 1, &junk, NULL),
	    BULLA_OK);
	c = bulla_buf_view(&junk);
	record(&c);
	cr_assert_not(is_public("secret"));
	cr_assert_eq(bulla_ledger_size(h.ledger), 4);
	cr_assert_eq(bulla_ledger_check(h.ledger, &e), BULLA_OK, "%s", e.msg);
	bulla_buf_free(&note);
	bulla_buf_free(&junk);
	bulla_home_close(&h);
}
