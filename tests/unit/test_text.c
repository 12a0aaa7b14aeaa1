#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "bulla/text.h"

/* The encoding of any value that fits four bytes, also of illegal ones. */
static size_t
utf8(uint32_t cp, unsigned len, uint8_t out[4])
{
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (unsigned i = len; i-- > 1; cp >>= 6)
		out[i] = (uint8_t)(0x80 | (cp & 0x3f));
	out[0] = (uint8_t)(lead[len] | cp);
	return len;
}

static unsigned
len_of(uint32_t cp)
{
	return cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
}

Test(text, every_code_point_decodes_and_no_surrogate)
{
	for (uint32_t cp = 0; cp < 0x110000; cp++) {
		uint8_t b[4];
		struct bulla_cur c = bulla_cur_of(b, utf8(cp, len_of(cp), b));
		uint32_t got = 0xdead;
		bool want = cp < 0xd800 || cp > 0xdfff;

		if (bulla_utf8_next(&c, &got) != want)
			cr_assert_fail("U+%04X", cp);
		if (got != (want ? cp : 0xdead) || bulla_cur_done(&c) != want)
			cr_assert_fail("U+%04X", cp);
	}
}

static bool
decodes(const void *p, size_t n)
{
	struct bulla_cur c = bulla_cur_of(p, n);
	uint32_t cp;

	return bulla_utf8_next(&c, &cp);
}

Test(text, refuses_long_forms_and_values_past_the_end)
{
	uint8_t b[4];

	for (uint32_t cp = 0; cp < 0x10000; cp++) {
		for (unsigned n = len_of(cp) + 1; n <= 4; n++) {
			if (decodes(b, utf8(cp, n, b)))
				cr_assert_fail("U+%04X in %u", cp, n);
		}
	}
	cr_assert_not(decodes(b, utf8(0x110000, 4, b)));
	cr_assert_not(decodes("\xf7\xbf\xbf\xbf", 4));
	cr_assert_not(decodes("\xf8\x88\x80\x80\x80", 5));
	cr_assert_not(decodes("\xfc\x84\x80\x80\x80\x80", 6));
	cr_assert_not(decodes("\xfe", 1));
	cr_assert_not(decodes("\xff", 1));
	cr_assert_not(decodes("\x80", 1));
	cr_assert_not(decodes("\xbf", 1));
	cr_assert_not(decodes("", 0));
	cr_assert_not(decodes(NULL, 0));
}

Test(text, refuses_cut_and_broken_sequences)
{
	static const char seq[] = "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x92";
	static const size_t at[] = { 0, 2, 5 }, len[] = { 2, 3, 4 };
	char bad[4];

	for (size_t i = 0; i < 3; i++) {
		cr_assert(decodes(seq + at[i], len[i]));
		for (size_t n = 1; n < len[i]; n++) {
			cr_assert_not(decodes(seq + at[i], n));
			memcpy(bad, seq + at[i], len[i]);
			bad[n] = 'a';
			cr_assert_not(decodes(bad, len[i]));
			bad[n] = (char)0xc3;
			cr_assert_not(decodes(bad, len[i]));
		}
	}
}

static const uint32_t not_plain[][2] = {
	{ 0x0, 0x1f }, { 0x7f, 0x9f }, { 0x61c, 0x61c }, { 0x200b, 0x200f },
	{ 0x2028, 0x2029 }, { 0x202a, 0x202e }, { 0x2060, 0x2060 },
	{ 0x2066, 0x2069 }, { 0xd800, 0xdfff }, { 0xfdd0, 0xfdef },
	{ 0xfeff, 0xfeff }, { 0xfffe, 0xffff },
};
#define N_RANGES (sizeof(not_plain) / sizeof(not_plain[0]))

Test(text, plain_points_are_all_but_these)
{
	for (size_t i = 0; i < N_RANGES; i++) {
		uint32_t lo = not_plain[i][0], hi = not_plain[i][1];

		for (uint32_t cp = lo; cp <= hi; cp++)
			cr_assert_not(bulla_text_plain_point(cp), "%x", cp);
		if (lo > 0 && lo != 0x202a)
			cr_assert(bulla_text_plain_point(lo - 1), "%x", lo);
		if (hi != 0x2029)
			cr_assert(bulla_text_plain_point(hi + 1), "%x", hi);
	}
	for (uint32_t plane = 1; plane <= 16; plane++) {
		cr_assert_not(bulla_text_plain_point(plane << 16 | 0xfffe));
		cr_assert_not(bulla_text_plain_point(plane << 16 | 0xffff));
		cr_assert(bulla_text_plain_point(plane << 16 | 0xfffd));
		cr_assert(bulla_text_plain_point(plane << 16));
	}
	cr_assert_not(bulla_text_plain_point(0x110000));
	cr_assert_not(bulla_text_plain_point(UINT32_MAX));
}

