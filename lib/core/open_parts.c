#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/text.h"
#include "core/open_int.h"

static enum bulla_status
dir_fail(const struct quarantine *q, struct bulla_err *err, const char *what)
{
	return bulla_fail_sys(err, "%s: %s", q->shown, what);
}

static enum bulla_status
others(const struct quarantine *q, struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_AGAIN, "%s: this package is being "
	    "opened here already", q->shown);
}

/*
 * Open the part directory and lock it; the lock is on the directory itself
 * and ends with the process. What another process removed or made anew
 * between the two is not ours: only the one that is locked and still has the
 * name may be filled or deleted.
 */
static enum bulla_status
lock_part(const struct quarantine *q, int *fd, struct bulla_err *err)
{
	struct stat named, held;

	*fd = openat(q->dirfd, q->name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd == -1 && errno != ENOENT)
		return dir_fail(q, err, q->name);
	if (*fd == -1 || flock(*fd, LOCK_EX | LOCK_NB) != 0 ||
	    fstat(*fd, &held) != 0 ||
	    fstatat(q->dirfd, q->name, &named, AT_SYMLINK_NOFOLLOW) != 0 ||
	    held.st_dev != named.st_dev || held.st_ino != named.st_ino)
		return others(q, err);
	return BULLA_OK;
}

static enum bulla_status
remove_stale(struct quarantine *q, struct bulla_err *err)
{
	enum bulla_status st = lock_part(q, &q->fd, err);

	if (st == BULLA_OK)
		st = bulla_dir_remove(q->dirfd, q->name, err);
	if (q->fd != -1)
		(void)close(q->fd);
	q->fd = -1;
	return st;
}

static enum bulla_status
make_part(struct quarantine *q, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	int r = mkdirat(q->dirfd, q->name, 0700);

	if (r != 0 && errno == EEXIST) {
		st = remove_stale(q, err);
		if (st != BULLA_OK)
			return st;
		r = mkdirat(q->dirfd, q->name, 0700);
	}
	if (r != 0)
		return errno == EEXIST ? others(q, err) :
		    dir_fail(q, err, "cannot make a directory in it");
	st = lock_part(q, &q->fd, err);
	q->made = st == BULLA_OK;
	return st;
}

enum bulla_status
quarantine_open(struct quarantine *q, const char *dir, const char *id,
    struct bulla_err *err)
{
	bool was_there = access(dir, F_OK) == 0;
	enum bulla_status st = bulla_dir_make(dir, 0700, err);

	(void)bulla_text_show_str(q->shown, sizeof(q->shown), dir);
	(void)snprintf(q->name, sizeof(q->name), ".%s.part", id);
	if (st != BULLA_OK)
		return st;
	q->made_dir = was_there ? NULL : dir;
	q->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (q->dirfd == -1)
		return dir_fail(q, err, "cannot open");
	return make_part(q, err);
}

enum bulla_status
open_space(int fd, uint64_t *most, struct bulla_err *err)
{
	uint64_t space = 0;
	enum bulla_status st = bulla_space_free(fd, &space, err);

	if (st == BULLA_OK)
		*most = space - space / 20;
	return st;
}

enum bulla_status
quarantine_publish(struct quarantine *q, const char *bag,
    struct bulla_err *err)
{
	int saved;

	if (renameat2(q->fd, bag, q->dirfd, bag, RENAME_NOREPLACE) != 0) {
		if (errno == EEXIST)
			return bulla_fail(err, BULLA_E_REFUSED, "%s/%s is "
			    "there already: open into another directory, or "
			    "move it away", q->shown, bag);
		return dir_fail(q, err, "cannot publish the bag");
	}
	if (fsync(q->dirfd) != 0) {
		saved = errno;
		/* A tool that fails leaves no output: back into quarantine. */
		(void)renameat2(q->dirfd, bag, q->fd, bag, RENAME_NOREPLACE);
		errno = saved;
		return dir_fail(q, err, "cannot make the bag durable");
	}
	q->made_dir = NULL;
	return BULLA_OK;
}

void
quarantine_free(struct quarantine *q)
{
	enum bulla_status removed = BULLA_OK;

	if (q->made)
		removed = bulla_dir_remove(q->dirfd, q->name, NULL);
	(void)removed;	/* the next open of this package tries again */
	/* Nothing else can be in it, or it stays. */
	if (q->made_dir != NULL)
		(void)rmdir(q->made_dir);
	if (q->fd != -1)
		(void)close(q->fd);
	if (q->dirfd != -1)
		(void)close(q->dirfd);
	*q = (struct quarantine)QUARANTINE_INIT;
}

static enum bulla_status
tee_next(struct bulla_blocks *b, const uint8_t **p, size_t *n,
    struct bulla_err *err)
{
	struct tee *t = (struct tee *)(void *)b;
	enum bulla_status st = open_tee_end(t, err);

	if (st == BULLA_OK)
		st = t->in->next(t->in, &t->p, &t->n, err);
	if (st == BULLA_OK) {
		*p = t->p;
		*n = t->n;
	}
	return st;
}

struct bulla_blocks *
open_tee(struct tee *t, struct bulla_blocks *in)
{
	t->b.next = tee_next;
	t->in = in;
	t->n = 0;
	return &t->b;
}

enum bulla_status
open_tee_end(struct tee *t, struct bulla_err *err)
{
	size_t n = t->n;

	t->n = 0;
	return n == 0 ? BULLA_OK : t->out->write(t->out, t->p, n, err);
}

enum bulla_status
open_spool(int in, int *fd, struct bulla_err *err)
{
	uint8_t buf[65536];
	struct bulla_reader_fd r;
	enum bulla_status st = bulla_spool_open(NULL, fd, err);
	size_t n = 1;

	bulla_pipe_widen(in);
	bulla_reader_fd_init(&r, in, "standard input");
	while (st == BULLA_OK && n > 0) {
		st = r.r.read(&r.r, buf, sizeof(buf), &n, err);
		if (st == BULLA_OK && n > 0)
			st = bulla_write_fd(*fd, buf, n, "temporary file",
			    err);
	}
	if (st == BULLA_OK && lseek(*fd, 0, SEEK_SET) != 0)
		st = bulla_fail_sys(err, "temporary file");
	return st;
}
