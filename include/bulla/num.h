#ifndef BULLA_NUM_H
#define BULLA_NUM_H

#include <stdbool.h>
#include <stdint.h>

#include "bulla/cur.h"

/*
 * Decimal numbers as our formats write them: digits only, no sign, no
 * leading zero but for "0" itself, at most max. *out only on success.
 */
BULLA_NODISCARD bool bulla_num_u64(const struct bulla_cur *text, uint64_t max,
    uint64_t *out);

/*
 * A size for people: decimal, then nothing or one of K M G T (powers of 1024).
 */
BULLA_NODISCARD bool bulla_num_size(const struct bulla_cur *text,
    uint64_t max, uint64_t *out);

/* a + b and a * b; false when the result does not fit. */
BULLA_NODISCARD bool bulla_add_u64(uint64_t a, uint64_t b, uint64_t *out);
BULLA_NODISCARD bool bulla_mul_u64(uint64_t a, uint64_t b, uint64_t *out);

#endif
