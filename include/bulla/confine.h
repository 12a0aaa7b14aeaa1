#ifndef BULLA_CONFINE_H
#define BULLA_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/err.h"

/*
 * What a process may still do after it has looked at something hostile.
 * Landlock says which files it reaches, seccomp which system calls it has;
 * neither can be taken back, and both go to its children. A refused call
 * fails with EACCES or EPERM: nothing is killed. Landlock alone leaves
 * sockets, fork, ptrace and io_uring, seccomp alone leaves every path.
 */
enum {
	BULLA_CONFINE_LANDLOCK = 1,
	BULLA_CONFINE_SECCOMP = 2,
	BULLA_CONFINE_BOTH = 3,
};

/* A file, or a directory and all beneath it. */
struct bulla_confine_path {
	const char *path;	/* NULL ends a list; a missing one is skipped */
	bool write;		/* and change, make, rename, remove */
	bool sockets;		/* only: make and remove sockets there */
};

/* Memory, time, threads and open descriptors are everybody's; and ... */
enum {
	BULLA_CALLS_FILES = 1,	/* open, make, rename, remove, lock files */
	BULLA_CALLS_SERVE = 2,	/* accept connections, wait for many */
	BULLA_CALLS_LISTEN = 4,	/* open and bind sockets to do so on */
	/* By IP; resolve names. By TCP to the ports of a storekeeper alone */
	BULLA_CALLS_CONNECT = 16,
	BULLA_CALLS_END = 8,	/* kill processes whose pidfd one was given */
};

/*
 * layers: BULLA_CONFINE_BOTH but in tests. *got: those in force, fewer where
 * the kernel has no Landlock (before 5.13, or not switched on) or this CPU is
 * not known here; the caller says so and goes on. Landlock covers this thread
 * and those it starts from now on; seccomp all threads. Sets no_new_privs.
 * BULLA_E_IO, _NOMEM: not confined, or not known how far: do not go on.
 */
BULLA_NODISCARD enum bulla_status bulla_confine(
    const struct bulla_confine_path *paths, unsigned calls, unsigned layers,
    unsigned *got, struct bulla_err *err);

/*
 * The three processes of an inbox. Of the home: the network process has
 * incoming/ and answers/, and may read outgoing/; the signer has the rest of
 * what is there when it is called; the verifier has nothing, like any tool
 * that has opened all it needs and goes on to parse.
 */
BULLA_NODISCARD enum bulla_status bulla_confine_parser(unsigned layers,
    unsigned *got, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_confine_signer(const char *home,
    unsigned layers, unsigned *got, struct bulla_err *err);
/* more: files that it reads besides, and directories it listens in. */
BULLA_NODISCARD enum bulla_status bulla_confine_network(const char *home,
    const struct bulla_confine_path *more, unsigned layers, unsigned *got,
    struct bulla_err *err);
/*
 * And a fourth, which keeps a store on other machines: it has state, a
 * directory, and reads what vouches for the store (ca, or NULL: what the
 * system has) and what names are resolved by. It connects by IP alone: a unix
 * socket of this machine would take it for one of its users. By TCP it
 * connects to these ports of whatever address, where Landlock can tell them
 * (Linux 6.7); before that, to any. UDP, by which names are resolved, has no
 * such limit.
 */
struct bulla_confine_store {
	const char *state;
	const char *ca;			/* or NULL */
	const uint16_t *port;
	size_t n_ports;
};
BULLA_NODISCARD enum bulla_status bulla_confine_storekeeper(
    const struct bulla_confine_store *s, unsigned layers, unsigned *got,
    struct bulla_err *err);
/* Once it listens: from now on no socket is opened, bound or connected. */
BULLA_NODISCARD enum bulla_status bulla_confine_listening(unsigned layers,
    struct bulla_err *err);

/*
 * What this process may use at the most from here on. cpu_secs of CPU time,
 * then it is killed; memory in bytes; file: no file grows longer than this
 * many bytes. 0: no limit.
 */
struct bulla_usage {
	unsigned long cpu_secs, memory, file;
};
BULLA_NODISCARD enum bulla_status bulla_limit_usage(
    const struct bulla_usage *u, struct bulla_err *err);

#endif
