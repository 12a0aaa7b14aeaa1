#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "core/tee.h"

/* Copied, hashed and handed over: the same bytes. */
#define PIECE 262144u		/* of tee.c */
#define MOST (9u * PIECE + 77u)	/* more than are in memory at once */

static uint8_t data[MOST], back[MOST + 1];

static void
fill(void)
{
	uint32_t x = 2463534242u;

	for (size_t i = 0; i < MOST; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		data[i] = (uint8_t)x;
	}
}

TestSuite(tee, .init = fill);

static int
memfd(const void *p, size_t n)
{
	int fd = memfd_create("tee", MFD_CLOEXEC);

	cr_assert(fd != -1 && write(fd, p, n) == (ssize_t)n);
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void
expect_digest(const uint8_t got[32], const void *p, size_t n)
{
	uint8_t want[32];

	bulla_sha256(p, n, want);
	cr_expect_arr_eq(got, want, 32);
}

/* some read, then size as a segment, and the rest left to tee_end */
static void
pass(size_t len, size_t some, size_t size, unsigned threads)
{
	int in = memfd(data, len), copy = memfd("", 0);
	uint8_t digest[32], segment[32];
	uint64_t got = 0;
	struct tee t;
	size_t n;

	cr_assert_eq(tee_open(&t, in, copy, NULL, NULL), BULLA_OK);
	cr_expect_eq(t.n_first, len < 512 ? len : 512);
	cr_expect_eq(lseek(copy, 0, SEEK_END), 0);
	cr_assert_eq(tee_begin(&t, threads, NULL), BULLA_OK);
	cr_assert_eq(bulla_read_full(&t.r, back, some, &n, NULL), BULLA_OK);
	cr_assert_eq(n, some < len ? some : len);
	cr_expect_arr_eq(back, data, n);
	cr_assert_eq(tee_segment(&t, size, &got, segment, NULL), BULLA_OK);
	cr_assert_eq(got, size < len - n ? size : len - n);
	expect_digest(segment, data + n, got);
	cr_assert_eq(tee_end(&t, digest, NULL), BULLA_OK);
	cr_expect_eq(t.bytes, len);
	expect_digest(digest, data, len);
	cr_assert_eq(pread(copy, back, sizeof(back), 0), (ssize_t)len);
	cr_expect_arr_eq(back, data, len);
	tee_free(&t);
	close(in);
	close(copy);
}

Test(tee, at_every_edge)
{
	static const size_t len[] = { 0, 1, 511, 512, 513, PIECE - 1, PIECE,
		PIECE + 1, 2 * PIECE, MOST };
	static const size_t some[] = { 0, 1, 512, 1536, PIECE + 3 };
	unsigned n = 0;

	for (size_t i = 0; i < sizeof(len) / sizeof(len[0]); i++)
		for (size_t k = 0; k < sizeof(some) / sizeof(some[0]); k++)
			for (size_t s = 0; s <= len[i]; s = 3 * s + 500, n++)
				pass(len[i], some[k], s, 1 + n % 3);
	printf("COUNT tee-edges %u 0\n", n);
}

/* No place for it: said by whatever comes next, and there is no digest. */
Test(tee, a_copy_that_cannot_be_written)
{
	int in = memfd(data, MOST), copy = open("/dev/null", O_RDONLY);
	struct bulla_err err = { 0 };
	uint8_t digest[32] = { 0 };
	uint64_t got;
	struct tee t;

	cr_assert_eq(tee_open(&t, in, copy, NULL, NULL), BULLA_OK);
	cr_assert_eq(tee_begin(&t, 2, NULL), BULLA_OK);
	cr_expect_eq(tee_segment(&t, MOST, &got, digest, NULL), BULLA_E_IO);
	cr_expect_eq(tee_end(&t, digest, &err), BULLA_E_IO);
	cr_expect_not_null(strstr(err.msg, "the copy in the home"));
	tee_free(&t);
	close(in);
	close(copy);
}

struct changer {
	int fd;
	atomic_bool stop;
};

static void *
change(void *arg)
{
	struct changer *c = arg;

	for (unsigned i = 0; !atomic_load(&c->stop); i++)
		(void)!pwrite(c->fd, i % 2 ? "one" : "two", 3,
		    (off_t)(i * 4099u % MOST));
	return NULL;
}

/* Whatever was read of a file that changes: it is what is in the copy. */
Test(tee, a_file_that_changes_meanwhile)
{
	struct changer c = { .fd = memfd(data, MOST) };
	uint8_t digest[32], segment[32];
	pthread_t thread;
	uint64_t got;
	struct tee t;
	int copy;

	cr_assert_eq(pthread_create(&thread, NULL, change, &c), 0);
	for (unsigned i = 0; i < 20; i++) {
		copy = memfd("", 0);
		cr_assert_eq(lseek(c.fd, 0, SEEK_SET), 0);
		cr_assert_eq(tee_open(&t, c.fd, copy, NULL, NULL), BULLA_OK);
		cr_assert_eq(tee_begin(&t, 2, NULL), BULLA_OK);
		cr_assert_eq(tee_segment(&t, MOST, &got, segment, NULL),
		    BULLA_OK);
		cr_assert_eq(tee_end(&t, digest, NULL), BULLA_OK);
		cr_assert_eq(pread(copy, back, sizeof(back), 0),
		    (ssize_t)got);
		expect_digest(digest, back, got);
		expect_digest(segment, back, got);
		tee_free(&t);
		close(copy);
	}
	atomic_store(&c.stop, true);
	pthread_join(thread, NULL);
	close(c.fd);
}
