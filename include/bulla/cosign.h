#ifndef BULLA_COSIGN_H
#define BULLA_COSIGN_H

#include <stdint.h>

#include "bulla/checkpoint.h"
#include "bulla/sign.h"

/*
 * Signed checkpoints and their cosignatures (c2sp.org/tlog-cosignature): a
 * witness says that this is the largest consistent tree it has seen of that
 * origin at that time.
 */
struct bulla_tree {
	struct bulla_checkpoint cp;	/* into the bytes verified */
	struct bulla_cur text;		/* the signed part */
	unsigned n_witnesses;		/* known ones that cosigned */
	int64_t latest;			/* the newest cosignature; 0: none */
	int64_t first;			/* the oldest of them; 0: none */
};

/*
 * A whole note. The origin must be the name of a known log key (type 0x01),
 * which must have signed; a key of another log proves nothing here. Every
 * line of a known key must verify.
 * BULLA_E_NOKEY (no known log of that origin, or it has not signed),
 * BULLA_E_MISMATCH, BULLA_E_FORMAT, BULLA_E_LIMIT.
 */
BULLA_NODISCARD enum bulla_status bulla_tree_verify(
    const struct bulla_cur *note, const struct bulla_vkeys *known,
    struct bulla_tree *out, struct bulla_err *err);

/*
 * Does this line of a checkpoint's note verify as the cosignature of this key
 * (type 0x04)? *time is what it says then.
 */
BULLA_NODISCARD bool bulla_cosignature_ok(const struct bulla_cur *text,
    const struct bulla_note_sig *sig, const struct bulla_vkey *witness,
    int64_t *time);

/* Is this the name of a log key (type 0x01) that is known? */
bool bulla_log_known(const struct bulla_cur *origin,
    const struct bulla_vkeys *known);

/*
 * Append the cosignature line of a witness key (type 0x04) for a checkpoint's
 * text at a time, POSIX seconds, not 0.
 */
BULLA_NODISCARD enum bulla_status bulla_cosign(const struct bulla_cur *text,
    const struct bulla_signer *witness, int64_t now, struct bulla_buf *out,
    struct bulla_err *err);

#endif
