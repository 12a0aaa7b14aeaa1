#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/ustar.h"

static const struct bulla_ustar good = {
	.name = "0123456789abcdef0123456789abcdef/data/00000000.age",
	.size = 16781312, .mtime = 1700000000,
};

static enum bulla_status
parse(const uint8_t *block)
{
	struct bulla_ustar u;

	return bulla_ustar_parse(block, &u, NULL);
}

Test(ustar, what_is_made_parses_to_the_same)
{
	uint8_t block[BULLA_USTAR_BLOCK];
	struct bulla_ustar u;

	bulla_ustar_make(&good, block);
	cr_assert_eq(bulla_ustar_parse(block, &u, NULL), BULLA_OK);
	cr_assert_str_eq(u.name, good.name);
	cr_assert_eq(u.size, good.size);
	cr_assert_eq(u.mtime, good.mtime);
}

/* The fields by hand, from the standard. */
Test(ustar, fields_stand_where_posix_says)
{
	uint8_t b[BULLA_USTAR_BLOCK];
	unsigned sum = 0;

	bulla_ustar_make(&good, b);
	cr_assert_eq(memcmp(b + 100, "0000644\0" "0000000\0" "0000000\0"
	    "00100010000\0" "14524770400\0", 48), 0);
	cr_assert_eq(b[156], '0');
	cr_assert_eq(memcmp(b + 257, "ustar\00000", 8), 0);
	cr_assert_eq(memcmp(b + 329, "0000000\0" "0000000\0", 16), 0);
	for (size_t i = 0; i < sizeof(b); i++)
		sum += i >= 148 && i < 156 ? ' ' : b[i];
	cr_assert_eq(strtoul((const char *)b + 148, NULL, 8), sum);
	cr_assert_eq(b[154], '\0');
	cr_assert_eq(b[155], ' ');
}

Test(ustar, limits_hold_the_largest_values)
{
	struct bulla_ustar u = {
		.size = BULLA_USTAR_SIZE_MAX, .mtime = BULLA_USTAR_SIZE_MAX,
	}, back;
	uint8_t block[BULLA_USTAR_BLOCK];

	memset(u.name, 'n', BULLA_USTAR_NAME_MAX);
	bulla_ustar_make(&u, block);
	cr_assert_eq(bulla_ustar_parse(block, &back, NULL), BULLA_OK);
	cr_assert_str_eq(back.name, u.name);
	cr_assert_eq(back.size, u.size);
}

/* Any change of any bit: refused, or another header of ours. */
Test(ustar, every_flipped_bit_is_refused)
{
	uint8_t block[BULLA_USTAR_BLOCK];

	bulla_ustar_make(&good, block);
	for (size_t i = 0; i < sizeof(block) * 8; i++) {
		block[i / 8] ^= (uint8_t)(1u << i % 8);
		cr_assert_eq(parse(block), BULLA_E_FORMAT, "bit %zu", i);
		block[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	cr_assert_eq(parse(block), BULLA_OK);
}

static void
sum(uint8_t *b)
{
	unsigned s = 0;
	char text[8];

	memset(b + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		s += b[i];
	snprintf(text, sizeof(text), "%06o", s);
	memcpy(b + 148, text, 7);
}

/* With a right checksum only the comparison of all bytes can tell. */
Test(ustar, a_right_checksum_saves_no_other_field)
{
	static const struct {
		size_t at, n;
		const char *bytes;
	} t[] = {
		{ 0, 1, "" }, { 99, 1, "x" }, { 100, 8, "0000755" },
		{ 100, 8, "0004644" }, { 100, 8, "000644 " },
		{ 108, 8, "0001750" },
		{ 116, 8, "000000 " }, { 124, 12, "   0010000 " },
		{ 124, 12, "000000000009" }, { 124, 1, "\x80" },
		{ 136, 1, "-" }, { 156, 1, "5" }, { 156, 1, "" },
		{ 156, 1, "x" }, { 156, 1, "2" }, { 157, 1, "l" },
		{ 257, 8, "ustar  " }, { 263, 1, "1" }, { 265, 4, "root" },
		{ 297, 4, "root" }, { 329, 1, "1" }, { 345, 2, ".." },
		{ 500, 1, "1" }, { 511, 1, "1" },
	};
	uint8_t block[BULLA_USTAR_BLOCK];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		bulla_ustar_make(&good, block);
		memcpy(block + t[i].at, t[i].bytes, t[i].n);
		sum(block);
		cr_expect_eq(parse(block), BULLA_E_FORMAT, "row %zu", i);
	}
	memset(block, 0, sizeof(block));
	cr_assert_eq(parse(block), BULLA_E_FORMAT);
}

Test(ustar, padding_fills_the_block)
{
	cr_assert_eq(bulla_ustar_padding(0), 0);
	cr_assert_eq(bulla_ustar_padding(1), 511);
	cr_assert_eq(bulla_ustar_padding(511), 1);
	cr_assert_eq(bulla_ustar_padding(512), 0);
	cr_assert_eq(bulla_ustar_padding(UINT64_MAX), 1);
}
