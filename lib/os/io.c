#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "bulla/io.h"

#define CHUNK 16384u	/* bytes, on the stack */

/*
 * Shall the call that has just failed be made again? A pipe or terminal that
 * another program has set to non-blocking is waited for.
 */
static bool
again(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (errno == EINTR)
		return true;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return false;
	return poll(&p, 1, -1) == 1 || errno == EINTR;
}

static enum bulla_status
mem_read(struct bulla_reader *r, void *buf, size_t cap, size_t *n,
    struct bulla_err *err)
{
	struct bulla_reader_mem *m = (struct bulla_reader_mem *)r;
	size_t some = m->c.len < cap ? m->c.len : cap;

	(void)err;
	BULLA_CHECK(bulla_cur_copy(&m->c, buf, some));
	*n = some;
	return BULLA_OK;
}

void
bulla_reader_mem_init(struct bulla_reader_mem *m, const void *p, size_t len)
{
	*m = (struct bulla_reader_mem){
		.r.read = mem_read, .c = bulla_cur_of(p, len)
	};
}

static enum bulla_status
fd_read(struct bulla_reader *r, void *buf, size_t cap, size_t *n,
    struct bulla_err *err)
{
	struct bulla_reader_fd *f = (struct bulla_reader_fd *)r;
	ssize_t got;

	do
		got = read(f->fd, buf, cap);
	while (got == -1 && again(f->fd, POLLIN));
	if (got == -1)
		return bulla_fail_sys(err, "%s: cannot read", f->name);
	*n = (size_t)got;
	return BULLA_OK;
}

void
bulla_reader_fd_init(struct bulla_reader_fd *f, int fd, const char *name)
{
	*f = (struct bulla_reader_fd){
		.r.read = fd_read, .fd = fd, .name = name
	};
}

/* A failed writer stays failed: a gap in the output must not go unseen. */
static enum bulla_status
fd_write(struct bulla_writer *w, const void *buf, size_t len,
    struct bulla_err *err)
{
	struct bulla_writer_fd *f = (struct bulla_writer_fd *)w;
	enum bulla_status st;

	if (f->failed != 0) {
		errno = f->failed;
		return bulla_fail_sys(err, "%s: cannot write", f->name);
	}
	st = bulla_write_fd(f->fd, buf, len, f->name, err);
	if (st != BULLA_OK)
		f->failed = errno;
	return st;
}

void
bulla_writer_fd_init(struct bulla_writer_fd *f, int fd, const char *name)
{
	*f = (struct bulla_writer_fd){
		.w.write = fd_write, .fd = fd, .name = name
	};
}

static enum bulla_status
buf_failed(const struct bulla_buf *b, struct bulla_err *err)
{
	enum bulla_status st = bulla_buf_status(b);

	if (st == BULLA_E_LIMIT)
		return bulla_fail(err, st, "longer than %zu bytes", b->max);
	return bulla_fail(err, st, "out of memory");
}

static enum bulla_status
buf_write(struct bulla_writer *w, const void *buf, size_t len,
    struct bulla_err *err)
{
	struct bulla_writer_buf *m = (struct bulla_writer_buf *)w;

	bulla_buf_put(m->b, buf, len);
	if (bulla_buf_status(m->b) != BULLA_OK)
		return buf_failed(m->b, err);
	return BULLA_OK;
}

void
bulla_writer_buf_init(struct bulla_writer_buf *m, struct bulla_buf *b)
{
	*m = (struct bulla_writer_buf){ .w.write = buf_write, .b = b };
}

enum bulla_status
bulla_read_full(struct bulla_reader *r, void *buf, size_t cap, size_t *n,
    struct bulla_err *err)
{
	uint8_t *p = buf;
	size_t done = 0, got = 1;
	enum bulla_status st;

	while (done < cap && got > 0) {
		st = r->read(r, p + done, cap - done, &got, err);
		if (st != BULLA_OK)
			return st;
		done += got;
	}
	*n = done;
	return BULLA_OK;
}

/* Take back what was appended since len was mark. */
static void
undo(struct bulla_buf *b, size_t mark)
{
	if (b->len > mark)
		explicit_bzero(b->p + mark, b->len - mark);
	b->len = mark;
}

enum bulla_status
bulla_read_all(struct bulla_reader *r, struct bulla_buf *out,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	size_t mark = out->len, n = 1;
	uint8_t chunk[CHUNK];

	while (st == BULLA_OK && n > 0) {
		st = r->read(r, chunk, sizeof(chunk), &n, err);
		if (st != BULLA_OK)
			break;
		bulla_buf_put(out, chunk, n);
		if (bulla_buf_status(out) != BULLA_OK)
			st = buf_failed(out, err);
	}
	explicit_bzero(chunk, sizeof(chunk));
	if (st != BULLA_OK)
		undo(out, mark);
	return st;
}

void
bulla_pipe_widen(int fd)
{
	int saved = errno;

	/* Only one that is smaller: its owner may have made it larger. */
	if (fcntl(fd, F_GETPIPE_SZ) < BULLA_PIPE_SIZE)
		(void)fcntl(fd, F_SETPIPE_SZ, BULLA_PIPE_SIZE);
	errno = saved;
}

enum bulla_status
bulla_write_fd(int fd, const void *buf, size_t len, const char *name,
    struct bulla_err *err)
{
	const uint8_t *p = buf;
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n == -1 && again(fd, POLLOUT))
			continue;
		if (n == 0)	/* no kernel says so, and it would loop */
			errno = EIO;
		if (n <= 0)
			return bulla_fail_sys(err, "%s: cannot write", name);
		p += n;
		len -= (size_t)n;
	}
	return BULLA_OK;
}

/* off_t is signed: is every byte of the range below its end? */
static bool
range_ok(uint64_t off, size_t len)
{
	if (off <= INT64_MAX && len <= INT64_MAX - off)
		return true;
	errno = EFBIG;
	return false;
}

enum bulla_status
bulla_pwrite_fd(int fd, const void *buf, size_t len, uint64_t off,
    const char *name, struct bulla_err *err)
{
	const uint8_t *p = buf;
	ssize_t n;

	if (!range_ok(off, len))
		return bulla_fail_sys(err, "%s: cannot write", name);
	while (len > 0) {
		n = pwrite(fd, p, len, (off_t)off);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return bulla_fail_sys(err, "%s: cannot write", name);
		p += n;
		len -= (size_t)n;
		off += (uint64_t)n;
	}
	return BULLA_OK;
}

void
bulla_write_back(int fd, uint64_t off, uint64_t len)
{
	if (off <= INT64_MAX && len <= INT64_MAX - off)
		(void)sync_file_range(fd, (off_t)off, (off_t)len,
		    SYNC_FILE_RANGE_WRITE);
}

void
bulla_drop(int fd, uint64_t off, uint64_t len)
{
	if (off <= INT64_MAX && len <= INT64_MAX - off)
		(void)posix_fadvise(fd, (off_t)off, (off_t)len,
		    POSIX_FADV_DONTNEED);
}

enum bulla_status
bulla_pread_fd(int fd, void *buf, size_t cap, uint64_t off, size_t *n,
    const char *name, struct bulla_err *err)
{
	uint8_t *p = buf;
	size_t done = 0;
	ssize_t got = 1;

	if (!range_ok(off, cap))
		return bulla_fail_sys(err, "%s: cannot read", name);
	while (done < cap && got != 0) {
		got = pread(fd, p + done, cap - done, (off_t)(off + done));
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return bulla_fail_sys(err, "%s: cannot read", name);
		done += (size_t)got;
	}
	*n = done;
	return BULLA_OK;
}
