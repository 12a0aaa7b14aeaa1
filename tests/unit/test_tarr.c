#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "bagbuild.h"

/* Everything read: one "path size mtime data" line per entry into log. */
static enum bulla_status
list(const struct bulla_buf *in, size_t piece, struct bulla_buf *log,
    struct bulla_err *err)
{
	struct tb_blocks blocks;
	struct bulla_tarr *r = NULL;
	struct bulla_tar_entry e;
	enum bulla_status st;
	const uint8_t *p = NULL;
	bool more = false;
	size_t n = 0;

	tb_blocks_init(&blocks, in->p, in->len, piece);
	st = bulla_tarr_new(&blocks.b, &r, err);
	while (st == BULLA_OK) {
		st = bulla_tarr_next(r, &e, &more, err);
		if (st != BULLA_OK || !more)
			break;
		if (log != NULL)
			bulla_buf_cur(log, &e.path);
		if (log != NULL)
			bulla_buf_fmt(log, "%s %llu %lld ", e.is_dir ? "/" : "",
			    (unsigned long long)e.size, (long long)e.mtime);
		do {
			st = bulla_tarr_data(r, &p, &n, err);
			if (st == BULLA_OK && n > 0 && log != NULL)
				bulla_buf_put(log, p, n);
		} while (st == BULLA_OK && n > 0);
		if (log != NULL)
			bulla_buf_u8(log, '\n');
	}
	if (st == BULLA_OK)
		st = bulla_tarr_end(r, err);
	bulla_tarr_free(r);
	free(blocks.now);
	return st;
}

/* One file "f" with the header as given, and "data" in it. */
static enum bulla_status
one(struct tb_hdr h, const char *pax, size_t pax_len)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	enum bulla_status st;

	if (pax != NULL)
		bb_pax(&b, pax, pax_len);
	if (h.name == NULL)
		h.name = "f";
	if (h.size == 0 && h.type != '5')
		h.size = 4;
	tb_header(&b, &h);
	if (h.type != '5')
		tb_data(&b, "data", 4);
	tb_end(&b);
	st = list(&b, 4096, NULL, NULL);
	bulla_buf_free(&b);
	return st;
}

Test(tarr, reads_entries_in_pieces_of_any_size)
{
	static const size_t pieces[] = { 1, 7, 511, 512, 513, 65536 };
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bb bag;

	bb_init(&bag);
	bb_put(&b, &bag);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct bulla_buf log = BULLA_BUF_INIT(TB_MAX);

		cr_assert_eq(list(&b, pieces[i], &log, NULL), BULLA_OK);
		cr_assert_str_eq(bulla_buf_cstr(&log),
		    "bag/ 0 1700000000 \n"
		    "bag/data/ 0 1700000000 \n"
		    "bag/data/a.txt 6 1700000000 alpha\n\n"
		    "bag/data/d/ 0 1700000000 \n"
		    "bag/data/d/b.txt 5 1700000000 beta\n\n"
		    "bag/data/d/c.txt 0 1700000000 \n"
		    "bag/data/empty/ 0 1700000000 \n");
		bulla_buf_free(&log);
	}
	bb_free(&bag);
	bulla_buf_free(&b);
}

Test(tarr, unread_data_is_passed_over)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct tb_blocks blocks;
	struct bulla_tar_entry e;
	struct bulla_tarr *r;
	bool more;
	int n = 0;
	struct bb bag;

	bb_init(&bag);
	bb_put(&b, &bag);
	tb_blocks_init(&blocks, b.p, b.len, 100);
	cr_assert_eq(bulla_tarr_new(&blocks.b, &r, NULL), BULLA_OK);
	do {
		cr_assert_eq(bulla_tarr_next(r, &e, &more, NULL), BULLA_OK);
		n += more;
	} while (more);
	cr_assert_eq(n, 7);
	/* the end stays the end */
	cr_assert_eq(bulla_tarr_next(r, &e, &more, NULL), BULLA_OK);
	cr_assert(!more);
	bulla_tarr_free(r);
	free(blocks.now);
	bb_free(&bag);
	bulla_buf_free(&b);
}

