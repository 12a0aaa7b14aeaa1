#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/enc.h"
#include "bulla/io.h"
#include "core/pkg_int.h"

#define DIGESTS_MAX ((BULLA_SEGMENTS_MAX + 1) * (size_t)BULLA_SHA256_LEN)

void
pkg_segment_path(uint64_t index, char out[PKG_PATH_MAX])
{
	BULLA_CHECK(index <= BULLA_SEGMENTS_MAX);
	(void)snprintf(out, PKG_PATH_MAX, "data/%08u.age", (unsigned)index);
}

size_t
pkg_manifest_line(uint64_t index, const uint8_t digest[32],
    char out[PKG_LINE_MAX])
{
	char path[PKG_PATH_MAX], hex[2 * BULLA_SHA256_LEN + 1];

	/* No memory is asked for: a line cut short would be signed. */
	pkg_segment_path(index, path);
	bulla_hex(hex, digest, BULLA_SHA256_LEN);
	return (size_t)snprintf(out, PKG_LINE_MAX, "%s  %s\n", hex, path);
}

/*
 * A header needs the size of what follows. Where the output can seek, every
 * segment is announced as full and the last one's header is mended; else a
 * segment is held in memory until its size is known.
 */
static bool
can_patch(int fd, uint64_t *base)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat sb;
	off_t at;

	if (flags == -1 || (flags & O_APPEND) != 0 || fstat(fd, &sb) != 0)
		return false;
	at = lseek(fd, 0, SEEK_CUR);
	if (at < 0)
		return false;
	*base = (uint64_t)at;
	/* The null device is harmless; other devices may only pretend. */
	return S_ISREG(sb.st_mode) ||
	    (S_ISCHR(sb.st_mode) && sb.st_rdev == 0x103);
}

static bool
is_file(int fd)
{
	struct stat sb;

	return fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode);
}

enum bulla_status
pkgw_begin(struct pkgw *w, int fd, const char *name, const char *id,
    int64_t created, struct bulla_err *err)
{
	enum bulla_status st;

	*w = (struct pkgw){ .fd = fd, .name = name,
	    .mtime = (uint64_t)created,
	    .hold = BULLA_BUF_INIT(BULLA_SEGMENT_SIZE),
	    .digests = BULLA_BUF_INIT(DIGESTS_MAX) };
	memcpy(w->id, id, sizeof(w->id));
	w->patch = can_patch(fd, &w->base);
	st = bulla_sha256_new(&w->hash, err);
	if (st == BULLA_OK && w->patch && is_file(fd))
		st = bulla_behind_new(fd, name, &w->behind, err);
	return st;
}

void
pkgw_free(struct pkgw *w)
{
	bulla_behind_free(w->behind);
	w->behind = NULL;
	bulla_sha256_free(w->hash);
	w->hash = NULL;
	bulla_buf_free(&w->hold);
	bulla_buf_free(&w->digests);
}

static enum bulla_status
put(struct pkgw *w, const void *p, size_t n, struct bulla_err *err)
{
	enum bulla_status st = w->behind != NULL ?
	    bulla_behind_write(w->behind, p, n, err) :
	    bulla_write_fd(w->fd, p, n, w->name, err);

	if (st == BULLA_OK)
		w->pos += n;
	return st;
}

static void
header(const struct pkgw *w, const char *path, uint64_t size,
    uint8_t out[BULLA_USTAR_BLOCK])
{
	struct bulla_ustar u = { .size = size, .mtime = w->mtime };

	(void)snprintf(u.name, sizeof(u.name), "%s/%s", w->id, path);
	bulla_ustar_make(&u, out);
}

static enum bulla_status
put_header(struct pkgw *w, const char *path, uint64_t size,
    struct bulla_err *err)
{
	uint8_t block[BULLA_USTAR_BLOCK];

	header(w, path, size, block);
	return put(w, block, sizeof(block), err);
}

static enum bulla_status
put_padding(struct pkgw *w, uint64_t size, struct bulla_err *err)
{
	static const uint8_t zero[BULLA_USTAR_BLOCK];

	return put(w, zero, bulla_ustar_padding(size), err);
}

static enum bulla_status
put_member(struct pkgw *w, const char *path, const void *p, size_t n,
    struct bulla_err *err)
{
	enum bulla_status st = put_header(w, path, n, err);

	if (st == BULLA_OK)
		st = put(w, p, n, err);
	return st == BULLA_OK ? put_padding(w, n, err) : st;
}

enum bulla_status
pkgw_head(struct pkgw *w, const struct bulla_buf *opening,
    const struct bulla_buf *age0, struct bulla_err *err)
{
	uint8_t digest[BULLA_SHA256_LEN];
	char path[PKG_PATH_MAX];
	enum bulla_status st;

	pkg_segment_path(0, path);
	st = put_member(w, "bagit.txt", bulla_bagit_txt,
	    strlen(bulla_bagit_txt), err);
	if (st == BULLA_OK)
		st = put_member(w, "opening.note", opening->p, opening->len,
		    err);
	if (st == BULLA_OK)
		st = put_member(w, path, age0->p, age0->len, err);
	bulla_sha256(age0->p, age0->len, digest);
	bulla_buf_put(&w->digests, digest, sizeof(digest));
	w->cipher = age0->len;
	return st;
}

