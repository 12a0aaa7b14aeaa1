#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bulla/file.h"
#include "bulla/merkle.h"
#include "bulla/text.h"
#include "bulla/when.h"
#include "bulla/witness.h"
#include "core/ledger_int.h"
#include "core/monitor_int.h"
#include "core/tiles.h"

/* Their ledger made anew from its entries, all tiles compared on the way. */
struct rebuild {
	const char *dir;
	uint64_t size;
	struct bulla_edge edge;
	struct ledger_level level[BULLA_TILE_LEVELS];
	struct bulla_buf bundle;
	uint64_t at;			/* what we saw last, and its root */
	struct bulla_hash root_at;
};
struct theirs {
	struct monitor *m;
	struct bulla_buf note, seen_note;
	struct bulla_tree tree;
	bool seen;
	struct bulla_checkpoint last;	/* size and root only */
};

static enum bulla_status
wrong(unsigned level, uint64_t index, struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_MISMATCH, "tile %llu of level %u is "
	    "not what the entries give", (unsigned long long)index, level);
}

static enum bulla_status
check_tile(const struct rebuild *r, unsigned level, uint64_t index,
    struct bulla_err *err)
{
	const struct ledger_level *v = &r->level[level];
	struct bulla_tile t = { level, index, v->w };
	struct bulla_hash *h = calloc(BULLA_TILE_WIDTH, sizeof(*h));
	enum bulla_status st;

	if (h == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	st = tile_hashes(r->dir, &t, h, err);
	if (st == BULLA_OK && memcmp(h, v->h, v->w * sizeof(*h)) != 0)
		st = wrong(level, index, err);
	free(h);
	return st;
}

static enum bulla_status
carry(struct rebuild *r, struct bulla_err *err)
{
	struct ledger_level *v = r->level;
	enum bulla_status st = BULLA_OK;

	for (unsigned i = 0; v[i].w == BULLA_TILE_WIDTH && st == BULLA_OK;
	    i++) {
		struct bulla_edge e = { 0 };

		st = check_tile(r, i, (r->edge.size >> 8 >> (8 * i)) - 1, err);
		for (unsigned k = 0; k < BULLA_TILE_WIDTH; k++)
			bulla_edge_add(&e, 0, &v[i].h[k]);
		v[i].w = 0;
		bulla_edge_root(&e, &v[i + 1].h[v[i + 1].w++]);
	}
	return st;
}

static enum bulla_status
add_entry(struct rebuild *r, const struct bulla_cur *entry,
    struct bulla_err *err)
{
	struct bulla_hash *leaf = &r->level[0].h[r->level[0].w++];

