#ifndef BULLA_SIGN_H
#define BULLA_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "bulla/hash.h"
#include "bulla/keys.h"

/*
 * Signing and verifying notes. struct bulla_verified can only be had from a
 * function here: code that acts on what a note says takes one of these,
 * never a struct bulla_note.
 */
struct bulla_verified {
	struct bulla_cur text;		/* into the bytes verified */
	uint8_t digest[BULLA_SHA256_LEN];	/* sha256 of text: its name */
	unsigned n_by;
	const struct bulla_vkey *by[BULLA_NOTE_SIGS_MAX]; /* into the list */
};

/*
 * text (lines of plain text) and one signature line for each signer go to
 * out as a whole note. BULLA_E_LIMIT, BULLA_E_USAGE (text that no note can
 * carry, a signer twice).
 */
BULLA_NODISCARD enum bulla_status bulla_note_sign(
    const struct bulla_cur *text, const struct bulla_signer *signers,
    size_t n_signers, struct bulla_buf *out, struct bulla_err *err);

/*
 * The general rule: lines of unknown keys are ignored, a known key's line
 * that does not verify refuses the note (BULLA_E_MISMATCH), no line of a
 * known key: BULLA_E_NOKEY.
 * Lines of known cosignature keys (type 0x04) count as unknown here: such a
 * line covers a time too, and means something else.
 */
BULLA_NODISCARD enum bulla_status bulla_note_verify(
    const struct bulla_cur *bytes, const struct bulla_vkeys *known,
    struct bulla_verified *out, struct bulla_err *err);

/*
 * What of a note may be kept: its text and exactly those lines that the
 * general rule has verified, in their order, appended to out. A line of a key
 * that nobody knows yet may be anybody's, and wrong: kept along, it would
 * refuse the note on the day that the key becomes known. Statuses as
 * bulla_note_verify, and BULLA_E_LIMIT for out.
 */
BULLA_NODISCARD enum bulla_status bulla_note_trim(
    const struct bulla_cur *bytes, const struct bulla_vkeys *known,
    struct bulla_buf *out, struct bulla_err *err);

/*
 * The rule for openings and closings: the note carries exactly the lines of
 * these keys, in this order (BULLA_E_FORMAT when not), each one of them is
 * known (BULLA_E_NOKEY names the first that is not) and verifies.
 */
BULLA_NODISCARD enum bulla_status bulla_note_verify_exactly(
    const struct bulla_cur *bytes, const struct bulla_vkey *signers,
    size_t n_signers, const struct bulla_vkeys *known,
    struct bulla_verified *out, struct bulla_err *err);

#endif
