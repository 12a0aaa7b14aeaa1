#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "s3_int.h"

#include "bulla/enc.h"
#include "bulla/field.h"
#include "bulla/file.h"
#include "bulla/hash.h"
#include "bulla/io.h"
#include "bulla/num.h"

/*
 * A header, then a line for each part that the store has taken under its
 * SHA-256. ETags are no content hash: a part counts as stored when the store
 * still lists it with the ETag that it gave for those very bytes. The file is
 * appended to, so that a process that dies leaves at most half a line.
 */
#define TYPE "bulla s3 upload v1"
#define STATE_MAX (2u << 20)	/* bytes */

uint32_t
s3_count_parts(uint64_t size, uint64_t part_size)
{
	uint64_t n = size / part_size + (size % part_size != 0);

	return n <= BULLA_S3_PARTS_MAX ? (uint32_t)n : 0;
}

static bool
take_id(const struct bulla_cur *v, char out[S3_ID_MAX + 1])
{
	for (size_t i = 0; i < v->len; i++)
		if (v->p[i] <= 0x20 || v->p[i] >= 0x7f)
			return false;
	if (v->len == 0 || v->len > S3_ID_MAX)
		return false;
	memcpy(out, v->p, v->len);
	out[v->len] = '\0';
	return true;
}

/* "NUMBER ETAG" */
static bool
take_part(struct bulla_cur *line, struct s3_state *s)
{
	struct bulla_cur number;
	uint64_t n;

	if (!bulla_cur_until(line, ' ', &number) ||
	    !bulla_num_u64(&number, s->n_parts, &n) || n == 0 ||
	    !s3_etag_ok(line) || s->etag[n - 1][0] != '\0')
		return false;
	memcpy(s->etag[n - 1], line->p, line->len);
	s->etag[n - 1][line->len] = '\0';
	return true;
}

static enum bulla_status
make_room(struct s3_state *s, struct bulla_err *err)
{
	free(s->etag);
	s->etag = calloc(s->n_parts, sizeof(s->etag[0]));
	return s->etag != NULL ? BULLA_OK : bulla_fail(err, BULLA_E_NOMEM,
	    "out of memory");
}

/* url, size and sha256 must be those of s. */
static bool
take_header(struct bulla_fields *f, struct s3_state *s)
{
	struct bulla_cur url, id;
	uint8_t sha256[32];
	uint64_t size;

	if (bulla_field_take(f, "object", &url, NULL) != BULLA_OK ||
	    bulla_field_hex(f, "sha256", sha256, 32, NULL) != BULLA_OK ||
	    bulla_field_u64(f, "size", INT64_MAX, &size, NULL) != BULLA_OK ||
	    bulla_field_u64(f, "part-size", BULLA_S3_PART_MAX, &s->part_size,
	    NULL) != BULLA_OK ||
	    bulla_field_take(f, "upload", &id, NULL) != BULLA_OK)
		return false;
	if (!bulla_cur_is(&url, s->url) || size != s->size ||
	    memcmp(sha256, s->sha256, 32) != 0 || s->part_size == 0)
		return false;
	s->n_parts = s3_count_parts(size, s->part_size);
	return s->n_parts > 0 && take_id(&id, s->id);
}

enum bulla_status
s3_state_parse(const struct bulla_cur *text, struct s3_state *s,
    size_t *used, struct bulla_err *err)
{
	struct bulla_fields f;
	struct bulla_cur line;
	enum bulla_status st;

	if (bulla_fields_begin(&f, text, TYPE, NULL) != BULLA_OK ||
	    !take_header(&f, s)) {
		s->id[0] = '\0';
		return bulla_fail(err, BULLA_E_FORMAT,
		    "not the state of this upload");
	}
	st = make_room(s, err);
	*used = text->len - f.c.len;
	while (st == BULLA_OK && bulla_cur_line(&f.c, &line) &&
	    take_part(&line, s))
		*used = text->len - f.c.len;
	return st;
}

void
s3_state_put_part(struct bulla_buf *b, uint32_t number, const char *etag)
{
	bulla_buf_fmt(b, "%u %s\n", number, etag);
}

