#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/outbox_int.h"

#include "bulla/field.h"
#include "bulla/file.h"
#include "bulla/num.h"
#include "bulla/package.h"

#define CHUNK (256u << 10)

/* An entry on its way into the queue. */
struct making {
	char name[16];		/* "new/XXXXXX" */
	char path[OUTBOX_PATH_MAX];
	int dirfd, lock;
	bool any;		/* not only sealed packages */
	struct bulla_outbox_entry e;
	struct bulla_outbox_added done;
};

static enum bulla_status
check(const struct bulla_outbox_entry *e, struct bulla_err *err)
{
	const struct {
		const char *name;
		const struct bulla_cur *v;
	} texts[] = {
		{ "counterpart", &e->to }, { "name", &e->what },
		{ "note", &e->note },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!bulla_field_value_ok(texts[i].v))
			return bulla_fail(err, BULLA_E_USAGE, "the %s must be "
			    "plain text, not empty, without a space at its "
			    "ends", texts[i].name);
	}
	for (size_t i = 0; i < e->n_args; i++) {
		if (!bulla_field_value_ok(&e->arg[i]))
			return bulla_fail(err, BULLA_E_USAGE, "an option's "
			    "argument must be plain text, not empty, without "
			    "a space at its ends");
	}
	return e->n_args <= BULLA_OUTBOX_ARGS_MAX ? BULLA_OK :
	    bulla_fail(err, BULLA_E_LIMIT, "too many options");
}

static enum bulla_status
make_dir(const struct bulla_outbox *b, struct making *m,
    struct bulla_err *err)
{
	enum bulla_status st;

	st = outbox_path(b, m->path, "new/XXXXXX", err);
	if (st != BULLA_OK)
		return st;
	if (mkdtemp(m->path) == NULL)
		return bulla_fail_sys(err, "outbox/new: cannot make a "
		    "directory in it");
	(void)snprintf(m->name, sizeof(m->name), "new/%.6s",
	    m->path + strlen(m->path) - 6);
	m->dirfd = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return m->dirfd != -1 ? BULLA_OK :
	    bulla_fail_sys(err, "outbox/%s", m->name);
}

