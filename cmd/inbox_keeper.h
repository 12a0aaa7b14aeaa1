#ifndef INBOX_KEEPER_H
#define INBOX_KEEPER_H

#include <pthread.h>

#include "inbox_procs.h"
#include "inbox_shelf.h"

#include "bulla/s3.h"

/* The storekeeper's store, and what each of its threads has of it. */
struct keeper {
	struct inbox *in;
	struct bulla_s3_conf conf;
	struct bulla_send_config line;
	struct bulla_s3_at at;
	char state[4200];		/* directory of uploads in parts */
	pthread_mutex_t mu;
	bool probed;			/* is it write-once? was answered */
};
struct shelf {
	struct keeper *k;
	struct bulla_s3 *s;
	int ch;			/* to the signer */
	pthread_t thread;
};

/* A line of the log. */
void keeper_tell(const struct keeper *k, const char *event,
    const char *text);
/* Say once whether several inboxes are safe here; fails as bulla_s3 does. */
BULLA_NODISCARD enum bulla_status keeper_probe(struct shelf *h,
    struct bulla_err *err);
/* One question of the signer's; BULLA_OK also when the answer was no. */
BULLA_NODISCARD enum bulla_status keeper_serve(struct shelf *h);

#endif
