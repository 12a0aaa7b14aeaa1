#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/buf.h"

/* WRAP: malloc free */
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void __real_free(void *p);
void __wrap_free(void *p);

static int budget = -1;		/* allocations that still succeed */
static struct {
	uint8_t *p;
	size_t n;
} watched;			/* must be all zero when it is freed */
static bool freed_dirty;

void *
__wrap_malloc(size_t n)
{
	if (budget == 0)
		return NULL;
	if (budget > 0)
		budget--;
	return __real_malloc(n);
}

void
__wrap_free(void *p)
{
	if (p != NULL && p == watched.p) {
		for (size_t i = 0; i < watched.n; i++)
			freed_dirty = freed_dirty || watched.p[i] != 0;
		watched.p = NULL;
	}
	__real_free(p);
}

static bool
holds(const struct bulla_buf *b, const char *s)
{
	struct bulla_cur c = bulla_buf_view(b);

	return bulla_buf_status(b) == BULLA_OK && bulla_cur_is(&c, s);
}

Test(buf, puts_one_after_the_other)
{
	struct bulla_buf b = BULLA_BUF_INIT(100);
	struct bulla_cur c = bulla_cur_str("cd");

	bulla_buf_put(&b, "ab", 2);
	bulla_buf_cur(&b, &c);
	bulla_buf_str(&b, "ef");
	bulla_buf_u8(&b, 'g');
	bulla_buf_u16(&b, 0x6869);
	bulla_buf_u32(&b, 0x6a6b6c6d);
	bulla_buf_u64(&b, UINT64_C(0x6e6f707172737475));
	cr_assert(holds(&b, "abcdefghijklmnopqrstu"));
	bulla_buf_free(&b);
	cr_assert_eq(b.max, 100);
	cr_assert_null(b.p);
}

Test(buf, decimal)
{
	struct bulla_buf b = BULLA_BUF_INIT(100);

	bulla_buf_dec(&b, 0);
	bulla_buf_str(&b, " ");
	bulla_buf_dec(&b, 10);
	bulla_buf_str(&b, " ");
	bulla_buf_dec(&b, UINT64_MAX);
	cr_assert(holds(&b, "0 10 18446744073709551615"));
	bulla_buf_free(&b);
}

Test(buf, formatted)
{
	struct bulla_buf b = BULLA_BUF_INIT(5);

	bulla_buf_fmt(&b, "%s", "");
	bulla_buf_fmt(&b, "%d-%s", 12, "ab");
	cr_assert_eq(bulla_buf_status(&b), BULLA_OK);
	cr_assert(holds(&b, "12-ab"));
	bulla_buf_fmt(&b, "%c", 'x');
	cr_assert_eq(bulla_buf_status(&b), BULLA_E_LIMIT);
	bulla_buf_free(&b);
}

Test(buf, exactly_the_maximum_fits_and_the_next_byte_does_not)
{
	for (size_t max = 0; max < 300; max++) {
		struct bulla_buf b = BULLA_BUF_INIT(max);

		for (size_t i = 0; i < max; i++)
			bulla_buf_u8(&b, 'a');
		cr_assert_eq(bulla_buf_status(&b), BULLA_OK);
		cr_assert_not_null(bulla_buf_cstr(&b));
		cr_assert_eq(strlen(bulla_buf_cstr(&b)), max);
		bulla_buf_put(&b, "", 0);
		cr_assert_eq(bulla_buf_status(&b), BULLA_OK);
		bulla_buf_u8(&b, 'a');
		cr_assert_eq(bulla_buf_status(&b), BULLA_E_LIMIT);
		cr_assert_eq(b.len, max);
		bulla_buf_free(&b);
	}
}

