#ifndef BULLA_CORE_REVIEW_INT_H
#define BULLA_CORE_REVIEW_INT_H

#include "bulla/custody.h"
#include "bulla/review.h"

/* What is measured of one record; figures are made of samples of these. */
enum measure {
	M_RECEIVED, M_CLOSED, M_OPEN,
	/* of the three clocks in turn: time taken, in time, late */
	M_ACK, M_ACK_IN, M_ACK_LATE,
	M_FIRST, M_FIRST_IN, M_FIRST_LATE,
	M_FINAL, M_FINAL_IN, M_FINAL_LATE,
	M_FINAL_WALL,
	M_AGE, M_AGE_1D, M_AGE_7D, M_AGE_30D,	/* overdue for so long */
	M_STOPPED, M_RUNNING,
	M_PRESERVED, M_HELD, M_UNUSED,
	M_CALLS, M_RESOLVED, M_UNRESOLVED,
	M_STATUS_GIVEN, M_STATUS_MISSED,
	M_COMPLETE, M_ASKED, M_ROUNDS, M_WITHDRAWN,
	/* replies in the order of review_replies */
	M_REPLY, M_REFUSED = M_REPLY + 2, M_REPLY_LAST = M_REPLY + 7,
	M_GROUND,	/* one for each, and one where it cannot be read */
	M_GROUND_LAST = M_GROUND + 9,
	M_RESULT, M_NO_RESULT,
	M_HANDED, M_ARRIVED, M_NO_RECEIPT, M_REJECTED, M_INVALID,
	M_DISPUTED,
	M_NOTE_COSIGNED, M_NOTE_NOT_COSIGNED,
	N_MEASURES
};
extern const char *const review_replies[];

struct sample {
	enum measure what;
	int side;
	const char *class, *category;
	int64_t value;
	uint32_t record;
};
/* A custody note of the home's records, by package, digest, place. */
struct review_note {
	char id[BULLA_ID_LEN + 1];
	bool has_seal, good, invalid;	/* all matched; bag-invalid */
	bool exercise;			/* so it remarks */
	uint8_t digest[32];
	const char *event;
	int by;				/* side; -1: another's */
	int64_t time;
	uint64_t sequence;		/* in its side's chain */
	uint64_t index;			/* in the ledger; UINT64_MAX: none */
	uint8_t *bytes;			/* the whole note */
	size_t len;
	uint8_t *signed_by_more;	/* with the most lines; NULL: bytes */
	size_t more_len;
	uint32_t record;		/* UINT32_MAX: none yet */
};
struct review_work {
	const struct bulla_review_from *from;
	struct bulla_review *r;
	struct sample *sample;
	size_t n_samples, cap_samples;
	size_t cap_records, cap_remarks, cap_handovers;
	uint32_t *base;			/* record of each thread's event 0 */
	uint64_t (*status)[2];	/* of each thread: due, given before from */
	struct review_note *note;
	size_t n_notes, cap_notes;
	struct bulla_vkeys keys;	/* of both sides, for custody notes */
	bool failed;			/* memory ran out */
};
bool review_in(const struct bulla_review *r, int64_t t);
/* UINT32_MAX when memory ran out, which sticks. */
uint32_t review_record(struct review_work *w,
    const struct bulla_review_record *rec);
/* In the group of a thread; event: its record. */
void review_sample(struct review_work *w, size_t thread, size_t event,
    enum measure what, int64_t value);
void review_add(struct review_work *w, const struct sample *s);
void review_remark(struct review_work *w, enum bulla_remark_kind kind,
    const char *id, const char *fmt, ...) BULLA_PRINTF(4, 5);

/* What one thread says: clocks and states, quality. */
void review_times(struct review_work *w, size_t thread);
BULLA_NODISCARD enum bulla_status review_quality(struct review_work *w,
    size_t thread, struct bulla_err *err);
/* When it was answered or ended, before the period's end; 0: it was not. */
int64_t review_settled(const struct bulla_thread *t);
/* The custody notes of the home, once each; and what they say. */
BULLA_NODISCARD enum bulla_status review_notes(struct review_work *w,
    struct bulla_err *err);
void review_notes_free(struct review_work *w);
/* Signed by somebody of that side who could, when it says? */
bool review_signed(const struct review_work *w, const struct review_note *n);
/* Does this note, verified, carry a line of the other side too? */
bool review_countersigned(const struct review_work *w,
    const struct review_note *n);
/* The timelines, from notes, handovers and remarks. */
BULLA_NODISCARD enum bulla_status review_custody_lines(struct review_work *w,
    struct bulla_err *err);
uint32_t review_note_record(struct review_work *w, struct review_note *n);
BULLA_NODISCARD enum bulla_status review_custody(struct review_work *w,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status review_cosigned(struct review_work *w,
    struct bulla_err *err);
/* What only this home can know, beside that. */
BULLA_NODISCARD enum bulla_status review_remarks(struct review_work *w,
    struct bulla_err *err);
/* Samples become figures. */
BULLA_NODISCARD enum bulla_status review_figures(struct review_work *w,
    struct bulla_err *err);

#endif
