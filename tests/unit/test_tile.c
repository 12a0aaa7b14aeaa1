#include <criterion/criterion.h>
#include <string.h>

#include "bulla/tile.h"

static bool
parse(const char *s, struct bulla_tile *t)
{
	struct bulla_cur c = bulla_cur_str(s);

	return bulla_tile_parse(&c, t);
}

Test(tile, paths)
{
	static const struct {
		struct bulla_tile t;
		const char *path;
	} v[] = {
		{ { 0, 0, 256 }, "tile/0/000" },
		{ { 0, 1, 1 }, "tile/0/001.p/1" },
		{ { 1, 999, 255 }, "tile/1/999.p/255" },
		{ { 0, 1000, 256 }, "tile/0/x001/000" },
		{ { 3, 1234067, 256 }, "tile/3/x001/x234/067" },
		{ { BULLA_TILE_ENTRIES, 1234067, 7 },
		    "tile/entries/x001/x234/067.p/7" },
		{ { 0, BULLA_TREE_MAX >> 8, 255 },
		    "tile/0/x036/x028/x797/x018/x963/967.p/255" },
		{ { 7, 0, 127 }, "tile/7/000.p/127" },
	};
	char text[BULLA_TILE_PATH_MAX];
	struct bulla_tile t;

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		bulla_tile_path(&v[i].t, text);
		cr_assert_str_eq(text, v[i].path);
		cr_assert(parse(text, &t), "%s", text);
		cr_assert(t.level == v[i].t.level && t.index == v[i].t.index &&
		    t.width == v[i].t.width);
	}
}

Test(tile, no_other_paths)
{
	static const char *const bad[] = {
		"", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0",
		"tile/0/00", "tile/0/0000", "tile/00/000", "tile/8/000",
		"tile/64/000", "tile/entries", "tile/data/000", "/tile/0/000",
		"tile/0/000/", "tile/0/000.p", "tile/0/000.p/",
		"tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01",
		"tile/0/x000/001", "tile/0/001/067", "tile/0/x001",
		"tile/0/x001/x067", "tile/0/-01", "tile/0/a00", "tile/0/000 ",
		"tile/0/000.p/1/", "tile/0/../000", "tile/7/000",
		"tile/7/000.p/128", "tile/7/001.p/1",
		"tile/0/x036/x028/x797/x018/x963/967",
		"tile/0/x036/x028/x797/x018/x963/968.p/1",
		"tile/0/x999/x999/x999/x999/x999/x999/999",
		"tile/0/x001/x999/x999/x999/x999/x999/x999/999",
	};
	struct bulla_tile t = { .width = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(parse(bad[i], &t), "%s", bad[i]);
	cr_assert_eq(t.width, 77, "nothing is written on failure");
}

/* The examples of the specification: 256 and 70,000 leaves. */
Test(tile, widths)
{
	cr_assert_eq(bulla_tile_width(0, 0, 0), 0);
	cr_assert_eq(bulla_tile_width(1, 0, 0), 1);
	cr_assert_eq(bulla_tile_width(256, 0, 0), 256);
	cr_assert_eq(bulla_tile_width(256, 0, 1), 0);
	cr_assert_eq(bulla_tile_width(256, 1, 0), 1);
	cr_assert_eq(bulla_tile_width(256, 2, 0), 0);
	cr_assert_eq(bulla_tile_width(70000, 0, 272), 256);
	cr_assert_eq(bulla_tile_width(70000, 0, 273), 112);
	cr_assert_eq(bulla_tile_width(70000, 0, 274), 0);
	cr_assert_eq(bulla_tile_width(70000, 0, UINT64_MAX), 0);
	cr_assert_eq(bulla_tile_width(70000, BULLA_TILE_ENTRIES, 273), 112);
	cr_assert_eq(bulla_tile_width(70000, 1, 0), 256);
	cr_assert_eq(bulla_tile_width(70000, 1, 1), 17);
	cr_assert_eq(bulla_tile_width(70000, 2, 0), 1);
	cr_assert_eq(bulla_tile_width(70000, 3, 0), 0);
}

Test(tile, bundles)
{
	static const uint8_t two[] = { 0, 3, 'a', 'b', 'c', 0, 0 };
	struct bulla_buf b = BULLA_BUF_INIT(1000);
	struct bulla_cur c, e;

	bulla_bundle_put(&b, "abc", 3);
	bulla_bundle_put(&b, "", 0);
	cr_assert(b.len == sizeof(two) && memcmp(b.p, two, b.len) == 0);
	c = bulla_buf_view(&b);
	cr_assert_eq(bulla_bundle_check(&c, 2, NULL), BULLA_OK);
	cr_assert_eq(bulla_bundle_check(&c, 1, NULL), BULLA_E_FORMAT);
	cr_assert_eq(bulla_bundle_check(&c, 3, NULL), BULLA_E_FORMAT);
	for (size_t n = 0; n < sizeof(two); n++) {
		struct bulla_cur cut = bulla_cur_of(two, n);

		cr_assert_eq(bulla_bundle_check(&cut, 2, NULL),
		    BULLA_E_FORMAT, "%zu", n);
	}
	cr_assert(bulla_bundle_next(&c, &e) && bulla_cur_is(&e, "abc"));
	cr_assert(bulla_bundle_next(&c, &e) && e.len == 0);
	cr_assert_not(bulla_bundle_next(&c, &e));
	bulla_buf_free(&b);
}
