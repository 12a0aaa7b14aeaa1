#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "bulla/aead.h"
#include "bulla/secret.h"
#include "crypto/upper_int.h"

/*
 * libcrypto keeps its own copy of the key inside ctx, on the ordinary heap,
 * and wipes it when ctx is freed: with mac.c's the one place where a key
 * leaves struct bulla_secret. libsodium would not need it, but has half the
 * speed.
 */
struct bulla_aead {
	EVP_CIPHER_CTX *ctx;
	EVP_CIPHER *cipher;
};

enum bulla_status
bulla_aead_new(const uint8_t key[BULLA_AEAD_KEY], struct bulla_aead **out,
    struct bulla_err *err)
{
	struct bulla_aead *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return bulla_fail(err, BULLA_E_NOMEM,
		    "no memory for ChaCha20-Poly1305");
	a->cipher = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	a->ctx = EVP_CIPHER_CTX_new();
	if (a->cipher == NULL || a->ctx == NULL ||
	    EVP_EncryptInit_ex2(a->ctx, a->cipher, key, NULL, NULL) != 1) {
		bulla_aead_free(a);
		return bulla_fail(err, BULLA_E_UNSUPPORTED,
		    "libcrypto has no ChaCha20-Poly1305: look at its "
		    "openssl.cnf");
	}
	*out = a;
	return BULLA_OK;
}

static enum bulla_status
too_long(size_t n, struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_USAGE,
	    "a message of %zu bytes is too long for one AEAD call", n);
}

static enum bulla_status
broken(struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_UNSUPPORTED,
	    "libcrypto failed in ChaCha20-Poly1305");
}

enum bulla_status
bulla_aead_seal(struct bulla_aead *a, const uint8_t nonce[BULLA_AEAD_NONCE],
    const void *in, size_t n, void *out, struct bulla_err *err)
{
	uint8_t *to = out;
	int got = 0, rest = 0;

	if (n > INT_MAX)
		return too_long(n, err);
	if (EVP_EncryptInit_ex2(a->ctx, NULL, NULL, nonce, NULL) != 1 ||
	    (n > 0 &&
		EVP_EncryptUpdate(a->ctx, to, &got, in, (int)n) != 1) ||
	    EVP_EncryptFinal_ex(a->ctx, to + got, &rest) != 1 ||
	    EVP_CIPHER_CTX_ctrl(a->ctx, EVP_CTRL_AEAD_GET_TAG,
		(int)BULLA_AEAD_TAG, to + n) != 1)
		return broken(err);
	clear_upper_halves();
	return BULLA_OK;
}

/*
 * Poly1305 is checked only after everything has been deciphered, so that what
 * stands in out until then is the attacker's choice: it is wiped before the
 * caller can use it by mistake.
 */
enum bulla_status
bulla_aead_open(struct bulla_aead *a, const uint8_t nonce[BULLA_AEAD_NONCE],
    const void *in, size_t n, void *out, struct bulla_err *err)
{
	uint8_t *to = out;
	uint8_t tag[BULLA_AEAD_TAG];
	struct bulla_cur text, c = bulla_cur_of(in, n);
	int got = 0, rest = 0;

	if (n > INT_MAX)
		return too_long(n, err);
	if (n < BULLA_AEAD_TAG ||
	    !bulla_cur_take(&c, n - BULLA_AEAD_TAG, &text) ||
	    !bulla_cur_copy(&c, tag, sizeof(tag)))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "%zu bytes are too few for a %u-byte tag", n,
		    BULLA_AEAD_TAG);
	if (EVP_DecryptInit_ex2(a->ctx, NULL, NULL, nonce, NULL) != 1 ||
	    (text.len > 0 && EVP_DecryptUpdate(a->ctx, to, &got, text.p,
		(int)text.len) != 1) ||
	    EVP_CIPHER_CTX_ctrl(a->ctx, EVP_CTRL_AEAD_SET_TAG,
		(int)sizeof(tag), tag) != 1) {
		bulla_wipe(to, text.len);
		return broken(err);
	}
	clear_upper_halves();
	if (EVP_DecryptFinal_ex(a->ctx, to + got, &rest) != 1) {
		bulla_wipe(to, text.len);
		return bulla_fail(err, BULLA_E_MISMATCH,
		    "does not decrypt: altered, or made with another key");
	}
	return BULLA_OK;
}

void
bulla_aead_free(struct bulla_aead *a)
{
	if (a == NULL)
		return;
	EVP_CIPHER_CTX_free(a->ctx);
	EVP_CIPHER_free(a->cipher);
	free(a);
}
