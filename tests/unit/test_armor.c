#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/armor.h"
#include "bulla/secret.h"
#include "core/age_armor.h"
#include "drip.h"

#define B "-----BEGIN AGE ENCRYPTED FILE-----\n"
#define E "-----END AGE ENCRYPTED FILE-----\n"
#define L64 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* Decode through the reader; out gets what was given before a failure. */
static enum bulla_status
decode(const void *text, size_t len, size_t piece, struct bulla_buf *out,
    struct bulla_err *err)
{
	struct drip d = { .r.read = drip_read, .c = bulla_cur_of(text, len),
		.piece = piece };
	struct bulla_armor_reader a;
	enum bulla_status st;
	uint8_t buf[7];
	size_t n = 1;

	cr_assert_eq(bulla_armor_reader_init(&a, &d.r, NULL), BULLA_OK);
	do {
		st = a.r.read(&a.r, buf, sizeof(buf), &n, err);
		if (st == BULLA_OK)
			bulla_buf_put(out, buf, n);
	} while (st == BULLA_OK && n > 0);
	cr_assert_eq(a.failed, st != BULLA_OK);
	/* A failure, and the end, stay. */
	cr_assert_eq(a.r.read(&a.r, buf, 1, &n, NULL), st);
	bulla_armor_reader_free(&a);
	return st;
}

static enum bulla_status
decode_str(const char *text, size_t piece, struct bulla_buf *out,
    struct bulla_err *err)
{
	return decode(text, strlen(text), piece, out, err);
}

struct row {
	const char *what, *text, *msg;
};

static const struct row refused[] = {
	{ "nothing", "", "armor: the input ends before "
	    "\"-----END AGE ENCRYPTED FILE-----\"" },
	{ "only BEGIN", B, NULL },
	{ "no END", B "QUJD\n", NULL },
	{ "END cut short", B "QUJD\n-----END AGE ENCRYPTED FILE----", NULL },
	{ "END with more", B "QUJD\n-----END AGE ENCRYPTED FILE------\n",
	    NULL },
	{ "space in BEGIN", "----- BEGIN AGE ENCRYPTED FILE -----\nQUJD\n" E,
	    "armor: line 1: not \"-----BEGIN AGE ENCRYPTED FILE-----\"" },
	{ "space before BEGIN", " " B "QUJD\n" E, NULL },
	{ "space after BEGIN", "-----BEGIN AGE ENCRYPTED FILE----- \nQUJD\n"
	    E, NULL },
	{ "another label", "-----BEGIN AGE ENCRYPTED MESSAGE-----\nQUJD\n" E,
	    NULL },
	{ "lower case", "-----BEGIN age ENCRYPTED FILE-----\nQUJD\n" E,
	    NULL },
	{ "text in front", "hello\n" B "QUJD\n" E, NULL },
	{ "text behind", B "QUJD\n" E "hello\n",
	    "armor: data after the END line" },
	{ "two files", B "QUJD\n" E B "QUJD\n" E, NULL },
	{ "empty line first", B "\nQUJD\n" E,
	    "armor: line 2: an empty line inside" },
	{ "empty line last", B L64 "\n\n" E, NULL },
	{ "a short line inside", B "QUJD\nQUJD\n" E, "armor: line 3: "
	    "\"-----END AGE ENCRYPTED FILE-----\" must follow a short line" },
	{ "a header", B "Comment: x\n" L64 "\n" E, NULL },
	{ "a checksum", B "QUJD\n=abcd\n" E, NULL },
	{ "a long line", B L64 "AAAA\n" E, "armor: line 2: too long" },
	{ "65 columns", B L64 "A\n" E, "armor: line 2: longer than 64 "
	    "columns" },
	{ "no padding", B "QUI\n" E, "armor: line 2: not canonical base64" },
	{ "spare bits", B "QUK=\n" E, NULL },
	{ "padding inside", B "QUI=QUI=\n" E, NULL },
	{ "another alphabet", B "QU-_\n" E, NULL },
	{ "a space at the end", B "QUJD \n" E, NULL },
	{ "a space in front", B " QUJD\n" E, NULL },
	{ "two CR", B "QUJD\r\r\n" E, NULL },
	{ "CR alone", B "QUJD\r" E, NULL },
};

