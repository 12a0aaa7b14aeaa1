#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/buf.h"
#include "bulla/tar.h"

#define TIME INT64_C(1700000000)

static const char *const names[] = {
	"bag", "bag/data/plain", "bag/data/n\xc3\xa4me",
	"bag/data/nfd-a\xcc\x88", "bag/data/\xe1\x84\x80\xe1\x85\xa1",
	"bag/data/\xf0\x9f\x98\x80 and a space",
};

static void
put(struct bulla_tarw *w, const char *path, const void *p, size_t n)
{
	cr_assert_eq(bulla_tarw_entry(w, path, false, n, TIME, NULL),
	    BULLA_OK, "%s", path);
	cr_assert_eq(bulla_tarw_data(w, p, n, NULL), BULLA_OK);
}

/* Names of every kind and length, and large sizes as headers alone. */
static void
sample(struct bulla_buf *b)
{
	struct bulla_writer_buf out;
	struct bulla_tarw *w;
	char path[1200];

	bulla_writer_buf_init(&out, b);
	cr_assert_eq(bulla_tarw_new(&out.w, &w, NULL), BULLA_OK);
	cr_assert_eq(bulla_tarw_entry(w, "bag", true, 0, TIME, NULL),
	    BULLA_OK);
	for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		put(w, names[i], "0123456789", i);
	for (size_t len = 90; len < sizeof(path); len += 37) {
		memset(path, 'x', len);
		for (size_t i = 40; i + 1 < len; i += 41)
			path[i] = '/';
		path[len] = '\0';
		put(w, path, path, len);
	}
	memset(path, 'y', 255);
	path[255] = '\0';
	put(w, path, path, 255);
	cr_assert_eq(bulla_tarw_end(w, NULL), BULLA_OK);
	bulla_tarw_free(w);
}

Test(tarw, the_same_bytes_in_any_locale)
{
	static const char *const locales[] = { "C", "C.UTF-8", "POSIX", "" };
	struct bulla_buf first = BULLA_BUF_INIT(1u << 24);

	sample(&first);
	cr_assert_eq(first.len % 512, 0);
	for (size_t i = 0; i < sizeof(locales) / sizeof(locales[0]); i++) {
		struct bulla_buf b = BULLA_BUF_INIT(1u << 24);

		cr_assert_not_null(setlocale(LC_ALL, locales[i]));
		sample(&b);
		cr_assert_eq(b.len, first.len);
		cr_assert_arr_eq(b.p, first.p, b.len, "%s", locales[i]);
		bulla_buf_free(&b);
	}
	bulla_buf_free(&first);
}

static bool
contains(const struct bulla_buf *b, const char *s)
{
	return memmem(b->p, b->len, s, strlen(s)) != NULL;
}

Test(tarw, plain_entries_are_plain_ustar)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 20);
	struct bulla_writer_buf out;
	struct bulla_tarw *w;
	char path[180];

	bulla_writer_buf_init(&out, &b);
	cr_assert_eq(bulla_tarw_new(&out.w, &w, NULL), BULLA_OK);
	put(w, "bag/a", "x", 1);
	memset(path, 'p', sizeof(path));
	path[120] = '/';
	path[179] = '\0';
	put(w, path, "x", 1);
	cr_assert_eq(b.len, 4 * 512);
	cr_assert_eq(memcmp(b.p, "bag/a\0", 6), 0);
	cr_assert_eq(memcmp(b.p + 257, "ustar\00000", 8), 0);
	cr_assert_eq(memcmp(b.p + 265, (uint8_t[64]){ 0 }, 64), 0);
	cr_assert_eq(bulla_tarw_end(w, NULL), BULLA_OK);
	cr_assert_eq(b.len, 4 * 512 + 1024);
	bulla_tarw_free(w);
	bulla_buf_reset(&b);
	sample(&b);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cr_expect(contains(&b, names[i]), "%s", names[i]);
	cr_assert(!contains(&b, "time="));
	cr_assert(!contains(&b, "hdrcharset"));
	cr_assert(!contains(&b, "SCHILY"));
	bulla_buf_free(&b);
}

/* What libarchive itself makes of it, but for its composed names. */
Test(tarw, libarchive_reads_the_same_sizes_and_modes)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 24);
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	int n = 0;

	setlocale(LC_ALL, "C.UTF-8");
	sample(&b);
	cr_assert_eq(archive_read_support_format_tar(a), ARCHIVE_OK);
	cr_assert_eq(archive_read_open_memory(a, b.p, b.len), ARCHIVE_OK);
	while (archive_read_next_header(a, &e) == ARCHIVE_OK) {
		cr_expect_eq(archive_entry_perm(e),
		    archive_entry_filetype(e) == AE_IFDIR ? 0755 : 0644);
		cr_expect_eq(archive_entry_mtime(e), TIME);
		cr_expect_eq(archive_entry_uid(e), 0);
		cr_expect(!archive_entry_atime_is_set(e));
		n++;
	}
	cr_assert_eq(n, 6 + 30 + 1);
	archive_read_free(a);
	bulla_buf_free(&b);
}

/* A writer that keeps the pointers it was given. */
struct spy {
	struct bulla_writer w;
	const void *last;
	size_t last_len, total;
	bool fail;
};

static enum bulla_status
spy_write(struct bulla_writer *w, const void *p, size_t n,
    struct bulla_err *err)
{
	struct spy *s = (struct spy *)w;

	if (s->fail)
		return bulla_fail(err, BULLA_E_IO, "the disk is full");
	s->last = p;
	s->last_len = n;
	s->total += n;
	return BULLA_OK;
}

