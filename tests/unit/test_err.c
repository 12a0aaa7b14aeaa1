#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "bulla/err.h"
#include "bulla/text.h"

Test(err, records_the_status_and_the_text)
{
	struct bulla_err e = { .sys_errno = 7 };

	errno = ENOENT;
	cr_assert_eq(bulla_fail(&e, BULLA_E_LIMIT, "%s %d", "at", 3),
	    BULLA_E_LIMIT);
	cr_assert_str_eq(e.msg, "at 3");
	cr_assert_eq(e.st, BULLA_E_LIMIT);
	cr_assert_eq(e.sys_errno, 0);
	cr_assert_eq(errno, ENOENT);
}

Test(err, keeps_errno_for_io_only)
{
	struct bulla_err e = { 0 };

	errno = EPIPE;
	cr_assert_eq(bulla_fail(&e, BULLA_E_IO, "x"), BULLA_E_IO);
	cr_assert_eq(e.sys_errno, EPIPE);
	cr_assert_str_eq(e.msg, "x");
}

Test(err, system_failure_gives_the_reason)
{
	struct bulla_err e = { 0 };

	errno = ENOENT;
	cr_assert_eq(bulla_fail_sys(&e, "%s: open", "a"), BULLA_E_IO);
	cr_assert_str_eq(e.msg, "a: open: No such file or directory");
	cr_assert_eq(e.st, BULLA_E_IO);
	cr_assert_eq(e.sys_errno, ENOENT);
	cr_assert_eq(errno, ENOENT);
}

Test(err, wrap_puts_the_context_in_front)
{
	struct bulla_err e = { 0 };

	errno = EIO;
	cr_assert_eq(bulla_fail_sys(&e, "read"), BULLA_E_IO);
	cr_assert_eq(bulla_wrap(&e, BULLA_E_FORMAT, "line %d", 7),
	    BULLA_E_FORMAT);
	cr_assert_eq(bulla_wrap(&e, e.st, "seal"), BULLA_E_FORMAT);
	cr_assert_str_eq(e.msg, "seal: line 7: read: Input/output error");
	cr_assert_eq(e.st, BULLA_E_FORMAT);
	cr_assert_eq(e.sys_errno, EIO);
	cr_assert_eq(errno, EIO);
}

/* What a call before left on the stack. */
static void __attribute__((noinline))
dirty_the_stack(void)
{
	volatile char room[4096];

	for (size_t i = 0; i < sizeof(room); i++)
		room[i] = 'K';
}

Test(err, wrap_adds_the_text_and_nothing_behind_it)
{
	static struct bulla_err e;

	(void)bulla_fail(&e, BULLA_E_FORMAT, "bad");
	dirty_the_stack();
	(void)bulla_wrap(&e, BULLA_E_FORMAT, "line 7");
	cr_assert_str_eq(e.msg, "line 7: bad");
	for (size_t i = strlen(e.msg); i < sizeof(e.msg); i++)
		cr_assert_eq(e.msg[i], '\0', "at %zu: %d", i, e.msg[i]);
}

Test(err, null_is_allowed_everywhere)
{
	cr_assert_eq(bulla_fail(NULL, BULLA_E_NOKEY, "x"), BULLA_E_NOKEY);
	cr_assert_eq(bulla_fail_sys(NULL, "x"), BULLA_E_IO);
	cr_assert_eq(bulla_wrap(NULL, BULLA_E_AGAIN, "x"), BULLA_E_AGAIN);
}

static char long_text[2000];

static void
fill(size_t n)
{
	memset(long_text, 'a', n);
	long_text[n] = '\0';
}

Test(err, the_longest_text_is_not_cut)
{
	struct bulla_err e;

	fill(sizeof(e.msg) - 1);
	(void)bulla_fail(&e, BULLA_E_FORMAT, "%s", long_text);
	cr_assert_str_eq(e.msg, long_text);
}

Test(err, one_more_is_cut_and_says_so)
{
	struct bulla_err e;

	fill(sizeof(e.msg));
	(void)bulla_fail(&e, BULLA_E_FORMAT, "%s", long_text);
	cr_assert_eq(strlen(e.msg), sizeof(e.msg) - 1);
	cr_assert_str_eq(e.msg + sizeof(e.msg) - 5, "a...");
}

Test(err, a_long_text_keeps_room_for_nothing_but_stays_in_bounds)
{
	struct bulla_err e;

	fill(sizeof(e.msg) - 3);
	errno = ENOENT;
	(void)bulla_fail_sys(&e, "%s", long_text);
	cr_assert_eq(strlen(e.msg), sizeof(e.msg) - 1);
	cr_assert_str_eq(e.msg + sizeof(e.msg) - 4, "...");
	(void)bulla_wrap(&e, BULLA_E_IO, "%s", long_text);
	cr_assert_eq(strlen(e.msg), sizeof(e.msg) - 1);
	cr_assert_str_eq(e.msg + sizeof(e.msg) - 4, "...");
}

/* Whatever the cut falls on: the message must stay valid UTF-8. */
Test(err, characters_are_not_cut_in_half)
{
	struct bulla_err e;
	struct bulla_cur c;

	for (size_t shift = 0; shift < 4; shift++) {
		fill(shift);
		for (size_t i = 0; i < 200; i++)
			memcpy(long_text + shift + 4 * i, "\xf0\x9f\x94\x92",
			    5);
		(void)bulla_fail(&e, BULLA_E_FORMAT, "%s", long_text);
		c = bulla_cur_str(e.msg);
		cr_assert(bulla_text_is_plain(&c), "shift %zu", shift);
		cr_assert_str_eq(e.msg + strlen(e.msg) - 3, "...");
		cr_assert_geq(strlen(e.msg), sizeof(e.msg) - 5);
	}
}

Test(err, every_status_has_a_name_of_its_own)
{
	for (int i = BULLA_OK; i <= BULLA_E_UNSAFE; i++) {
		const char *a = bulla_status_name((enum bulla_status)i);

		cr_assert_str_neq(a, "unknown");
		for (int j = BULLA_OK; j < i; j++)
			cr_assert_str_neq(a,
			    bulla_status_name((enum bulla_status)j));
	}
	cr_assert_str_eq(bulla_status_name(BULLA_E_MISMATCH), "mismatch");
	cr_assert_str_eq(bulla_status_name((enum bulla_status)99), "unknown");
}

Test(err, check_aborts, .signal = SIGABRT)
{
	BULLA_CHECK(1 + 1 == 3);
}

Test(err, check_passes)
{
	BULLA_CHECK(1 + 1 == 2);
}
