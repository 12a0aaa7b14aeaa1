#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "bulla/hash.h"
#include "bulla/x509.h"

static bool
pinned(X509 *x, const struct bulla_x509_pins *pins)
{
	uint8_t digest[BULLA_SHA256_LEN];
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);

	if (n <= 0)
		return false;
	bulla_sha256(der, (size_t)n, digest);
	OPENSSL_free(der);
	for (size_t i = 0; i < pins->n; i++)
		if (memcmp(digest, pins->spki[i], sizeof(digest)) == 0)
			return true;
	return false;
}

static int
judge(X509 *x, const struct bulla_x509_pins *pins)
{
	if (x == NULL || !pinned(x, pins))
		return X509_V_ERR_CERT_UNTRUSTED;
	if (X509_cmp_current_time(X509_get0_notBefore(x)) >= 0)
		return X509_V_ERR_CERT_NOT_YET_VALID;
	if (X509_cmp_current_time(X509_get0_notAfter(x)) <= 0)
		return X509_V_ERR_CERT_HAS_EXPIRED;
	if (X509_check_purpose(x, X509_PURPOSE_SSL_SERVER, 0) != 1)
		return X509_V_ERR_INVALID_PURPOSE;
	return X509_V_OK;
}

/* In the place of X509_verify_cert: 1 is yes. */
static int
verify(X509_STORE_CTX *ctx, void *arg)
{
	int why = judge(X509_STORE_CTX_get0_cert(ctx), arg);

	/* libcurl asks for it once more, after the handshake. */
	X509_STORE_CTX_set_error(ctx, why);
	return why == X509_V_OK;
}

void
bulla_x509_pin(void *ssl_ctx, const struct bulla_x509_pins *pins)
{
	union {
		const struct bulla_x509_pins *in;
		void *out;
	} arg = { .in = pins };

	SSL_CTX_set_verify(ssl_ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ssl_ctx, verify, arg.out);
}
