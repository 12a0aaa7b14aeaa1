#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bulla/io.h"

/* WRAP: read write pread pread64 pwrite pwrite64 */
ssize_t __real_read(int fd, void *p, size_t n);
ssize_t __wrap_read(int fd, void *p, size_t n);
ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t __real_pread64(int fd, void *p, size_t n, off_t off);
ssize_t __wrap_pread64(int fd, void *p, size_t n, off_t off);
ssize_t __wrap_pread(int fd, void *p, size_t n, off_t off);
ssize_t __real_pwrite64(int fd, const void *p, size_t n, off_t off);
ssize_t __wrap_pwrite64(int fd, const void *p, size_t n, off_t off);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t off);

/* What the calls on fault_fd do, one after the other. */
enum act { PASS, ONE_BYTE, INTERRUPT, NOTHING, BROKEN };
static int fault_fd = -1;
static const enum act *acts;
static size_t n_acts, at_act;

static enum act
next_act(int fd)
{
	if (fd != fault_fd)
		return PASS;
	return at_act < n_acts ? acts[at_act++] : PASS;
}

/* -2: go on with *n bytes; else what to return. */
static ssize_t
faulty(int fd, size_t *n)
{
	switch (next_act(fd)) {
	case ONE_BYTE:
		*n = *n > 0 ? 1 : 0;
		return -2;
	case INTERRUPT:
		errno = EINTR;
		return -1;
	case NOTHING:
		return 0;
	case BROKEN:
		errno = ENOSPC;
		return -1;
	case PASS:
		break;
	}
	return -2;
}

ssize_t
__wrap_read(int fd, void *p, size_t n)
{
	ssize_t r = faulty(fd, &n);

	return r == -2 ? __real_read(fd, p, n) : r;
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	ssize_t r = faulty(fd, &n);

	return r == -2 ? __real_write(fd, p, n) : r;
}

ssize_t
__wrap_pread64(int fd, void *p, size_t n, off_t off)
{
	ssize_t r = faulty(fd, &n);

	return r == -2 ? __real_pread64(fd, p, n, off) : r;
}

ssize_t
__wrap_pread(int fd, void *p, size_t n, off_t off)
{
	return __wrap_pread64(fd, p, n, off);
}

ssize_t
__wrap_pwrite64(int fd, const void *p, size_t n, off_t off)
{
	ssize_t r = faulty(fd, &n);

	return r == -2 ? __real_pwrite64(fd, p, n, off) : r;
}

ssize_t
__wrap_pwrite(int fd, const void *p, size_t n, off_t off)
{
	return __wrap_pwrite64(fd, p, n, off);
}

static void
script(int fd, const enum act *a, size_t n)
{
	fault_fd = fd;
	acts = a;
	n_acts = n;
	at_act = 0;
}

