#ifndef BULLA_CHECKPOINT_H
#define BULLA_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"

/*
 * A checkpoint (c2sp.org/tlog-checkpoint): the text of a note that says how
 * large a log's Merkle tree is and what its root is. Three lines and no more:
 * extension lines are refused, because not every kind of cosignature covers
 * them. Parsing proves nothing; see bulla/cosign.h.
 */
#define BULLA_TREE_MAX ((uint64_t)INT64_MAX)	/* leaves in a tree */
#define BULLA_PATH_MAX 63u			/* hashes in a proof */

/* A node of a Merkle tree: SHA-256 as in RFC 6962. */
struct bulla_hash {
	uint8_t b[32];
};

struct bulla_checkpoint {
	struct bulla_cur origin;	/* a key name, into the text */
	uint64_t size;
	struct bulla_hash root;
};

/* BULLA_E_FORMAT; BULLA_E_LIMIT for a size over BULLA_TREE_MAX. */
BULLA_NODISCARD enum bulla_status bulla_checkpoint_parse(
    const struct bulla_cur *text, struct bulla_checkpoint *out,
    struct bulla_err *err);
/* An origin that is no key name is a programmer error. */
void bulla_checkpoint_put(struct bulla_buf *b,
    const struct bulla_checkpoint *c);

/* One hash as a line of padded base64, as proofs and checkpoints have it. */
void bulla_hash_put(struct bulla_buf *b, const struct bulla_hash *h);
BULLA_NODISCARD bool bulla_hash_parse(const struct bulla_cur *line,
    struct bulla_hash *out);
bool bulla_hash_eq(const struct bulla_hash *a, const struct bulla_hash *b);
/*
 * Lines of hashes up to and with the empty line that ends them; at most
 * BULLA_PATH_MAX. what is for messages: "proof". path and n on success.
 */
BULLA_NODISCARD enum bulla_status bulla_hashes_take(struct bulla_cur *c,
    const char *what, struct bulla_hash path[BULLA_PATH_MAX], unsigned *n,
    struct bulla_err *err);

#endif
