#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "confine_int.h"
#include "seccomp_calls.h"

/*
 * An allow-list, written out as a BPF program: the architecture, then one
 * comparison for each call, then a refusal. A refused call fails and nothing
 * dies: a C library that tries something newer finds out and goes on.
 */
#define PROGRAM_MAX 640u

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

struct program {
	struct sock_filter f[PROGRAM_MAX];
	unsigned short n;
};

#define LOW(i) ((uint32_t)offsetof(struct seccomp_data, args[i]))
#define HIGH(i) (LOW(i) + 4u)	/* both CPUs are little-endian */

static void
emit(struct program *p, unsigned code, uint32_t k, unsigned yes, unsigned no)
{
	BULLA_CHECK(p->n < PROGRAM_MAX);
	p->f[p->n++] = (struct sock_filter){ (uint16_t)code, (uint8_t)yes,
	    (uint8_t)no, k };
}

static void
load(struct program *p, size_t off)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)off, 0, 0);
}

static void
answer(struct program *p, uint32_t what)
{
	emit(p, BPF_RET | BPF_K, what, 0, 0);
}

#define REFUSE (SECCOMP_RET_ERRNO | EPERM)

/* If the value loaded is k: what. */
static void
if_is(struct program *p, uint32_t k, uint32_t what)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1);
	answer(p, what);
}

/* This call with one of these values as argument i, and no other. */
static void
only_values(struct program *p, int nr, unsigned i, const uint32_t *v,
    unsigned n)
{
	/* ld high; jeq 0; (jeq v; ret)*; ret refuse */
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 2 * n + 4);
	load(p, HIGH(i));
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2 * n + 1);
	load(p, LOW(i));
	for (unsigned k = 0; k < n; k++)
		if_is(p, v[k], SECCOMP_RET_ALLOW);
	answer(p, REFUSE);
}

/* This call when argument i & mask is value. */
static void
only_bits(struct program *p, int nr, unsigned i, uint32_t mask,
    uint32_t value)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 5);
	load(p, LOW(i));
	emit(p, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
	answer(p, SECCOMP_RET_ALLOW);
	answer(p, REFUSE);
}

/* Of one argument's bits under mask: these n values, and no others. */
struct need {
	unsigned arg;
	uint32_t mask;
	unsigned n;
	uint32_t v[3];
};

/* This call when its arguments, which are ints, are as all needs say. */
static void
only_needs(struct program *p, int nr, const struct need *need, unsigned n)
{
	unsigned len = 1;

	for (unsigned i = 0; i < n; i++)
		len += 3 + need[i].n;
	/* (ld; and; (jeq v: beyond the refusal)*; ret refuse)*; ret allow */
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, len);
	for (unsigned i = 0; i < n; i++) {
		load(p, LOW(need[i].arg));
		emit(p, BPF_ALU | BPF_AND | BPF_K, need[i].mask, 0, 0);
		for (unsigned k = 0; k < need[i].n; k++)
			emit(p, BPF_JMP | BPF_JEQ | BPF_K, need[i].v[k],
			    need[i].n - k, 0);
		answer(p, REFUSE);
	}
	answer(p, SECCOMP_RET_ALLOW);
}

/* This call when argument i is a null pointer. */
static void
only_null(struct program *p, int nr, unsigned i)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 6);
	load(p, LOW(i));
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
	load(p, HIGH(i));
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
	answer(p, SECCOMP_RET_ALLOW);
	answer(p, REFUSE);
}

static void
allow_all(struct program *p, const int *nr, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if_is(p, (uint32_t)nr[i], SECCOMP_RET_ALLOW);
}
#define ALLOW(p, list) allow_all(p, list, sizeof(list) / sizeof((list)[0]))
#define VALUES(p, nr, i, list) \
	only_values(p, nr, i, list, sizeof(list) / sizeof((list)[0]))

/* Which architecture's numbers these are is part of what a call is. */
static void
begin(struct program *p)
{
#ifdef ARCH
	load(p, offsetof(struct seccomp_data, arch));
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	answer(p, SECCOMP_RET_KILL_PROCESS);
#endif
	load(p, offsetof(struct seccomp_data, nr));
}

/*
 * Who can talk to a socket of this machine may be believed there. And
 * Landlock counts the ports of TCP alone: MPTCP and SCTP are streams that it
 * does not see, a raw socket would make any packet.
 */
static const struct need sockets[] = {
	{ .arg = 0, .mask = ~0u, .n = 2, .v = { AF_INET, AF_INET6 } },
	{ .arg = 1, .mask = ~(uint32_t)(SOCK_CLOEXEC | SOCK_NONBLOCK), .n = 2,
	    .v = { SOCK_STREAM, SOCK_DGRAM } },
	{ .arg = 2, .mask = ~0u, .n = 3, .v = { 0, IPPROTO_TCP,
	    IPPROTO_UDP } },
};