Test(armor, refuses_whatever_the_specification_does_not_allow)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct row *r = &refused[i];

		for (size_t piece = 1; piece < 100; piece += 33) {
			struct bulla_buf b = BULLA_BUF_INIT(4096);
			struct bulla_err err = { 0 };

			cr_assert_eq(decode_str(r->text, piece, &b, &err),
			    BULLA_E_FORMAT, "%s", r->what);
			if (r->msg != NULL)
				cr_assert_str_eq(err.msg, r->msg);
			bulla_buf_free(&b);
		}
	}
}

static const struct row taken[] = {
	{ "a line", B "QUJD\n" E, "ABC" },
	{ "padding", B "QUI=\n" E, "AB" },
	{ "nothing inside", B E, "" },
	{ "no last LF", B "QUJD\n-----END AGE ENCRYPTED FILE-----", "ABC" },
	{ "CR at the end", B "QUJD\n-----END AGE ENCRYPTED FILE-----\r",
	    "ABC" },
	{ "CR LF", "-----BEGIN AGE ENCRYPTED FILE-----\r\nQUJD\r\n"
	    "-----END AGE ENCRYPTED FILE-----\r\n", "ABC" },
	{ "white space around", "\n \t\r\n\n" B "QUJD\n" E " \t\r\n\n", "ABC" },
};

Test(armor, takes_what_is_allowed)
{
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		for (size_t piece = 1; piece < 100; piece += 33) {
			struct bulla_buf b = BULLA_BUF_INIT(4096);
			struct bulla_err err = { 0 };

			cr_assert_eq(decode_str(taken[i].text, piece, &b,
			    &err), BULLA_OK, "%s: %s", taken[i].what, err.msg);
			cr_assert_str_eq(bulla_buf_cstr(&b), taken[i].msg);
			bulla_buf_free(&b);
		}
	}
}

static void
put_space(struct bulla_buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bulla_buf_u8(b, i % 700 == 0 || i + 1 == n ? '\n' : ' ');
}

/* So many bytes of white space on each side of a good file. */
static enum bulla_status
with_space(size_t before, size_t after)
{
	struct bulla_buf b = BULLA_BUF_INIT(1 << 16);
	struct bulla_buf out = BULLA_BUF_INIT(1 << 16);
	enum bulla_status st;

	put_space(&b, before);
	bulla_buf_str(&b, B "QUJD\n" E);
	put_space(&b, after);
	st = decode(b.p, b.len, 100, &out, NULL);
	bulla_buf_free(&out);
	bulla_buf_free(&b);
	return st;
}

Test(armor, limits_the_white_space_around)
{
	size_t max = BULLA_ARMOR_SPACE_MAX;

	cr_assert_eq(with_space(max, max), BULLA_OK);
	cr_assert_eq(with_space(max + 1, 0), BULLA_E_FORMAT);
	cr_assert_eq(with_space(0, max + 1), BULLA_E_FORMAT);
	cr_assert_eq(with_space(20000, 0), BULLA_E_FORMAT);
	cr_assert_eq(with_space(0, 20000), BULLA_E_FORMAT);
}

/* An end of line of two bytes counts as two, as where BEGIN is looked for. */
Test(armor, counts_both_bytes_of_a_line_end)
{
	for (size_t lines = BULLA_ARMOR_SPACE_MAX / 2;
	    lines <= BULLA_ARMOR_SPACE_MAX / 2 + 1; lines++) {
		struct bulla_buf b = BULLA_BUF_INIT(1 << 16);
		struct bulla_buf out = BULLA_BUF_INIT(1 << 16);
		struct bulla_cur all;

		for (size_t i = 0; i < lines; i++)
			bulla_buf_str(&b, "\r\n");
		bulla_buf_str(&b, B "QUJD\n" E);
		all = bulla_buf_view(&b);
		cr_assert(bulla_armor_detect(&all));
		cr_expect_eq(decode(b.p, b.len, 100, &out, NULL),
		    lines > BULLA_ARMOR_SPACE_MAX / 2 ? BULLA_E_FORMAT :
		    BULLA_OK, "%zu lines", lines);
		bulla_buf_free(&out);
		bulla_buf_free(&b);
	}
}

