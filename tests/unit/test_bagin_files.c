#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/bag.h"
#include "core/bagin_int.h"

#define FILES_MAX 8u

static uint8_t data[FILES_MAX][BAGIN_SMALL + 1000];

static void
fill(void)
{
	uint32_t x = 1;

	for (size_t i = 0; i < sizeof(data); i++) {
		x = x * 1664525u + 1013904223u;
		((uint8_t *)data)[i] = (uint8_t)(x >> 24);
	}
}

static struct bulla_cur
path_of(unsigned i, char out[32])
{
	(void)snprintf(out, 32, "data/%c%u", 'a' + (char)i, i * i);
	return bulla_cur_str(out);
}

/* One file after the other through the module, in pieces. */
static void
by_module(const size_t *size, unsigned n, size_t piece, uint8_t digest[32])
{
	struct bagin_files *f = NULL;
	struct bulla_err err = { 0 };
	struct bulla_cur path;
	char name[32];
	size_t len;

	cr_assert_eq(bagin_files_new(&f, &err), BULLA_OK);
	for (unsigned i = 0; i < n; i++) {
		cr_assert_eq(bagin_files_begin(f, size[i], &err), BULLA_OK);
		for (size_t at = 0; at < size[i]; at += len) {
			len = size[i] - at < piece ? size[i] - at : piece;
			bagin_files_data(f, data[i] + at, len);
		}
		path = path_of(i, name);
		cr_assert_eq(bagin_files_end(f, &path, &err), BULLA_OK);
		memset(name, 'X', sizeof(name));	/* it kept its own */
	}
	cr_assert_eq(bagin_files_lines(f, digest, &err), BULLA_OK);
	bagin_files_free(f);
}

static void
by_hand(const size_t *size, unsigned n, uint8_t digest[32])
{
	struct bulla_buf lines = BULLA_BUF_INIT(4096);
	uint8_t one[32];
	struct bulla_cur path;
	char name[32];

	for (unsigned i = 0; i < n; i++) {
		bulla_sha256(data[i], size[i], one);
		path = path_of(i, name);
		bulla_manifest_put(&lines, one, &path);
	}
	cr_assert_eq(bulla_buf_status(&lines), BULLA_OK);
	bulla_sha256(lines.p, lines.len, digest);
	bulla_buf_free(&lines);
}

static void
check(const size_t *size, unsigned n)
{
	static const size_t piece[] = { 65536, 512, 1000, 77 };
	uint8_t want[32], got[32];

	by_hand(size, n, want);
	for (unsigned i = 0; i < sizeof(piece) / sizeof(piece[0]); i++) {
		by_module(size, n, piece[i], got);
		cr_assert_arr_eq(got, want, 32, "%u files, %zu first, by %zu",
		    n, n > 0 ? size[0] : 0, piece[i]);
	}
}

Test(bagin_files, alone)
{
	static const size_t size[] = { 0, 1, 63, 64, 65, 4096, BAGIN_SMALL,
	    BAGIN_SMALL + 1 };

	fill();
	check(NULL, 0);
	for (unsigned i = 0; i < sizeof(size) / sizeof(size[0]); i++)
		check(size + i, 1);
}

/* Two in a row, of every kind. */
Test(bagin_files, in_step)
{
	static const size_t size[] = { 0, 1, 64, 100, 5000, BAGIN_SMALL - 1,
	    BAGIN_SMALL, BAGIN_SMALL + 1 };
	const unsigned n = sizeof(size) / sizeof(size[0]);
	size_t two[2];

	if (!bulla_sha256x2_is_fast())
		cr_skip_test("this CPU hashes one file after the other");
	fill();
	for (unsigned i = 0; i < n; i++) {
		for (unsigned j = 0; j < n; j++) {
			two[0] = size[i];
			two[1] = size[j];
			check(two, 2);
		}
	}
}

/* One waits for a second that does not come, since a large one does. */
Test(bagin_files, waits_in_vain)
{
	static const size_t size[] = { 10, BAGIN_SMALL + 10, 3000, 20, 30,
	    BAGIN_SMALL + 7, 0, 8192 };

	if (!bulla_sha256x2_is_fast())
		cr_skip_test("this CPU hashes one file after the other");
	fill();
	for (unsigned n = 1; n <= sizeof(size) / sizeof(size[0]); n++)
		check(size, n);
}
