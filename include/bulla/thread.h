#ifndef BULLA_THREAD_H
#define BULLA_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/age.h"
#include "bulla/agreement.h"
#include "bulla/home.h"
#include "bulla/opening.h"

/*
 * Requests with what answered them, and the clocks that the agreement sets.
 *
 * Everything here but what is marked OWN comes from records that both sides
 * hold: opening notes of packages and the receive notes that answered them.
 * So both compute the same from their own homes, unless one lacks a record.
 * docs/FORMAT.md 10.6 has the rules. Sides are numbers, 0 and 1, by the
 * alphabetical order of their names, the same in both homes.
 *
 * No function here looks at the clock: the time is always a parameter.
 */
#define BULLA_KIND_LEN 32u	/* bytes of a kind or class */

/* How it is known that the other side had a package. */
enum bulla_proof {
	BULLA_PROOF_NONE,
	BULLA_PROOF_RECEIPT,	/* its signed receive note: both have it */
	/* OWN: its cosignature over our record that we handed it over */
	BULLA_PROOF_COSIGNED,
};

/* Why an event has no effect on the clocks. */
enum bulla_event_fault {
	BULLA_EVENT_GOOD,
	BULLA_EVENT_UNPROVED,	/* not known to have been received */
	BULLA_EVENT_WRONG_SIDE,	/* an answer of the asker, or the reverse */
	BULLA_EVENT_AFTER_END,	/* the request was closed or withdrawn */
	BULLA_EVENT_EARLY_CLOSE,	/* closed before the final answer */
	BULLA_EVENT_NO_EXTENSION,	/* too late, or the class has none */
	BULLA_EVENT_ONE_SIDED,	/* nobody extends a deadline of his own */
	BULLA_EVENT_LATER,	/* received after the time judged for */
};
const char *bulla_event_fault_text(enum bulla_event_fault f);

struct bulla_event {
	char id[BULLA_ID_LEN + 1];	/* of the package */
	char kind[BULLA_KIND_LEN + 1];
	char urgency[BULLA_KIND_LEN + 1];	/* class, or "" */
	char ref[65];			/* or "" */
	int by;				/* the side that sealed it */
	bool exercise;
	int64_t claimed;		/* created, as its sealer says */
	int64_t received;		/* by the other side; 0: not proved */
	enum bulla_proof proof;
	enum bulla_event_fault fault;
	uint8_t opening[32];		/* sha256 of its text */
	bool has_receipt;
	uint8_t receipt[32];		/* sha256 of the receive note's text */
	/*
	 * OWN: does the receive note here carry the sender's countersignature?
	 * If not, and we received it, the sender may lack our receipt.
	 */
	bool countersigned;
	/*
	 * OWN: when the other side's witness first cosigned a checkpoint of
	 * our ledger that covers a custody note on this package; 0: not yet,
	 * or not asked for.
	 */
	int64_t cosigned;
	/* OWN, documents: of a hotline call; "" when it cannot be read here. */
	char level[BULLA_KIND_LEN + 1], trigger[BULLA_KIND_LEN + 1];
	/* OWN, documents: until when it preserves or extends; 0: not known. */
	int64_t until;
};

enum bulla_clock_state {
	BULLA_CLOCK_NONE,	/* nothing was promised */
	BULLA_CLOCK_UNPROVED,	/* it cannot be proved that it ever started */
	BULLA_CLOCK_OPEN,
	BULLA_CLOCK_STOPPED,	/* a question of theirs is not answered */
	BULLA_CLOCK_OVERDUE,
	BULLA_CLOCK_IN_TIME,
	BULLA_CLOCK_LATE,
	BULLA_CLOCK_VOID,	/* withdrawn or closed before it was due */
	BULLA_CLOCK_MISSED,	/* ... after it was due, and not done */
};
const char *bulla_clock_state_text(enum bulla_clock_state s);
struct bulla_clock {
	enum bulla_clock_state state;
	int64_t due;		/* 0: none, or it stands still */
	int64_t done;		/* 0: not done */
	size_t by;		/* the event that did it, when done */
};

enum bulla_thread_state {
	BULLA_THREAD_UNPROVED,	/* sent, and not known to have arrived */
	BULLA_THREAD_OPEN,
	BULLA_THREAD_STOPPED,	/* a question is not answered */
	BULLA_THREAD_HELD,	/* preserved, until hold_until */
	BULLA_THREAD_EXPIRED,	/* the hold is over, and nothing followed */
	BULLA_THREAD_ANSWERED,	/* the final answer is there */
	BULLA_THREAD_WITHDRAWN,
	BULLA_THREAD_CLOSED,
	BULLA_THREAD_CALL,	/* no request: a hotline call without one */
};
const char *bulla_thread_state_text(enum bulla_thread_state s);

struct bulla_call {
	size_t event;		/* the hotline package that raised it */
	int64_t raised;		/* received by the other side */
	int64_t resolved;	/* 0: not yet */
	size_t by;		/* the event that did, when resolved */
};

