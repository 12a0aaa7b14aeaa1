#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "outbox.h"

volatile sig_atomic_t outbox_stopping;

static void
stop(int sig)
{
	(void)sig;
	outbox_stopping = 1;
}

static void
signal_set(sigset_t *s)
{
	(void)sigemptyset(s);
	(void)sigaddset(s, SIGTERM);
	(void)sigaddset(s, SIGINT);
}

void
outbox_signals(void)
{
	struct sigaction a = { .sa_handler = stop };
	sigset_t s;

	signal_set(&s);
	(void)sigprocmask(SIG_BLOCK, &s, NULL);
	(void)sigemptyset(&a.sa_mask);
	(void)sigaction(SIGTERM, &a, NULL);
	(void)sigaction(SIGINT, &a, NULL);
}

int
outbox_poll(struct pollfd *p, size_t n, int timeout_ms)
{
	struct timespec t = { .tv_sec = timeout_ms / 1000,
	    .tv_nsec = (long)(timeout_ms % 1000) * 1000000 };
	sigset_t none;

	(void)sigemptyset(&none);
	return ppoll(p, n, timeout_ms < 0 ? NULL : &t, &none);
}

/* In the child: nothing of ours but the environment goes on. */
static _Noreturn void
become(char *const *argv, char *const *envp, int out, pid_t parent)
{
	struct sigaction a = { .sa_handler = SIG_DFL };
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigaction(SIGPIPE, &a, NULL);
	(void)sigaction(SIGTERM, &a, NULL);
	(void)sigaction(SIGINT, &a, NULL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (null == -1 || setsid() == -1 || dup2(null, 0) == -1 ||
	    dup2(out, 1) == -1 || dup2(out, 2) == -1 ||
	    prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		_exit(CMD_TROUBLE);
	if (getppid() != parent)
		_exit(CMD_TROUBLE);
	if (null > 2)
		(void)close(null);
	if (envp != NULL)
		(void)execve(argv[0], argv, envp);
	else
		(void)execv(argv[0], argv);
	(void)dprintf(2, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(CMD_TROUBLE);
}

enum bulla_status
outbox_start(struct outbox_child *p, char *const *argv, char *const *envp,
    struct bulla_err *err)
{
	pid_t pid, self = getpid();
	int fd[2];

	p->pid = 0;
	p->fd = -1;
	p->len = 0;
	p->cut = false;
	if (pipe2(fd, O_CLOEXEC) != 0)
		return bulla_fail_sys(err, "cannot make a pipe");
	pid = fork();
	if (pid == 0)
		become(argv, envp, fd[1], self);
	if (pid == -1) {
		enum bulla_status st = bulla_fail_sys(err,
		    "cannot start a process");

		(void)close(fd[0]);
		(void)close(fd[1]);
		return st;
	}
	(void)close(fd[1]);
	p->pid = pid;
	p->fd = fd[0];
	return BULLA_OK;
}

bool
outbox_read(struct outbox_child *p)
{
	char buf[4096];
	ssize_t n = read(p->fd, buf, sizeof(buf));
	size_t len, over;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	len = (size_t)n;
	if (p->len + len > sizeof(p->tail)) {
		over = p->len + len - sizeof(p->tail);
		memmove(p->tail, p->tail + over, p->len - over);
		p->len -= over;
		p->cut = true;
	}
	memcpy(p->tail + p->len, buf, len);
	p->len += len;
	return n > 0;
}

int
outbox_wait(struct outbox_child *p)
{
	int status = 0;
	pid_t r;

	(void)close(p->fd);
	p->fd = -1;
	do
		r = waitpid(p->pid, &status, 0);
	while (r == -1 && errno == EINTR);
	p->pid = 0;
	if (r == -1)
		return CMD_TROUBLE;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

static int64_t
clock_ms(void)
{
	struct timespec t;

	BULLA_CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * The pipe can be closed before its end, or stay open in a process that it
 * left behind: neither makes us wait longer than the limit.
 */
int
outbox_wait_for(struct outbox_child *p, unsigned secs)
{
	int64_t end = clock_ms() + (int64_t)secs * 1000;
	bool more = true, over = false;
	siginfo_t info = { 0 };
	int code;

	for (;;) {
		struct pollfd f = { .fd = more ? p->fd : -1,
		    .events = POLLIN };

		if (waitid(P_PID, (id_t)p->pid, &info,
		    WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0)
			break;
		over = clock_ms() >= end || outbox_stopping;
		if (over)
			break;
		if (outbox_poll(&f, 1, 50) > 0 && more)
			more = outbox_read(p);
	}
	(void)kill(-p->pid, SIGKILL);
	for (struct pollfd f = { .fd = p->fd, .events = POLLIN };
	    more && poll(&f, 1, 0) > 0;)
		more = outbox_read(p);
	code = outbox_wait(p);
	return over ? 124 : code;
}
