#ifndef INBOX_PROCS_H
#define INBOX_PROCS_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "cmd_quarantine.h"
#include "cmd_tls.h"
#include "inbox_home.h"
#include "inbox_wire.h"

/*
 * An inbox is several processes, so that none of them both meets strangers
 * and holds a key (docs/HACKING.md has the picture):
 *
 *	supervisor	the one that was started; starts the others, passes
 *			signals on, ends all when one of them dies
 *	signer		keys, ledger, rosters, the store; sees no package
 *	network		TLS key, uploads; sees neither the signer's keys nor
 *			anything that it has stored
 *	storekeeper	with --store: the S3 secret, and a way out to that
 *			store; sees packages that verified, and no key
 *	verifier	one for each package, then gone: nothing but two
 *			descriptors and a channel to the signer
 */
enum {
	FOLLOW_LANES = 2,	/* as many uploads are judged while they come */
	/* ... and as many at once, when these wait for theirs */
	JUDGE_LANES = FOLLOW_LANES + 2,
	SMALL_LANES = 2,	/* other questions;
				 * the home is one at a time's */
	LANES = JUDGE_LANES + SMALL_LANES,
};

/* The signer writes it, the network process reads it. */
struct inbox_page {
	_Atomic uint64_t quarantine_bytes, quarantine_packages;
};

struct inbox {
	struct cmd c;
	struct bulla_inbox_config cfg;
	const char *key;
	const char *store, *s3_conf;	/* s3://BUCKET/PREFIX/, or NULL */
	struct bulla_signer receiver;
	struct inbox_home home;		/* the signer's */
	struct cmd_tls tls;		/* of the home, when none was given */
	bool exercise;
	struct bulla_quarantine quarantine;
	struct inbox_page *page;
	bool has_small, has_who;	/* what the signer answers */
	pid_t supervisor;
};

/* A line in the log, unless -q: "time=... " and what is given. */
void inbox_tell(const struct inbox *in, const char *fmt, ...)
    BULLA_PRINTF(2, 3);
/*
 * A child's first and last steps before it confines itself: it dies with its
 * parent, leaves signals to him, and tells what the kernel cannot do.
 */
void inbox_child_begin(pid_t parent);
void inbox_child_confined(const struct inbox *in, const char *name,
    unsigned got);
/* "Here I am", to the supervisor; answers: bits for has_small, has_who. */
BULLA_NODISCARD enum bulla_status inbox_child_ready(int ctl,
    unsigned answers, struct bulla_err *err);

/*
 * What came back when it was to listen: after a pause, once more? For two
 * seconds, while an inbox that was killed is still dying.
 */
bool inbox_again(enum bulla_status st, unsigned *tries);

/* The supervisor: all of an inbox's life. An exit status, reported. */
int inbox_supervise(struct inbox *in);

/*
 * The children. ctl is a channel to the supervisor; lanes are channels
 * between network and signer, first those for judging; shelves (with a store)
 * are channels between signer and storekeeper. An exit status.
 */
int inbox_signer(struct inbox *in, int ctl, const int lanes[LANES],
    const int shelves[JUDGE_LANES]);
int inbox_network(struct inbox *in, int ctl, const int lanes[LANES]);
/* Of the network process: in->cfg asks the signer behind these. */
void inbox_ask_through(struct inbox *in, const int lanes[LANES]);
int inbox_storekeeper(struct inbox *in, int ctl,
    const int shelves[JUDGE_LANES]);
/*
 * Another verifier, for the signer behind ctl, who is told; null is /dev/null.
 * Its pid, which is not positive when none was born.
 */
pid_t inbox_verifier_start(int ctl, int null);
/* The same answer, without trying. */
void inbox_verifier_none(int ctl);
/* Alive at once; a signer that is itself has one a lane, and one going. */
enum { VERIFIERS_MAX = 2 * JUDGE_LANES };

/* AddressSanitizer maps terabytes, and reports on standard error. */
extern const bool inbox_sanitized;

/* The signer's side of verifiers: asks the supervisor for each. */
struct inbox_verifiers {
	int ctl;
	pthread_mutex_t mu;
};
/*
 * What is examined. One that grows has one verifier: BULLA_E_AGAIN when he
 * comes to no result, or nobody is at the other end of lane any more.
 */
struct inbox_exam {
	struct inbox_verifiers *v;
	bool grows;
	struct bulla_growing growing;
	int lane;
};
struct bulla_examiner inbox_examiner(struct inbox_exam *x);

#endif
