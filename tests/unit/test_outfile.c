#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>

#include "scratch.h"

/* WRAP: fsync close linkat renameat renameat2 openat64 access */
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_close(int fd);
int __wrap_close(int fd);
int __real_linkat(int a, const char *from, int b, const char *to, int flags);
int __wrap_linkat(int a, const char *from, int b, const char *to, int flags);
int __real_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to);
int __real_renameat2(int a, const char *from, int b, const char *to,
    unsigned flags);
int __wrap_renameat2(int a, const char *from, int b, const char *to,
    unsigned flags);
int __real_openat64(int at, const char *path, int flags, ...);
int __wrap_openat64(int at, const char *path, int flags, ...);
int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);

/* errno for a call that is to fail; 0: the call is made. */
static int fsync_fails, fsync_turn, close_fails, link_fails, rename_fails;
static int rename2_fails, tmpfile_fails, access_fails;
static unsigned n_fsync, n_link, n_renameat2;

static int
fail_with(int e)
{
	errno = e;
	return -1;
}

int
__wrap_fsync(int fd)
{
	n_fsync++;
	if (fsync_fails != 0 && --fsync_turn == 0)
		return fail_with(fsync_fails);
	return __real_fsync(fd);
}

int
__wrap_close(int fd)
{
	int r = __real_close(fd), e = close_fails;

	close_fails = 0;
	return e != 0 ? fail_with(e) : r;
}

int
__wrap_linkat(int a, const char *from, int b, const char *to, int flags)
{
	n_link++;
	if (link_fails != 0)
		return fail_with(link_fails);
	return __real_linkat(a, from, b, to, flags);
}

int
__wrap_renameat(int a, const char *from, int b, const char *to)
{
	if (rename_fails != 0)
		return fail_with(rename_fails);
	return __real_renameat(a, from, b, to);
}

int
__wrap_renameat2(int a, const char *from, int b, const char *to,
    unsigned flags)
{
	n_renameat2++;
	if (rename2_fails != 0)
		return fail_with(rename2_fails);
	return __real_renameat2(a, from, b, to, flags);
}

static mode_t
mode_arg(int flags, va_list ap)
{
	if ((flags & O_CREAT) == 0 && (flags & O_TMPFILE) != O_TMPFILE)
		return 0;
	return va_arg(ap, mode_t);
}

int
__wrap_openat64(int at, const char *path, int flags, ...)
{
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = mode_arg(flags, ap);
	va_end(ap);
	if (tmpfile_fails != 0 && (flags & O_TMPFILE) == O_TMPFILE)
		return fail_with(tmpfile_fails);
	return __real_openat64(at, path, flags, mode);
}

int
__wrap_access(const char *path, int mode)
{
	if (access_fails != 0)
		return fail_with(access_fails);
	return __real_access(path, mode);
}

TestSuite(outfile, .init = scratch_enter, .fini = scratch_leave);

Test(outfile, appears_at_commit_with_its_mode_and_durably)
{
	struct bulla_outfile o = BULLA_OUTFILE_INIT;

	cr_assert_eq(bulla_outfile_open(&o, "a", 0640, false, true, NULL), 0);
	cr_assert_eq(write(o.fd, "hello", 5), 5);
	cr_assert_eq(n_entries("."), 0, "a nameless file has a name");
	cr_assert_eq(n_fsync, 0);
	cr_assert_eq(bulla_outfile_commit(&o, NULL), BULLA_OK);
	cr_assert_eq(n_fsync, 2);	/* the file, its directory */
	cr_assert(o.fd == -1 && o.dirfd == -1 && o.path == NULL);
	expect_file("a", "hello");
	cr_assert_eq(mode_of("a"), 0640);
	cr_assert_eq(n_entries("."), 1);
	bulla_outfile_free(&o);
}

Test(outfile, freed_without_commit_leaves_nothing)
{
	struct bulla_outfile o = BULLA_OUTFILE_INIT;
	unsigned n = n_open();

	bulla_outfile_free(&o);
	cr_assert_eq(bulla_outfile_open(&o, "a", 0600, true, false, NULL), 0);
	cr_assert_eq(write(o.fd, "hello", 5), 5);
	bulla_outfile_free(&o);
	bulla_outfile_free(&o);
	tmpfile_fails = EOPNOTSUPP;
	cr_assert_eq(bulla_outfile_open(&o, "a", 0600, true, false, NULL), 0);
	cr_assert_eq(n_entries("."), 1);
	bulla_outfile_free(&o);
	cr_assert_eq(n_entries("."), 0);
	cr_assert_eq(n_open(), n);
}

