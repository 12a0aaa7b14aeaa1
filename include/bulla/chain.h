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
 *	HOME/custody/<id>/NNNN-<event>.note
 *		our own
 *	HOME/custody/<id>/theirs/NNNN-<event>.note
 *		what the counterpart sent
 * Each side numbers its own notes from 1 and links each to the text of its
 * previous one (the first to the package's closing note). The two are joined
 * only by digests that the notes name (relinquish:, note:).
 *
 * Two kinds of notes are kept beside a chain and are no links of it: another
 * text in a place that is taken (NNNN-<event>.conflict.note: who signed both
 * is caught), and a reject without a seal (reject-<sha256 of text>.note).
 */
struct bulla_link {
	struct bulla_buf bytes;		/* the signed note; owned */
	struct bulla_custody c;		/* into bytes */
	uint8_t digest[32];		/* sha256 of the text */
	/*
	 * BULLA_OK, BULLA_E_MISMATCH (a known key's line does not verify),
	 * BULLA_E_NOKEY (no line of a known key, or nothing was verified).
	 */
	enum bulla_status verdict;
	struct bulla_verified v;	/* n_by 0 unless BULLA_OK */
};
struct bulla_chain {
	struct bulla_link *v;		/* by sequence */
	size_t n;
	struct bulla_link *apart;	/* conflicts, rejects without seal */
	size_t n_apart;
	struct bulla_vkeys keys;	/* what v[].v.by points into */
};

/*
 * Reads and parses; verifies nothing when trust is NULL, else every
 * signature (with keys of both sides, any role and time: bulla_chain_check
 * judges those). A signature that is wrong is a verdict, no failure.
 * No chain at all is BULLA_OK with n = 0. BULLA_E_FORMAT: a file is no
 * custody note, or not the one that its name says. BULLA_E_USAGE: id is none.
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
 * two-person event (bulla_chain_persons) has one signer, a signer is not of
 * the actor's agency. Whether the keys may sign is the caller's to judge.
 */
BULLA_NODISCARD enum bulla_status bulla_chain_add(const char *home,
    struct bulla_custody *c, const struct bulla_signer *signers,
    size_t n_signers, struct bulla_buf *out, struct bulla_err *err);
/* How many persons must sign it: 2 for dispose and with a second-officer. */
unsigned bulla_chain_persons(const struct bulla_custody *c);
/*
 * Keep a note of theirs, or a note of ours that comes back countersigned. The
 * same text again is fine: signature lines that are new are merged. Another
 * text in its place is BULLA_E_REFUSED and both stay: the new one as
 * NNNN-<event>.conflict.note (a third is not kept: two prove it).
 * With trust, as many persons of theirs as the event needs must have signed,
 * each in its role and time now (BULLA_E_MISMATCH, _NOKEY, _REFUSED), and what
 * is kept is the text and the lines that verified (bulla_note_trim); without,
 * nothing is verified here: the caller has done that.
 * BULLA_E_REFUSED too: there are as many notes of theirs as are kept.
 */
#define BULLA_CHAIN_THEIRS_MAX 512u	/* notes of theirs on one package */
#define BULLA_CHAIN_LOOSE_MAX 64u	/* and rejects without a seal */
BULLA_NODISCARD enum bulla_status bulla_chain_keep(const char *home,
    const struct bulla_cur *note, const struct bulla_trust *trust,
    int64_t now, struct bulla_err *err);
/*
 * The same for a note that nobody here asked for: BULLA_E_REFUSED too when the
 * home knows nothing of the package (it is not stored, no note of ours or
 * theirs is about it) and this is no relinquish or return to us. Needs trust.
 */
BULLA_NODISCARD enum bulla_status bulla_chain_take(const char *home,
    const struct bulla_cur *note, const struct bulla_trust *trust,
    int64_t now, struct bulla_err *err);
/* A note as it is kept, ours or theirs, by its text. BULLA_E_NOMATCH. */
BULLA_NODISCARD enum bulla_status bulla_chain_get(const char *home,
    const char *id, const uint8_t digest[32], struct bulla_buf *out,
    struct bulla_err *err);
/*
 * Add a signature line to a note that is kept (ours or theirs), found by the
 * sha256 of its text; *out gets the whole note. Twice is no error.
 * BULLA_E_NOMATCH: no such note; BULLA_E_REFUSED: what it says does not fit
 * the chains (see bulla_chain_check). Verified by the caller.
 */
BULLA_NODISCARD enum bulla_status bulla_chain_countersign(const char *home,
    const char *id, const uint8_t digest[32],
    const struct bulla_signer *signer, struct bulla_buf *out,
    struct bulla_err *err);

/*
 * Both chains in one order: each chain's own, a note after those it names,
 * else by claimed time; in the same second a receive or reject comes last. The
 * same on both sides that have the same notes.
 * *out is the caller's to free(3); BULLA_E_NOMEM.
 */
struct bulla_chain_step {
	const struct bulla_link *l;
	enum bulla_side side;		/* BULLA_OURS or BULLA_THEIRS */
};
BULLA_NODISCARD enum bulla_status bulla_chain_merge(
    const struct bulla_chain *ours, const struct bulla_chain *theirs,
    struct bulla_chain_step **out, size_t *n, struct bulla_err *err);

/* When a note was proved to exist; 0: not proved yet (judge it as of now). */
typedef int64_t (*bulla_proven_fn)(void *ctx, const struct bulla_cur *note);
/*
 * The same for a kept note: countersignatures are appended, so that what was
 * recorded first is the note with some of its last lines missing. The
 * earliest proof that covers its first n_lines signature lines, or 0.
 */
int64_t bulla_chain_proven(const struct bulla_link *l, unsigned n_lines,
    bulla_proven_fn proven, void *ctx);

/*
 * Links, order, roles (at the proven time), what one note says of another,
 * and who holds the package. Findings are appended to `findings`, one line of
 * plain text each. BULLA_OK: no finding; BULLA_E_MISMATCH: some. Without
 * trust no signature and no role is judged. proven may be NULL.
 */
struct bulla_chain_holder {
	char agency[BULLA_KEYNAME_MAX + 1];	/* "": nobody, or not known */
	enum bulla_side side;
	/* The receive that gave it, else the first note; NULL: none. */
	const struct bulla_link *by;
	bool handover;		/* relinquished and not yet received */
	bool countersigned;	/* the last handover carries all three */
	bool disposed;
};
BULLA_NODISCARD enum bulla_status bulla_chain_check(
    const struct bulla_chain *ours, const struct bulla_chain *theirs,
    const struct bulla_trust *trust, int64_t now, bulla_proven_fn proven,
    void *ctx, struct bulla_chain_holder *holder,
    struct bulla_buf *findings, struct bulla_err *err);

#endif
