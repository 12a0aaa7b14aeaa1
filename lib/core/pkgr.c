#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/io.h"
#include "bulla/num.h"
#include "bulla/text.h"
#include "core/pkg_int.h"

static const char what[] = "package";

void
pkgr_init(struct pkgr *r, int fd)
{
	bulla_pipe_widen(fd);
	*r = (struct pkgr){ .fd = fd,
	    .bound = BULLA_SEGMENT_SIZE,
	    .opening = BULLA_BUF_INIT(BULLA_NOTE_MAX),
	    .age0 = BULLA_BUF_INIT(PKG_AGE0_MAX),
	    .closing = BULLA_BUF_INIT(BULLA_NOTE_MAX) };
}

void
pkgr_free(struct pkgr *r)
{
	bulla_buf_free(&r->opening);
	bulla_buf_free(&r->age0);
	bulla_buf_free(&r->closing);
}

static enum bulla_status
ends_early(const struct pkgr *r, uint64_t got, struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_INCOMPLETE, "ends early, after %llu "
	    "bytes: get the rest of it", (unsigned long long)(r->pos + got));
}

static enum bulla_status
get_some(struct pkgr *r, void *p, size_t n, size_t *got, struct bulla_err *err)
{
	struct bulla_reader_fd in;

	bulla_reader_fd_init(&in, r->fd, what);
	return bulla_read_full(r->from != NULL ? r->from : &in.r, p, n, got,
	    err);
}

/* Exactly n bytes, or BULLA_E_INCOMPLETE. */
static enum bulla_status
get(struct pkgr *r, void *buf, size_t n, struct bulla_err *err)
{
	size_t got = 0;
	enum bulla_status st = get_some(r, buf, n, &got, err);

	if (st == BULLA_OK && r->pos == 0)	/* the first header */
		st = pkg_begins(buf, got, err);
	if (st != BULLA_OK)
		return st;
	if (got < n)
		return ends_early(r, got, err);
	r->pos += n;
	return BULLA_OK;
}

static enum bulla_status
bad(const struct pkgr *r, struct bulla_err *err, const char *why)
{
	return bulla_fail(err, BULLA_E_FORMAT, "byte %llu: %s",
	    (unsigned long long)r->pos, why);
}

static enum bulla_status
read_header(struct pkgr *r, struct bulla_err *err)
{
	uint8_t block[BULLA_USTAR_BLOCK];
	uint64_t at = r->pos;
	enum bulla_status st = get(r, block, sizeof(block), err);

	if (st == BULLA_OK)
		st = bulla_ustar_parse(block, &r->next, err);
	if (st == BULLA_E_FORMAT && r->pos > at)
		return bulla_wrap(err, st, "byte %llu",
		    (unsigned long long)at);
	if (st == BULLA_OK && r->id[0] != '\0' && r->next.mtime != r->mtime)
		return bad(r, err, "a member with another time");
	return st;
}

/* Is the member read ahead <id>/path? */
static bool
next_is(const struct pkgr *r, const char *path)
{
	char want[BULLA_USTAR_NAME_MAX + 1];

	(void)snprintf(want, sizeof(want), "%s/%s", r->id, path);
	return strcmp(want, r->next.name) == 0;
}

static enum bulla_status
expect(struct pkgr *r, const char *path, uint64_t max, struct bulla_err *err)
{
	char shown[160];

	if (!next_is(r, path))
		return bulla_fail(err, BULLA_E_FORMAT, "member '%s' where "
		    "'%s' must stand", bulla_text_show_str(shown,
		    sizeof(shown), r->next.name), path);
	if (r->next.size == 0 || r->next.size > max)
		return bulla_fail(err, BULLA_E_FORMAT, "%s: %llu bytes, must "
		    "be 1 to %llu", path, (unsigned long long)r->next.size,
		    (unsigned long long)max);
	return BULLA_OK;
}

static enum bulla_status
padding(struct pkgr *r, uint64_t size, struct bulla_err *err)
{
	static const uint8_t zero[BULLA_USTAR_BLOCK];
	uint8_t pad[BULLA_USTAR_BLOCK];
	size_t n = bulla_ustar_padding(size);
	enum bulla_status st = get(r, pad, n, err);

	if (st == BULLA_OK && n > 0 && memcmp(pad, zero, n) != 0)
		return bad(r, err, "padding that is not zero");
	return st;
}

/* A small member, whole, and the header after it. */
static enum bulla_status
read_member(struct pkgr *r, const char *path, struct bulla_buf *out,
    struct bulla_err *err)
{
	uint8_t piece[4096];
	enum bulla_status st = expect(r, path, out->max, err);
	uint64_t size = r->next.size, left = size;
	size_t n;