Test(tarr, data_is_a_window_on_the_piece)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	static uint8_t data[100000];
	struct tb_blocks blocks;
	struct tb_hdr h = { .name = "f", .size = sizeof(data) };
	struct bulla_tar_entry e;
	struct bulla_tarr *r;
	const uint8_t *p;
	bool more;
	size_t n;

	tb_header(&b, &h);
	tb_data(&b, data, sizeof(data));
	tb_end(&b);
	tb_blocks_init(&blocks, b.p, b.len, 65536);
	cr_assert_eq(bulla_tarr_new(&blocks.b, &r, NULL), BULLA_OK);
	cr_assert_eq(bulla_tarr_next(r, &e, &more, NULL), BULLA_OK);
	cr_assert_eq(bulla_tarr_data(r, &p, &n, NULL), BULLA_OK);
	cr_assert_eq(p, blocks.now + 512);
	cr_assert_eq(n, 65536 - 512);
	cr_assert_eq(bulla_tarr_data(r, &p, &n, NULL), BULLA_OK);
	cr_assert_eq(p, blocks.now);
	cr_assert_eq(n, sizeof(data) - 65536 + 512);
	bulla_tarr_free(r);
	free(blocks.now);
	bulla_buf_free(&b);
}

Test(tarr, types_but_file_and_directory_are_refused)
{
	for (int c = 1; c < 256; c++) {
		enum bulla_status st = one((struct tb_hdr){
			.type = (char)c, .name = c == '5' ? "f/" : "f",
		}, NULL, 0);

		if (c == '0' || c == '5')
			cr_expect_eq(st, BULLA_OK, "%c", c);
		else if (c != 'x')
			cr_expect_eq(st, BULLA_E_REFUSED, "%c", c);
	}
	cr_assert_eq(one((struct tb_hdr){ .at = 156, .n = 1, .bytes = "" },
	    NULL, 0), BULLA_E_REFUSED);
}

