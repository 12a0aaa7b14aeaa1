#ifndef BULLA_PK_H
#define BULLA_PK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/err.h"
#include "bulla/secret.h"

/*
 * Public-key primitives and scrypt, all libsodium. Secret arguments are raw
 * pointers into struct bulla_secret memory.
 */
#define BULLA_ED25519_PUB 32u
#define BULLA_ED25519_SEED 32u
#define BULLA_ED25519_SIG 64u
#define BULLA_X25519_LEN 32u

/* The public key of a seed (RFC 8032). */
void bulla_ed25519_public(const uint8_t seed[BULLA_ED25519_SEED],
    uint8_t pub[BULLA_ED25519_PUB]);
BULLA_NODISCARD enum bulla_status bulla_ed25519_sign(
    const uint8_t seed[BULLA_ED25519_SEED], const void *msg, size_t n,
    uint8_t sig[BULLA_ED25519_SIG], struct bulla_err *err);
/*
 * The one rule of the project for what is a valid signature:
 * crypto_sign_verify_detached of libsodium (libraries differ on low-order
 * points and non-canonical encodings).
 */
BULLA_NODISCARD bool bulla_ed25519_verify(
    const uint8_t pub[BULLA_ED25519_PUB], const void *msg, size_t n,
    const uint8_t sig[BULLA_ED25519_SIG]);

/* RFC 7748. mult is false when the result is all zero (low-order point). */
void bulla_x25519_public(const uint8_t secret[BULLA_X25519_LEN],
    uint8_t pub[BULLA_X25519_LEN]);
BULLA_NODISCARD bool bulla_x25519_mult(const uint8_t secret[BULLA_X25519_LEN],
    const uint8_t pub[BULLA_X25519_LEN], uint8_t out[BULLA_X25519_LEN]);

/*
 * scrypt with N = 2^log_n, r = 8, p = 1 (RFC 7914; age's choice), 32 bytes
 * out. Needs 1 KiB << log_n of memory. log_n 1..30, else BULLA_E_LIMIT;
 * BULLA_E_NOMEM. Callers cap log_n from files before they call.
 */
BULLA_NODISCARD enum bulla_status bulla_scrypt(const void *pass,
    size_t pass_len, const void *salt, size_t salt_len, unsigned log_n,
    uint8_t out[32], struct bulla_err *err);

#endif
