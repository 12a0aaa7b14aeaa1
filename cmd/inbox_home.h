#ifndef INBOX_HOME_H
#define INBOX_HOME_H

#include <pthread.h>

#include "cmd_home.h"

#include "bulla/exchange.h"
#include "bulla/inbox.h"
#include "bulla/receive.h"

/*
 * The home of an inbox: rosters to judge by, a ledger to record in, and the
 * exchange with the other side. Many threads come here; the home is one at a
 * time's, but never while a package is copied or verified.
 */
struct inbox_waiting;
struct inbox_home {
	struct cmd *c;
	struct cmd_home m;
	struct bulla_judge judge;	/* empty with -k */
	struct bulla_signer witness;
	struct bulla_exchange x;
	bool exchange;			/* takes part in it */
	bool records;			/* there is a ledger */
	pthread_mutex_t mu;		/* the home */
	pthread_mutex_t waiting_mu;
	struct inbox_waiting *waiting;	/* to be recorded together */
};

/* CMD_YES, or an exit status that was reported. */
int inbox_home_open(struct inbox_home *h, struct cmd *c);
void inbox_home_close(struct inbox_home *h);

/* bulla_inbox_small; ctx is the struct inbox_home. */
enum bulla_status inbox_home_small(void *ctx,
    const struct bulla_inbox_request *q, struct bulla_inbox_answer *out,
    struct bulla_err *err);

/* bulla_inbox_who, by the rosters as they are now; ctx as above. */
enum bulla_status inbox_home_who(void *ctx,
    const struct bulla_inbox_client *client, struct bulla_inbox_agency *out,
    struct bulla_err *err);

/*
 * Who may sign receipts for our side, and may they (bulla_shared's)? own, the
 * key of this inbox, always; others by the roster.
 */
BULLA_NODISCARD enum bulla_status inbox_home_receivers(struct inbox_home *h,
    const struct bulla_vkey *own, struct bulla_vkeys *out,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status inbox_home_may(struct inbox_home *h,
    const struct bulla_vkey *own, const struct bulla_verified *v, int64_t at,
    struct bulla_err *err);

/*
 * Take a package in: p needs home, receiver, allow_exercise and its examiner.
 * The receipt is recorded when this returns.
 */
enum bulla_status inbox_home_receive(struct inbox_home *h,
    struct bulla_receive *p, int fd, struct bulla_received *out,
    struct bulla_err *err);

#endif
