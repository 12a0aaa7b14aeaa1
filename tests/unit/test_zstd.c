#include <criterion/criterion.h>
#include <zstd.h>

#include "bagbuild.h"
#include "bulla/zstd.h"

/* Exactly one frame: what zstd(1) would read beside it is refused. */
#define N 300000u

static uint8_t plain[N];
static struct bulla_buf frame = BULLA_BUF_INIT(TB_MAX);

static void
begin(void)
{
	struct bulla_writer_buf w;
	struct bulla_zstdw *z = NULL;

	for (size_t i = 0; i < N; i++)
		plain[i] = (uint8_t)(i * i >> 9);
	bulla_writer_buf_init(&w, &frame);
	cr_assert_eq(bulla_zstdw_new(&w.w, 1, &z, NULL), BULLA_OK);
	cr_assert_eq(bulla_zstdw_put(z, plain, N, NULL), BULLA_OK);
	cr_assert_eq(bulla_zstdw_end(z, NULL), BULLA_OK);
	bulla_zstdw_free(z);
	cr_assert_gt(frame.len, 1000);
}

static void
end(void)
{
	bulla_buf_free(&frame);
}

TestSuite(zstd, .init = begin, .fini = end);

/* Read in pieces; *total says how much came out before the end. */
static enum bulla_status
run(const void *p, size_t n, size_t piece, uint64_t max, uint64_t *total,
    struct bulla_err *err)
{
	struct tb_blocks in;
	struct bulla_zstdr *z = NULL;
	struct bulla_blocks *b;
	const uint8_t *out = NULL;
	enum bulla_status st;
	size_t got = 1;

	tb_blocks_init(&in, p, n, piece);
	cr_assert_eq(bulla_zstdr_new(&in.b, max, &z, NULL), BULLA_OK);
	b = bulla_zstdr_blocks(z);
	for (*total = 0; got > 0; *total += got) {
		st = b->next(b, &out, &got, err);
		if (st != BULLA_OK)
			break;
		cr_assert_leq(*total + got, max);
		if (p == frame.p && got > 0)
			cr_assert_arr_eq(out, plain + *total, got);
	}
	bulla_zstdr_free(z);
	free(in.now);
	return st;
}

static void
expect(const void *p, size_t n, enum bulla_status want, const char *why)
{
	static const size_t pieces[] = { 65536, 4096, 100, 18 };
	struct bulla_err e = { 0 };
	uint64_t total;

	for (size_t i = 0; i < 4; i++) {
		cr_expect_eq(run(p, n, pieces[i], UINT64_MAX, &total, &e),
		    want, "%s", e.msg);
		cr_expect_not_null(strstr(e.msg, why), "'%s' has no '%s'",
		    e.msg, why);
	}
}

Test(zstd, there_and_back)
{
	static const size_t pieces[] = { 65536, 1000, 5 };
	uint64_t total;

	for (size_t i = 0; i < 3; i++) {
		cr_expect_eq(run(frame.p, frame.len, pieces[i], N, &total,
		    NULL), BULLA_OK);
		cr_expect_eq(total, N);
	}
}

Test(zstd, with_threads_in_many_pieces)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bulla_writer_buf w;
	struct bulla_zstdw *z = NULL;
	uint64_t total;

	bulla_writer_buf_init(&w, &b);
	cr_assert_eq(bulla_zstdw_new(&w.w, 3, &z, NULL), BULLA_OK);
	for (size_t i = 0; i < 200; i++)
		cr_assert_eq(bulla_zstdw_put(z, plain, N - i, NULL),
		    BULLA_OK);
	cr_assert_eq(bulla_zstdw_end(z, NULL), BULLA_OK);
	bulla_zstdw_free(z);
	cr_expect_eq(run(b.p, b.len, 65536, UINT64_MAX, &total, NULL),
	    BULLA_OK);
	cr_expect_eq(total, 200u * N - 199 * 100);
	bulla_buf_free(&b);
}

