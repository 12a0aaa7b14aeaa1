#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include "tarr_kit.h"

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