	while (st == BULLA_OK && left > 0) {
		n = left < sizeof(piece) ? (size_t)left : sizeof(piece);
		st = get(r, piece, n, err);
		if (st == BULLA_OK)
			bulla_buf_put(out, piece, n);
		left -= n;
	}
	if (st == BULLA_OK && bulla_buf_status(out) != BULLA_OK)
		st = bulla_fail(err, bulla_buf_status(out), "out of memory");
	return st == BULLA_OK ? padding(r, size, err) : st;
}

/* The first header names the package. */
static enum bulla_status
read_first(struct pkgr *r, struct bulla_err *err)
{
	enum bulla_status st = read_header(r, err);

	if (st != BULLA_OK)
		return st == BULLA_E_FORMAT && r->pos > 0 ?
		    bulla_wrap(err, st, "not a bulla package") : st;
	if (!bulla_package_id(&r->next, r->id))
		return bad(r, err, "not a bulla package");
	r->mtime = r->next.mtime;
	return BULLA_OK;
}

enum bulla_status
pkgr_head(struct pkgr *r, struct bulla_err *err)
{
	struct bulla_buf bagit = BULLA_BUF_INIT(strlen(bulla_bagit_txt));
	enum bulla_status st = read_first(r, err);
	char path[PKG_PATH_MAX];
	struct bulla_cur got;

	pkg_segment_path(0, path);
	if (st == BULLA_OK)
		st = read_member(r, "bagit.txt", &bagit, err);
	got = bulla_buf_view(&bagit);
	if (st == BULLA_OK && !bulla_cur_is(&got, bulla_bagit_txt))
		st = bad(r, err, "bagit.txt is not the one of a package");
	bulla_buf_free(&bagit);
	if (st == BULLA_OK)
		st = read_header(r, err);
	if (st == BULLA_OK)
		st = read_member(r, "opening.note", &r->opening, err);
	if (st == BULLA_OK)
		st = read_header(r, err);
	if (st == BULLA_OK)
		st = read_member(r, path, &r->age0, err);
	r->cipher = r->age0.len;
	return st == BULLA_OK ? read_header(r, err) : st;
}

/* The header read ahead must be the next segment's; how long is it? */
enum bulla_status
pkgr_open_segment(struct pkgr *r, uint64_t *size, struct bulla_err *err)
{
	char path[PKG_PATH_MAX];

	*size = r->next.size;
	if (r->segments == BULLA_SEGMENTS_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "over %u segments",
		    BULLA_SEGMENTS_MAX);
	pkg_segment_path(r->segments + 1, path);
	return expect(r, path, BULLA_SEGMENT_SIZE, err);
}

static enum bulla_status
end_segment(struct pkgr *r, uint64_t size, bool *last, struct bulla_err *err)
{
	enum bulla_status st = padding(r, size, err);

	if (st == BULLA_OK)
		st = read_header(r, err);
	if (st != BULLA_OK)
		return st;
	r->segments++;
	r->cipher += size;
	*last = next_is(r, "manifest-sha256.txt");
	if (!*last && size != BULLA_SEGMENT_SIZE)
		return bad(r, err, "a short segment that is not the last");
	return BULLA_OK;
}

size_t
pkgr_bound(struct pkgr *r)
{
	struct stat sb;
	off_t at = lseek(r->fd, 0, SEEK_CUR);

	if (at >= 0 && fstat(r->fd, &sb) == 0 && S_ISREG(sb.st_mode) &&
	    sb.st_size - at < (off_t)BULLA_SEGMENT_SIZE)
		r->bound = sb.st_size > at ? (size_t)(sb.st_size - at) : 0;
	return r->bound;
}

enum bulla_status
pkgr_segment(struct pkgr *r, uint8_t *buf, size_t *n, bool *last,
    struct bulla_err *err)
{
	uint64_t size;
	enum bulla_status st = pkgr_open_segment(r, &size, err);

	if (st == BULLA_OK && size > r->bound)
		st = ends_early(r, r->bound, err);
	if (st == BULLA_OK)
		st = get(r, buf, (size_t)size, err);
	if (st == BULLA_OK)
		st = end_segment(r, size, last, err);
	if (st == BULLA_OK)
		*n = (size_t)size;
	return st;
}

enum bulla_status
pkgr_close_segment(struct pkgr *r, uint64_t got, bool *last,
    struct bulla_err *err)
{
	uint64_t size = r->next.size;

	if (got < size)
		return ends_early(r, got, err);
	r->pos += size;
	return end_segment(r, size, last, err);
}

