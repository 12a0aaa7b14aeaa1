#ifndef BULLA_AGREEMENT_H
#define BULLA_AGREEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/trust.h"

/*
 * "bulla agreement v1": how fast the two sides have promised to answer each
 * other. All numbers that requests are judged by stand in it, none in code.
 * Signed by a lead of each side; docs/FORMAT.md has the grammar. Parsing
 * proves nothing about who signed (bulla_agreement_check does).
 */
#define BULLA_AGREEMENT_MAX 60000u		/* bytes */
#define BULLA_AGREEMENT_VERSION_MAX 999999u
#define BULLA_AGREEMENT_CLASSES_MAX 32u
#define BULLA_AGREEMENT_KINDS_MAX 16u		/* in one list */
#define BULLA_AGREEMENT_HOLIDAYS_MAX 1024u	/* of both sides */
#define BULLA_AGREEMENT_REVIEWS_MAX 64u
#define BULLA_AGREEMENT_LEVELS_MAX 8u
#define BULLA_DURATION_MAX 9999u		/* of any unit */

enum bulla_duration_unit { BULLA_NO_TIME, BULLA_HOURS, BULLA_DAYS,
	BULLA_WORKDAYS };
/* "8h", "30d" (of 24 hours each), "5wd", or "-": unit BULLA_NO_TIME. */
struct bulla_duration {
	enum bulla_duration_unit unit;
	uint32_t n;
};
BULLA_NODISCARD bool bulla_duration_parse(const struct bulla_cur *text,
    struct bulla_duration *out);
void bulla_duration_put(struct bulla_buf *b, const struct bulla_duration *d);

/*
 * The days on which a side works. All of such a day counts, from midnight to
 * midnight of a fixed offset from UTC: there is no summer time in it.
 */
struct bulla_calendar {
	int offset;			/* minutes east of UTC */
	unsigned weekend;		/* bit 0: Monday .. bit 6: Sunday */
	const int64_t *holiday;		/* ascending, days since 1970-01-01 */
	size_t n_holidays;
};
/* A time during which a clock stands; until INT64_MAX: it still does. */
struct bulla_stop {
	int64_t from, until;
};
/*
 * When the duration that begins at start has passed, without the stops, which
 * ascend and do not overlap. Working days count in cal (may be NULL for other
 * units). 0: it stands still before that. At most BULLA_WHEN_MAX.
 */
int64_t bulla_duration_end(const struct bulla_duration *d,
    const struct bulla_calendar *cal, int64_t start,
    const struct bulla_stop *stops, size_t n_stops);
/* Seconds from `from` to `until` that count: on working days, or all. */
int64_t bulla_duration_counted(enum bulla_duration_unit unit,
    const struct bulla_calendar *cal, int64_t from, int64_t until);
/* "2026-11-22" as days since 1970-01-01, and back (11 bytes). */
BULLA_NODISCARD bool bulla_day_parse(const struct bulla_cur *text,
    int64_t *out);
void bulla_day_text(int64_t day, char out[11]);

struct bulla_kinds {
	struct bulla_cur kind[BULLA_AGREEMENT_KINDS_MAX];
	size_t n;
};
struct bulla_class {
	struct bulla_cur name;
	/* From the start of the clock; without a time: not promised. */
	struct bulla_duration acknowledge, first, final;
	struct bulla_kinds first_kinds;	/* what counts as substantive */
	struct bulla_kinds final_kinds;	/* what ends it */
	struct bulla_duration status;	/* an update is due as often as this */
	struct bulla_duration hold;	/* from "preserved" on */
	/* What an "extension" of the requester adds: to hold, else to final */
	struct bulla_duration extension;
};
struct bulla_level {
	struct bulla_cur name;		/* contact-point, ... */
	struct bulla_duration answer[2];	/* by the two sides */
	struct bulla_cur who[2];	/* plain text */
};
/* Windows point into the text. Index 0 and 1 are the sides, ascending. */
struct bulla_agreement {
	uint64_t version;		/* from 1 */
	int64_t from;			/* in force, POSIX seconds */
	bool has_previous;		/* exactly when version > 1 */
	uint8_t previous[32];		/* sha256 of the previous text */
	struct bulla_cur side[2];
	bool has_calendar;
	/* Their holidays are set by bulla_agreement_calendar */
	struct bulla_calendar calendar[2];
	int64_t holiday[BULLA_AGREEMENT_HOLIDAYS_MAX];	/* of side 0, then 1 */
	size_t n_holidays[2];
	int64_t review[BULLA_AGREEMENT_REVIEWS_MAX];	/* days, ascending */
	size_t n_reviews;
	struct bulla_class class[BULLA_AGREEMENT_CLASSES_MAX];
	size_t n_classes;
	struct bulla_level level[BULLA_AGREEMENT_LEVELS_MAX];	/* upwards */
	size_t n_levels;
};

