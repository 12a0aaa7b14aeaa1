#include <criterion/criterion.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "bulla/keyfile.h"

TestSuite(tty, .timeout = 20);

/* A child on a terminal of its own, whose other end the test holds. */
struct dialogue {
	int master;
	pid_t pid;
	char seen[1024];	/* what came out of the terminal */
	size_t n_seen;
};

static void
report(enum bulla_status st, const char *out, size_t len,
    const struct bulla_err *e)
{
	(void)!printf("<%s|%.*s|%s>\n", bulla_status_name(st),
	    st == BULLA_OK ? (int)len : 0, out, e->msg);
	(void)fflush(stdout);
}

static int got_signal;

static void
on_signal(int sig)
{
	got_signal = sig;
}

enum setting { PLAIN, TWICE, HANDLER, IGNORED };

static _Noreturn void
child(enum setting how)
{
	struct bulla_err e = { 0 };
	enum bulla_status st;
	char out[8] = "xxxxxxx";
	bool wiped = true;
	size_t len = 0;

	(void)signal(SIGINT, how == HANDLER ? on_signal :
	    how == IGNORED ? SIG_IGN : SIG_DFL);
	st = bulla_tty_ask("Pass: ", how == TWICE, out, sizeof(out), &len, &e);
	for (size_t i = 0; i < sizeof(out); i++)
		wiped = wiped && out[i] == '\0';
	report(st, out, len, &e);
	_exit(st == BULLA_OK || wiped ? 0 : 9);
}

static void
start(struct dialogue *d, enum setting how)
{
	*d = (struct dialogue){ .master = -1 };
	d->pid = forkpty(&d->master, NULL, NULL, NULL);
	cr_assert_neq(d->pid, -1);
	if (d->pid == 0)
		child(how);
}

static bool
echoes(const struct dialogue *d)
{
	struct termios t;

	cr_assert_eq(tcgetattr(d->master, &t), 0);
	return (t.c_lflag & ECHO) != 0;
}

/* Read until what is new in the terminal's output contains want. */
static void
expect(struct dialogue *d, const char *want)
{
	struct pollfd p = { .fd = d->master, .events = POLLIN };
	size_t from = d->n_seen;
	ssize_t n;

	while (strstr(d->seen + from, want) == NULL) {
		cr_assert_eq(poll(&p, 1, 10000), 1, "no '%s' in '%s'", want,
		    d->seen);
		n = read(d->master, d->seen + d->n_seen,
		    sizeof(d->seen) - 1 - d->n_seen);
		if (n <= 0)
			cr_assert_fail("no '%s' in '%s'", want, d->seen);
		d->n_seen += (size_t)n;
	}
}

static void
say(struct dialogue *d, const char *s)
{
	cr_assert_eq(write(d->master, s, strlen(s)), (ssize_t)strlen(s));
}

static int
finish(struct dialogue *d)
{
	int status;

	cr_assert_eq(waitpid(d->pid, &status, 0), d->pid);
	return status;
}

Test(tty, asks_without_echo)
{
	struct dialogue d;

	start(&d, PLAIN);
	expect(&d, "Pass: ");
	cr_assert_not(echoes(&d));
	say(&d, "hunter2\n");
	expect(&d, "<ok|hunter2|>");
	cr_assert(echoes(&d));
	cr_assert_eq(finish(&d), 0);
	/* once, in the report: the terminal itself never showed it */
	cr_assert_null(strstr(strstr(d.seen, "hunter2") + 1, "hunter2"));
}

Test(tty, asks_twice)
{
	struct dialogue d;

	start(&d, TWICE);
	expect(&d, "Pass: ");
	say(&d, "hunter2\n");
	expect(&d, "once more: ");
	cr_assert_not(echoes(&d));
	say(&d, "hunter2\n");
	expect(&d, "<ok|hunter2|>");
	cr_assert_eq(finish(&d), 0);
}

