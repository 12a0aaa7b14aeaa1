#ifndef OUTBOX_H
#define OUTBOX_H

#include <signal.h>
#include <sys/types.h>

#include "cmd.h"

#include "bulla/outbox.h"
#include "bulla/send.h"

#define OUTBOX_DAY INT64_C(86400)
#define OUTBOX_TAIL 16384u	/* bytes of a program's output that are kept */
#define OUTBOX_JOBS_MAX 16u

struct outbox_cmd {
	struct cmd c;
	struct bulla_outbox *box;
	char home[4096];		/* absolute */
	/* add */
	const char *url, *note, *deadline, *not_before;
	bool no_receipt, known, cert, key, attempts;
	struct bulla_send_windows windows;	/* to check them */
	char *word[BULLA_OUTBOX_ARGS_MAX];	/* for bulla-send; heap */
	size_t n_words;
	/* run */
	bool run_opts, once, force;
	unsigned keep_days, jobs, hook_secs;
	/* list */
	bool done;
};

/* The verbs; an exit status. */
int outbox_add(struct outbox_cmd *k);
int outbox_run(struct outbox_cmd *k);
int outbox_list(struct outbox_cmd *k);
int outbox_drop(struct outbox_cmd *k);
int outbox_offer(struct outbox_cmd *k);
int outbox_withdraw(struct outbox_cmd *k);

/* Open HOME/outbox; CMD_YES or an exit status that was reported. */
int outbox_open(struct outbox_cmd *k);

/* A program that runs, and the end of what it prints. */
struct outbox_child {
	pid_t pid;			/* 0: none; also its process group */
	int fd;				/* its stdout and stderr */
	size_t len;
	bool cut;			/* there was more before */
	char tail[OUTBOX_TAIL];
};
/*
 * Start a program, without a shell, with nothing on its standard input, no
 * terminal, and a session of its own; it is asked to end when we die. envp
 * NULL: our environment. BULLA_E_IO.
 */
BULLA_NODISCARD enum bulla_status outbox_start(struct outbox_child *p,
    char *const *argv, char *const *envp, struct bulla_err *err);
/* Take in what there is to read; false at the end of its output. */
bool outbox_read(struct outbox_child *p);
/* Wait for its end: the exit status, or 128 + the number of a signal. */
int outbox_wait(struct outbox_child *p);
/* The same within secs seconds; 124 when it had to be killed. */
int outbox_wait_for(struct outbox_child *p, unsigned secs);

/* Set by SIGTERM and SIGINT, which come through only in outbox_poll. */
extern volatile sig_atomic_t outbox_stopping;
void outbox_signals(void);
struct pollfd;
int outbox_poll(struct pollfd *p, size_t n, int timeout_ms);

/* One attempt to send an entry. */
struct outbox_job {
	struct bulla_outbox_item item;
	struct outbox_child child;
	size_t host;			/* the caller's */
};
/*
 * Take the entry and begin. BULLA_E_NOMATCH or _AGAIN: it is gone, or being
 * dropped. BULLA_OK with child.pid 0: it has come to its end already. After
 * BULLA_OK the caller leaves the item.
 */
BULLA_NODISCARD enum bulla_status outbox_job_begin(struct outbox_cmd *k,
    struct outbox_job *j, uint64_t order, struct bulla_err *err);
/* The child's output has ended: what comes of it, told and made durable. */
BULLA_NODISCARD enum bulla_status outbox_job_end(struct outbox_cmd *k,
    struct outbox_job *j, struct bulla_err *err);

/*
 * Run the hooks for the events of an entry that was taken, and save that they
 * have been told. What becomes of a hook changes nothing.
 */
BULLA_NODISCARD enum bulla_status outbox_tell(struct outbox_cmd *k,
    struct bulla_outbox_item *i, struct bulla_err *err);
/*
 * May this program be run (or this directory hold one): is it ours or root's,
 * and can nobody else write it? *why, or NULL: it is not there.
 */
bool outbox_safe(const char *path, bool dir, const char **why);
/*
 * outbox_env.c: what a hook finds in its environment. Made anew: what stands
 * in ours (proxies with passwords, what cron or a service was given) is none
 * of its business. All texts are plain. begin: PATH, LANG, HOME, BULLA_HOME.
 */
#define OUTBOX_VARS 16u
struct outbox_env {
	char *v[OUTBOX_VARS + 1];	/* heap, and NULL behind the last */
	size_t n;
	bool failed;			/* out of memory */
};
void outbox_env_begin(struct outbox_env *e, const char *bulla_home);
void outbox_env_set(struct outbox_env *e, const char *fmt, ...)
    BULLA_PRINTF(2, 3);
void outbox_env_free(struct outbox_env *e);
/* To an entry's log: a line with the time, and what a program printed. */
void outbox_note(struct outbox_cmd *k, const struct bulla_outbox_item *i,
    const char *line, const struct outbox_child *p);
/* "waiting", "sending", "failed", "done", or "OVERDUE". */
const char *outbox_word(const struct bulla_outbox_item *i, int64_t now);
bool outbox_overdue(const struct bulla_outbox_item *i, int64_t now);

#endif
