#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/outbox_int.h"

#include "bulla/file.h"

enum bulla_status
bulla_outbox_whole(const struct bulla_outbox_item *i, struct bulla_err *err)
{
	struct stat sb;

	if (fstatat(i->dirfd, "package", &sb, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno == ENOENT)
			return bulla_fail(err, BULLA_E_MISMATCH,
			    "the package is no longer in the outbox");
		return bulla_fail_sys(err, "the package");
	}
	if ((uint64_t)sb.st_size != i->e.size ||
	    outbox_mtime_ns(&sb) != i->e.mtime_ns)
		return bulla_fail(err, BULLA_E_MISMATCH, "the file was "
		    "changed after it was added: drop this entry and add "
		    "the package again");
	return BULLA_OK;
}

enum bulla_status
bulla_outbox_save(const struct bulla_outbox *b,
    const struct bulla_outbox_item *i, struct bulla_err *err)
{
	struct bulla_buf t = BULLA_BUF_INIT(16384);
	char path[OUTBOX_PATH_MAX];
	enum bulla_status st;

	bulla_outbox_state_put(&t, &i->s);
	st = bulla_buf_status(&t);
	if (st != BULLA_OK)
		st = bulla_fail(err, st, "out of memory");
	else
		st = outbox_entry_path(b, path, i->order, "state", err);
	if (st == BULLA_OK)
		st = bulla_file_put(path, t.p, t.len, 0600, true, err);
	bulla_buf_free(&t);
	return st;
}

/* The last lines that fit into max bytes. */
static struct bulla_cur
tail_of(const struct bulla_cur *text, size_t max)
{
	struct bulla_cur c = *text, cut;

	if (c.len <= max)
		return c;
	(void)!bulla_cur_take(&c, c.len - max, &cut);
	(void)!bulla_cur_line(&c, &cut);
	return c;
}

enum bulla_status
bulla_outbox_log(const struct bulla_outbox *b,
    const struct bulla_outbox_item *i, const struct bulla_cur *text,
    struct bulla_err *err)
{
	struct bulla_buf old = BULLA_BUF_INIT(2 * BULLA_OUTBOX_LOG_MAX);
	struct bulla_buf all = BULLA_BUF_INIT(BULLA_OUTBOX_LOG_MAX);
	struct bulla_cur c, more = tail_of(text, BULLA_OUTBOX_LOG_MAX / 2);
	char path[OUTBOX_PATH_MAX];
	enum bulla_status st;

	st = outbox_entry_path(b, path, i->order, "log", err);
	/* An old log that cannot be read must not stop the queue. */
	if (st == BULLA_OK && access(path, F_OK) == 0 &&
	    bulla_file_get(path, &old, NULL) != BULLA_OK)
		bulla_buf_reset(&old);
	c = bulla_buf_view(&old);
	if (c.len + more.len > BULLA_OUTBOX_LOG_MAX)
		c = tail_of(&c, BULLA_OUTBOX_LOG_MAX / 2);
	bulla_buf_cur(&all, &c);
	bulla_buf_cur(&all, &more);
	if (st == BULLA_OK && bulla_buf_status(&all) != BULLA_OK)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	if (st == BULLA_OK)
		st = bulla_file_put(path, all.p, all.len, 0600, true, err);
	bulla_buf_free(&old);
	bulla_buf_free(&all);
	return st;
}

bool
bulla_outbox_has_receipt(const struct bulla_outbox_item *i)
{
	return faccessat(i->dirfd, "receipt", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

enum bulla_status
outbox_tidy(int dirfd, struct bulla_err *err)
{
	struct dirent *e;
	DIR *d = NULL;
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1)
		d = fdopendir(fd);
	if (d == NULL) {
		if (fd != -1)
			(void)close(fd);
		return bulla_fail_sys(err, "an entry of the outbox");
	}
	while ((e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, ".bulla-", 7) == 0)
			(void)unlinkat(dirfd, e->d_name, 0);
	}
	(void)closedir(d);
	return BULLA_OK;
}