Test(zstd, of_nothing)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bulla_writer_buf w;
	struct bulla_zstdw *z = NULL;
	uint64_t total;

	bulla_writer_buf_init(&w, &b);
	cr_assert_eq(bulla_zstdw_new(&w.w, 1, &z, NULL), BULLA_OK);
	cr_assert_eq(bulla_zstdw_end(z, NULL), BULLA_OK);
	bulla_zstdw_free(z);
	cr_expect_eq(run(b.p, b.len, 65536, 0, &total, NULL), BULLA_OK);
	cr_expect_eq(total, 0);
	bulla_buf_free(&b);
}

Test(zstd, every_cut)
{
	struct bulla_err e = { 0 };
	uint64_t total;
	unsigned n = 0;

	for (size_t len = 4; len < frame.len; len += 1 + len / 50, n++) {
		cr_expect_eq(run(frame.p, len, 65536, N, &total, &e),
		    BULLA_E_INCOMPLETE, "%zu: %s", len, e.msg);
		cr_expect_lt(total, N + 1);
	}
	cr_expect_eq(run(frame.p, 0, 65536, N, &total, &e),
	    BULLA_E_INCOMPLETE);
	cr_expect_eq(run(frame.p, 3, 65536, N, &total, &e), BULLA_E_FORMAT);
	printf("COUNT zstd-cuts %u 0\n", n);
}

Test(zstd, something_behind_the_frame)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	static const char *const why = "bytes after the end of the zstd frame";

	bulla_buf_put(&b, frame.p, frame.len);
	bulla_buf_put(&b, "", 1);
	expect(b.p, b.len, BULLA_E_FORMAT, why);
	/* Another frame: zstd -d would go on. */
	b.len = frame.len;
	bulla_buf_put(&b, frame.p, frame.len);
	expect(b.p, b.len, BULLA_E_FORMAT, why);
	/* A skippable one: zstd -d would say nothing. */
	b.len = frame.len;
	bulla_buf_put(&b, "\x50\x2a\x4d\x18\x04\0\0\0evil", 12);
	expect(b.p, b.len, BULLA_E_FORMAT, why);
	bulla_buf_free(&b);
}

Test(zstd, a_skippable_frame_first)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);

	for (unsigned kind = 0; kind < 16; kind++) {
		bulla_buf_reset(&b);
		bulla_buf_put(&b, "\x50\x2a\x4d\x18\x04\0\0\0evil", 12);
		b.p[0] = (uint8_t)(0x50 + kind);
		bulla_buf_put(&b, frame.p, frame.len);
		expect(b.p, b.len, BULLA_E_FORMAT, "the plaintext is none");
	}
	bulla_buf_free(&b);
}

Test(zstd, no_frame_at_all)
{
	expect("bag/ and so on", 14, BULLA_E_FORMAT, "the plaintext is none");
	/* magic numbers of old versions of the format */
	expect("\x27\xb5\x2f\xfd....", 8, BULLA_E_FORMAT, "is none");
	expect("\x1e\xb5\x2f\xfd....", 8, BULLA_E_FORMAT, "is none");
}

Test(zstd, a_changed_byte)
{
	unsigned n = 0, passed = 0;

	for (size_t i = 0; i < frame.len; i += 1 + frame.len / 500, n++) {
		struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
		uint64_t total;
		enum bulla_status st;

		bulla_buf_put(&b, frame.p, frame.len);
		b.p[i] ^= 0x10;
		st = run(b.p, b.len, 65536, N, &total, NULL);
		passed += st == BULLA_OK;
		bulla_buf_free(&b);
	}
	/* the frame has a checksum */
	cr_expect_eq(passed, 0);
	printf("COUNT zstd-changes %u %u\n", n, passed);
}

