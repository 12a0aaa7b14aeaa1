#include <string.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/io.h"
#include "core/spool.h"

static const char what[] = "temporary file";

enum bulla_status
spool_flush(struct spool *s, struct bulla_err *err)
{
	enum bulla_status st = bulla_buf_status(&s->tail);

	if (st != BULLA_OK)
		return bulla_fail(err, st, "no memory for the lists");
	if (s->tail.len < SPOOL_MEMORY)
		return BULLA_OK;
	if (s->fd == -1)
		st = bulla_spool_open(NULL, &s->fd, err);
	if (st == BULLA_OK)
		st = bulla_pwrite_fd(s->fd, s->tail.p, s->tail.len,
		    s->in_file, what, err);
	if (st != BULLA_OK)
		return st;
	s->in_file += s->tail.len;
	bulla_buf_reset(&s->tail);
	return BULLA_OK;
}

uint64_t
spool_len(const struct spool *s)
{
	return s->in_file + s->tail.len;
}

enum bulla_status
spool_read(const struct spool *s, uint64_t off, void *buf, size_t cap,
    size_t *n, struct bulla_err *err)
{
	size_t at;

	if (off < s->in_file) {
		if (cap > s->in_file - off)
			cap = (size_t)(s->in_file - off);
		return bulla_pread_fd(s->fd, buf, cap, off, n, what, err);
	}
	at = (size_t)(off - s->in_file);
	if (cap > s->tail.len - at)
		cap = s->tail.len - at;
	if (cap > 0)
		memcpy(buf, s->tail.p + at, cap);
	*n = cap;
	return BULLA_OK;
}

void
spool_free(struct spool *s)
{
	bulla_buf_free(&s->tail);
	if (s->fd != -1)
		(void)close(s->fd);
	s->fd = -1;
}

enum bulla_status
spool_input(int in, int *fd, uint64_t *size, struct bulla_err *err)
{
	uint8_t buf[65536];
	struct bulla_reader_fd r;
	enum bulla_status st = bulla_spool_open(NULL, fd, err);
	size_t n = 1;

	bulla_reader_fd_init(&r, in, "standard input");
	for (*size = 0; st == BULLA_OK && n > 0; *size += n) {
		st = r.r.read(&r.r, buf, sizeof(buf), &n, err);
		if (st == BULLA_OK && n > 0)
			st = bulla_write_fd(*fd, buf, n, what, err);
	}
	if (st == BULLA_OK && lseek(*fd, 0, SEEK_SET) != 0)
		st = bulla_fail_sys(err, "%s", what);
	return st;
}
