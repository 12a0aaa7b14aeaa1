/*
 * hostile.so (LD_PRELOAD): a hole in the verifier of an inbox. When it copies
 * a package whose notes say "ACT-...", the package has taken it over:
 *
 *	ACT-crash	it aborts; ACT-once: only the first time
 *	ACT-spin	it computes for ever
 *	ACT-eat		it takes all memory that it can get, then aborts
 *	ACT-bite	it tries to make the file $HOSTILE_MARK, to fork, and
 *			to kill its parent, and goes on as if nothing were
 *
 * With HOSTILE_SIGNER set it is the signer that was taken over: when it wants
 * its first verifier it asks for 64 of them and says on standard error how
 * many it got. Then they are ended, and it goes on.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_uint *crashes;	/* of all processes */
static const char *mark;

__attribute__((constructor)) static void
begin(void)
{
	void *p = mmap(NULL, sizeof(*crashes), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	crashes = p;
	mark = getenv("HOSTILE_MARK");
}

static bool
says(const void *buf, size_t n, const char *what)
{
	return memmem(buf, n, what, strlen(what)) != NULL;
}

static void
eat(void)
{
	while (malloc(16u << 20) != NULL)
		;
	abort();
}

static void
bite(void)
{
	if (mark != NULL)
		(void)!open(mark, O_WRONLY | O_CREAT, 0600);
	if (fork() == 0)
		_exit(0);
	(void)kill(getppid(), SIGKILL);
}

static void
act(const void *buf, size_t n)
{
	if (says(buf, n, "ACT-crash") ||
	    (says(buf, n, "ACT-once") && atomic_fetch_add(crashes, 1) == 0))
		abort();
	if (says(buf, n, "ACT-eat"))
		eat();
	if (says(buf, n, "ACT-bite"))
		bite();
	for (volatile unsigned i = 0; says(buf, n, "ACT-spin"); i++)
		;
}

static bool
is_process(const char *want)
{
	char name[16] = "";

	return prctl(PR_GET_NAME, name) == 0 && strcmp(name, want) == 0;
}

#define WANTED 64u

/* A reply of the supervisor; its descriptors in fd. False: it has none. */
static bool
one_more(int ctl, int fd[2])
{
	char reply[5], control[CMSG_SPACE(2 * sizeof(int))];
	struct iovec v = { reply, sizeof(reply) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *h;
	ssize_t n = recvmsg(ctl, &m, 0), more;

	for (; n > 0 && n < (ssize_t)sizeof(reply); n += more)
		if ((more = read(ctl, reply + n, sizeof(reply) -
		    (size_t)n)) < 1)
			abort();
	h = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (h == NULL)
		return false;
	memcpy(fd, CMSG_DATA(h), 2 * sizeof(int));
	return true;
}

static void
end(const int fd[2])
{
	struct pollfd p = { .fd = fd[1], .events = POLLIN };

	(void)syscall(SYS_pidfd_send_signal, fd[1], SIGKILL, NULL, 0);
	(void)poll(&p, 1, -1);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

/* "V" was asked for once; afterwards it is asked for again. */
static void
want_all(int ctl)
{
	static const char ask[] = { 0, 0, 0, 1, 'V' };
	int fd[WANTED][2];
	unsigned n = 0;
	char line[64];

	for (unsigned i = 0; i < WANTED; i++) {
		n += one_more(ctl, fd[n]);
		if (i + 1 < WANTED && write(ctl, ask, sizeof(ask)) !=
		    sizeof(ask))
			abort();
	}
	(void)snprintf(line, sizeof(line), "got %u of %u verifiers\n", n,
	    WANTED);
	(void)!write(STDERR_FILENO, line, strlen(line));
	while (n > 0)
		end(fd[--n]);
	if (write(ctl, ask, sizeof(ask)) != sizeof(ask))
		abort();
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	static ssize_t (*real)(int, const struct msghdr *, int);
	static atomic_flag once = ATOMIC_FLAG_INIT;
	bool asks = m->msg_iovlen == 1 && m->msg_iov[0].iov_len == 1 &&
	    *(const char *)m->msg_iov[0].iov_base == 'V';
	ssize_t n;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "sendmsg");
	n = real(fd, m, flags);
	if (asks && n == 1 && getenv("HOSTILE_SIGNER") != NULL &&
	    is_process("signer") && !atomic_flag_test_and_set(&once))
		want_all(fd);
	return n;
}

ssize_t
write(int fd, const void *buf, size_t n)
{
	static ssize_t (*real)(int, const void *, size_t);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "write");
	if (is_process("verifier") && says(buf, n, "ACT-"))
		act(buf, n);
	return real(fd, buf, n);
}
