#ifndef BULLA_REVIEW_H
#define BULLA_REVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/thread.h"

/*
 * The twice-yearly review: timeliness and quality in a period, computed from
 * the records that both sides hold, so that each gets the same tables from
 * its own home. Whole numbers only. docs/FORMAT.md 10.8 has every figure.
 *
 * What only this home can know is kept apart: OWN, in own and remark. Nobody
 * can compare that byte by byte with the other side's.
 */
#define BULLA_REVIEW_ALL "*"		/* of all classes, categories */
#define BULLA_REVIEW_NONE "-"		/* it has none */
#define BULLA_REVIEW_UNREAD "?"		/* its document cannot be read here */
#define BULLA_REVIEW_MAX (1u << 28)	/* bytes of the tables as text */

enum bulla_review_table {
	BULLA_REVIEW_TIMELINESS,	/* by the side that asks */
	BULLA_REVIEW_REQUESTS,		/* their quality; likewise */
	BULLA_REVIEW_REPLIES,		/* likewise, by the side that asks */
	BULLA_REVIEW_HANDOVERS,		/* by the side that sends */
	BULLA_REVIEW_OWN,		/* OWN: by the side whose ledger it
					 * is */
};
const char *bulla_review_table_text(enum bulla_review_table t);

enum bulla_figure_unit { BULLA_FIGURE_COUNT, BULLA_FIGURE_SECONDS,
	BULLA_FIGURE_PERMILLE };
const char *bulla_figure_unit_text(enum bulla_figure_unit u);

/* A record that a figure counts: a package, or a custody note. */
struct bulla_review_record {
	char id[65];		/* package id, or sha256 of the note's text */
	const char *what;	/* its kind or event, in the review */
	int by;			/* side */
	int64_t time;		/* received; of a note: as it says */
};
struct bulla_figure {
	enum bulla_review_table table;
	int side;
	const char *class, *category;	/* in the review; "*": all */
	const char *name;		/* "acknowledge-median" */
	enum bulla_figure_unit unit;
	bool known;			/* false: there is nothing behind it */
	int64_t value;
	size_t first, n;		/* of behind: the records behind it */
};

/* How a package went from one side to the other. Times: 0, not yet. */
struct bulla_handover_seen {
	char id[BULLA_ID_LEN + 1];
	int by;				/* the sender; -1: not known */
	int64_t handed, received, rejected, disputed;
};

/*
 * What the notes about one such package say, for drawing: of each side at most
 * BULLA_TIMELINES_MAX, those that went wrong or have a remark first, then the
 * newest. Only notes that verified, from before the period's end.
 */
#define BULLA_TIMELINES_MAX 12u
struct bulla_custody_seen {
	char id[65];			/* sha256 of the note's text */
	const char *event;		/* of section 8.1 */
	int by;				/* side */
	int64_t time;			/* as it says */
	uint64_t sequence;		/* in its side's chain */
	bool good;			/* a receive: all matched */
	bool countersigned;		/* by the other side too */
};
struct bulla_timeline {
	const struct bulla_handover_seen *h;	/* in the review */
	bool marked;			/* it went wrong, or has a remark */
	size_t first, n;		/* of custody; in the order of time */
};

enum bulla_remark_kind {
	BULLA_REMARK_UNPROVED,	/* sent, and not known to have arrived */
	BULLA_REMARK_COSIGNED,	/* counted by cosignature: only here */
	BULLA_REMARK_UNANSWERED,	/* they may lack our receipt */
	BULLA_REMARK_NO_RECEIPT,	/* handed over, without a receipt */
	BULLA_REMARK_UNREAD,	/* its document cannot be read here */
	BULLA_REMARK_NO_CLASS,	/* nothing was promised for it */
	BULLA_REMARK_STRAY,	/* has a place in no thread */
	BULLA_REMARK_DIFFERS,	/* from the other side's statement */
	BULLA_REMARK_LAPSED,	/* an agreement; they may not know why */
	BULLA_REMARK_PROPOSED,	/* an agreement, never in force */
};
const char *bulla_remark_text(enum bulla_remark_kind k);
struct bulla_remark {
	enum bulla_remark_kind kind;
	char id[65];			/* or "" */
	char text[320];			/* plain text; may be "" */
};

struct bulla_review {
	int64_t from, to;		/* [from, to), POSIX seconds */
	struct bulla_threads threads;	/* judged for the last second */
	int64_t *settled;		/* of each thread; 0: not in it */
	struct bulla_review_record *record;	/* those that figures count */
	size_t n_records;
	struct bulla_figure *figure;	/* by table, side, class, category */
	size_t n_figures, n_common;	/* the first n_common are not OWN */
	uint32_t *behind;		/* numbers of records */
	size_t n_behind;
	struct bulla_handover_seen *handover;	/* by id */
	size_t n_handovers;
	/* OWN: drawn, of so many, by the side that sends */
	struct bulla_timeline timeline[2][BULLA_TIMELINES_MAX];
	size_t n_timelines[2], n_moved[2];
	struct bulla_custody_seen *custody;
	size_t n_custody;
	struct bulla_remark *remark;	/* OWN; by kind, id */
	size_t n_remarks;
	uint64_t n_cosigned, n_ledger;	/* OWN: records of our ledger */
	int64_t last_cosigned;		/* OWN: 0: never */
	bool compared;			/* with a statement of theirs */
};

struct bulla_review_from {
	struct bulla_home *home;	/* with both rosters */
	int64_t from, to;
	bool exercise;
	const struct bulla_identities *ids;	/* to read documents; or NULL */
	const struct bulla_statement *theirs;	/* or NULL */
};
/*
 * As the home shows it. Signatures are judged as of the end of the period, or
 * of the time that the ledger proves. Statuses of bulla_threads_load;
 * BULLA_E_USAGE: from is not before to, or the statement is of another side
 * or our own. *out (free it) on success.
 */
BULLA_NODISCARD enum bulla_status bulla_review_load(
    const struct bulla_review_from *from, struct bulla_review *out,
    struct bulla_err *err);
void bulla_review_free(struct bulla_review *r);

/* NULL: there is none. class, category: "*" for all. */
const struct bulla_figure *bulla_review_get(const struct bulla_review *r,
    enum bulla_review_table table, int side, const char *class,
    const char *category, const char *name);
/*
 * The tables as lines of tab-separated values: table, side, class, category,
 * figure, value, unit, ids. Of what both sides have (own false), or of the
 * rest.
 */
void bulla_review_put(struct bulla_buf *b, const struct bulla_review *r,
    bool own);
/*
 * The agreement that both sides signed, to be in force before the period's
 * end, and that lapsed; NULL: none. Both sides have it once both know why.
 */
const struct bulla_agreement_unused *bulla_review_lapsed(
    const struct bulla_review *r);

/*
 * The period that is to be reviewed: the newest review day of the agreement
 * in force that is not after now, and the one before it (or six months). No
 * such day yet: until now. Times that are not 0 stay. *agreed: is it a day of
 * the agreement's?
 */
void bulla_review_period(const struct bulla_agreements *a, int64_t now,
    int64_t *from, int64_t *to, bool *agreed);

#endif
