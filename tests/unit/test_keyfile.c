#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "bulla/keyfile.h"

static char top[] = "/tmp/bulla-test-XXXXXX";

static void
setup(void)
{
	cr_assert_not_null(mkdtemp(top));
	cr_assert_eq(chdir(top), 0);
	(void)umask(022);
}

static void
teardown(void)
{
	char cmd[64];

	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", top);
	cr_assert_eq(system(cmd), 0);
}

TestSuite(keyfile, .init = setup, .fini = teardown);
TestSuite(tty, .timeout = 20);

static void
make_file(const char *name, mode_t mode, off_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	cr_assert_neq(fd, -1);
	cr_assert_eq(ftruncate(fd, size), 0);
	cr_assert_eq(fchmod(fd, mode), 0);
	close(fd);
}

static void
refused(const char *name, enum bulla_status want, const char *msg)
{
	struct bulla_err e = { 0 };
	size_t size = 42;
	int fd = 42;

	cr_assert_eq(bulla_keyfile_open(name, &fd, &size, &e), want, "%s",
	    name);
	if (strcmp(e.msg, msg) != 0)
		cr_assert_fail("%s\n%s", e.msg, msg);
	cr_assert(fd == 42 && size == 42);
}

Test(keyfile, safe_ones_open)
{
	static const mode_t modes[] = { 0600, 0400, 0700 };
	size_t size;
	int fd;

	for (size_t i = 0; i < 3; i++) {
		make_file("k", modes[i], (off_t)(i * 7));
		cr_assert_eq(bulla_keyfile_open("k", &fd, &size, NULL),
		    BULLA_OK);
		cr_assert_eq(size, i * 7);
		cr_assert_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
		close(fd);
		cr_assert_eq(unlink("k"), 0);
	}
	make_file("k", 0600, BULLA_KEYFILE_MAX);
	cr_assert_eq(bulla_keyfile_open("k", &fd, &size, NULL), BULLA_OK);
	cr_assert_eq(size, BULLA_KEYFILE_MAX);
	close(fd);
}

Test(keyfile, every_bit_for_others_is_refused)
{
	char msg[200];

	for (mode_t bit = 1; bit <= 040; bit <<= 1) {
		make_file("k", 0600 | bit, 1);
		(void)snprintf(msg, sizeof(msg), "k: mode %04o lets others "
		    "at it; mend it with: chmod 600 'k'", 0600 | bit);
		refused("k", BULLA_E_UNSAFE, msg);
		cr_assert_eq(unlink("k"), 0);
	}
}

Test(keyfile, too_long)
{
	make_file("k", 0600, BULLA_KEYFILE_MAX + 1);
	refused("k", BULLA_E_LIMIT,
	    "k: longer than the 65536 bytes a key file may have");
	make_file("k", 0600, (off_t)1 << 40);
	refused("k", BULLA_E_LIMIT,
	    "k: longer than the 65536 bytes a key file may have");
}

#define NOT_REGULAR ": not a regular file; copy the key into one"

/* .timeout: opening the fifo must not wait for a writer. */
Test(keyfile, only_regular_files, .timeout = 10)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = "sock" };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	make_file("real", 0600, 1);
	cr_assert_eq(symlink("real", "link"), 0);
	cr_assert_eq(mkfifo("fifo", 0600), 0);
	cr_assert_eq(mkdir("dir", 0700), 0);
	cr_assert_eq(bind(s, (struct sockaddr *)&sa, sizeof(sa)), 0);
	refused("link", BULLA_E_UNSAFE,
	    "link: a symbolic link; name the file itself");
	refused("fifo", BULLA_E_UNSAFE, "fifo" NOT_REGULAR);
	refused("dir", BULLA_E_UNSAFE, "dir" NOT_REGULAR);
	refused("sock", BULLA_E_UNSAFE, "sock" NOT_REGULAR);
	refused("/dev/null", BULLA_E_UNSAFE, "/dev/null" NOT_REGULAR);
}

Test(keyfile, missing_and_strangely_named)
{
	refused("a\x1b[2J", BULLA_E_IO,
	    "a\\x1b[2J: cannot open: No such file or directory");
}

