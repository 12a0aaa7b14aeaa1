#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bulla/cosigned.h"
#include "bulla/file.h"
#include "bulla/num.h"
#include "core/cosigned_int.h"

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

/* The sizes that files are named after; a directory that is missing: none. */
static enum bulla_status
next_size(const struct bulla_ledger *l, uint64_t from, bool *any,
    uint64_t *size, struct bulla_err *err)
{
	char path[LEDGER_PATH_MAX];
	enum bulla_status st;
	struct dirent *e;
	DIR *d;

	*any = false;
	st = cosigned_path(l, "", path, err);
	if (st != BULLA_OK)
		return st;
	d = opendir(path);
	if (d == NULL)
		return errno == ENOENT ? BULLA_OK : bulla_fail_sys(err,
		    "ledger/cosigned");
	while (errno = 0, (e = readdir(d)) != NULL) {
		struct bulla_cur c = bulla_cur_str(e->d_name), digits;
		uint64_t v;

		if (!bulla_cur_take(&c, 20, &digits) ||
		    !bulla_cur_is(&c, ".note"))
			continue;
		while (digits.len > 1 && bulla_cur_eat_str(&digits, "0"))
			;
		if (bulla_num_u64(&digits, BULLA_TREE_MAX, &v) && v >= from &&
		    (!*any || v < *size)) {
			*any = true;
			*size = v;
		}
	}
	if (errno != 0)
		st = bulla_fail_sys(err, "ledger/cosigned");
	(void)closedir(d);
	return st;
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
	uint64_t size = index;
	struct bulla_tree tree;
	enum bulla_status st;
	bool any, found = false;

	do {
		st = next_size(l, size + 1, &any, &size, err);
		if (st != BULLA_OK || !any)
			break;
		found = read_size(l, size, witnesses, &b, &tree, NULL) ==
		    BULLA_OK && counts(l, &tree);
	} while (!found);
	if (st == BULLA_OK && !found)
		st = bulla_fail(err, BULLA_E_NOMATCH, "record %llu: not "
		    "covered by a cosigned checkpoint",
		    (unsigned long long)index);
	if (st == BULLA_OK) {
		out->size = tree.cp.size;
		out->time = tree.first;
	}
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
	struct bulla_tree tree;
	enum bulla_status st;
	uint64_t from = 0;
	bool any;

	for (;;) {
		st = next_size(l, from, &any, &from, err);
		if (st == BULLA_OK && any)
			st = read_size(l, from, witnesses, &b, &tree, err);
		if (st == BULLA_OK && any)
			st = fn(ctx, &tree, err);
		if (st != BULLA_OK || !any)
			break;
		from++;
	}
	bulla_buf_free(&b);
	return st;
}
