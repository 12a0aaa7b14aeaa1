#ifndef BULLA_CORE_MARKS_H
#define BULLA_CORE_MARKS_H

#include "bulla/mac.h"
#include "bulla/secret.h"
#include "core/pkg_int.h"

/*
 * What a first pass over the segments saw, for a second one to know it again:
 * a Poly1305 tag for each stretch of them, under a key that is drawn for the
 * two and that nobody else ever has. So whoever changes the file in between
 * can only guess, and once, for the first wrong stretch ends the second pass:
 * at 1,048,832 bytes a stretch that succeeds with a probability of at most
 * 8 * 65,552 / 2^106, less than 2^-86 (bulla/mac.h), as long as ChaCha20's
 * output cannot be told from random. A second SHA-256 would cost as much as
 * the first. A stretch is so small that it stays in the cache from its reading
 * to its decryption.
 */
#define MARK_CHUNKS 16u
#define MARK_SIZE (MARK_CHUNKS * BULLA_AGE_CHUNK_ENC)
#define MARKS_IN_SEGMENT (BULLA_SEGMENT_SIZE / MARK_SIZE)

struct marks {
	struct bulla_secret key;
	uint64_t first;		/* offset of segment 1 in the file */
	uint64_t size;		/* bytes of all segments together */
	struct bulla_buf tags;	/* BULLA_MAC_TAG bytes for each stretch */
};
/* With a fresh key. Free it, also when that failed. */
BULLA_NODISCARD enum bulla_status marks_init(struct marks *m,
    struct bulla_err *err);
void marks_free(struct marks *m);
/*
 * Where the index-th stretch lies in the file, and how long it is; *n is 0
 * behind the last one. All members before it were seen to be as they must:
 * the offsets follow.
 */
void marks_place(const struct marks *m, uint64_t index, uint64_t *off,
    size_t *n);
/* Are these bytes, read again, the index-th stretch? */
BULLA_NODISCARD bool marks_know(const struct marks *m, struct bulla_mac *mac,
    uint64_t index, const void *p, size_t n);

#endif