/* Each row: a field with a right checksum and a wrong content. */
Test(tarr, every_field_is_judged)
{
	static const struct {
		size_t at, n;
		const char *bytes;
		enum bulla_status want;
	} t[] = {
		{ 0, 1, "", BULLA_E_FORMAT },
		{ 0, 5, "f\0x\0\0", BULLA_E_FORMAT },
		{ 0, 3, "f/\0", BULLA_E_FORMAT },
		{ 99, 1, "x", BULLA_E_FORMAT },
		{ 100, 8, "0004644", BULLA_E_REFUSED },
		{ 100, 8, "0000755", BULLA_E_REFUSED },
		{ 100, 8, "0000600", BULLA_E_REFUSED },
		{ 100, 8, "       ", BULLA_E_REFUSED },
		{ 108, 8, "0001750", BULLA_E_REFUSED },
		{ 116, 8, "0001750", BULLA_E_REFUSED },
		{ 124, 12, "         04 ", BULLA_E_FORMAT },
		{ 124, 12, "0000000 004 ", BULLA_E_FORMAT },
		{ 124, 12, "-0000000004 ", BULLA_E_FORMAT },
		{ 124, 12, "0x000000004 ", BULLA_E_FORMAT },
		{ 124, 12, "00000000008 ", BULLA_E_FORMAT },
		{ 124, 12, "\0\0\0\0\0\0\0\0\0\0\0\0", BULLA_E_FORMAT },
		{ 124, 12, "777777777777", BULLA_E_FORMAT },
		{ 124, 12, "\x80\0\0\0\0\0\0\0\0\x10\0\0", BULLA_E_INCOMPLETE },
		{ 124, 12, "\x80\0\0\0\0\0\0\x10\0\0\0\0", BULLA_E_FORMAT },
		{ 124, 12, "\x80\1\0\0\0\0\0\0\0\0\0\4", BULLA_E_FORMAT },
		{ 124, 12, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		    BULLA_E_FORMAT },
		{ 136, 12, "\x80\0\0\0\0\0\0\0\0\0\0\4", BULLA_E_FORMAT },
		{ 136, 12, "            ", BULLA_E_FORMAT },
		{ 136, 12, "777777777777", BULLA_E_FORMAT },
		{ 157, 1, "l", BULLA_E_REFUSED },
		{ 256, 1, "l", BULLA_E_REFUSED },
		{ 257, 8, "ustar  ", BULLA_E_FORMAT },
		{ 257, 8, "\0\0\0\0\0\0\0\0", BULLA_E_FORMAT },
		{ 263, 2, "01", BULLA_E_FORMAT },
		{ 265, 4, "root", BULLA_E_REFUSED },
		{ 297, 4, "root", BULLA_E_REFUSED },
		{ 329, 8, "0000001", BULLA_E_FORMAT },
		{ 337, 8, "0000001", BULLA_E_FORMAT },
		{ 345, 4, "a\0b\0", BULLA_E_FORMAT },
		{ 500, 1, "x", BULLA_E_FORMAT },
		{ 511, 1, "x", BULLA_E_FORMAT },
		/* what other writers put there and every program reads alike */
		{ 100, 8, "000644 \0", BULLA_OK },
		{ 124, 12, "00000000004 ", BULLA_OK },
		{ 124, 12, "000000000004", BULLA_OK },
		{ 345, 2, "a", BULLA_OK },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		cr_expect_eq(one((struct tb_hdr){
			.at = t[i].at, .n = t[i].n, .bytes = t[i].bytes,
		}, NULL, 0), t[i].want, "row %zu", i);
	cr_assert_eq(one((struct tb_hdr){
		.at = 0, .n = 1, .bytes = "g", .after_sum = true,
	}, NULL, 0), BULLA_E_FORMAT, "a wrong checksum");
}

Test(tarr, directories_have_a_slash_and_no_contents)
{
	cr_assert_eq(one((struct tb_hdr){ .type = '5', .name = "d" }, NULL,
	    0), BULLA_E_FORMAT);
	cr_assert_eq(one((struct tb_hdr){
		.type = '5', .name = "d/", .size = 4,
	}, NULL, 0), BULLA_E_FORMAT);
	cr_assert_eq(one((struct tb_hdr){
		.type = '5', .name = "d/", .mode = "0000644",
	}, NULL, 0), BULLA_E_REFUSED);
}

#define PAX(s) (s), sizeof(s) - 1

Test(tarr, pax_records)
{
	static const struct {
		const char *pax;
		size_t len;
		enum bulla_status want;
	} t[] = {
		{ PAX("10 path=g\n"), BULLA_OK },
		{ PAX("13 path=a/b\n\n"), BULLA_OK },
		{ PAX("10 path=g\n10 path=h\n"), BULLA_E_REFUSED },
		{ PAX("9 path=g\n"), BULLA_OK },
		{ PAX("8 path=g\n"), BULLA_E_FORMAT },
		{ PAX("11 path=g\n"), BULLA_E_FORMAT },
		{ PAX("010 path=g\n"), BULLA_E_FORMAT },
		{ PAX("99999999999999999999 path=g\n"), BULLA_E_FORMAT },
		{ PAX("-1 path=g\n"), BULLA_E_FORMAT },
		{ PAX("0 path=g\n"), BULLA_E_FORMAT },
		{ PAX("3 \n"), BULLA_E_FORMAT },
		{ PAX("2 path=g\n"), BULLA_E_FORMAT },
		{ PAX("10 path=gg"), BULLA_E_FORMAT },
		{ PAX("9 path g\n"), BULLA_E_FORMAT },
		{ PAX("12 path=g\0x\n"), BULLA_E_FORMAT },
		{ PAX("10 path=\xff\n"), BULLA_E_FORMAT },
		{ PAX("11 path=\xc0\xaf\n"), BULLA_E_FORMAT },
		{ PAX("8 path=\n"), BULLA_E_REFUSED },
		{ PAX("9 path=\n"), BULLA_E_FORMAT },
		{ PAX("10 path=g/\n"), BULLA_E_FORMAT },
		{ PAX("11 path=g/\n"), BULLA_E_FORMAT },
		{ PAX("7 path="), BULLA_E_FORMAT },
		{ PAX("19 size=8589934592\n" "19 size=8589934592\n"),
		    BULLA_E_REFUSED },
		{ PAX("20 ctime=4000000000\n"), BULLA_E_REFUSED },
		{ PAX("10 size=4\n"), BULLA_E_REFUSED },
		{ PAX("19 size=8589934592\n"), BULLA_E_FORMAT },
		{ PAX("28 size=9223372036854775808\n"), BULLA_E_REFUSED },
		{ PAX("11 size=-4\n"), BULLA_E_REFUSED },
		{ PAX("21 mtime=1700000000.5\n"), BULLA_E_FORMAT },
		{ PAX("22 mtime=1700000000.5\n"), BULLA_E_REFUSED },
		{ PAX("20 mtime=1700000000\n"), BULLA_E_REFUSED },
		{ PAX("20 mtime=4000000000\n"), BULLA_E_FORMAT },
		{ PAX("21 mtime=-4000000000\n"), BULLA_E_REFUSED },
		{ PAX("21 hdrcharset=BINARY\n"), BULLA_E_REFUSED },
		{ PAX("14 linkpath=g\n"), BULLA_E_REFUSED },
		{ PAX("22 GNU.sparse.major=1\n"), BULLA_E_REFUSED },
		{ PAX("19 SCHILY.fflags=x\n"), BULLA_E_REFUSED },
		{ PAX("11 comment=\n"), BULLA_E_FORMAT },
		{ PAX("8 uid=5\n"), BULLA_E_REFUSED },
		{ PAX("10 Path=g\n"), BULLA_E_REFUSED },
		{ PAX(""), BULLA_E_LIMIT },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		cr_expect_eq(one((struct tb_hdr){ 0 }, t[i].pax, t[i].len),
		    t[i].want, "row %zu: %s", i, t[i].pax);
}

Test(tarr, pax_limits)
{
	static char value[9000], rec[9100];
	size_t n;

	memset(value, 'p', sizeof(value));
	value[8192 - 11] = '\0';
	n = bb_record(rec, sizeof(rec), "path", value);
	cr_assert_eq(n, 8192);
	cr_assert_eq(one((struct tb_hdr){ 0 }, rec, n), BULLA_OK);
	value[8192 - 11] = 'p';
	value[8192 - 10] = '\0';
	n = bb_record(rec, sizeof(rec), "path", value);
	cr_assert_eq(one((struct tb_hdr){ 0 }, rec, n), BULLA_E_LIMIT);
}

Test(tarr, a_pax_header_stands_before_an_entry)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct tb_hdr h = { .name = "f" };

	bb_pax(&b, "10 path=g\n", 10);
	bb_pax(&b, "10 path=h\n", 10);
	tb_header(&b, &h);
	tb_end(&b);
	cr_assert_eq(list(&b, 512, NULL, NULL), BULLA_E_FORMAT);
	bulla_buf_reset(&b);
	bb_pax(&b, "10 path=g\n", 10);
	tb_end(&b);
	cr_assert_eq(list(&b, 512, NULL, NULL), BULLA_E_FORMAT);
	bulla_buf_free(&b);
}

/* The fields of a pax header itself are judged like all others. */
Test(tarr, a_pax_header_is_a_header)
{
	static const struct {
		size_t at, n;
		const char *bytes;
		enum bulla_status want;
	} t[] = {
		{ 0, 1, "P", BULLA_OK },
		{ 100, 8, "        ", BULLA_E_REFUSED },
		{ 108, 8, "0001750", BULLA_E_REFUSED },
		{ 124, 12, "          10", BULLA_E_FORMAT },
		{ 136, 12, "            ", BULLA_E_FORMAT },
		{ 157, 1, "l", BULLA_E_REFUSED },
		{ 500, 1, "x", BULLA_E_FORMAT },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
		struct tb_hdr h = {
			.name = "P", .type = 'x', .size = 10,
			.at = t[i].at, .n = t[i].n, .bytes = t[i].bytes,
		};

		tb_header(&b, &h);
		tb_data(&b, "10 path=g\n", 10);
		tb_header(&b, &(struct tb_hdr){ .name = "f" });
		tb_end(&b);
		cr_expect_eq(list(&b, 4096, NULL, NULL), t[i].want, "row %zu",
		    i);
		bulla_buf_free(&b);
	}
}

Test(tarr, large_sizes_in_both_places)
{
	static const char *const fields[] = {
		"100000000000", "\x80\0\0\0\0\0\0\2\0\0\0\0",
	};

	/* The data is not there: what is asked is whether the header passed. */
	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(one((struct tb_hdr){ .size_text = fields[i] },
		    PAX("19 size=8589934592\n")), BULLA_E_INCOMPLETE);
	cr_assert_eq(one((struct tb_hdr){ .size_text = fields[0] },
	    PAX("19 size=8589934593\n")), BULLA_E_FORMAT);
	cr_assert_eq(one((struct tb_hdr){ .size_text = fields[0] }, NULL, 0),
	    BULLA_E_FORMAT);
}

/* A tar cut anywhere is incomplete, never whole and never malformed. */
Test(tarr, every_truncation_is_incomplete)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bb bag;
	size_t len;

	bb_init(&bag);
	bag.m[2].pax = "17 path=bag/data/a\n";
	bag.m[2].pax_len = 0;
	bag.m[2].pax = NULL;
	bb_put(&b, &bag);
	bb_pax(&b, "10 path=g\n", 10);
	len = b.len - 1024;
	/* the pax header belongs before the end marker, and a file after it */
	memmove(b.p + len - 1024, b.p + len, 1024);
	b.len = len;
	tb_header(&b, &(struct tb_hdr){ .name = "x", .size = 3 });
	tb_data(&b, "123", 3);
	tb_end(&b);
	len = b.len;
	cr_assert_eq(list(&b, 4096, NULL, NULL), BULLA_OK);
	for (b.len = 0; b.len < len; b.len++)
		cr_expect_eq(list(&b, 4096, NULL, NULL), BULLA_E_INCOMPLETE,
		    "%zu", b.len);
	bb_free(&bag);
	bulla_buf_free(&b);
}

