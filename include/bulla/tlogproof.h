#ifndef BULLA_TLOGPROOF_H
#define BULLA_TLOGPROOF_H

#include <stddef.h>
#include <stdint.h>

#include "bulla/checkpoint.h"

/*
 * A proof that a record is in a log, to be checked offline
 * (c2sp.org/tlog-proof@v1): an inclusion path and the checkpoint it leads
 * to. The extra bytes are authenticated by nothing but what is done with them.
 */
#define BULLA_TLOGPROOF_MAX (128u * 1024u)	/* bytes of the whole */
#define BULLA_TLOGPROOF_EXTRA_MAX 1024u		/* bytes, decoded */

struct bulla_tlogproof {
	size_t extra_len;	/* 0: no extra line */
	uint8_t extra[BULLA_TLOGPROOF_EXTRA_MAX];
	uint64_t index;
	unsigned n_path;
	struct bulla_hash path[BULLA_PATH_MAX];	/* from the leaf up */
	struct bulla_cur checkpoint;	/* the signed note, into the bytes */
};

/*
 * The checkpoint is not parsed here, only bounded: it is the rest.
 * BULLA_E_FORMAT, BULLA_E_LIMIT. *out on success.
 */
BULLA_NODISCARD enum bulla_status bulla_tlogproof_parse(
    const struct bulla_cur *bytes, struct bulla_tlogproof *out,
    struct bulla_err *err);
void bulla_tlogproof_put(struct bulla_buf *b,
    const struct bulla_tlogproof *p);

#endif
