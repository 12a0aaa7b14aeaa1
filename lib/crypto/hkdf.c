#include <sodium.h>
#include <string.h>

#include "bulla/hash.h"
#include "bulla/secret.h"

_Static_assert(BULLA_SHA256_LEN == crypto_auth_hmacsha256_BYTES,
    "one digest length");

#define HKDF_BLOCKS_MAX 255u	/* RFC 5869, 2.3: the counter is one byte */

void
bulla_hmac_sha256(const void *key, size_t key_len, const void *p, size_t n,
    uint8_t out[BULLA_SHA256_LEN])
{
	crypto_auth_hmacsha256_state st;

	/* libsodium declares its pointer never NULL, also for no bytes */
	crypto_auth_hmacsha256_init(&st, key_len > 0 ? key : "", key_len);
	crypto_auth_hmacsha256_update(&st, p, n);
	crypto_auth_hmacsha256_final(&st, out);
	bulla_wipe(&st, sizeof(st));
}

/* T(i) = HMAC(prk, T(i-1) | info | i), where T(0) is empty. */
static void
expand_block(const uint8_t prk[BULLA_SHA256_LEN],
    uint8_t t[BULLA_SHA256_LEN], const void *info, size_t info_len,
    uint8_t i)
{
	crypto_auth_hmacsha256_state st;

	crypto_auth_hmacsha256_init(&st, prk, BULLA_SHA256_LEN);
	if (i > 1)
		crypto_auth_hmacsha256_update(&st, t, BULLA_SHA256_LEN);
	crypto_auth_hmacsha256_update(&st, info, info_len);
	crypto_auth_hmacsha256_update(&st, &i, 1);
	crypto_auth_hmacsha256_final(&st, t);
	bulla_wipe(&st, sizeof(st));
}

void
bulla_hkdf_sha256(const void *ikm, size_t ikm_len, const void *salt,
    size_t salt_len, const void *info, size_t info_len, void *out,
    size_t out_len)
{
	uint8_t prk[BULLA_SHA256_LEN], t[BULLA_SHA256_LEN];
	uint8_t *to = out;
	uint8_t i = 0;

	BULLA_CHECK(out_len <= HKDF_BLOCKS_MAX * BULLA_SHA256_LEN);
	/* No salt is 32 zero bytes (2.2): what HMAC makes of an empty key. */
	bulla_hmac_sha256(salt, salt_len, ikm, ikm_len, prk);
	while (out_len > 0) {
		size_t n = out_len < sizeof(t) ? out_len : sizeof(t);

		expand_block(prk, t, info, info_len, ++i);
		memcpy(to, t, n);
		to += n;
		out_len -= n;
	}
	bulla_wipe(prk, sizeof(prk));
	bulla_wipe(t, sizeof(t));
}
