#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulla/cosigned.h"
#include "bulla/file.h"
#include "bulla/num.h"
#include "core/cosigned_int.h"
#include "core/kept.h"

/* One file, verified with the log's key and those of the witnesses. */
static enum bulla_status
read_one(const struct bulla_ledger *l, const char *name,
    const struct bulla_vkeys *witnesses, struct bulla_buf *b,
    struct bulla_tree *out, struct bulla_err *err)
{
	struct bulla_vkeys known = { 0 };
	char path[LEDGER_PATH_MAX];
	enum bulla_status st;
	struct bulla_cur c;

	bulla_buf_reset(b);
	st = bulla_vkeys_add(&known, &l->vkey, err);
	for (size_t i = 0; i < witnesses->n && st == BULLA_OK; i++)
		st = bulla_vkeys_add(&known, &witnesses->v[i], err);
	if (st == BULLA_OK)
		st = cosigned_path(l, name, path, err);
	if (st == BULLA_OK)
		st = bulla_file_get(path, b, err);
	if (st == BULLA_OK) {
		c = bulla_buf_view(b);
		st = bulla_tree_verify(&c, &known, out, err);
		if (st == BULLA_E_NOKEY)
			st = BULLA_E_MISMATCH;
		if (st != BULLA_OK)
			bulla_wrap(err, st, "ledger/cosigned/%s", name);
	}
	bulla_vkeys_free(&known);
	return st;
}

/* "<20 digits>.note": in the order of the names the sizes ascend. */
static bool
name_size(const char *name, uint64_t *size)
{
	struct bulla_cur c = bulla_cur_str(name), digits;

	if (!bulla_cur_take(&c, 20, &digits) || !bulla_cur_is(&c, ".note"))
		return false;
	while (digits.len > 1 && bulla_cur_eat_str(&digits, "0"))
		;
	return bulla_num_u64(&digits, BULLA_TREE_MAX, size);
}

static enum bulla_status
read_size(const struct bulla_ledger *l, uint64_t size,
    const struct bulla_vkeys *witnesses, struct bulla_buf *b,
    struct bulla_tree *out, struct bulla_err *err)
{
	enum bulla_status st;
	char name[32];

	(void)snprintf(name, sizeof(name), "%020llu.note",
	    (unsigned long long)size);
	st = read_one(l, name, witnesses, b, out, err);
	if (st == BULLA_OK && out->cp.size != size)
		st = bulla_fail(err, BULLA_E_MISMATCH, "ledger/cosigned/%s: a "
		    "checkpoint of another size", name);
	return st;
}

enum bulla_status
bulla_cosigned_last(const struct bulla_ledger *l,
    const struct bulla_vkeys *witnesses, struct bulla_cosigned *out,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	char path[LEDGER_PATH_MAX];
	struct bulla_tree tree;
	enum bulla_status st;

	st = cosigned_path(l, "newest.note", path, err);
	if (st != BULLA_OK)
		return st;
	if (access(path, F_OK) != 0 && errno == ENOENT) {
		*out = (struct bulla_cosigned){ 0 };
		return BULLA_OK;
	}
	st = read_one(l, "newest.note", witnesses, &b, &tree, err);
	if (st == BULLA_OK) {
		out->size = tree.n_witnesses > 0 ? tree.cp.size : 0;
		out->time = tree.latest;
	}
	bulla_buf_free(&b);
	return st;
}

/* Is it cosigned, and of this very tree? */
static bool
counts(const struct bulla_ledger *l, const struct bulla_tree *t)
{
	struct bulla_hash root;

	return t->n_witnesses > 0 && t->cp.size <= l->published &&
	    ledger_root_at(l, t->cp.size, &root, NULL) == BULLA_OK &&
	    bulla_hash_eq(&root, &t->cp.root);
}

enum bulla_status
bulla_cosigned_first(const struct bulla_ledger *l, uint64_t index,
    const struct bulla_vkeys *witnesses, struct bulla_cosigned *out,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct kept_names names = { 0 };
	struct bulla_tree tree;
	enum bulla_status st;
	uint64_t size;
	bool found = false;

	st = kept_names(l->home, "ledger/cosigned", &names, err);
	for (size_t i = 0; i < names.n && !found; i++)
		found = name_size(names.v[i], &size) && size > index &&
		    read_size(l, size, witnesses, &b, &tree, NULL) ==
		    BULLA_OK && counts(l, &tree);
	if (st == BULLA_OK && !found)
		st = bulla_fail(err, BULLA_E_NOMATCH, "record %llu: not "
		    "covered by a cosigned checkpoint",
		    (unsigned long long)index);
	if (st == BULLA_OK) {
		out->size = tree.cp.size;
		out->time = tree.first;
	}
	kept_names_free(&names);
	bulla_buf_free(&b);
	return st;
}

enum bulla_status
bulla_cosigned_each(const struct bulla_ledger *l,
    const struct bulla_vkeys *witnesses, enum bulla_status (*fn)(void *ctx,
    const struct bulla_tree *tree, struct bulla_err *err), void *ctx,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct kept_names names = { 0 };
	struct bulla_tree tree;
	enum bulla_status st;
	uint64_t size;

	st = kept_names(l->home, "ledger/cosigned", &names, err);
	for (size_t i = 0; i < names.n && st == BULLA_OK; i++) {
		if (!name_size(names.v[i], &size))
			continue;
		st = read_size(l, size, witnesses, &b, &tree, err);
		if (st == BULLA_OK)
			st = fn(ctx, &tree, err);
	}
	kept_names_free(&names);
	bulla_buf_free(&b);
	return st;
}

enum bulla_status
cosigned_sizes(const struct bulla_ledger *l, uint64_t **out, size_t *n,
    struct bulla_err *err)
{
	struct kept_names names = { 0 };
	uint64_t *v = NULL;
	enum bulla_status st;
	size_t got = 0;

	st = kept_names(l->home, "ledger/cosigned", &names, err);
	if (st != BULLA_OK)
		return st;
	v = calloc(names.n > 0 ? names.n : 1, sizeof(*v));
	if (v == NULL)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	for (size_t i = 0; i < names.n && st == BULLA_OK; i++)
		got += name_size(names.v[i], &v[got]);
	kept_names_free(&names);
	if (st != BULLA_OK)
		return st;
	*out = v;
	*n = got;
	return BULLA_OK;
}

int64_t
cosigned_time(const struct bulla_ledger *l, uint64_t size,
    const struct bulla_vkeys *witnesses)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_tree tree;
	int64_t time = 0;

	if (read_size(l, size, witnesses, &b, &tree, NULL) == BULLA_OK &&
	    counts(l, &tree))
		time = tree.first;
	bulla_buf_free(&b);
	return time;
}
