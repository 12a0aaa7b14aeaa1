#ifndef SEND_H
#define SEND_H

#include <stdio.h>

#include "send_home.h"
#include "send_package.h"
#include "send_s3.h"

#include "bulla/file.h"
#include "bulla/receive.h"

#define SEND_NOTES_MAX 16u	/* --note */

/* Where an upload to a server that is no inbox of ours was left. */
struct send_state {
	char path[4400];	/* "" when there is no place for it */
	char upload[2048];	/* its URL; "" when not known */
};

struct send {
	struct cmd c;
	struct bulla_send_config cfg;
	struct bulla_send_what what;
	struct cmd_progress progress;
	struct send_home home;
	struct send_state state;
	const char *receipt_path, *custodian;
	struct send_s3 s3;
	const char *note[SEND_NOTES_MAX];
	size_t n_notes;
	bool force, no_spool, dry_run;
	FILE *events;			/* --events-fd */
	bool moving;			/* a progress was reported */
	uint64_t base, acked;		/* bytes: at first, and last */
	struct timespec since, told;	/* of base; of the last event */
	uint64_t asked;			/* Retry-After of the last answer */
};

/* send_events.c: what the library reports goes through these. */
void send_events_begin(struct send *s);
/* CMD_YES, or an exit status that was reported: no such descriptor. */
int send_events_open(struct send *s, int fd);
void send_events_receipt(struct send *s, const struct bulla_receipt *r);

/* send_report.c: an exit status each. */
int send_report(struct send *s, const struct bulla_receipt *r);
int send_conclude(struct send *s, const struct bulla_buf *note,
    struct bulla_outfile *o);
int send_fail(struct send *s, enum bulla_status st,
    const struct bulla_err *err);
int send_dry_run(struct send *s, const char *path);

/* send_stream.c: --no-spool. */
BULLA_NODISCARD enum bulla_status send_stream(struct send *s,
    struct bulla_buf *receipt, struct bulla_err *err);

/*
 * send_state.c: for --no-receipt. Nothing fails: without a state an upload is
 * begun anew.
 */
void send_state_open(struct send *s);
void send_state_put(struct send *s, const char *upload);
void send_state_drop(struct send *s);

#endif
