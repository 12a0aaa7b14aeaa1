#ifndef BULLA_CORE_SPOOL_H
#define BULLA_CORE_SPOOL_H

#include "bulla/buf.h"

/*
 * Text that is written once and read back once, of any length in bounded
 * memory: what does not fit goes to an unlinked temporary file.
 */
#define SPOOL_MEMORY 1048576u	/* bytes kept in memory */

struct spool {
	struct bulla_buf tail;	/* the end that is not in the file */
	int fd;			/* -1 while all fits */
	uint64_t in_file;
};
#define SPOOL_INIT { .tail = BULLA_BUF_INIT(2 * SPOOL_MEMORY), .fd = -1 }

/* After lines were appended to s->tail: move it out when it is long. */
BULLA_NODISCARD enum bulla_status spool_flush(struct spool *s,
    struct bulla_err *err);
uint64_t spool_len(const struct spool *s);
/* Read back from off; *n is 0 at the end. */
BULLA_NODISCARD enum bulla_status spool_read(const struct spool *s,
    uint64_t off, void *buf, size_t cap, size_t *n, struct bulla_err *err);
void spool_free(struct spool *s);

/*
 * All of standard input into an unlinked file, at whose beginning *fd is. What
 * is in *fd, -1 before, is the caller's to close also on failure.
 */
BULLA_NODISCARD enum bulla_status spool_input(int in, int *fd,
    uint64_t *size, struct bulla_err *err);

#endif