Test(keyfile, of_another_user)
{
	struct stat sb;

	make_file("k", 0600, 1);
	if (geteuid() != 0 || chown("k", 12345, 12345) != 0) {
		printf("SKIP: of_another_user: needs root\n");
		return;
	}
	refused("k", BULLA_E_UNSAFE,
	    "k: belongs to user 12345; mend it with: chown 0 'k'");
	cr_assert_eq(stat("k", &sb), 0);
	cr_assert_eq(chmod(".", 0777), 0);
	cr_assert_eq(seteuid(12345), 0);
	cr_assert_eq(bulla_keyfile_open("k", &(int){ 0 }, &(size_t){ 0 },
	    NULL), BULLA_OK);
	cr_assert_eq(seteuid(0), 0);
}

/* What the child finds, as its exit status. */
static int
hardened(void)
{
	struct rlimit r;
	struct stat sb;
	char c;

	for (int fd = 0; fd <= 2; fd++)
		close(fd);
	bulla_process_harden();
	if (getrlimit(RLIMIT_CORE, &r) != 0 || r.rlim_cur != 0 ||
	    r.rlim_max != 0)
		return 1;
	if (prctl(PR_GET_DUMPABLE) != 0)
		return 2;
	if (umask(0) != 077)
		return 3;
	if (signal(SIGPIPE, SIG_DFL) != SIG_IGN)
		return 4;
	for (int fd = 0; fd <= 2; fd++) {
		if (fstat(fd, &sb) != 0 || !S_ISCHR(sb.st_mode))
			return 5;
	}
	if (read(0, &c, 1) != -1 || write(1, "x", 1) != -1 ||
	    write(2, "x", 1) != -1)
		return 6;
	return 0;
}

Test(keyfile, hardening)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(hardened());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "%d", WEXITSTATUS(status));
}

Test(keyfile, hardening_leaves_open_descriptors)
{
	int p[2], status;
	pid_t pid;
	char c = 0;

	cr_assert_eq(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(p[1], STDOUT_FILENO);
		bulla_process_harden();
		_exit(write(STDOUT_FILENO, "x", 1) == 1 ? 0 : 1);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
	cr_assert_eq(read(p[0], &c, 1), 1);
	cr_assert_eq(c, 'x');
}

static int
pipe_with(const char *s, size_t n)
{
	int p[2];

	cr_assert_eq(pipe(p), 0);
	cr_assert_eq(write(p[1], s, n), (ssize_t)n);
	close(p[1]);
	return p[0];
}

Test(keyfile, passphrase_from_a_descriptor)
{
	char out[8], rest[8];
	int fd = pipe_with("pass\nmore", 9);
	size_t len = 42;

	cr_assert_eq(bulla_fd_ask(fd, out, 8, &len, NULL), BULLA_OK);
	cr_assert_eq(len, 4);
	cr_assert_arr_eq(out, "pass", 4);
	cr_assert_eq(read(fd, rest, 8), 4);	/* "more" is still there */
	fd = pipe_with("12345678", 8);
	cr_assert_eq(bulla_fd_ask(fd, out, 8, &len, NULL), BULLA_OK);
	cr_assert_eq(len, 8);
	fd = pipe_with("a\r\0b\n", 5);
	cr_assert_eq(bulla_fd_ask(fd, out, 8, &len, NULL), BULLA_OK);
	cr_assert_eq(len, 4);
	cr_assert_arr_eq(out, "a\r\0b", 4);
	fd = pipe_with("\n", 1);
	cr_assert_eq(bulla_fd_ask(fd, out, 8, &len, NULL), BULLA_OK);
	cr_assert_eq(len, 0);
	fd = pipe_with("", 0);
	cr_assert_eq(bulla_fd_ask(fd, out, 8, &len, NULL), BULLA_OK);
	cr_assert_eq(len, 0);
}

Test(keyfile, passphrase_refusals_wipe)
{
	static const char zeros[8];
	struct bulla_err e = { 0 };
	char out[8] = "xxxxxxx";
	size_t len = 42;

	cr_assert_eq(bulla_fd_ask(pipe_with("123456789\n", 10), out, 8, &len,
	    &e), BULLA_E_LIMIT);
	cr_assert_str_eq(e.msg, "the passphrase is longer than 8 bytes");
	cr_assert_arr_eq(out, zeros, 8);
	memset(out, 'x', 8);
	cr_assert_eq(bulla_fd_ask(-1, out, 8, &len, &e), BULLA_E_IO);
	cr_assert_str_eq(e.msg,
	    "passphrase: cannot read: Bad file descriptor");
	cr_assert_arr_eq(out, zeros, 8);
	cr_assert_eq(len, 42);
}

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