static enum bulla_status
with_tail(size_t zeros, const char *more)
{
	static const uint8_t zero[20480];
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	enum bulla_status st;
	struct bb bag;

	bb_init(&bag);
	bb_put(&b, &bag);
	bulla_buf_put(&b, zero, zeros);
	bulla_buf_str(&b, more);
	st = list(&b, 1000, NULL, NULL);
	bb_free(&bag);
	bulla_buf_free(&b);
	return st;
}

Test(tarr, only_zeros_may_follow_and_not_many)
{
	cr_assert_eq(with_tail(1, ""), BULLA_OK);
	cr_assert_eq(with_tail(10239, ""), BULLA_OK);
	cr_assert_eq(with_tail(10240, ""), BULLA_E_FORMAT);
	cr_assert_eq(with_tail(0, "x"), BULLA_E_FORMAT);
	cr_assert_eq(with_tail(9000, "x"), BULLA_E_FORMAT);
}

Test(tarr, concatenated_archives_are_refused)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bb bag;

	bb_init(&bag);
	bb_put(&b, &bag);
	bb_put(&b, &bag);
	cr_assert_eq(list(&b, 4096, NULL, NULL), BULLA_E_FORMAT);
	bulla_buf_reset(&b);
	bb_put(&b, &bag);
	b.len -= 512;
	bb_put(&b, &bag);
	cr_assert_eq(list(&b, 4096, NULL, NULL), BULLA_E_FORMAT);
	bb_free(&bag);
	bulla_buf_free(&b);
}

