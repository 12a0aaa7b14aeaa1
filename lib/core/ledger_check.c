#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/io.h"
#include "core/ledger_int.h"
#include "core/tiles.h"

/* A walk through all frames of the published size, tile by tile. */
struct walk {
	const struct bulla_ledger *l;
	uint64_t size;
	struct bulla_edge edge;
	struct ledger_level level[BULLA_TILE_LEVELS];
	struct bulla_buf bundle, frame, file;
	uint64_t end;
};

static enum bulla_status
differs(const struct bulla_tile *t, struct bulla_err *err)
{
	char path[BULLA_TILE_PATH_MAX];

	bulla_tile_path(t, path);
	return bulla_fail(err, BULLA_E_MISMATCH, "public/%s is not what the "
	    "journal's records give: it was changed", path);
}

/*
 * A file must hold exactly these bytes; of a full one that came later, begin.
 */
static enum bulla_status
compare(struct walk *w, const struct bulla_tile *t, const void *p, size_t len,
    struct bulla_err *err)
{
	enum bulla_status st;
	bool full = false;

	bulla_buf_reset(&w->file);
	st = tile_read(w->l->public, t, &w->file, &full, err);
	if (st != BULLA_OK)
		return st == BULLA_E_MISMATCH ? differs(t, err) : st;
	full = full && t->width < BULLA_TILE_WIDTH;
	if (w->file.len < len || (w->file.len > len && !full) ||
	    memcmp(w->file.p, p, len) != 0)
		return differs(t, err);
	return BULLA_OK;
}

static enum bulla_status
compare_level(struct walk *w, unsigned i, uint64_t index,
    struct bulla_err *err)
{
	struct ledger_level *v = &w->level[i];
	struct bulla_tile t = { i, index, v->w };
	enum bulla_status st;

	st = compare(w, &t, v->h, v->w * sizeof(v->h[0]), err);
	if (st != BULLA_OK || i > 0)
		return st;
	t.level = BULLA_TILE_ENTRIES;
	return compare(w, &t, w->bundle.p, w->bundle.len, err);
}

static enum bulla_status
carry(struct walk *w, struct bulla_err *err)
{
	struct ledger_level *v = w->level;
	enum bulla_status st;

	for (unsigned i = 0; v[i].w == BULLA_TILE_WIDTH; i++) {
		struct bulla_edge e = { 0 };

		st = compare_level(w, i, (w->edge.size >> 8 >> (8 * i)) - 1,
		    err);
		if (st != BULLA_OK)
			return st;
		if (i == 0)
			bulla_buf_reset(&w->bundle);
		for (unsigned k = 0; k < BULLA_TILE_WIDTH; k++)
			bulla_edge_add(&e, 0, &v[i].h[k]);
		v[i].w = 0;
		bulla_edge_root(&e, &v[i + 1].h[v[i + 1].w++]);
	}
	return BULLA_OK;
}

static enum bulla_status
check_row(struct walk *w, const struct ledger_record *r,
    struct bulla_err *err)
{
	uint8_t row[INDEX_ROW] = { 0 };
	struct bulla_cur c = bulla_cur_of(row, sizeof(row));
	uint64_t off = 0, print = 0;
	enum bulla_status st;
	size_t n = 0;

	st = bulla_pread_fd(w->l->index, row, sizeof(row), w->edge.size *
	    INDEX_ROW, &n, "index", err);
	if (st != BULLA_OK)
		return st;
	if (n < sizeof(row) || !bulla_cur_u64(&c, &off) ||
	    !bulla_cur_u64(&c, &print) || off != r->off ||
	    print != ledger_print(&r->data))
		return bulla_fail(err, BULLA_E_MISMATCH, "index: the row of "
		    "record %llu is wrong", (unsigned long long)w->edge.size);
	return BULLA_OK;
}

static enum bulla_status
check_record(struct walk *w, const struct ledger_record *r,
    struct bulla_err *err)
{
	uint8_t entry[LEDGER_ENTRY_LEN];
	struct bulla_hash *leaf = &w->level[0].h[w->level[0].w];
	struct bulla_cur e;
	enum bulla_status st;

	st = check_row(w, r, err);
	if (st != BULLA_OK)
		return st;
	e = ledger_entry_of(r, entry);
	bulla_merkle_leaf(e.p, e.len, leaf);
	w->level[0].w++;
	bulla_edge_add(&w->edge, 0, leaf);
	bulla_bundle_put(&w->bundle, e.p, e.len);
	st = bulla_buf_status(&w->bundle);
	return st == BULLA_OK ? carry(w, err) : st;
}

