#include <openssl/evp.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>

#include "bulla/mac.h"
#include "bulla/secret.h"
#include "crypto/upper_int.h"

_Static_assert(BULLA_MAC_KEY == crypto_stream_chacha20_ietf_KEYBYTES &&
    BULLA_MAC_TAG == crypto_onetimeauth_BYTES, "one length of each");

#define INDEX_AT 4u	/* of the 12-byte nonce */

/*
 * libsodium's Poly1305 has a fifth of the speed. libcrypto keeps the one-time
 * key inside ctx, on the ordinary heap, and wipes it in its own final; not
 * when ctx is freed.
 */
struct bulla_mac {
	EVP_MAC_CTX *ctx;
	EVP_MAC *mac;
	bool begun;		/* ctx holds a key */
};

enum bulla_status
bulla_mac_new(struct bulla_mac **out, struct bulla_err *err)
{
	struct bulla_mac *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "no memory for Poly1305");
	m->mac = EVP_MAC_fetch(NULL, "POLY1305", NULL);
	if (m->mac != NULL)
		m->ctx = EVP_MAC_CTX_new(m->mac);
	if (m->ctx == NULL) {
		bulla_mac_free(m);
		return bulla_fail(err, BULLA_E_UNSUPPORTED,
		    "libcrypto has no Poly1305: look at its openssl.cnf");
	}
	*out = m;
	return BULLA_OK;
}

/* A context that has been set up allocates nothing more, and its calls fail
 * only for a mistake in this file. */
void
bulla_mac_begin(struct bulla_mac *m, const uint8_t once[BULLA_MAC_KEY])
{
	BULLA_CHECK(EVP_MAC_init(m->ctx, once, BULLA_MAC_KEY, NULL) == 1);
	m->begun = true;
}

void
bulla_mac_begin_nth(struct bulla_mac *m, const uint8_t key[BULLA_MAC_KEY],
    uint64_t index)
{
	uint8_t nonce[crypto_stream_chacha20_ietf_NONCEBYTES] = { 0 };
	uint8_t once[BULLA_MAC_KEY];

	for (unsigned i = INDEX_AT; i < sizeof(nonce); i++, index >>= 8)
		nonce[i] = (uint8_t)index;
	/* the first half of block 0: RFC 8439, 2.6 */
	(void)crypto_stream_chacha20_ietf(once, sizeof(once), nonce, key);
	bulla_mac_begin(m, once);
	bulla_wipe(once, sizeof(once));
}

void
bulla_mac_update(struct bulla_mac *m, const void *p, size_t n)
{
	if (n == 0)
		return;
	BULLA_CHECK(EVP_MAC_update(m->ctx, p, n) == 1);
	clear_upper_halves();
}

void
bulla_mac_final(struct bulla_mac *m, uint8_t tag[BULLA_MAC_TAG])
{
	size_t n = 0;

	BULLA_CHECK(EVP_MAC_final(m->ctx, tag, &n, BULLA_MAC_TAG) == 1 &&
	    n == BULLA_MAC_TAG);
	m->begun = false;
	clear_upper_halves();
}

void
bulla_mac_free(struct bulla_mac *m)
{
	uint8_t unused[BULLA_MAC_TAG];

	if (m == NULL)
		return;
	if (m->begun)
		bulla_mac_final(m, unused);
	EVP_MAC_CTX_free(m->ctx);
	EVP_MAC_free(m->mac);
	free(m);
}