/* Half an end marker and then anything, though nothing comes after it. */
Test(tarr, one_block_of_zeros_is_no_end)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);

	tb_end(&b);
	cr_assert_eq(list(&b, 4096, NULL, NULL), BULLA_OK);
	b.p[600] = 1;
	cr_assert_eq(list(&b, 4096, NULL, NULL), BULLA_E_FORMAT);
	bulla_buf_free(&b);
}

static enum bulla_status
broken_next(struct bulla_blocks *b, const uint8_t **p, size_t *n,
    struct bulla_err *err)
{
	struct tb_blocks *t = (struct tb_blocks *)b;

	if (t->n == 0)
		return bulla_fail(err, BULLA_E_IO, "the cable is cut");
	return tb_next(b, p, n, err);
}

/* Where the input fails is no end of input. */
Test(tarr, a_failing_input_is_what_it_says)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct tb_hdr h = { .name = "f", .size = 4 };

	tb_header(&b, &h);
	tb_data(&b, "data", 4);
	tb_end(&b);
	for (size_t len = 0; len <= b.len; len++) {
		struct tb_blocks blocks;
		struct bulla_tar_entry e;
		struct bulla_err err = { 0 };
		enum bulla_status st;
		struct bulla_tarr *r;
		bool more = true;

		tb_blocks_init(&blocks, b.p, len, 100);
		blocks.b.next = broken_next;
		cr_assert_eq(bulla_tarr_new(&blocks.b, &r, NULL), BULLA_OK);
		do
			st = bulla_tarr_next(r, &e, &more, &err);
		while (st == BULLA_OK && more);
		if (st == BULLA_OK)
			st = bulla_tarr_end(r, &err);
		cr_expect_eq(st, BULLA_E_IO, "%zu", len);
		cr_expect_str_eq(err.msg, "the cable is cut");
		bulla_tarr_free(r);
		free(blocks.now);
	}
	bulla_buf_free(&b);
}

