#ifndef BULLA_MAC_H
#define BULLA_MAC_H

#include <stddef.h>
#include <stdint.h>

#include "bulla/err.h"

/*
 * Poly1305 (RFC 8439, section 2.5) with one-time keys: to know bytes again
 * that this process has seen before, at a seventh of the cost of SHA-256. It
 * proves nothing to anybody else: whoever has the key can make other bytes
 * with the same tag, so a tag never stands in for a digest or a signature.
 *
 * One key serves ONE message. Different bytes then have the same tag with a
 * probability of at most 8 * ceil(n / 16) / 2^106, n the length of the
 * longer (Bernstein, The Poly1305-AES message-authentication code, 2005,
 * theorem 3.3), for everybody who has not seen the key.
 */
#define BULLA_MAC_KEY 32u
#define BULLA_MAC_TAG 16u

/*
 * One message at a time, on libcrypto's EVP; one object serves one thread at
 * a time. new: BULLA_E_NOMEM, or BULLA_E_UNSUPPORTED when libcrypto's
 * configuration forbids Poly1305. No other call allocates or fails.
 */
struct bulla_mac;
BULLA_NODISCARD enum bulla_status bulla_mac_new(struct bulla_mac **out,
    struct bulla_err *err);
/* A message under this key, which is copied; final and free wipe the copy. */
void bulla_mac_begin(struct bulla_mac *m,
    const uint8_t once[BULLA_MAC_KEY]);
/*
 * The same under the index-th of 2^64 one-time keys that one secret key has:
 * RFC 8439, section 2.6, with a nonce of four zero bytes and the index,
 * little-endian.
 */
void bulla_mac_begin_nth(struct bulla_mac *m,
    const uint8_t key[BULLA_MAC_KEY], uint64_t index);
/* Any pieces; p may be NULL with n 0. */
void bulla_mac_update(struct bulla_mac *m, const void *p, size_t n);
/* The message ends; compare tags with bulla_secret_eq. */
void bulla_mac_final(struct bulla_mac *m, uint8_t tag[BULLA_MAC_TAG]);
void bulla_mac_free(struct bulla_mac *m);

#endif
