#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bulla/file.h"
#include "core/tiles.h"

static enum bulla_status
join(char out[TILES_DIR_MAX], const char *dir, const struct bulla_tile *tile,
    struct bulla_err *err)
{
	char path[BULLA_TILE_PATH_MAX];
	int n;

	bulla_tile_path(tile, path);
	n = snprintf(out, TILES_DIR_MAX, "%s/%s", dir, path);
	if (n < 0 || (size_t)n >= TILES_DIR_MAX)
		return bulla_fail(err, BULLA_E_USAGE, "path too long");
	return BULLA_OK;
}

enum bulla_status
tile_read(const char *dir, const struct bulla_tile *tile,
    struct bulla_buf *out, bool *full, struct bulla_err *err)
{
	struct bulla_tile whole = *tile;
	char path[TILES_DIR_MAX];
	enum bulla_status st;

	whole.width = BULLA_TILE_WIDTH;
	st = join(path, dir, tile, err);
	if (st != BULLA_OK)
		return st;
	if (tile->width < BULLA_TILE_WIDTH && access(path, F_OK) != 0 &&
	    errno == ENOENT) {
		st = join(path, dir, &whole, err);
		if (st != BULLA_OK)
			return st;
		*full = true;
	} else {
		*full = tile->width == BULLA_TILE_WIDTH;
	}
	if (access(path, F_OK) != 0 && errno == ENOENT) {
		bulla_tile_path(tile, path);
		return bulla_fail(err, BULLA_E_INCOMPLETE, "%s is missing",
		    path);
	}
	st = bulla_file_get(path, out, err);
	if (st == BULLA_E_LIMIT)
		st = BULLA_E_MISMATCH;	/* longer than any such file */
	return st;
}

enum bulla_status
tile_hashes(const char *dir, const struct bulla_tile *tile,
    struct bulla_hash *out, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_TILE_WIDTH * sizeof(*out));
	char path[BULLA_TILE_PATH_MAX];
	enum bulla_status st;
	bool full = false;
	size_t want;

	st = tile_read(dir, tile, &b, &full, err);
	want = (full ? BULLA_TILE_WIDTH : tile->width) * sizeof(*out);
	if (st == BULLA_OK && b.len != want) {
		bulla_tile_path(tile, path);
		st = bulla_fail(err, BULLA_E_MISMATCH, "%s has %zu bytes, "
		    "where %zu must be", path, b.len, want);
	}
	if (st == BULLA_OK)
		memcpy(out, b.p, tile->width * sizeof(*out));
	bulla_buf_free(&b);
	return st;
}

/* n is a power of two, at most a tile's width. */
static void
fold(const struct bulla_hash *h, unsigned n, struct bulla_hash *out)
{
	struct bulla_edge e = { 0 };

	for (unsigned i = 0; i < n; i++)
		bulla_edge_add(&e, 0, &h[i]);
	bulla_edge_root(&e, out);
}

static enum bulla_status
get(struct bulla_nodes *n, unsigned level, uint64_t index,
    struct bulla_hash *out, struct bulla_err *err)
{
	struct tiles *t = (struct tiles *)n;
	unsigned tl = level / 8, count = 1u << (level % 8);
	uint64_t first = index << (level % 8);
	unsigned at = (unsigned)(first % BULLA_TILE_WIDTH);
	struct bulla_tile want = { .level = tl,
	    .index = first / BULLA_TILE_WIDTH };
	enum bulla_status st;

	want.width = bulla_tile_width(t->size, tl, want.index);
	BULLA_CHECK(at + count <= want.width);
	if (!t->have[tl] || t->at[tl].index != want.index) {
		t->have[tl] = false;
		st = tile_hashes(t->dir, &want, t->h[tl], err);
		if (st != BULLA_OK)
			return st;
		t->have[tl] = true;
		t->at[tl] = want;
	}
	fold(&t->h[tl][at], count, out);
	return BULLA_OK;
}

void
tiles_init(struct tiles *t, const char *dir, uint64_t size)
{
	memset(t, 0, sizeof(*t));
	t->nodes.get = get;
	t->dir = dir;
	t->size = size;
}
