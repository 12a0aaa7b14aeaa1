#include <string.h>
#include <unistd.h>

#include "bulla/examine.h"
#include "bulla/io.h"
#include "core/pkg_int.h"
#include "core/tee.h"

#define PIECE 262144u	/* bytes hashed at a time */

void
bulla_examined_free(struct bulla_examined *e)
{
	bulla_buf_free(&e->opening);
	bulla_buf_free(&e->closing);
}

/* Even a name is taken only from a canonical header. */
static enum bulla_status
name_of(const uint8_t block[BULLA_USTAR_BLOCK], struct bulla_examined *out,
    struct bulla_err *err)
{
	struct bulla_ustar u;

	if (bulla_ustar_parse(block, &u, NULL) != BULLA_OK ||
	    !bulla_package_id(&u, out->id))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "not a bulla package");
	return BULLA_OK;
}

static void
keep_note(struct bulla_buf *from, struct bulla_buf *to)
{
	bulla_buf_free(to);
	*to = *from;
	*from = (struct bulla_buf)BULLA_BUF_INIT(BULLA_NOTE_MAX);
}

/* All that is between the head and the manifest, with the digests of it. */
static enum bulla_status
segments(struct tee *t, struct pkgr *r, struct bulla_buf *digests,
    struct bulla_err *err)
{
	uint8_t digest[BULLA_SHA256_LEN];
	enum bulla_status st = BULLA_OK;
	uint64_t size, got = 0;
	bool last = false;

	bulla_sha256(r->age0.p, r->age0.len, digest);
	bulla_buf_put(digests, digest, sizeof(digest));
	while (st == BULLA_OK && !last) {
		st = pkgr_open_segment(r, &size, err);
		if (st == BULLA_OK)
			st = tee_segment(t, size, &got, digest, err);
		if (st == BULLA_OK)
			st = pkgr_close_segment(r, got, &last, err);
		bulla_buf_put(digests, digest, sizeof(digest));
		if (st == BULLA_OK && bulla_buf_status(digests) != BULLA_OK)
			st = bulla_fail(err, bulla_buf_status(digests),
			    "out of memory");
	}
	return st;
}

/* All that verify_pass does but for what needs to know keys. */
static enum bulla_status
look(struct tee *t, struct pkgr *r, struct bulla_examined *out,
    struct bulla_err *err)
{
	struct bulla_buf digests = BULLA_BUF_INIT((BULLA_SEGMENTS_MAX + 1) *
	    (size_t)BULLA_SHA256_LEN);
	struct bulla_package pkg = { 0 };
	enum bulla_status st = pkgr_head(r, err);

	if (st != BULLA_OK)
		return st;
	out->reached = BULLA_REACHED_HEAD;
	out->mtime = r->mtime;
	st = pkg_parse_head(r, &pkg, err);
	if (st == BULLA_OK)
		st = pkg_check_age(r, &pkg, err);
	if (st != BULLA_OK)
		return st;
	out->reached = BULLA_REACHED_BODY;
	st = segments(t, r, &digests, err);
	if (st == BULLA_OK)
		st = pkgr_tail(r, &digests, out->manifest, err);
	if (st == BULLA_OK)
		out->reached = BULLA_REACHED_END;
	bulla_buf_free(&digests);
	return st;
}

/* What was found in the pieces, whether or not there are more of them. */
static void
judge(struct tee *t, struct bulla_examined *out)
{
	struct pkgr r;

	out->reached = BULLA_REACHED_COPY;
	pkgr_init(&r, -1);
	r.from = &t->r;
	out->end.st = look(t, &r, out, &out->end);
	if (out->reached >= BULLA_REACHED_HEAD)
		keep_note(&r.opening, &out->opening);
	if (out->reached == BULLA_REACHED_END) {
		keep_note(&r.closing, &out->closing);
		out->segments = r.segments;
		out->cipher = r.cipher;
	}
	pkgr_free(&r);
}

/* No package leaves no copy. */
static enum bulla_status
first_block(const struct tee *t, struct bulla_examined *out,
    struct bulla_err *err)
{
	enum bulla_status st = pkg_begins(t->first, t->n_first, err);

	return st == BULLA_OK ? name_of(t->first, out, err) : st;
}

void
bulla_examine(int in, int copy, unsigned threads,
    const struct bulla_growing *growing, struct bulla_examined *out)
{
	struct bulla_err err = { 0 };
	struct tee t;
	enum bulla_status st = tee_open(&t, in, copy, growing, &err);

	out->reached = BULLA_REACHED_NOTHING;
	if (st == BULLA_OK)
		st = first_block(&t, out, &err);
	if (st == BULLA_OK)
		st = tee_begin(&t, threads, &err);
	if (st == BULLA_OK) {
		judge(&t, out);
		/* The digest is of the file, also when it is no package. */
		st = tee_end(&t, out->sha256, &err);
		out->bytes = t.bytes;
	}
	if (st != BULLA_OK) {
		bulla_examined_free(out);
		out->reached = BULLA_REACHED_NOTHING;
		out->end = err;
		out->end.st = st;
	}
	tee_free(&t);
}

enum bulla_status
bulla_hash_fd(int fd, const struct bulla_progress *progress,
    uint8_t sha256[BULLA_SHA256_LEN], struct bulla_err *err)
{
	uint8_t buf[PIECE];
	struct bulla_reader_fd in;
	struct bulla_sha256 *h = NULL;
	enum bulla_status st = bulla_sha256_new(&h, err);
	uint64_t done = 0;
	size_t n = 1;

	bulla_reader_fd_init(&in, fd, "package");
	while (st == BULLA_OK && n > 0) {
		st = in.r.read(&in.r, buf, sizeof(buf), &n, err);
		if (st == BULLA_OK)
			bulla_sha256_update(h, buf, n);
		done += n;
		if (progress != NULL && progress->tell != NULL)
			progress->tell(progress->ctx, done, 0);
	}
	if (st == BULLA_OK)
		bulla_sha256_final(h, sha256);
	bulla_sha256_free(h);
	return st;
}
