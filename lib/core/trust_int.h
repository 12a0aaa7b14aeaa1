#ifndef BULLA_CORE_TRUST_INT_H
#define BULLA_CORE_TRUST_INT_H

#include "bulla/trust.h"

#define TRUST_PATH_MAX 4096u
#define TRUST_STOPS_MAX 1024u	/* suspensions in a home */
#define TRUST_STOPS_IN_FORCE 64u	/* of one side */

#define TRUST_LATE INT64_C(86400)	/* how late a note may act as dated */
#define TRUST_AHEAD INT64_C(86400)	/* how far a clock may be ahead */
#define TRUST_OLD INT64_C(2592000)	/* 30 days: how old a note may come */

/* What a version said about the keys of the newest one. */
#define TRUST_NOT_YET INT64_MIN		/* in until: no such key then */
struct trust_version {
	uint64_t number;
	int64_t since, expires;		/* judges the times from since on */
	int64_t until[BULLA_ROSTER_KEYS_MAX];	/* in the order of r->key */
};

#define TRUST_SKIPPED_MAX (1u << 16)

/* A roster and the note it stands in. r NULL: there is none. */
struct trust_roster {
	struct bulla_buf note;
	struct bulla_roster *r;		/* windows into note */
	uint8_t digest[32];
	struct trust_version *past;	/* newest first, it too; heap */
	size_t n_past;
};
#define TRUST_ROSTER_INIT { .note = BULLA_BUF_INIT(BULLA_NOTE_MAX) }

struct trust_stop {
	struct bulla_buf note;
	struct bulla_suspend s;		/* windows into note */
	int64_t since;			/* acts from then on */
	uint8_t digest[32];
	bool lifted;
};

struct bulla_trust {
	struct trust_roster ours, theirs;
	struct trust_stop *stop;
	size_t n_stops;
	struct bulla_buf skipped;	/* lines: files that do not verify */
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
/*
 * Fill past from the history and roster/taken. BULLA_E_REFUSED: a version is
 * missing or another one.
 */
BULLA_NODISCARD enum bulla_status trust_read_past(const char *home,
    struct trust_roster *now, struct bulla_err *err);
/* The version that judges this time. */
const struct trust_version *trust_version_at(const struct trust_roster *r,
    int64_t at);
/* Note when the one with this text is taken in: before it is kept. */
BULLA_NODISCARD enum bulla_status trust_taken_put(const char *home,
    const uint8_t digest[32], int64_t now, struct bulla_err *err);
/*
 * From when on it acts: its own time, or TRUST_LATE before it was taken in,
 * whichever is later; its own (also on failure) when nobody noted that.
 */
BULLA_NODISCARD enum bulla_status trust_since(const char *home,
    const uint8_t digest[32], int64_t own, int64_t *since,
    struct bulla_err *err);
/* BULLA_E_REFUSED: older or further ahead than a note may be that comes. */
BULLA_NODISCARD enum bulla_status trust_recent(const char *what,
    int64_t time, int64_t now, const char *remedy, struct bulla_err *err);
/* BULLA_E_REFUSED: two rosters with one side's name, or a key in both. */
BULLA_NODISCARD enum bulla_status trust_apart(const struct bulla_roster *a,
    const struct bulla_roster *b, struct bulla_err *err);

/*
 * May this suspension of that side come in, by its roster, its time, and what
 * is in force? needless: its key is suspended from as early on already.
 */
BULLA_NODISCARD enum bulla_status trust_stop_check(
    const struct bulla_trust *t, enum bulla_side side,
    const struct bulla_suspend *s, int64_t now, bool *needless,
    struct bulla_err *err);
/* All of HOME/roster/suspend into t. */
BULLA_NODISCARD enum bulla_status trust_read_stops(const char *home,
    struct bulla_trust *t, struct bulla_err *err);
const struct trust_roster *trust_side(const struct bulla_trust *t,
    enum bulla_side side);
/* HOME/roster with what is in it, and its lock. */
BULLA_NODISCARD enum bulla_status trust_lock(const char *home, int *fd,
    struct bulla_err *err);

#endif
