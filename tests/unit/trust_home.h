#ifndef TEST_TRUST_HOME_H
#define TEST_TRUST_HOME_H

#include "scratch.h"
#include "trust_kit.h"

/*
 * Rosters of two sides below ./home of a scratch directory:
 * TestSuite(x, .init = begin, .fini = end);
 */
static struct side a, b;
static struct bulla_trust *t;
static struct bulla_err e;

static void
begin(void)
{
	scratch_enter();
	side_init(&a, "a.example");
	side_init(&b, "b.example");
	t = NULL;
}

static void
end(void)
{
	bulla_trust_free(t);
	side_free(&a);
	side_free(&b);
	scratch_leave();
}

static inline enum bulla_status
take(enum bulla_side which, struct side *s)
{
	unsigned before = n_open();
	enum bulla_status st;

	e = (struct bulla_err){ 0 };
	st = side_take("home", which, s, &e);
	cr_expect_eq(n_open(), before);
	return st;
}

static inline enum bulla_status
load(void)
{
	unsigned before = n_open();
	enum bulla_status st;

	bulla_trust_free(t);
	t = NULL;
	e = (struct bulla_err){ 0 };
	st = bulla_trust_load("home", &t, &e);
	cr_expect_eq(n_open(), before);
	return st;
}

static inline void
both_in_force(void)
{
	cr_assert_eq(take(BULLA_OURS, &a), BULLA_OK, "%s", e.msg);
	cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
}

static inline void
expect_msg(const char *why)
{
	cr_expect(strstr(e.msg, why) != NULL, "want \"%s\", is \"%s\"", why,
	    e.msg);
}

static inline struct bulla_buf
bytes_of(const char *path)
{
	struct bulla_buf x = BULLA_BUF_INIT(1u << 20);

	cr_assert_eq(bulla_file_get(path, &x, NULL), BULLA_OK, "%s", path);
	return x;
}

/* A roster that is refused leaves theirs.note and the history as they were. */
static inline void
expect_no(enum bulla_status want, const char *why)
{
	struct bulla_buf was = bytes_of("home/roster/theirs.note"), is;
	unsigned n = n_entries("home/roster/history");
	enum bulla_status st = take(BULLA_THEIRS, &b);

	cr_expect_eq(st, want, "%d: %s", st, e.msg);
	expect_msg(why);
	is = bytes_of("home/roster/theirs.note");
	cr_expect_eq(is.len, was.len);
	cr_expect_arr_eq(is.p, was.p, is.len);
	cr_expect_eq(n_entries("home/roster/history"), n);
	bulla_buf_free(&was);
	bulla_buf_free(&is);
}

static inline enum bulla_status
judge(enum bulla_side side, const struct bulla_signer *s, unsigned roles,
    int64_t at)
{
	e = (struct bulla_err){ 0 };
	return bulla_trust_judge(t, side, &s->vkey, roles, at, &e);
}

static inline enum bulla_status
suspend(const struct side *s, unsigned key, unsigned by, int64_t time)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	unsigned before = n_open();
	enum bulla_status st;
	struct bulla_cur c;

	side_suspend(s, &s->s[key].vkey, &s->s[by], time, &note);
	c = bulla_buf_view(&note);
	e = (struct bulla_err){ 0 };
	st = bulla_trust_suspend("home", &c, SIDE_TIME + 60, &e);
	cr_expect_eq(n_open(), before);
	bulla_buf_free(&note);
	return st;
}

/* Of b's sealer by its hotline at SIDE_TIME + 50. */
static inline void
digest_of_suspension(uint8_t out[32])
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_note n;
	struct bulla_cur c;

	side_suspend(&b, &b.s[SEALER].vkey, &b.s[HOTLINE], SIDE_TIME + 50,
	    &note);
	c = bulla_buf_view(&note);
	cr_assert_eq(bulla_note_parse(&c, &n, NULL), BULLA_OK);
	bulla_sha256(n.text.p, n.text.len, out);
	bulla_buf_free(&note);
}

#endif
