#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "bulla/io.h"
#include "bulla/keyfile.h"

/*
 * The echo is off only while every signal that could end or stop us is held
 * back; one that arrives is seen through a signalfd, the terminal is put
 * right, and only then is it let through. No handler and no global state.
 */
struct tty {
	int fd, sigfd;
	sigset_t held, before;
	struct termios normal;
};

/* Where typed bytes go: kept, or compared with what was kept before. */
struct typed {
	uint8_t *out;
	size_t cap, len;
	size_t want;		/* bytes to compare with, when compare */
	bool compare, differs, over;
};

enum outcome { LINE, NO_LINE, SIGNAL, FAILED };

static void
typed_add(struct typed *t, uint8_t c)
{
	if (t->compare) {
		if (t->len >= t->want || t->out[t->len] != c)
			t->differs = true;
		if (t->len < t->want)
			t->len++;
		return;
	}
	if (t->len == t->cap)
		t->over = true;
	else
		t->out[t->len++] = c;
}

/* Signals that are ignored stay so; SIGTTIN must be let through (EIO). */
static void
choose_signals(sigset_t *set)
{
	static const int all[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGTSTP, SIGUSR1,
		SIGUSR2
	};
	struct sigaction sa;

	(void)sigemptyset(set);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (sigaction(all[i], NULL, &sa) == 0 &&
		    sa.sa_handler != SIG_IGN)
			(void)sigaddset(set, all[i]);
	}
}

static enum bulla_status
tty_open(struct tty *t, struct bulla_err *err)
{
	t->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (t->fd == -1 || tcgetattr(t->fd, &t->normal) != 0)
		return bulla_fail_sys(err,
		    "no terminal to ask for a passphrase on");
	choose_signals(&t->held);
	t->sigfd = signalfd(-1, &t->held, SFD_CLOEXEC | SFD_NONBLOCK);
	if (t->sigfd == -1)
		return bulla_fail_sys(err, "signalfd");
	return BULLA_OK;
}

static void
tty_close(struct tty *t)
{
	if (t->fd != -1)
		(void)close(t->fd);
	if (t->sigfd != -1)
		(void)close(t->sigfd);
}

static enum bulla_status
echo_off(struct tty *t, struct bulla_err *err)
{
	struct termios quiet = t->normal;

	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	quiet.c_lflag |= ICANON | ISIG;
	/* Fails only when its first argument is none of the three. */
	BULLA_CHECK(pthread_sigmask(SIG_BLOCK, &t->held, &t->before) == 0);
	if (tcsetattr(t->fd, TCSAFLUSH, &quiet) != 0) {
		(void)bulla_fail_sys(err, "terminal: cannot turn echo off");
		(void)pthread_sigmask(SIG_SETMASK, &t->before, NULL);
		return BULLA_E_IO;
	}
	return BULLA_OK;
}

/* *stopped: we were stopped and are going on; a held signal ends us here. */
static void
echo_on(struct tty *t, bool *stopped)
{
	sigset_t waiting;

	(void)sigemptyset(&waiting);
	(void)sigpending(&waiting);
	*stopped = sigismember(&waiting, SIGTSTP) == 1 &&
	    sigismember(&t->held, SIGTSTP) == 1;
	(void)tcsetattr(t->fd, TCSAFLUSH, &t->normal);
	(void)pthread_sigmask(SIG_SETMASK, &t->before, NULL);
}

/* One line, byte by byte, straight to its place. */
static enum outcome
read_line(const struct tty *t, struct typed *to)
{
	struct pollfd p[2] = {
		{ .fd = t->fd, .events = POLLIN },
		{ .fd = t->sigfd, .events = POLLIN },
	};
	bool any = false;
	uint8_t c = 0;
	ssize_t n = -1;

	for (;;) {
		if (poll(p, 2, -1) == -1) {
			if (errno == EINTR)
				continue;
			n = -1;
			break;
		}
		if (p[1].revents != 0)
			return SIGNAL;
		n = read(t->fd, &c, 1);
		if (n != 1 || c == '\n')
			break;
		any = true;
		typed_add(to, c);
	}
	explicit_bzero(&c, sizeof(c));
	if (n == -1)
		return FAILED;
	return n == 0 && !any ? NO_LINE : LINE;
}

/* Ask once; asks again when we were stopped meanwhile. */
static enum bulla_status
ask(struct tty *t, const char *prompt, struct typed *to,
    struct bulla_err *err)
{
	enum bulla_status st;
	enum outcome got;
	bool stopped;

	do {
		to->len = 0;
		to->differs = to->over = false;
		st = echo_off(t, err);
		if (st != BULLA_OK)
			return st;
		st = bulla_write_fd(t->fd, prompt, strlen(prompt), "terminal",
		    err);
		got = st == BULLA_OK ? read_line(t, to) : FAILED;
		if (got == FAILED && st == BULLA_OK)
			st = bulla_fail_sys(err, "terminal: cannot read");
		if (st == BULLA_OK)	/* the one typed was not echoed */
			st = bulla_write_fd(t->fd, "\n", 1, "terminal", err);
		echo_on(t, &stopped);
	} while (got == SIGNAL && stopped);
	errno = got == SIGNAL ? EINTR : 0;
	if (got == SIGNAL)
		return bulla_fail_sys(err, "terminal");
	if (got == NO_LINE)
		return bulla_fail(err, BULLA_E_IO, "no passphrase was given");
	if (st == BULLA_OK && to->over)
		return bulla_fail(err, BULLA_E_LIMIT,
		    "the passphrase is longer than %zu bytes", to->cap);
	return st;
}

static enum bulla_status
ask_again(struct tty *t, struct typed *to, struct bulla_err *err)
{
	enum bulla_status st;
	size_t first = to->len;

	to->compare = true;
	to->want = first;
	st = ask(t, "once more: ", to, err);
	if (st == BULLA_OK && (to->differs || to->len != first))
		st = bulla_fail(err, BULLA_E_REFUSED,
		    "the two passphrases differ");
	return st;
}

enum bulla_status
bulla_tty_ask(const char *prompt, bool twice, void *out, size_t cap,
    size_t *len, struct bulla_err *err)
{
	struct typed to = { .out = out, .cap = cap };
	struct tty t = { .fd = -1, .sigfd = -1 };
	enum bulla_status st;

	st = tty_open(&t, err);
	if (st == BULLA_OK)
		st = ask(&t, prompt, &to, err);
	if (st == BULLA_OK && twice)
		st = ask_again(&t, &to, err);
	tty_close(&t);
	if (st == BULLA_OK)
		*len = to.len;
	else if (cap > 0)
		explicit_bzero(out, cap);
	return st;
}

enum bulla_status
bulla_fd_ask(int fd, void *out, size_t cap, size_t *len,
    struct bulla_err *err)
{
	struct typed to = { .out = out, .cap = cap };
	struct bulla_reader_fd in;
	enum bulla_status st;
	uint8_t c = 0;
	size_t n;

	bulla_reader_fd_init(&in, fd, "passphrase");
	for (;;) {
		st = in.r.read(&in.r, &c, 1, &n, err);
		if (st != BULLA_OK || n == 0 || c == '\n')
			break;
		typed_add(&to, c);
		if (to.over) {
			st = bulla_fail(err, BULLA_E_LIMIT,
			    "the passphrase is longer than %zu bytes", cap);
			break;
		}
	}
	explicit_bzero(&c, sizeof(c));
	if (st == BULLA_OK)
		*len = to.len;
	else if (cap > 0)
		explicit_bzero(out, cap);
	return st;
}
