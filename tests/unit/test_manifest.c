#include <criterion/criterion.h>
#include <string.h>

#include "bulla/bag.h"

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static bool
line(const char *s, struct bulla_cur *path)
{
	struct bulla_cur c = bulla_cur_str(s);
	uint8_t digest[32];

	return bulla_manifest_line(&c, digest, path);
}

Test(manifest, put_is_what_sha256sum_writes)
{
	struct bulla_buf b = BULLA_BUF_INIT(4096);
	struct bulla_cur path = bulla_cur_str("data/a b"), back;
	uint8_t d[32], e[32];

	for (uint8_t i = 0; i < 32; i++)
		d[i] = i;
	bulla_manifest_put(&b, d, &path);
	cr_assert_str_eq(bulla_buf_cstr(&b), HEX "  data/a b\n");
	back = bulla_cur_of(b.p, b.len - 1);
	cr_assert(bulla_manifest_line(&back, e, &path));
	cr_assert_arr_eq(d, e, 32);
	cr_assert(bulla_cur_is(&path, "data/a b"));
	bulla_buf_free(&b);
}

Test(manifest, one_form_of_a_line)
{
	static const char *const bad[] = {
		"", HEX, HEX " ", HEX "  ", HEX " x", HEX " *x", HEX "\tx",
		HEX "0  x", "00" HEX "  x", " " HEX "  x",
		"\\" HEX "  x",
		"000102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d"
		"1e1f  x",
		"g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d"
		"1e1f  x",
		"0001  x",
	};
	struct bulla_cur path;

	cr_assert(line(HEX "  x", &path));
	/* the path is not judged here: three spaces are a name */
	cr_assert(line(HEX "   x", &path));
	cr_assert(bulla_cur_is(&path, " x"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect(!line(bad[i], &path), "row %zu", i);
}

Test(manifest, nothing_is_written_on_failure)
{
	struct bulla_cur c = bulla_cur_str("nonsense"), path = { .off = 7 };
	uint8_t d[32] = { 9 };

	cr_assert(!bulla_manifest_line(&c, d, &path));
	cr_assert_eq(d[0], 9);
	cr_assert_eq(path.off, 7);
}

Test(manifest, bagit_txt_is_the_text_of_rfc_8493)
{
	cr_assert_str_eq(bulla_bagit_txt, "BagIt-Version: 1.0\n"
	    "Tag-File-Character-Encoding: UTF-8\n");
}