/* A frame that needs a window of 2^log bytes. */
static void
window_frame(struct bulla_buf *b, unsigned log)
{
	uint8_t head[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00,
	    (uint8_t)((log - 10) << 3) };

	bulla_buf_put(b, head, sizeof(head));
	bulla_buf_put(b, "\x09\0\0x", 4);	/* last block, raw, 1 byte */
}

Test(zstd, the_window)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	uint64_t total;

	window_frame(&b, BULLA_ZSTD_WINDOW_LOG);
	cr_expect_eq(run(b.p, b.len, 65536, 100, &total, NULL), BULLA_OK);
	cr_expect_eq(total, 1);
	for (unsigned log = BULLA_ZSTD_WINDOW_LOG + 1; log <= 41; log++) {
		bulla_buf_reset(&b);
		window_frame(&b, log);
		expect(b.p, b.len, BULLA_E_LIMIT, "");
	}
	/* one eighth more than the largest */
	bulla_buf_reset(&b);
	window_frame(&b, BULLA_ZSTD_WINDOW_LOG);
	b.p[5] |= 1;
	expect(b.p, b.len, BULLA_E_LIMIT, "");
	bulla_buf_free(&b);
}

/* It says 80 bytes and has none: libzstd, given it in pieces, takes it. */
Test(zstd, a_size_that_is_not_true)
{
	static uint8_t b[109] = { 0x28, 0xb5, 0x2f, 0xfd, 0x24, 0x50,
	    [102] = 0x01, [105] = 0x99, 0xe9, 0xd8, 0x51 };

	expect(b, sizeof(b), BULLA_E_FORMAT, "");
	b[5] = 0;
	expect(b, sizeof(b), BULLA_OK, "");
}

/* 64 MiB of zeros in a few kilobytes. */
Test(zstd, a_bomb)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bulla_err e = { 0 };
	struct bulla_writer_buf w;
	struct bulla_zstdw *z = NULL;
	uint8_t *zeros = calloc(1, 1u << 20);
	uint64_t total;

	bulla_writer_buf_init(&w, &b);
	cr_assert_eq(bulla_zstdw_new(&w.w, 1, &z, NULL), BULLA_OK);
	for (int i = 0; i < 64; i++)
		cr_assert_eq(bulla_zstdw_put(z, zeros, 1u << 20, NULL),
		    BULLA_OK);
	cr_assert_eq(bulla_zstdw_end(z, NULL), BULLA_OK);
	bulla_zstdw_free(z);
	free(zeros);
	cr_assert_lt(b.len, 10000);
	cr_expect_eq(run(b.p, b.len, 65536, 64u << 20, &total, NULL),
	    BULLA_OK);
	cr_expect_eq(run(b.p, b.len, 65536, (64u << 20) - 1, &total, &e),
	    BULLA_E_LIMIT);
	cr_expect_not_null(strstr(e.msg, "--max-plain"), "%s", e.msg);
	cr_expect_eq(run(b.p, b.len, 65536, 0, &total, &e), BULLA_E_LIMIT);
	cr_expect_eq(total, 0);
	bulla_buf_free(&b);
}

static enum bulla_status
fail_write(struct bulla_writer *w, const void *p, size_t n,
    struct bulla_err *err)
{
	(void)w;
	(void)p;
	(void)n;
	return bulla_fail(err, BULLA_E_IO, "no");
}

Test(zstd, a_writer_that_fails)
{
	struct bulla_writer w = { .write = fail_write };
	struct bulla_zstdw *z = NULL;

	cr_assert_eq(bulla_zstdw_new(&w, 1, &z, NULL), BULLA_OK);
	cr_expect_eq(bulla_zstdw_put(z, "x", 1, NULL), BULLA_OK);
	cr_expect_eq(bulla_zstdw_end(z, NULL), BULLA_E_IO);
	bulla_zstdw_free(z);
	bulla_zstdw_free(NULL);
	bulla_zstdr_free(NULL);
}
