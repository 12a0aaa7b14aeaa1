#ifndef BULLA_KEYFILE_H
#define BULLA_KEYFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "bulla/err.h"

/*
 * Opening files that hold secrets. The bytes themselves are read by
 * lib/core (bulla/keys.h) into secret memory through the descriptor.
 */
#define BULLA_KEYFILE_MAX 65536u	/* bytes */

/*
 * Open path for reading if it is a regular file (no symbolic link, fifo,
 * device or directory), owned by the effective user (or by root), with no
 * permission for group or others, of at most BULLA_KEYFILE_MAX bytes.
 * *fd and *size on success. BULLA_E_UNSAFE says which rule and the command
 * that mends it; BULLA_E_LIMIT; BULLA_E_IO. Never blocks on a fifo.
 */
BULLA_NODISCARD enum bulla_status bulla_keyfile_open(const char *path,
    int *fd, size_t *size, struct bulla_err *err);

/*
 * Ask on the terminal (/dev/tty) with the echo off. At most cap bytes go to
 * out, without the newline; *len says how many. twice: ask again and compare
 * (BULLA_E_REFUSED when they differ). BULLA_E_IO when there is no terminal.
 * The echo is restored when a signal ends or stops the process. A signal
 * that a handler took, no line at all, or more than cap bytes: BULLA_E_IO,
 * BULLA_E_IO, BULLA_E_LIMIT. out is wiped on failure. Call it before there
 * are threads: theirs would take the signals.
 */
BULLA_NODISCARD enum bulla_status bulla_tty_ask(const char *prompt,
    bool twice, void *out, size_t cap, size_t *len, struct bulla_err *err);

/*
 * A passphrase from a descriptor: up to the first LF or the end, read byte
 * by byte so that what follows is left for others. BULLA_E_LIMIT past cap,
 * BULLA_E_IO; out is wiped then.
 */
BULLA_NODISCARD enum bulla_status bulla_fd_ask(int fd, void *out, size_t cap,
    size_t *len, struct bulla_err *err);

/*
 * For tools that hold keys, first thing in main: no core dump, not
 * dumpable, umask 077, SIGPIPE and SIGXFSZ ignored, descriptors 0-2 open.
 * One of these that was closed fails when it is used, as before, but cannot
 * become some file that is opened later.
 */
void bulla_process_harden(void);

#endif
