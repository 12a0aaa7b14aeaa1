#ifndef INBOX_SUPERVISOR_H
#define INBOX_SUPERVISOR_H

#include "inbox_procs.h"

/* What the supervisor has: its children, and the channels between them. */
enum inbox_child { SIGNER, STOREKEEPER, NETWORK, CHILDREN };
struct child {
	const char *name;
	pid_t pid;		/* 0: not running */
	int ctl;		/* our end; -1: closed */
};
struct supervisor {
	struct inbox *in;
	struct child child[CHILDREN];
	int lane[2][LANES];	/* the network's ends, the signer's */
	int shelf[2][JUDGE_LANES];	/* the signer's, the storekeeper's */
	int signals, null;
	pid_t verifier[VERIFIERS_MAX];	/* 0: free */
	bool full;		/* none is, and that was said */
	bool stopping;		/* somebody asked for it */
	int64_t kill_at;	/* monotonic seconds; 0: no hurry */
	int code;
};

/* Waits until it is ready; otherwise it has said why not: its exit status. */
int supervisor_start(struct supervisor *s, enum inbox_child which,
    unsigned *answers);
/* All channels between the children that are still open here. */
BULLA_NODISCARD enum bulla_status supervisor_open_ends(struct supervisor *s,
    struct bulla_err *err);
void supervisor_close_ends(struct supervisor *s);

void supervisor_close(struct child *c);
/* As the exit status of the whole; what died of a signal is trouble. */
int supervisor_code(int status);
void supervisor_tell(const struct supervisor *s, const struct child *c,
    int status);

#endif
