#ifndef BULLA_CORE_TRUST_INT_H
#define BULLA_CORE_TRUST_INT_H

#include "bulla/trust.h"

#define TRUST_PATH_MAX 4096u
#define TRUST_STOPS_MAX 1024u	/* suspensions in a home */

/* A roster and the note it stands in. r NULL: there is none. */
struct trust_roster {
	struct bulla_buf note;
	struct bulla_roster *r;		/* windows into note */
	uint8_t digest[32];
};
#define TRUST_ROSTER_INIT { .note = BULLA_BUF_INIT(BULLA_NOTE_MAX) }

struct trust_stop {
	struct bulla_buf note;
	struct bulla_suspend s;		/* windows into note */
	bool lifted;
};

struct bulla_trust {
	struct trust_roster ours, theirs;
	struct trust_stop *stop;
	size_t n_stops;
};

/* HOME/roster/ and the rest of it. */
BULLA_NODISCARD enum bulla_status trust_path(char out[TRUST_PATH_MAX],
    struct bulla_err *err, const char *home, const char *fmt, ...)
    BULLA_PRINTF(4, 5);

/* Parse out->note; no signature is looked at. */
BULLA_NODISCARD enum bulla_status trust_roster_parse(
    struct trust_roster *out, struct bulla_err *err);
void trust_roster_free(struct trust_roster *r);
/* As many persons as r wants have signed the note. */
BULLA_NODISCARD enum bulla_status trust_signed_enough(
    const struct bulla_cur *note, const struct bulla_roster *r,
    const char *whose, struct bulla_err *err);

/* Read and verify ours.note or theirs.note; a missing one leaves r NULL. */
BULLA_NODISCARD enum bulla_status trust_read(const char *home,
    enum bulla_side side, struct trust_roster *out, struct bulla_err *err);
/* The version that was in force, from the history; r NULL: not there. */
BULLA_NODISCARD enum bulla_status trust_read_old(const char *home,
    const struct bulla_cur *side, uint64_t version, struct trust_roster *out,
    struct bulla_err *err);
/* BULLA_E_REFUSED: two rosters with one side's name, or a key in both. */
BULLA_NODISCARD enum bulla_status trust_apart(const struct bulla_roster *a,
    const struct bulla_roster *b, struct bulla_err *err);

/* All of HOME/roster/suspend into t. */
BULLA_NODISCARD enum bulla_status trust_read_stops(const char *home,
    struct bulla_trust *t, struct bulla_err *err);
const struct trust_roster *trust_side(const struct bulla_trust *t,
    enum bulla_side side);
/* HOME/roster with what is in it, and its lock. */
BULLA_NODISCARD enum bulla_status trust_lock(const char *home, int *fd,
    struct bulla_err *err);

#endif
