#ifndef BULLA_FILE_H
#define BULLA_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bulla/buf.h"
#include "bulla/err.h"

/*
 * Files that appear whole or not at all.
 *
 * bulla_outfile_open makes a nameless file in the directory of path
 * (O_TMPFILE, or a hidden temporary name where the file system has none), so
 * that a killed process leaves nothing behind. bulla_outfile_commit makes it
 * durable (fsync), gives it its name (never over an existing file unless
 * force) and makes the name durable (fsync of the directory). abort, or
 * freeing without commit, leaves no file.
 *
 * "-" is standard output: no name, commit only checks that all was written;
 * what was written stays written.
 *
 * Messages name the path, escaped: callers need not add it.
 */
struct bulla_outfile {
	int fd;			/* write here; -1 when not open */
	int dirfd;		/* -1 for standard output */
	bool force, is_stdout;
	bool keep;		/* of bulla_outfile_resume */
	char *path, *tmp;	/* heap; tmp is NULL for a nameless file */
};
#define BULLA_OUTFILE_INIT { .fd = -1, .dirfd = -1 }

/*
 * BULLA_E_REFUSED when path exists and force is not set (checked again,
 * without a race, at commit), when it exists and is no regular file (force
 * replaces neither links nor devices), when standard output is a terminal
 * and binary is set. BULLA_E_USAGE when path names no file ("", "a/", ".").
 * BULLA_E_NOMEM, BULLA_E_IO. mode as for open(2). *o on success.
 */
BULLA_NODISCARD enum bulla_status bulla_outfile_open(struct bulla_outfile *o,
    const char *path, mode_t mode, bool force, bool binary,
    struct bulla_err *err);
/*
 * The same in a file <path><suffix> of mode 0600 that stays when it is not
 * committed, and is found again by the next call, with what it holds; so a
 * long job survives its process. One process at a time: BULLA_E_AGAIN when
 * somebody else has it. BULLA_E_UNSAFE when others could write to it.
 */
BULLA_NODISCARD enum bulla_status bulla_outfile_resume(
    struct bulla_outfile *o, const char *path, const char *suffix,
    bool force, struct bulla_err *err);
/*
 * It shall have another name in the same directory; looked at when it is
 * committed. BULLA_E_USAGE when name is not one ("", "a/b", ".."), _NOMEM.
 */
BULLA_NODISCARD enum bulla_status bulla_outfile_rename(
    struct bulla_outfile *o, const char *name, struct bulla_err *err);
/*
 * The same in dir, another directory of the same file system. BULLA_E_USAGE,
 * _NOMEM, _IO. Not for standard output.
 */
BULLA_NODISCARD enum bulla_status bulla_outfile_move(struct bulla_outfile *o,
    const char *dir, const char *name, struct bulla_err *err);
/* Frees *o in either case. BULLA_E_REFUSED, BULLA_E_IO, BULLA_E_NOMEM. */
BULLA_NODISCARD enum bulla_status bulla_outfile_commit(
    struct bulla_outfile *o, struct bulla_err *err);
/*
 * Closes everything; an uncommitted file is gone unless it is one that is
 * resumed. Accepts a freed one.
 */
void bulla_outfile_free(struct bulla_outfile *o);

/* Write a whole small file at once with the same promises. */
BULLA_NODISCARD enum bulla_status bulla_file_put(const char *path,
    const void *data, size_t len, mode_t mode, bool force,
    struct bulla_err *err);

/*
 * Open for reading; "-" gives standard input (a duplicate). BULLA_E_IO when
 * it cannot be opened, BULLA_E_REFUSED for a directory. *fd on success.
 */
BULLA_NODISCARD enum bulla_status bulla_infile_open(const char *path, int *fd,
    struct bulla_err *err);

/*
 * Append a whole file ("-" allowed); BULLA_E_LIMIT past out->max. On failure
 * out holds what it held before.
 */
BULLA_NODISCARD enum bulla_status bulla_file_get(const char *path,
    struct bulla_buf *out, struct bulla_err *err);

/* Do both descriptors refer to the same regular file? ("input = output") */
bool bulla_same_file(int a, int b);

/* An unlinked temporary file in dir (NULL: $TMPDIR or /tmp), mode 0600. */
BULLA_NODISCARD enum bulla_status bulla_spool_open(const char *dir, int *fd,
    struct bulla_err *err);

/* fsync of a directory given by path. */
BULLA_NODISCARD enum bulla_status bulla_dir_sync(const char *path,
    struct bulla_err *err);

/*
 * mkdir with mode if missing, all missing parents too, each made durable;
 * ok when it exists.
 */
BULLA_NODISCARD enum bulla_status bulla_dir_make(const char *path,
    mode_t mode, struct bulla_err *err);

/*
 * Delete everything below a directory, never following a link, and it. Any
 * depth, with four descriptors; nobody else may be changing it. A missing
 * directory is BULLA_E_IO with sys_errno ENOENT.
 */
BULLA_NODISCARD enum bulla_status bulla_dir_remove(int dirfd,
    const char *name, struct bulla_err *err);

/*
 * An exclusive advisory lock (flock) on a file made if missing, 0600.
 * wait: block; else BULLA_E_AGAIN when somebody else holds it. Closing *fd
 * releases it.
 */
BULLA_NODISCARD enum bulla_status bulla_lock(const char *path, bool wait,
    int *fd, struct bulla_err *err);

/* Bytes free for an unprivileged writer on the file system of fd. */
BULLA_NODISCARD enum bulla_status bulla_space_free(int fd, uint64_t *bytes,
    struct bulla_err *err);

/* The time now, POSIX seconds: the system's, or that of the exercise. */
int64_t bulla_now(void);
/*
 * An exercise has a time of its own, told once when the process starts. From
 * then on it signs with keys of an exercise only (bulla/keys.h), so that no
 * record of anything real can be given another date.
 */
void bulla_now_exercise(int64_t now);
bool bulla_is_exercise(void);

#endif
