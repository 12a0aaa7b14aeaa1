#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulla/file.h"
#include "bulla/io.h"
#include "core/ledger_int.h"
#include "core/tiles.h"

/* Everything that is known of the disk is forgotten first. */
static void
forget(struct bulla_ledger *l)
{
	ledger_forget_pending(l);
	l->current = false;
	memset(&l->edge, 0, sizeof(l->edge));
	for (unsigned i = 0; i < BULLA_TILE_LEVELS; i++)
		l->level[i].w = 0;
	bulla_buf_reset(&l->bundle);
}

/* The partial bundle must be what the partial tile hashes. */
static enum bulla_status
load_bundle(struct bulla_ledger *l, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_TILE_WIDTH *
	    (BULLA_ENTRY_MAX + 2));
	struct bulla_tile t = { BULLA_TILE_ENTRIES,
	    l->published / BULLA_TILE_WIDTH, l->level[0].w };
	struct bulla_cur c, entry;
	enum bulla_status st;
	struct bulla_hash h;
	bool full;

	st = tile_read(l->public, &t, &b, &full, err);
	c = bulla_buf_view(&b);
	for (unsigned i = 0; st == BULLA_OK && i < t.width; i++) {
		if (!bulla_bundle_next(&c, &entry)) {
			st = bulla_fail(err, BULLA_E_MISMATCH, "the last "
			    "bundle of entries is cut short");
			break;
		}
		bulla_merkle_leaf(entry.p, entry.len, &h);
		if (!bulla_hash_eq(&h, &l->level[0].h[i]))
			st = bulla_fail(err, BULLA_E_MISMATCH, "the last "
			    "bundle of entries is not what its tile says");
		bulla_bundle_put(&l->bundle, entry.p, entry.len);
	}
	if (st == BULLA_OK && !full && c.len > 0)
		st = bulla_fail(err, BULLA_E_MISMATCH, "the last bundle of "
		    "entries is too long");
	if (st == BULLA_OK)
		st = bulla_buf_status(&l->bundle);
	bulla_buf_free(&b);
	return st;
}

/* The right edge from the last tile of each level; its root is compared. */
static enum bulla_status
load_edge(struct bulla_ledger *l, const struct bulla_checkpoint *cp,
    struct bulla_err *err)
{
	struct bulla_hash root;
	enum bulla_status st;

	for (unsigned i = BULLA_TILE_LEVELS; i-- > 0;) {
		uint64_t n = cp->size >> (8 * i);
		struct bulla_tile t = { i, n / BULLA_TILE_WIDTH,
		    (unsigned)(n % BULLA_TILE_WIDTH) };

		if (t.width == 0)
			continue;
		st = tile_hashes(l->public, &t, l->level[i].h, err);
		if (st != BULLA_OK)
			return st;
		l->level[i].w = t.width;
		for (unsigned k = 0; k < t.width; k++)
			bulla_edge_add(&l->edge, 8 * i, &l->level[i].h[k]);
	}
	bulla_edge_root(&l->edge, &root);
	if (!bulla_hash_eq(&root, &cp->root))
		return bulla_fail(err, BULLA_E_MISMATCH, "the tiles do not "
		    "lead to the root of the signed checkpoint: a file was "
		    "changed");
	l->published = cp->size;
	return l->level[0].w > 0 ? load_bundle(l, err) : BULLA_OK;
}

/* Where the published part of the journal ends. */
static enum bulla_status
find_end(struct bulla_ledger *l, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_LEDGER_RECORD_MAX +
	    RECORD_HEAD);
	struct ledger_record r;
	enum bulla_status st;
	uint64_t print;

	l->end = JOURNAL_HEAD;
	if (l->published == 0)
		return BULLA_OK;
	st = ledger_record_at(l, l->published - 1, &b, &r, &print, err);
	if (st == BULLA_OK)
		l->end = r.off + b.len;
	bulla_buf_free(&b);
	return st;
}

/*
 * A frame that was written but whose sync failed, or never came, may be in
 * the page cache only: written again it is dirty again, and this sync counts.
 */
static enum bulla_status
settle(const struct bulla_ledger *l, const struct bulla_buf *frame,
    uint64_t off, struct bulla_err *err)
{
	enum bulla_status st;

	st = bulla_pwrite_fd(l->journal, frame->p, frame->len, off, "journal",
	    err);
	if (st == BULLA_OK && fdatasync(l->journal) != 0)
		st = bulla_fail_sys(err, "journal");
	return st;
}

