#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "bulla/buf.h"
#include "bulla/ustar.h"

static void
member(struct bulla_buf *b, const char *name, size_t size)
{
	static const uint8_t data[4096] = { 1, 2, 3 };
	struct bulla_ustar u = { .size = size, .mtime = 1700000000 };
	uint8_t block[BULLA_USTAR_BLOCK];

	(void)snprintf(u.name, sizeof(u.name), "%s", name);
	bulla_ustar_make(&u, block);
	bulla_buf_put(b, block, sizeof(block));
	bulla_buf_put(b, data, size);
	bulla_buf_put(b, data + 2048, bulla_ustar_padding(size));
}

/* Three members of all kinds of sizes, and the end. */
static struct bulla_buf
package(void)
{
	static const uint8_t zero[BULLA_USTAR_TRAILER];
	struct bulla_buf b = BULLA_BUF_INIT(1 << 16);

	member(&b, "x/bagit.txt", 55);
	member(&b, "x/data", 1024);
	member(&b, "x/empty", 0);
	member(&b, "x/closing.note", 700);
	bulla_buf_put(&b, zero, sizeof(zero));
	cr_assert_eq(bulla_buf_status(&b), BULLA_OK);
	return b;
}

static enum bulla_status
walk(struct bulla_ustar_walk *w, const uint8_t *p, size_t n, size_t piece)
{
	enum bulla_status st = BULLA_OK;

	*w = (struct bulla_ustar_walk){ 0 };
	for (size_t some; n > 0 && st == BULLA_OK; n -= some, p += some) {
		some = n < piece ? n : piece;
		st = bulla_ustar_walk(w, p, some, NULL);
	}
	return st;
}

Test(ustar_walk, whole_in_any_pieces)
{
	static const size_t pieces[] = { 1, 7, 511, 512, 513, 1000, 100000 };
	struct bulla_buf b = package();
	struct bulla_ustar_walk w;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		cr_assert_eq(walk(&w, b.p, b.len, pieces[i]), BULLA_OK);
		cr_assert(bulla_ustar_walked(&w));
		cr_assert_eq(w.n_members, 4);
		cr_assert_str_eq(w.first.name, "x/bagit.txt");
		cr_assert_str_eq(w.last.name, "x/closing.note");
	}
	bulla_buf_free(&b);
}

/* Wherever it is cut, it is not whole. */
Test(ustar_walk, cut_anywhere)
{
	struct bulla_buf b = package();
	struct bulla_ustar_walk w;

	for (size_t n = 0; n < b.len; n++) {
		cr_assert_eq(walk(&w, b.p, n, 512), BULLA_OK);
		cr_assert_not(bulla_ustar_walked(&w), "%zu", n);
	}
	bulla_buf_free(&b);
}

Test(ustar_walk, more_behind_the_end)
{
	struct bulla_buf b = package();
	struct bulla_ustar_walk w;
	size_t len = b.len;
	uint8_t zero[BULLA_USTAR_BLOCK] = { 0 };

	bulla_buf_put(&b, zero, 1);
	cr_assert_eq(walk(&w, b.p, b.len, 512), BULLA_OK);
	cr_assert_not(bulla_ustar_walked(&w));
	bulla_buf_put(&b, zero, sizeof(zero) - 1);
	cr_assert_eq(walk(&w, b.p, b.len, 512), BULLA_E_FORMAT);
	/* A member after one block of zeros */
	b.len = len - BULLA_USTAR_BLOCK;
	member(&b, "x/more", 1);
	cr_assert_eq(walk(&w, b.p, b.len, 512), BULLA_E_FORMAT);
	bulla_buf_free(&b);
}

Test(ustar_walk, no_package)
{
	uint8_t text[BULLA_USTAR_BLOCK], zero[BULLA_USTAR_TRAILER] = { 0 };
	struct bulla_ustar_walk w;

	memset(text, 'x', sizeof(text));
	cr_assert_eq(walk(&w, text, sizeof(text) - 1, 512), BULLA_OK);
	cr_assert_not(bulla_ustar_walked(&w));
	cr_assert_eq(walk(&w, text, sizeof(text), 512), BULLA_E_FORMAT);
	/* An end without a beginning */
	cr_assert_eq(walk(&w, zero, sizeof(zero), 512), BULLA_E_FORMAT);
}

/* A member that claims more than there can be is no overflow. */
Test(ustar_walk, the_largest_member)
{
	struct bulla_ustar u = { .name = "x/y",
	    .size = BULLA_USTAR_SIZE_MAX };
	uint8_t block[BULLA_USTAR_BLOCK];
	struct bulla_ustar_walk w;

	bulla_ustar_make(&u, block);
	cr_assert_eq(walk(&w, block, sizeof(block), 512), BULLA_OK);
	cr_assert_eq(w.skip, BULLA_USTAR_SIZE_MAX + 1);
}
