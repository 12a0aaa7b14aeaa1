#include <stdlib.h>
#include <string.h>

#include "bulla/text.h"
#include "core/bagin_int.h"

#define TAR_HEADER 512u		/* bytes that a member costs at least */

enum bulla_status
bagin_at(const struct bagin *b, enum bulla_status st, struct bulla_err *err)
{
	char shown[256];

	return bulla_wrap(err, st, "%s",
	    bulla_text_show(shown, sizeof(shown), &b->e.path));
}

/* A full disk says nothing about the package; a limit that was given does. */
static enum bulla_status
too_much(const struct bagin *b, struct bulla_err *err)
{
	unsigned long long max = b->p->max_bytes;

	return b->p->max_is_space ? bulla_fail(err, BULLA_E_IO, "the contents "
	    "are over the %llu bytes to fill here: No space left on device",
	    max) : bulla_fail(err, BULLA_E_LIMIT, "the contents are over %llu "
	    "bytes, which is the most to unpack here (--max-plain)", max);
}

/*
 * max_bytes is judged by what the headers promise, before a byte of it is
 * taken; a header counts too, so that empty files are not free.
 */
enum bulla_status
bagin_next(struct bagin *b, struct bulla_err *err)
{
	uint64_t room = b->p->max_bytes - b->claimed;
	enum bulla_status st;

	st = bulla_tarr_next(b->tar, &b->e, &b->more, err);
	if (st != BULLA_OK || !b->more)
		return st;
	if (room < TAR_HEADER || b->e.size > room - TAR_HEADER)
		return too_much(b, err);
	b->claimed += TAR_HEADER + b->e.size;
	return BULLA_OK;
}

bool
bagin_below(const struct bagin *b, struct bulla_cur *path)
{
	struct bulla_cur c = b->e.path, bag;

	if (!bulla_cur_take(&c, b->bag_len - 1, &bag) ||
	    !bulla_cur_is(&bag, b->out.name) || !bulla_cur_eat_str(&c, "/"))
		return false;
	*path = c;
	return true;
}

static enum bulla_status
copy(const struct bagin *b, const struct bulla_cur *c, struct bulla_err *err)
{
	struct bulla_cur path;
	enum bulla_status st;

	if (b->p->copy_of == NULL || !bagin_below(b, &path) ||
	    !bulla_cur_is(&path, b->p->copy_of))
		return BULLA_OK;
	bulla_buf_cur(b->p->copy, c);
	st = bulla_buf_status(b->p->copy);
	return st == BULLA_OK ? st : bulla_fail(err, st, "more than %zu "
	    "bytes", b->p->copy->max);
}

static enum bulla_status
piece(struct bagin *b, bagin_take_fn *take, bool write,
    const struct bulla_cur *c, struct bulla_err *err)
{
	enum bulla_status st = copy(b, c, err);

	if (st == BULLA_OK && take != NULL)
		st = take(b, c->p, c->len, err);
	if (st == BULLA_OK && write)
		st = bagin_extract_data(b->x, c->p, c->len, err);
	b->done += c->len;
	if (b->p->progress != NULL)
		b->p->progress(b->p->progress_ctx, b->done);
	return st;
}

enum bulla_status
bagin_pour(struct bagin *b, bagin_take_fn *take, bool write,
    uint8_t digest[BULLA_SHA256_LEN], struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	struct bulla_cur c = { 0 };

	write = write && b->x != NULL;
	if (write)
		st = bagin_extract_file(b->x, &b->e.path, err);
	while (st == BULLA_OK) {
		st = bulla_tarr_data(b->tar, &c.p, &c.len, err);
		if (st != BULLA_OK || c.len == 0)
			break;
		if (digest != NULL)
			bulla_sha256_update(b->tag, c.p, c.len);
		st = piece(b, take, write, &c, err);
	}
	if (st != BULLA_OK)
		return st;
	if (digest != NULL)
		bulla_sha256_final(b->tag, digest);
	return write ? bagin_extract_file_end(b->x, b->e.mtime, err) : st;
}

enum bulla_status
bagin_take_want(struct bagin *b, const uint8_t *p, size_t n,
    struct bulla_err *err)
{
	struct bulla_cur want;
	size_t len = n < b->want.len ? n : b->want.len;

	if (!bulla_cur_take(&b->want, len, &want) ||
	    (len > 0 && memcmp(p, want.p, len) != 0))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "does not say what it must");
	return BULLA_OK;
}

/* A package's tar begins with the note that stands outside it as well. */
static enum bulla_status
opening_note(struct bagin *b, struct bulla_err *err)
{
	enum bulla_status st;

	if (b->p->opening.len == 0)
		return BULLA_OK;
	if (!b->more || b->e.is_dir || !bulla_cur_is(&b->e.path,
	    "opening.note"))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "the first member is not opening.note");
	b->want = b->p->opening;
	st = b->e.size == b->want.len ?
	    bagin_pour(b, bagin_take_want, false, NULL, err) :
	    BULLA_E_FORMAT;
	if (st == BULLA_E_FORMAT)
		return bulla_fail(err, BULLA_E_MISMATCH,
		    "the opening note inside is not the one outside");
	return st == BULLA_OK ? bagin_next(b, err) : bagin_at(b, st, err);
}

static enum bulla_status
bag_dir(struct bagin *b, struct bulla_err *err)
{
	if (!b->more)
		return bulla_fail(err, BULLA_E_INCOMPLETE,
		    "there is no bag in the tar");
	if (!bulla_bag_name_ok(&b->e.path))
		return bulla_fail(err, BULLA_E_REFUSED,
		    "no name for a bag's directory, which must come first");
	if (!b->e.is_dir)
		return bulla_fail(err, BULLA_E_FORMAT,
		    "a file where the bag's directory must stand");
	memcpy(b->out.name, b->e.path.p, b->e.path.len);
	b->bag_len = b->e.path.len + 1;
	return b->x == NULL ? BULLA_OK :
	    bagin_extract_dir(b->x, &b->e.path, b->e.mtime, err);
}

