#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/outbox_int.h"

#include "bulla/file.h"
#include "bulla/text.h"

static enum bulla_status
too_long(struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_LIMIT, "outbox: the path is too long");
}

enum bulla_status
outbox_path(const struct bulla_outbox *b, char out[OUTBOX_PATH_MAX],
    const char *sub, struct bulla_err *err)
{
	int n = snprintf(out, OUTBOX_PATH_MAX, "%s/%s", b->path, sub);

	return n > 0 && (size_t)n < OUTBOX_PATH_MAX ? BULLA_OK :
	    too_long(err);
}

enum bulla_status
outbox_entry_path(const struct bulla_outbox *b, char out[OUTBOX_PATH_MAX],
    uint64_t order, const char *file, struct bulla_err *err)
{
	int n = snprintf(out, OUTBOX_PATH_MAX, "%s/queue/%020" PRIu64 "/%s",
	    b->path, order, file);

	return n > 0 && (size_t)n < OUTBOX_PATH_MAX ? BULLA_OK :
	    too_long(err);
}

void
outbox_name(char out[OUTBOX_NAME_LEN + 24], const char *dir, uint64_t order,
    const char *tail)
{
	int n = snprintf(out, OUTBOX_NAME_LEN + 24, "%s/%020" PRIu64 "%s",
	    dir, order, tail);

	BULLA_CHECK(n > 0 && (size_t)n < OUTBOX_NAME_LEN + 24);
}

enum bulla_status
outbox_sync(const struct bulla_outbox *b, const char *dir,
    struct bulla_err *err)
{
	char path[OUTBOX_PATH_MAX];
	enum bulla_status st = outbox_path(b, path, dir, err);

	return st == BULLA_OK ? bulla_dir_sync(path, err) : st;
}

static enum bulla_status
make_dirs(const struct bulla_outbox *b, struct bulla_err *err)
{
	static const char *const subs[] = { "queue", "done", "receipts",
	    "new", "hooks" };
	char path[OUTBOX_PATH_MAX];
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < sizeof(subs) / sizeof(subs[0]); i++) {
		if (st == BULLA_OK)
			st = outbox_path(b, path, subs[i], err);
		if (st == BULLA_OK)
			st = bulla_dir_make(path, 0700, err);
	}
	return st;
}

enum bulla_status
bulla_outbox_open(const char *home, struct bulla_outbox **out,
    struct bulla_err *err)
{
	struct bulla_outbox *b = calloc(1, sizeof(*b));
	enum bulla_status st = BULLA_OK;

	if (b == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	b->fd = b->lock = -1;
	if (asprintf(&b->path, "%s/outbox", home) < 0) {
		b->path = NULL;
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	}
	if (st == BULLA_OK)
		st = make_dirs(b, err);
	if (st == BULLA_OK) {
		b->fd = open(b->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (b->fd == -1)
			st = bulla_fail_sys(err, "the outbox");
	}
	if (st == BULLA_OK)
		*out = b;
	else
		bulla_outbox_free(b);
	return st;
}

void
bulla_outbox_free(struct bulla_outbox *b)
{
	if (b == NULL)
		return;
	if (b->fd != -1)
		(void)close(b->fd);
	if (b->lock != -1)
		(void)close(b->lock);
	free(b->path);
	free(b);
}

const char *
bulla_outbox_path(const struct bulla_outbox *b)
{
	return b->path;
}

enum bulla_status
bulla_outbox_lock(struct bulla_outbox *b, struct bulla_err *err)
{
	char path[OUTBOX_PATH_MAX];
	enum bulla_status st = outbox_path(b, path, "run.lock", err);

	return st == BULLA_OK ? bulla_lock(path, false, &b->lock, err) : st;
}

enum bulla_status
outbox_hold(const struct bulla_outbox *b, bool alone, int *fd,
    struct bulla_err *err)
{
	int f, r;

	f = openat(b->fd, "new.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (f == -1)
		return bulla_fail_sys(err, "outbox/new.lock");
	do
		r = flock(f, alone ? LOCK_EX | LOCK_NB : LOCK_SH);
	while (r != 0 && errno == EINTR);
	if (r != 0) {
		enum bulla_status st = errno == EWOULDBLOCK ?
		    bulla_fail(err, BULLA_E_AGAIN, "somebody is adding") :
		    bulla_fail_sys(err, "outbox/new.lock");

		(void)close(f);
		return st;
	}
	*fd = f;
	return BULLA_OK;
}

static enum bulla_status
empty_new(const struct bulla_outbox *b, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	struct dirent *e;
	DIR *d = NULL;
	int fd = openat(b->fd, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1)
		d = fdopendir(fd);
	if (d == NULL) {
		if (fd != -1)
			(void)close(fd);
		return bulla_fail_sys(err, "outbox/new");
	}
	while (st == BULLA_OK && (e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.')
			st = bulla_dir_remove(fd, e->d_name, err);
	}
	(void)closedir(d);
	return st;
}

/*
 * Whatever stands in new/ while nobody holds the lock belongs to a process
 * that died.
 */
enum bulla_status
bulla_outbox_sweep(struct bulla_outbox *b, struct bulla_err *err)
{
	enum bulla_status st;
	int lock;

	st = outbox_hold(b, true, &lock, err);
	if (st == BULLA_E_AGAIN)
		return BULLA_OK;
	if (st != BULLA_OK)
		return st;
	st = empty_new(b, err);
	if (st == BULLA_OK)
		st = outbox_tidy(b->fd, err);
	(void)close(lock);
	return st;
}

enum bulla_status
outbox_remove(const struct bulla_outbox *b, const char *dir, uint64_t order,
    struct bulla_err *err)
{
	char from[OUTBOX_NAME_LEN + 24], to[OUTBOX_NAME_LEN + 24];
	enum bulla_status st;
	int lock;

	st = outbox_hold(b, false, &lock, err);
	if (st != BULLA_OK)
		return st;
	outbox_name(from, dir, order, "");
	outbox_name(to, "new", order, "");
	if (renameat(b->fd, from, b->fd, to) != 0)
		st = bulla_fail_sys(err, "outbox/%s: cannot remove", from);
	if (st == BULLA_OK)
		st = outbox_sync(b, dir, err);
	if (st == BULLA_OK)
		st = bulla_dir_remove(b->fd, to, err);
	(void)close(lock);
	return st;
}

uint64_t
outbox_mtime_ns(const struct stat *sb)
{
	return sb->st_mtim.tv_sec < 0 ? 0 :
	    (uint64_t)sb->st_mtim.tv_sec * UINT64_C(1000000000) +
	    (uint64_t)sb->st_mtim.tv_nsec;
}