/* Another user, network, or view of the files and processes; clone(2) */
#define CLONE_NEW (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | \
	CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | \
	0x80u /* CLONE_NEWTIME */)

/* Calls that everybody needs, but not with every argument. */
static void
narrow(struct program *p)
{
	static const uint32_t fcntls[] = { F_DUPFD, F_GETFD, F_SETFD, F_GETFL,
	    F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_DUPFD_CLOEXEC };
	static const uint32_t prctls[] = { PR_SET_NAME, PR_GET_NAME };
	const uint32_t self[] = { (uint32_t)getpid() };

	/* Threads, but no processes; clone3's flags cannot be looked at. */
	if_is(p, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
	only_bits(p, SYS_clone, 0, CLONE_THREAD | CLONE_VM | CLONE_NEW,
	    CLONE_THREAD | CLONE_VM);
	/* It would connect where connect(2) is not looked at. */
	only_bits(p, SYS_sendmsg, 2, MSG_FASTOPEN, 0);
	/* No new code */
	only_bits(p, SYS_mmap, 2, PROT_EXEC, 0);
	only_bits(p, SYS_mprotect, 2, PROT_EXEC, 0);
	/* abort(3) signals this process; nobody else is signalled */
	VALUES(p, SYS_tgkill, 0, self);
	/* F_SETOWN would have signals sent to others */
	VALUES(p, SYS_fcntl, 1, fcntls);
	VALUES(p, SYS_prctl, 0, prctls);
	only_null(p, SYS_prlimit64, 2);
	/* fstat(3) of newer C libraries */
	only_bits(p, SYS_newfstatat, 3, AT_EMPTY_PATH, AT_EMPTY_PATH);
}

static void
build(struct program *p, unsigned calls)
{
	/* TIOCSTI, which types on a terminal, is not among them */
	static const uint32_t ttys[] = { TCGETS, TCSETS, TCSETSW, TCSETSF,
	    TIOCGWINSZ, FIONBIO, FIONREAD };

	begin(p);
	ALLOW(p, calls_all);
	if (calls & BULLA_CALLS_FILES) {
		if_is(p, SYS_newfstatat, SECCOMP_RET_ALLOW);
		ALLOW(p, calls_files);
	}
	if (calls & BULLA_CALLS_SERVE)
		ALLOW(p, calls_serve);
	if (calls & BULLA_CALLS_LISTEN)
		ALLOW(p, calls_listen);
	if (calls & BULLA_CALLS_CONNECT)
		ALLOW(p, calls_connect);
	if (calls & BULLA_CALLS_END)
		ALLOW(p, calls_end);
	/* These end in a verdict for their call: last. */
	if (calls & BULLA_CALLS_CONNECT) {
		only_needs(p, SYS_socket, sockets,
		    sizeof(sockets) / sizeof(sockets[0]));
		only_bits(p, SYS_sendmmsg, 3, MSG_FASTOPEN, 0);
	}
	if (calls & (BULLA_CALLS_CONNECT | BULLA_CALLS_SERVE))
		only_bits(p, SYS_sendto, 3, MSG_FASTOPEN, 0);
	if (calls != 0)
		VALUES(p, SYS_ioctl, 1, ttys);
	narrow(p);
	answer(p, REFUSE);
}

static enum bulla_status
install(const struct program *p, bool *done, struct bulla_err *err)
{
	struct sock_fprog prog = { .len = p->n };
	long r;

	*done = false;
#ifndef ARCH
	(void)prog;
	(void)r;
	(void)err;
	return BULLA_OK;
#else
	/* seccomp(2) only reads it */
	prog.filter = (struct sock_filter *)(uintptr_t)p->f;
	r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_TSYNC, &prog);
	if (r > 0)
		return bulla_fail(err, BULLA_E_IO, "seccomp: a thread has "
		    "filters of its own");
	/* A kernel without filters; or an emulator of one */
	if (r != 0 && (errno == ENOSYS || errno == EINVAL))
		return BULLA_OK;
	if (r != 0)
		return bulla_fail_sys(err, "seccomp");
	*done = true;
	return BULLA_OK;
#endif
}

enum bulla_status
seccomp_on(unsigned calls, bool *done, struct bulla_err *err)
{
	struct program p = { .n = 0 };

	build(&p, calls);
	return install(&p, done, err);
}

enum bulla_status
seccomp_no_sockets(bool *done, struct bulla_err *err)
{
	struct program p = { .n = 0 };

	begin(&p);
	for (size_t i = 0; i < sizeof(calls_listen) / sizeof(calls_listen[0]);
	    i++)
		if_is(&p, (uint32_t)calls_listen[i], REFUSE);
	answer(&p, SECCOMP_RET_ALLOW);
	return install(&p, done, err);
}