static void
put_all_ways(void)
{
	struct bulla_err e = { 0 };
	unsigned n = n_open();

	cr_assert_eq(put("a", "one", false, NULL), BULLA_OK);
	expect_file("a", "one");
	cr_assert_eq(put("a", "two", false, &e), BULLA_E_REFUSED);
	cr_assert_str_eq(e.msg, "a: exists already (-f replaces it)");
	expect_file("a", "one");
	cr_assert_eq(put("a", "two", true, NULL), BULLA_OK);
	expect_file("a", "two");
	cr_assert_eq(put("b", "", true, NULL), BULLA_OK);
	expect_file("b", "");
	cr_assert_eq(mode_of("b"), 0644);
	cr_assert_eq(n_entries("."), 2);
	cr_assert_eq(n_open(), n);
}

Test(outfile, put) { put_all_ways(); cr_assert_eq(n_renameat2, 0); }

Test(outfile, put_without_o_tmpfile)
{
	tmpfile_fails = EOPNOTSUPP;
	put_all_ways();
	cr_assert_gt(n_renameat2, 0);
	cr_assert_eq(n_link, 0);
}

Test(outfile, put_on_an_old_kernel) { tmpfile_fails = EISDIR; put_all_ways(); }
Test(outfile, put_without_proc) { access_fails = ENOENT; put_all_ways(); }

Test(outfile, put_on_nfs)
{
	tmpfile_fails = EOPNOTSUPP;
	rename2_fails = EINVAL;
	put_all_ways();
	cr_assert_gt(n_link, 0);
}

static void
overtaken(void)
{
	struct bulla_outfile o = BULLA_OUTFILE_INIT;
	struct bulla_err e = { 0 };

	cr_assert_eq(bulla_outfile_open(&o, "a", 0600, false, false, NULL), 0);
	cr_assert_eq(close(open("a", O_WRONLY | O_CREAT, 0600)), 0);
	cr_assert_eq(bulla_outfile_commit(&o, &e), BULLA_E_REFUSED);
	cr_assert_str_eq(e.msg,
	    "a: has come to exist meanwhile (-f replaces it)");
	expect_file("a", "");
	cr_assert_eq(n_entries("."), 1);
}

Test(outfile, overtaken_nameless) { overtaken(); }
Test(outfile, overtaken_named) { tmpfile_fails = EOPNOTSUPP; overtaken(); }

Test(outfile, overtaken_on_nfs)
{
	tmpfile_fails = EOPNOTSUPP;
	rename2_fails = EINVAL;
	overtaken();
}

Test(outfile, names_that_are_no_file)
{
	static const char *const bad[] = { "", "/", "a/", ".", "..", "x/.." };
	struct bulla_outfile o = BULLA_OUTFILE_INIT;
	struct bulla_err e;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(bulla_outfile_open(&o, bad[i], 0600, true, false,
		    &e), BULLA_E_USAGE, "'%s'", bad[i]);
	cr_assert_eq(bulla_outfile_open(&o, "no\n/a", 0600, false, false, &e),
	    BULLA_E_IO);
	cr_assert_str_eq(e.msg, "no\\x0a/a: cannot open its directory: "
	    "No such file or directory");
	cr_assert(o.fd == -1 && o.path == NULL);
}

Test(outfile, force_replaces_regular_files_only)
{
	struct bulla_err e;

	cr_assert_eq(mkdir("dir", 0700), 0);
	cr_assert_eq(mkfifo("fifo", 0600), 0);
	cr_assert_eq(symlink("target", "link"), 0);
	cr_assert_eq(put("dir", "x", true, &e), BULLA_E_REFUSED);
	cr_assert_str_eq(e.msg,
	    "dir: not a regular file, so it is not replaced");
	cr_assert_eq(put("fifo", "x", true, NULL), BULLA_E_REFUSED);
	cr_assert_eq(put("link", "x", true, NULL), BULLA_E_REFUSED);
	cr_assert_eq(put("link", "x", false, NULL), BULLA_E_REFUSED);
	cr_assert_eq(put("/dev/null", "x", true, NULL), BULLA_E_REFUSED);
	cr_assert_eq(n_entries("."), 3);
}

Test(outfile, force_checks_again_at_commit)
{
	struct bulla_outfile o = BULLA_OUTFILE_INIT;

	cr_assert_eq(bulla_outfile_open(&o, "a", 0600, true, false, NULL), 0);
	cr_assert_eq(symlink("b", "a"), 0);
	cr_assert_eq(bulla_outfile_commit(&o, NULL), BULLA_E_REFUSED);
	cr_assert_eq(n_entries("."), 1);
}

/* Each call that may fail does, with and without force: one clean error. */
static void
commit_fails(bool force, unsigned left, const char *msg)
{
	struct bulla_err e = { 0 };
	unsigned n = n_open();

	cr_assert_eq(put("a", "new", force, &e), BULLA_E_IO, "%s", msg);
	if (strcmp(e.msg, msg) != 0)
		cr_assert_fail("%s\n%s", e.msg, msg);
	cr_assert_eq(n_entries("."), left, "%s", msg);
	cr_assert_eq(n_open(), n, "%s", msg);
	fsync_fails = close_fails = link_fails = rename_fails = 0;
}

