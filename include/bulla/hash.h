#ifndef BULLA_HASH_H
#define BULLA_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/err.h"

#define BULLA_SHA256_LEN 32u

/*
 * One SHA-256 stream (FIPS 180-4) on libcrypto's EVP; final starts it anew.
 * new: BULLA_E_NOMEM, or BULLA_E_UNSUPPORTED when libcrypto's configuration
 * forbids SHA-256. No other call allocates or fails. p may be NULL with n 0,
 * here and below.
 */
struct bulla_sha256;
BULLA_NODISCARD enum bulla_status bulla_sha256_new(struct bulla_sha256 **out,
    struct bulla_err *err);
void bulla_sha256_update(struct bulla_sha256 *h, const void *p, size_t n);
void bulla_sha256_final(struct bulla_sha256 *h,
    uint8_t out[BULLA_SHA256_LEN]);
/* Forget what was put in so far. */
void bulla_sha256_reset(struct bulla_sha256 *h);
void bulla_sha256_free(struct bulla_sha256 *h);

/* The whole message at once; never fails. */
void bulla_sha256(const void *p, size_t n, uint8_t out[BULLA_SHA256_LEN]);

/*
 * Two independent streams advanced by one thread at once. Where the CPU has
 * the SHA extensions this costs about as much as one stream alone, because
 * their rounds wait on each other and not on the execution units; elsewhere
 * it is two EVP streams one after the other. The digests are the same. Not
 * for keys: what it held is not wiped, nor is plaintext of evidence elsewhere
 * on its way.
 */
struct bulla_sha256x2;
/* True when the interleaved kernel will be used on this machine. */
bool bulla_sha256x2_is_fast(void);
/* The statuses of bulla_sha256_new. */
BULLA_NODISCARD enum bulla_status bulla_sha256x2_new(
    struct bulla_sha256x2 **out, struct bulla_err *err);
/* Append a[0..a_len) to stream 0 and b[0..b_len) to stream 1; any lengths. */
void bulla_sha256x2_update(struct bulla_sha256x2 *h, const void *a,
    size_t a_len, const void *b, size_t b_len);
/* The digest of one stream (0 or 1), which starts anew; the other goes on. */
void bulla_sha256x2_final(struct bulla_sha256x2 *h, unsigned which,
    uint8_t out[BULLA_SHA256_LEN]);
void bulla_sha256x2_free(struct bulla_sha256x2 *h);

/* HMAC-SHA-256 (RFC 2104) and HKDF-SHA-256 (RFC 5869), on libsodium. */
void bulla_hmac_sha256(const void *key, size_t key_len, const void *p,
    size_t n, uint8_t out[BULLA_SHA256_LEN]);
/* out_len at most 255 * 32 bytes. salt may be NULL with salt_len 0. */
void bulla_hkdf_sha256(const void *ikm, size_t ikm_len, const void *salt,
    size_t salt_len, const void *info, size_t info_len, void *out,
    size_t out_len);

#endif
