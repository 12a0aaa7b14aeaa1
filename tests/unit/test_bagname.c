#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/bag.h"

static bool
name_ok(const char *s)
{
	struct bulla_cur c = bulla_cur_str(s);

	return bulla_bag_name_ok(&c);
}

static bool
part_ok(const char *s)
{
	struct bulla_cur c = bulla_cur_str(s);

	return bulla_bag_component_ok(&c);
}

static bool
path_ok(const char *s)
{
	struct bulla_cur c = bulla_cur_str(s);

	return bulla_bag_path_ok(&c);
}

Test(bagname, the_bags_directory)
{
	static const char *const bad[] = {
		"", ".", "..", ".hidden", "-rf", "a/b", "a b", "\xc3\xa4",
		"opening.note", "a\n", "a:", "~",
	};
	char longest[66];

	cr_assert(name_ok("bag"));
	cr_assert(name_ok("Case_7.exhibit-2"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect(!name_ok(bad[i]), "%s", bad[i]);
	memset(longest, 'x', 65);
	longest[65] = '\0';
	cr_assert(!name_ok(longest));
	longest[64] = '\0';
	cr_assert(name_ok(longest));
}

Test(bagname, components)
{
	static const char *const bad[] = {
		"", ".", "..", "a/b", "/", "a%41", "a\\b", "-a", "~a", "a\nb",
		"a\tb", "\x1b[2J", "\x7f", "\xc2\x85", "\xff", "\xc3",
		"\xed\xa0\x80", "\xc0\xaf", "\xe2\x80\xae" "cod.exe",
		"zero\xe2\x80\x8bwidth", "\xef\xbb\xbf" "bom",
		"line\xe2\x80\xa8sep",
	};
	static const char *const good[] = {
		"a", "...", "..a", " a ", "a-~", "\xc3\xa4",
		"\xf0\x9f\x98\x80", "a:b*?\"<>|", "con", "$(x)`'\"",
	};
	struct bulla_cur nul = bulla_cur_of("a\0b", 3);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect(!part_ok(bad[i]), "bad row %zu", i);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect(part_ok(good[i]), "good row %zu", i);
	cr_assert(!bulla_bag_component_ok(&nul));
}

Test(bagname, component_length_is_255_bytes)
{
	char s[257];

	memset(s, 'x', 256);
	s[256] = '\0';
	cr_assert(!part_ok(s));
	s[255] = '\0';
	cr_assert(part_ok(s));
}

Test(bagname, paths)
{
	static const char *const bad[] = {
		"", "/", "/a", "a/", "a//b", "a/./b", "a/../b", "..", "a/..",
		"a/-b", "a/b%", "./a",
	};
	char s[4098];

	cr_assert(path_ok("data/a b/c.txt"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect(!path_ok(bad[i]), "%s", bad[i]);
	memset(s, 'x', 4097);
	for (size_t i = 100; i < 4097; i += 100)
		s[i] = '/';
	s[4097] = '\0';
	cr_assert(!path_ok(s));
	s[4096] = '\0';
	cr_assert(path_ok(s));
}

static bool
map(const char *in, size_t len, unsigned n, const char *want)
{
	struct bulla_buf b = BULLA_BUF_INIT(4096);
	struct bulla_cur c = bulla_cur_of(in, len);
	bool same = bulla_bag_component_map(&b, &c, n);

	cr_expect_eq(b.len, strlen(want), "%s", want);
	cr_expect_eq(memcmp(b.p, want, b.len), 0, "%.*s want %s",
	    (int)b.len, (const char *)b.p, want);
	bulla_buf_free(&b);
	return same;
}

Test(bagname, map_replaces_each_byte)
{
	cr_assert(map("plain.txt", 9, 1, "plain.txt"));
	cr_assert(map("\xc3\xa4", 2, 0, "\xc3\xa4"));
	cr_assert(!map("a%b", 3, 1, "a_b"));
	cr_assert(!map("a\\b", 3, 1, "a_b"));
	cr_assert(!map("-rf", 3, 1, "_rf"));
	cr_assert(!map("~", 1, 1, "_"));
	cr_assert(!map("a\0b", 3, 1, "a_b"));
	cr_assert(!map("\xff\xfe", 2, 1, "__"));
	cr_assert(!map("\xe2\x80\xae" "x", 4, 1, "___x"));
	cr_assert(!map("\xe2\x80", 2, 1, "__"));
	cr_assert(!map("a\xc3(", 3, 1, "a_("));
	cr_assert(!map("", 0, 1, "_"));
	cr_assert(!map(".", 1, 1, "_"));
	cr_assert(!map("..", 2, 1, "__"));
	cr_assert(!map("..", 2, 3, "__.3"));
	cr_assert(!map("a", 1, 2, "a.2"));
	cr_assert(!map("a_b", 3, 12, "a_b.12"));
}

Test(bagname, map_shortens_on_a_characters_border)
{
	char in[300], want[300];

	memset(in, 'x', 251);
	memcpy(in + 251, "\xf0\x9f\x98\x80", 4);
	memcpy(want, in, 255);
	want[255] = '\0';
	cr_assert(map(in, 255, 1, want));
	memcpy(want + 251, ".2", 3);
	cr_assert(!map(in, 255, 2, want));
	memcpy(in + 255, "y", 1);
	memcpy(want + 251, "\xf0\x9f\x98\x80", 5);
	cr_assert(!map(in, 256, 1, want));
}

/* Whatever a directory holds, what comes out may stand in a bag. */
Test(bagname, map_always_gives_an_allowed_name)
{
	unsigned seed = 7;

	for (int round = 0; round < 20000; round++) {
		struct bulla_buf b = BULLA_BUF_INIT(4096);
		char raw[300];
		size_t len = (size_t)rand_r(&seed) % sizeof(raw);
		unsigned n = (unsigned)rand_r(&seed) % 4 * 1000000000u;
		struct bulla_cur in = bulla_cur_of(raw, len), out;
		bool same;

		for (size_t i = 0; i < len; i++)
			raw[i] = rand_r(&seed) % 3 == 0 ?
			    "./%\\-~\n\xe2\x80\xae\xf0\x9f"[
			    rand_r(&seed) % 12] :
			    (char)(rand_r(&seed) % 256);
		same = bulla_bag_component_map(&b, &in, n);
		out = bulla_buf_view(&b);
		cr_assert(bulla_bag_component_ok(&out), "round %d", round);
		cr_assert_eq(same, bulla_bag_component_ok(&in) && n <= 1);
		bulla_buf_free(&b);
	}
}