#define NO_SPACE ": No space left on device"
#define NO_IO ": Input/output error"

static void
fault_everything(void)
{
	fsync_fails = EIO;
	fsync_turn = 1;
	commit_fails(false, 0, "a: cannot make it durable" NO_IO);
	fsync_fails = EIO;
	fsync_turn = 2;
	commit_fails(false, 0, "a: cannot make its name durable" NO_IO);
	fsync_fails = EIO;
	fsync_turn = 1;
	commit_fails(true, 0, "a: cannot make it durable" NO_IO);
	rename_fails = ENOSPC;
	commit_fails(true, 0, "a: cannot replace" NO_SPACE);
	fsync_fails = EIO;
	fsync_turn = 2;		/* it has its name, whole, and keeps it */
	commit_fails(true, 1, "a: cannot make its name durable" NO_IO);
	expect_file("a", "new");
}

Test(outfile, faults_nameless)
{
	link_fails = ENOSPC;
	commit_fails(false, 0, "a: cannot give it its name" NO_SPACE);
	link_fails = ENOSPC;
	commit_fails(true, 0, "a: cannot give it a name" NO_SPACE);
	fault_everything();
}

Test(outfile, faults_named)
{
	tmpfile_fails = EOPNOTSUPP;
	rename2_fails = ENOSPC;
	commit_fails(false, 0, "a: cannot give it its name" NO_SPACE);
	rename2_fails = 0;
	fault_everything();
}

Test(outfile, fault_close)
{
	struct bulla_outfile o = BULLA_OUTFILE_INIT;
	struct bulla_err e;

	cr_assert_eq(bulla_outfile_open(&o, "a", 0600, false, false, NULL), 0);
	close_fails = EIO;
	cr_assert_eq(bulla_outfile_commit(&o, &e), BULLA_E_IO);
	cr_assert_eq(n_entries("."), 0);
	cr_assert_str_eq(e.msg, "a: cannot make its name durable" NO_IO);
}

Test(outfile, no_such_error_is_taken_for_no_o_tmpfile)
{
	struct bulla_err e;

	tmpfile_fails = ENOSPC;
	cr_assert_eq(put("a", "x", false, &e), BULLA_E_IO);
	cr_assert_str_eq(e.msg, "a: cannot create" NO_SPACE);
}

Test(outfile, standard_output)
{
	int saved = dup(STDOUT_FILENO),
	    fd = open("out", O_RDWR | O_CREAT, 0600);
	struct bulla_outfile o = BULLA_OUTFILE_INIT;
	struct bulla_err e;

	cr_assert_eq(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	cr_assert_eq(bulla_outfile_open(&o, "-", 0600, false, true, NULL), 0);
	cr_assert_neq(o.fd, STDOUT_FILENO);
	cr_assert_eq(write(o.fd, "hi", 2), 2);
	cr_assert_eq(bulla_outfile_commit(&o, NULL), BULLA_OK);
	cr_assert_eq(bulla_outfile_open(&o, "-", 0600, false, true, NULL), 0);
	close_fails = EIO;
	cr_assert_eq(bulla_outfile_commit(&o, &e), BULLA_E_IO);
	cr_assert_eq(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	expect_file("out", "hi");
	cr_assert_eq(n_entries("."), 1);
	cr_assert_str_eq(e.msg, "standard output: cannot write" NO_IO);
}

Test(outfile, no_binary_to_a_terminal)
{
	struct bulla_outfile o = BULLA_OUTFILE_INIT;
	int saved = dup(STDOUT_FILENO), master, slave;
	enum bulla_status binary, text;
	struct bulla_err e = { 0 };

	cr_assert_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	cr_assert_eq(dup2(slave, STDOUT_FILENO), STDOUT_FILENO);
	binary = bulla_outfile_open(&o, "-", 0600, false, true, &e);
	text = bulla_outfile_open(&o, "-", 0600, false, false, NULL);
	bulla_outfile_free(&o);
	cr_assert_eq(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	cr_assert_eq(binary, BULLA_E_REFUSED);
	cr_assert_eq(text, BULLA_OK);
	cr_assert_str_eq(e.msg, "standard output is a terminal and the output "
	    "is binary: give -o FILE, or redirect it");
}

Test(outfile, commit_of_nothing_is_a_mistake_of_ours, .signal = SIGABRT)
{
	struct bulla_outfile o = BULLA_OUTFILE_INIT;

	(void)!bulla_outfile_commit(&o, NULL);
}

