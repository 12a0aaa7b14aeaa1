#ifndef BULLA_OUTBOX_H
#define BULLA_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"
#include "bulla/opening.h"

/*
 * The queue of scheduled transfers, HOME/outbox:
 *
 *	queue/<20 digits>/	an entry, in the order of adding
 *	    entry		what is to be sent, to whom: never changes
 *	    state		how far it is
 *	    package		the bytes: a second name of the file, or a copy
 *	    receipt, log	what came of it
 *	done/<20 digits>/	the same after success, without the package
 *	receipts/<20 digits>.note	of entries that were cleared away
 *	new/			being made or removed: in no state at all
 *	hooks/			executables, named after the event
 *	last, *.lock
 *
 * An entry comes to be, moves and goes by one rename of its directory, and
 * its state is replaced whole: a process that dies at any point leaves a
 * queue that is right. One process sends (bulla_outbox_lock); any number add,
 * list and drop meanwhile.
 */
#define BULLA_OUTBOX_ARGS_MAX 128u	/* words for bulla-send */
#define BULLA_OUTBOX_NOTE_MAX 200u	/* bytes, also of other short texts */
#define BULLA_OUTBOX_LOG_MAX 65536u	/* bytes of an entry's log */
#define BULLA_OUTBOX_LATER_MAX 86400	/* seconds from a try to the next */

enum bulla_outbox_phase {
	BULLA_OUTBOX_WAITING,	/* to be sent */
	BULLA_OUTBOX_SENDING,	/* so, and a run has begun to */
	BULLA_OUTBOX_FAILED,	/* refused for good; kept until dropped */
	BULLA_OUTBOX_DONE,
};

/* What happened that a hook is still to be told of: bits. */
enum bulla_outbox_event {
	BULLA_OUTBOX_SUCCESS = 1,
	BULLA_OUTBOX_FAILURE = 2,
	BULLA_OUTBOX_RECEIPT = 4,
	BULLA_OUTBOX_OVERDUE = 8,
};
#define BULLA_OUTBOX_EVENTS 4u

/* Times are POSIX seconds; 0: none. Windows point into the entry's text. */
struct bulla_outbox_entry {
	int64_t added, not_before, deadline;
	struct bulla_cur to;	/* the counterpart: the host of the URL */
	struct bulla_cur what;	/* name of the file, for people */
	struct bulla_cur note;	/* "-": none */
	/* Of the package, set by bulla_outbox_add; id "-": it is none. */
	struct bulla_cur id;
	uint64_t size, mtime_ns;
	struct bulla_cur arg[BULLA_OUTBOX_ARGS_MAX];	/* for bulla-send */
	size_t n_args;
};
struct bulla_outbox_state {
	enum bulla_outbox_phase phase;
	uint64_t tries;
	int64_t last, next;	/* when it was tried, when it may be again */
	bool alarmed;		/* its deadline has passed, and that was told */
	unsigned events;	/* not yet told */
	char said[BULLA_OUTBOX_NOTE_MAX + 1];	/* plain text; "": nothing */
};

/* The text forms. Reading refuses what writing would not write. */
void bulla_outbox_entry_put(struct bulla_buf *b,
    const struct bulla_outbox_entry *e);
BULLA_NODISCARD enum bulla_status bulla_outbox_entry_parse(
    const struct bulla_cur *text, struct bulla_outbox_entry *out,
    struct bulla_err *err);
void bulla_outbox_state_put(struct bulla_buf *b,
    const struct bulla_outbox_state *s);
BULLA_NODISCARD enum bulla_status bulla_outbox_state_parse(
    const struct bulla_cur *text, struct bulla_outbox_state *out,
    struct bulla_err *err);
/* Set said: escaped, cut where it is too long. */
void bulla_outbox_say(struct bulla_outbox_state *s,
    const struct bulla_cur *text);

/*
 * The host of an https URL in lower case, without its port, or "s3:" and the
 * bucket of s3://BUCKET/. BULLA_E_USAGE when there is none, or when the URL
 * holds a user or a password: it is kept in clear.
 */
BULLA_NODISCARD enum bulla_status bulla_outbox_host(const char *url,
    struct bulla_buf *out, struct bulla_err *err);
/* "2026-11-22T03:04:05Z", or a time from now on: "90s", "30m", "12h", "2d". */
BULLA_NODISCARD bool bulla_outbox_time(const struct bulla_cur *text,
    int64_t now, int64_t *out);
/*
 * When to try again after the tries-th failure: full jitter, from a minute to
 * an hour, and not before after seconds (at most BULLA_OUTBOX_LATER_MAX) have
 * passed.
 */
int64_t bulla_outbox_later(uint64_t tries, uint64_t after, int64_t now);
/* May it be tried now? Also when the clock was set back since. */
bool bulla_outbox_due(const struct bulla_outbox_entry *e,
    const struct bulla_outbox_state *s, int64_t now);

