#include <stdlib.h>
#include <string.h>

#include "bulla/addcp.h"
#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/tlogproof.h"
#include "core/ledger_int.h"
#include "core/tiles.h"

#define RECORD_BUF BULLA_BUF_INIT(RECORD_HEAD + BULLA_LEDGER_RECORD_MAX)
#define ROWS 65536u	/* of the index, read at a time */

enum bulla_status
bulla_ledger_checkpoint(const struct bulla_ledger *l, struct bulla_buf *out,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_tree tree;
	enum bulla_status st;

	st = ledger_read_checkpoint(l, &b, &tree, err);
	if (st == BULLA_OK) {
		bulla_buf_put(out, b.p, b.len);
		st = bulla_buf_status(out);
	}
	bulla_buf_free(&b);
	return st;
}

/* The print is 64 bits: what it finds is compared with the record itself. */
static enum bulla_status
is_record(const struct bulla_ledger *l, uint64_t index,
    const struct bulla_cur *record, bool *yes, struct bulla_err *err)
{
	struct bulla_buf b = RECORD_BUF;
	struct ledger_record r;
	enum bulla_status st;
	uint64_t print;

	st = ledger_record_at(l, index, &b, &r, &print, err);
	if (st == BULLA_OK)
		*yes = bulla_cur_same(&r.data, record);
	bulla_buf_free(&b);
	return st;
}

static bool
row_is(const uint8_t *row, uint64_t print)
{
	struct bulla_cur c = bulla_cur_of(row + 8, 8);
	uint64_t v = 0;

	return bulla_cur_u64(&c, &v) && v == print;
}

