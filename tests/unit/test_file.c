#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/file.h"

/* WRAP: fsync close linkat renameat renameat2 openat64 open64 access flock */
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
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
int __real_flock(int fd, int how);
int __wrap_flock(int fd, int how);

/* errno for the call whose turn it is; 0: the call is made. */
static int fsync_fails, fsync_turn, close_fails, link_fails, rename_fails;
static int rename2_fails, tmpfile_fails, access_fails, flock_fails;
static unsigned n_fsync, n_link, n_renameat2;
static const char *lost_lock;	/* removed while somebody waits for it */

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
__wrap_access(const char *path, int mode)
{
	if (access_fails != 0)
		return fail_with(access_fails);
	return __real_access(path, mode);
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

/* Each test has a directory of its own and stands in it. */
static char top[] = "/tmp/bulla-test-XXXXXX";

static void
setup(void)
{
	cr_assert_not_null(mkdtemp(top));
	cr_assert_eq(chdir(top), 0);
	(void)umask(022);
}

static void
teardown(void)
{
	char cmd[64];

	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", top);
	cr_assert_eq(system(cmd), 0);
}

TestSuite(file, .init = setup, .fini = teardown);

static unsigned
n_entries(const char *path)
{
	DIR *d = opendir(path);
	unsigned n = 0;

	cr_assert_not_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

static void
expect_file(const char *path, const char *want)
{
	struct bulla_buf b = BULLA_BUF_INIT(1000);

	cr_assert_eq(bulla_file_get(path, &b, NULL), BULLA_OK, "%s", path);
	cr_assert_str_eq(bulla_buf_cstr(&b), want);
	bulla_buf_free(&b);
}

static enum bulla_status
put(const char *path, const char *text, bool force, struct bulla_err *e)
{
	return bulla_file_put(path, text, strlen(text), 0644, force, e);
}

static mode_t
mode_of(const char *path)
{
	struct stat sb;

	cr_assert_eq(lstat(path, &sb), 0);
	return sb.st_mode & 07777;
}

Test(file, appears_at_commit_with_its_mode_and_durably)
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

Test(file, freed_without_commit_leaves_nothing)
{
	struct bulla_outfile o = BULLA_OUTFILE_INIT;

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
}

static void
put_all_ways(void)
{
	struct bulla_err e = { 0 };

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
}

Test(file, put) { put_all_ways(); cr_assert_eq(n_renameat2, 0); }

Test(file, put_without_o_tmpfile)
{
	tmpfile_fails = EOPNOTSUPP;
	put_all_ways();
	cr_assert_gt(n_renameat2, 0);
	cr_assert_eq(n_link, 0);
}

Test(file, put_on_an_old_kernel) { tmpfile_fails = EISDIR; put_all_ways(); }
Test(file, put_without_proc) { access_fails = ENOENT; put_all_ways(); }

Test(file, put_on_nfs)
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

Test(file, overtaken_nameless) { overtaken(); }
Test(file, overtaken_named) { tmpfile_fails = EOPNOTSUPP; overtaken(); }

Test(file, overtaken_on_nfs)
{
	tmpfile_fails = EOPNOTSUPP;
	rename2_fails = EINVAL;
	overtaken();
}

Test(file, names_that_are_no_file)
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

Test(file, force_replaces_regular_files_only)
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

Test(file, force_checks_again_at_commit)
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

	cr_assert_eq(put("a", "new", force, &e), BULLA_E_IO, "%s", msg);
	if (strcmp(e.msg, msg) != 0)
		cr_assert_fail("%s\n%s", e.msg, msg);
	cr_assert_eq(n_entries("."), left, "%s", msg);
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

Test(file, faults_nameless)
{
	link_fails = ENOSPC;
	commit_fails(false, 0, "a: cannot give it its name" NO_SPACE);
	link_fails = ENOSPC;
	commit_fails(true, 0, "a: cannot give it a name" NO_SPACE);
	fault_everything();
}

Test(file, faults_named)
{
	tmpfile_fails = EOPNOTSUPP;
	rename2_fails = ENOSPC;
	commit_fails(false, 0, "a: cannot give it its name" NO_SPACE);
	rename2_fails = 0;
	fault_everything();
}

Test(file, fault_close)
{
	struct bulla_outfile o = BULLA_OUTFILE_INIT;
	struct bulla_err e;

	cr_assert_eq(bulla_outfile_open(&o, "a", 0600, false, false, NULL), 0);
	close_fails = EIO;
	cr_assert_eq(bulla_outfile_commit(&o, &e), BULLA_E_IO);
	cr_assert_eq(n_entries("."), 0);
	cr_assert_str_eq(e.msg, "a: cannot make its name durable" NO_IO);
}

Test(file, no_such_error_is_taken_for_no_o_tmpfile)
{
	struct bulla_err e;

	tmpfile_fails = ENOSPC;
	cr_assert_eq(put("a", "x", false, &e), BULLA_E_IO);
	cr_assert_str_eq(e.msg, "a: cannot create" NO_SPACE);
}

Test(file, standard_output)
{
	int saved = dup(STDOUT_FILENO), fd = open("out", O_RDWR | O_CREAT, 0600);
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

Test(file, no_binary_to_a_terminal)
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

Test(file, commit_of_nothing_is_a_mistake_of_ours, .signal = SIGABRT)
{
	struct bulla_outfile o = BULLA_OUTFILE_INIT;

	(void)!bulla_outfile_commit(&o, NULL);
}

Test(file, infile)
{
	struct bulla_err e;
	char c[8];
	int fd = 42;

	cr_assert_eq(bulla_infile_open("none", &fd, &e), BULLA_E_IO);
	cr_assert_str_eq(e.msg, "none: cannot open: No such file or directory");
	cr_assert_eq(bulla_infile_open(".", &fd, &e), BULLA_E_REFUSED);
	cr_assert_str_eq(e.msg, ".: is a directory, not a file");
	cr_assert_eq(fd, 42);
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
	struct bulla_err e;

	cr_assert_eq(put("a", "abc", false, NULL), BULLA_OK);
	bulla_buf_str(&b, "xy");
	cr_assert_eq(bulla_file_get("a", &b, NULL), BULLA_OK);
	cr_assert_str_eq(bulla_buf_cstr(&b), "xyabc");
	cr_assert_eq(bulla_file_get("a", &b, &e), BULLA_E_LIMIT);
	cr_assert_str_eq(e.msg, "a: longer than 5 bytes");
	cr_assert_eq(bulla_file_get("none", &b, &e), BULLA_E_IO);
	cr_assert_eq(b.len, 5);
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

Test(file, dir_make)
{
	struct bulla_err e;
	char path[64];

	cr_assert_eq(bulla_dir_make("a/b//c/", 0700, NULL), BULLA_OK);
	cr_assert_eq(n_fsync, 3);	/* what holds a, b and c */
	cr_assert_eq(mode_of("a/b/c"), 0700);
	cr_assert_eq(mode_of("a"), 0700);
	cr_assert_eq(bulla_dir_make("a/b/c", 0700, NULL), BULLA_OK);
	cr_assert_eq(n_fsync, 3);
	cr_assert_eq(bulla_dir_make("./a/../d", 0755, NULL), BULLA_OK);
	cr_assert_eq(mode_of("d"), 0755);
	(void)snprintf(path, sizeof(path), "%s/x/y", top);
	cr_assert_eq(bulla_dir_make(path, 0700, NULL), BULLA_OK);
	cr_assert_eq(n_entries("x"), 1);
	cr_assert_eq(bulla_dir_make("/", 0700, NULL), BULLA_OK);
	cr_assert_eq(bulla_dir_make("", 0700, NULL), BULLA_E_USAGE);
	cr_assert_eq(put("f", "", false, NULL), BULLA_OK);
	cr_assert_eq(bulla_dir_make("f", 0700, &e), BULLA_E_IO);
	cr_assert_str_eq(e.msg,
	    "f: cannot make the directory: Not a directory");
	cr_assert_eq(bulla_dir_make("f/g", 0700, NULL), BULLA_E_IO);
	fsync_fails = EIO;
	fsync_turn = 1;
	cr_assert_eq(bulla_dir_make("z", 0700, &e), BULLA_E_IO);
	cr_assert_str_eq(e.msg, "z: cannot make the directory" NO_IO);
}

Test(file, dir_make_long_component)
{
	char path[300];
	struct bulla_err e;

	memset(path, 'a', sizeof(path));
	path[256] = '\0';
	cr_assert_eq(bulla_dir_make(path, 0700, &e), BULLA_E_IO);
	cr_assert_eq(e.sys_errno, ENAMETOOLONG);
	path[255] = '\0';
	cr_assert_eq(bulla_dir_make(path, 0700, NULL), BULLA_OK);
}

Test(file, dir_sync)
{
	struct bulla_err e;

	cr_assert_eq(bulla_dir_sync(".", NULL), BULLA_OK);
	cr_assert_eq(n_fsync, 1);
	cr_assert_eq(bulla_dir_sync("none", &e), BULLA_E_IO);
	fsync_fails = EIO;
	fsync_turn = 1;
	cr_assert_eq(bulla_dir_sync(".", &e), BULLA_E_IO);
	cr_assert_str_eq(e.msg, ".: cannot make it durable" NO_IO);
}

/* Deeper than descriptors and paths reach; links lead out of it. */
Test(file, dir_remove_goes_as_deep_as_it_must_and_follows_no_link)
{
	int fd, next;

	cr_assert_eq(bulla_dir_make("out/in", 0700, NULL), BULLA_OK);
	cr_assert_eq(put("out/keep", "k", false, NULL), BULLA_OK);
	cr_assert_eq(mkdir("t", 0700), 0);
	fd = open("t", O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 2500; i++) {
		cr_assert_eq(mkdirat(fd, "d", 0700), 0);
		cr_assert_eq(mkdirat(fd, "e", 0700), 0);
		cr_assert_eq(symlinkat("/", fd, "root"), 0);
		cr_assert_eq(symlinkat("../out", fd, "out"), 0);
		close(openat(fd, "e/f", O_WRONLY | O_CREAT, 0600));
		next = openat(fd, "d", O_RDONLY | O_DIRECTORY);
		cr_assert_neq(next, -1);
		close(fd);
		fd = next;
	}
	close(fd);
	cr_assert_eq(bulla_dir_remove(AT_FDCWD, "t", NULL), BULLA_OK);
	cr_assert_eq(n_entries("."), 1);
	expect_file("out/keep", "k");
}

Test(file, dir_remove_many_entries)
{
	char name[32];

	cr_assert_eq(mkdir("t", 0700), 0);
	for (int i = 0; i < 3000; i++) {
		(void)snprintf(name, sizeof(name), "t/%d", i);
		cr_assert_eq(mkdir(name, 0700), 0);
		(void)snprintf(name, sizeof(name), "t/%d/x", i);
		cr_assert_eq(mkdir(name, 0700), 0);
		(void)snprintf(name, sizeof(name), "t/%d/x/y", i);
		cr_assert_eq(mkdir(name, 0700), 0);
	}
	cr_assert_eq(bulla_dir_remove(AT_FDCWD, "t", NULL), BULLA_OK);
	cr_assert_eq(n_entries("."), 0);
}

Test(file, dir_remove_refuses_what_is_no_directory)
{
	struct bulla_err e = { 0 };

	cr_assert_eq(bulla_dir_remove(AT_FDCWD, "none", &e), BULLA_E_IO);
	cr_assert_eq(e.sys_errno, ENOENT);
	cr_assert_eq(put("f", "", false, NULL), BULLA_OK);
	cr_assert_eq(bulla_dir_remove(AT_FDCWD, "f", &e), BULLA_E_IO);
	cr_assert_eq(mkdir("d", 0700), 0);
	cr_assert_eq(symlink("d", "l"), 0);
	cr_assert_eq(bulla_dir_remove(AT_FDCWD, "l", &e), BULLA_E_IO);
	cr_assert_str_eq(e.msg, "l: cannot remove: Not a directory");
	cr_assert_eq(n_entries("."), 3);
	cr_assert_eq(mkdir("d/e", 0700), 0);
	cr_assert_eq(mkdir("d/e/f", 0700), 0);
	cr_assert_eq(put("d/e/f/g", "", false, NULL), BULLA_OK);
	rename_fails = EXDEV;
	cr_assert_eq(bulla_dir_remove(AT_FDCWD, "d", &e), BULLA_E_IO);
	cr_assert_eq(e.sys_errno, EXDEV);
}

Test(file, lock)
{
	struct bulla_err e = { 0 };
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
}

/* The file goes away between open and flock: lock the new one instead. */
Test(file, lock_is_on_the_file_that_others_see)
{
	struct stat held, there;
	int fd;

	lost_lock = "l";
	cr_assert_eq(bulla_lock("l", true, &fd, NULL), BULLA_OK);
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