Test(tarw, data_is_passed_on_with_its_own_pointer)
{
	static uint8_t data[1 << 20];
	struct spy s = { .w.write = spy_write };
	struct bulla_tarw *w;

	cr_assert_eq(bulla_tarw_new(&s.w, &w, NULL), BULLA_OK);
	cr_assert_eq(bulla_tarw_entry(w, "f", false, 3 * sizeof(data), TIME,
	    NULL), BULLA_OK);
	for (size_t n = 1; n < sizeof(data); n = n * 5 + 3) {
		cr_assert_eq(bulla_tarw_data(w, data + n / 2, n, NULL),
		    BULLA_OK);
		cr_assert_eq(s.last, data + n / 2);
		cr_assert_eq(s.last_len, n);
	}
	bulla_tarw_free(w);
}

Test(tarw, sizes_must_be_kept)
{
	struct spy s = { .w.write = spy_write };
	struct bulla_tarw *w;

	cr_assert_eq(bulla_tarw_new(&s.w, &w, NULL), BULLA_OK);
	cr_assert_eq(bulla_tarw_entry(w, "f", false, 5, TIME, NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_tarw_data(w, "123456", 6, NULL), BULLA_E_REFUSED);
	cr_assert_eq(bulla_tarw_data(w, "1234", 4, NULL), BULLA_OK);
	cr_assert_eq(bulla_tarw_entry(w, "g", false, 0, TIME, NULL),
	    BULLA_E_REFUSED);
	cr_assert_eq(bulla_tarw_end(w, NULL), BULLA_E_REFUSED);
	cr_assert_eq(bulla_tarw_data(w, "5", 1, NULL), BULLA_OK);
	cr_assert_eq(bulla_tarw_data(w, "", 0, NULL), BULLA_OK);
	cr_assert_eq(bulla_tarw_data(w, "6", 1, NULL), BULLA_E_REFUSED);
	cr_assert_eq(s.total, 1024, "the padding goes out with the data");
	cr_assert_eq(bulla_tarw_entry(w, "d", true, 1, TIME, NULL),
	    BULLA_E_REFUSED);
	cr_assert_eq(bulla_tarw_entry(w, "h", false, UINT64_MAX, TIME, NULL),
	    BULLA_E_REFUSED);
	cr_assert_eq(bulla_tarw_end(w, NULL), BULLA_OK);
	cr_assert_eq(s.total, 2048);
	bulla_tarw_free(w);
	cr_assert_eq(s.total, 2048);
}

/* An archive given up must not look like a whole one. */
Test(tarw, free_without_end_writes_nothing)
{
	struct spy s = { .w.write = spy_write };
	struct bulla_tarw *w;

	cr_assert_eq(bulla_tarw_new(&s.w, &w, NULL), BULLA_OK);
	cr_assert_eq(bulla_tarw_entry(w, "f", false, 5, TIME, NULL),
	    BULLA_OK);
	cr_assert_eq(s.total, 512);
	bulla_tarw_free(w);
	cr_assert_eq(s.total, 512);
	bulla_tarw_free(NULL);
}

Test(tarw, the_writers_failure_comes_through)
{
	struct spy s = { .w.write = spy_write };
	struct bulla_err err = { 0 };
	struct bulla_tarw *w;

	cr_assert_eq(bulla_tarw_new(&s.w, &w, NULL), BULLA_OK);
	cr_assert_eq(bulla_tarw_entry(w, "f", false, 5, TIME, NULL),
	    BULLA_OK);
	s.fail = true;
	cr_assert_eq(bulla_tarw_data(w, "12345", 5, &err), BULLA_E_IO);
	cr_assert_str_eq(err.msg, "the disk is full");
	s.fail = false;
	cr_assert_eq(bulla_tarw_data(w, "12345", 5, &err), BULLA_E_IO);
	cr_assert_eq(bulla_tarw_entry(w, "g", false, 0, TIME, NULL),
	    BULLA_E_IO);
	cr_assert_eq(bulla_tarw_end(w, NULL), BULLA_E_IO);
	bulla_tarw_free(w);
}

Test(tarw, a_name_that_is_not_utf8_is_refused)
{
	struct spy s = { .w.write = spy_write };
	struct bulla_err err = { 0 };
	struct bulla_tarw *w;

	cr_assert_eq(bulla_tarw_new(&s.w, &w, NULL), BULLA_OK);
	cr_assert_eq(bulla_tarw_entry(w, "bag/\xff", false, 0, TIME, &err),
	    BULLA_E_REFUSED);
	cr_assert_eq(strncmp(err.msg, "bag/\\xff: ", 10), 0, "%s", err.msg);
	bulla_tarw_free(w);
}

Test(tarw, times_are_kept_within_what_a_header_holds)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 20);
	struct bulla_writer_buf out;
	struct bulla_tarw *w;

	bulla_writer_buf_init(&out, &b);
	cr_assert_eq(bulla_tarw_new(&out.w, &w, NULL), BULLA_OK);
	cr_assert_eq(bulla_tarw_entry(w, "a", false, 0, -1, NULL), BULLA_OK);
	cr_assert_eq(bulla_tarw_entry(w, "b", false, 0, INT64_MAX, NULL),
	    BULLA_OK);
	cr_assert_eq(memcmp(b.p + 136, "00000000000", 11), 0);
	/* after 2038 with a pax header */
	cr_assert_eq(b.len, 512 + 3 * 512);
	cr_assert(contains(&b, "20 mtime=8589934591\n"));
	cr_assert_eq(memcmp(b.p + 3 * 512 + 136, "77777777777", 11), 0);
	bulla_tarw_free(w);
	bulla_buf_free(&b);
}
