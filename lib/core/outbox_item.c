#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/outbox_int.h"

#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/num.h"

static const char *const where_name[] = { "queue", "done" };

/* Exactly 20 digits; anything else in there is not ours. */
static bool
number_of(const char *name, uint64_t *out)
{
	struct bulla_cur c = bulla_cur_str(name);

	if (c.len != OUTBOX_NAME_LEN)
		return false;
	while (c.len > 1 && c.p[0] == '0')
		(void)!bulla_cur_eat_str(&c, "0");
	return bulla_num_u64(&c, UINT64_MAX, out) && *out > 0;
}

static int
ascending(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct numbers {
	uint64_t *v, after;
	size_t n, cap;
};

static bool
numbers_add(struct numbers *a, uint64_t v)
{
	size_t cap = a->cap < 64 ? 64 : 2 * a->cap;
	uint64_t *p;

	if (v <= a->after)
		return true;
	if (a->n == a->cap) {
		p = reallocarray(a->v, cap, sizeof(*p));
		if (p == NULL)
			return false;
		a->v = p;
		a->cap = cap;
	}
	a->v[a->n++] = v;
	return true;
}

enum bulla_status
bulla_outbox_list(const struct bulla_outbox *b,
    enum bulla_outbox_where where, uint64_t after, uint64_t **orders,
    size_t *n, struct bulla_err *err)
{
	struct numbers a = { .after = after };
	enum bulla_status st = BULLA_OK;
	struct dirent *e;
	uint64_t v;
	DIR *d = NULL;
	int fd;

	fd = openat(b->fd, where_name[where],
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1)
		d = fdopendir(fd);
	if (d == NULL) {
		st = bulla_fail_sys(err, "outbox/%s", where_name[where]);
		if (fd != -1)
			(void)close(fd);
		return st;
	}
	while (st == BULLA_OK && (errno = 0, e = readdir(d)) != NULL) {
		if (number_of(e->d_name, &v) && !numbers_add(&a, v))
			st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	}
	if (st == BULLA_OK && errno != 0)
		st = bulla_fail_sys(err, "outbox/%s", where_name[where]);
	(void)closedir(d);
	if (st != BULLA_OK) {
		free(a.v);
		return st;
	}
	if (a.n > 1)
		qsort(a.v, a.n, sizeof(*a.v), ascending);
	*orders = a.v;
	*n = a.n;
	return BULLA_OK;
}

static enum bulla_status
read_at(int dirfd, const char *name, struct bulla_buf *out,
    struct bulla_err *err)
{
	struct bulla_reader_fd r;
	enum bulla_status st;
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return bulla_fail_sys(err, "%s", name);
	bulla_reader_fd_init(&r, fd, name);
	st = bulla_read_all(&r.r, out, err);
	(void)close(fd);
	return st;
}

static enum bulla_status
read_item(struct bulla_outbox_item *i, struct bulla_err *err)
{
	struct bulla_buf state = BULLA_BUF_INIT(16384);
	struct bulla_cur c;
	enum bulla_status st = read_at(i->dirfd, "entry", &i->text, err);

	c = bulla_buf_view(&i->text);
	if (st == BULLA_OK) {
		st = bulla_outbox_entry_parse(&c, &i->e, err);
		if (st != BULLA_OK)
			return bulla_wrap(err, st, "entry");
		st = read_at(i->dirfd, "state", &state, err);
	}
	c = bulla_buf_view(&state);
	if (st == BULLA_OK) {
		st = bulla_outbox_state_parse(&c, &i->s, err);
		if (st != BULLA_OK)
			(void)bulla_wrap(err, st, "state");
	}
	bulla_buf_free(&state);
	return st;
}

static enum bulla_status
open_dir(const struct bulla_outbox *b, const char *name, int *fd,
    struct bulla_err *err)
{
	*fd = openat(b->fd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd != -1)
		return BULLA_OK;
	if (errno == ENOENT)
		return bulla_fail(err, BULLA_E_NOMATCH, "outbox/%s: there is "
		    "no such entry", name);
	return bulla_fail_sys(err, "outbox/%s", name);
}

static enum bulla_status
get(const struct bulla_outbox *b, const char *name,
    struct bulla_outbox_item *i, struct bulla_err *err)
{
	enum bulla_status st = read_item(i, err);
	struct bulla_err none = { 0 };
	struct stat sb;

	/* It may have been moved away or dropped while it was read. */
	if (st != BULLA_OK && fstatat(b->fd, name, &sb, 0) != 0 &&
	    errno == ENOENT) {
		*err = none;
		return bulla_fail(err, BULLA_E_NOMATCH, "outbox/%s: there is "
		    "no such entry any more", name);
	}
	return st == BULLA_OK ? st : bulla_wrap(err, st, "outbox/%s", name);
}

enum bulla_status
bulla_outbox_look(const struct bulla_outbox *b,
    enum bulla_outbox_where where, uint64_t order,
    struct bulla_outbox_item *out, struct bulla_err *err)
{
	struct bulla_outbox_item i = { .order = order, .dirfd = -1,
	    .text = BULLA_BUF_INIT(OUTBOX_TEXT_MAX) };
	char name[OUTBOX_NAME_LEN + 24];
	struct bulla_err why = { 0 };
	enum bulla_status st;

	outbox_name(name, where_name[where], order, "");
	st = open_dir(b, name, &i.dirfd, &why);
	if (st == BULLA_OK)
		st = get(b, name, &i, &why);
	if (st == BULLA_OK) {
		*out = i;
		return BULLA_OK;
	}
	bulla_outbox_leave(&i);
	if (err != NULL)
		*err = why;
	return st;
}

/*
 * The lock is on the directory itself, so that it goes wherever that goes;
 * whoever had to wait for nothing must see whether it is still the one in the
 * queue.
 */
static enum bulla_status
own(const struct bulla_outbox *b, const char *name, int fd,
    struct bulla_err *err)
{
	struct stat mine, now;

	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			return bulla_fail(err, BULLA_E_AGAIN, "outbox/%s is "
			    "being sent: try again when that has ended",
			    name);
		return bulla_fail_sys(err, "outbox/%s: cannot lock", name);
	}
	if (fstat(fd, &mine) != 0)
		return bulla_fail_sys(err, "outbox/%s", name);
	if (fstatat(b->fd, name, &now, AT_SYMLINK_NOFOLLOW) != 0 ||
	    now.st_ino != mine.st_ino || now.st_dev != mine.st_dev)
		return bulla_fail(err, BULLA_E_NOMATCH,
		    "outbox/%s: there is no such entry any more", name);
	return BULLA_OK;
}

enum bulla_status
bulla_outbox_take(const struct bulla_outbox *b, uint64_t order,
    struct bulla_outbox_item *out, struct bulla_err *err)
{
	struct bulla_outbox_item i = { .order = order, .dirfd = -1,
	    .text = BULLA_BUF_INIT(OUTBOX_TEXT_MAX) };
	char name[OUTBOX_NAME_LEN + 24];
	struct bulla_err why = { 0 };
	enum bulla_status st;

	outbox_name(name, "queue", order, "");
	st = open_dir(b, name, &i.dirfd, &why);
	if (st == BULLA_OK)
		st = own(b, name, i.dirfd, &why);
	if (st == BULLA_OK)
		st = get(b, name, &i, &why);
	if (st == BULLA_OK) {
		*out = i;
		return BULLA_OK;
	}
	bulla_outbox_leave(&i);
	if (err != NULL)
		*err = why;
	return st;
}

void
bulla_outbox_leave(struct bulla_outbox_item *i)
{
	if (i->dirfd != -1)
		(void)close(i->dirfd);
	i->dirfd = -1;
	bulla_buf_free(&i->text);
}
