#ifndef BULLA_COSIGNED_H
#define BULLA_COSIGNED_H

#include "bulla/ledger.h"

/*
 * The checkpoints of a ledger that witnesses have cosigned:
 *	HOME/ledger/cosigned/<size, 20 digits>.note
 *		with the first cosignature of each witness
 *	HOME/ledger/cosigned/newest.note
 *		the largest one, with the last cosignature of each witness
 * Each is a signed note with the log's own line first. They are what proves,
 * with a record's inclusion proof, that the record existed at a time.
 */

/* How far a cosignature's time may be from now when it is kept, seconds. */
#define BULLA_COSIGNED_PAST (30 * 86400)
#define BULLA_COSIGNED_FUTURE 86400
struct bulla_cosigners {
	const struct bulla_vkeys *known;	/* that may cosign now */
	int64_t now;				/* POSIX seconds */
};
/*
 * Keep what a witness has answered. note is a checkpoint of this ledger's
 * log with the lines of one or more known witnesses (type 0x04): what was
 * sent, with the answered lines behind it. The log's own line may be missing:
 * it is made again then, which needs the secret log key. *size on success.
 * No line that is kept is ever dropped, whether its witness is still known or
 * not; there are at most 16, and those that came first stay.
 * BULLA_E_REFUSED: it is not a checkpoint of this ledger: it has another root
 * (a fork), or more records than there are (the ledger was rolled back).
 * BULLA_E_NOKEY: no line of a known witness, or of another log.
 * BULLA_E_MISMATCH (also a time that is too far from now), BULLA_E_FORMAT,
 * BULLA_E_LIMIT, BULLA_E_IO.
 */
BULLA_NODISCARD enum bulla_status bulla_cosigned_keep(struct bulla_ledger *l,
    const struct bulla_cur *note, const struct bulla_cosigners *who,
    uint64_t *size, struct bulla_err *err);

struct bulla_cosigned {
	uint64_t size;			/* records covered */
	int64_t time;			/* POSIX seconds; 0: none yet */
};
/*
 * The newest one that is kept, and the last time in it; size and time 0 when
 * there is none. What is kept is verified again.
 */
BULLA_NODISCARD enum bulla_status bulla_cosigned_last(
    const struct bulla_ledger *l, const struct bulla_vkeys *witnesses,
    struct bulla_cosigned *out, struct bulla_err *err);
/*
 * The smallest one that covers a published record, and the first time in it.
 * One that does not verify with these keys, or is not of this tree, does not
 * count. BULLA_E_NOMATCH: there is none.
 */
BULLA_NODISCARD enum bulla_status bulla_cosigned_first(
    const struct bulla_ledger *l, uint64_t index,
    const struct bulla_vkeys *witnesses, struct bulla_cosigned *out,
    struct bulla_err *err);
/*
 * Every one, by size, verified as far as it is of this log: fn gets a tree
 * without regard to whether its root is ours. A file that is not what it must
 * be ends it with BULLA_E_MISMATCH or _FORMAT.
 */
BULLA_NODISCARD enum bulla_status bulla_cosigned_each(
    const struct bulla_ledger *l, const struct bulla_vkeys *witnesses,
    enum bulla_status (*fn)(void *ctx, const struct bulla_tree *tree,
    struct bulla_err *err), void *ctx, struct bulla_err *err);

#endif
