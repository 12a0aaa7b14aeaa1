/*
 * sysfault [-f CALL] [-e ERRNO] [-kl] [-n K] [-r REPORT] COMMAND...: runs
 * COMMAND and makes one of its system calls fail, with a seccomp filter whose
 * calls this process answers.
 *
 *	-f CALL   count only this one; or "all" (default: those in table[])
 *	-n K      the K-th counted call (default: none)
 *	-e ERRNO  fails with ERRNO and is not run ("ENOSPC"); a close has closed
 *		  all the same, as Linux does it
 *	-k        or the process dies of SIGKILL before it
 *	-r FILE   "total N", and "hit CALL WHAT": the path of the call's file
 *	-l        also "call K CALL WHAT" for each one
 *
 * Calls are counted over all threads, from the tool's PR_SET_DUMPABLE on:
 * what the dynamic loader does before is none of ours. Exits as COMMAND
 * does, with 128 + N for a signal; 99 for trouble of its own, 77 where the
 * kernel has no such filters.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum what { FD, PATH, AT, NONE };	/* where a call names its file */

static const struct call {
	const char *name;
	int nr;
	enum what what;
} table[] = {
#ifdef SYS_open
	{ "open", SYS_open, PATH },
#endif
#ifdef SYS_mkdir
	{ "mkdir", SYS_mkdir, PATH },
#endif
#ifdef SYS_renameat
	{ "renameat", SYS_renameat, AT },
#endif
	{ "openat", SYS_openat, AT }, { "close", SYS_close, FD },
	{ "read", SYS_read, FD }, { "pread64", SYS_pread64, FD },
	{ "readv", SYS_readv, FD }, { "preadv", SYS_preadv, FD },
	{ "write", SYS_write, FD }, { "pwrite64", SYS_pwrite64, FD },
	{ "writev", SYS_writev, FD }, { "pwritev", SYS_pwritev, FD },
	{ "syncfs", SYS_syncfs, FD }, { "fsync", SYS_fsync, FD },
	{ "fdatasync", SYS_fdatasync, FD },
	{ "ftruncate", SYS_ftruncate, FD }, { "lseek", SYS_lseek, FD },
	{ "fallocate", SYS_fallocate, FD },
	{ "getdents64", SYS_getdents64, FD },
	{ "copy_file_range", SYS_copy_file_range, FD },
	{ "renameat2", SYS_renameat2, AT }, { "linkat", SYS_linkat, AT },
	{ "mkdirat", SYS_mkdirat, AT }, { "fchmod", SYS_fchmod, FD },
	{ "mmap", SYS_mmap, NONE }, { "clone", SYS_clone, NONE },
#ifdef SYS_clone3
	{ "clone3", SYS_clone3, NONE },
#endif
};
enum { TABLE_LEN = sizeof(table) / sizeof(table[0]) };

static const struct name_of_errno {
	const char *name;
	int value;
} errnos[] = {
	{ "ENOSPC", ENOSPC }, { "EIO", EIO }, { "EDQUOT", EDQUOT },
	{ "EROFS", EROFS }, { "EMFILE", EMFILE }, { "EACCES", EACCES },
	{ "ENOMEM", ENOMEM }, { "EAGAIN", EAGAIN }, { "EINTR", EINTR },
};

static struct {
	const char *only;		/* -f */
	bool all, kill;
	int error;
	unsigned long at, count;	/* -n; calls seen */
	bool begun, list;
	FILE *report;
} f;

static int
errno_of(const char *name)
{
	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
		if (strcmp(errnos[i].name, name) == 0)
			return errnos[i].value;
	errx(99, "%s: unknown error", name);
}

static bool
watched(const struct call *c)
{
	return f.only == NULL || strcmp(f.only, c->name) == 0;
}

static size_t
put(struct sock_filter *p, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	*p = (struct sock_filter){ code, jt, jf, k };
	return 1;
}

/* sendmsg passes, so that the filter's descriptor can be handed over. */
static int
install(void)
{
	struct sock_filter code[2 * TABLE_LEN + 8];
	struct sock_fprog prog = { 0, code };
	const uint16_t eq = BPF_JMP | BPF_JEQ | BPF_K, ret = BPF_RET | BPF_K;
	size_t n = put(code, BPF_LD | BPF_W | BPF_ABS, 0, 0,
	    offsetof(struct seccomp_data, nr));

	n += put(code + n, eq, 0, 1, SYS_sendmsg);
	n += put(code + n, ret, 0, 0, SECCOMP_RET_ALLOW);
	n += put(code + n, eq, 0, 1, SYS_prctl);
	n += put(code + n, ret, 0, 0, SECCOMP_RET_USER_NOTIF);
	for (size_t i = 0; i < TABLE_LEN; i++) {
		if (f.all || !watched(&table[i]))
			continue;
		n += put(code + n, eq, 0, 1, (uint32_t)table[i].nr);
		n += put(code + n, ret, 0, 0, SECCOMP_RET_USER_NOTIF);
	}
	n += put(code + n, ret, 0, 0,
	    f.all ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW);
	prog.len = (unsigned short)n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
}

/* Give a descriptor away, or (-1) take one. */
static int
pass_fd(int sock, int fd)
{
	char byte = 0;
	struct iovec v = { &byte, 1 };
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} c = { { 0 } };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = c.buf, .msg_controllen = sizeof(c.buf) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	if (fd == -1) {
		if (recvmsg(sock, &m, MSG_CMSG_CLOEXEC) != 1 ||
		    m.msg_controllen == 0)
			return -1;
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
		return fd;
	}
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	return sendmsg(sock, &m, 0) == 1 ? 0 : -1;
}

