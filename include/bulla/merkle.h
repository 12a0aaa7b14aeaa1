#ifndef BULLA_MERKLE_H
#define BULLA_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/checkpoint.h"

/*
 * The Merkle tree of RFC 6962: hashing, proofs, and the right edge, which is
 * all that is needed to append.
 */
#define BULLA_MERKLE_LEAF_MAX 65535u	/* bytes of an entry */
void bulla_merkle_leaf(const void *entry, size_t len, struct bulla_hash *out);
void bulla_merkle_node(const struct bulla_hash *left,
    const struct bulla_hash *right, struct bulla_hash *out);

/*
 * The roots of the full subtrees that a tree of this size consists of, one
 * for each bit that is set: h[i] covers 2^i leaves. { 0 } is the empty tree.
 */
struct bulla_edge {
	uint64_t size;
	struct bulla_hash h[64];
};
/*
 * Append a full subtree of 2^level leaves; level 0: a leaf. The size must be
 * a multiple of that, and stay within BULLA_TREE_MAX.
 */
void bulla_edge_add(struct bulla_edge *e, unsigned level,
    const struct bulla_hash *h);
void bulla_edge_root(const struct bulla_edge *e, struct bulla_hash *out);

/*
 * Checking (RFC 9162, 2.1.3.2 and 2.1.4.2). BULLA_E_MISMATCH when the proof
 * does not lead from what is given to what is given, to the last hash. An
 * old size of 0 has no proof and is consistent with every sound tree.
 */
BULLA_NODISCARD enum bulla_status bulla_merkle_included(uint64_t index,
    const struct bulla_hash *leaf, const struct bulla_checkpoint *tree,
    const struct bulla_hash *path, unsigned n_path, struct bulla_err *err);
/* False for an empty tree whose root is not SHA-256 of nothing. */
bool bulla_merkle_sound(const struct bulla_checkpoint *c);
/* Only size and root of the two checkpoints are looked at. */
BULLA_NODISCARD enum bulla_status bulla_merkle_consistent(
    const struct bulla_checkpoint *old, const struct bulla_checkpoint *now,
    const struct bulla_hash *path, unsigned n_path, struct bulla_err *err);

/*
 * Where the nodes of a tree are had from: the root of the full subtree of
 * leaves [index << level, (index + 1) << level).
 */
struct bulla_nodes {
	enum bulla_status (*get)(struct bulla_nodes *n, unsigned level,
	    uint64_t index, struct bulla_hash *out, struct bulla_err *err);
};
/* The statuses are those of get. index < size; old <= size. */
BULLA_NODISCARD enum bulla_status bulla_merkle_prove(struct bulla_nodes *n,
    uint64_t index, uint64_t size, struct bulla_hash path[BULLA_PATH_MAX],
    unsigned *n_path, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_merkle_prove_consistent(
    struct bulla_nodes *n, uint64_t old, uint64_t size,
    struct bulla_hash path[BULLA_PATH_MAX], unsigned *n_path,
    struct bulla_err *err);
/* The root of the first size leaves. */
BULLA_NODISCARD enum bulla_status bulla_merkle_root(struct bulla_nodes *n,
    uint64_t size, struct bulla_hash *out, struct bulla_err *err);

#endif
