#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/num.h"
#include "bulla/text.h"
#include "tmpname.h"

#define SHOWN 256u	/* bytes of a path that a message quotes */

static bool
is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

static void
show_input(char out[SHOWN], const char *path)
{
	(void)bulla_text_show_str(out, SHOWN,
	    is_stdin(path) ? "standard input" : path);
}

static enum bulla_status
check_not_dir(int fd, const char *shown, struct bulla_err *err)
{
	struct stat sb;

	if (fstat(fd, &sb) != 0)
		return bulla_fail_sys(err, "%s", shown);
	if (S_ISDIR(sb.st_mode))
		return bulla_fail(err, BULLA_E_REFUSED,
		    "%s: is a directory, not a file", shown);
	return BULLA_OK;
}

enum bulla_status
bulla_infile_open(const char *path, int *fd, struct bulla_err *err)
{
	enum bulla_status st;
	char shown[SHOWN];
	int f;

	show_input(shown, path);
	if (is_stdin(path))
		f = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		f = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (f == -1)
		return bulla_fail_sys(err, "%s: cannot open", shown);
	st = check_not_dir(f, shown, err);
	if (st == BULLA_OK)
		*fd = f;
	else
		(void)close(f);
	return st;
}

enum bulla_status
bulla_file_get(const char *path, struct bulla_buf *out, struct bulla_err *err)
{
	struct bulla_reader_fd in;
	enum bulla_status st;
	char shown[SHOWN];
	int fd;

	st = bulla_infile_open(path, &fd, err);
	if (st != BULLA_OK)
		return st;
	show_input(shown, path);
	bulla_reader_fd_init(&in, fd, shown);
	st = bulla_read_all(&in.r, out, err);
	(void)close(fd);
	if (st != BULLA_OK && st != BULLA_E_IO)
		return bulla_wrap(err, st, "%s", shown);
	return st;
}

bool
bulla_same_file(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
	    S_ISREG(sa.st_mode) && S_ISREG(sb.st_mode) &&
	    sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/* For file systems without O_TMPFILE: made, then unlinked at once. */
static int
spool_named(const char *dir)
{
	char name[TMPNAME_LEN + 1];
	int dirfd, fd, saved;

	if (bulla_tmpname(name, NULL) != BULLA_OK)
		return -1;
	dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd == -1)
		return -1;
	fd = openat(dirfd, name,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd != -1 && unlinkat(dirfd, name, 0) != 0) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		fd = -1;
	}
	saved = errno;
	(void)close(dirfd);
	errno = saved;
	return fd;
}

enum bulla_status
bulla_spool_open(const char *dir, int *fd, struct bulla_err *err)
{
	char shown[SHOWN];
	int f;

	if (dir == NULL)
		dir = secure_getenv("TMPDIR");
	if (dir == NULL || dir[0] == '\0')
		dir = "/tmp";
	f = open(dir, O_RDWR | O_TMPFILE | O_EXCL | O_CLOEXEC, 0600);
	if (f == -1 && (errno == EOPNOTSUPP || errno == EISDIR ||
	    errno == ENOENT))
		f = spool_named(dir);
	if (f == -1)
		return bulla_fail_sys(err, "%s: cannot make a temporary file",
		    bulla_text_show_str(shown, sizeof(shown), dir));
	*fd = f;
	return BULLA_OK;
}

/* Is the file that was locked still the one that others would lock? */
static bool
still_there(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* 0, or -1 with errno. */
static int
flock_again(int fd, int how)
{
	int r;

	do
		r = flock(fd, how);
	while (r == -1 && errno == EINTR);
	return r;
}

enum bulla_status
bulla_lock(const char *path, bool wait, int *fd, struct bulla_err *err)
{
	int f, how = wait ? LOCK_EX : LOCK_EX | LOCK_NB;
	enum bulla_status st;
	char shown[SHOWN];

	(void)bulla_text_show_str(shown, sizeof(shown), path);
	for (;;) {
		f = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
		    O_CLOEXEC, 0600);
		if (f == -1)
			return bulla_fail_sys(err, "%s: cannot open", shown);
		if (flock_again(f, how) != 0)
			break;
		if (still_there(f, path)) {
			*fd = f;
			return BULLA_OK;
		}
		/* Its last holder removed it while we waited. */
		(void)close(f);
	}
	if (errno == EWOULDBLOCK)
		st = bulla_fail(err, BULLA_E_AGAIN,
		    "%s: another process holds this lock", shown);
	else
		st = bulla_fail_sys(err, "%s: cannot lock", shown);
	(void)close(f);
	return st;
}

enum bulla_status
bulla_space_free(int fd, uint64_t *bytes, struct bulla_err *err)
{
	struct statvfs v;

	if (fstatvfs(fd, &v) != 0)
		return bulla_fail_sys(err, "cannot ask for the free space");
	if (!bulla_mul_u64(v.f_bavail, v.f_frsize, bytes))
		*bytes = UINT64_MAX;
	return BULLA_OK;
}

/* The one thing that a process has one of: what time it is. */
static struct {
	bool set;
	int64_t now;
} exercise;

void
bulla_now_exercise(int64_t now)
{
	exercise.set = true;
	exercise.now = now;
}

bool
bulla_is_exercise(void)
{
	return exercise.set;
}

int64_t
bulla_now(void)
{
	struct timespec t;

	if (exercise.set)
		return exercise.now;
	BULLA_CHECK(clock_gettime(CLOCK_REALTIME, &t) == 0);
	return t.tv_sec;
}

enum bulla_status
bulla_file_put(const char *path, const void *data, size_t len, mode_t mode,
    bool force, struct bulla_err *err)
{
	struct bulla_outfile o = BULLA_OUTFILE_INIT;
	enum bulla_status st;
	char shown[SHOWN];

	(void)bulla_text_show_str(shown, sizeof(shown), path);
	st = bulla_outfile_open(&o, path, mode, force, false, err);
	if (st == BULLA_OK)
		st = bulla_write_fd(o.fd, data, len, shown, err);
	if (st == BULLA_OK)
		st = bulla_outfile_commit(&o, err);
	bulla_outfile_free(&o);
	return st;
}
