#include <errno.h>
#include <fcntl.h>

#include "scratch.h"

/* WRAP: fsync renameat */
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to);

/* errno for a call that is to fail; 0: the call is made. */
static int fsync_fails, fsync_turn, rename_fails;
static unsigned n_fsync;

#define NO_IO ": Input/output error"

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
__wrap_renameat(int a, const char *from, int b, const char *to)
{
	if (rename_fails != 0)
		return fail_with(rename_fails);
	return __real_renameat(a, from, b, to);
}

TestSuite(dir, .init = scratch_enter, .fini = scratch_leave);

Test(dir, make)
{
	unsigned n = n_open();
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
	(void)snprintf(path, sizeof(path), "%s/x/y", scratch);
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
	cr_assert_eq(n_open(), n);
}

Test(dir, make_long_component)
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

Test(dir, sync)
{
	unsigned n = n_open();
	struct bulla_err e;

	cr_assert_eq(bulla_dir_sync(".", NULL), BULLA_OK);
	cr_assert_eq(n_fsync, 1);
	cr_assert_eq(bulla_dir_sync("none", &e), BULLA_E_IO);
	fsync_fails = EIO;
	fsync_turn = 1;
	cr_assert_eq(bulla_dir_sync(".", &e), BULLA_E_IO);
	cr_assert_str_eq(e.msg, ".: cannot make it durable" NO_IO);
	cr_assert_eq(n_open(), n);
}

/* Deeper than descriptors and paths reach; links lead out of it. */
Test(dir, remove_goes_as_deep_as_it_must_and_follows_no_link)
{
	unsigned n = n_open();
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
	cr_assert_eq(n_open(), n);
}

Test(dir, remove_many_entries)
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

Test(dir, remove_refuses_what_is_no_directory)
{
	struct bulla_err e = { 0 };
	unsigned n = n_open();

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
	cr_assert_eq(n_open(), n);
}

