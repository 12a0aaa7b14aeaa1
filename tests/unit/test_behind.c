#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/io.h"
#include "scratch.h"

/* A file that another thread writes. */
#define MOST (9u << 20)

static uint8_t *data, *back;
static struct bulla_err e;

static void
begin(void)
{
	scratch_enter();
	data = malloc(MOST);
	back = malloc(MOST);
	cr_assert(data != NULL && back != NULL);
	for (size_t i = 0; i < MOST; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 13);
}

static void
end(void)
{
	free(data);
	free(back);
	scratch_leave();
}

TestSuite(behind, .init = begin, .fini = end);

/* n bytes in pieces, behind `before` that stand there: all of it is read. */
static void
written(size_t before, size_t n, size_t piece)
{
	int fd = open("f", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct bulla_behind *b = NULL;
	size_t len, got = 0;
	struct stat sb;

	cr_assert_neq(fd, -1);
	/* as what a tool writes, which has no name until it is whole */
	if (before % 512 == 0)
		cr_assert_eq(unlink("f"), 0);
	cr_assert_eq(bulla_write_fd(fd, data, before, "f", &e), BULLA_OK);
	cr_assert_eq(bulla_behind_new(fd, "f", &b, &e), BULLA_OK);
	for (size_t at = before; at < n; at += len) {
		len = n - at < piece ? n - at : piece;
		cr_assert_eq(bulla_behind_write(b, data + at, len, &e),
		    BULLA_OK, "%s", e.msg);
	}
	cr_assert_eq(bulla_behind_end(b, &e), BULLA_OK, "%s", e.msg);
	bulla_behind_free(b);
	cr_expect_eq(fcntl(fd, F_GETFL) & O_DIRECT, 0);
	cr_assert_eq(fstat(fd, &sb), 0);
	cr_expect_eq((size_t)sb.st_size, n);
	cr_expect_eq(lseek(fd, 0, SEEK_CUR), (off_t)n);
	cr_assert_eq(bulla_pread_fd(fd, back, n, 0, &got, "f", &e), BULLA_OK);
	cr_expect(got == n && memcmp(back, data, n) == 0,
	    "%zu behind %zu in pieces of %zu", n, before, piece);
	close(fd);
}

Test(behind, whatever_the_length)
{
	static const size_t n[] = { 0, 1, 512, (1u << 20) - 1, 1u << 20,
	    (1u << 20) + 1, 4u << 20, (5u << 20) + 17, MOST };

	for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		written(0, n[i], 65552);
		written(0, n[i], MOST);
	}
}

/* Not where a disk's block begins. */
Test(behind, after_what_is_there)
{
	written(1, MOST, 65552);
	written(512, MOST, 300000);
	written(4096, MOST, 300000);
}

/* It is told, by the end at the latest, and from then on always. */
Test(behind, no_room)
{
	const struct rlimit r = { 3u << 20, 3u << 20 };
	struct bulla_behind *b = NULL;
	enum bulla_status st = BULLA_OK;
	int fd = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &r), 0);
	cr_assert_eq(bulla_behind_new(fd, "f", &b, &e), BULLA_OK);
	st = bulla_behind_write(b, data, (3u << 20) + 5, &e);
	cr_expect_eq(st, BULLA_OK);
	cr_expect_eq(bulla_behind_end(b, &e), BULLA_E_IO);
	bulla_behind_free(b);
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	cr_assert_eq(bulla_behind_new(fd, "the disk", &b, &e), BULLA_OK);
	st = bulla_behind_write(b, data, MOST, &e);
	if (st != BULLA_OK)
		cr_expect_eq(bulla_behind_write(b, data, 2u << 20, &e), st);
	st = bulla_behind_end(b, &e);
	cr_expect_eq(st, BULLA_E_IO);
	cr_expect(strstr(e.msg, "the disk") != NULL, "%s", e.msg);
	bulla_behind_free(b);
	close(fd);
}

/* Others may write to it too, and not only whole blocks. */
Test(behind, a_file_that_has_a_name)
{
	struct bulla_behind *b = NULL;
	int fd = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	cr_assert_eq(bulla_behind_new(fd, "f", &b, &e), BULLA_OK);
	cr_assert_eq(bulla_behind_write(b, data, MOST, &e), BULLA_OK);
	cr_expect_eq(fcntl(fd, F_GETFL) & O_DIRECT, 0);
	cr_assert_eq(bulla_behind_end(b, &e), BULLA_OK);
	bulla_behind_free(b);
	close(fd);
}

Test(behind, given_up)
{
	struct bulla_behind *b = NULL;
	int fd = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	cr_assert_eq(bulla_behind_new(fd, "f", &b, &e), BULLA_OK);
	cr_assert_eq(bulla_behind_write(b, data, MOST, &e), BULLA_OK);
	bulla_behind_free(b);
	cr_expect_eq(fcntl(fd, F_GETFL) & O_DIRECT, 0);
	bulla_behind_free(NULL);
	close(fd);
}
