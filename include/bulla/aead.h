#ifndef BULLA_AEAD_H
#define BULLA_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/err.h"

/* ChaCha20-Poly1305 (RFC 8439), no associated data. */
#define BULLA_AEAD_KEY 32u
#define BULLA_AEAD_NONCE 12u
#define BULLA_AEAD_TAG 16u

/*
 * One keyed object for many messages, on libcrypto's EVP: only the nonce is
 * set anew. One object serves one thread at a time. The key is copied;
 * libcrypto wipes its copy when the object is freed.
 * new: BULLA_E_NOMEM, or BULLA_E_UNSUPPORTED when libcrypto's configuration
 * forbids the cipher.
 */
struct bulla_aead;
BULLA_NODISCARD enum bulla_status bulla_aead_new(
    const uint8_t key[BULLA_AEAD_KEY], struct bulla_aead **out,
    struct bulla_err *err);
/*
 * out takes n + BULLA_AEAD_TAG bytes; it is in itself or apart from it.
 * n < 2^31, else BULLA_E_USAGE. in may be NULL with n 0.
 */
BULLA_NODISCARD enum bulla_status bulla_aead_seal(struct bulla_aead *a,
    const uint8_t nonce[BULLA_AEAD_NONCE], const void *in, size_t n,
    void *out, struct bulla_err *err);
/*
 * n counts the tag: BULLA_E_FORMAT below 16, BULLA_E_USAGE from 2^31. out
 * takes n - 16 bytes, is in itself or apart from it, and is wiped when the
 * tag is wrong: BULLA_E_MISMATCH.
 */
BULLA_NODISCARD enum bulla_status bulla_aead_open(struct bulla_aead *a,
    const uint8_t nonce[BULLA_AEAD_NONCE], const void *in, size_t n,
    void *out, struct bulla_err *err);
void bulla_aead_free(struct bulla_aead *a);

#endif