bool
pkgw_hashed(struct pkgw *w, size_t n, bool last)
{
	w->hashed += n;
	if (!last && w->hashed < BULLA_SEGMENT_SIZE)
		return false;
	w->hashed = 0;
	return true;
}

enum bulla_status
pkgw_digest(struct pkgw *w, const uint8_t digest[BULLA_SHA256_LEN],
    struct bulla_err *err)
{
	enum bulla_status st;

	bulla_buf_put(&w->digests, digest, BULLA_SHA256_LEN);
	st = bulla_buf_status(&w->digests);
	return st == BULLA_OK ? st : bulla_fail(err, st, "over %u segments "
	    "(16 TiB): make several packages", BULLA_SEGMENTS_MAX);
}

static enum bulla_status
begin_segment(struct pkgw *w, struct bulla_err *err)
{
	char path[PKG_PATH_MAX];

	if (w->segments == BULLA_SEGMENTS_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "over %u segments "
		    "(16 TiB): make several packages", BULLA_SEGMENTS_MAX);
	w->segments++;
	w->header_at = w->pos;
	if (!w->patch)
		return BULLA_OK;
	pkg_segment_path(w->segments, path);
	return put_header(w, path, BULLA_SEGMENT_SIZE, err);
}

/* Everything so far is in the file, and what follows is little. */
static enum bulla_status
settle(struct pkgw *w, struct bulla_err *err)
{
	enum bulla_status st = w->behind != NULL ?
	    bulla_behind_end(w->behind, err) : BULLA_OK;

	bulla_behind_free(w->behind);
	w->behind = NULL;
	return st;
}

static enum bulla_status
mend_header(struct pkgw *w, struct bulla_err *err)
{
	uint8_t block[BULLA_USTAR_BLOCK];
	char path[PKG_PATH_MAX];
	enum bulla_status st = settle(w, err);

	if (st != BULLA_OK)
		return st;
	pkg_segment_path(w->segments, path);
	header(w, path, w->in_segment, block);
	return bulla_pwrite_fd(w->fd, block, sizeof(block),
	    w->base + w->header_at, w->name, err);
}

static enum bulla_status
end_segment(struct pkgw *w, struct bulla_err *err)
{
	uint64_t size = w->in_segment;
	enum bulla_status st = BULLA_OK;
	char path[PKG_PATH_MAX];

	if (!w->patch) {
		pkg_segment_path(w->segments, path);
		st = put_header(w, path, size, err);
		if (st == BULLA_OK)
			st = put(w, w->hold.p, w->hold.len, err);
		w->hold.len = 0;	/* ciphertext: no need to wipe it */
	} else if (size != BULLA_SEGMENT_SIZE) {
		st = mend_header(w, err);
	}
	w->in_segment = 0;
	return st == BULLA_OK ? put_padding(w, size, err) : st;
}

enum bulla_status
pkgw_write(struct pkgw *w, const void *p, size_t n, bool last,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	BULLA_CHECK(n > 0 && n <= BULLA_SEGMENT_SIZE - w->in_segment);
	if (w->in_segment == 0)
		st = begin_segment(w, err);
	if (st != BULLA_OK)
		return st;
	if (w->patch)
		st = put(w, p, n, err);
	else
		bulla_buf_put(&w->hold, p, n);
	if (st == BULLA_OK && bulla_buf_status(&w->hold) != BULLA_OK)
		st = bulla_fail(err, BULLA_E_NOMEM, "no memory for a segment");
	w->in_segment += n;
	w->cipher += n;
	if (st == BULLA_OK && (last || w->in_segment == BULLA_SEGMENT_SIZE))
		st = end_segment(w, err);
	return st;
}

enum bulla_status
pkgw_manifest(struct pkgw *w, uint8_t digest[BULLA_SHA256_LEN],
    struct bulla_err *err)
{
	uint64_t n = w->segments + 1, size;
	char line[PKG_LINE_MAX];
	enum bulla_status st;
	size_t len;

	BULLA_CHECK(w->digests.len == n * BULLA_SHA256_LEN);
	size = n * pkg_manifest_line(0, w->digests.p, line);
	st = put_header(w, "manifest-sha256.txt", size, err);
	for (uint64_t i = 0; i < n && st == BULLA_OK; i++) {
		len = pkg_manifest_line(i,
		    w->digests.p + i * BULLA_SHA256_LEN, line);
		bulla_sha256_update(w->hash, line, len);
		st = put(w, line, len, err);
	}
	bulla_sha256_final(w->hash, digest);
	return st == BULLA_OK ? put_padding(w, size, err) : st;
}

enum bulla_status
pkgw_end(struct pkgw *w, const struct bulla_buf *closing,
    struct bulla_err *err)
{
	static const uint8_t zero[BULLA_USTAR_TRAILER];
	enum bulla_status st;

	st = put_member(w, "closing.note", closing->p, closing->len, err);
	if (st == BULLA_OK)
		st = put(w, zero, sizeof(zero), err);
	return st == BULLA_OK ? settle(w, err) : st;
}
