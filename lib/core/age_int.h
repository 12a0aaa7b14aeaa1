#ifndef BULLA_CORE_AGE_INT_H
#define BULLA_CORE_AGE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/age.h"

/* What wrapping and unwrapping share. Secret pointers: secret memory. */
#define AGE_TYPE_X25519 "X25519"
#define AGE_TYPE_SCRYPT "scrypt"
#define AGE_TYPE_PQ "mlkem768x25519"
#define AGE_BODY 32u		/* a wrapped file key: 16 bytes and the tag */
#define AGE_SALT 16u		/* bytes of a scrypt salt */
#define AGE_NONCE 16u		/* bytes between header and payload */
#define AGE_PQ_ENC 1120u	/* bytes of a mlkem768x25519 share */
#define AGE_PQ_PUB 1216u	/* bytes of an age1pq1... recipient */
#define AGE_NEEDS_PQ "post-quantum age keys need libcrypto 3.5 or newer, " \
	"which this build does not have"

/*
 * Is it a file for a passphrase? The stanza's form and cost are checked:
 * BULLA_E_FORMAT, BULLA_E_LIMIT.
 */
BULLA_NODISCARD enum bulla_status bulla_age_wants_pass(
    const struct bulla_age_header *h, bool *wants, struct bulla_err *err);

/* The key that wraps the file key, from an X25519 shared secret. */
void bulla_age_key_x25519(const uint8_t shared[32], const uint8_t share[32],
    const uint8_t pub[32], uint8_t key[32]);
/* The same from a passphrase; 1 KiB << log_n of memory. */
BULLA_NODISCARD enum bulla_status bulla_age_key_scrypt(
    const struct bulla_secret *pass, const uint8_t salt[AGE_SALT],
    unsigned log_n, uint8_t key[32], struct bulla_err *err);
/* The header's MAC over what it covers. */
BULLA_NODISCARD enum bulla_status bulla_age_mac(
    const struct bulla_secret *file_key, const struct bulla_cur *covered,
    uint8_t mac[32], struct bulla_err *err);

/*
 * The file key under a wrapping key that is used once, so with nonce zero.
 * open: BULLA_E_MISMATCH (err says nothing then) when it is another key.
 */
BULLA_NODISCARD enum bulla_status bulla_age_body_seal(const uint8_t key[32],
    const uint8_t file_key[BULLA_AGE_FILE_KEY], uint8_t body[AGE_BODY],
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_age_body_open(const uint8_t key[32],
    const uint8_t body[AGE_BODY], uint8_t file_key[BULLA_AGE_FILE_KEY],
    struct bulla_err *err);

#endif
