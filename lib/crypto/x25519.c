#include <sodium.h>
#include <string.h>

#include "bulla/pk.h"

_Static_assert(BULLA_X25519_LEN == crypto_scalarmult_BYTES &&
    BULLA_X25519_LEN == crypto_scalarmult_SCALARBYTES, "libsodium's lengths");

void
bulla_x25519_public(const uint8_t secret[BULLA_X25519_LEN],
    uint8_t pub[BULLA_X25519_LEN])
{
	BULLA_CHECK(crypto_scalarmult_base(pub, secret) == 0);
}

/*
 * libsodium refuses the low-order points and an all-zero result (RFC 7748,
 * 6.1): with either, anybody can tell the "shared" secret.
 */
bool
bulla_x25519_mult(const uint8_t secret[BULLA_X25519_LEN],
    const uint8_t pub[BULLA_X25519_LEN], uint8_t out[BULLA_X25519_LEN])
{
	uint8_t q[BULLA_X25519_LEN];
	bool ok = crypto_scalarmult(q, secret, pub) == 0;

	if (ok)
		memcpy(out, q, sizeof(q));
	bulla_wipe(q, sizeof(q));
	return ok;
}
