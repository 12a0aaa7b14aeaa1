#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "bulla/bag.h"

static void
expect(const struct bulla_meta *m, const char *want)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);

	bulla_metadata_put(&b, m);
	cr_expect_str_eq(bulla_buf_cstr(&b), want);
	bulla_buf_free(&b);
}

static unsigned
tabs(const char *s)
{
	unsigned n = 0;

	for (; *s != '\0'; s++)
		n += *s == '\t';
	return n;
}

Test(metadata, a_file)
{
	struct bulla_meta m = {
		.path = bulla_cur_str("data/a"), .type = BULLA_OBJ_FILE,
		.size = 5, .mode = 0104755, .uid = 1000, .gid = 0,
		.mtime_s = 1700000000, .mtime_ns = 123456789,
		.ctime_s = 0, .ctime_ns = 1, .atime_s = 5,
		.nlink = 2, .dev = 66306, .ino = UINT64_MAX,
		.has_digest = true, .has_xattr = true,
		.digest = { 0xab }, .xattr = { 0xcd },
	};

	expect(&m, "data/a\tfile\t5\t4755\t1000\t0\t1700000000.123456789\t"
	    "0.000000001\t5.000000000\t-\t2\t66306\t18446744073709551615\t"
	    "cd00000000000000000000000000000000000000000000000000000000000000\t"
	    "ab00000000000000000000000000000000000000000000000000000000000000"
	    "\n");
}

Test(metadata, as_many_columns_as_the_header)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	struct bulla_meta m = { .path = bulla_cur_str("data/x") };
	static const char *const words[] = {
		"file", "dir", "symlink", "block", "char", "fifo", "socket"
	};

	for (unsigned t = BULLA_OBJ_FILE; t <= BULLA_OBJ_SOCKET; t++) {
		char want[32];

		m.type = (enum bulla_object_type)t;
		m.link = bulla_cur_str("a\tb\nc");
		bulla_buf_reset(&b);
		bulla_metadata_put(&b, &m);
		cr_expect_eq(tabs(bulla_buf_cstr(&b)),
		    tabs(bulla_metadata_header));
		snprintf(want, sizeof(want), "data/x\t%s\t", words[t]);
		cr_expect_eq(strncmp(bulla_buf_cstr(&b), want, strlen(want)),
		    0, "%s", want);
	}
	bulla_buf_free(&b);
}

Test(metadata, times_before_1970_read_as_numbers)
{
	struct bulla_meta m = {
		.path = bulla_cur_str("p"), .type = BULLA_OBJ_SYMLINK,
		.mtime_s = -2, .mtime_ns = 500000000, .ctime_s = -1,
		.ctime_ns = 0, .atime_s = INT64_MIN,
		.link = bulla_cur_of("\x1b]0;x\xff\\", 7),
	};

	expect(&m, "p\tsymlink\t0\t0000\t0\t0\t-1.500000000\t-1.000000000\t"
	    "-9223372036854775808.000000000\t\\x1b]0;x\\xff\\\\\t0\t0\t0\t-\t"
	    "-\n");
	m = (struct bulla_meta){
		.path = bulla_cur_str("p"), .type = BULLA_OBJ_DIR,
		.mtime_s = -1, .mtime_ns = 999999999,
	};
	expect(&m, "p\tdir\t0\t0000\t0\t0\t-0.000000001\t0.000000000\t"
	    "0.000000000\t-\t0\t0\t0\t-\t-\n");
}

Test(metadata, xattrs_sort_as_their_lines_do)
{
	struct bulla_xattr x[] = {
		{ bulla_cur_str("user.b"), bulla_cur_str("\x01\xff") },
		{ bulla_cur_str("user.a"), bulla_cur_str("") },
		{ bulla_cur_str("user.a.b"), bulla_cur_str("x") },
		{ bulla_cur_str("user.aa"), bulla_cur_str("y") },
		{ bulla_cur_str("user.\n"), bulla_cur_str("z") },
	};
	struct bulla_buf b = BULLA_BUF_INIT(65536);

	bulla_xattrs_put(&b, x, sizeof(x) / sizeof(x[0]));
	cr_assert_str_eq(bulla_buf_cstr(&b),
	    "user.\\x0a=7a\n" "user.a.b=78\n" "user.a=\n" "user.aa=79\n"
	    "user.b=01ff\n");
	bulla_buf_reset(&b);
	bulla_xattrs_put(&b, NULL, 0);
	cr_assert_eq(b.len, 0);
	bulla_buf_free(&b);
}

Test(metadata, original_names)
{
	static const struct {
		const char *raw;
		size_t len;
		const char *want;
	} t[] = {
		{ "-rf", 3, "data/x\tutf8\t-rf\n" },
		{ "\xc3\xa4%", 3, "data/x\tutf8\t\xc3\xa4%\n" },
		{ "a\tb", 3, "data/x\tbase64\tYQli\n" },
		{ "\xff", 1, "data/x\tbase64\t/w==\n" },
		{ "\xe2\x80\xae", 3, "data/x\tbase64\t4oCu\n" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct bulla_buf b = BULLA_BUF_INIT(4096);
		struct bulla_cur path = bulla_cur_str("data/x");
		struct bulla_cur raw = bulla_cur_of(t[i].raw, t[i].len);

		bulla_names_put(&b, &path, &raw);
		cr_expect_str_eq(bulla_buf_cstr(&b), t[i].want);
		cr_expect_eq(tabs(bulla_buf_cstr(&b)),
		    tabs(bulla_names_header));
		bulla_buf_free(&b);
	}
}
