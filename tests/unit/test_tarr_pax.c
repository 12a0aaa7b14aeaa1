#include "tarr_kit.h"

/* pax headers: the few records that are taken, and where they may stand. */
#define PAX(s) (s), sizeof(s) - 1

Test(tarr_pax, pax_records)
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

Test(tarr_pax, pax_limits)
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

Test(tarr_pax, a_pax_header_stands_before_an_entry)
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
Test(tarr_pax, a_pax_header_is_a_header)
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

Test(tarr_pax, large_sizes_in_both_places)
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

Test(tarr_pax, times_after_2038_stand_twice_and_agree)
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
Test(tarr_pax, reads_large_headers_of_the_writer)
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
