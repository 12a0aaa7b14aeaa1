#include <criterion/criterion.h>
#include <string.h>

#include "bulla/cur.h"

static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

static void
same_place(const struct bulla_cur *a, const struct bulla_cur *b)
{
	cr_assert_eq(a->p, b->p);
	cr_assert_eq(a->len, b->len);
	cr_assert_eq(a->off, b->off);
}

Test(cur, integers_are_big_endian_and_advance)
{
	struct bulla_cur c = bulla_cur_of(bytes, sizeof(bytes));
	uint8_t a;
	uint16_t b;
	uint32_t d;
	uint64_t e;

	cr_assert(bulla_cur_u8(&c, &a));
	cr_assert(bulla_cur_u16(&c, &b));
	cr_assert(bulla_cur_u32(&c, &d));
	cr_assert_eq(a, 1);
	cr_assert_eq(b, 0x0203);
	cr_assert_eq(d, 0x04050607);
	cr_assert_eq(c.off, 7);
	cr_assert_eq(c.len, 2);
	c = bulla_cur_of(bytes, 8);
	cr_assert(bulla_cur_u64(&c, &e));
	cr_assert_eq(e, UINT64_C(0x0102030405060708));
	cr_assert(bulla_cur_done(&c));
}

Test(cur, integers_one_byte_short_change_nothing)
{
	uint8_t a = 99;
	uint16_t b = 99;
	uint32_t d = 99;
	uint64_t e = 99;
	struct bulla_cur c, before;

	c = before = bulla_cur_of(bytes, 0);
	cr_assert_not(bulla_cur_u8(&c, &a));
	same_place(&c, &before);
	c = before = bulla_cur_of(bytes, 1);
	cr_assert_not(bulla_cur_u16(&c, &b));
	same_place(&c, &before);
	c = before = bulla_cur_of(bytes, 3);
	cr_assert_not(bulla_cur_u32(&c, &d));
	same_place(&c, &before);
	c = before = bulla_cur_of(bytes, 7);
	cr_assert_not(bulla_cur_u64(&c, &e));
	same_place(&c, &before);
	cr_assert(a == 99 && b == 99 && d == 99 && e == 99);
}

Test(cur, take_gives_a_window_of_its_own)
{
	struct bulla_cur c = bulla_cur_of(bytes, sizeof(bytes)), w = { 0 };

	cr_assert(bulla_cur_take(&c, 3, &w));
	cr_assert_eq(w.p, bytes);
	cr_assert_eq(w.len, 3);
	cr_assert_eq(w.off, 0);
	cr_assert_eq(c.off, 3);
	cr_assert(bulla_cur_take(&c, 6, &w));
	cr_assert_eq(w.len, 6);
	cr_assert(bulla_cur_take(&c, 0, &w));
	cr_assert_eq(w.len, 0);
}

Test(cur, take_of_one_too_many_or_of_everything_there_is_changes_nothing)
{
	struct bulla_cur c = bulla_cur_of(bytes, 4), w = { .len = 77 };
	struct bulla_cur before = c;

	cr_assert_not(bulla_cur_take(&c, 5, &w));
	cr_assert_not(bulla_cur_take(&c, SIZE_MAX, &w));
	same_place(&c, &before);
	cr_assert_eq(w.len, 77);
}

Test(cur, take_may_write_over_its_own_window)
{
	struct bulla_cur c = bulla_cur_of(bytes, 9);

	cr_assert(bulla_cur_take(&c, 4, &c));
	cr_assert_eq(c.len, 4);
	cr_assert_eq(c.p, bytes);
}

Test(cur, a_null_window_is_empty)
{
	struct bulla_cur c = bulla_cur_of(NULL, 0), w;
	char out[1];

	cr_assert(bulla_cur_done(&c));
	cr_assert(bulla_cur_take(&c, 0, &w));
	cr_assert(bulla_cur_copy(&c, out, 0));
	cr_assert(bulla_cur_eat(&c, "", 0));
	cr_assert_not(bulla_cur_eat(&c, "a", 1));
	cr_assert_not(bulla_cur_until(&c, 'a', &w));
	cr_assert(bulla_cur_is(&c, ""));
	cr_assert(bulla_cur_same(&c, &w));
}

