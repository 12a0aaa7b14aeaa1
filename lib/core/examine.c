#include <string.h>
#include <unistd.h>

#include "bulla/examine.h"
#include "bulla/io.h"
#include "core/pass.h"

#define PIECE 262144u	/* bytes copied at a time */

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

/* Copy all of the input while hashing it; no package leaves no copy. */
static enum bulla_status
copy_in(int from, int copy, struct bulla_examined *out,
    struct bulla_err *err)
{
	static const char what[] = "the copy in the home";
	uint8_t buf[PIECE];
	struct bulla_reader_fd in;
	struct bulla_sha256 *h = NULL;
	enum bulla_status st;
	size_t n = 0;

	bulla_reader_fd_init(&in, from, "package");
	st = bulla_read_full(&in.r, buf, BULLA_USTAR_BLOCK, &n, err);
	if (st == BULLA_OK && n < BULLA_USTAR_BLOCK)
		return bulla_fail(err, BULLA_E_INCOMPLETE, "ends early, after "
		    "%zu bytes: get the rest of it", n);
	if (st == BULLA_OK)
		st = name_of(buf, out, err);
	if (st == BULLA_OK)
		st = bulla_sha256_new(&h, err);
	while (st == BULLA_OK && n > 0) {
		bulla_sha256_update(h, buf, n);
		out->bytes += n;
		st = bulla_write_fd(copy, buf, n, what, err);
		if (st == BULLA_OK)
			st = in.r.read(&in.r, buf, sizeof(buf), &n, err);
	}
	if (st == BULLA_OK)
		bulla_sha256_final(h, out->sha256);
	bulla_sha256_free(h);
	if (st == BULLA_OK && lseek(copy, 0, SEEK_SET) != 0)
		st = bulla_fail_sys(err, "%s", what);
	return st;
}

static void
keep_note(struct bulla_buf *from, struct bulla_buf *to)
{
	bulla_buf_free(to);
	*to = *from;
	*from = (struct bulla_buf)BULLA_BUF_INIT(BULLA_NOTE_MAX);
}

/* All that verify_pass does but for what needs to know keys. */
static enum bulla_status
look(struct pass *p, struct bulla_examined *out, struct bulla_err *err)
{
	struct bulla_package pkg = { 0 };
	enum bulla_status st = pkgr_head(&p->r, err);

	if (st != BULLA_OK)
		return st;
	out->reached = BULLA_REACHED_HEAD;
	out->mtime = p->r.mtime;
	st = pkg_parse_head(&p->r, &pkg, err);
	if (st == BULLA_OK)
		st = pkg_check_age(&p->r, &pkg, err);
	if (st != BULLA_OK)
		return st;
	out->reached = BULLA_REACHED_BODY;
	st = pass_scan(p, err);
	if (st == BULLA_OK)
		st = pass_end(p, out->manifest, err);
	if (st == BULLA_OK)
		out->reached = BULLA_REACHED_END;
	return st;
}

void
bulla_examine(int in, int copy, unsigned threads, struct bulla_examined *out)
{
	struct pass p;

	out->reached = BULLA_REACHED_NOTHING;
	out->end.st = copy_in(in, copy, out, &out->end);
	if (out->end.st != BULLA_OK)
		return;
	out->reached = BULLA_REACHED_COPY;
	pass_init(&p, copy, threads);
	out->end.st = look(&p, out, &out->end);
	if (out->reached >= BULLA_REACHED_HEAD)
		keep_note(&p.r.opening, &out->opening);
	if (out->reached == BULLA_REACHED_END) {
		keep_note(&p.r.closing, &out->closing);
		out->segments = p.r.segments;
		out->cipher = p.r.cipher;
	}
	pass_free(&p);
}

enum bulla_status
bulla_hash_fd(int fd, uint8_t sha256[BULLA_SHA256_LEN],
    struct bulla_err *err)
{
	uint8_t buf[PIECE];
	struct bulla_reader_fd in;
	struct bulla_sha256 *h = NULL;
	enum bulla_status st = bulla_sha256_new(&h, err);
	size_t n = 1;

	bulla_reader_fd_init(&in, fd, "stored package");
	while (st == BULLA_OK && n > 0) {
		st = in.r.read(&in.r, buf, sizeof(buf), &n, err);
		if (st == BULLA_OK)
			bulla_sha256_update(h, buf, n);
	}
	if (st == BULLA_OK)
		bulla_sha256_final(h, sha256);
	bulla_sha256_free(h);
	return st;
}