/* An unlinked file that holds s, at offset 0. */
static int
file_with(const char *s)
{
	char name[] = "/tmp/bulla-test-XXXXXX";
	int fd = mkstemp(name);

	cr_assert_neq(fd, -1);
	cr_assert_eq(unlink(name), 0);
	cr_assert_eq(__real_write(fd, s, strlen(s)), (ssize_t)strlen(s));
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

Test(io, memory_reader)
{
	struct bulla_reader_mem m;
	char out[4];
	size_t n = 9;

	bulla_reader_mem_init(&m, "abcdef", 6);
	cr_assert_eq(m.r.read(&m.r, out, 4, &n, NULL), BULLA_OK);
	cr_assert_eq(n, 4);
	cr_assert_arr_eq(out, "abcd", 4);
	cr_assert_eq(m.r.read(&m.r, out, 4, &n, NULL), BULLA_OK);
	cr_assert_eq(n, 2);
	cr_assert_eq(m.r.read(&m.r, out, 4, &n, NULL), BULLA_OK);
	cr_assert_eq(n, 0);
	bulla_reader_mem_init(&m, NULL, 0);
	cr_assert_eq(m.r.read(&m.r, out, 4, &n, NULL), BULLA_OK);
	cr_assert_eq(n, 0);
}

Test(io, read_full_goes_on_after_short_reads_and_signals)
{
	static const enum act a[] = { ONE_BYTE, INTERRUPT, INTERRUPT,
	    ONE_BYTE };
	int fd = file_with("abcdef");
	struct bulla_reader_fd f;
	char out[10];
	size_t n;

	bulla_reader_fd_init(&f, fd, "x");
	script(fd, a, 4);
	cr_assert_eq(bulla_read_full(&f.r, out, 5, &n, NULL), BULLA_OK);
	cr_assert_eq(n, 5);
	cr_assert_arr_eq(out, "abcde", 5);
	cr_assert_eq(at_act, 4);
	cr_assert_eq(bulla_read_full(&f.r, out, 10, &n, NULL), BULLA_OK);
	cr_assert_eq(n, 1);
	cr_assert_eq(bulla_read_full(&f.r, out, 10, &n, NULL), BULLA_OK);
	cr_assert_eq(n, 0);
	cr_assert_eq(bulla_read_full(&f.r, out, 0, &n, NULL), BULLA_OK);
	close(fd);
}

Test(io, read_errors_name_the_input)
{
	static const enum act a[] = { ONE_BYTE, BROKEN };
	struct bulla_buf b = BULLA_BUF_INIT(100);
	int fd = file_with("abcdef");
	struct bulla_reader_fd f;
	struct bulla_err e = { 0 };
	char out[10];
	size_t n = 42;

	bulla_reader_fd_init(&f, fd, "case.img");
	script(fd, a, 2);
	cr_assert_eq(bulla_read_full(&f.r, out, 9, &n, &e), BULLA_E_IO);
	cr_assert_eq(n, 42);
	cr_assert_str_eq(e.msg,
	    "case.img: cannot read: No space left on device");
	bulla_buf_str(&b, "old");
	script(fd, a, 2);
	cr_assert_eq(bulla_read_all(&f.r, &b, &e), BULLA_E_IO);
	cr_assert_str_eq(bulla_buf_cstr(&b), "old");
	bulla_buf_free(&b);
	close(fd);
}

Test(io, read_all_appends_up_to_the_maximum)
{
	struct bulla_buf b = BULLA_BUF_INIT(8);
	struct bulla_reader_mem m;
	struct bulla_err e = { 0 };

	bulla_buf_str(&b, "ab");
	bulla_reader_mem_init(&m, "cdefgh", 6);
	cr_assert_eq(bulla_read_all(&m.r, &b, &e), BULLA_OK);
	cr_assert_str_eq(bulla_buf_cstr(&b), "abcdefgh");
	bulla_reader_mem_init(&m, "i", 1);
	cr_assert_eq(bulla_read_all(&m.r, &b, &e), BULLA_E_LIMIT);
	cr_assert_str_eq(e.msg, "longer than 8 bytes");
	cr_assert_eq(b.len, 8);
	bulla_buf_free(&b);
}

Test(io, read_all_takes_back_all_its_chunks)
{
	static char big[50000];
	struct bulla_buf b = BULLA_BUF_INIT(40000);
	struct bulla_reader_mem m;

	memset(big, 'x', sizeof(big));
	bulla_buf_str(&b, "ab");
	bulla_reader_mem_init(&m, big, sizeof(big));
	cr_assert_eq(bulla_read_all(&m.r, &b, NULL), BULLA_E_LIMIT);
	cr_assert_eq(b.len, 2);
	for (size_t i = b.len; i < b.cap && i < 32768; i++)
		cr_assert_eq(b.p[i], 0, "not wiped: %zu", i);
	bulla_buf_free(&b);
}

Test(io, write_takes_it_all)
{
	static const enum act a[] = { ONE_BYTE, INTERRUPT, ONE_BYTE };
	int fd = file_with("");
	char out[10];

	script(fd, a, 3);
	cr_assert_eq(bulla_write_fd(fd, "abcdef", 6, "x", NULL), BULLA_OK);
	cr_assert_eq(at_act, 3);
	cr_assert_eq(__real_pread64(fd, out, 10, 0), 6);
	cr_assert_arr_eq(out, "abcdef", 6);
	cr_assert_eq(bulla_write_fd(fd, NULL, 0, "x", NULL), BULLA_OK);
	close(fd);
}

Test(io, write_errors_and_writes_of_nothing)
{
	static const enum act a[] = { ONE_BYTE, BROKEN, ONE_BYTE, NOTHING };
	struct bulla_err e = { 0 };
	int fd = file_with("");

	script(fd, a, 4);
	cr_assert_eq(bulla_write_fd(fd, "abc", 3, "out", &e), BULLA_E_IO);
	cr_assert_str_eq(e.msg, "out: cannot write: No space left on device");
	cr_assert_eq(bulla_write_fd(fd, "abc", 3, "out", &e), BULLA_E_IO);
	cr_assert_str_eq(e.msg, "out: cannot write: Input/output error");
	close(fd);
}

Test(io, a_failed_writer_stays_failed)
{
	static const enum act a[] = { BROKEN };
	struct bulla_writer_fd w;
	struct bulla_err e = { 0 };
	int fd = file_with("");

	bulla_writer_fd_init(&w, fd, "out");
	script(fd, a, 1);
	cr_assert_eq(w.w.write(&w.w, "a", 1, NULL), BULLA_E_IO);
	cr_assert_eq(w.w.write(&w.w, "b", 1, &e), BULLA_E_IO);
	cr_assert_eq(e.sys_errno, ENOSPC);
	cr_assert_eq(lseek(fd, 0, SEEK_END), 0);
	close(fd);
}

Test(io, writers_write)
{
	struct bulla_buf b = BULLA_BUF_INIT(4);
	struct bulla_writer_buf m;
	struct bulla_writer_fd w;
	int fd = file_with("");
	struct bulla_err e = { 0 };

	bulla_writer_fd_init(&w, fd, "out");
	cr_assert_eq(w.w.write(&w.w, "ab", 2, NULL), BULLA_OK);
	cr_assert_eq(w.w.write(&w.w, "c", 1, NULL), BULLA_OK);
	cr_assert_eq(lseek(fd, 0, SEEK_END), 3);
	bulla_writer_buf_init(&m, &b);
	cr_assert_eq(m.w.write(&m.w, "abcd", 4, &e), BULLA_OK);
	cr_assert_eq(m.w.write(&m.w, "e", 1, &e), BULLA_E_LIMIT);
	cr_assert_str_eq(e.msg, "longer than 4 bytes");
	cr_assert_eq(m.w.write(&m.w, "", 0, &e), BULLA_E_LIMIT);
	b.st = BULLA_E_NOMEM;
	cr_assert_eq(m.w.write(&m.w, "e", 1, &e), BULLA_E_NOMEM);
	cr_assert_str_eq(e.msg, "out of memory");
	bulla_buf_free(&b);
	close(fd);
}

Test(io, at_an_offset)
{
	static const enum act a[] = { ONE_BYTE, INTERRUPT, ONE_BYTE };
	int fd = file_with("0123456789");
	char out[20];
	size_t n;

	script(fd, a, 3);
	cr_assert_eq(bulla_pwrite_fd(fd, "abcd", 4, 3, "x", NULL), BULLA_OK);
	cr_assert_eq(at_act, 3);
	script(fd, a, 3);
	cr_assert_eq(bulla_pread_fd(fd, out, 5, 2, &n, "x", NULL), BULLA_OK);
	cr_assert_eq(at_act, 3);
	cr_assert_eq(n, 5);
	cr_assert_arr_eq(out, "2abcd", 5);
	cr_assert_eq(bulla_pread_fd(fd, out, 20, 8, &n, "x", NULL), BULLA_OK);
	cr_assert_eq(n, 2);
	cr_assert_eq(bulla_pread_fd(fd, out, 20, 99, &n, "x", NULL), BULLA_OK);
	cr_assert_eq(n, 0);
	cr_assert_eq(lseek(fd, 0, SEEK_CUR), 0);
	close(fd);
}

Test(io, offset_errors)
{
	static const enum act broken[] = { BROKEN }, nothing[] = { NOTHING };
	int fd = file_with("0123456789");
	struct bulla_err e = { 0 };
	size_t n = 42;
	char c;

	script(fd, broken, 1);
	cr_assert_eq(bulla_pread_fd(fd, &c, 1, 0, &n, "in", &e), BULLA_E_IO);
	cr_assert_str_eq(e.msg, "in: cannot read: No space left on device");
	script(fd, broken, 1);
	cr_assert_eq(bulla_pwrite_fd(fd, "a", 1, 0, "o", &e), BULLA_E_IO);
	cr_assert_str_eq(e.msg, "o: cannot write: No space left on device");
	script(fd, nothing, 1);
	cr_assert_eq(bulla_pwrite_fd(fd, "a", 1, 0, "o", &e), BULLA_E_IO);
	cr_assert_eq(e.sys_errno, EIO);
	script(-1, NULL, 0);
	cr_assert_eq(bulla_pread_fd(fd, &c, 1, INT64_MAX, &n, "in", &e),
	    BULLA_E_IO);
	cr_assert_eq(e.sys_errno, EFBIG);
	cr_assert_eq(bulla_pread_fd(fd, &c, 1, UINT64_MAX, &n, "in", &e),
	    BULLA_E_IO);
	cr_assert_eq(e.sys_errno, EFBIG);
	cr_assert_eq(bulla_pwrite_fd(fd, "ab", 2, INT64_MAX - 1, "o", &e),
	    BULLA_E_IO);
	cr_assert_eq(e.sys_errno, EFBIG);
	cr_assert_eq(n, 42);
	close(fd);
}

static struct {
	int fd[2];
	bool thread_writes;
} slow;

/* The other end of the pipe, which does nothing at first. */
static void *
slow_end(void *arg)
{
	char junk[65536];

	usleep(50000);
	if (slow.thread_writes) {
		(void)!__real_write(slow.fd[1], "late", 4);
		close(slow.fd[1]);
	} else {
		while (__real_read(slow.fd[0], junk, sizeof(junk)) > 0)
			;
	}
	return arg;
}

static pthread_t
start_slow(bool thread_writes)
{
	pthread_t t;

	cr_assert_eq(pipe(slow.fd), 0);
	slow.thread_writes = thread_writes;
	cr_assert_eq(pthread_create(&t, NULL, slow_end, NULL), 0);
	return t;
}

Test(io, a_pipe_made_non_blocking_is_waited_for)
{
	static char big[300000];
	struct bulla_reader_fd f;
	pthread_t t = start_slow(true);
	char out[10];
	size_t n;

	cr_assert_eq(fcntl(slow.fd[0], F_SETFL, O_NONBLOCK), 0);
	bulla_reader_fd_init(&f, slow.fd[0], "pipe");
	cr_assert_eq(bulla_read_full(&f.r, out, 10, &n, NULL), BULLA_OK);
	cr_assert_eq(n, 4);
	pthread_join(t, NULL);
	t = start_slow(false);
	cr_assert_eq(fcntl(slow.fd[1], F_SETFL, O_NONBLOCK), 0);
	cr_assert_eq(bulla_write_fd(slow.fd[1], big, sizeof(big), "pipe",
	    NULL), BULLA_OK);
	close(slow.fd[1]);
	pthread_join(t, NULL);
}

Test(io, a_pipe_is_made_wider_and_nothing_else_is_touched)
{
	int a[2], b[2], file = memfd_create("file", 0);

	cr_assert(pipe(a) == 0 && pipe(b) == 0 && file != -1);
	/* what the system allows here */
	(void)fcntl(a[0], F_SETPIPE_SZ, BULLA_PIPE_SIZE);
	errno = E2BIG;
	bulla_pipe_widen(b[0]);
	bulla_pipe_widen(file);
	bulla_pipe_widen(-1);
	cr_expect_eq(errno, E2BIG);
	cr_expect_eq(fcntl(b[1], F_GETPIPE_SZ), fcntl(a[1], F_GETPIPE_SZ));
	/* only root may go beyond the system's limit */
	if (fcntl(b[0], F_SETPIPE_SZ, 4 * BULLA_PIPE_SIZE) > 0) {
		bulla_pipe_widen(b[0]);
		cr_expect_geq(fcntl(b[0], F_GETPIPE_SZ), 4 * BULLA_PIPE_SIZE);
	}
	for (unsigned i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
	close(file);
}