/*
 * About 25 KB. BULLA_E_FORMAT (the message names line and rule), BULLA_E_LIMIT
 * or BULLA_E_NOMEM; *out only on success.
 */
BULLA_NODISCARD enum bulla_status bulla_agreement_parse(
    const struct bulla_cur *text, struct bulla_agreement *out,
    struct bulla_err *err);
/* What parsing would refuse is a programmer error. */
void bulla_agreement_put(struct bulla_buf *b,
    const struct bulla_agreement *a);
/*
 * A text as people write one: without its first lines up to the sides, which
 * are put before it; empty lines and lines that begin with # are left out.
 * a gives version, from, previous and sides. Appended to out, not judged.
 */
BULLA_NODISCARD enum bulla_status bulla_agreement_draft(
    const struct bulla_agreement *a, const struct bulla_cur *draft,
    struct bulla_buf *out, struct bulla_err *err);

/* NULL: no such class, level. */
const struct bulla_class *bulla_agreement_class(
    const struct bulla_agreement *a, const struct bulla_cur *name);
const struct bulla_level *bulla_agreement_level(
    const struct bulla_agreement *a, const struct bulla_cur *name);
bool bulla_kinds_has(const struct bulla_kinds *k,
    const struct bulla_cur *kind);
/* 0 or 1; -1: not a side of it. */
int bulla_agreement_side(const struct bulla_agreement *a,
    const struct bulla_cur *side);
/* Of side 0 or 1, into a; false when the agreement has none. */
BULLA_NODISCARD bool bulla_agreement_calendar(
    const struct bulla_agreement *a, int side, struct bulla_calendar *out);

/*
 * Is the note signed by a lead of both sides, each good at the time from
 * which it is in force, and is it between these two sides? With now (not 0)
 * the leads must be good then too. BULLA_E_REFUSED names the side whose
 * lead has not signed or may not; BULLA_E_NOKEY: no roster of a side.
 */
BULLA_NODISCARD enum bulla_status bulla_agreement_check(
    const struct bulla_cur *note, const struct bulla_trust *t, int64_t now,
    struct bulla_err *err);

/*
 * The agreements of a home, each signed by both sides:
 *	HOME/agreement/VVVVVV.note	every version, from 000001 on
 *	HOME/agreement/proposed.note	what was proposed or signed here last
 *	HOME/agreement/lock		held while one is taken in
 * They are verified each time they are read.
 */
struct bulla_agreement_kept {
	struct bulla_buf note;
	struct bulla_agreement *a;	/* into note */
	uint8_t digest[32];		/* sha256 of its text */
};
/* A version that is not in force, and why; version 0: there is none. */
struct bulla_agreement_unused {
	uint64_t version;
	int64_t from;			/* as it says */
	uint8_t digest[32];		/* sha256 of its text */
	char why[512];			/* plain text */
};
struct bulla_agreements {
	struct bulla_agreement_kept *v;	/* version 1 first */
	size_t n;
	/* Why the version after these is not used, nor what follows it, or
	 * "": a lead's key ended or was suspended before it was in force. */
	char lapsed[512];
	/* That version; the words are the same on both sides once both know. */
	struct bulla_agreement_unused lapse;
	/* What was proposed or signed here last, unless it was taken in. */
	struct bulla_agreement_unused proposal;
	/* Why that file is none and what to do, or ""; nothing hangs on it. */
	char damaged[512];
};
/*
 * No agreement at all is BULLA_OK with n = 0. BULLA_E_REFUSED (a version is
 * missing, or is signed by one side), BULLA_E_MISMATCH (not the previous
 * one), BULLA_E_FORMAT: the message names the file.
 */
BULLA_NODISCARD enum bulla_status bulla_agreements_load(const char *home,
    const struct bulla_trust *t, struct bulla_agreements *out,
    struct bulla_err *err);
void bulla_agreements_free(struct bulla_agreements *l);
/* The one that was in force then; NULL: none yet. */
const struct bulla_agreement_kept *bulla_agreements_at(
    const struct bulla_agreements *l, int64_t at);
/*
 * Take one in: version 1, or the version after the newest, naming it as
 * previous, in force later than it and at most 30 days before now: what was
 * judged long ago stays as it was. The same one again is fine. What is kept
 * are the text and the lines that verified. Statuses as above.
 */
BULLA_NODISCARD enum bulla_status bulla_agreement_take(const char *home,
    const struct bulla_trust *t, const struct bulla_cur *note, int64_t now,
    struct bulla_err *err);
/* Keep a proposal, in the place of the one before; nothing is judged by it. */
BULLA_NODISCARD enum bulla_status bulla_agreement_keep_proposal(
    const char *home, const struct bulla_cur *note, struct bulla_err *err);

#endif