/* What was good before a mistake is given first, then the failure. */
Test(armor, gives_what_stands_before_a_mistake)
{
	struct bulla_buf b = BULLA_BUF_INIT(4096);

	cr_assert_eq(decode_str(B L64 "\n*\n" E, 1000, &b, NULL),
	    BULLA_E_FORMAT);
	cr_assert_eq(b.len, 48);
	bulla_buf_free(&b);
}

Test(armor, passes_on_an_error_of_the_reader_behind)
{
	struct bulla_armor_reader a;
	struct bulla_reader_fd f;
	struct bulla_err err = { 0 };
	uint8_t buf[8];
	size_t n;

	bulla_reader_fd_init(&f, -1, "nothing");
	cr_assert_eq(bulla_armor_reader_init(&a, &f.r, NULL), BULLA_OK);
	cr_assert_eq(a.r.read(&a.r, buf, 8, &n, &err), BULLA_E_IO);
	cr_assert_str_eq(err.msg, "nothing: cannot read: Bad file descriptor");
	cr_assert(!a.failed);
	bulla_armor_reader_free(&a);
}

static enum bulla_status
armor(const uint8_t *p, size_t n, size_t piece, struct bulla_buf *out)
{
	struct bulla_writer_buf w;
	struct bulla_armor_writer a;
	enum bulla_status st = BULLA_OK;

	bulla_writer_buf_init(&w, out);
	bulla_armor_writer_init(&a, &w.w);
	for (size_t i = 0; st == BULLA_OK && i < n; i += piece)
		st = a.w.write(&a.w, p + i, n - i < piece ? n - i : piece,
		    NULL);
	if (st == BULLA_OK)
		st = bulla_armor_writer_finish(&a, NULL);
	bulla_armor_writer_free(&a);
	return st;
}

Test(armor, what_is_written_reads_back_whatever_the_pieces)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 47, 48, 49, 95, 96, 97,
		1000, 49151, 49152, 49153, 150000 };
	static uint8_t data[150000];

	bulla_random(data, sizeof(data));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n = sizes[i];
		struct bulla_buf one = BULLA_BUF_INIT(1 << 20);
		struct bulla_buf two = BULLA_BUF_INIT(1 << 20);
		struct bulla_buf back = BULLA_BUF_INIT(1 << 20);

		cr_assert_eq(armor(data, n, n + 1, &one), BULLA_OK);
		cr_assert_eq(armor(data, n, 31, &two), BULLA_OK);
		cr_assert_eq(one.len, two.len);
		cr_assert_arr_eq(one.p, two.p, one.len);
		cr_assert_eq(decode(one.p, one.len, 50, &back, NULL),
		    BULLA_OK);
		cr_assert_eq(back.len, n);
		if (n > 0)
			cr_assert_arr_eq(back.p, data, n);
		bulla_buf_free(&back);
		bulla_buf_free(&two);
		bulla_buf_free(&one);
	}
}

Test(armor, writes_lines_of_64_columns)
{
	struct bulla_buf b = BULLA_BUF_INIT(4096);
	uint8_t zero[96] = { 0 };

	cr_assert_eq(armor(zero, 96, 5, &b), BULLA_OK);
	cr_assert_str_eq(bulla_buf_cstr(&b), B L64 "\n" L64 "\n" E);
	bulla_buf_reset(&b);
	cr_assert_eq(armor(zero, 49, 5, &b), BULLA_OK);
	cr_assert_str_eq(bulla_buf_cstr(&b), B L64 "\nAA==\n" E);
	bulla_buf_free(&b);
}

Test(armor, tells_armor_from_binary)
{
	static const char *const yes[] = { B, "\n \r\n" B, "garbage\n" B,
		"-----BEGIN age ENCRYPTED FILE-----\n" };
	static const char *const no[] = { "", "age-encryption.org/v1\n",
		"age-encryption.org/v1\n-----BEGIN", "----", "%PDF" };

	for (size_t i = 0; i < 4; i++) {
		struct bulla_cur c = bulla_cur_str(yes[i]);

		cr_assert(bulla_armor_detect(&c), "%s", yes[i]);
	}
	for (size_t i = 0; i < 5; i++) {
		struct bulla_cur c = bulla_cur_str(no[i]);

		cr_assert(!bulla_armor_detect(&c), "%s", no[i]);
	}
}
