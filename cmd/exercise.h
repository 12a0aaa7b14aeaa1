#ifndef EXERCISE_H
#define EXERCISE_H

#include <stdarg.h>

#include "cmd.h"

#include "bulla/exercise.h"

/*
 * bulla-exercise: the driver (exercise_play.c, exercise_deliver.c,
 * exercise_world.c) runs the tools beside it on the homes of both sides and
 * collects what they had to say (exercise_run.c); the score compares that
 * with what the scenario says should be noticed (exercise_score.c).
 */
#define DRILL_PATH 512u
#define DRILL_ARGS 160u
#define DRILL_WORD 48u			/* of the names of tools */
#define DRILL_OUT_MAX (1u << 20)	/* bytes that a tool may print */
#define DRILL_FINDINGS_MAX 1000u
#define DRILL_NOBODY SIZE_MAX

/* A line in which a tool had something to say. */
struct drill_finding {
	int side, status;
	char tool[DRILL_WORD];		/* request-due */
	int64_t when;
	char *text;
	size_t notice;			/* that expects it, or DRILL_NOBODY */
};

/* What a step made. */
struct drill_step {
	char id[33];			/* of its package; "" when none */
	bool arrived;
};

struct drill {
	struct cmd c;
	const struct bulla_exercise *x;
	char dir[DRILL_PATH - 128], bin[DRILL_PATH];
	bool faults;			/* not with --no-faults */
	bool setting_up;		/* what is said then, stops all */
	bool trouble;			/* a tool could not be run */
	const char *home[2];		/* below dir; a thief's is another */
	int64_t now;
	char cosigned[2][24];		/* how much of a ledger is */
	struct drill_step step[BULLA_EXERCISE_STEPS];
	struct drill_finding *found;
	size_t n_found;
};

/* A list of arguments; the texts must outlive it. */
struct drill_args {
	const char *v[DRILL_ARGS];
	size_t n;
};
#define DRILL(...) (&(struct drill_args){ .v = { __VA_ARGS__ }, \
    .n = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *) })
void drill_arg(struct drill_args *a, const char *v);

/* dir/fmt into a buffer; the same text in each call is a path. */
struct drill_path {
	char s[DRILL_PATH];
};
struct drill_path drill_path(const struct drill *d, const char *fmt, ...)
    BULLA_PRINTF(2, 3);

/*
 * Run a tool, as "request-due" or "receive", with --home of the side; what it
 * prints goes to out when that is not NULL. Its findings are collected.
 * Returns its exit status; CMD_TROUBLE with d->trouble when it did not run.
 */
int drill_run(struct drill *d, int side, const char *tool,
    const struct drill_args *a, struct bulla_buf *out);
/* Something that we find ourselves by comparing what two tools printed. */
void drill_find(struct drill *d, int side, const char *tool, int status,
    const struct bulla_cur *text);
/* "cp -a FROM TO", both below dir. */
bool drill_copy(struct drill *d, const char *from, const char *to);
bool drill_write(struct drill *d, const char *path, const struct bulla_buf *b);

/* Two homes that have pinned each other and an agreement. */
bool drill_set_up(struct drill *d);
/* It is another time now, for both sides. */
bool drill_clock(struct drill *d, int64_t now);
/* Let the other side cosign this one's ledger. */
void drill_cosign(struct drill *d, int side);

/* bulla-request new, reply or hotline, into package; the id is kept. */
void drill_write_it(struct drill *d, size_t step,
    const struct drill_path *package);
/*
 * Hand the package of a step over: its notes, the package, the receipt and
 * its countersignature, then cosignatures of both ledgers.
 */
void drill_deliver(struct drill *d, size_t step);
/* The same for a package beside it that nobody asked for. */
void drill_deliver_unasked(struct drill *d, size_t step);

/* Both sides' tables from the start until now, which should be the same. */
void drill_review(struct drill *d, int side);
/* The fault of this kind that befalls a step; NULL: none. */
const struct bulla_exercise_fault *drill_fault(const struct drill *d,
    size_t step, enum bulla_exercise_kind kind);
/* All steps, in the order of time. False when it could not go on. */
bool drill_play(struct drill *d);
#define DRILL_IN "       "
/* A line of the story, unless -q or --json; drill_print. */
void drill_tell(const struct drill *d, const char *lead, const char *fmt, ...)
    BULLA_PRINTF(3, 4);
/*
 * On standard output: on a terminal in its columns, what does not fit below
 * the text that follows the lead; else in one line.
 */
void drill_print(const char *lead, const char *fmt, ...) BULLA_PRINTF(2, 3);
void drill_vprint(const char *lead, const char *fmt, va_list ap)
    BULLA_PRINTF(2, 0);

/* Prints the table; CMD_YES when all was noticed, and nothing else. */
int drill_score(struct drill *d);

#endif