static enum bulla_status
copy_bytes(int in, int out, uint64_t *size, struct bulla_err *err)
{
	uint8_t *buf = malloc(CHUNK);
	enum bulla_status st = BULLA_OK;
	struct bulla_reader_fd r;
	size_t n = 1;

	if (buf == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	bulla_reader_fd_init(&r, in, "the package");
	for (*size = 0; st == BULLA_OK && n > 0; *size += n) {
		n = 0;
		st = r.r.read(&r.r, buf, CHUNK, &n, err);
		if (st == BULLA_OK)
			st = bulla_write_fd(out, buf, n, "the copy in the "
			    "outbox", err);
	}
	free(buf);
	return st;
}

/*
 * A second name costs nothing and keeps the bytes when the first one goes;
 * the kernel may forbid it (another file system, somebody else's file).
 */
static bool
link_file(const struct making *m, int fd, const struct stat *sb)
{
	char link[64];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return S_ISREG(sb->st_mode) && lseek(fd, 0, SEEK_CUR) == 0 &&
	    linkat(AT_FDCWD, link, m->dirfd, "package",
	    AT_SYMLINK_FOLLOW) == 0;
}

static enum bulla_status
name_package(struct making *m, int fd, struct bulla_err *err)
{
	bool is;
	enum bulla_status st = bulla_package_peek(fd, &is, m->done.id, err);

	if (st != BULLA_OK)
		return st;
	if (!is && !m->any)
		return bulla_fail(err, BULLA_E_FORMAT, "not a sealed package, "
		    "so it is not added (bulla-seal makes one)");
	if (!is)
		(void)snprintf(m->done.id, sizeof(m->done.id), "-");
	m->e.id = bulla_cur_str(m->done.id);
	return BULLA_OK;
}

static enum bulla_status
put_package(struct making *m, int fd, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	struct stat sb;
	int out = fd;

	if (fstat(fd, &sb) != 0)
		return bulla_fail_sys(err, "the package");
	if (!link_file(m, fd, &sb)) {
		out = openat(m->dirfd, "package", O_RDWR | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
		if (out == -1)
			return bulla_fail_sys(err, "the copy in the outbox");
		st = copy_bytes(fd, out, &m->e.size, err);
		m->done.copied = true;
	}
	if (st == BULLA_OK && (fsync(out) != 0 || fstat(out, &sb) != 0))
		st = bulla_fail_sys(err, "the package: cannot make it "
		    "durable");
	if (st == BULLA_OK && sb.st_size == 0)
		st = bulla_fail(err, BULLA_E_INCOMPLETE,
		    "the package is empty");
	if (st == BULLA_OK)
		st = name_package(m, out, err);
	if (out != fd)
		(void)close(out);
	if (st != BULLA_OK)
		return st;
	m->done.size = m->e.size = (uint64_t)sb.st_size;
	m->e.mtime_ns = outbox_mtime_ns(&sb);
	return BULLA_OK;
}

static enum bulla_status
put_text(const struct making *m, const char *file, const struct bulla_buf *t,
    struct bulla_err *err)
{
	char path[OUTBOX_PATH_MAX + 8];
	enum bulla_status st = bulla_buf_status(t);

	if (st != BULLA_OK)
		return bulla_fail(err, st, "outbox: %s is too long", file);
	(void)snprintf(path, sizeof(path), "%s/%s", m->path, file);
	return bulla_file_put(path, t->p, t->len, 0600, false, err);
}

static enum bulla_status
put_texts(const struct making *m, struct bulla_err *err)
{
	struct bulla_buf t = BULLA_BUF_INIT(OUTBOX_TEXT_MAX);
	const struct bulla_outbox_state s = { 0 };
	enum bulla_status st;

	bulla_outbox_entry_put(&t, &m->e);
	st = put_text(m, "entry", &t, err);
	bulla_buf_reset(&t);
	bulla_outbox_state_put(&t, &s);
	if (st == BULLA_OK)
		st = put_text(m, "state", &t, err);
	bulla_buf_free(&t);
	return st;
}

/* The highest number ever given, by the file and by what is there. */
static enum bulla_status
last_number(const struct bulla_outbox *b, const char *path, uint64_t *out,
    struct bulla_err *err)
{
	struct bulla_buf t = BULLA_BUF_INIT(32);
	static const enum bulla_outbox_where all[] = { BULLA_OUTBOX_IN_QUEUE,
	    BULLA_OUTBOX_IN_DONE };
	struct bulla_cur c, line;
	enum bulla_status st = BULLA_OK;

	*out = 0;
	if (access(path, F_OK) == 0)
		st = bulla_file_get(path, &t, err);
	c = bulla_buf_view(&t);
	if (st == BULLA_OK && c.len > 0 && (!bulla_cur_line(&c, &line) ||
	    !bulla_num_u64(&line, UINT64_MAX - 1, out)))
		st = bulla_fail(err, BULLA_E_MISMATCH, "outbox/last: no "
		    "number; remove the file when its disk is sound again");
	for (size_t i = 0; i < 2 && st == BULLA_OK; i++) {
		uint64_t *have = NULL;
		size_t n = 0;

		st = bulla_outbox_list(b, all[i], *out, &have, &n, err);
		if (st == BULLA_OK && n > 0)
			*out = have[n - 1];
		free(have);
	}
	bulla_buf_free(&t);
	return st;
}

/*
 * The number is durable before it is used: a gap does no harm, a number
 * that is given twice would.
 */
static enum bulla_status
enqueue(const struct bulla_outbox *b, struct making *m,
    struct bulla_err *err)
{
	uint64_t *order = &m->done.order;
	char path[OUTBOX_PATH_MAX], name[OUTBOX_NAME_LEN + 24], text[32];
	enum bulla_status st;
	int n;

	st = outbox_path(b, path, "last", err);
	if (st == BULLA_OK)
		st = last_number(b, path, order, err);
	if (st != BULLA_OK)
		return st;
	n = snprintf(text, sizeof(text), "%" PRIu64 "\n", ++*order);
	st = bulla_file_put(path, text, (size_t)n, 0600, true, err);
	if (st != BULLA_OK)
		return st;
	outbox_name(name, "queue", *order, "");
	if (renameat(b->fd, m->name, b->fd, name) != 0)
		return bulla_fail_sys(err, "outbox/%s: cannot move it in",
		    name);
	st = outbox_sync(b, "queue", err);
	/* Its name might not last: a caller who is told so adds it again. */
	if (st != BULLA_OK)
		(void)renameat(b->fd, name, b->fd, m->name);
	return st;
}

static enum bulla_status
make(struct bulla_outbox *b, struct making *m, int fd,
    struct bulla_err *err)
{
	char path[OUTBOX_PATH_MAX];
	enum bulla_status st = make_dir(b, m, err);
	int lock = -1;

	if (st == BULLA_OK)
		st = put_package(m, fd, err);
	if (st == BULLA_OK)
		st = put_texts(m, err);
	if (st == BULLA_OK && fsync(m->dirfd) != 0)
		st = bulla_fail_sys(err, "outbox/%s", m->name);
	if (st == BULLA_OK)
		st = outbox_path(b, path, "add.lock", err);
	if (st == BULLA_OK)
		st = bulla_lock(path, true, &lock, err);
	if (st == BULLA_OK)
		st = enqueue(b, m, err);
	if (lock != -1)
		(void)close(lock);
	return st;
}

enum bulla_status
bulla_outbox_add(struct bulla_outbox *b, const struct bulla_outbox_entry *e,
    int fd, bool any, struct bulla_outbox_added *added,
    struct bulla_err *err)
{
	struct making m = { .dirfd = -1, .any = any, .e = *e };
	enum bulla_status st = check(e, err);

	if (st == BULLA_OK)
		st = outbox_hold(b, false, &m.lock, err);
	if (st != BULLA_OK)
		return st;
	st = make(b, &m, fd, err);
	if (m.dirfd != -1)
		(void)close(m.dirfd);
	if (st != BULLA_OK && m.name[0] != '\0')
		(void)!bulla_dir_remove(b->fd, m.name, NULL);
	(void)close(m.lock);
	if (st == BULLA_OK)
		*added = m.done;
	return st;
}
