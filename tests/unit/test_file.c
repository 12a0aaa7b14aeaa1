#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>

#include "scratch.h"

/* WRAP: open64 flock */
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __real_flock(int fd, int how);
int __wrap_flock(int fd, int how);

/* errno for a call that is to fail; 0: the call is made. */
static int tmpfile_fails, flock_fails;
static const char *lost_lock;	/* removed while somebody waits for it */

static int
fail_with(int e)
{
	errno = e;
	return -1;
}

static mode_t
mode_arg(int flags, va_list ap)
{
	if ((flags & O_CREAT) == 0 && (flags & O_TMPFILE) != O_TMPFILE)
		return 0;
	return va_arg(ap, mode_t);
}

int
__wrap_open64(const char *path, int flags, ...)
{
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = mode_arg(flags, ap);
	va_end(ap);
	if (tmpfile_fails != 0 && (flags & O_TMPFILE) == O_TMPFILE)
		return fail_with(tmpfile_fails);
	return __real_open64(path, flags, mode);
}

int
__wrap_flock(int fd, int how)
{
	int e = flock_fails;

	if (lost_lock != NULL) {
		(void)unlink(lost_lock);
		lost_lock = NULL;
	}
	flock_fails = 0;
	return e != 0 ? fail_with(e) : __real_flock(fd, how);
}

TestSuite(file, .init = scratch_enter, .fini = scratch_leave);

Test(file, infile)
{
	unsigned n = n_open();
	struct bulla_err e;
	char c[8];
	int fd = 42;

	cr_assert_eq(bulla_infile_open("none", &fd, &e), BULLA_E_IO);
	cr_assert_str_eq(e.msg, "none: cannot open: No such file or directory");
	cr_assert_eq(bulla_infile_open(".", &fd, &e), BULLA_E_REFUSED);
	cr_assert_str_eq(e.msg, ".: is a directory, not a file");
	cr_assert_eq(fd, 42);
	cr_assert_eq(n_open(), n);
	cr_assert_eq(put("a", "abc", false, NULL), BULLA_OK);
	cr_assert_eq(bulla_infile_open("a", &fd, &e), BULLA_OK);
	cr_assert_eq(read(fd, c, 8), 3);
	cr_assert_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	cr_assert_eq(dup2(open("a", O_RDONLY), STDIN_FILENO), STDIN_FILENO);
	cr_assert_eq(bulla_infile_open("-", &fd, &e), BULLA_OK);
	cr_assert_gt(fd, 2);
	cr_assert_eq(read(fd, c, 8), 3);
	cr_assert_eq(dup2(open(".", O_RDONLY), STDIN_FILENO), STDIN_FILENO);
	cr_assert_eq(bulla_infile_open("-", &fd, &e), BULLA_E_REFUSED);
	cr_assert_str_eq(e.msg, "standard input: is a directory, not a file");
}

Test(file, get_appends_within_the_limit)
{
	struct bulla_buf b = BULLA_BUF_INIT(5);
	unsigned n = n_open();
	struct bulla_err e;

	cr_assert_eq(put("a", "abc", false, NULL), BULLA_OK);
	bulla_buf_str(&b, "xy");
	cr_assert_eq(bulla_file_get("a", &b, NULL), BULLA_OK);
	cr_assert_str_eq(bulla_buf_cstr(&b), "xyabc");
	cr_assert_eq(bulla_file_get("a", &b, &e), BULLA_E_LIMIT);
	cr_assert_str_eq(e.msg, "a: longer than 5 bytes");
	cr_assert_eq(bulla_file_get("none", &b, &e), BULLA_E_IO);
	cr_assert_eq(b.len, 5);
	cr_assert_eq(n_open(), n);
	bulla_buf_free(&b);
}

