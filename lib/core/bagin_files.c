#include <stdlib.h>
#include <string.h>

#include "bulla/bag.h"
#include "core/bagin_int.h"

/*
 * SHA-256 of one file leaves half of the unit idle, and two small files in a
 * row are hashed in step: the first waits in memory until the second comes,
 * and both go as one. A large file goes alone, as all do where the CPU cannot.
 */
struct bagin_files {
	enum { ALONE, WAITS, IN_STEP } way;	/* of the file in hand */
	struct bulla_sha256 *alone;
	struct bulla_sha256x2 *pair;	/* NULL: none waits */
	bool waiting;
	size_t len, at;		/* of what waits; so much of it is hashed */
	size_t path_len;
	uint8_t path[BULLA_BAG_PATH_MAX];	/* of that file */
	struct bulla_buf line;
	struct bulla_sha256 *lines;
	uint8_t wait[BAGIN_SMALL];
};

enum bulla_status
bagin_files_new(struct bagin_files **out, struct bulla_err *err)
{
	struct bagin_files *f = calloc(1, sizeof(*f));
	enum bulla_status st;

	if (f == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	f->line.max = 2 * BULLA_BAG_PATH_MAX;
	st = bulla_sha256_new(&f->alone, err);
	if (st == BULLA_OK)
		st = bulla_sha256_new(&f->lines, err);
	if (st == BULLA_OK && bulla_sha256x2_is_fast())
		st = bulla_sha256x2_new(&f->pair, err);
	if (st == BULLA_OK)
		*out = f;
	else
		bagin_files_free(f);
	return st;
}

void
bagin_files_free(struct bagin_files *f)
{
	if (f == NULL)
		return;
	bulla_sha256_free(f->alone);
	bulla_sha256_free(f->lines);
	bulla_sha256x2_free(f->pair);
	bulla_buf_free(&f->line);
	free(f);
}

static enum bulla_status
put_line(struct bagin_files *f, const uint8_t digest[BULLA_SHA256_LEN],
    const struct bulla_cur *path, struct bulla_err *err)
{
	enum bulla_status st;

	bulla_buf_reset(&f->line);
	bulla_manifest_put(&f->line, digest, path);
	st = bulla_buf_status(&f->line);
	if (st != BULLA_OK)
		return bulla_fail(err, st, "out of memory");
	bulla_sha256_update(f->lines, f->line.p, f->line.len);
	return BULLA_OK;
}

static enum bulla_status
end_alone(struct bagin_files *f, const struct bulla_cur *path,
    struct bulla_err *err)
{
	uint8_t digest[BULLA_SHA256_LEN];

	bulla_sha256_final(f->alone, digest);
	return put_line(f, digest, path, err);
}

/* No other comes for the one that waits. */
static enum bulla_status
stop_waiting(struct bagin_files *f, struct bulla_err *err)
{
	const struct bulla_cur path = bulla_cur_of(f->path, f->path_len);

	if (!f->waiting)
		return BULLA_OK;
	f->waiting = false;
	bulla_sha256_update(f->alone, f->wait, f->len);
	return end_alone(f, &path, err);
}

enum bulla_status
bagin_files_begin(struct bagin_files *f, uint64_t size,
    struct bulla_err *err)
{
	f->way = ALONE;
	if (f->pair == NULL || size > BAGIN_SMALL)
		return stop_waiting(f, err);
	f->way = f->waiting ? IN_STEP : WAITS;
	f->at = 0;
	if (f->way == WAITS)
		f->len = 0;
	return BULLA_OK;
}

static void
in_step(struct bagin_files *f, const uint8_t *p, size_t n)
{
	size_t m = f->len - f->at < n ? f->len - f->at : n;

	bulla_sha256x2_update(f->pair, f->wait + f->at, m, p, n);
	f->at += m;
}

void
bagin_files_data(struct bagin_files *f, const uint8_t *p, size_t n)
{
	if (f->way == ALONE) {
		bulla_sha256_update(f->alone, p, n);
	} else if (f->way == IN_STEP) {
		in_step(f, p, n);
	} else {
		BULLA_CHECK(n <= sizeof(f->wait) - f->len);
		memcpy(f->wait + f->len, p, n);
		f->len += n;
	}
}

static enum bulla_status
end_both(struct bagin_files *f, const struct bulla_cur *path,
    struct bulla_err *err)
{
	const struct bulla_cur first = bulla_cur_of(f->path, f->path_len);
	uint8_t digest[BULLA_SHA256_LEN];
	enum bulla_status st;

	bulla_sha256x2_update(f->pair, f->wait + f->at, f->len - f->at, NULL,
	    0);
	f->waiting = false;
	bulla_sha256x2_final(f->pair, 0, digest);
	st = put_line(f, digest, &first, err);
	bulla_sha256x2_final(f->pair, 1, digest);
	return st == BULLA_OK ? put_line(f, digest, path, err) : st;
}

enum bulla_status
bagin_files_end(struct bagin_files *f, const struct bulla_cur *path,
    struct bulla_err *err)
{
	if (f->way == ALONE)
		return end_alone(f, path, err);
	if (f->way == IN_STEP)
		return end_both(f, path, err);
	BULLA_CHECK(path->len <= sizeof(f->path));
	memcpy(f->path, path->p, path->len);
	f->path_len = path->len;
	f->waiting = true;
	return BULLA_OK;
}

enum bulla_status
bagin_files_lines(struct bagin_files *f, uint8_t digest[BULLA_SHA256_LEN],
    struct bulla_err *err)
{
	enum bulla_status st = stop_waiting(f, err);

	if (st == BULLA_OK)
		bulla_sha256_final(f->lines, digest);
	return st;
}