static bool
plain(const char *s)
{
	struct bulla_cur c = bulla_cur_str(s);

	return bulla_text_is_plain(&c);
}

static bool
lines(const char *s)
{
	struct bulla_cur c = bulla_cur_str(s);

	return bulla_text_is_lines(&c);
}

Test(text, plain_is_one_line)
{
	struct bulla_cur nul = bulla_cur_of("a\0b", 3);

	cr_assert(plain(""));
	cr_assert(plain("a b\\c ~"));
	cr_assert(plain("\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x92"));
	cr_assert_not(plain("a\n"));
	cr_assert_not(plain("a\tb"));
	cr_assert_not(plain("a\r"));
	cr_assert_not(plain("\x1b[31m"));
	cr_assert_not(plain("\xc2\x9b" "31m"));
	cr_assert_not(plain("\xe2\x80\xae" "fdp"));
	cr_assert_not(plain("\xef\xbb\xbf" "a"));
	cr_assert_not(plain("a\xff"));
	cr_assert_not(plain("a\xc3"));
	cr_assert_not(bulla_text_is_plain(&nul));
}

Test(text, lines_end_in_lf)
{
	cr_assert(lines("a\n"));
	cr_assert(lines("\n"));
	cr_assert(lines("a\n\nb\n"));
	cr_assert_not(lines(""));
	cr_assert_not(lines("a"));
	cr_assert_not(lines("a\nb"));
	cr_assert_not(lines("a\r\n"));
	cr_assert_not(lines("a\n\x1b\n"));
}

static const char *
escaped(const void *p, size_t n)
{
	static struct bulla_buf b = BULLA_BUF_INIT(4096);
	struct bulla_cur c = bulla_cur_of(p, n);

	bulla_buf_reset(&b);
	bulla_text_escape(&b, &c);
	return bulla_buf_cstr(&b);
}

Test(text, escape)
{
	cr_assert_str_eq(escaped("", 0), "");
	cr_assert_str_eq(escaped("a b", 3), "a b");
	cr_assert_str_eq(escaped("a\\b", 3), "a\\\\b");
	cr_assert_str_eq(escaped("a\0b\n", 4), "a\\x00b\\x0a");
	cr_assert_str_eq(escaped("\x1b[1m", 4), "\\x1b[1m");
	cr_assert_str_eq(escaped("\xff\xc3", 2), "\\xff\\xc3");
	cr_assert_str_eq(escaped("\xc3\xa9", 2), "\xc3\xa9");
	cr_assert_str_eq(escaped("\xe2\x80\xaex", 4), "\\xe2\\x80\\xaex");
	cr_assert_str_eq(escaped("\xe2\x82z", 3), "\\xe2\\x82z");
	cr_assert_str_eq(escaped("\xf0\x9f\xbf\xbf", 4),
	    "\\xf0\\x9f\\xbf\\xbf");
	cr_assert_str_eq(escaped("\xc0\xaf", 2), "\\xc0\\xaf");
}

Test(text, escaping_a_byte_gives_plain_text)
{
	for (unsigned i = 0; i < 256; i++) {
		uint8_t b = (uint8_t)i;

		cr_assert(plain(escaped(&b, 1)), "%u", i);
	}
}

static const char *
show(const char *s, size_t cap)
{
	static char out[64];

	memset(out, '#', sizeof(out));
	(void)bulla_text_show_str(out, cap, s);
	cr_assert_eq(out[cap], '#');
	return out;
}

Test(text, show_fits_or_says_that_it_was_cut)
{
	cr_assert_str_eq(show("", 4), "");
	cr_assert_str_eq(show("abc", 4), "abc");
	cr_assert_str_eq(show("abcd", 4), "...");
	cr_assert_str_eq(show("abcd", 5), "abcd");
	cr_assert_str_eq(show("abcde", 5), "a...");
	cr_assert_str_eq(show("a\nb", 7), "a\\x0ab");
	cr_assert_str_eq(show("a\nbc", 7), "a...");
	cr_assert_str_eq(show("a\nbcdefg", 9), "a\\x0a...");
	cr_assert_str_eq(show("\xc3\xa9\xc3\xa9\xc3\xa9", 6), "\xc3\xa9...");
	cr_assert_str_eq(show("\xc3\xa9\xc3\xa9\xc3\xa9", 7),
	    "\xc3\xa9\xc3\xa9\xc3\xa9");
	cr_assert_str_eq(show("\xe2\x80\xae\xe2\x80\xae", 13), "...");
	cr_assert_str_eq(show("\xe2\x80\xae\xe2\x80\xae", 16),
	    "\\xe2\\x80\\xae...");
}

Test(text, show_needs_room_for_dots, .signal = SIGABRT)
{
	char out[3];

	(void)bulla_text_show_str(out, sizeof(out), "a");
}
