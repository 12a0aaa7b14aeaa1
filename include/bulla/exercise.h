#ifndef BULLA_EXERCISE_H
#define BULLA_EXERCISE_H

#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"

/*
 * A tabletop exercise: what both sides do when, what goes wrong, and who
 * should notice it. docs/FORMAT.md has the form; it is written by hand, so
 * empty lines and lines that begin with # are skipped.
 *
 * Everything points into the text, which must outlive it. The structure is
 * large: not for the stack.
 */
#define BULLA_EXERCISE_MAX (256u << 10)		/* bytes of a scenario */
#define BULLA_EXERCISE_DRAFTS 32u
#define BULLA_EXERCISE_FIELDS 512u
#define BULLA_EXERCISE_DRAFT_FIELDS 60u		/* of one draft */
#define BULLA_EXERCISE_STEPS 128u
#define BULLA_EXERCISE_FAULTS 16u
#define BULLA_EXERCISE_NOTICES 64u
#define BULLA_EXERCISE_NAME_MAX 24u		/* [a-z][a-z0-9-]* */
#define BULLA_EXERCISE_PERSON_MAX 80u		/* bytes */
#define BULLA_EXERCISE_SPAN_MAX (INT64_C(3660) * 86400)	/* seconds */
#define BULLA_EXERCISE_ARGS 4u

/* Which side: the first or the second of the scenario. */
enum { BULLA_EXERCISE_A, BULLA_EXERCISE_B };

enum bulla_exercise_verb {
	BULLA_STEP_REQUEST,	/* DRAFT: ask, and deliver */
	BULLA_STEP_REPLY,	/* STEP TYPE DRAFT [FILE]: and deliver */
	BULLA_STEP_HOTLINE,	/* STEP DRAFT: and deliver */
	BULLA_STEP_OPEN,	/* STEP: what it delivered */
	BULLA_STEP_COSIGN,	/* let the other side cosign our ledger */
	BULLA_STEP_MONITOR,	/* look at both ledgers */
	BULLA_STEP_RECONCILE,	/* compare statements */
	BULLA_STEP_DUE,		/* what is overdue */
	BULLA_STEP_LIST,	/* all, and what has no place among it */
	BULLA_STEP_REVIEW,	/* of all so far, on both sides */
	BULLA_STEP_SUSPEND,	/* ROLE: and the other side takes it */
};
#define BULLA_STEP_VERBS 11u
const char *bulla_exercise_verb_name(enum bulla_exercise_verb v);

enum bulla_exercise_kind {
	BULLA_FAULT_LATE,		/* late-reply STEP BY */
	BULLA_FAULT_MISSING,		/* missing-reply STEP */
	BULLA_FAULT_LOST_PACKAGE,	/* STEP: sealed, does not arrive */
	BULLA_FAULT_LOST_RECEIPT,	/* STEP: it arrives, no receipt does */
	BULLA_FAULT_TAMPERED,		/* STEP: bytes flipped on the way */
	BULLA_FAULT_RECIPIENT,		/* STEP: sealed for somebody else */
	BULLA_FAULT_OVERBROAD,		/* STEP: a request for far too much */
	BULLA_FAULT_UNASKED,		/* STEP: another package beside it */
	BULLA_FAULT_STOLEN,		/* STEP: made with keys copied before
					   their suspension */
	BULLA_FAULT_ROLLBACK,		/* STEP: the other side's ledger is an
					   old copy by then */
	BULLA_FAULT_FORK,		/* STEP: and went on from there */
};
#define BULLA_FAULT_KINDS 11u
const char *bulla_exercise_kind_name(enum bulla_exercise_kind k);

struct bulla_exercise_step {
	struct bulla_cur name;
	int64_t at;			/* seconds after the start */
	int side;
	enum bulla_exercise_verb verb;
	struct bulla_cur arg[BULLA_EXERCISE_ARGS];
	unsigned n_args;
	size_t of;			/* a step before it,
					 * when it names one */
	size_t draft;			/* when it names one */
};

struct bulla_exercise_fault {
	struct bulla_cur name;
	enum bulla_exercise_kind kind;
	size_t step;
	int64_t by;			/* late-reply: seconds */
};

/* What should be noticed: a line of this tool's that holds this text. */
struct bulla_exercise_notice {
	size_t fault;
	int side;
	struct bulla_cur tool;		/* request-due, receive, ... */
	unsigned status;		/* of its exit */
	struct bulla_cur text;
};

struct bulla_exercise {
	struct bulla_cur title, category;
	int64_t start;
	struct {
		struct bulla_cur name, person;
	} side[2];
	struct {
		struct bulla_cur name;
		size_t first, n;	/* of field[] */
	} draft[BULLA_EXERCISE_DRAFTS];
	struct bulla_cur field[BULLA_EXERCISE_FIELDS];	/* label=value */
	struct bulla_exercise_step step[BULLA_EXERCISE_STEPS];
	struct bulla_exercise_fault fault[BULLA_EXERCISE_FAULTS];
	struct bulla_exercise_notice notice[BULLA_EXERCISE_NOTICES];
	size_t n_drafts, n_fields, n_steps, n_faults, n_notices;
};

/*
 * BULLA_E_FORMAT with the line, BULLA_E_LIMIT. What parses has only names
 * that exist, steps in the order of time, and faults that fit their step.
 * *out is filled in part on failure.
 */
BULLA_NODISCARD enum bulla_status bulla_exercise_parse(
    const struct bulla_cur *text, struct bulla_exercise *out,
    struct bulla_err *err);
/* The same without comments. */
void bulla_exercise_put(struct bulla_buf *b, const struct bulla_exercise *x);

/*
 * HOME/exercise: that the home is one of an exercise, and what time it is
 * there. Only bulla-exercise writes it.
 */
#define BULLA_EXERCISE_CLOCK_MAX 128u
BULLA_NODISCARD enum bulla_status bulla_exercise_clock_parse(
    const struct bulla_cur *text, int64_t *now, struct bulla_err *err);
void bulla_exercise_clock_put(struct bulla_buf *b, int64_t now);

#endif