/* The package goes first: behind the rename nobody would look for it. */
enum bulla_status
bulla_outbox_finish(const struct bulla_outbox *b,
    const struct bulla_outbox_item *i, struct bulla_err *err)
{
	char from[OUTBOX_NAME_LEN + 24], to[OUTBOX_NAME_LEN + 24];
	enum bulla_status st;

	BULLA_CHECK(i->s.phase == BULLA_OUTBOX_DONE);
	outbox_name(from, "queue", i->order, "");
	outbox_name(to, "done", i->order, "");
	if (unlinkat(i->dirfd, "package", 0) != 0 && errno != ENOENT)
		return bulla_fail_sys(err, "outbox/%s/package", from);
	st = outbox_tidy(i->dirfd, err);
	if (st != BULLA_OK)
		return st;
	if (fsync(i->dirfd) != 0)
		return bulla_fail_sys(err, "outbox/%s", from);
	if (renameat(b->fd, from, b->fd, to) != 0)
		return bulla_fail_sys(err, "outbox/%s: cannot move it to "
		    "done", from);
	st = outbox_sync(b, "done", err);
	return st == BULLA_OK ? outbox_sync(b, "queue", err) : st;
}

/* What proves delivery, or a refusal, outlives its entry. */
static enum bulla_status
keep_receipt(const struct bulla_outbox *b, const char *dir, uint64_t order,
    struct bulla_err *err)
{
	char from[OUTBOX_NAME_LEN + 24], to[OUTBOX_NAME_LEN + 24];

	outbox_name(from, dir, order, "/receipt");
	outbox_name(to, "receipts", order, ".note");
	if (renameat(b->fd, from, b->fd, to) == 0)
		return outbox_sync(b, "receipts", err);
	return errno == ENOENT ? BULLA_OK :
	    bulla_fail_sys(err, "outbox/%s: cannot keep it", from);
}

enum bulla_status
bulla_outbox_drop(struct bulla_outbox *b, uint64_t order,
    struct bulla_err *err)
{
	struct bulla_outbox_item i = BULLA_OUTBOX_ITEM_INIT;
	struct bulla_err why = { 0 };
	enum bulla_status st = bulla_outbox_take(b, order, &i, &why);

	/* Also one that is damaged: nobody is sending it. */
	if (st == BULLA_E_NOMATCH || st == BULLA_E_AGAIN) {
		if (err != NULL)
			*err = why;
		return st;
	}
	st = keep_receipt(b, "queue", order, err);
	if (st == BULLA_OK)
		st = outbox_remove(b, "queue", order, err);
	bulla_outbox_leave(&i);
	return st;
}

static enum bulla_status
prune_one(const struct bulla_outbox *b, uint64_t order, int64_t before,
    bool *old, struct bulla_err *err)
{
	struct bulla_outbox_item i = BULLA_OUTBOX_ITEM_INIT;
	struct bulla_err why = { 0 };
	enum bulla_status st;

	st = bulla_outbox_look(b, BULLA_OUTBOX_IN_DONE, order, &i, &why);
	if (st == BULLA_E_NOMATCH)
		return BULLA_OK;
	/* What is damaged cannot say how old it is, and is of no more use. */
	*old = st == BULLA_OK ? i.s.last < before :
	    st == BULLA_E_FORMAT || st == BULLA_E_LIMIT;
	bulla_outbox_leave(&i);
	if (!*old && st != BULLA_OK) {
		if (err != NULL)
			*err = why;
		return st;
	}
	if (!*old)
		return BULLA_OK;
	st = keep_receipt(b, "done", order, err);
	return st == BULLA_OK ? outbox_remove(b, "done", order, err) : st;
}

enum bulla_status
bulla_outbox_prune(struct bulla_outbox *b, int64_t before,
    struct bulla_err *err)
{
	uint64_t *orders = NULL;
	enum bulla_status st;
	size_t n = 0;
	bool old = true;

	st = bulla_outbox_list(b, BULLA_OUTBOX_IN_DONE, 0, &orders, &n, err);
	for (size_t k = 0; k < n && st == BULLA_OK && old; k++)
		st = prune_one(b, orders[k], before, &old, err);
	free(orders);
	return st;
}
