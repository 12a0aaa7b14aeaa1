#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "inbox_procs.h"

#include "bulla/channel.h"
#include "bulla/confine.h"

#define STOP_SECS 30	/* that the network has when the signer has died */

struct child {
	const char *name;
	pid_t pid;		/* 0: not running */
	int ctl;		/* our end; -1: closed */
};
struct supervisor {
	struct inbox *in;
	struct child signer, network;
	int lane[2][LANES];	/* the network's ends, the signer's */
	int signals, null;
	bool stopping;		/* somebody asked for it */
	time_t kill_at;		/* 0: no hurry */
	int code;
};

static void
unblock_ends(void)
{
	sigset_t ends;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)sigprocmask(SIG_UNBLOCK, &ends, NULL);
}

static void
close_all(int fd[LANES])
{
	for (unsigned i = 0; i < LANES; i++) {
		if (fd[i] != -1)
			(void)close(fd[i]);
		fd[i] = -1;
	}
}

static void
child_close(struct child *c)
{
	if (c->ctl != -1)
		(void)close(c->ctl);
	c->ctl = -1;
}

/* In the child: only what is its own, then its life. */
static _Noreturn void
child_run(struct supervisor *s, struct child *c, int ctl)
{
	bool network = c == &s->network;
	int code;

	child_close(&s->signer);
	child_close(&s->network);
	close_all(s->lane[network ? 1 : 0]);
	if (s->signals != -1)
		(void)close(s->signals);
	(void)prctl(PR_SET_NAME, c->name, 0, 0, 0);
	code = network ? inbox_network(s->in, ctl, s->lane[0]) :
	    inbox_signer(s->in, ctl, s->lane[1]);
	/* Nothing else that was prepared before the fork is for this one. */
	_exit(cmd_stdout_done(&s->in->c, code));
}

/* As the exit status of the whole; what died of a signal is trouble. */
static int
code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : CMD_TROUBLE;
}

static void
tell_ended(const struct supervisor *s, const struct child *c, int status)
{
	fprintf(stderr, WIFSIGNALED(status) ?
	    "%s: the %s process ended by signal %d; uploads are kept\n" :
	    "%s: the %s process ended with status %d; uploads are kept\n",
	    s->in->c.tool->name, c->name, WIFSIGNALED(status) ?
	    WTERMSIG(status) : code_of(status));
}

static enum bulla_status
child_start(struct supervisor *s, struct child *c, struct bulla_err *err)
{
	int ctl[2];
	enum bulla_status st = bulla_channel_pair(ctl, err);

	if (st != BULLA_OK)
		return st;
	(void)fflush(NULL);
	c->pid = fork();
	if (c->pid == 0) {
		(void)close(ctl[0]);
		child_run(s, c, ctl[1]);
	}
	(void)close(ctl[1]);
	c->ctl = ctl[0];
	if (c->pid != -1)
		return BULLA_OK;
	c->pid = 0;
	return bulla_fail_sys(err, "fork");
}

/*
 * Waits until it is ready. Otherwise it has said why not, and its exit
 * status is ours.
 */
static int
child_await(struct supervisor *s, struct child *c, unsigned *answers)
{
	struct bulla_buf msg = BULLA_BUF_INIT(1);
	struct bulla_err err = { 0 };
	enum bulla_status st = child_start(s, c, &err);
	int status = 0;

	if (st != BULLA_OK)
		return cmd_fail(&s->in->c, NULL, st, &err);
	st = bulla_channel_recv(c->ctl, -1, &msg, NULL, &err);
	if (st == BULLA_OK && msg.len == 1)
		*answers = msg.p[0];
	bulla_buf_free(&msg);
	if (st == BULLA_OK)
		return CMD_YES;
	while (waitpid(c->pid, &status, 0) == -1 && errno == EINTR)
		;
	c->pid = 0;
	if (WIFSIGNALED(status))
		tell_ended(s, c, status);
	return code_of(status);
}

static void
signer_asks(struct supervisor *s)
{
	struct bulla_buf msg = BULLA_BUF_INIT(1);

	if (bulla_channel_recv(s->signer.ctl, -1, &msg, NULL, NULL) ==
	    BULLA_OK)
		inbox_verifier_start(s->signer.ctl, s->null);
	else
		child_close(&s->signer);
	bulla_buf_free(&msg);
}

/* One of the two is gone that an inbox cannot be without. */
static void
lost(struct supervisor *s, struct child *c, int status)
{
	c->pid = 0;
	child_close(c);
	if (s->stopping && WIFEXITED(status)) {
		if (s->code == CMD_YES)
			s->code = code_of(status);
		return;
	}
	tell_ended(s, c, status);
	s->code = CMD_TROUBLE;
	s->stopping = true;
	/* The network makes durable what came. The signer has done that. */
	child_close(&s->network);
	if (c == &s->signer)
		s->kill_at = time(NULL) + STOP_SECS;
	else if (s->signer.pid > 0)
		(void)kill(s->signer.pid, SIGKILL);
}

