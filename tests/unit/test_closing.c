#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bulla/opening.h"

#define ID "00112233445566778899aabbccddeeff"
#define HEX ID "0123456789abcdef0123456789abcdef"

static const char *const full[] = {
	"bulla closing v1", "package: " ID, "opening: " HEX, "segments: 2",
	"size: 16781500", "manifest: " HEX, "closed: 2026-11-22T03:04:05Z",
};
#define N (sizeof(full) / sizeof(full[0]))

static enum bulla_status
parse_with(size_t at, const char *line, struct bulla_closing *c)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	struct bulla_buf again = BULLA_BUF_INIT(65536);
	enum bulla_status st;
	struct bulla_cur text;

	for (size_t i = 0; i < N; i++) {
		const char *s = i == at ? line : full[i];

		if (s != NULL)
			bulla_buf_fmt(&b, "%s\n", s);
	}
	text = bulla_buf_view(&b);
	st = bulla_closing_parse(&text, c, NULL);
	if (st == BULLA_OK) {
		bulla_closing_put(&again, c);
		cr_assert_str_eq(bulla_buf_cstr(&again), bulla_buf_cstr(&b));
	}
	bulla_buf_free(&b);
	bulla_buf_free(&again);
	return st;
}

Test(closing, a_good_one)
{
	struct bulla_closing c;

	cr_assert_eq(parse_with(N, NULL, &c), BULLA_OK);
	cr_assert_str_eq(c.id, ID);
	cr_assert_eq(c.segments, 2);
	cr_assert_eq(c.size, 16781500);
	cr_assert_eq(c.closed, 1795316645);
	cr_assert_arr_eq(c.opening, c.manifest, 32);
	cr_assert_eq(c.opening[1], 0x11);
}

Test(closing, every_line_is_needed_and_no_other)
{
	struct bulla_closing c = { .segments = 99 };
	char twice[200];

	for (size_t i = 0; i < N; i++) {
		cr_assert_eq(parse_with(i, NULL, &c), BULLA_E_FORMAT, "%zu",
		    i);
		snprintf(twice, sizeof(twice), "%s\n%s", full[i], full[i]);
		cr_assert_eq(parse_with(i, twice, &c), BULLA_E_FORMAT);
	}
	snprintf(twice, sizeof(twice), "%s\nmore: x", full[N - 1]);
	cr_assert_eq(parse_with(N - 1, twice, &c), BULLA_E_FORMAT);
	cr_assert_eq(c.segments, 99, "written on failure");
}

Test(closing, every_bad_value_is_refused)
{
	static const struct { size_t at; const char *line; } bad[] = {
		{ 0, "bulla opening v1" }, { 1, "package: " HEX },
		{ 2, "opening: -" }, { 2, "opening: " ID },
		{ 3, "segments: 0" }, { 3, "segments: 02" },
		{ 3, "segments: 1048577" }, { 3, "segments: -" },
		{ 4, "size: -" }, { 4, "size: 0" }, { 4, "size: +16781500" },
		{ 5, "manifest: -" }, { 6, "closed: -" },
		{ 6, "closed: 2026-11-22T03:04:05" },
	};
	struct bulla_closing c;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(parse_with(bad[i].at, bad[i].line, &c),
		    BULLA_E_FORMAT, "%s", bad[i].line);
}

/* As many segments as it says, the last one not empty. */
Test(closing, the_size_agrees_with_the_segments)
{
	static const struct { uint64_t size; bool ok; } t[] = {
		{ 16781312 + 16, false }, { 16781312 + 17, true },
		{ 2 * 16781312 + 65536 + 16, true },
		{ 2 * 16781312 + 65536 + 17, false },
		{ INT64_MAX, false },
	};
	struct bulla_closing c;
	char line[64];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(line, sizeof(line), "size: %" PRIu64, t[i].size);
		cr_assert_eq(parse_with(4, line, &c) == BULLA_OK, t[i].ok,
		    "%s", line);
	}
	cr_assert_eq(parse_with(3, "segments: 1", &c), BULLA_OK);
	cr_assert_eq(parse_with(3, "segments: 3", &c), BULLA_E_FORMAT);
}
