#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/text.h"
#include "core/open_int.h"

static enum bulla_status
dir_fail(const struct part_dir *d, struct bulla_err *err, const char *what)
{
	return bulla_fail_sys(err, "%s: %s", d->shown, what);
}

static enum bulla_status
others(const struct part_dir *d, struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_AGAIN, "%s: this package is being "
	    "opened here already", d->shown);
}

/*
 * Open the part directory and lock it; the lock is on the directory itself
 * and ends with the process. What another process removed or made anew
 * between the two is not ours: only the one that is locked and still has the
 * name may be filled or deleted.
 */
static enum bulla_status
lock_part(const struct part_dir *d, int *fd, struct bulla_err *err)
{
	struct stat named, held;

	*fd = openat(d->dirfd, d->name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd == -1 && errno != ENOENT)
		return dir_fail(d, err, d->name);
	if (*fd == -1 || flock(*fd, LOCK_EX | LOCK_NB) != 0 ||
	    fstat(*fd, &held) != 0 ||
	    fstatat(d->dirfd, d->name, &named, AT_SYMLINK_NOFOLLOW) != 0 ||
	    held.st_dev != named.st_dev || held.st_ino != named.st_ino)
		return others(d, err);
	return BULLA_OK;
}

static enum bulla_status
remove_stale(struct part_dir *d, struct bulla_err *err)
{
	enum bulla_status st = lock_part(d, &d->fd, err);

	if (st == BULLA_OK)
		st = bulla_dir_remove(d->dirfd, d->name, err);
	if (d->fd != -1)
		(void)close(d->fd);
	d->fd = -1;
	return st;
}

static enum bulla_status
make_part(struct part_dir *d, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	int r = mkdirat(d->dirfd, d->name, 0700);

	if (r != 0 && errno == EEXIST) {
		st = remove_stale(d, err);
		if (st != BULLA_OK)
			return st;
		r = mkdirat(d->dirfd, d->name, 0700);
	}
	if (r != 0)
		return errno == EEXIST ? others(d, err) :
		    dir_fail(d, err, "cannot make a directory in it");
	st = lock_part(d, &d->fd, err);
	d->made = st == BULLA_OK;
	return st;
}

enum bulla_status
part_dir_open(struct part_dir *d, const char *dir, const char *id,
    struct bulla_err *err)
{
	bool was_there = access(dir, F_OK) == 0;
	enum bulla_status st = bulla_dir_make(dir, 0700, err);

	(void)bulla_text_show_str(d->shown, sizeof(d->shown), dir);
	(void)snprintf(d->name, sizeof(d->name), ".%s.part", id);
	if (st != BULLA_OK)
		return st;
	d->made_dir = was_there ? NULL : dir;
	d->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dirfd == -1)
		return dir_fail(d, err, "cannot open");
	return make_part(d, err);
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
part_dir_publish(struct part_dir *d, const char *bag,
    struct bulla_err *err)
{
	int saved;

	if (renameat2(d->fd, bag, d->dirfd, bag, RENAME_NOREPLACE) != 0) {
		if (errno == EEXIST)
			return bulla_fail(err, BULLA_E_REFUSED, "%s/%s is "
			    "there already: open into another directory, or "
			    "move it away", d->shown, bag);
		return dir_fail(d, err, "cannot publish the bag");
	}
	if (fsync(d->dirfd) != 0) {
		saved = errno;
		/* A tool that fails leaves no output: back to where it was. */
		(void)renameat2(d->dirfd, bag, d->fd, bag, RENAME_NOREPLACE);
		errno = saved;
		return dir_fail(d, err, "cannot make the bag durable");
	}
	d->made_dir = NULL;
	return BULLA_OK;
}

void
part_dir_free(struct part_dir *d)
{
	enum bulla_status removed = BULLA_OK;

	if (d->made)
		removed = bulla_dir_remove(d->dirfd, d->name, NULL);
	(void)removed;	/* the next open of this package tries again */
	/* Nothing else can be in it, or it stays. */
	if (d->made_dir != NULL)
		(void)rmdir(d->made_dir);
	if (d->fd != -1)
		(void)close(d->fd);
	if (d->dirfd != -1)
		(void)close(d->dirfd);
	*d = (struct part_dir)PART_DIR_INIT;
}

static enum bulla_status
relay_next(struct bulla_blocks *b, const uint8_t **p, size_t *n,
    struct bulla_err *err)
{
	struct relay *r = (struct relay *)(void *)b;
	enum bulla_status st = relay_end(r, err);

	if (st == BULLA_OK)
		st = r->in->next(r->in, &r->p, &r->n, err);
	if (st == BULLA_OK) {
		*p = r->p;
		*n = r->n;
	}
	return st;
}

struct bulla_blocks *
relay_begin(struct relay *r, struct bulla_blocks *in)
{
	r->b.next = relay_next;
	r->in = in;
	r->n = 0;
	return &r->b;
}

enum bulla_status
relay_end(struct relay *r, struct bulla_err *err)
{
	size_t n = r->n;

	r->n = 0;
	return n == 0 ? BULLA_OK : r->out->write(r->out, r->p, n, err);
}
