#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>

#include "bulla/hash.h"
#include "crypto/upper_int.h"

/*
 * From here on setting up an EVP context is worth its cost. Below, and when
 * there is no memory for a context, libsodium does the work: it allocates
 * nothing, so that a digest can always be had.
 */
#define BULK_MIN 16384u

/* soft: libcrypto had no memory to start anew, libsodium goes on. */
struct bulla_sha256 {
	EVP_MD_CTX *ctx;
	EVP_MD *md;
	bool soft;
	crypto_hash_sha256_state state;
};

enum bulla_status
bulla_sha256_new(struct bulla_sha256 **out, struct bulla_err *err)
{
	struct bulla_sha256 *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "no memory for SHA-256");
	h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	h->ctx = EVP_MD_CTX_new();
	if (h->md == NULL || h->ctx == NULL ||
	    EVP_DigestInit_ex2(h->ctx, h->md, NULL) != 1) {
		bulla_sha256_free(h);
		return bulla_fail(err, BULLA_E_UNSUPPORTED,
		    "libcrypto has no SHA-256: look at its openssl.cnf");
	}
	*out = h;
	return BULLA_OK;
}

/*
 * Of the calls on a context that has been set up only the init allocates
 * (libcrypto 3.0 makes its inner context anew each time), and only it fails
 * but for a mistake in this file.
 */
void
bulla_sha256_update(struct bulla_sha256 *h, const void *p, size_t n)
{
	if (n == 0)
		return;
	if (h->soft) {
		(void)crypto_hash_sha256_update(&h->state, p, n);
		return;
	}
	clear_upper_halves();	/* whoever has set them: a sixth of the time */
	BULLA_CHECK(EVP_DigestUpdate(h->ctx, p, n) == 1);
}

void
bulla_sha256_final(struct bulla_sha256 *h, uint8_t out[BULLA_SHA256_LEN])
{
	if (h->soft)
		(void)crypto_hash_sha256_final(&h->state, out);
	else
		BULLA_CHECK(EVP_DigestFinal_ex(h->ctx, out, NULL) == 1);
	bulla_sha256_reset(h);
}

void
bulla_sha256_reset(struct bulla_sha256 *h)
{
	h->soft = EVP_DigestInit_ex2(h->ctx, NULL, NULL) != 1;
	if (h->soft)
		(void)crypto_hash_sha256_init(&h->state);
}

void
bulla_sha256_free(struct bulla_sha256 *h)
{
	if (h == NULL)
		return;
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->md);
	free(h);
}

void
bulla_sha256(const void *p, size_t n, uint8_t out[BULLA_SHA256_LEN])
{
	clear_upper_halves();
	if (n < BULK_MIN ||
	    EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL) != 1)
		crypto_hash_sha256(out, p, n);
}
