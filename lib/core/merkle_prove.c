#include "bulla/merkle.h"

/* The largest power of two below n; n > 1. */
static unsigned
split_level(uint64_t n)
{
	unsigned k = 0;

	while ((n - 1) >> k > 1)
		k++;
	return k;
}

/*
 * The root of leaves [lo, hi), where lo is a multiple of the full subtrees
 * that follow: true of every range that RFC 6962 splits off.
 */
static enum bulla_status
range(struct bulla_nodes *n, uint64_t lo, uint64_t hi,
    struct bulla_hash *out, struct bulla_err *err)
{
	struct bulla_edge e = { 0 };
	struct bulla_hash h;
	enum bulla_status st;

	for (unsigned k = 63; k-- > 0;) {
		if (((hi - lo) >> k & 1) == 0)
			continue;
		st = n->get(n, k, (lo + e.size) >> k, &h, err);
		if (st != BULLA_OK)
			return st;
		bulla_edge_add(&e, k, &h);
	}
	bulla_edge_root(&e, out);
	return BULLA_OK;
}

/* Paths are made from the root down and read from the leaf up. */
static void
turn(struct bulla_hash *path, unsigned n)
{
	for (unsigned i = 0; i < n / 2; i++) {
		struct bulla_hash h = path[i];

		path[i] = path[n - 1 - i];
		path[n - 1 - i] = h;
	}
}

enum bulla_status
bulla_merkle_prove(struct bulla_nodes *n, uint64_t index, uint64_t size,
    struct bulla_hash path[BULLA_PATH_MAX], unsigned *n_path,
    struct bulla_err *err)
{
	uint64_t lo = 0, hi = size;
	enum bulla_status st;
	unsigned k = 0;

	BULLA_CHECK(index < size && size <= BULLA_TREE_MAX);
	while (hi - lo > 1) {
		uint64_t mid = lo + (UINT64_C(1) << split_level(hi - lo));

		if (index < mid)
			st = range(n, mid, hi, &path[k++], err);
		else
			st = range(n, lo, mid, &path[k++], err);
		if (st != BULLA_OK)
			return st;
		if (index < mid)
			hi = mid;
		else
			lo = mid;
	}
	turn(path, k);
	*n_path = k;
	return BULLA_OK;
}

enum bulla_status
bulla_merkle_prove_consistent(struct bulla_nodes *n, uint64_t old,
    uint64_t size, struct bulla_hash path[BULLA_PATH_MAX], unsigned *n_path,
    struct bulla_err *err)
{
	uint64_t lo = 0, hi = size;
	enum bulla_status st;
	unsigned k = 0;

	BULLA_CHECK(old <= size && size <= BULLA_TREE_MAX);
	if (old == 0 || old == size) {
		*n_path = 0;
		return BULLA_OK;
	}
	while (hi != old) {
		uint64_t mid = lo + (UINT64_C(1) << split_level(hi - lo));

		if (old <= mid)
			st = range(n, mid, hi, &path[k++], err);
		else
			st = range(n, lo, mid, &path[k++], err);
		if (st != BULLA_OK)
			return st;
		if (old <= mid)
			hi = mid;
		else
			lo = mid;
	}
	/* From the left all the way it is the old root, which is known */
	if (lo > 0) {
		st = range(n, lo, hi, &path[k++], err);
		if (st != BULLA_OK)
			return st;
	}
	turn(path, k);
	*n_path = k;
	return BULLA_OK;
}

enum bulla_status
bulla_merkle_root(struct bulla_nodes *n, uint64_t size,
    struct bulla_hash *out, struct bulla_err *err)
{
	BULLA_CHECK(size <= BULLA_TREE_MAX);
	return range(n, 0, size, out, err);
}