static enum bulla_status
cut_tail(struct bulla_ledger *l, uint64_t size, struct bulla_err *err)
{
	enum bulla_status st;
	bool more = false;

	st = frame_behind(l, l->end, &more, err);
	if (st != BULLA_OK)
		return st;
	if (more)
		return bulla_fail(err, BULLA_E_MISMATCH, "journal: damaged at "
		    "byte %llu, with whole records behind: not a torn tail, "
		    "a file that was changed", (unsigned long long)l->end);
	if (ftruncate(l->journal, (off_t)l->end) != 0 ||
	    fdatasync(l->journal) != 0)
		return bulla_fail_sys(err, "journal");
	l->cut += size - l->end;
	return BULLA_OK;
}

static enum bulla_status
replay_frame(struct bulla_ledger *l, const struct bulla_buf *b, uint32_t n,
    struct bulla_err *err)
{
	enum bulla_status st = settle(l, b, l->end, err);
	size_t at = FRAME_HEAD;

	for (uint32_t i = 0; i < n && st == BULLA_OK; i++) {
		struct ledger_record r;

		st = frame_next(b, &at, l->end, &r, err);
		if (st == BULLA_OK)
			st = ledger_add(l, &r, err);
	}
	if (st == BULLA_OK && at != b->len)
		st = bulla_fail(err, BULLA_E_MISMATCH, "journal: a frame that "
		    "holds more than it says");
	if (st == BULLA_OK)
		l->end += b->len;
	return st;
}

enum bulla_status
ledger_root_at(const struct bulla_ledger *l, uint64_t size,
    struct bulla_hash *out, struct bulla_err *err)
{
	struct tiles *t = malloc(sizeof(*t));
	enum bulla_status st;

	if (t == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	tiles_init(t, l->public, l->published);
	st = bulla_merkle_root(&t->nodes, size, out, err);
	free(t);
	return st;
}

/* Whether the newest signed state lies on the way that was replayed. */
static enum bulla_status
check_state(struct bulla_ledger *l, const struct bulla_checkpoint *s,
    bool seen, struct bulla_err *err)
{
	struct bulla_hash root;
	enum bulla_status st;

	l->fault = BULLA_LEDGER_ROLLBACK;
	if (s->size > l->edge.size)
		return bulla_fail(err, BULLA_E_REFUSED, "restored backup: the "
		    "ledger has %llu records, but its key has signed %llu. "
		    "Put the newest copy back, or get the missing records",
		    (unsigned long long)l->edge.size,
		    (unsigned long long)s->size);
	l->fault = BULLA_LEDGER_FORK;
	if (seen)
		return BULLA_OK;
	st = s->size <= l->published ? ledger_root_at(l, s->size, &root,
	    err) : BULLA_OK;
	if (st == BULLA_OK && (s->size > l->published ||
	    !bulla_hash_eq(&root, &s->root)))
		st = bulla_fail(err, BULLA_E_REFUSED, "fork: the ledger is "
		    "not a continuation of what its key has signed at size "
		    "%llu", (unsigned long long)s->size);
	return st;
}

static enum bulla_status
replay(struct bulla_ledger *l, const struct bulla_checkpoint *state,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(FRAME_HEAD +
	    BULLA_LEDGER_BATCH_MAX);
	enum bulla_status st = BULLA_OK;
	struct bulla_hash root;
	bool seen = false;
	struct stat sb;
	uint32_t n;

	if (fstat(l->journal, &sb) != 0)
		return bulla_fail_sys(err, "journal");
	if ((uint64_t)sb.st_size < l->end)
		return bulla_fail(err, BULLA_E_INCOMPLETE, "journal: ends at "
		    "byte %llu, but published records reach to %llu",
		    (unsigned long long)sb.st_size,
		    (unsigned long long)l->end);
	for (;;) {
		bulla_edge_root(&l->edge, &root);
		if (state->size == l->edge.size)
			seen = bulla_hash_eq(&root, &state->root);
		if (l->end == (uint64_t)sb.st_size)
			break;
		st = frame_read(l, l->end, l->edge.size, &b, &n, err);
		if (st == BULLA_E_INCOMPLETE) {
			st = cut_tail(l, (uint64_t)sb.st_size, err);
			break;
		}
		if (st == BULLA_OK)
			st = replay_frame(l, &b, n, err);
		if (st != BULLA_OK)
			break;
	}
	bulla_buf_free(&b);
	return st == BULLA_OK ? check_state(l, state, seen, err) : st;
}

enum bulla_status
ledger_recover(struct bulla_ledger *l, struct bulla_err *err)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_checkpoint state = { 0 };
	struct bulla_tree tree;
	enum bulla_status st;

	forget(l);
	st = ledger_read_state(l, &state, err);
	if (st == BULLA_OK)
		st = ledger_read_checkpoint(l, &note, &tree, err);
	if (st == BULLA_OK)
		st = load_edge(l, &tree.cp, err);
	if (st == BULLA_OK)
		st = find_end(l, err);
	if (st == BULLA_OK)
		st = replay(l, &state, err);
	if (st == BULLA_OK)
		l->current = true;
	bulla_buf_free(&note);
	return st;
}
