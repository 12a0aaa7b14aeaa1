#include <string.h>

#include "bulla/hash.h"
#include "bulla/merkle.h"

void
bulla_merkle_leaf(const void *entry, size_t len, struct bulla_hash *out)
{
	uint8_t b[1 + BULLA_MERKLE_LEAF_MAX];

	BULLA_CHECK(len <= BULLA_MERKLE_LEAF_MAX);
	b[0] = 0;
	if (len > 0)
		memcpy(b + 1, entry, len);
	bulla_sha256(b, 1 + len, out->b);
}

void
bulla_merkle_node(const struct bulla_hash *left,
    const struct bulla_hash *right, struct bulla_hash *out)
{
	uint8_t b[1 + 2 * sizeof(left->b)];

	b[0] = 1;
	memcpy(b + 1, left->b, sizeof(left->b));
	memcpy(b + 1 + sizeof(left->b), right->b, sizeof(right->b));
	bulla_sha256(b, sizeof(b), out->b);
}

void
bulla_edge_add(struct bulla_edge *e, unsigned level,
    const struct bulla_hash *h)
{
	uint64_t width = UINT64_C(1) << level;
	struct bulla_hash up = *h;

	BULLA_CHECK(level < 63 && e->size % width == 0 &&
	    width <= BULLA_TREE_MAX - e->size);
	while ((e->size >> level & 1) != 0)
		bulla_merkle_node(&e->h[level++], &up, &up);
	e->h[level] = up;
	e->size += width;
}

void
bulla_edge_root(const struct bulla_edge *e, struct bulla_hash *out)
{
	struct bulla_hash up = { { 0 } };
	bool any = false;

	for (unsigned i = 0; i < 63; i++) {
		if ((e->size >> i & 1) == 0)
			continue;
		if (any)
			bulla_merkle_node(&e->h[i], &up, &up);
		else
			up = e->h[i];
		any = true;
	}
	if (!any)
		bulla_sha256(NULL, 0, up.b);
	*out = up;
}

static enum bulla_status
mismatch(const char *what, struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_MISMATCH, "the %s proof does not lead "
	    "to the checkpoint's root: another record, another log, or a "
	    "changed proof", what);
}

/* On the way up from a node: is it a right child, or one without a sibling? */
static bool
joins_left(uint64_t node, uint64_t last)
{
	return (node & 1) != 0 || node == last;
}

/* Skip the levels where the node is last and has no sibling. */
static void
skip_single(uint64_t *node, uint64_t *last)
{
	while ((*node & 1) == 0 && *node != 0) {
		*node >>= 1;
		*last >>= 1;
	}
}

enum bulla_status
bulla_merkle_included(uint64_t index, const struct bulla_hash *leaf,
    const struct bulla_checkpoint *tree, const struct bulla_hash *path,
    unsigned n_path, struct bulla_err *err)
{
	uint64_t node = index, last = tree->size - 1;
	struct bulla_hash up = *leaf;

	if (index >= tree->size)
		return bulla_fail(err, BULLA_E_MISMATCH, "the proof is for "
		    "record %llu of a tree that has %llu",
		    (unsigned long long)index,
		    (unsigned long long)tree->size);
	for (unsigned i = 0; i < n_path; i++) {
		if (last == 0)
			return mismatch("inclusion", err);
		if (joins_left(node, last)) {
			bulla_merkle_node(&path[i], &up, &up);
			skip_single(&node, &last);
		} else {
			bulla_merkle_node(&up, &path[i], &up);
		}
		node >>= 1;
		last >>= 1;
	}
	if (last != 0 || !bulla_hash_eq(&up, &tree->root))
		return mismatch("inclusion", err);
	return BULLA_OK;
}

/* 0 < old < now: both roots are rebuilt from one path. */
static bool
climb(const struct bulla_checkpoint *old, const struct bulla_checkpoint *now,
    const struct bulla_hash *path, unsigned n_path)
{
	uint64_t node = old->size - 1, last = now->size - 1;
	struct bulla_hash a, b;
	unsigned i = 0;

	while ((node & 1) != 0) {
		node >>= 1;
		last >>= 1;
	}
	/* A full tree needs no hash to begin with: it is its own root */
	if ((old->size & (old->size - 1)) == 0)
		a = b = old->root;
	else if (n_path == 0)
		return false;
	else
		a = b = path[i++];
	for (; i < n_path; i++) {
		if (last == 0)
			return false;
		if (joins_left(node, last)) {
			bulla_merkle_node(&path[i], &a, &a);
			bulla_merkle_node(&path[i], &b, &b);
			skip_single(&node, &last);
		} else {
			bulla_merkle_node(&b, &path[i], &b);
		}
		node >>= 1;
		last >>= 1;
	}
	return last == 0 && bulla_hash_eq(&a, &old->root) &&
	    bulla_hash_eq(&b, &now->root);
}

bool
bulla_merkle_sound(const struct bulla_checkpoint *c)
{
	const struct bulla_edge none = { 0 };
	struct bulla_hash empty;

	bulla_edge_root(&none, &empty);
	return c->size > 0 || bulla_hash_eq(&c->root, &empty);
}

enum bulla_status
bulla_merkle_consistent(const struct bulla_checkpoint *old,
    const struct bulla_checkpoint *now, const struct bulla_hash *path,
    unsigned n_path, struct bulla_err *err)
{
	bool ok;

	if (!bulla_merkle_sound(old) || !bulla_merkle_sound(now))
		ok = false;
	else if (old->size == 0 || old->size == now->size)
		ok = n_path == 0 && (old->size < now->size ||
		    bulla_hash_eq(&old->root, &now->root));
	else
		ok = old->size < now->size && climb(old, now, path, n_path);
	return ok ? BULLA_OK : mismatch("consistency", err);
}