Test(tarr, padding_must_be_zero_where_data_is_passed_over)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct tb_hdr h = { .name = "f", .size = 4 };
	struct tb_blocks blocks;
	struct bulla_tar_entry e;
	struct bulla_tarr *r;
	bool more;

	tb_header(&b, &h);
	tb_data(&b, "data", 4);
	tb_end(&b);
	b.p[1000] = 1;
	tb_blocks_init(&blocks, b.p, b.len, 4096);
	cr_assert_eq(bulla_tarr_new(&blocks.b, &r, NULL), BULLA_OK);
	cr_assert_eq(bulla_tarr_next(r, &e, &more, NULL), BULLA_OK);
	cr_assert_eq(bulla_tarr_next(r, &e, &more, NULL), BULLA_E_FORMAT);
	bulla_tarr_free(r);
	free(blocks.now);
	bulla_buf_free(&b);
}

Test(tarr, padding_must_be_zero)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct tb_hdr h = { .name = "f", .size = 4 };

	for (size_t at = 512 + 4; at < 1024; at += 507) {
		bulla_buf_reset(&b);
		tb_header(&b, &h);
		tb_data(&b, "data", 4);
		tb_end(&b);
		b.p[at] = 1;
		cr_expect_eq(list(&b, 4096, NULL, NULL), BULLA_E_FORMAT);
	}
	bulla_buf_reset(&b);
	bb_pax(&b, "10 path=g\n", 10);
	b.p[1023] = 1;
	tb_header(&b, &h);
	tb_data(&b, "data", 4);
	tb_end(&b);
	cr_assert_eq(list(&b, 4096, NULL, NULL), BULLA_E_FORMAT);
	bulla_buf_free(&b);
}

/* What our writer writes, our reader reads: names byte for byte. */
Test(tarr, reads_what_the_writer_wrote)
{
	static const char *const names[] = {
		"a", "n\xc3\xa4me", "nfd-a\xcc\x88",
		"\xe1\x84\x80\xe1\x85\xa1", "\xf0\x9f\x98\x80",
	};
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX), log = b, want = b;
	struct bulla_writer_buf out;
	struct bulla_tarw *w;
	char path[4200];

	bulla_writer_buf_init(&out, &b);
	cr_assert_eq(bulla_tarw_new(&out.w, &w, NULL), BULLA_OK);
	for (size_t i = 0; i < 5; i++) {
		cr_assert_eq(bulla_tarw_entry(w, names[i], i == 1, 0,
		    (int64_t)i, NULL), BULLA_OK);
		bulla_buf_fmt(&want, "%s%s 0 %zu \n", names[i],
		    i == 1 ? "/" : "", i);
	}
	for (size_t len = 1; len < sizeof(path); len += 13) {
		memset(path, 'x', len);
		for (size_t i = 80; i + 1 < len; i += 200)
			path[i] = '/';
		path[len] = '\0';
		for (int dir = 0; dir < 2; dir++) {
			cr_assert_eq(bulla_tarw_entry(w, path, dir, 0, 9,
			    NULL), BULLA_OK);
			bulla_buf_fmt(&want, "%s%s 0 9 \n", path,
			    dir ? "/" : "");
		}
	}
	cr_assert_eq(bulla_tarw_end(w, NULL), BULLA_OK);
	cr_assert_eq(list(&b, 1000, &log, NULL), BULLA_OK);
	cr_assert_eq(log.len, want.len);
	cr_assert_arr_eq(log.p, want.p, want.len);
	bulla_tarw_free(w);
	bulla_buf_free(&b);
	bulla_buf_free(&log);
	bulla_buf_free(&want);
}

