#ifndef BULLA_TAR_H
#define BULLA_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/cur.h"
#include "bulla/err.h"
#include "bulla/io.h"

/*
 * The tar inside a package. Writing is libarchive's restricted pax format:
 * plain ustar headers, with a pax header only where a name (not ASCII, or too
 * long), a size (8 GiB and more) or a time (2038 and later) needs one. Only
 * path, type, mode 0644 or 0755, size and mtime are set, in one locale
 * whatever the user's, so that the same calls give the same bytes. Reading
 * takes just these forms and refuses everything else, so that no two tar
 * programs see different things in it.
 */
#define BULLA_TAR_MTIME_MAX INT64_C(077777777777)	/* seconds, year 2242 */

struct bulla_tarw;

/*
 * out gets every byte, unbuffered and unpadded. File data is passed on with
 * the very pointer given to bulla_tarw_data, so that a writer whose memory
 * it came from need not copy it.
 */
BULLA_NODISCARD enum bulla_status bulla_tarw_new(struct bulla_writer *out,
    struct bulla_tarw **w, struct bulla_err *err);
/*
 * path: UTF-8, without a trailing '/'; BULLA_E_REFUSED when it is not UTF-8.
 * size 0 for directories. An mtime outside 0 .. BULLA_TAR_MTIME_MAX becomes
 * the nearer of the two: metadata.tsv has the true one.
 */
BULLA_NODISCARD enum bulla_status bulla_tarw_entry(struct bulla_tarw *w,
    const char *path, bool is_dir, uint64_t size, int64_t mtime,
    struct bulla_err *err);
/*
 * Exactly size bytes in any pieces before the next entry: else E_REFUSED. The
 * padding is written with the last byte. A writer that failed stays failed.
 */
BULLA_NODISCARD enum bulla_status bulla_tarw_data(struct bulla_tarw *w,
    const void *p, size_t n, struct bulla_err *err);
/* The end marker: 1024 zero bytes. */
BULLA_NODISCARD enum bulla_status bulla_tarw_end(struct bulla_tarw *w,
    struct bulla_err *err);
/* Writes nothing: without bulla_tarw_end the archive stays a cut one. */
void bulla_tarw_free(struct bulla_tarw *w);

/*
 * Where a tar reader gets its bytes: the next piece of memory, valid until
 * the next call; *n is 0 at the end of input.
 */
struct bulla_blocks {
	enum bulla_status (*next)(struct bulla_blocks *b, const uint8_t **p,
	    size_t *n, struct bulla_err *err);
};

struct bulla_tarr;
struct bulla_tar_entry {
	/* No trailing '/'; not judged; valid until the next entry. */
	struct bulla_cur path;
	bool is_dir;
	uint64_t size;
	int64_t mtime;		/* 0 .. BULLA_TAR_MTIME_MAX */
};
BULLA_NODISCARD enum bulla_status bulla_tarr_new(struct bulla_blocks *in,
    struct bulla_tarr **r, struct bulla_err *err);
/* *more is false at the end marker. BULLA_E_FORMAT, _REFUSED, _INCOMPLETE. */
BULLA_NODISCARD enum bulla_status bulla_tarr_next(struct bulla_tarr *r,
    struct bulla_tar_entry *e, bool *more, struct bulla_err *err);
/* The next piece of the entry's data; *n is 0 at its end. No copy is made. */
BULLA_NODISCARD enum bulla_status bulla_tarr_data(struct bulla_tarr *r,
    const uint8_t **p, size_t *n, struct bulla_err *err);
/*
 * After the end: read the rest of the input. Only zero bytes, fewer than
 * 10,240 beyond the end marker's 1,024; else BULLA_E_FORMAT.
 */
BULLA_NODISCARD enum bulla_status bulla_tarr_end(struct bulla_tarr *r,
    struct bulla_err *err);
void bulla_tarr_free(struct bulla_tarr *r);

#endif