static void
reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->signer.pid)
			lost(s, &s->signer, status);
		else if (pid == s->network.pid)
			lost(s, &s->network, status);
		/* A verifier that has said all is killed: no news. */
		else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
			inbox_tell(s->in, "event=verifier-ended signal=%d",
			    WTERMSIG(status));
		else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
			inbox_tell(s->in, "event=verifier-ended status=%d",
			    WEXITSTATUS(status));
	}
}

static void
signal_came(struct supervisor *s)
{
	struct signalfd_siginfo si;

	if (read(s->signals, &si, sizeof(si)) != sizeof(si))
		return;
	if (si.ssi_signo == SIGCHLD) {
		reap(s);
	} else if (!s->stopping) {
		s->stopping = true;
		cmd_say(&s->in->c, "stopping; uploads in progress are kept");
		child_close(&s->network);
		/* A second one ends all at once; uploads are safe anyway. */
		unblock_ends();
	}
}

static int
watch(struct supervisor *s)
{
	while (s->signer.pid != 0 || s->network.pid != 0) {
		struct pollfd p[] = { { .fd = s->signals, .events = POLLIN },
		    { .fd = s->signer.ctl, .events = POLLIN } };

		/* A descriptor of -1 is passed over. */
		if (poll(p, 2, s->kill_at != 0 ? 1000 : -1) < 0)
			continue;
		if (p[0].revents != 0)
			signal_came(s);
		if (p[1].revents != 0 && s->signer.ctl != -1)
			signer_asks(s);
		if (s->kill_at != 0 && time(NULL) >= s->kill_at &&
		    s->network.pid > 0)
			(void)kill(s->network.pid, SIGKILL);
	}
	return s->code;
}

/* From here on signals come through a descriptor, one at a time. */
static int
signals_open(void)
{
	sigset_t all;

	(void)sigemptyset(&all);
	(void)sigaddset(&all, SIGTERM);
	(void)sigaddset(&all, SIGINT);
	(void)sigaddset(&all, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	return signalfd(-1, &all, SFD_CLOEXEC);
}

static enum bulla_status
lanes_open(struct supervisor *s, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	int pair[2];

	for (unsigned i = 0; i < LANES && st == BULLA_OK; i++) {
		st = bulla_channel_pair(pair, err);
		if (st != BULLA_OK)
			break;
		s->lane[0][i] = pair[0];
		s->lane[1][i] = pair[1];
	}
	return st;
}

/*
 * Passphrases that the signer has not read yet are for nobody else: neither
 * for who starts the rest nor for what he starts.
 */
static bool
forget_input(struct supervisor *s)
{
	if (s->in->c.ask.fd > STDERR_FILENO)
		(void)close(s->in->c.ask.fd);
	s->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	return s->null != -1 && dup2(s->null, STDIN_FILENO) == STDIN_FILENO;
}

/* It forks, and files are none of its business any more. */
static int
confine(struct supervisor *s)
{
	struct bulla_err err = { 0 };
	unsigned got;
	enum bulla_status st = BULLA_OK;

	/* Its search for leaks, at the end, needs what this takes. */
	if (!inbox_sanitized)
		st = bulla_confine(NULL, 0, BULLA_CONFINE_LANDLOCK, &got,
		    &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&s->in->c, NULL, st, &err);
}

static int
start_both(struct supervisor *s)
{
	unsigned answers = 0;
	int code = child_await(s, &s->signer, &answers);

	close_all(s->lane[1]);
	if (code != CMD_YES)
		return code;
	if (!forget_input(s))
		return CMD_TROUBLE;
	s->in->has_small = (answers & 1) != 0;
	s->in->has_who = (answers & 2) != 0;
	s->signals = signals_open();
	if (s->signals == -1)
		return CMD_TROUBLE;
	code = child_await(s, &s->network, &answers);
	close_all(s->lane[0]);
	if (code == CMD_YES)
		code = confine(s);
	if (code == CMD_YES)
		return code;
	/* Without its lanes the signer ends by itself. */
	child_close(&s->network);
	s->stopping = true;
	(void)watch(s);
	return code;
}

int
inbox_supervise(struct inbox *in)
{
	struct supervisor s = { .in = in, .signals = -1, .null = -1, .code = CMD_YES,
	    .signer = { "signer", 0, -1 }, .network = { "network", 0, -1 } };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code;

	memset(s.lane, 0xff, sizeof(s.lane));	/* -1 */
	in->supervisor = getpid();
	st = lanes_open(&s, &err);
	code = st == BULLA_OK ? start_both(&s) : cmd_fail(&in->c, NULL, st,
	    &err);
	if (code == CMD_YES)
		code = watch(&s);
	close_all(s.lane[0]);
	close_all(s.lane[1]);
	child_close(&s.signer);
	child_close(&s.network);
	if (s.signals != -1)
		(void)close(s.signals);
	if (s.null != -1)
		(void)close(s.null);
	return code;
}