Test(tarr, times_after_2038_stand_twice_and_agree)
{
	static const int64_t times[] = {
		0x7ffffffe, 0x7fffffff, INT64_C(0x80000000),
		BULLA_TAR_MTIME_MAX,
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct bulla_buf b = BULLA_BUF_INIT(TB_MAX), log = b;
		struct bulla_writer_buf out;
		struct bulla_tarw *w;
		char want[64];

		bulla_writer_buf_init(&out, &b);
		cr_assert_eq(bulla_tarw_new(&out.w, &w, NULL), BULLA_OK);
		cr_assert_eq(bulla_tarw_entry(w, "f", false, 0, times[i],
		    NULL), BULLA_OK);
		cr_assert_eq(bulla_tarw_end(w, NULL), BULLA_OK);
		cr_assert_eq(list(&b, 512, &log, NULL), BULLA_OK);
		snprintf(want, sizeof(want), "f 0 %lld \n",
		    (long long)times[i]);
		cr_expect_str_eq(bulla_buf_cstr(&log), want);
		bulla_tarw_free(w);
		bulla_buf_free(&b);
		bulla_buf_free(&log);
	}
}

/* Headers of sizes that no test can fill. */
Test(tarr, reads_large_headers_of_the_writer)
{
	static const uint64_t sizes[] = {
		UINT64_C(8589934591), UINT64_C(8589934592),
		UINT64_C(68719476735), UINT64_C(68719476736), INT64_MAX,
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
		struct bulla_writer_buf out;
		struct tb_blocks blocks;
		struct bulla_tar_entry e;
		struct bulla_tarw *w;
		struct bulla_tarr *r;
		bool more;

		bulla_writer_buf_init(&out, &b);
		cr_assert_eq(bulla_tarw_new(&out.w, &w, NULL), BULLA_OK);
		cr_assert_eq(bulla_tarw_entry(w, "f", false, sizes[i], 9,
		    NULL), BULLA_OK);
		tb_blocks_init(&blocks, b.p, b.len, 4096);
		cr_assert_eq(bulla_tarr_new(&blocks.b, &r, NULL), BULLA_OK);
		cr_assert_eq(bulla_tarr_next(r, &e, &more, NULL), BULLA_OK,
		    "size %llu", (unsigned long long)sizes[i]);
		cr_assert_eq(e.size, sizes[i]);
		bulla_tarr_free(r);
		bulla_tarw_free(w);
		free(blocks.now);
		bulla_buf_free(&b);
	}
}

/* The reason for a reader of our own: this is how libarchive reads it. */
Test(tarr, libarchive_would_rename)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	struct bulla_writer_buf out;
	struct bulla_tarw *w;

	setlocale(LC_ALL, "C.UTF-8");
	bulla_writer_buf_init(&out, &b);
	cr_assert_eq(bulla_tarw_new(&out.w, &w, NULL), BULLA_OK);
	cr_assert_eq(bulla_tarw_entry(w, "a\xcc\x88", false, 0, 0, NULL),
	    BULLA_OK);
	bulla_tarw_free(w);
	cr_assert_eq(archive_read_support_format_tar(a), ARCHIVE_OK);
	cr_assert_eq(archive_read_open_memory(a, b.p, b.len), ARCHIVE_OK);
	cr_assert_eq(archive_read_next_header(a, &e), ARCHIVE_OK);
	cr_assert_str_eq(archive_entry_pathname(e), "\xc3\xa4");
	archive_read_free(a);
	bulla_buf_free(&b);
}