enum bulla_status
bulla_ledger_find(const struct bulla_ledger *l,
    const struct bulla_cur *record, uint64_t *index, struct bulla_err *err)
{
	uint64_t print = ledger_print(record), hi = l->published;
	uint8_t *rows = malloc(ROWS * INDEX_ROW);
	enum bulla_status st = BULLA_OK;
	bool yes = false;

	if (rows == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	while (st == BULLA_OK && !yes && hi > 0) {
		uint64_t lo = (hi - 1) / ROWS * ROWS;
		size_t n = 0;

		st = bulla_pread_fd(l->index, rows, (size_t)(hi - lo) *
		    INDEX_ROW, lo * INDEX_ROW, &n, "index", err);
		for (; st == BULLA_OK && !yes && hi > lo; hi--) {
			if ((hi - lo) * INDEX_ROW > n ||
			    !row_is(rows + (hi - lo - 1) * INDEX_ROW, print))
				continue;
			st = is_record(l, hi - 1, record, &yes, err);
			if (yes)
				*index = hi - 1;
		}
	}
	free(rows);
	if (st == BULLA_OK && !yes)
		st = bulla_fail(err, BULLA_E_NOMATCH, "this record is not in "
		    "the ledger");
	return st;
}

/* Before it leaves: a proof that does not hold names a damaged file. */
static enum bulla_status
prove(const struct bulla_ledger *l, const struct ledger_record *r,
    const struct bulla_tree *tree, struct bulla_tlogproof *p,
    struct bulla_err *err)
{
	struct tiles *t = malloc(sizeof(*t));
	uint8_t entry[LEDGER_ENTRY_LEN];
	struct bulla_hash salted, leaf;
	enum bulla_status st;

	if (t == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	tiles_init(t, l->public, tree->cp.size);
	st = bulla_merkle_prove(&t->nodes, p->index, tree->cp.size, p->path,
	    &p->n_path, err);
	free(t);
	if (st != BULLA_OK)
		return st;
	ledger_salted(&r->salt, &r->data, &salted);
	bulla_merkle_leaf(entry, ledger_entry(&salted, entry), &leaf);
	st = bulla_merkle_included(p->index, &leaf, &tree->cp, p->path,
	    p->n_path, err);
	if (st != BULLA_OK)
		return bulla_fail(err, st, "record %llu, the tiles and the "
		    "checkpoint do not fit together: \"bulla-ledger check\" "
		    "finds where", (unsigned long long)p->index);
	memcpy(p->extra, r->salt.p, r->salt.len);
	p->extra_len = r->salt.len;
	return BULLA_OK;
}

enum bulla_status
bulla_ledger_prove(const struct bulla_ledger *l, uint64_t index,
    struct bulla_buf *out, struct bulla_err *err)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_buf b = RECORD_BUF;
	struct bulla_tlogproof p = { .index = index };
	struct ledger_record r;
	struct bulla_tree tree;
	enum bulla_status st;
	uint64_t print;

	st = ledger_read_checkpoint(l, &note, &tree, err);
	if (st == BULLA_OK && index >= tree.cp.size)
		st = bulla_fail(err, BULLA_E_NOMATCH, "there is no record "
		    "%llu: the ledger has %llu, and counts from 0",
		    (unsigned long long)index,
		    (unsigned long long)tree.cp.size);
	if (st == BULLA_OK)
		st = ledger_record_at(l, index, &b, &r, &print, err);
	if (st == BULLA_OK)
		st = prove(l, &r, &tree, &p, err);
	if (st == BULLA_OK) {
		p.checkpoint = bulla_buf_view(&note);
		bulla_tlogproof_put(out, &p);
		st = bulla_buf_status(out);
	}
	bulla_buf_free(&note);
	bulla_buf_free(&b);
	return st;
}

enum bulla_status
bulla_ledger_request(const struct bulla_ledger *l, uint64_t old,
    struct bulla_buf *out, struct bulla_err *err)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct tiles *t = malloc(sizeof(*t));
	struct bulla_addcp r = { .old = old };
	struct bulla_tree tree;
	enum bulla_status st;

	if (t == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	st = ledger_read_checkpoint(l, &note, &tree, err);
	if (st == BULLA_OK && old > tree.cp.size)
		st = bulla_fail(err, BULLA_E_NOMATCH, "the ledger has only "
		    "%llu records", (unsigned long long)tree.cp.size);
	if (st == BULLA_OK) {
		tiles_init(t, l->public, tree.cp.size);
		st = bulla_merkle_prove_consistent(&t->nodes, old,
		    tree.cp.size, r.path, &r.n_path, err);
	}
	if (st == BULLA_OK) {
		r.checkpoint = bulla_buf_view(&note);
		bulla_addcp_put(out, &r);
		st = bulla_buf_status(out);
	}
	free(t);
	bulla_buf_free(&note);
	return st;
}

enum bulla_status
bulla_ledger_proved(const struct bulla_cur *proof,
    const struct bulla_cur *record, const struct bulla_vkeys *known,
    uint64_t *index, struct bulla_tree *tree, struct bulla_err *err)
{
	uint8_t entry[LEDGER_ENTRY_LEN];
	struct bulla_hash salted, leaf;
	struct bulla_tlogproof p;
	struct bulla_cur salt;
	struct bulla_tree t;
	enum bulla_status st;

	st = bulla_tlogproof_parse(proof, &p, err);
	if (st != BULLA_OK)
		return st;
	/* Of one length, or bytes could move between salt and record */
	if (p.extra_len != BULLA_LEDGER_SALT)
		return bulla_fail(err, BULLA_E_FORMAT, "proof: the extra line "
		    "is not a salt of %u bytes", BULLA_LEDGER_SALT);
	st = bulla_tree_verify(&p.checkpoint, known, &t, err);
	if (st != BULLA_OK)
		return st;
	salt = bulla_cur_of(p.extra, p.extra_len);
	ledger_salted(&salt, record, &salted);
	bulla_merkle_leaf(entry, ledger_entry(&salted, entry), &leaf);
	st = bulla_merkle_included(p.index, &leaf, &t.cp, p.path, p.n_path,
	    err);
	if (st != BULLA_OK)
		return st;
	*index = p.index;
	*tree = t;
	return BULLA_OK;
}