Test(cur, copy_copies_or_leaves_alone)
{
	struct bulla_cur c = bulla_cur_of(bytes, 4);
	uint8_t out[5] = { 0 };

	cr_assert_not(bulla_cur_copy(&c, out, 5));
	cr_assert_eq(out[0], 0);
	cr_assert(bulla_cur_copy(&c, out, 4));
	cr_assert_arr_eq(out, bytes, 4);
	cr_assert_eq(out[4], 0);
}

Test(cur, until_stops_at_the_first)
{
	struct bulla_cur c = bulla_cur_str("ab=c=d"), w;

	cr_assert(bulla_cur_until(&c, '=', &w));
	cr_assert(bulla_cur_is(&w, "ab"));
	cr_assert(bulla_cur_starts(&c, "c=d"));
	cr_assert_eq(c.off, 3);
	cr_assert(bulla_cur_until(&c, '=', &w));
	cr_assert(bulla_cur_is(&w, "c"));
	cr_assert_eq(w.off, 3);
	w.len = 77;
	cr_assert_not(bulla_cur_until(&c, '=', &w));
	cr_assert_eq(w.len, 77);
	cr_assert(bulla_cur_is(&c, "d"));
}

Test(cur, lines_need_their_lf)
{
	struct bulla_cur c = bulla_cur_str("a\n\nb"), w;

	cr_assert(bulla_cur_line(&c, &w));
	cr_assert(bulla_cur_is(&w, "a"));
	cr_assert(bulla_cur_line(&c, &w));
	cr_assert(bulla_cur_is(&w, ""));
	cr_assert_not(bulla_cur_line(&c, &w));
	cr_assert(bulla_cur_is(&c, "b"));
}

Test(cur, eat_is_all_or_nothing)
{
	struct bulla_cur c = bulla_cur_str("abc"), before = c;

	cr_assert_not(bulla_cur_eat_str(&c, "abd"));
	cr_assert_not(bulla_cur_eat_str(&c, "abcd"));
	same_place(&c, &before);
	cr_assert(bulla_cur_eat_str(&c, "ab"));
	cr_assert_eq(c.off, 2);
	cr_assert(bulla_cur_eat(&c, "c", 1));
	cr_assert(bulla_cur_done(&c));
}

Test(cur, bytes_are_counted_not_terminated)
{
	struct bulla_cur c = bulla_cur_of("a\0b", 3), w;

	cr_assert_not(bulla_cur_is(&c, "a"));
	cr_assert(bulla_cur_until(&c, 'b', &w));
	cr_assert_eq(w.len, 2);
}

Test(cur, is_and_starts)
{
	struct bulla_cur c = bulla_cur_str("abc");

	cr_assert(bulla_cur_is(&c, "abc"));
	cr_assert_not(bulla_cur_is(&c, "ab"));
	cr_assert_not(bulla_cur_is(&c, "abcd"));
	cr_assert(bulla_cur_starts(&c, "ab"));
	cr_assert(bulla_cur_starts(&c, ""));
	cr_assert_not(bulla_cur_starts(&c, "b"));
	cr_assert_eq(c.len, 3);
}

static int
cmp(const char *a, const char *b)
{
	struct bulla_cur ca = bulla_cur_str(a), cb = bulla_cur_str(b);

	cr_assert_eq(bulla_cur_same(&ca, &cb), strcmp(a, b) == 0);
	return bulla_cur_cmp(&ca, &cb);
}

Test(cur, order_is_bytewise_and_shorter_first)
{
	cr_assert_eq(cmp("", ""), 0);
	cr_assert_eq(cmp("a", "a"), 0);
	cr_assert_eq(cmp("", "a"), -1);
	cr_assert_eq(cmp("a", ""), 1);
	cr_assert_eq(cmp("a", "b"), -1);
	cr_assert_eq(cmp("b", "a"), 1);
	cr_assert_eq(cmp("a", "ab"), -1);
	cr_assert_eq(cmp("b", "ab"), 1);
	cr_assert_eq(cmp("\x7f", "\x80"), -1);
}
