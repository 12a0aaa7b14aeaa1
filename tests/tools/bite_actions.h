#ifndef TEST_BITE_ACTIONS_H
#define TEST_BITE_ACTIONS_H

/*
 * What a process that is confined tries, in the order of bite's answer: 0 or
 * more is success, -1 an errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* Made before anything is confined */
static const char *dir;
static pid_t victim;
static int server, tcp, plain;	/* sockets: listening, not connected, ... */
static int other;		/* listening, at a port that is not the
				 * store's */
static struct sockaddr_in at, other_at;

#define PROTO_MPTCP 262	/* newer than some headers */

/* SCRATCH/NAME; static */
static const char *
in_dir(const char *name)
{
	static char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int
try_open(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	return fd == -1 ? -1 : close(fd);
}

static int
open_outside(void)
{
	return try_open("/etc/passwd", O_RDONLY);
}

static int
create_outside(void)
{
	return try_open(in_dir("outside/new"), O_WRONLY | O_CREAT);
}

static int
unlink_outside(void)
{
	return unlink(in_dir("outside/victim"));
}

static int
read_key(void)
{
	return try_open(in_dir("home/keys/receiver.key"), O_RDONLY);
}

static int
read_package(void)
{
	return try_open(in_dir("home/packages/p.bulla"), O_RDONLY);
}

static int
write_incoming(void)
{
	return try_open(in_dir("home/incoming/new"), O_WRONLY | O_CREAT);
}

static int
write_quarantine(void)
{
	return try_open(in_dir("home/quarantine/new"), O_WRONLY | O_CREAT);
}

static int
read_quarantine(void)
{
	return try_open(in_dir("home/quarantine/q.bulla"), O_RDONLY);
}

/* A package that is rejected goes there without being copied. */
static int
move_to_quarantine(void)
{
	char from[4096];

	(void)snprintf(from, sizeof(from), "%s",
	    in_dir("home/packages/p.bulla"));
	return link(from, in_dir("home/quarantine/p.bulla"));
}

static int
write_package(void)
{
	return try_open(in_dir("home/packages/new"), O_WRONLY | O_CREAT);
}

static int
socket_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int
socket_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int
do_connect(void)
{
	return connect(tcp, (struct sockaddr *)&at, sizeof(at));
}

static int
connect_other(void)
{
	return connect(tcp, (struct sockaddr *)&other_at, sizeof(other_at));
}

/* To connect without connect(2) */
static int
fast_open(void)
{
	return (int)sendto(tcp, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL,
	    (struct sockaddr *)&at, sizeof(at));
}

static int
fast_open_msg(void)
{
	char byte = 'x';
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_name = &at, .msg_namelen = sizeof(at),
	    .msg_iov = &v, .msg_iovlen = 1 };

	return (int)sendmsg(tcp, &m, MSG_FASTOPEN | MSG_NOSIGNAL);
}

/* A stream whose ports Landlock does not count */
static int
socket_mptcp(void)
{
	return socket(AF_INET, SOCK_STREAM, PROTO_MPTCP);
}

static int
socket_raw(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
}

