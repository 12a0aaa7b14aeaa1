#ifndef TEST_SCRATCH_H
#define TEST_SCRATCH_H

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/file.h"

/*
 * For tests of files: each test has a directory of its own and stands in it.
 * TestSuite(x, .init = scratch_enter, .fini = scratch_leave);
 */
static char scratch[] = "/tmp/bulla-test-XXXXXX";

static void
scratch_enter(void)
{
	cr_assert_not_null(mkdtemp(scratch));
	cr_assert_eq(chdir(scratch), 0);
	(void)umask(022);
}

static void
scratch_leave(void)
{
	char cmd[64];

	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", scratch);
	cr_assert_eq(system(cmd), 0);
}

static inline unsigned
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

/* To be the same before and after: nothing leaks a descriptor. */
static inline unsigned
n_open(void)
{
	return n_entries("/proc/self/fd");
}

static inline void
expect_file(const char *path, const char *want)
{
	struct bulla_buf b = BULLA_BUF_INIT(1000);

	cr_assert_eq(bulla_file_get(path, &b, NULL), BULLA_OK, "%s", path);
	cr_assert_str_eq(bulla_buf_cstr(&b), want);
	bulla_buf_free(&b);
}

static inline enum bulla_status
put(const char *path, const char *text, bool force, struct bulla_err *e)
{
	return bulla_file_put(path, text, strlen(text), 0644, force, e);
}

static inline mode_t
mode_of(const char *path)
{
	struct stat sb;

	cr_assert_eq(lstat(path, &sb), 0);
	return sb.st_mode & 07777;
}

#endif
