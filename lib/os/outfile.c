#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/text.h"
#include "tmpname.h"

#define SHOWN 256u	/* bytes of a path that a message quotes */
#define LINK_MAX_LEN 32u	/* "/proc/self/fd/" and a number */

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* The only way for an ordinary user to name a nameless file: linkat(2). */
static void
proc_link(char out[LINK_MAX_LEN], int fd)
{
	(void)snprintf(out, LINK_MAX_LEN, "/proc/self/fd/%d", fd);
}

static enum bulla_status
open_stdout(struct bulla_outfile *o, bool binary, struct bulla_err *err)
{
	if (binary && isatty(STDOUT_FILENO) == 1)
		return bulla_fail(err, BULLA_E_REFUSED,
		    "standard output is a terminal and the output is binary: "
		    "give -o FILE, or redirect it");
	o->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (o->fd == -1)
		return bulla_fail_sys(err, "standard output");
	o->is_stdout = true;
	return BULLA_OK;
}

static enum bulla_status
open_dir(struct bulla_outfile *o, struct bulla_err *err)
{
	const char *base = base_of(o->path);
	char shown[SHOWN];
	char *dir;

	(void)bulla_text_show_str(shown, sizeof(shown), o->path);
	if (base[0] == '\0' || strcmp(base, ".") == 0 ||
	    strcmp(base, "..") == 0)
		return bulla_fail(err, BULLA_E_USAGE,
		    "%s: not the name of a file", shown);
	dir = base == o->path ? strdup(".") :
	    strndup(o->path, (size_t)(base - o->path));
	if (dir == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	o->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (o->dirfd == -1)
		return bulla_fail_sys(err, "%s: cannot open its directory",
		    shown);
	return BULLA_OK;
}

/*
 * With force only a regular file is replaced: "-f -o /dev/null" given to
 * root must not put a file in the device's place.
 */
static enum bulla_status
check_target(const struct bulla_outfile *o, struct bulla_err *err)
{
	char shown[SHOWN];
	struct stat sb;

	(void)bulla_text_show_str(shown, sizeof(shown), o->path);
	if (fstatat(o->dirfd, base_of(o->path), &sb, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? BULLA_OK :
		    bulla_fail_sys(err, "%s", shown);
	if (!o->force)
		return bulla_fail(err, BULLA_E_REFUSED,
		    "%s: exists already (-f replaces it)", shown);
	if (!S_ISREG(sb.st_mode))
		return bulla_fail(err, BULLA_E_REFUSED,
		    "%s: not a regular file, so it is not replaced", shown);
	return BULLA_OK;
}

/* No O_TMPFILE here, or no /proc to give it a name through. */
static enum bulla_status
open_named(struct bulla_outfile *o, mode_t mode, struct bulla_err *err)
{
	char shown[SHOWN], name[TMPNAME_LEN + 1];
	enum bulla_status st;

	st = bulla_tmpname(name, err);
	if (st != BULLA_OK)
		return st;
	o->tmp = strdup(name);
	if (o->tmp == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	o->fd = openat(o->dirfd, o->tmp,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (o->fd != -1)
		return BULLA_OK;
	free(o->tmp);	/* nothing there that free could remove */
	o->tmp = NULL;
	return bulla_fail_sys(err, "%s: cannot create a file beside it",
	    bulla_text_show_str(shown, sizeof(shown), o->path));
}

static enum bulla_status
open_nameless(struct bulla_outfile *o, mode_t mode, struct bulla_err *err)
{
	char shown[SHOWN], link[LINK_MAX_LEN];

	o->fd = openat(o->dirfd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, mode);
	if (o->fd == -1) {
		/* open(2): how a file system or kernel without it answers */
		if (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)
			return open_named(o, mode, err);
		return bulla_fail_sys(err, "%s: cannot create",
		    bulla_text_show_str(shown, sizeof(shown), o->path));
	}
	proc_link(link, o->fd);
	if (access(link, F_OK) == 0)
		return BULLA_OK;
	(void)close(o->fd);
	o->fd = -1;
	return open_named(o, mode, err);
}

enum bulla_status
bulla_outfile_open(struct bulla_outfile *o, const char *path, mode_t mode,
    bool force, bool binary, struct bulla_err *err)
{
	struct bulla_outfile made = BULLA_OUTFILE_INIT;
	enum bulla_status st;

	made.force = force;
	made.path = strdup(path);
	if (made.path == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	if (strcmp(path, "-") == 0) {
		st = open_stdout(&made, binary, err);
		goto out;
	}
	st = open_dir(&made, err);
	if (st == BULLA_OK)
		st = check_target(&made, err);
	if (st == BULLA_OK)
		st = open_nameless(&made, mode, err);
out:
	if (st == BULLA_OK)
		*o = made;
	else
		bulla_outfile_free(&made);
	return st;
}

/*
 * Whoever else can write to the file, now or through a second name or a
 * descriptor that he kept, could change it after it was checked.
 */
static enum bulla_status
check_ours(int fd, const char *part, struct bulla_err *err)
{
	char shown[SHOWN];
	struct stat sb;

	(void)bulla_text_show_str(shown, sizeof(shown), part);
	if (fstat(fd, &sb) != 0)
		return bulla_fail_sys(err, "%s", shown);
	if (S_ISREG(sb.st_mode) && sb.st_uid == geteuid() &&
	    sb.st_nlink == 1 && (sb.st_mode & 022) == 0)
		return BULLA_OK;
	return bulla_fail(err, BULLA_E_UNSAFE, "%s: not a regular file of "
	    "ours alone, so nothing is added to it (remove it)", shown);
}

enum bulla_status
bulla_outfile_resume(struct bulla_outfile *o, const char *path,
    const char *suffix, bool force, struct bulla_err *err)
{
	struct bulla_outfile made = BULLA_OUTFILE_INIT;
	char *part = NULL;
	enum bulla_status st;

	made.force = force;
	made.keep = true;
	made.path = strdup(path);
	if (made.path == NULL || asprintf(&part, "%s%s", path, suffix) < 0) {
		part = NULL;
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
		goto out;
	}
	made.tmp = strdup(base_of(part));
	st = made.tmp != NULL ? open_dir(&made, err) :
	    bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	if (st == BULLA_OK)
		st = check_target(&made, err);
	if (st == BULLA_OK)
		st = bulla_lock(part, false, &made.fd, err);
	if (st == BULLA_OK)
		st = check_ours(made.fd, part, err);
out:
	free(part);
	if (st == BULLA_OK)
		*o = made;
	else
		bulla_outfile_free(&made);
	return st;
}

enum bulla_status
bulla_outfile_rename(struct bulla_outfile *o, const char *name,
    struct bulla_err *err)
{
	int dir = (int)(base_of(o->path) - o->path);
	char shown[SHOWN];
	char *path;

	if (name[0] == '\0' || strchr(name, '/') != NULL ||
	    strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return bulla_fail(err, BULLA_E_USAGE,
		    "%s: not the name of a file",
		    bulla_text_show_str(shown, sizeof(shown), name));
	if (asprintf(&path, "%.*s%s", dir, o->path, name) < 0)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	free(o->path);
	o->path = path;
	return BULLA_OK;
}

/* Give a nameless file a hidden name, so that it can be renamed. */
static enum bulla_status
link_tmp(struct bulla_outfile *o, struct bulla_err *err)
{
	char name[TMPNAME_LEN + 1], link[LINK_MAX_LEN], shown[SHOWN];
	enum bulla_status st;
	char *tmp;

	st = bulla_tmpname(name, err);
	if (st != BULLA_OK)
		return st;
	tmp = strdup(name);
	if (tmp == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	proc_link(link, o->fd);
	if (linkat(AT_FDCWD, link, o->dirfd, tmp, AT_SYMLINK_FOLLOW) != 0) {
		free(tmp);
		return bulla_fail_sys(err, "%s: cannot give it a name",
		    bulla_text_show_str(shown, sizeof(shown), o->path));
	}
	o->tmp = tmp;
	return BULLA_OK;
}

static enum bulla_status
name_over(struct bulla_outfile *o, struct bulla_err *err)
{
	char shown[SHOWN];
	enum bulla_status st;

	st = check_target(o, err);
	if (st == BULLA_OK && o->tmp == NULL)
		st = link_tmp(o, err);
	if (st != BULLA_OK)
		return st;
	if (renameat(o->dirfd, o->tmp, o->dirfd, base_of(o->path)) != 0)
		return bulla_fail_sys(err, "%s: cannot replace",
		    bulla_text_show_str(shown, sizeof(shown), o->path));
	free(o->tmp);
	o->tmp = NULL;
	return BULLA_OK;
}

/* 0, or -1 with errno; EEXIST when there is a file of that name. */
static int
name_new_from_tmp(struct bulla_outfile *o)
{
	const char *base = base_of(o->path);

	if (renameat2(o->dirfd, o->tmp, o->dirfd, base,
	    RENAME_NOREPLACE) != 0) {
		if (errno != EINVAL && errno != ENOSYS)
			return -1;
		/* NFS has no such rename, but link(2) replaces nothing. */
		if (linkat(o->dirfd, o->tmp, o->dirfd, base, 0) != 0)
			return -1;
		(void)unlinkat(o->dirfd, o->tmp, 0);
	}
	free(o->tmp);
	o->tmp = NULL;
	return 0;
}

static enum bulla_status
name_new(struct bulla_outfile *o, struct bulla_err *err)
{
	char shown[SHOWN], link[LINK_MAX_LEN];
	int r;

	if (o->tmp != NULL) {
		r = name_new_from_tmp(o);
	} else {
		proc_link(link, o->fd);
		r = linkat(AT_FDCWD, link, o->dirfd, base_of(o->path),
		    AT_SYMLINK_FOLLOW);
	}
	if (r == 0)
		return BULLA_OK;
	(void)bulla_text_show_str(shown, sizeof(shown), o->path);
	if (errno == EEXIST)
		return bulla_fail(err, BULLA_E_REFUSED,
		    "%s: has come to exist meanwhile (-f replaces it)", shown);
	return bulla_fail_sys(err, "%s: cannot give it its name", shown);
}

/* After close(2) the descriptor is gone, whatever it returned. */
static int
close_once(int *fd)
{
	int r = close(*fd);

	*fd = -1;
	return r;
}

/*
 * A new file whose name may not be durable is taken away again: a tool that
 * fails leaves no output. One that replaced another stays, whole.
 */
static enum bulla_status
settle(struct bulla_outfile *o, struct bulla_err *err)
{
	char shown[SHOWN];
	int saved;

	if (fsync(o->dirfd) == 0 && close_once(&o->fd) == 0)
		return BULLA_OK;
	saved = errno;
	if (!o->force)
		(void)unlinkat(o->dirfd, base_of(o->path), 0);
	errno = saved;
	return bulla_fail_sys(err, "%s: cannot make its name durable",
	    bulla_text_show_str(shown, sizeof(shown), o->path));
}

enum bulla_status
bulla_outfile_commit(struct bulla_outfile *o, struct bulla_err *err)
{
	enum bulla_status st;
	char shown[SHOWN];

	BULLA_CHECK(o->fd != -1);
	if (o->is_stdout) {
		st = close_once(&o->fd) == 0 ? BULLA_OK :
		    bulla_fail_sys(err, "standard output: cannot write");
		goto out;
	}
	if (fsync(o->fd) != 0) {
		st = bulla_fail_sys(err, "%s: cannot make it durable",
		    bulla_text_show_str(shown, sizeof(shown), o->path));
		goto out;
	}
	st = o->force ? name_over(o, err) : name_new(o, err);
	if (st == BULLA_OK)
		st = settle(o, err);
out:
	bulla_outfile_free(o);
	return st;
}

void
bulla_outfile_free(struct bulla_outfile *o)
{
	if (o->tmp != NULL && !o->keep)
		(void)unlinkat(o->dirfd, o->tmp, 0);
	if (o->fd != -1)
		(void)close(o->fd);
	if (o->dirfd != -1)
		(void)close(o->dirfd);
	free(o->path);
	free(o->tmp);
	*o = (struct bulla_outfile)BULLA_OUTFILE_INIT;
}