static int
socket_udp(void)
{
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* As a resolver asks for two addresses at once */
static int
name_query(void)
{
	char byte = 'x';
	struct iovec v = { &byte, 1 };
	struct mmsghdr m[2];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memset(m, 0, sizeof(m));
	for (size_t i = 0; i < 2; i++) {
		m[i].msg_hdr.msg_name = &at;
		m[i].msg_hdr.msg_namelen = sizeof(at);
		m[i].msg_hdr.msg_iov = &v;
		m[i].msg_hdr.msg_iovlen = 1;
	}
	return fd == -1 ? -1 : sendmmsg(fd, m, 2, MSG_NOSIGNAL);
}

static void *
thread_run(void *arg)
{
	return arg;
}

static int
do_thread(void)
{
	pthread_t t;

	errno = pthread_create(&t, NULL, thread_run, NULL);
	return errno == 0 && pthread_join(t, NULL) == 0 ? 0 : -1;
}

static int
clone_run(void *arg)
{
	(void)arg;
	(void)syscall(SYS_exit, 0);
	return 0;
}

/* A thread like any other, but in namespaces of its own */
static int
clone_new(void)
{
	static const int flags[] = { CLONE_NEWUSER, CLONE_NEWNS,
	    CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID,
	    CLONE_NEWNET };
	static char stack[sizeof(flags) / sizeof(flags[0])][65536]
	    __attribute__((aligned(16)));
	int last = EPERM;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (clone(clone_run, stack[i] + sizeof(stack[i]), CLONE_VM |
		    CLONE_SIGHAND | CLONE_THREAD | flags[i], NULL) != -1)
			return 0;
		if (errno != EPERM)
			last = errno;
	}
	errno = last;
	return -1;
}

/* Nobody can look at what it is asked for. */
static int
do_clone3(void)
{
	return (int)syscall(SYS_clone3, NULL, 0);
}

static int
do_bind(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return bind(plain, (struct sockaddr *)&any, sizeof(any));
}

static int
do_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static int
do_execve(void)
{
	char name[] = "true", *argv[] = { name, NULL };

	return execv("/bin/true", argv);
}

static int
do_ptrace(void)
{
	return (int)ptrace(PTRACE_ATTACH, victim, NULL, NULL);
}

static int
do_kill(void)
{
	return kill(victim, SIGCONT);
}

static int
do_io_uring(void)
{
	struct io_uring_params p = { 0 };

	return (int)syscall(SYS_io_uring_setup, 1, &p);
}

static int
do_mount(void)
{
	return mount("none", in_dir("outside"), "tmpfs", 0, NULL);
}

static int
do_chroot(void)
{
	return chroot("/");
}

static int
do_unshare(void)
{
	return unshare(CLONE_NEWUSER);
}

static int
open_mem(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)victim);
	return try_open(path, O_RDWR);
}

static int
do_bpf(void)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.map_type = BPF_MAP_TYPE_ARRAY;
	a.key_size = a.value_size = 4;
	a.max_entries = 1;
	return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));
}

static int
do_userfaultfd(void)
{
	return (int)syscall(SYS_userfaultfd, O_CLOEXEC | 1);
}

static int
do_keyctl(void)
{
	return (int)syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID,
	    KEY_SPEC_PROCESS_KEYRING, 1);
}

static int
new_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static const struct action {
	const char *name;
	int (*run)(void);
} actions[] = {
	{ "open", open_outside }, { "create", create_outside },
	{ "unlink", unlink_outside }, { "socket-inet", socket_inet },
	{ "socket-unix", socket_unix }, { "socket-udp", socket_udp },
	{ "socket-raw", socket_raw }, { "socket-mptcp", socket_mptcp },
	{ "name-query", name_query },
	{ "connect", do_connect }, { "connect-other", connect_other },
	{ "fast-open", fast_open }, { "fast-open-msg", fast_open_msg },
	{ "bind", do_bind }, { "fork", do_fork }, { "execve", do_execve },
	{ "thread", do_thread }, { "clone-new", clone_new },
	{ "clone3", do_clone3 },
	{ "ptrace", do_ptrace }, { "kill", do_kill },
	{ "proc-mem", open_mem }, { "io_uring", do_io_uring },
	{ "mount", do_mount }, { "chroot", do_chroot },
	{ "unshare", do_unshare }, { "bpf", do_bpf },
	{ "userfaultfd", do_userfaultfd }, { "keyctl", do_keyctl },
	{ "new-code", new_code }, { "read-key", read_key },
	{ "read-package", read_package }, { "write-package", write_package },
	{ "write-incoming", write_incoming },
	{ "read-quarantine", read_quarantine },
	{ "write-quarantine", write_quarantine },
	{ "move-to-quarantine", move_to_quarantine },
};

#endif
