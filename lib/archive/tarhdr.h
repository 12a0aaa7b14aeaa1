#ifndef ARCHIVE_TARHDR_H
#define ARCHIVE_TARHDR_H

#include <stdbool.h>
#include <stdint.h>

#include "bulla/cur.h"
#include "bulla/err.h"

/* Judging the 512-byte headers of the inner tar; no input of its own. */
#define TAR_BLOCK 512u
#define TAR_PAX_MAX 8192u	/* bytes of one pax header's records */
#define TAR_PATH_MAX (TAR_PAX_MAX + 1)

/* What the records of a pax header said; empty and 0 when they did not. */
struct tar_pax {
	struct bulla_cur path;	/* points into the records */
	uint64_t size, mtime;
};

struct tar_hdr {
	char type;		/* '0', '5' or 'x' */
	size_t path_len;
	uint8_t path[TAR_PATH_MAX];	/* as stored: a directory has its '/' */
	uint64_t size;
	int64_t mtime;
};

bool tar_block_is_zero(const uint8_t *block);
/*
 * Judge a header. pax is what came before it, all empty for none, and must
 * still be there.
 */
BULLA_NODISCARD enum bulla_status tar_hdr_parse(const uint8_t *block,
    const struct tar_pax *pax, struct tar_hdr *out, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status tar_pax_parse(struct bulla_cur records,
    struct tar_pax *out, struct bulla_err *err);

#endif
