#ifndef BULLA_NET_TALLY_H
#define BULLA_NET_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "bulla/err.h"
#include "bulla/hash.h"

/*
 * The digest of a file that is read for another reason, from its beginning
 * on: each byte counts the first time that it is seen behind the others.
 */
struct tally {
	struct bulla_sha256 *hash;
	uint64_t at;		/* bytes that are in it */
};
BULLA_NODISCARD enum bulla_status tally_new(struct tally *t,
    struct bulla_err *err);
/* n bytes of the file, at off. */
void tally_see(struct tally *t, uint64_t off, const void *p, size_t n);
/* Up to there, from the file: what is in it already is not read again. */
BULLA_NODISCARD enum bulla_status tally_read(struct tally *t, int fd,
    uint64_t to, struct bulla_err *err);
/* Of all that is in it. */
void tally_end(struct tally *t, uint8_t sha256[BULLA_SHA256_LEN]);
void tally_free(struct tally *t);

#endif
