#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "bulla/keyfile.h"
#include "scratch.h"

TestSuite(keyfile, .init = scratch_enter, .fini = scratch_leave);

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
	unsigned n = n_open();
	size_t size = 42;
	int fd = 42;

	cr_assert_eq(bulla_keyfile_open(name, &fd, &size, &e), want, "%s",
	    name);
	if (strcmp(e.msg, msg) != 0)
		cr_assert_fail("%s\n%s", e.msg, msg);
	cr_assert(fd == 42 && size == 42);
	cr_assert_eq(n_open(), n, "%s", name);
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