enum bulla_status
pkgr_plan(struct pkgr *r, uint64_t *off, uint64_t *size, bool *last,
    struct bulla_err *err)
{
	uint64_t n;
	enum bulla_status st = pkgr_open_segment(r, &n, err);
	struct stat sb;
	off_t at;

	if (st != BULLA_OK)
		return st;
	at = lseek(r->fd, 0, SEEK_CUR);
	if (at < 0 || fstat(r->fd, &sb) != 0)
		return bulla_fail_sys(err, "%s", what);
	/* A seek past the end succeeds: the end would be told wrongly. */
	if (S_ISREG(sb.st_mode) && (sb.st_size < at ||
	    n > (uint64_t)(sb.st_size - at)))
		return ends_early(r, sb.st_size < at ? 0 :
		    (uint64_t)(sb.st_size - at), err);
	if (lseek(r->fd, (off_t)n, SEEK_CUR) < 0)
		return bulla_fail_sys(err, "%s", what);
	st = pkgr_close_segment(r, n, last, err);
	if (st == BULLA_OK) {
		*off = (uint64_t)at;
		*size = n;
	}
	return st;
}

static enum bulla_status
skip(struct pkgr *r, uint64_t n, struct bulla_err *err)
{
	uint8_t piece[16384];
	enum bulla_status st = BULLA_OK;
	size_t len;

	while (n > 0 && st == BULLA_OK) {
		len = n < sizeof(piece) ? (size_t)n : sizeof(piece);
		st = get(r, piece, len, err);
		n -= len;
	}
	return st;
}

enum bulla_status
pkgr_skip(struct pkgr *r, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	bool last = false;
	uint64_t size;

	while (st == BULLA_OK && !last) {
		st = pkgr_open_segment(r, &size, err);
		if (st == BULLA_OK)
			st = skip(r, size, err);
		if (st == BULLA_OK)
			st = end_segment(r, size, &last, err);
	}
	return st;
}

static enum bulla_status
read_manifest(struct pkgr *r, const struct bulla_buf *digests,
    uint8_t out[BULLA_SHA256_LEN], struct bulla_err *err)
{
	char line[PKG_LINE_MAX], want[PKG_LINE_MAX];
	static const uint8_t none[BULLA_SHA256_LEN];
	size_t len = pkg_manifest_line(0, none, want);
	uint64_t n = r->segments + 1, size = n * len;
	struct bulla_sha256 *h = NULL;
	enum bulla_status st;

	st = expect(r, "manifest-sha256.txt", size, err);
	if (st == BULLA_OK && r->next.size != size)
		st = bad(r, err, "manifest-sha256.txt must have one line for "
		    "each data file");
	if (st == BULLA_OK)
		st = bulla_sha256_new(&h, err);
	for (uint64_t i = 0; i < n && st == BULLA_OK; i++) {
		st = get(r, line, len, err);
		if (st != BULLA_OK)
			break;
		bulla_sha256_update(h, line, len);
		if (digests == NULL)
			continue;
		(void)pkg_manifest_line(i,
		    digests->p + i * BULLA_SHA256_LEN, want);
		if (memcmp(line, want, len) != 0)
			st = bulla_fail(err, BULLA_E_MISMATCH,
			    "manifest-sha256.txt: line %llu is not the digest "
			    "of data/%08llu.age",
			    (unsigned long long)(i + 1),
			    (unsigned long long)i);
	}
	if (st == BULLA_OK) {
		bulla_sha256_final(h, out);
		st = padding(r, size, err);
	}
	bulla_sha256_free(h);
	return st;
}

/* 1,024 zero bytes, and nothing else. */
static enum bulla_status
read_end(struct pkgr *r, struct bulla_err *err)
{
	static const uint8_t zero[BULLA_USTAR_TRAILER];
	uint8_t end[BULLA_USTAR_TRAILER], more;
	enum bulla_status st = get(r, end, sizeof(end), err);
	size_t n = 0;

	if (st != BULLA_OK)
		return st;
	if (memcmp(end, zero, sizeof(end)) != 0)
		return bad(r, err, "no end marker after closing.note");
	st = get_some(r, &more, 1, &n, err);
	if (st == BULLA_OK && n > 0)
		return bad(r, err, "more bytes after the end");
	return st;
}

enum bulla_status
pkgr_tail(struct pkgr *r, const struct bulla_buf *digests,
    uint8_t manifest[BULLA_SHA256_LEN], struct bulla_err *err)
{
	enum bulla_status st = read_manifest(r, digests, manifest, err);

	if (st == BULLA_OK)
		st = read_header(r, err);
	if (st == BULLA_OK)
		st = read_member(r, "closing.note", &r->closing, err);
	return st == BULLA_OK ? read_end(r, err) : st;
}