	bulla_merkle_leaf(entry->p, entry->len, leaf);
	bulla_edge_add(&r->edge, 0, leaf);
	if (r->edge.size == r->at)
		bulla_edge_root(&r->edge, &r->root_at);
	return carry(r, err);
}

static enum bulla_status
add_bundle(struct rebuild *r, uint64_t index, struct bulla_err *err)
{
	struct bulla_tile t = { BULLA_TILE_ENTRIES, index,
	    bulla_tile_width(r->size, 0, index) };
	struct bulla_cur c, entry;
	enum bulla_status st;
	bool full;

	bulla_buf_reset(&r->bundle);
	st = tile_read(r->dir, &t, &r->bundle, &full, err);
	if (st == BULLA_E_MISMATCH)
		return bulla_fail(err, st, "bundle %llu is too long",
		    (unsigned long long)index);
	c = bulla_buf_view(&r->bundle);
	for (unsigned i = 0; i < t.width && st == BULLA_OK; i++) {
		if (!bulla_bundle_next(&c, &entry))
			return bulla_fail(err, BULLA_E_MISMATCH, "bundle %llu "
			    "is cut short", (unsigned long long)index);
		st = add_entry(r, &entry, err);
	}
	if (st == BULLA_OK && c.len > 0 && (!full ||
	    t.width == BULLA_TILE_WIDTH))
		st = bulla_fail(err, BULLA_E_MISMATCH, "bundle %llu is too "
		    "long", (unsigned long long)index);
	return st;
}

static enum bulla_status
rebuild(struct rebuild *r, const struct bulla_checkpoint *cp,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	struct bulla_hash root;

	if (r->at == 0)
		bulla_edge_root(&r->edge, &r->root_at);
	for (uint64_t i = 0; r->edge.size < cp->size && st == BULLA_OK; i++)
		st = add_bundle(r, i, err);
	for (unsigned i = 0; i < BULLA_TILE_LEVELS && st == BULLA_OK; i++) {
		if (r->level[i].w > 0)
			st = check_tile(r, i, cp->size >> 8 >> (8 * i), err);
	}
	bulla_edge_root(&r->edge, &root);
	if (st == BULLA_OK && !bulla_hash_eq(&root, &cp->root))
		st = bulla_fail(err, BULLA_E_MISMATCH, "the entries do not "
		    "give the root of the checkpoint");
	return st;
}

/* From all of its entries: does it continue what our witness cosigned? */
static enum bulla_status
check_files(struct theirs *t, const char *dir, struct bulla_err *err)
{
	struct rebuild *r = calloc(1, sizeof(*r));
	enum bulla_status st;

	if (r == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	r->dir = dir;
	r->size = t->tree.cp.size;
	r->at = t->last.size;
	r->bundle.max = BULLA_TILE_WIDTH * (BULLA_ENTRY_MAX + 2);
	st = rebuild(r, &t->tree.cp, err);
	if (st == BULLA_OK && t->seen && t->last.size < r->size &&
	    !bulla_hash_eq(&r->root_at, &t->last.root))
		monitor_found(t->m, BULLA_FOUND_FORK, "their ledger of %llu "
		    "records does not continue the one of %llu that we have "
		    "cosigned", (unsigned long long)r->size,
		    (unsigned long long)r->at);
	else if (st != BULLA_OK && st != BULLA_E_IO && st != BULLA_E_NOMEM)
		bulla_wrap(err, st, "their ledger");
	bulla_buf_free(&r->bundle);
	free(r);
	return monitor_damage(t->m, st, err);
}

/* When that was: in the line of our own witness. */
static enum bulla_status
recall_time(struct theirs *t, const struct bulla_cur *note,
    struct bulla_err *err)
{
	struct bulla_vkeys known = { 0 };
	struct bulla_tree tree;
	enum bulla_status st;

	if (t->m->trust == NULL)
		return BULLA_OK;
	st = bulla_trust_keys(t->m->trust, BULLA_OURS, BULLA_ROLE_WITNESS,
	    &known, err);
	for (size_t i = 0; i < t->m->logs.n && st == BULLA_OK; i++)
		st = bulla_vkeys_add(&known, &t->m->logs.v[i], err);
	if (st == BULLA_OK)
		st = bulla_tree_verify(note, &known, &tree, err);
	if (st == BULLA_OK)
		t->m->out->their_time = tree.latest;
	else
		bulla_wrap(err, st, "ledger/witness");
	bulla_vkeys_free(&known);
	return st;
}

static enum bulla_status
recall(struct theirs *t, struct bulla_err *err)
{
	char dir[LEDGER_PATH_MAX];
	struct bulla_checkpoint cp;
	struct bulla_cur bytes;
	struct bulla_note n;
	enum bulla_status st;

	st = ledger_path(dir, t->m->m->home, "ledger/witness", err);
	if (st == BULLA_OK)
		st = bulla_witness_last(dir, &t->tree.cp.origin,
		    &t->seen_note, err);
	if (st != BULLA_OK)
		return st == BULLA_E_NOMATCH ? BULLA_OK : st;
	bytes = bulla_buf_view(&t->seen_note);
	st = bulla_note_parse(&bytes, &n, err);
	if (st == BULLA_OK)
		st = bulla_checkpoint_parse(&n.text, &cp, err);
	if (st != BULLA_OK)
		return bulla_wrap(err, st, "ledger/witness");
	t->seen = true;
	t->last.size = t->m->out->their_cosigned = cp.size;
	t->last.root = cp.root;
	return recall_time(t, &bytes, err);
}

static void
compare(struct theirs *t)
{
	const struct bulla_checkpoint *now = &t->tree.cp;
	struct monitor *m = t->m;
	int64_t age = m->m->now - m->out->their_time;
	char span[BULLA_WHEN_SPAN_LEN];

	if (!t->seen)
		monitor_remark(m, "their ledger was never cosigned by us: "
		    "there is nothing to compare it with");
	else if (now->size < t->last.size)
		monitor_found(m, BULLA_FOUND_ROLLBACK, "their ledger has %llu "
		    "records, but we have cosigned %llu",
		    (unsigned long long)now->size,
		    (unsigned long long)t->last.size);
	else if (now->size == t->last.size &&
	    !bulla_hash_eq(&now->root, &t->last.root))
		monitor_found(m, BULLA_FOUND_FORK, "their ledger of %llu "
		    "records has another root than the one that we have "
		    "cosigned", (unsigned long long)now->size);
	if (m->out->their_time > 0 && age > m->m->max_age)
		monitor_found(m, BULLA_FOUND_STALE, "we have last cosigned "
		    "their ledger %s ago", bulla_when_span(age, span));
}

static enum bulla_status
judge(struct theirs *t, const char *dir, struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(&t->note);
	struct monitor *m = t->m;
	enum bulla_status st;

	st = bulla_tree_verify(&bytes, &m->logs, &t->tree, err);
	if (st == BULLA_E_NOKEY) {
		monitor_found(m, BULLA_FOUND_UNKNOWN_KEY, "their ledger: %s",
		    err->msg);
		return BULLA_OK;
	}
	if (st != BULLA_OK) {
		bulla_wrap(err, st, "their checkpoint");
		return monitor_damage(m, st, err);
	}
	memcpy(m->out->their_origin, t->tree.cp.origin.p,
	    t->tree.cp.origin.len);
	m->out->their_size = t->tree.cp.size;
	st = monitor_damage(m, recall(t, err), err);
	if (st != BULLA_OK)
		return st;
	compare(t);
	if (dir != NULL)
		return check_files(t, dir, err);
	if (t->seen && t->tree.cp.size > t->last.size)
		monitor_remark(m, "a checkpoint alone does not tell whether "
		    "it continues what we have cosigned: give the directory");
	return BULLA_OK;
}

enum bulla_status
monitor_theirs(struct monitor *m, struct bulla_err *err)
{
	struct theirs t = { .m = m, .note.max = BULLA_NOTE_MAX,
	    .seen_note.max = BULLA_NOTE_MAX };
	const char *path = m->m->theirs;
	char file[LEDGER_PATH_MAX];
	enum bulla_status st;
	bool is_dir = false;
	struct stat sb;

	if (path == NULL)
		return BULLA_OK;
	is_dir = stat(path, &sb) == 0 && S_ISDIR(sb.st_mode);
	st = ledger_path(file, path, "checkpoint", err);
	if (st == BULLA_OK)
		st = bulla_file_get(is_dir ? file : path, &t.note, err);
	if (st == BULLA_OK)
		st = judge(&t, is_dir ? path : NULL, err);
	bulla_buf_free(&t.note);
	bulla_buf_free(&t.seen_note);
	return st;
}
