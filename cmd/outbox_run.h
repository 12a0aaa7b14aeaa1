#ifndef OUTBOX_RUN_H
#define OUTBOX_RUN_H

#include "outbox.h"

/*
 * One run. Entries are read and then looked at in their order, again and
 * again until none can be begun: the first of each counterpart that is due,
 * unless one before it was tried in vain or still has to wait. One upload can
 * take days: while there is any, the queue is read anew every few seconds.
 */
struct outbox_row {
	uint64_t order;
	size_t host;
	bool over;		/* nothing to do for it any more */
	bool due, holds;	/* not due, and the later ones wait for it */
};
struct outbox_host {
	char *name;
	bool held, busy;
};
struct outbox_runner {
	struct outbox_cmd *k;
	struct outbox_row *row;
	size_t n_rows;
	struct outbox_host *host;
	size_t n_hosts;
	struct outbox_job *job;		/* k->jobs of them */
	size_t n_jobs;			/* at work */
	uint64_t seen;			/* the last number that was read */
	bool trouble, started, told, renewed;
	bool failed, again;		/* what is left in the end */
};

/* A failure that is none of an upload's: said, and exit status 3. */
void outbox_complain(struct outbox_runner *r, enum bulla_status st,
    const struct bulla_err *err);
/* Somebody else has it, or it is not there any more. */
bool outbox_gone(enum bulla_status st);

/* Of an entry that we have: is it overdue? When that was not told, tell. */
BULLA_NODISCARD enum bulla_status outbox_alarm(struct outbox_runner *r,
    struct bulla_outbox_item *i, bool *late, struct bulla_err *err);
/*
 * Look at the whole queue but what is being sent: alarms, and what an earlier
 * run had no time to tell or to move away. Sets failed and again. Entries that
 * cannot be read are complained of the last time.
 */
void outbox_survey(struct outbox_runner *r, bool last);

#endif