Test(file, same_file)
{
	int a, b, d, p[2];

	cr_assert_eq(put("a", "", false, NULL), BULLA_OK);
	cr_assert_eq(put("b", "", false, NULL), BULLA_OK);
	cr_assert_eq(link("a", "a2"), 0);
	a = open("a", O_RDONLY);
	b = open("b", O_RDONLY);
	cr_assert_not(bulla_same_file(a, b));
	b = open("a2", O_RDONLY);
	cr_assert(bulla_same_file(a, b));
	cr_assert_not(bulla_same_file(a, -1));
	cr_assert_not(bulla_same_file(-1, a));
	d = open("/dev/null", O_RDONLY);
	cr_assert_not(bulla_same_file(d, d));
	cr_assert_eq(pipe(p), 0);
	cr_assert_not(bulla_same_file(p[0], p[1]));
}

static void
spool(const char *dir)
{
	unsigned n = n_open();
	struct stat sb;
	char c[4];
	int fd = -1;

	cr_assert_eq(bulla_spool_open(dir, &fd, NULL), BULLA_OK);
	cr_assert_eq(write(fd, "abc", 3), 3);
	cr_assert_eq(pread(fd, c, 4, 0), 3);
	cr_assert_eq(fstat(fd, &sb), 0);
	cr_assert_eq(sb.st_nlink, 0);
	cr_assert_eq(sb.st_mode & 07777, 0600);
	cr_assert_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	cr_assert_eq(n_entries("."), 0);
	close(fd);
	cr_assert_eq(n_open(), n);
}

Test(file, spool)
{
	struct bulla_err e;
	int fd = 42;

	spool(".");
	spool(NULL);
	tmpfile_fails = EOPNOTSUPP;
	spool(".");
	cr_assert_eq(bulla_spool_open("none", &fd, &e), BULLA_E_IO);
	tmpfile_fails = 0;
	cr_assert_eq(bulla_spool_open("none", &fd, &e), BULLA_E_IO);
	cr_assert_str_eq(e.msg, "none: cannot make a temporary file: "
	    "No such file or directory");
	setenv("TMPDIR", "none", 1);
	cr_assert_eq(bulla_spool_open(NULL, &fd, NULL), BULLA_E_IO);
	setenv("TMPDIR", "", 1);
	spool(NULL);
	cr_assert_eq(fd, 42);
}

Test(file, lock)
{
	struct bulla_err e = { 0 };
	unsigned n = n_open();
	int a, b = 42;

	cr_assert_eq(bulla_lock("l", false, &a, NULL), BULLA_OK);
	cr_assert_eq(mode_of("l"), 0600);
	cr_assert_eq(bulla_lock("l", false, &b, &e), BULLA_E_AGAIN);
	cr_assert_str_eq(e.msg, "l: another process holds this lock");
	cr_assert_eq(b, 42);
	close(a);
	flock_fails = EINTR;
	cr_assert_eq(bulla_lock("l", true, &b, NULL), BULLA_OK);
	close(b);
	flock_fails = ENOLCK;
	cr_assert_eq(bulla_lock("l", true, &b, &e), BULLA_E_IO);
	cr_assert_eq(e.sys_errno, ENOLCK);
	cr_assert_eq(symlink("l", "sym"), 0);
	cr_assert_eq(bulla_lock("sym", true, &b, &e), BULLA_E_IO);
	cr_assert_eq(bulla_lock("no/l", true, &b, &e), BULLA_E_IO);
	cr_assert_eq(n_open(), n);
}

/* The file goes away between open and flock: lock the new one instead. */
Test(file, lock_is_on_the_file_that_others_see)
{
	struct stat held, there;
	unsigned n = n_open();
	int fd;

	lost_lock = "l";
	cr_assert_eq(bulla_lock("l", true, &fd, NULL), BULLA_OK);
	cr_assert_eq(n_open(), n + 1);
	cr_assert_eq(fstat(fd, &held), 0);
	cr_assert_eq(stat("l", &there), 0);
	cr_assert_eq(held.st_ino, there.st_ino);
}

Test(file, space_and_time)
{
	struct bulla_err e = { 0 };
	int fd = open(".", O_RDONLY);
	uint64_t n = 0;

	cr_assert_eq(bulla_space_free(fd, &n, NULL), BULLA_OK);
	cr_assert_gt(n, 0);
	cr_assert_eq(bulla_space_free(-1, &n, &e), BULLA_E_IO);
	cr_assert_eq(e.sys_errno, EBADF);
	cr_assert_gt(bulla_now(), INT64_C(1700000000));
}
