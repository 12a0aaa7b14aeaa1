#include <stdlib.h>
#include <string.h>

#include "bulla/addcp.h"
#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/tlogproof.h"
#include "core/ledger_int.h"
#include "core/tiles.h"

#define RECORD_BUF BULLA_BUF_INIT(RECORD_HEAD + BULLA_LEDGER_RECORD_MAX)

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

/* Before it leaves: a proof that does not hold names a damaged file. */
static enum bulla_status
prove(const struct bulla_ledger *l, const struct ledger_record *r,
    const struct bulla_tree *tree, struct bulla_tlogproof *p,
    struct bulla_err *err)
{
	struct tiles *t = malloc(sizeof(*t));
	uint8_t room[LEDGER_ENTRY_LEN];
	struct bulla_cur entry;
	struct bulla_hash leaf;
	enum bulla_status st;

	if (t == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	tiles_init(t, l->public, tree->cp.size);
	st = bulla_merkle_prove(&t->nodes, p->index, tree->cp.size, p->path,
	    &p->n_path, err);
	free(t);
	if (st != BULLA_OK)
		return st;
	entry = ledger_entry_of(r, room);
	bulla_merkle_leaf(entry.p, entry.len, &leaf);
	st = bulla_merkle_included(p->index, &leaf, &tree->cp, p->path,
	    p->n_path, err);
	if (st != BULLA_OK)
		return bulla_fail(err, st, "record %llu, the tiles and the "
		    "checkpoint do not fit together: \"bulla-ledger check\" "
		    "finds where", (unsigned long long)p->index);
	if (r->as == BULLA_CLEAR)
		return BULLA_OK;
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

/*
 * What the proof says about its record. A salt is of one length, or bytes
 * could move between salt and record; without one the record is its own
 * entry, which is believed of public kinds only: any other bytes would be
 * an entry that was made of something else.
 */
static enum bulla_status
record_of(const struct bulla_tlogproof *p, const struct bulla_cur *record,
    struct ledger_record *out, struct bulla_err *err)
{
	out->data = *record;
	out->salt = bulla_cur_of(p->extra, p->extra_len);
	out->as = p->extra_len == 0 ? BULLA_CLEAR : BULLA_SALTED;
	if (p->extra_len == BULLA_LEDGER_SALT ||
	    (p->extra_len == 0 && bulla_ledger_clear_ok(record)))
		return BULLA_OK;
	return bulla_fail(err, BULLA_E_FORMAT, "proof: the extra line is not "
	    "a salt of %u bytes", BULLA_LEDGER_SALT);
}

enum bulla_status
bulla_ledger_proved(const struct bulla_cur *proof,
    const struct bulla_cur *record, const struct bulla_vkeys *known,
    uint64_t *index, struct bulla_tree *tree, struct bulla_err *err)
{
	uint8_t room[LEDGER_ENTRY_LEN];
	struct ledger_record r = { 0 };
	struct bulla_tlogproof p;
	struct bulla_cur entry;
	struct bulla_hash leaf;
	struct bulla_tree t;
	enum bulla_status st;

	st = bulla_tlogproof_parse(proof, &p, err);
	if (st == BULLA_OK)
		st = record_of(&p, record, &r, err);
	if (st == BULLA_OK)
		st = bulla_tree_verify(&p.checkpoint, known, &t, err);
	if (st != BULLA_OK)
		return st;
	entry = ledger_entry_of(&r, room);
	bulla_merkle_leaf(entry.p, entry.len, &leaf);
	st = bulla_merkle_included(p.index, &leaf, &t.cp, p.path, p.n_path,
	    err);
	if (st != BULLA_OK)
		return st;
	*index = p.index;
	*tree = t;
	return BULLA_OK;
}
