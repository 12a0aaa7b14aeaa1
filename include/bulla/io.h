#ifndef BULLA_IO_H
#define BULLA_IO_H

#include <stddef.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/err.h"

/*
 * Readers and writers: the two vtables that streams are made of.
 *
 * read:  sets *n to 1..cap, or to 0 at the end of input. A short read is
 *        normal and no error.
 * write: takes all len bytes or fails; a failed writer stays failed.
 */
struct bulla_reader {
	enum bulla_status (*read)(struct bulla_reader *r, void *buf,
	    size_t cap, size_t *n, struct bulla_err *err);
};
struct bulla_writer {
	enum bulla_status (*write)(struct bulla_writer *w, const void *buf,
	    size_t len, struct bulla_err *err);
};

struct bulla_reader_mem {
	struct bulla_reader r;
	struct bulla_cur c;
};
void bulla_reader_mem_init(struct bulla_reader_mem *m, const void *p,
    size_t len);

/*
 * EINTR is retried; a descriptor that somebody made non-blocking is waited
 * for. name (for messages, already escaped) must outlive it.
 */
struct bulla_reader_fd {
	struct bulla_reader r;
	int fd;
	const char *name;
};
void bulla_reader_fd_init(struct bulla_reader_fd *f, int fd,
    const char *name);

struct bulla_writer_fd {
	struct bulla_writer w;
	int fd;
	int failed;	/* errno of the first failure, else 0 */
	const char *name;
};
void bulla_writer_fd_init(struct bulla_writer_fd *f, int fd,
    const char *name);

/* Appends to a buffer; BULLA_E_LIMIT when its maximum is reached. */
struct bulla_writer_buf {
	struct bulla_writer w;
	struct bulla_buf *b;
};
void bulla_writer_buf_init(struct bulla_writer_buf *m, struct bulla_buf *b);

/* Read until cap bytes are there or the input ends; *n says how many. */
BULLA_NODISCARD enum bulla_status bulla_read_full(struct bulla_reader *r,
    void *buf, size_t cap, size_t *n, struct bulla_err *err);

/*
 * Append all of r to out; BULLA_E_LIMIT when out->max is not enough. On
 * failure out holds what it held before.
 */
BULLA_NODISCARD enum bulla_status bulla_read_all(struct bulla_reader *r,
    struct bulla_buf *out, struct bulla_err *err);

/*
 * Let the pipe fd hold BULLA_PIPE_SIZE bytes, where the system allows it:
 * fewer switches between the two processes. Anything else stays as it is.
 */
#define BULLA_PIPE_SIZE 1048576
void bulla_pipe_widen(int fd);

/*
 * Whole-buffer calls on descriptors, EINTR retried; BULLA_E_IO names name,
 * which is already escaped.
 */
BULLA_NODISCARD enum bulla_status bulla_write_fd(int fd, const void *buf,
    size_t len, const char *name, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_pwrite_fd(int fd, const void *buf,
    size_t len, uint64_t off, const char *name, struct bulla_err *err);
/*
 * Let the disk begin to write these bytes, which were written to fd before.
 * Nothing is waited for nor promised: fsync has less to do later, that is all.
 */
void bulla_write_back(int fd, uint64_t off, uint64_t len);
/*
 * These bytes of fd are not going to be read again soon: the system need not
 * keep them in memory, once they are on the disk. A hint, as write_back is.
 */
void bulla_drop(int fd, uint64_t off, uint64_t len);

/*
 * A file that is written from its beginning to its end and not read soon goes
 * from our memory to the disk without a copy in the system's, where it would
 * take the place of something else, and its pages cost more than all else here
 * when the system has to get new ones. Where the file system cannot do that,
 * the same bytes are written as usual. What is written is not durable by this.
 *
 * buf is aligned to BULLA_DIRECT_ALIGN, and len is a multiple of it until the
 * last time. Whoever opened the file calls bulla_direct_off when it is written,
 * also when somebody else was to do it: the descriptor is of no use for
 * anything else before.
 */
#define BULLA_DIRECT_ALIGN 4096u	/* bytes */
void bulla_direct_on(int fd);
void bulla_direct_off(int fd);
BULLA_NODISCARD enum bulla_status bulla_direct_write(int fd, const void *buf,
    size_t len, const char *name, struct bulla_err *err);

/*
 * A regular file that is written from its offset on, as above when it has no
 * name yet, by a thread that begins when there is much to write: whoever has
 * the bytes goes on while the disk takes them. name must outlive it. A failure
 * of the disk comes with a later call, at the latest with the end, and then
 * with each.
 */
struct bulla_behind;
BULLA_NODISCARD enum bulla_status bulla_behind_new(int fd, const char *name,
    struct bulla_behind **out, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_behind_write(struct bulla_behind *b,
    const void *p, size_t n, struct bulla_err *err);
/* All of it is written, and the file's as it was; nothing is durable by this.
 * Nothing more but free may follow. */
BULLA_NODISCARD enum bulla_status bulla_behind_end(struct bulla_behind *b,
    struct bulla_err *err);
void bulla_behind_free(struct bulla_behind *b);	/* NULL is allowed */

/* As bulla_read_full, at an offset. */
BULLA_NODISCARD enum bulla_status bulla_pread_fd(int fd, void *buf,
    size_t cap, uint64_t off, size_t *n, const char *name,
    struct bulla_err *err);

#endif