static enum bulla_status
data_dir(struct bagin *b, struct bulla_err *err)
{
	struct bulla_cur path;

	if (!b->more)
		return bulla_fail(err, BULLA_E_INCOMPLETE,
		    "the bag ends before its data directory");
	if (!b->e.is_dir || !bagin_below(b, &path) ||
	    !bulla_cur_is(&path, "data"))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "stands where the data directory must");
	bagin_order_init(&b->order);
	return b->x == NULL ? BULLA_OK :
	    bagin_extract_dir(b->x, &b->e.path, b->e.mtime, err);
}

static enum bulla_status
take_file(struct bagin *b, const uint8_t *p, size_t n, struct bulla_err *err)
{
	(void)err;
	bagin_files_data(b->files, p, n);
	return BULLA_OK;
}

/* The manifest will have to say of it what was put down here. */
static enum bulla_status
payload_file(struct bagin *b, const struct bulla_cur *path,
    struct bulla_err *err)
{
	const bool check = b->p->mode != BULLA_BAGIN_SHAPE;
	enum bulla_status st = BULLA_OK;

	if (check)
		st = bagin_files_begin(b->files, b->e.size, err);
	if (st == BULLA_OK)
		st = bagin_pour(b, check ? take_file : NULL, true, NULL, err);
	if (st == BULLA_OK && check)
		st = bagin_files_end(b->files, path, err);
	if (st != BULLA_OK)
		return st;
	bulla_sha256_update(b->names, path->p, path->len);
	bulla_sha256_update(b->names, "\n", 1);
	b->out.files++;
	b->out.bytes += b->e.size;
	return BULLA_OK;
}

static enum bulla_status
payload_member(struct bagin *b, const struct bulla_cur *path,
    struct bulla_err *err)
{
	enum bulla_status st;

	if (!bulla_bag_path_ok(path))
		return bulla_fail(err, BULLA_E_REFUSED,
		    "no name that may stand in a bag");
	st = bagin_order_next(&b->order, path, b->e.is_dir, err);
	if (st != BULLA_OK)
		return st;
	if (!b->e.is_dir)
		return payload_file(b, path, err);
	return b->x == NULL ? BULLA_OK :
	    bagin_extract_dir(b->x, &b->e.path, b->e.mtime, err);
}

/* Until a member that lies not below data/: the first tag file. */
static enum bulla_status
payload(struct bagin *b, struct bulla_err *err)
{
	struct bulla_cur path;
	enum bulla_status st;

	for (;;) {
		st = bagin_next(b, err);
		if (st != BULLA_OK)
			return bulla_wrap(err, st, "in the payload");
		if (!b->more)
			return BULLA_OK;
		if (!bagin_below(b, &path))
			return bagin_at(b, bulla_fail(err, BULLA_E_REFUSED,
			    "lies outside of the bag's directory"), err);
		if (!bulla_cur_starts(&path, "data/"))
			return BULLA_OK;
		st = payload_member(b, &path, err);
		if (st != BULLA_OK)
			return bagin_at(b, st, err);
	}
}

static enum bulla_status
run(struct bagin *b, struct bulla_err *err)
{
	enum bulla_status st = bagin_next(b, err);

	if (st == BULLA_OK)
		st = opening_note(b, err);
	if (st != BULLA_OK)
		return st;
	st = bag_dir(b, err);
	if (st != BULLA_OK)
		return b->more ? bagin_at(b, st, err) : st;
	st = bagin_next(b, err);
	if (st != BULLA_OK)
		return st;
	st = data_dir(b, err);
	if (st != BULLA_OK)
		return b->more ? bagin_at(b, st, err) : st;
	st = payload(b, err);
	if (st == BULLA_OK)
		st = bagin_tags(b, err);
	if (st == BULLA_OK)
		st = bulla_tarr_end(b->tar, err);
	if (st == BULLA_OK && b->x != NULL)
		st = bagin_extract_end(b->x, err);
	return st;
}

enum bulla_status
bulla_bagin_run(const struct bulla_bagin *p, struct bulla_blocks *in,
    struct bulla_bagin_result *out, struct bulla_err *err)
{
	struct bagin *b = calloc(1, sizeof(*b));
	enum bulla_status st;

	if (b == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	b->p = p;
	b->line.max = 2 * BULLA_BAG_PATH_MAX;
	b->tags.max = 4096;
	b->text.max = BULLA_BAGINFO_MAX;
	st = bulla_tarr_new(in, &b->tar, err);
	if (st == BULLA_OK && p->mode == BULLA_BAGIN_EXTRACT)
		st = bagin_extract_new(p->dirfd, &b->x, err);
	if (st == BULLA_OK)
		st = bagin_files_new(&b->files, err);
	if (st == BULLA_OK)
		st = bulla_sha256_new(&b->tag, err);
	if (st == BULLA_OK)
		st = bulla_sha256_new(&b->names, err);
	if (st == BULLA_OK)
		st = run(b, err);
	if (st == BULLA_OK)
		*out = b->out;
	bagin_files_free(b->files);
	bulla_sha256_free(b->tag);
	bulla_sha256_free(b->names);
	bulla_buf_free(&b->line);
	bulla_buf_free(&b->tags);
	bulla_buf_free(&b->text);
	bagin_extract_free(b->x);
	bulla_tarr_free(b->tar);
	free(b);
	return st;
}