/* The file that a call is about, "-" when that cannot be told. */
static void
describe(const struct seccomp_notif *n, enum what what, char *out, size_t cap)
{
	struct iovec here = { out, cap - 1 }, there = { NULL, cap - 1 };
	char link[64];
	ssize_t len = -1;

	if (what == FD) {
		(void)snprintf(link, sizeof(link), "/proc/%u/fd/%d", n->pid,
		    (int)n->data.args[0]);
		len = readlink(link, out, cap - 1);
	} else if (what != NONE) {
		there.iov_base = (void *)(uintptr_t)
		    n->data.args[what == AT ? 1 : 0];
		here.iov_len = there.iov_len = 256;
		len = process_vm_readv((pid_t)n->pid, &here, 1, &there, 1, 0);
		if (len > 0)
			len = (ssize_t)strnlen(out, (size_t)len);
	}
	(void)snprintf(out + (len > 0 ? len : 0),
	    cap - (size_t)(len > 0 ? len : 0), "%s", len > 0 ? "" : "-");
}

static void
tell(const struct seccomp_notif *n)
{
	const struct call *c = NULL;
	char what[4200] = "-";

	for (size_t i = 0; i < TABLE_LEN; i++)
		if (table[i].nr == n->data.nr)
			c = &table[i];
	if (c != NULL)
		describe(n, c->what, what, sizeof(what));
	if (f.list)
		fprintf(f.report, "call %lu %s %s\n", f.count,
		    c != NULL ? c->name : "other", what);
	if (f.count == f.at)
		fprintf(f.report, "hit %s %s\n",
		    c != NULL ? c->name : "other", what);
}

/* /dev/null takes its place: what was there is let go of, locks as well. */
static void
close_there(int listener, const struct seccomp_notif *n)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct seccomp_notif_addfd a = { .id = n->id,
	    .flags = SECCOMP_ADDFD_FLAG_SETFD, .srcfd = (uint32_t)null,
	    .newfd = (uint32_t)n->data.args[0], .newfd_flags = O_CLOEXEC };

	/* a descriptor that was none, or a process that has gone meanwhile */
	if (null == -1 || (ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a) ==
	    -1 && errno != EBADF && errno != ENOENT))
		err(99, "close");
	(void)close(null);
}

static void
answer(int listener, pid_t child)
{
	struct seccomp_notif n = { 0 };
	struct seccomp_notif_resp r = { 0 };
	bool counted;

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) != 0)
		return;		/* interrupted, or gone meanwhile */
	counted = f.begun && (n.data.nr != SYS_prctl || f.all);
	if (n.data.nr == SYS_prctl && n.data.args[0] == PR_SET_DUMPABLE)
		f.begun = true;
	r.id = n.id;
	r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	if (counted && (++f.count == f.at || f.list) && f.report != NULL)
		tell(&n);
	if (counted && f.count == f.at) {
		if (f.kill)
			(void)kill(child, SIGKILL);
		else if (f.error != 0) {
			if (n.data.nr == SYS_close)
				close_there(listener, &n);
			r.flags = 0;
			r.error = -f.error;
		}
	}
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

static int
supervise(int listener, pid_t child)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	int status;

	/* The last task that has the filter hangs up. */
	while (poll(&p, 1, -1) >= 0 || errno == EINTR) {
		if ((p.revents & POLLIN) != 0)
			answer(listener, child);
		else if ((p.revents & (POLLHUP | POLLERR)) != 0)
			break;
	}
	if (waitpid(child, &status, 0) != child)
		err(99, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

static _Noreturn void
child_main(int sock, char **argv)
{
	int fd = install();

	if (fd == -1)
		_exit(77);
	if (pass_fd(sock, fd) != 0)
		_exit(99);
	(void)execvp(argv[0], argv);
	_exit(99);
}

int
main(int argc, char **argv)
{
	const char *report = NULL;
	int ch, sock[2], listener, code, status;
	pid_t child;

	while ((ch = getopt(argc, argv, "+f:e:kln:r:")) != -1) {
		if (ch == 'f')
			f.only = optarg;
		else if (ch == 'e')
			f.error = errno_of(optarg);
		else if (ch == 'k')
			f.kill = true;
		else if (ch == 'l')
			f.list = true;
		else if (ch == 'n')
			f.at = strtoul(optarg, NULL, 10);
		else if (ch == 'r')
			report = optarg;
		else
			return 99;
	}
	if (optind == argc)
		errx(99, "usage: sysfault [options] COMMAND...");
	if (report != NULL && (f.report = fopen(report, "we")) == NULL)
		err(99, "%s", report);
	f.all = f.only != NULL && strcmp(f.only, "all") == 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) != 0)
		err(99, "socketpair");
	child = fork();
	if (child == 0)
		child_main(sock[0], argv + optind);
	if (child == -1)
		err(99, "fork");
	(void)close(sock[0]);
	listener = pass_fd(sock[1], -1);
	if (listener == -1)
		return waitpid(child, &status, 0) == child &&
		    WIFEXITED(status) ? WEXITSTATUS(status) : 99;
	code = supervise(listener, child);
	if (f.report != NULL &&
	    (fprintf(f.report, "total %lu\n", f.count) < 0 ||
	    fclose(f.report) != 0))
		err(99, "%s", report);
	return code;
}
