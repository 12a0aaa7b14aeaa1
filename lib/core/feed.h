#ifndef BULLA_CORE_FEED_H
#define BULLA_CORE_FEED_H

#include "bulla/ring.h"

/* Putting a stream of bytes into the slots of a ring, all of them full but
 * the last. */
struct feed {
	struct bulla_ring *ring;
	size_t cap;			/* bytes of a slot */
	struct bulla_slot *slot;	/* being filled; NULL at the start */
	uint64_t total;			/* bytes so far */
};

/*
 * At least one free byte at *p; *n says how many, feed_took says how many
 * were used. A full slot is handed on only here, when more is to come: the
 * last one has to be known as such. *fresh (may be NULL): a new slot.
 */
BULLA_NODISCARD enum bulla_status feed_room(struct feed *f, uint8_t **p,
    size_t *n, bool *fresh, struct bulla_err *err);
void feed_took(struct feed *f, size_t n);
/* Copy bytes from elsewhere. */
BULLA_NODISCARD enum bulla_status feed_put(struct feed *f, const void *p,
    size_t n, struct bulla_err *err);
/* Hand on the last slot, which must not be empty. */
void feed_end(struct feed *f);

#endif