static enum bulla_status
check_frame(struct walk *w, struct bulla_err *err)
{
	size_t at = FRAME_HEAD;
	enum bulla_status st;
	uint32_t n = 0;

	st = frame_read(w->l, w->end, w->edge.size, &w->frame, &n, err);
	if (st == BULLA_E_INCOMPLETE)
		return bulla_fail(err, BULLA_E_MISMATCH, "journal: damaged at "
		    "byte %llu, record %llu or after",
		    (unsigned long long)w->end,
		    (unsigned long long)w->edge.size);
	for (uint32_t i = 0; i < n && st == BULLA_OK; i++) {
		struct ledger_record r;

		st = frame_next(&w->frame, &at, w->end, &r, err);
		if (st == BULLA_OK)
			st = check_record(w, &r, err);
	}
	if (st == BULLA_OK && at != w->frame.len)
		st = bulla_fail(err, BULLA_E_MISMATCH, "journal: a frame that "
		    "holds more than it says");
	w->end += w->frame.len;
	return st;
}

/*
 * The narrower tiles of earlier checkpoints, which stay until the tile is
 * full: somebody may hold such a checkpoint.
 */
static enum bulla_status
check_narrower(struct walk *w, unsigned level, uint64_t index,
    struct bulla_err *err)
{
	char rel[BULLA_TILE_PATH_MAX], path[LEDGER_PATH_MAX];
	struct ledger_level *v = &w->level[level];
	struct bulla_cur bundle = bulla_buf_view(&w->bundle), entry;
	const struct bulla_cur all = bundle;
	enum bulla_status st = BULLA_OK;
	unsigned last = v->w;

	for (unsigned n = 1; n < last && st == BULLA_OK; n++) {
		struct bulla_tile t = { level, index, n };

		bulla_tile_path(&t, rel);
		st = ledger_path(path, w->l->public, rel, err);
		if (st == BULLA_OK && access(path, F_OK) == 0)
			st = compare(w, &t, v->h, n * sizeof(v->h[0]), err);
		if (level > 0 || st != BULLA_OK)
			continue;
		BULLA_CHECK(bulla_bundle_next(&bundle, &entry));
		t.level = BULLA_TILE_ENTRIES;
		bulla_tile_path(&t, rel);
		st = ledger_path(path, w->l->public, rel, err);
		if (st == BULLA_OK && access(path, F_OK) == 0)
			st = compare(w, &t, all.p, all.len - bundle.len, err);
	}
	return st;
}

static enum bulla_status
check_all(struct walk *w, const struct bulla_checkpoint *cp,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	struct bulla_hash root;

	while (st == BULLA_OK && w->edge.size < cp->size)
		st = check_frame(w, err);
	for (unsigned i = 0; i < BULLA_TILE_LEVELS && st == BULLA_OK; i++) {
		uint64_t index = cp->size >> 8 >> (8 * i);

		if (w->level[i].w == 0)
			continue;
		st = compare_level(w, i, index, err);
		if (st == BULLA_OK)
			st = check_narrower(w, i, index, err);
	}
	if (st != BULLA_OK)
		return st;
	bulla_edge_root(&w->edge, &root);
	if (w->edge.size != cp->size || !bulla_hash_eq(&root, &cp->root))
		return bulla_fail(err, BULLA_E_MISMATCH, "the journal's "
		    "records do not give the root of the signed checkpoint");
	return BULLA_OK;
}

enum bulla_status
bulla_ledger_check(const struct bulla_ledger *l, struct bulla_err *err)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct walk *w = calloc(1, sizeof(*w));
	struct bulla_tree tree;
	enum bulla_status st;

	if (w == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	w->l = l;
	w->end = JOURNAL_HEAD;
	w->bundle.max = BULLA_TILE_WIDTH * (BULLA_ENTRY_MAX + 2);
	w->file.max = w->bundle.max;
	w->frame.max = FRAME_HEAD + BULLA_LEDGER_BATCH_MAX;
	st = ledger_read_checkpoint(l, &note, &tree, err);
	if (st == BULLA_OK)
		st = check_all(w, &tree.cp, err);
	bulla_buf_free(&w->bundle);
	bulla_buf_free(&w->file);
	bulla_buf_free(&w->frame);
	free(w);
	bulla_buf_free(&note);
	return st;
}
