#ifndef BULLA_RING_H
#define BULLA_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/err.h"

/*
 * A ring of slots that pass through a fixed list of stages, worked on by a
 * few threads, the caller's among them: whoever has nothing to do takes the
 * oldest slot whose next stage may run. A serial stage sees the slots one at
 * a time and in order; a parallel one as they come. So all cores are busy
 * whatever the stages cost, and memory is the slots and nothing else.
 *
 * The caller either feeds the ring (get, fill, put; the last stage ends a
 * slot's way) or drains it (the first stage fills slots by itself until it
 * says "end"; next, use, put back). While the caller waits it works too.
 *
 * The first stage that fails stops the ring; every later call returns that
 * status and error. All functions but the stages belong to one thread.
 */
struct bulla_slot {
	uint64_t seq;		/* 0, 1, 2, ... in the order of the data */
	uint8_t *in;		/* in_cap bytes */
	uint8_t *out;		/* out_cap bytes, or NULL when out_cap is 0 */
	size_t in_len, out_len;
	bool last;		/* nothing comes after this slot */
	void *user;		/* per-slot data of the caller */
};

struct bulla_stage {
	bool serial;
	/* worker: 0 .. n_threads - 1, for per-thread objects. */
	enum bulla_status (*run)(void *ctx, struct bulla_slot *s,
	    unsigned worker, struct bulla_err *err);
};

#define BULLA_RING_STAGES_MAX 6u
#define BULLA_RING_THREADS_MAX 64u

struct bulla_ring_config {
	const struct bulla_stage *stages;
	unsigned n_stages;
	unsigned n_threads;	/* with the caller's; at least 1 */
	unsigned n_slots;	/* at least 2 */
	size_t in_cap, out_cap;	/* bytes of a slot's two buffers */
	size_t user_size;	/* zeroed bytes behind slot->user */
	void (*user_free)(void *user);	/* at the end, for each; may be NULL */
	bool drain;		/* the first stage fills; the caller empties */
	void *ctx;		/* given to every stage */
};

struct bulla_ring;

/* BULLA_E_NOMEM, or BULLA_E_IO when no thread could be started. */
BULLA_NODISCARD enum bulla_status bulla_ring_new(
    const struct bulla_ring_config *c, struct bulla_ring **out,
    struct bulla_err *err);

/* Feeding: an empty slot, in order. The caller fills in, in_len and last. */
BULLA_NODISCARD enum bulla_status bulla_ring_get(struct bulla_ring *r,
    struct bulla_slot **s, struct bulla_err *err);
/* Feeding: hand the slot over. Draining: give it back. */
void bulla_ring_put(struct bulla_ring *r, struct bulla_slot *s);

/*
 * Draining: the next slot, with every stage done. After the slot that was
 * marked last (which is delivered, possibly with no bytes) *s is NULL.
 */
BULLA_NODISCARD enum bulla_status bulla_ring_next(struct bulla_ring *r,
    struct bulla_slot **s, struct bulla_err *err);

/* Feeding: wait until everything that was put has passed stage 0 .. upto. */
BULLA_NODISCARD enum bulla_status bulla_ring_wait(struct bulla_ring *r,
    unsigned upto, struct bulla_err *err);

/* Stops the threads and frees everything. */
void bulla_ring_free(struct bulla_ring *r);

/* The number of cores that this process may use, 1 .. THREADS_MAX. */
unsigned bulla_cores(void);

#endif
