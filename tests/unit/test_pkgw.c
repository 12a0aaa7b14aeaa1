#include <fcntl.h>
#include <sys/stat.h>

#include "core/pkg_int.h"
#include "package_parts.h"
#include "scratch.h"

/*
 * The writer by itself: the same bytes whether headers can be mended or a
 * segment is held back, at every size about the borders.
 */
static uint8_t *data;
static const size_t DATA = 2 * (size_t)BULLA_SEGMENT_SIZE + 70000;

static void
begin(void)
{
	scratch_enter();
	data = malloc(DATA);
	for (size_t i = 0; i < DATA; i++)
		data[i] = (uint8_t)(i >> 8 ^ i);
}

static void
end(void)
{
	free(data);
	scratch_leave();
}

TestSuite(pkgw, .init = begin, .fini = end, .timeout = 120);

static const char id[] = "0123456789abcdef0123456789abcdef";

static void
write_all(struct pkgw *w, int fd, size_t n, size_t piece)
{
	struct bulla_buf note = BULLA_BUF_INIT(100), age0 = note;
	uint8_t digest[32];
	size_t room, len;

	bulla_buf_str(&note, "a note\n");
	bulla_buf_str(&age0, "a header");
	KIT_OK(pkgw_begin(w, fd, "out", id, KIT_TIME, NULL));
	KIT_OK(pkgw_head(w, &note, &age0, NULL));
	for (size_t at = 0; at < n; at += len) {
		room = BULLA_SEGMENT_SIZE - at % BULLA_SEGMENT_SIZE;
		len = n - at < piece ? n - at : piece;
		len = len < room ? len : room;
		bulla_sha256_update(w->hash, data + at, len);
		if (pkgw_hashed(w, len, at + len == n)) {
			bulla_sha256_final(w->hash, digest);
			KIT_OK(pkgw_digest(w, digest, NULL));
		}
		KIT_OK(pkgw_write(w, data + at, len, at + len == n, NULL));
	}
	KIT_OK(pkgw_manifest(w, digest, NULL));
	KIT_OK(pkgw_end(w, &note, NULL));
	bulla_buf_free(&note);
	bulla_buf_free(&age0);
}

static void
expect_parts(const struct bulla_buf *b, size_t n)
{
	struct kit_package p;
	struct bulla_buf again = BULLA_BUF_INIT(KIT_MAX);
	size_t at = 0;

	parts_of(b, &p);
	cr_expect_str_eq(p.m[0].path, "bagit.txt");
	cr_expect_str_eq(p.m[1].path, "opening.note");
	for (unsigned i = 3; i < p.n - 2; i++) {
		const struct bulla_buf *d = &p.m[i].data;

		cr_assert_arr_eq(d->p, data + at, d->len);
		at += d->len;
	}
	cr_expect_eq(at, n);
	/* headers, padding and end are the ones made by hand; so is the list */
	parts_put(&again, &p);
	cr_assert_eq(again.len, b->len);
	cr_assert_eq(memcmp(again.p, b->p, b->len), 0);
	parts_remanifest(&p);
	parts_put(&again, &p);
	cr_assert_eq(memcmp(again.p, b->p, b->len), 0);
	bulla_buf_free(&again);
	parts_free(&p);
}

static void
slurp_file(const char *path, struct bulla_buf *b)
{
	bulla_buf_reset(b);
	b->max = KIT_MAX;
	KIT_OK(bulla_file_get(path, b, NULL));
}

Test(pkgw, mended_or_held_back)
{
	const size_t sizes[] = { 1, 511, 512, 513, 65552,
	    BULLA_SEGMENT_SIZE - 1, BULLA_SEGMENT_SIZE,
	    BULLA_SEGMENT_SIZE + 1, 2 * (size_t)BULLA_SEGMENT_SIZE, DATA };
	struct bulla_buf a = { 0 }, b = { 0 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct pkgw w;
		int fd = open("mended", O_RDWR | O_CREAT | O_TRUNC, 0600);

		write_all(&w, fd, sizes[i], 524416);
		cr_expect(w.patch);
		cr_expect_eq(w.cipher, sizes[i] + strlen("a header"));
		cr_expect_eq(w.segments, (sizes[i] + BULLA_SEGMENT_SIZE - 1) /
		    BULLA_SEGMENT_SIZE);
		pkgw_free(&w);
		close(fd);
		/* with O_APPEND a header could not be mended */
		fd = open("held", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND,
		    0600);
		write_all(&w, fd, sizes[i], 999983);
		cr_expect_not(w.patch);
		pkgw_free(&w);
		close(fd);
		slurp_file("mended", &a);
		slurp_file("held", &b);
		cr_assert_eq(a.len, b.len);
		cr_assert_eq(memcmp(a.p, b.p, a.len), 0);
		expect_parts(&a, sizes[i]);
	}
	bulla_buf_free(&a);
	bulla_buf_free(&b);
}

/* Headers are mended where they are, not where they would be at 0. */
Test(pkgw, behind_something_else)
{
	struct bulla_buf a = { 0 };
	struct pkgw w;
	int fd = open("out", O_RDWR | O_CREAT, 0600);

	cr_assert_eq(write(fd, "seven b", 7), 7);
	write_all(&w, fd, 1000, 1000);
	cr_expect_eq(w.base, 7);
	pkgw_free(&w);
	close(fd);
	slurp_file("out", &a);
	cr_expect_eq(memcmp(a.p, "seven b", 7), 0);
	memmove(a.p, a.p + 7, a.len - 7);
	a.len -= 7;
	expect_parts(&a, 1000);
	bulla_buf_free(&a);
}

Test(pkgw, an_output_that_fails)
{
	struct bulla_buf note = BULLA_BUF_INIT(100);
	struct bulla_err e = { 0 };
	struct pkgw w;
	int fd = open("/dev/full", O_WRONLY);

	bulla_buf_str(&note, "a note\n");
	KIT_OK(pkgw_begin(&w, fd, "the output", id, KIT_TIME, NULL));
	cr_expect_eq(pkgw_head(&w, &note, &note, &e), BULLA_E_IO);
	cr_expect_not_null(strstr(e.msg, "the output"), "%s", e.msg);
	pkgw_free(&w);
	close(fd);
	bulla_buf_free(&note);
}