static void
differ(const char *a, const char *b)
{
	struct dialogue d;

	start(&d, TWICE);
	expect(&d, "Pass: ");
	say(&d, a);
	expect(&d, "once more: ");
	say(&d, b);
	expect(&d, "<refused||the two passphrases differ>");
	cr_assert_eq(finish(&d), 0);
}

Test(tty, differs_in_a_byte) { differ("abcd\n", "abce\n"); }
Test(tty, differs_shorter) { differ("abcd\n", "abc\n"); }
Test(tty, differs_longer) { differ("abcd\n", "abcde\n"); }
Test(tty, differs_empty) { differ("abcd\n", "\n"); }

Test(tty, eight_bytes_fit_and_nine_do_not)
{
	struct dialogue d;

	start(&d, PLAIN);
	expect(&d, "Pass: ");
	say(&d, "12345678\n");
	expect(&d, "<ok|12345678|>");
	cr_assert_eq(finish(&d), 0);
	start(&d, PLAIN);
	expect(&d, "Pass: ");
	say(&d, "123456789\n");
	expect(&d, "<limit||the passphrase is longer than 8 bytes>");
	cr_assert_eq(finish(&d), 0);
}

Test(tty, end_of_input)
{
	struct dialogue d;

	start(&d, PLAIN);
	expect(&d, "Pass: ");
	say(&d, "\x04");
	expect(&d, "<io||no passphrase was given>");
	cr_assert_eq(finish(&d), 0);
}

static void
killed_by(int sig)
{
	struct dialogue d;
	int status;

	start(&d, PLAIN);
	expect(&d, "Pass: ");
	say(&d, "hun");
	cr_assert_not(echoes(&d));
	cr_assert_eq(kill(d.pid, sig), 0);
	status = finish(&d);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == sig);
	cr_assert(echoes(&d), "signal %d", sig);
}

Test(tty, killed_with_the_echo_restored)
{
	killed_by(SIGINT);
	killed_by(SIGTERM);
	killed_by(SIGQUIT);
	killed_by(SIGHUP);
}

Test(tty, control_c)
{
	struct dialogue d;
	int status;

	start(&d, PLAIN);
	expect(&d, "Pass: ");
	say(&d, "hun\x03");
	status = finish(&d);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	cr_assert(echoes(&d));
}

Test(tty, a_handled_signal_ends_the_question)
{
	struct dialogue d;

	start(&d, HANDLER);
	expect(&d, "Pass: ");
	cr_assert_eq(kill(d.pid, SIGINT), 0);
	expect(&d, "<io||terminal: Interrupted system call>");
	cr_assert(echoes(&d));
	cr_assert_eq(finish(&d), 0);
}

Test(tty, an_ignored_signal_does_nothing)
{
	struct dialogue d;

	start(&d, IGNORED);
	expect(&d, "Pass: ");
	cr_assert_eq(kill(d.pid, SIGINT), 0);
	say(&d, "abc\n");
	expect(&d, "<ok|abc|>");
	cr_assert_eq(finish(&d), 0);
}

/* A stop from the keyboard is discarded in an orphaned group: by hand. */
Test(tty, stopped_and_continued_asks_again)
{
	struct dialogue d;
	int status;

	start(&d, HANDLER);
	expect(&d, "Pass: ");
	say(&d, "wro");
	cr_assert_eq(kill(d.pid, SIGTSTP), 0);
	expect(&d, "Pass: ");
	cr_assert_not(echoes(&d));
	say(&d, "right\n");
	expect(&d, "<ok|right|>");
	status = finish(&d);
	cr_assert_eq(status, 0);
}

Test(tty, hang_up)
{
	struct dialogue d;
	int status;

	start(&d, PLAIN);
	expect(&d, "Pass: ");
	close(d.master);
	status = finish(&d);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP);
}

Test(tty, no_terminal)
{
	struct bulla_err e = { 0 };
	char out[8];
	size_t len;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		(void)setsid();
		if (bulla_tty_ask("x", false, out, 8, &len, &e) != BULLA_E_IO)
			_exit(1);
		_exit(strncmp(e.msg, "no terminal to ask for a passphrase "
		    "on: ", 40) == 0 ? 0 : 2);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
}
