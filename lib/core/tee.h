#ifndef BULLA_CORE_TEE_H
#define BULLA_CORE_TEE_H

#include "bulla/examine.h"
#include "bulla/hash.h"
#include "bulla/io.h"
#include "bulla/ring.h"
#include "bulla/ustar.h"

/*
 * Reading a file that somebody else may still change, or add to, once. Each
 * piece comes into memory of ours; from there it is written to the copy,
 * hashed, and handed to whoever parses it. So all three are the same bytes,
 * whatever becomes of the file meanwhile, and none of them has to be read
 * again.
 *
 * A second thread reads and writes while the caller's hashes.
 */
struct source {
	struct bulla_reader r;
	struct bulla_reader_fd fd;
	const struct bulla_growing *growing;	/* or NULL: it is whole */
	uint64_t pos, told;		/* of a growing one: read; to be read */
	uint64_t dropped;		/* ... and no longer in memory */
};
struct tee {
	struct bulla_reader r;	/* what is in the copy, in order */
	struct source from;
	int copy;
	uint8_t first[BULLA_USTAR_BLOCK];	/* read before all else */
	size_t n_first;
	uint64_t written, flushed;	/* of the copy; the reading thread's */
	struct bulla_ring *ring;
	struct bulla_slot *slot;	/* of which the caller has had at */
	size_t at;
	bool ended;
	uint64_t bytes;			/* that the caller has had */
	struct bulla_sha256x2 *hash;	/* of all of them; of a segment */
	enum bulla_status failed;	/* to read or write: nothing counts */
	struct bulla_err err;
};

/*
 * The first block stands in first (n_first bytes, fewer when there are no
 * more), and nothing has been copied yet. growing, or NULL: as in
 * bulla_examine. BULLA_E_IO, _INCOMPLETE, _NOMEM, _UNSUPPORTED.
 */
BULLA_NODISCARD enum bulla_status tee_open(struct tee *t, int from, int copy,
    const struct bulla_growing *growing, struct bulla_err *err);
/* From here on the copy grows. threads: 1 or more. */
BULLA_NODISCARD enum bulla_status tee_begin(struct tee *t, unsigned threads,
    struct bulla_err *err);
/* Pass over size bytes with their digest; *got is less at the end. */
BULLA_NODISCARD enum bulla_status tee_segment(struct tee *t, uint64_t size,
    uint64_t *got, uint8_t digest[BULLA_SHA256_LEN], struct bulla_err *err);
/* What nobody has asked for; then the digest of all. */
BULLA_NODISCARD enum bulla_status tee_end(struct tee *t,
    uint8_t sha256[BULLA_SHA256_LEN], struct bulla_err *err);
void tee_free(struct tee *t);

#endif