void
s3_state_put(struct bulla_buf *b, const struct s3_state *s)
{
	bulla_buf_str(b, TYPE "\n");
	bulla_field_put_str(b, "object", s->url);
	bulla_field_put_hex(b, "sha256", s->sha256, 32);
	bulla_field_put_u64(b, "size", s->size);
	bulla_field_put_u64(b, "part-size", s->part_size);
	bulla_field_put_str(b, "upload", s->id);
}

static enum bulla_status
state_path(struct s3_state *s, const char *dir, struct bulla_err *err)
{
	struct bulla_sha256 *h = NULL;
	uint8_t digest[32];
	char hex[65];
	enum bulla_status st = bulla_sha256_new(&h, err);

	if (st != BULLA_OK)
		return st;
	bulla_sha256_update(h, s->sha256, sizeof(s->sha256));
	bulla_sha256_update(h, s->url, strlen(s->url));
	bulla_sha256_final(h, digest);
	bulla_sha256_free(h);
	bulla_hex(hex, digest, sizeof(digest));
	if (asprintf(&s->path, "%s/%s", dir, hex) >= 0)
		return BULLA_OK;
	s->path = NULL;
	return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
}

static enum bulla_status
load(struct s3_state *s, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(STATE_MAX);
	struct bulla_reader_fd in;
	struct bulla_cur text;
	enum bulla_status st;
	size_t used = 0;

	bulla_reader_fd_init(&in, s->fd, "the upload's state");
	st = bulla_read_all(&in.r, &b, err);
	text = bulla_buf_view(&b);
	if (st == BULLA_OK)
		st = s3_state_parse(&text, s, &used, err);
	bulla_buf_free(&b);
	if (st != BULLA_OK && st != BULLA_E_FORMAT && st != BULLA_E_LIMIT)
		return st;
	if (ftruncate(s->fd, (off_t)used) != 0 ||
	    lseek(s->fd, (off_t)used, SEEK_SET) == -1)
		return bulla_fail_sys(err, "the upload's state");
	return BULLA_OK;
}

enum bulla_status
s3_state_open(struct s3_state *s, const char *dir, struct bulla_err *err)
{
	enum bulla_status st;

	s->fd = -1;
	if (dir == NULL)
		return BULLA_OK;
	st = bulla_dir_make(dir, 0700, err);
	if (st == BULLA_OK)
		st = state_path(s, dir, err);
	if (st == BULLA_OK) {
		st = bulla_lock(s->path, false, &s->fd, err);
		if (st == BULLA_E_AGAIN)
			(void)bulla_fail(err, st, "another process sends "
			    "this package there");
	}
	return st == BULLA_OK ? load(s, err) : st;
}

static enum bulla_status
append(struct s3_state *s, struct bulla_buf *b, struct bulla_err *err)
{
	enum bulla_status st = bulla_buf_status(b);

	if (st != BULLA_OK)
		st = bulla_fail(err, st, "%s", bulla_status_name(st));
	else if (s->fd != -1)
		st = bulla_write_fd(s->fd, b->p, b->len,
		    "the upload's state", err);
	bulla_buf_free(b);
	return st;
}

enum bulla_status
s3_state_begin(struct s3_state *s, const char *id, uint64_t part_size,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(4u * HTTP_URL_MAX);
	enum bulla_status st;

	s->part_size = part_size;
	s->n_parts = s3_count_parts(s->size, part_size);
	memmove(s->id, id, strlen(id) + 1);
	st = make_room(s, err);
	if (st != BULLA_OK)
		return st;
	if (s->fd != -1 && (ftruncate(s->fd, 0) != 0 ||
	    lseek(s->fd, 0, SEEK_SET) != 0))
		return bulla_fail_sys(err, "the upload's state");
	s3_state_put(&b, s);
	return append(s, &b, err);
}

enum bulla_status
s3_state_add(struct s3_state *s, uint32_t number, const char *etag,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(S3_ETAG_MAX + 32u);

	memmove(s->etag[number - 1], etag, strlen(etag) + 1);
	s3_state_put_part(&b, number, etag);
	return append(s, &b, err);
}

void
s3_state_close(struct s3_state *s, bool gone)
{
	/* While the lock is held: nobody else's is removed. */
	if (s->fd != -1 && (gone || s->id[0] == '\0'))
		(void)unlink(s->path);
	if (s->fd != -1)
		(void)close(s->fd);
	free(s->path);
	free(s->etag);
	s->fd = -1;
	s->path = NULL;
	s->etag = NULL;
}
