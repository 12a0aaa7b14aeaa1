#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "inbox_quarantine.h"
#include "inbox_supervisor.h"

#include "bulla/channel.h"
#include "bulla/confine.h"

#define STOP_SECS 30	/* that the network has when the signer has died */

static void
unblock_ends(void)
{
	sigset_t ends;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGHUP);
	(void)sigprocmask(SIG_UNBLOCK, &ends, NULL);
}

/* One that nobody sets. */
static int64_t
clock_secs(void)
{
	struct timespec t;

	BULLA_CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return t.tv_sec;
}

/* They finish what is under way; the signer ends when they have. */
static void
ask_to_end(struct supervisor *s)
{
	s->stopping = true;
	supervisor_close(&s->child[STOREKEEPER]);
	supervisor_close(&s->child[NETWORK]);
}

static void
end_now(struct supervisor *s, enum inbox_child which)
{
	if (s->child[which].pid > 0)
		(void)kill(s->child[which].pid, SIGKILL);
}

/* One of those is gone that an inbox cannot be without. */
static void
lost(struct supervisor *s, struct child *c, int status)
{
	c->pid = 0;
	supervisor_close(c);
	if (s->stopping && WIFEXITED(status)) {
		if (s->code == CMD_YES)
			s->code = supervisor_code(status);
		return;
	}
	supervisor_tell(s, c, status);
	s->code = CMD_TROUBLE;
	/* The network makes durable what came. The signer has done that. */
	ask_to_end(s);
	if (c != &s->child[NETWORK]) {
		s->kill_at = clock_secs() + STOP_SECS;
		return;
	}
	end_now(s, SIGNER);
	end_now(s, STOREKEEPER);
}

/* Whose pid it was; NULL: none of those. */
static struct child *
find(struct supervisor *s, pid_t pid)
{
	for (unsigned i = 0; i < CHILDREN; i++)
		if (s->child[i].pid == pid)
			return &s->child[i];
	return NULL;
}

/* Its place, or with 0 a free one; NULL: there is none. */
static pid_t *
verifier(struct supervisor *s, pid_t pid)
{
	for (unsigned i = 0; i < VERIFIERS_MAX; i++)
		if (s->verifier[i] == pid)
			return &s->verifier[i];
	return NULL;
}

static void
verifier_ended(struct supervisor *s, pid_t pid, int status)
{
	pid_t *place = verifier(s, pid);

	if (place == NULL)
		return;		/* of whoever was here before us */
	*place = 0;
	/* One that has said all is killed: no news. */
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		inbox_tell(s->in, "event=verifier-ended signal=%d",
		    WTERMSIG(status));
	else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		inbox_tell(s->in, "event=verifier-ended status=%d",
		    WEXITSTATUS(status));
}

static void
reap(struct supervisor *s)
{
	struct child *c;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		c = find(s, pid);
		if (c != NULL)
			lost(s, c, status);
		else
			verifier_ended(s, pid, status);
	}
}

/*
 * A signer that was taken over could ask for ever. Whoever has just died makes
 * room, though its signal has not come yet.
 */
static void
verifier_wanted(struct supervisor *s)
{
	pid_t pid, *place;
	int ctl;

	reap(s);
	place = verifier(s, 0);
	ctl = s->child[SIGNER].ctl;
	if (ctl == -1)
		return;
	if (place != NULL) {
		s->full = false;
		pid = inbox_verifier_start(ctl, s->null);
		*place = pid > 0 ? pid : 0;
		return;
	}
	if (!s->full)
		inbox_tell(s->in, "event=verifiers-full alive=%u",
		    (unsigned)VERIFIERS_MAX);
	s->full = true;
	inbox_verifier_none(ctl);
}

static void
signer_asks(struct supervisor *s)
{
	struct bulla_buf msg = BULLA_BUF_INIT(1);

	if (bulla_channel_recv(s->child[SIGNER].ctl, -1, &msg, NULL, NULL) ==
	    BULLA_OK)
		verifier_wanted(s);
	else
		supervisor_close(&s->child[SIGNER]);
	bulla_buf_free(&msg);
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
		cmd_say(&s->in->c, "stopping; uploads in progress are kept");
		ask_to_end(s);
		/* A second one ends all at once; uploads are safe anyway. */
		unblock_ends();
	}
}

static int
watch(struct supervisor *s)
{
	while (s->child[SIGNER].pid != 0 || s->child[NETWORK].pid != 0 ||
	    s->child[STOREKEEPER].pid != 0) {
		struct pollfd p[] = { { .fd = s->signals, .events = POLLIN },
		    { .fd = s->child[SIGNER].ctl, .events = POLLIN } };

		/* A descriptor of -1 is passed over. */
		if (poll(p, 2, s->kill_at != 0 ? 1000 : -1) < 0)
			continue;
		if (p[0].revents != 0)
			signal_came(s);
		if (p[1].revents != 0 && s->child[SIGNER].ctl != -1)
			signer_asks(s);
		if (s->kill_at != 0 && clock_secs() >= s->kill_at) {
			end_now(s, NETWORK);
			end_now(s, STOREKEEPER);
		}
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
	(void)sigaddset(&all, SIGHUP);
	(void)sigaddset(&all, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	return signalfd(-1, &all, SFD_CLOEXEC);
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
start_all(struct supervisor *s)
{
	unsigned answers = 0, none;
	int code = supervisor_start(s, SIGNER, &answers);

	if (code != CMD_YES)
		return code;
	if (!forget_input(s))
		return CMD_TROUBLE;
	s->in->has_small = (answers & 1) != 0;
	s->in->has_who = (answers & 2) != 0;
	s->signals = signals_open();
	if (s->signals == -1)
		return CMD_TROUBLE;
	if (s->in->store != NULL)
		code = supervisor_start(s, STOREKEEPER, &none);
	if (code == CMD_YES)
		code = supervisor_start(s, NETWORK, &none);
	if (code == CMD_YES)
		code = confine(s);
	if (code == CMD_YES)
		return code;
	/* Without its lanes the signer ends by itself. */
	supervisor_close_ends(s);
	ask_to_end(s);
	(void)watch(s);
	return code;
}

int
inbox_supervise(struct inbox *in)
{
	struct supervisor s = { .in = in, .signals = -1, .null = -1,
	    .code = CMD_YES, .child = { [SIGNER] = { "signer", 0, -1 },
	    [STOREKEEPER] = { "storekeeper", 0, -1 },
	    [NETWORK] = { "network", 0, -1 } } };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code;

	in->supervisor = getpid();
	st = inbox_quarantine_page(in) ? supervisor_open_ends(&s, &err) :
	    bulla_fail(&err, BULLA_E_NOMEM, "out of memory");
	code = st == BULLA_OK ? start_all(&s) : cmd_fail(&in->c, NULL, st,
	    &err);
	inbox_quarantine_forget(in);
	if (code == CMD_YES)
		code = watch(&s);
	supervisor_close_ends(&s);
	for (unsigned i = 0; i < CHILDREN; i++)
		supervisor_close(&s.child[i]);
	if (s.signals != -1)
		(void)close(s.signals);
	if (s.null != -1)
		(void)close(s.null);
	return code;
}
