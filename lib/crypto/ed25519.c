#include <sodium.h>

#include "bulla/pk.h"

_Static_assert(BULLA_ED25519_PUB == crypto_sign_PUBLICKEYBYTES &&
    BULLA_ED25519_SEED == crypto_sign_SEEDBYTES &&
    BULLA_ED25519_SIG == crypto_sign_BYTES, "libsodium's lengths");

void
bulla_ed25519_public(const uint8_t seed[BULLA_ED25519_SEED],
    uint8_t pub[BULLA_ED25519_PUB])
{
	/* libsodium's secret key is the seed once more, then the public key */
	uint8_t sk[crypto_sign_SECRETKEYBYTES];

	BULLA_CHECK(crypto_sign_seed_keypair(pub, sk, seed) == 0);
	bulla_wipe(sk, sizeof(sk));
}

/*
 * The public key goes into what is hashed, and a signature under the right
 * seed with a wrong public key gives the seed away. So it is derived here and
 * never taken from the caller.
 */
enum bulla_status
bulla_ed25519_sign(const uint8_t seed[BULLA_ED25519_SEED], const void *msg,
    size_t n, uint8_t sig[BULLA_ED25519_SIG], struct bulla_err *err)
{
	struct bulla_secret sk = { 0 };
	uint8_t pub[BULLA_ED25519_PUB];
	enum bulla_status st;

	st = bulla_secret_new(&sk, crypto_sign_SECRETKEYBYTES, err);
	if (st != BULLA_OK)
		return st;
	BULLA_CHECK(crypto_sign_seed_keypair(pub, sk.p, seed) == 0);
	BULLA_CHECK(crypto_sign_detached(sig, NULL, msg, n, sk.p) == 0);
	bulla_secret_free(&sk);
	return BULLA_OK;
}

bool
bulla_ed25519_verify(const uint8_t pub[BULLA_ED25519_PUB], const void *msg,
    size_t n, const uint8_t sig[BULLA_ED25519_SIG])
{
	return crypto_sign_verify_detached(sig, msg, n, pub) == 0;
}
