#ifndef BULLA_OS_SECCOMP_CALLS_H
#define BULLA_OS_SECCOMP_CALLS_H

#include <sys/syscall.h>

/*
 * System calls by what they are for. Those that one CPU has and another has
 * not (open, poll) have a form with another name on both.
 */

/*
 * Memory, time, threads, and descriptors that are open already. Of these
 * sync_file_range tells the disk to begin with what was written, and fadvise64
 * what need not stay in memory: they change nothing, and a verifier copies so
 * much that waiting at the end, and pages, cost.
 */
static const int calls_all[] = {
	SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64,
	SYS_pwrite64, SYS_preadv, SYS_pwritev, SYS_lseek, SYS_close,
	SYS_fstat, SYS_ftruncate, SYS_sync_file_range, SYS_fadvise64,
	SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_mlock, SYS_munlock,
	SYS_futex, SYS_set_robust_list, SYS_rseq, SYS_membarrier,
	SYS_rt_sigprocmask, SYS_rt_sigaction, SYS_rt_sigreturn,
	SYS_sigaltstack, SYS_exit, SYS_exit_group, SYS_restart_syscall,
	SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep,
	SYS_nanosleep, SYS_gettimeofday, SYS_gettid, SYS_getpid, SYS_getppid,
	SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_sysinfo,
	SYS_uname, SYS_getrusage, SYS_sched_getaffinity, SYS_sched_yield,
	SYS_getrandom, SYS_recvmsg, SYS_ppoll,
#ifdef SYS_poll
	SYS_poll, SYS_time, SYS_getrlimit,
#endif
};

static const int calls_files[] = {
	SYS_openat, SYS_statx, SYS_faccessat, SYS_faccessat2, SYS_mkdirat,
	SYS_unlinkat, SYS_renameat2, SYS_linkat, SYS_readlinkat,
	SYS_getdents64, SYS_getcwd, SYS_fsync, SYS_fdatasync, SYS_syncfs,
	SYS_fallocate,
	SYS_copy_file_range, SYS_flock, SYS_dup, SYS_dup3, SYS_fchmod,
	SYS_umask, SYS_statfs, SYS_fstatfs, SYS_utimensat,
#ifdef SYS_renameat
	SYS_renameat,
#endif
#ifdef SYS_open
	SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_mkdir, SYS_unlink,
	SYS_rmdir, SYS_rename, SYS_link, SYS_readlink, SYS_dup2,
#endif
};

/* To processes whose pidfd one was given; no other can be opened. */
static const int calls_end[] = { SYS_pidfd_send_signal };

static const int calls_serve[] = {
	SYS_accept4, SYS_accept, SYS_epoll_create1, SYS_epoll_ctl,
	SYS_epoll_pwait, SYS_shutdown, SYS_getsockopt, SYS_setsockopt,
	SYS_getsockname, SYS_getpeername, SYS_recvfrom, SYS_eventfd2,
	SYS_pipe2, SYS_pselect6, SYS_sendfile,
#ifdef SYS_epoll_wait
	SYS_epoll_wait, SYS_select, SYS_pipe, SYS_eventfd, SYS_epoll_create,
#endif
};

/*
 * A client of other machines; seccomp.c says which sockets it may open, and
 * how it may send.
 */
static const int calls_connect[] = {
	SYS_socketpair, SYS_connect, SYS_getsockopt, SYS_setsockopt,
	SYS_getsockname, SYS_getpeername, SYS_recvfrom, SYS_shutdown,
	SYS_eventfd2, SYS_pipe2,
#ifdef SYS_select
	SYS_select,
#endif
};

/* Denied again by seccomp_no_sockets. */
static const int calls_listen[] = {
	SYS_socket, SYS_socketpair, SYS_bind, SYS_listen, SYS_connect,
	SYS_seccomp,	/* for that second filter */
};

#endif
