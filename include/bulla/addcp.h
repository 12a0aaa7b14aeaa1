#ifndef BULLA_ADDCP_H
#define BULLA_ADDCP_H

#include <stdint.h>

#include "bulla/checkpoint.h"

/*
 * The body of an add-checkpoint request (c2sp.org/tlog-witness): what a log
 * sends to a witness, over HTTPS or as a file.
 */
#define BULLA_ADDCP_MAX (128u * 1024u)	/* bytes of the whole */

struct bulla_addcp {
	uint64_t old;		/* the size that the witness saw last */
	unsigned n_path;
	struct bulla_hash path[BULLA_PATH_MAX];	/* consistency proof */
	struct bulla_cur checkpoint;	/* the signed note, into the bytes */
};

/* As bulla_tlogproof_parse: the checkpoint is the rest. */
BULLA_NODISCARD enum bulla_status bulla_addcp_parse(
    const struct bulla_cur *bytes, struct bulla_addcp *out,
    struct bulla_err *err);
void bulla_addcp_put(struct bulla_buf *b, const struct bulla_addcp *r);

#endif