struct bulla_thread {
	struct bulla_event *event;	/* [0]: the request; by time received */
	size_t n_events;
	int asker;			/* side */
	char related[65];		/* the request that it follows, or "" */
	uint64_t agreement;		/* version judged by; 0: none then */
	bool has_class;			/* is its class one of that version? */
	int64_t start;			/* 0: not proved */
	struct bulla_stop *stop;	/* ascending; until INT64_MAX: now */
	size_t n_stops;
	int64_t end;		/* final answer, withdrawn, closed; 0: open */
	int64_t wall, stopped;		/* seconds until end, or until now */
	struct bulla_clock acknowledge, first, final;
	enum bulla_thread_state state;
	int waiting;			/* for which side; -1: for nobody */
	size_t n_questions;		/* clarifications asked */
	size_t n_extensions;		/* that counted */
	int64_t hold_from, hold_until;	/* 0: nothing is preserved */
	bool hold_used;			/* a request followed in time */
	/*
	 * OWN, documents: the date of who holds the data, where it is before
	 * hold_until; 0: not, or not known. No figure of both sides has it.
	 */
	int64_t promised_until;
	/* Updates: how many were due, of these given, when the next is due */
	uint64_t status_due, status_given;
	int64_t status_next;		/* 0: none */
	uint64_t n_updates;		/* packages that say status or result */
	bool has_result;		/* a result report is there */
	struct bulla_call *call;
	size_t n_calls;
	/* OWN, documents: of the request; "" when it cannot be read here. */
	char type[BULLA_KIND_LEN + 1], category[BULLA_KIND_LEN + 1];
};

/* A package that has no place in any thread. */
struct bulla_stray {
	struct bulla_event event;	/* id alone when it is damaged */
	char why[256];			/* plain text */
};

struct bulla_threads {
	char side[2][BULLA_KEYNAME_MAX + 1];
	int ours;			/* 0 or 1 */
	struct bulla_agreements agreements;
	struct bulla_thread *v;		/* by start, then id; unproved last */
	size_t n;
	struct bulla_stray *stray;	/* by id */
	size_t n_strays;
	uint64_t n_left_out;		/* packages of the other sort:
					 * exercise */
	int64_t now;			/* what they are judged for */
};

struct bulla_threads_from {
	struct bulla_home *home;	/* with both rosters */
	int64_t now;			/* POSIX seconds */
	/* Only exercise packages; else only those that are none. */
	bool exercise;
	bool cosigned;			/* fill in event.cosigned, too */
};
/*
 * Read the home once: its ledger (custody/ where there is none), then the two
 * notes of each package. Signatures are verified and judged as of now, or of
 * the time that the ledger proves. Then bulla_threads_judge.
 * BULLA_E_USAGE: no rosters of both sides. BULLA_E_MISMATCH, _REFUSED, ...:
 * an agreement or the ledger is not what it must be. *out (free it) on
 * success.
 */
BULLA_NODISCARD enum bulla_status bulla_threads_load(
    const struct bulla_threads_from *from, struct bulla_threads *out,
    struct bulla_err *err);
void bulla_threads_free(struct bulla_threads *t);
/*
 * Compute all clocks anew for this time: what was received later does not
 * count. BULLA_E_NOMEM.
 */
BULLA_NODISCARD enum bulla_status bulla_threads_judge(
    struct bulla_threads *t, int64_t now, struct bulla_err *err);
/*
 * OWN: fill in type and category, level and trigger, and until when data are
 * preserved, from the documents that are kept in the home, or that can be
 * opened with ids (may be NULL), as bulla_request_document does. What cannot
 * be read stays "" or 0.
 */
BULLA_NODISCARD enum bulla_status bulla_threads_documents(
    struct bulla_threads *t, struct bulla_home *h,
    const struct bulla_identities *ids, struct bulla_err *err);
/* The thread that has this package, and where; NULL: none. */
const struct bulla_thread *bulla_threads_find(const struct bulla_threads *t,
    const char *id, size_t *event);

/* Until when the data are there at least: the earlier date. 0: no hold. */
int64_t bulla_thread_held_until(const struct bulla_thread *t);

/* What falls due, in order of time. */
enum bulla_due_what {
	BULLA_DUE_ACKNOWLEDGE,
	BULLA_DUE_FIRST,
	BULLA_DUE_FINAL,
	BULLA_DUE_UPDATE,	/* of the status */
	BULLA_DUE_HOLD,		/* the end of a preservation */
	BULLA_DUE_HOTLINE,	/* the answer to a call */
	BULLA_DUE_REVIEW,	/* of the agreement; no thread */
};
const char *bulla_due_text(enum bulla_due_what what);
struct bulla_due {
	enum bulla_due_what what;
	int64_t due;
	int side;		/* who has to act; -1: both */
	size_t thread;		/* SIZE_MAX: none */
	size_t event;		/* the request, or the call */
};
/*
 * What is not done and due before `until` (or overdue). Call
 * bulla_threads_documents first: a hotline call whose level is not known is
 * due as one of the first level. A review is due on its day (UTC) and
 * overdue for a week. *out is the caller's to free(3). BULLA_E_NOMEM.
 */
BULLA_NODISCARD enum bulla_status bulla_threads_due(
    const struct bulla_threads *t, int64_t until, struct bulla_due **out,
    size_t *n, struct bulla_err *err);

#endif
