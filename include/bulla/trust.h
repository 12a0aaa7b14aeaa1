#ifndef BULLA_TRUST_H
#define BULLA_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "bulla/roster.h"
#include "bulla/sign.h"

/*
 * The rosters of a home:
 *	HOME/roster/ours.note, theirs.note	in force, signed by root
 *	HOME/roster/history/SIDE-VVVVVV.note	every version that was in force
 *	HOME/roster/suspend/<sha256 of text>.note
 *	HOME/roster/taken/<sha256 of text>	when that note was taken in
 *	HOME/roster/lock			held while one is taken in
 * Whatever is read from there is verified again: files in a home are no more
 * trusted than others, but that theirs.note is the one that was pinned. One
 * that the history knows a later version of is refused.
 *
 * A key never leaves a roster: it ends (its "until" comes nearer). What is
 * judged is a time, by the version that acted on it: from its "issued", or
 * from a day before it was taken in here, whichever is later (version 1: on
 * all times). So nobody unmakes by a date what was judged here before.
 */
struct bulla_trust;

/*
 * BULLA_E_NOMATCH: the home has no roster of its own. BULLA_E_FORMAT,
 * BULLA_E_MISMATCH, BULLA_E_REFUSED: one of them is not what it must be (the
 * message names file and rule), or a real side's home is marked as that of an
 * exercise, or the reverse. theirs may be missing.
 */
BULLA_NODISCARD enum bulla_status bulla_trust_load(const char *home,
    struct bulla_trust **out, struct bulla_err *err);
void bulla_trust_free(struct bulla_trust *t);	/* NULL is allowed */

/*
 * The files in HOME/roster/suspend that are not in force because they do not
 * verify, with the reason: a line of plain text each; empty when all is well.
 * The window lasts as long as t. Take the suspension in again.
 */
struct bulla_cur bulla_trust_skipped(const struct bulla_trust *t);
/* A suspension as it is kept, by the sha256 of its text; or nothing. */
struct bulla_cur bulla_trust_suspension(const struct bulla_trust *t,
    const uint8_t digest[32]);

enum bulla_side { BULLA_OURS = 1, BULLA_THEIRS = 2, BULLA_BOTH = 3 };
/* NULL when there is none; digest is the sha256 of its text. */
const struct bulla_roster *bulla_trust_roster(const struct bulla_trust *t,
    enum bulla_side side, uint8_t digest[32]);
/* The whole signed note it stands in; empty when there is none. */
struct bulla_cur bulla_trust_note(const struct bulla_trust *t,
    enum bulla_side side);
/* Whose key is it, by its public key and type? 0: nobody's. */
unsigned bulla_trust_side_of(const struct bulla_trust *t,
    const struct bulla_vkey *key);

/*
 * Every key that has one of the roles, whatever its times and suspensions:
 * for verifying a signature, after which bulla_trust_judge must follow.
 */
BULLA_NODISCARD enum bulla_status bulla_trust_keys(
    const struct bulla_trust *t, enum bulla_side side, unsigned roles,
    struct bulla_vkeys *out, struct bulla_err *err);
/*
 * May this key sign in one of these roles at this time (POSIX seconds)?
 * BULLA_E_NOKEY: it stands in no roster of that side. BULLA_E_REFUSED: wrong
 * role, before or after its time, roster expired, suspended; the message says
 * which, with the times.
 */
BULLA_NODISCARD enum bulla_status bulla_trust_judge(
    const struct bulla_trust *t, enum bulla_side side,
    const struct bulla_vkey *key, unsigned roles, int64_t at,
    struct bulla_err *err);
/* The same for every signer of a note; 'persons' distinct ones are needed. */
BULLA_NODISCARD enum bulla_status bulla_trust_judge_note(
    const struct bulla_trust *t, enum bulla_side side,
    const struct bulla_verified *v, unsigned roles, int64_t at,
    unsigned persons, struct bulla_err *err);

/*
 * "-r NAME": the recipient with exactly this name, in theirs or in ours (all
 * names begin with the side's, so never in both). BULLA_E_NOMATCH with the
 * names that there are. Says nothing about whether that roster has expired.
 */
BULLA_NODISCARD enum bulla_status bulla_trust_age(
    const struct bulla_trust *t, const char *name, struct bulla_cur *out,
    struct bulla_err *err);

/*
 * May `next` follow `old`, whose text has this digest? Exactly one version
 * on, the same side, the sha256 of the old text as previous, issued no
 * earlier; every key and lift still there, each key with its role, beginning
 * and person; an end that had come is not moved, and none is moved to before
 * `next` was issued; a new key begins no earlier than that; nobody who was
 * root is now something else. BULLA_E_REFUSED, BULLA_E_MISMATCH (previous).
 */
BULLA_NODISCARD enum bulla_status bulla_trust_follows(
    const struct bulla_roster *old, const uint8_t digest[32],
    const struct bulla_roster *next, struct bulla_err *err);
/*
 * How many different persons signed this note with root keys of r: 0 is no
 * error. Compare with r->threshold. BULLA_E_MISMATCH: a root key's line does
 * not verify; BULLA_E_FORMAT, BULLA_E_LIMIT.
 */
BULLA_NODISCARD enum bulla_status bulla_trust_signers(
    const struct bulla_cur *note, const struct bulla_roster *r,
    unsigned *persons, struct bulla_err *err);

/*
 * Take a roster in. The first one must be version 1, with `fingerprint`, the
 * 32 bytes that were compared by voice (may be NULL for our own); a later one
 * must follow (above) and carry the threshold of the old and of the new root
 * keys, counted as distinct keys and distinct persons. Issued at most a day
 * after now (POSIX seconds), and a later one at most 30 days before, unless
 * its fingerprint is given. The same one again is fine. No key may stand in
 * both sides' rosters. On any failure what was in force stays; after
 * BULLA_E_IO it may be in force with only its copy in the history missing:
 * take it again. Several processes may call it at once.
 * BULLA_E_REFUSED, BULLA_E_MISMATCH, BULLA_E_FORMAT, BULLA_E_USAGE, _IO.
 */
BULLA_NODISCARD enum bulla_status bulla_trust_take(const char *home,
    enum bulla_side side, const struct bulla_cur *note,
    const uint8_t *fingerprint, int64_t now, struct bulla_err *err);
/*
 * Take a suspension in: signed by its actor, a hotline or lead key of the side
 * it is about, good now (POSIX seconds); only the actor's line is kept. Made
 * under the newest roster of the side that is here, its time not before that
 * was issued, at most 30 days ago and a day ahead. It acts from its time, or
 * from a day before now, whichever is later. No error, and nothing is kept,
 * when the key is suspended from as early on already. BULLA_E_LIMIT: 64 of
 * that side are in force (what was lifted does not count).
 * BULLA_E_REFUSED, BULLA_E_NOKEY (a side or key without a roster here),
 * BULLA_E_MISMATCH, BULLA_E_FORMAT, BULLA_E_IO.
 */
BULLA_NODISCARD enum bulla_status bulla_trust_suspend(const char *home,
    const struct bulla_cur *note, int64_t now, struct bulla_err *err);

/* 32 bytes as 16 groups of 4 hex digits in two lines, to be read aloud. */
#define BULLA_FINGERPRINT_TEXT 81u	/* with its final zero */
void bulla_fingerprint_text(const uint8_t digest[32],
    char out[BULLA_FINGERPRINT_TEXT]);
/* Spaces, line ends and letter case do not matter. */
BULLA_NODISCARD bool bulla_fingerprint_parse(const struct bulla_cur *text,
    uint8_t out[32]);

#endif
