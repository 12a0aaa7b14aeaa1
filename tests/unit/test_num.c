#include <criterion/criterion.h>

#include "bulla/num.h"

static bool
num(const char *s, uint64_t max, uint64_t *v)
{
	struct bulla_cur c = bulla_cur_str(s);

	return bulla_num_u64(&c, max, v);
}

static bool
size(const char *s, uint64_t max, uint64_t *v)
{
	struct bulla_cur c = bulla_cur_str(s);

	return bulla_num_size(&c, max, v);
}

Test(num, accepts_what_our_formats_write)
{
	uint64_t v = 1;

	cr_assert(num("0", 0, &v) && v == 0);
	cr_assert(num("7", 7, &v) && v == 7);
	cr_assert(num("10", 10, &v) && v == 10);
	cr_assert(num("18446744073709551615", UINT64_MAX, &v));
	cr_assert_eq(v, UINT64_MAX);
}

Test(num, refuses_everything_else_and_leaves_out_alone)
{
	static const char *const bad[] = {
		"", "00", "01", "-1", "+1", " 1", "1 ", "1\n", "0x1", "1a",
		"a", "1.0", "1e3", "1,000", "/", ":", "\xd9\xa1",
		"18446744073709551616", "18446744073709551620",
		"184467440737095516150", "99999999999999999999999999",
	};
	uint64_t v = 42;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(num(bad[i], UINT64_MAX, &v), "'%s'", bad[i]);
	cr_assert_not(num("8", 7, &v));
	cr_assert_not(num("1", 0, &v));
	cr_assert_eq(v, 42);
}

Test(num, a_nul_is_no_digit)
{
	struct bulla_cur c = bulla_cur_of("1\0", 2);
	uint64_t v;

	cr_assert_not(bulla_num_u64(&c, 100, &v));
}

Test(num, sizes)
{
	uint64_t v = 1;

	cr_assert(size("0", 0, &v) && v == 0);
	cr_assert(size("5", 5, &v) && v == 5);
	cr_assert(size("1K", 1024, &v) && v == 1024);
	cr_assert(size("3M", UINT64_MAX, &v) && v == 3 << 20);
	cr_assert(size("2G", UINT64_MAX, &v) && v == UINT64_C(2) << 30);
	cr_assert(size("4T", UINT64_MAX, &v) && v == UINT64_C(4) << 40);
	cr_assert(size("16777215T", UINT64_MAX, &v));
	cr_assert_eq(v, UINT64_C(16777215) << 40);
}

Test(num, refuses_other_sizes)
{
	static const char *const bad[] = {
		"", "K", "1k", "1KB", "1KK", "1 K", "K1", "01K", "-1K", "1P",
		"1.5G", "16777216T", "99999999999999999999K", "1B",
	};
	uint64_t v = 42;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(size(bad[i], UINT64_MAX, &v), "'%s'", bad[i]);
	cr_assert_not(size("1K", 1023, &v));
	cr_assert_not(size("5", 4, &v));
	cr_assert_eq(v, 42);
}

Test(num, checked_sums_and_products)
{
	uint64_t v = 42;

	cr_assert_not(bulla_add_u64(UINT64_MAX, 1, &v));
	cr_assert_not(bulla_mul_u64(UINT64_C(1) << 32, UINT64_C(1) << 32, &v));
	cr_assert_eq(v, 42);
	cr_assert(bulla_add_u64(UINT64_MAX, 0, &v) && v == UINT64_MAX);
	cr_assert(bulla_mul_u64(UINT32_MAX, UINT32_MAX, &v));
	cr_assert_eq(v, UINT64_C(0xfffffffe00000001));
	cr_assert(bulla_mul_u64(0, UINT64_MAX, &v) && v == 0);
}
