#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/cur.h"
#include "bulla/file.h"
#include "bulla/text.h"
#include "tmpname.h"

#define SHOWN 256u	/* bytes of a path that a message quotes */

static int empty_dir(int at, const char *name, int up);

/* close(2) in a failure path: the error to report is the one before it. */
static void
close_keep(int fd)
{
	int saved = errno;

	(void)close(fd);
	errno = saved;
}

/* 0, or -1 with errno. */
static int
sync_at(int dirfd, const char *name)
{
	int fd, r;

	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	r = fsync(fd);
	close_keep(fd);
	return r;
}

enum bulla_status
bulla_dir_sync(const char *path, struct bulla_err *err)
{
	char shown[SHOWN];

	if (sync_at(AT_FDCWD, path) == 0)
		return BULLA_OK;
	return bulla_fail_sys(err, "%s: cannot make it durable",
	    bulla_text_show_str(shown, sizeof(shown), path));
}

/*
 * One step of a path: open the directory, making it if it is not there.
 * O_PATH: there may be directories on the way that we cannot read.
 */
static int
step(int at, const char *name, mode_t mode)
{
	const int how = O_PATH | O_DIRECTORY | O_CLOEXEC;
	int fd = openat(at, name, how);

	if (fd != -1 || errno != ENOENT)
		return fd;
	if (mkdirat(at, name, mode) != 0 && errno != EEXIST)
		return -1;
	if (sync_at(at, ".") != 0)
		return -1;
	return openat(at, name, how);
}

/* The next component of a path as a string of its own. */
static bool
next_name(struct bulla_cur *path, char out[NAME_MAX + 1])
{
	struct bulla_cur name;

	while (bulla_cur_eat_str(path, "/"))
		;
	if (!bulla_cur_until(path, '/', &name) &&
	    !bulla_cur_take(path, path->len, &name))
		return false;
	if (name.len > NAME_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	out[name.len] = '\0';
	return bulla_cur_copy(&name, out, name.len);
}

enum bulla_status
bulla_dir_make(const char *path, mode_t mode, struct bulla_err *err)
{
	struct bulla_cur rest = bulla_cur_str(path);
	char shown[SHOWN], name[NAME_MAX + 1];
	int at, next;

	(void)bulla_text_show_str(shown, sizeof(shown), path);
	if (path[0] == '\0')
		return bulla_fail(err, BULLA_E_USAGE,
		    "an empty path is no directory");
	at = open(path[0] == '/' ? "/" : ".",
	    O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at == -1)
		return bulla_fail_sys(err, "%s: cannot open", shown);
	while (!bulla_cur_done(&rest)) {
		next = -1;
		if (next_name(&rest, name))
			next = name[0] == '\0' ? dup(at) :
			    step(at, name, mode);
		close_keep(at);
		if (next == -1)
			return bulla_fail_sys(err,
			    "%s: cannot make the directory", shown);
		at = next;
	}
	(void)close(at);
	return BULLA_OK;
}

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int
open_real_dir(int at, const char *name)
{
	return openat(at, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/*
 * Remove one entry. 1: it is a directory that is not empty; 0: gone;
 * -1: errno says why not.
 */
static int
remove_entry(int dirfd, const char *name)
{
	if (unlinkat(dirfd, name, 0) == 0)
		return 0;
	if (errno != EISDIR)
		return -1;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0)
		return 0;
	return errno == ENOTEMPTY || errno == EEXIST ? 1 : -1;
}

/* Move a directory up, to a fresh name in top. */
static int
lift(int top, int dirfd, const char *name)
{
	char fresh[TMPNAME_LEN + 1];

	if (bulla_tmpname(fresh, NULL) != BULLA_OK)
		return -1;
	return renameat(dirfd, name, top, fresh);
}

/*
 * One pass over dir, which is top itself (up is -1) or a directory in it. A
 * subdirectory that is not empty is emptied from here when it is top's, and
 * lifted into top (up) when it is not. So the tree gets flatter, and neither
 * its depth nor the number of open files matters: a hostile tree may be
 * 2,000 levels deep. *met says whether there was anything: entries come and
 * go during a pass, so only one that met nothing is the last.
 */
static int
pass(DIR *dir, int up, bool *met)
{
	struct dirent *e;
	int fd = dirfd(dir), r;

	*met = false;
	rewinddir(dir);
	while (errno = 0, (e = readdir(dir)) != NULL) {
		if (is_dots(e->d_name))
			continue;
		*met = true;
		r = remove_entry(fd, e->d_name);
		if (r == 1)
			r = up == -1 ? empty_dir(fd, e->d_name, fd) :
			    lift(up, fd, e->d_name);
		if (r != 0)
			return -1;
	}
	return errno == 0 ? 0 : -1;
}

/* Empty the directory name; called for top, and by pass for those in it. */
static int
empty_dir(int at, const char *name, int up)
{
	int fd, saved, r = 0;
	bool met = true;
	DIR *dir;

	fd = open_real_dir(at, name);
	if (fd == -1)
		return -1;
	dir = fdopendir(fd);
	if (dir == NULL) {
		close_keep(fd);
		return -1;
	}
	while (r == 0 && met)
		r = pass(dir, up, &met);
	saved = errno;
	(void)closedir(dir);
	errno = saved;
	return r;
}

enum bulla_status
bulla_dir_remove(int dirfd, const char *name, struct bulla_err *err)
{
	char shown[SHOWN];

	if (empty_dir(dirfd, name, -1) != 0 ||
	    unlinkat(dirfd, name, AT_REMOVEDIR) != 0)
		return bulla_fail_sys(err, "%s: cannot remove",
		    bulla_text_show_str(shown, sizeof(shown), name));
	return BULLA_OK;
}
