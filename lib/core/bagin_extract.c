#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/io.h"
#include "core/bagin_int.h"

/*
 * A stack of the directories that lead to where we are. Every name is opened
 * relative to the descriptor of its directory, never through a path, and
 * never through a link: nobody can move us elsewhere in between. Only the
 * deepest few stay open; a shallower one is opened again on the way back.
 */
#define LEVELS_MAX (BULLA_BAG_PATH_MAX / 2 + 4)
#define KEEP_OPEN 32u

struct level {
	size_t len;		/* of its path; 0 for the caller's directory */
	int fd;			/* -1 when not open now */
	int64_t mtime;
};

struct bagin_extract {
	size_t depth;		/* index of the directory we are in */
	int file;
	/* of the deepest directory, and of the file in it */
	char path[BULLA_BAG_NAME_MAX + 1 + BULLA_BAG_PATH_MAX + 1];
	char name[BULLA_BAG_COMPONENT_MAX + 1];
	struct level level[LEVELS_MAX];
};

enum bulla_status
bagin_extract_new(int dirfd, struct bagin_extract **x, struct bulla_err *err)
{
	struct bagin_extract *n = calloc(1, sizeof(*n));

	BULLA_CHECK(dirfd >= 0);
	if (n == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	n->file = -1;
	n->level[0].fd = dirfd;
	*x = n;
	return BULLA_OK;
}

static int
open_dir(int at, const char *name)
{
	return openat(at, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The name of level i in its parent. */
static void
level_name(const struct bagin_extract *x, size_t i,
    char name[BULLA_BAG_COMPONENT_MAX + 1])
{
	size_t from = x->level[i - 1].len + (i > 1);
	size_t len = x->level[i].len - from;

	BULLA_CHECK(len <= BULLA_BAG_COMPONENT_MAX);
	memcpy(name, x->path + from, len);
	name[len] = '\0';
}

/* Open level i again if it was closed; -1 and errno on failure. */
static int
level_fd(struct bagin_extract *x, size_t i)
{
	char name[BULLA_BAG_COMPONENT_MAX + 1];
	size_t from = i;
	int fd, next;

	while (x->level[from].fd == -1)
		from--;
	fd = x->level[from].fd;
	for (size_t k = from + 1; k <= i; k++) {
		level_name(x, k, name);
		next = open_dir(fd, name);
		if (k - 1 > from)
			(void)close(fd);
		if (next == -1)
			return -1;
		fd = next;
	}
	x->level[i].fd = fd;
	return fd;
}

static void
level_close(struct level *l)
{
	if (l->fd != -1)
		(void)close(l->fd);
	l->fd = -1;
}

static enum bulla_status
set_time(int fd, int64_t mtime, struct bulla_err *err)
{
	const struct timespec t[2] = {
		{ .tv_nsec = UTIME_OMIT }, { .tv_sec = (time_t)mtime },
	};

	if (futimens(fd, t) == -1)
		return bulla_fail_sys(err, "cannot set the time");
	return BULLA_OK;
}

/* Leave the deepest directory: now nothing more changes its time. */
static enum bulla_status
pop(struct bagin_extract *x, struct bulla_err *err)
{
	struct level *l = &x->level[x->depth];
	int fd = level_fd(x, x->depth);
	enum bulla_status st;

	if (fd == -1)
		return bulla_fail_sys(err, "cannot open the directory again");
	st = set_time(fd, l->mtime, err);
	level_close(l);
	x->depth--;
	return st;
}

/* Go to the directory of path, which is one of those that lead here. */
static enum bulla_status
enter(struct bagin_extract *x, const struct bulla_cur *path, int *fd,
    struct bulla_err *err)
{
	size_t len = path->len, dir;

	while (len > 0 && path->p[len - 1] != '/')
		len--;
	dir = len > 0 ? len - 1 : 0;
	while (x->level[x->depth].len > dir) {
		enum bulla_status st = pop(x, err);

		if (st != BULLA_OK)
			return st;
	}
	BULLA_CHECK(x->level[x->depth].len == dir &&
	    memcmp(x->path, path->p, dir) == 0);
	BULLA_CHECK(path->len - len <= BULLA_BAG_COMPONENT_MAX);
	memcpy(x->name, path->p + len, path->len - len);
	x->name[path->len - len] = '\0';
	*fd = level_fd(x, x->depth);
	if (*fd == -1)
		return bulla_fail_sys(err, "cannot open the directory again");
	return BULLA_OK;
}

static void
push(struct bagin_extract *x, const struct bulla_cur *path, int fd,
    int64_t mtime)
{
	BULLA_CHECK(x->depth + 1 < LEVELS_MAX);
	BULLA_CHECK(path->len < sizeof(x->path));
	memcpy(x->path, path->p, path->len);
	x->depth++;
	x->level[x->depth] = (struct level){
		.len = path->len, .fd = fd, .mtime = mtime,
	};
	if (x->depth > KEEP_OPEN)
		level_close(&x->level[x->depth - KEEP_OPEN]);
}

enum bulla_status
bagin_extract_dir(struct bagin_extract *x, const struct bulla_cur *path,
    int64_t mtime, struct bulla_err *err)
{
	enum bulla_status st;
	int at, fd;

	st = enter(x, path, &at, err);
	if (st != BULLA_OK)
		return st;
	if (mkdirat(at, x->name, 0700) == -1)
		return bulla_fail_sys(err, "cannot make the directory");
	fd = open_dir(at, x->name);
	if (fd == -1)
		return bulla_fail_sys(err, "cannot open the new directory");
	push(x, path, fd, mtime);
	return BULLA_OK;
}

enum bulla_status
bagin_extract_file(struct bagin_extract *x, const struct bulla_cur *path,
    struct bulla_err *err)
{
	enum bulla_status st;
	int at;

	st = enter(x, path, &at, err);
	if (st != BULLA_OK)
		return st;
	x->file = openat(at, x->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (x->file == -1)
		return bulla_fail_sys(err, "cannot make the file");
	return BULLA_OK;
}

enum bulla_status
bagin_extract_data(struct bagin_extract *x, const void *p, size_t n,
    struct bulla_err *err)
{
	return bulla_write_fd(x->file, p, n, "writing", err);
}

enum bulla_status
bagin_extract_file_end(struct bagin_extract *x, int64_t mtime,
    struct bulla_err *err)
{
	enum bulla_status st = set_time(x->file, mtime, err);
	int fd = x->file;

	x->file = -1;
	/* NFS and quotas may say only now that there was no room */
	if (close(fd) == -1 && st == BULLA_OK)
		st = bulla_fail_sys(err, "cannot close the file");
	return st;
}

enum bulla_status
bagin_extract_end(struct bagin_extract *x, struct bulla_err *err)
{
	while (x->depth > 0) {
		enum bulla_status st = pop(x, err);

		if (st != BULLA_OK)
			return st;
	}
	return BULLA_OK;
}

/* The caller's own descriptor stays open. */
void
bagin_extract_free(struct bagin_extract *x)
{
	if (x == NULL)
		return;
	if (x->file != -1)
		(void)close(x->file);
	for (; x->depth > 0; x->depth--)
		level_close(&x->level[x->depth]);
	free(x);
}