/* Makes what is missing below home (absolute). BULLA_E_IO, _NOMEM. */
struct bulla_outbox;
BULLA_NODISCARD enum bulla_status bulla_outbox_open(const char *home,
    struct bulla_outbox **out, struct bulla_err *err);
void bulla_outbox_free(struct bulla_outbox *b);	/* NULL is allowed */
/* HOME/outbox: absolute; "entry", "package" and so on are below. */
const char *bulla_outbox_path(const struct bulla_outbox *b);
/* To be the one that sends; until free. BULLA_E_AGAIN: another one is. */
BULLA_NODISCARD enum bulla_status bulla_outbox_lock(struct bulla_outbox *b,
    struct bulla_err *err);
/* Remove what killed processes left. Nothing when somebody is adding. */
BULLA_NODISCARD enum bulla_status bulla_outbox_sweep(struct bulla_outbox *b,
    struct bulla_err *err);

/*
 * Durable when it returns BULLA_OK; otherwise nothing is left behind. A
 * regular file gets a second name where the file system allows it, so that it
 * may be moved or deleted; anything else (fd may be a pipe) is copied.
 * added->order is its number, from 1, which no other entry ever has.
 * BULLA_E_INCOMPLETE: it is empty. BULLA_E_FORMAT: it does not begin as a
 * sealed package does, and any was not set. BULLA_E_USAGE: a text that cannot
 * be kept.
 */
struct bulla_outbox_added {
	uint64_t order, size;
	char id[BULLA_ID_LEN + 1];	/* of the package, or "-" */
	bool copied;
};
BULLA_NODISCARD enum bulla_status bulla_outbox_add(struct bulla_outbox *b,
    const struct bulla_outbox_entry *e, int fd, bool any,
    struct bulla_outbox_added *added, struct bulla_err *err);

/* Where entries are. */
enum bulla_outbox_where { BULLA_OUTBOX_IN_QUEUE, BULLA_OUTBOX_IN_DONE };
/* All numbers above after, ascending; free(*orders). */
BULLA_NODISCARD enum bulla_status bulla_outbox_list(
    const struct bulla_outbox *b, enum bulla_outbox_where where,
    uint64_t after, uint64_t **orders, size_t *n, struct bulla_err *err);

/*
 * An entry at hand. take: nobody else takes or drops it until it is left.
 * look: only reads it. BULLA_E_NOMATCH: it is not there (any more);
 * BULLA_E_AGAIN (take): somebody else has it; BULLA_E_FORMAT, _LIMIT: damaged.
 */
struct bulla_outbox_item {
	uint64_t order;
	struct bulla_outbox_entry e;
	struct bulla_outbox_state s;
	int dirfd;		/* private */
	struct bulla_buf text;	/* private: what e points into */
};
#define BULLA_OUTBOX_ITEM_INIT { .dirfd = -1 }
BULLA_NODISCARD enum bulla_status bulla_outbox_look(
    const struct bulla_outbox *b, enum bulla_outbox_where where,
    uint64_t order, struct bulla_outbox_item *out, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_outbox_take(
    const struct bulla_outbox *b, uint64_t order,
    struct bulla_outbox_item *out, struct bulla_err *err);
void bulla_outbox_leave(struct bulla_outbox_item *i);

/* Of an entry that was taken. */
/* BULLA_E_MISMATCH: package is not the file that was added. */
BULLA_NODISCARD enum bulla_status bulla_outbox_whole(
    const struct bulla_outbox_item *i, struct bulla_err *err);
/* Make i->s durable. */
BULLA_NODISCARD enum bulla_status bulla_outbox_save(
    const struct bulla_outbox *b, const struct bulla_outbox_item *i,
    struct bulla_err *err);
/* Append to its log, of which the older part is cut off when it is long. */
BULLA_NODISCARD enum bulla_status bulla_outbox_log(
    const struct bulla_outbox *b, const struct bulla_outbox_item *i,
    const struct bulla_cur *text, struct bulla_err *err);
bool bulla_outbox_has_receipt(const struct bulla_outbox_item *i);
/* An entry whose phase is done: to done/, and its package goes. */
BULLA_NODISCARD enum bulla_status bulla_outbox_finish(
    const struct bulla_outbox *b, const struct bulla_outbox_item *i,
    struct bulla_err *err);

/* Out of the queue, at once; its receipt is kept. As take, besides. */
BULLA_NODISCARD enum bulla_status bulla_outbox_drop(struct bulla_outbox *b,
    uint64_t order, struct bulla_err *err);
/*
 * Clear away what was done before this time, from the first on until one is
 * younger; receipts are kept.
 */
BULLA_NODISCARD enum bulla_status bulla_outbox_prune(struct bulla_outbox *b,
    int64_t before, struct bulla_err *err);

#endif
