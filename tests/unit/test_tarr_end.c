#include "tarr_kit.h"

/* How an archive ends, or does not, and what stands between its entries. */
/* A tar cut anywhere is incomplete, never whole and never malformed. */
Test(tarr_end, every_truncation_is_incomplete)
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

Test(tarr_end, only_zeros_may_follow_and_not_many)
{
	cr_assert_eq(with_tail(1, ""), BULLA_OK);
	cr_assert_eq(with_tail(10239, ""), BULLA_OK);
	cr_assert_eq(with_tail(10240, ""), BULLA_E_FORMAT);
	cr_assert_eq(with_tail(0, "x"), BULLA_E_FORMAT);
	cr_assert_eq(with_tail(9000, "x"), BULLA_E_FORMAT);
}

Test(tarr_end, concatenated_archives_are_refused)
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
Test(tarr_end, one_block_of_zeros_is_no_end)
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
Test(tarr_end, a_failing_input_is_what_it_says)
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

Test(tarr_end, padding_must_be_zero_where_data_is_passed_over)
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

Test(tarr_end, padding_must_be_zero)
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