Test(buf, the_first_failure_sticks)
{
	struct bulla_buf b = BULLA_BUF_INIT(3);

	bulla_buf_str(&b, "ab");
	bulla_buf_str(&b, "cd");
	bulla_buf_str(&b, "e");
	cr_assert_eq(bulla_buf_status(&b), BULLA_E_LIMIT);
	cr_assert_eq(b.len, 2);
	cr_assert_null(bulla_buf_cstr(&b));
	bulla_buf_fmt(&b, "%d", 1);
	cr_assert_eq(b.len, 2);
	bulla_buf_reset(&b);
	bulla_buf_str(&b, "xyz");
	cr_assert(holds(&b, "xyz"));
	bulla_buf_free(&b);
}

Test(buf, sums_do_not_wrap_around)
{
	struct bulla_buf b = BULLA_BUF_INIT(SIZE_MAX);

	bulla_buf_u8(&b, 1);
	bulla_buf_put(&b, "x", SIZE_MAX);
	cr_assert_eq(bulla_buf_status(&b), BULLA_E_LIMIT);
	bulla_buf_reset(&b);
	bulla_buf_u8(&b, 1);
	bulla_buf_put(&b, "x", SIZE_MAX - 1);
	cr_assert_eq(bulla_buf_status(&b), BULLA_E_LIMIT);
	bulla_buf_free(&b);
}

Test(buf, cstr_of_nothing_is_empty)
{
	struct bulla_buf b = BULLA_BUF_INIT(0);

	cr_assert_str_eq(bulla_buf_cstr(&b), "");
	cr_assert_eq(b.len, 0);
	bulla_buf_free(&b);
}

Test(buf, every_allocation_may_fail)
{
	int n;

	for (n = 0; n < 20; n++) {
		struct bulla_buf b = BULLA_BUF_INIT(100000);
		enum bulla_status st;

		budget = n;
		for (int i = 0; i < 1000; i++)
			bulla_buf_u64(&b, 1);
		budget = -1;
		st = bulla_buf_status(&b);
		cr_assert(st == BULLA_OK || st == BULLA_E_NOMEM);
		cr_assert_eq(b.len == 8000, st == BULLA_OK);
		if (st == BULLA_E_NOMEM)
			cr_assert_null(bulla_buf_cstr(&b));
		bulla_buf_free(&b);
		if (st == BULLA_OK)
			break;
	}
	cr_assert_gt(n, 2);
	cr_assert_lt(n, 20);
}

Test(buf, fmt_and_cstr_survive_allocation_failure)
{
	struct bulla_buf b = BULLA_BUF_INIT(100);

	budget = 0;
	bulla_buf_fmt(&b, "%d", 1);
	cr_assert_eq(bulla_buf_status(&b), BULLA_E_NOMEM);
	bulla_buf_reset(&b);
	cr_assert_null(bulla_buf_cstr(&b));
	budget = -1;
	cr_assert_eq(bulla_buf_status(&b), BULLA_E_NOMEM);
	bulla_buf_free(&b);
}

Test(buf, growing_wipes_the_old_memory)
{
	struct bulla_buf b = BULLA_BUF_INIT(1000);

	bulla_buf_str(&b, "secret");
	watched.p = b.p;
	watched.n = b.cap;
	for (int i = 0; i < 100; i++)
		bulla_buf_u8(&b, 'x');
	cr_assert_null(watched.p, "it has not grown");
	cr_assert_not(freed_dirty);
	watched.p = b.p;
	watched.n = b.cap;
	bulla_buf_free(&b);
	cr_assert_null(watched.p);
	cr_assert_not(freed_dirty);
}

Test(buf, reset_wipes_and_keeps_the_memory)
{
	struct bulla_buf b = BULLA_BUF_INIT(100);
	uint8_t *p;

	bulla_buf_str(&b, "secret");
	p = b.p;
	bulla_buf_reset(&b);
	cr_assert_eq(b.p, p);
	cr_assert_eq(b.len, 0);
	for (size_t i = 0; i < b.cap; i++)
		cr_assert_eq(b.p[i], 0);
	bulla_buf_free(&b);
	bulla_buf_free(&b);
	bulla_buf_reset(&b);
}
