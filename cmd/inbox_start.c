#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inbox_supervisor.h"

#include "bulla/channel.h"

#define LOOK_MS 200	/* how soon a child that starts is given up */

/* The supervisor's children, and how each is begun. */
static void
close_all(int *fd, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (fd[i] != -1)
			(void)close(fd[i]);
		fd[i] = -1;
	}
}

static enum bulla_status
open_pairs(int *a, int *b, unsigned n, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	int pair[2];

	for (unsigned i = 0; i < n && st == BULLA_OK; i++) {
		st = bulla_channel_pair(pair, err);
		if (st != BULLA_OK)
			break;
		a[i] = pair[0];
		b[i] = pair[1];
	}
	return st;
}

enum bulla_status
supervisor_open_ends(struct supervisor *s, struct bulla_err *err)
{
	enum bulla_status st;

	memset(s->lane, 0xff, sizeof(s->lane));	/* -1 */
	memset(s->shelf, 0xff, sizeof(s->shelf));
	st = open_pairs(s->lane[0], s->lane[1], LANES, err);
	return st == BULLA_OK && s->in->store != NULL ?
	    open_pairs(s->shelf[0], s->shelf[1], JUDGE_LANES, err) : st;
}

void
supervisor_close_ends(struct supervisor *s)
{
	for (unsigned i = 0; i < 2; i++) {
		close_all(s->lane[i], LANES);
		close_all(s->shelf[i], JUDGE_LANES);
	}
}

void
supervisor_close(struct child *c)
{
	if (c->ctl != -1)
		(void)close(c->ctl);
	c->ctl = -1;
}

/* Each has its own ends of the channels, and nobody else's. */
static void
drop_ends(struct supervisor *s, enum inbox_child whose)
{
	if (whose == NETWORK)
		close_all(s->lane[0], LANES);
	if (whose == SIGNER) {
		close_all(s->lane[1], LANES);
		close_all(s->shelf[0], JUDGE_LANES);
	}
	if (whose == STOREKEEPER)
		close_all(s->shelf[1], JUDGE_LANES);
}

/* In the child: only what is its own, then its life. */
static _Noreturn void
child_run(struct supervisor *s, enum inbox_child which, int ctl)
{
	int code = CMD_TROUBLE;

	for (unsigned i = 0; i < CHILDREN; i++) {
		supervisor_close(&s->child[i]);
		if (i != which)
			drop_ends(s, i);
	}
	if (s->signals != -1)
		(void)close(s->signals);
	(void)prctl(PR_SET_NAME, s->child[which].name, 0, 0, 0);
	if (which == NETWORK)
		code = inbox_network(s->in, ctl, s->lane[0]);
	else if (which == STOREKEEPER)
		code = inbox_storekeeper(s->in, ctl, s->shelf[1]);
	else
		code = inbox_signer(s->in, ctl, s->lane[1], s->shelf[0]);
	/* Nothing else that was prepared before the fork is for this one. */
	_exit(cmd_stdout_done(&s->in->c, code));
}

int
supervisor_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : CMD_TROUBLE;
}

void
supervisor_tell(const struct supervisor *s, const struct child *c, int status)
{
	fprintf(stderr, WIFSIGNALED(status) ?
	    "%s: the %s process ended by signal %d; uploads are kept\n" :
	    "%s: the %s process ended with status %d; uploads are kept\n",
	    s->in->c.tool->name, c->name, WIFSIGNALED(status) ?
	    WTERMSIG(status) : supervisor_code(status));
}

static enum bulla_status
child_start(struct supervisor *s, enum inbox_child which,
    struct bulla_err *err)
{
	struct child *c = &s->child[which];
	int ctl[2];
	enum bulla_status st = bulla_channel_pair(ctl, err);

	if (st != BULLA_OK)
		return st;
	(void)fflush(NULL);
	c->pid = fork();
	if (c->pid == 0) {
		(void)close(ctl[0]);
		child_run(s, which, ctl[1]);
	}
	(void)close(ctl[1]);
	c->ctl = ctl[0];
	drop_ends(s, which);
	if (c->pid != -1)
		return BULLA_OK;
	c->pid = 0;
	return bulla_fail_sys(err, "fork");
}

/* Were we told to end, where such signals have to wait? */
static bool
told_to_end(void)
{
	sigset_t s;

	return sigpending(&s) == 0 && (sigismember(&s, SIGTERM) == 1 ||
	    sigismember(&s, SIGINT) == 1 || sigismember(&s, SIGHUP) == 1);
}

/* It may be waiting for a store that is silent: who ends us is heard. */
static enum bulla_status
hear(const struct child *c, struct bulla_buf *msg, struct bulla_err *err)
{
	struct pollfd p = { .fd = c->ctl, .events = POLLIN };

	while (poll(&p, 1, LOOK_MS) < 1)
		if (told_to_end())
			(void)kill(c->pid, SIGKILL);
	return bulla_channel_recv(c->ctl, -1, msg, NULL, err);
}

int
supervisor_start(struct supervisor *s, enum inbox_child which,
    unsigned *answers)
{
	struct child *c = &s->child[which];
	struct bulla_buf msg = BULLA_BUF_INIT(1);
	struct bulla_err err = { 0 };
	enum bulla_status st = child_start(s, which, &err);
	int status = 0;

	if (st != BULLA_OK)
		return cmd_fail(&s->in->c, NULL, st, &err);
	st = hear(c, &msg, &err);
	if (st == BULLA_OK && msg.len == 1)
		*answers = msg.p[0];
	bulla_buf_free(&msg);
	if (st == BULLA_OK)
		return CMD_YES;
	while (waitpid(c->pid, &status, 0) == -1 && errno == EINTR)
		;
	c->pid = 0;
	if (WIFSIGNALED(status))
		supervisor_tell(s, c, status);
	return supervisor_code(status);
}
