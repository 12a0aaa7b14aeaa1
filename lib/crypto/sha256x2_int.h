#ifndef BULLA_CRYPTO_SHA256X2_INT_H
#define BULLA_CRYPTO_SHA256X2_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/hash.h"

/*
 * Inside lib/crypto and its tests: the pair kernel, and a way to choose
 * between it and EVP, so that one process can compare the two.
 */

/* Can this CPU (and this build) run the pair kernel? */
bool bulla_sha256x2_ni_usable(void);

/*
 * Compress n_blocks of 64 bytes from a into state sa and as many from b into
 * sb: FIPS 180-4, 6.2.2, no padding. The states are eight words in the order
 * of the standard and must not be the same object; a and b may be, and need
 * no alignment. Only where bulla_sha256x2_ni_usable() says so.
 */
void bulla_sha256x2_ni(uint32_t sa[8], const uint8_t *a, uint32_t sb[8],
    const uint8_t *b, size_t n_blocks);

/*
 * bulla_sha256x2_new with the choice made by the caller: fast needs
 * bulla_sha256x2_ni_usable(), or else gives BULLA_E_UNSUPPORTED.
 */
BULLA_NODISCARD enum bulla_status bulla_sha256x2_new_with(bool fast,
    struct bulla_sha256x2 **out, struct bulla_err *err);

#endif
