#ifndef BULLA_CHAIN_H
#define BULLA_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/custody.h"
#include "bulla/sign.h"
#include "bulla/trust.h"

/*
 * The two chains of custody of a package in a home:
 *	HOME/custody/<id>/NNNN-<event>.note		our own
 *	HOME/custody/<id>/theirs/NNNN-<event>.note	what the counterpart sent
 * Each side numbers its own notes from 1 and links each to the text of its
 * previous one (the first to the package's closing note). The two are joined
 * only by digests that the notes name (relinquish:, note:).
 */
struct bulla_link {
	struct bulla_buf bytes;		/* the signed note; owned */
	struct bulla_custody c;		/* into bytes */
	uint8_t digest[32];		/* sha256 of the text */
	struct bulla_verified v;	/* n_by 0: nobody verified it */
};
struct bulla_chain {
	struct bulla_link *v;		/* by sequence */
	size_t n;
};

/*
 * Reads and parses; verifies nothing when trust is NULL, else every
 * signature (with keys of any role and time: bulla_chain_check judges those).
 * No chain at all is BULLA_OK with n = 0.
 */
BULLA_NODISCARD enum bulla_status bulla_chain_load(const char *home,
    const char *id, enum bulla_side side, const struct bulla_trust *trust,
    struct bulla_chain *out, struct bulla_err *err);
void bulla_chain_free(struct bulla_chain *c);

/*
 * Append to our own chain under its lock: c needs id, seal, event, time,
 * actor and the event's fields; sequence and previous are filled in here.
 * Signed by all signers, durable before it returns; *out gets the note.
 * BULLA_E_REFUSED: the event cannot follow (see bulla_chain_check), a
 * two-person event (dispose; and what needs "second-officer") has one signer.
 */
BULLA_NODISCARD enum bulla_status bulla_chain_add(const char *home,
    struct bulla_custody *c, const struct bulla_signer *signers,
    size_t n_signers, struct bulla_buf *out, struct bulla_err *err);
/*
 * Keep a note of theirs. The same text again is fine (its signature lines
 * are merged: a countersignature); another text in its place is
 * BULLA_E_REFUSED and both stay: the new one as NNNN-<event>.conflict.note.
 */
BULLA_NODISCARD enum bulla_status bulla_chain_keep(const char *home,
    const struct bulla_cur *note, const struct bulla_trust *trust,
    int64_t now, struct bulla_err *err);
/*
 * Add a signature line to a note that is kept (ours or theirs), found by the
 * sha256 of its text; *out gets the whole note.
 */
BULLA_NODISCARD enum bulla_status bulla_chain_countersign(const char *home,
    const char *id, const uint8_t digest[32],
    const struct bulla_signer *signer, struct bulla_buf *out,
    struct bulla_err *err);

/* When a note was proved to exist; 0: not proved yet (judge it as of now). */
typedef int64_t (*bulla_proven_fn)(void *ctx, const struct bulla_cur *note);

/*
 * Links, order, roles (at the proven time), what one note says of another,
 * and who holds the package. Findings are appended to `findings`, one line of
 * plain text each. BULLA_OK: no finding; BULLA_E_MISMATCH: some.
 */
struct bulla_chain_holder {
	char agency[BULLA_KEYNAME_MAX + 1];
	bool handover;		/* relinquished and not yet received */
	bool countersigned;	/* the last handover carries all three */
};
BULLA_NODISCARD enum bulla_status bulla_chain_check(
    const struct bulla_chain *ours, const struct bulla_chain *theirs,
    const struct bulla_trust *trust, int64_t now, bulla_proven_fn proven,
    void *ctx, struct bulla_chain_holder *holder,
    struct bulla_buf *findings, struct bulla_err *err);

#endif
