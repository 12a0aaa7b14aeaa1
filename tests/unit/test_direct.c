#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/io.h"
#include "scratch.h"

/* Writing past the system's memory, and where that cannot be done. */
#define MOST (3u << 20)

static uint8_t *buf, *back;

static void
begin(void)
{
	scratch_enter();
	buf = aligned_alloc(BULLA_DIRECT_ALIGN, MOST + BULLA_DIRECT_ALIGN);
	back = malloc(MOST + BULLA_DIRECT_ALIGN);
	cr_assert(buf != NULL && back != NULL);
	for (size_t i = 0; i < MOST + BULLA_DIRECT_ALIGN; i++)
		buf[i] = (uint8_t)(i * 2654435761u >> 13);
}

static void
end(void)
{
	free(buf);
	free(back);
	scratch_leave();
}

TestSuite(direct, .init = begin, .fini = end);

static bool
is_direct(int fd)
{
	return (fcntl(fd, F_GETFL) & O_DIRECT) != 0;
}

/* n bytes from p in pieces: they are what is read, and the flag is gone. */
static void
written(const uint8_t *p, size_t n, size_t piece)
{
	int fd = open("f", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct bulla_err e = { 0 };
	size_t len, got = 0;
	struct stat sb;

	cr_assert_neq(fd, -1);
	bulla_direct_on(fd);
	for (size_t at = 0; at < n; at += len) {
		len = n - at < piece ? n - at : piece;
		cr_assert_eq(bulla_direct_write(fd, p + at, len, "f", &e),
		    BULLA_OK, "%zu: %s", n, e.msg);
	}
	bulla_direct_off(fd);
	cr_expect(!is_direct(fd));
	cr_assert_eq(fstat(fd, &sb), 0);
	cr_expect_eq((size_t)sb.st_size, n);
	cr_assert_eq(bulla_pread_fd(fd, back, n, 0, &got, "f", &e), BULLA_OK);
	cr_expect_eq(got, n);
	cr_expect(memcmp(back, p, n) == 0, "%zu in pieces of %zu", n, piece);
	close(fd);
}

Test(direct, whatever_the_length)
{
	static const size_t n[] = { 0, 1, 4095, 4096, 4097, 1u << 20,
	    (1u << 20) + 1, MOST - 4096, MOST - 1, MOST };

	for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		written(buf, n[i], 1u << 20);
		written(buf, n[i], 8192);
	}
}

/* Memory that the disk cannot read from: as if it had not been asked for. */
Test(direct, what_is_not_aligned)
{
	written(buf + 1, MOST, 1u << 20);
	written(buf + 512, MOST - 7, 1u << 20);
}

Test(direct, only_where_it_was_asked_for)
{
	int fd = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	cr_assert_neq(fd, -1);
	cr_assert_eq(bulla_direct_write(fd, buf, 4096, "f", NULL), BULLA_OK);
	cr_expect(!is_direct(fd));
	bulla_direct_on(fd);
	if (!is_direct(fd))
		cr_skip("the file system cannot do it");
	cr_assert_eq(bulla_direct_write(fd, buf, 4096, "f", NULL), BULLA_OK);
	cr_expect(is_direct(fd));
	/* The end of a file is no whole block. */
	cr_assert_eq(bulla_direct_write(fd, buf, 5000, "f", NULL), BULLA_OK);
	cr_expect(!is_direct(fd));
	close(fd);
}

Test(direct, what_cannot_be_written_is_told)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct bulla_err e = { 0 };

	cr_assert_neq(fd, -1);
	bulla_direct_on(fd);
	cr_expect_eq(bulla_direct_write(fd, buf, 8192, "the copy", &e),
	    BULLA_E_IO);
	cr_expect(strstr(e.msg, "the copy") != NULL, "%s", e.msg);
	close(fd);
}
