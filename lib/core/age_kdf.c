#include <string.h>

#include "bulla/hash.h"
#include "bulla/pk.h"
#include "core/age_int.h"

#define LABEL_X25519 "age-encryption.org/v1/X25519"
#define LABEL_SCRYPT "age-encryption.org/v1/scrypt"
#define LABEL_LEN (sizeof(LABEL_SCRYPT) - 1)

/* c2sp.org/age, "X25519 recipient stanza". */
void
bulla_age_key_x25519(const uint8_t shared[32], const uint8_t share[32],
    const uint8_t pub[32], uint8_t key[32])
{
	uint8_t salt[64];

	memcpy(salt, share, 32);
	memcpy(salt + 32, pub, 32);
	bulla_hkdf_sha256(shared, 32, salt, sizeof(salt), LABEL_X25519,
	    sizeof(LABEL_X25519) - 1, key, 32);
}

/* "scrypt recipient stanza". */
enum bulla_status
bulla_age_key_scrypt(const struct bulla_secret *pass,
    const uint8_t salt[AGE_SALT], unsigned log_n, uint8_t key[32],
    struct bulla_err *err)
{
	uint8_t full[LABEL_LEN + AGE_SALT];

	memcpy(full, LABEL_SCRYPT, LABEL_LEN);
	memcpy(full + LABEL_LEN, salt, AGE_SALT);
	return bulla_scrypt(pass->p, pass->len, full, sizeof(full), log_n,
	    key, err);
}

/* "Header MAC". */
enum bulla_status
bulla_age_mac(const struct bulla_secret *file_key,
    const struct bulla_cur *covered, uint8_t mac[32], struct bulla_err *err)
{
	struct bulla_secret key = { 0 };
	enum bulla_status st = bulla_secret_new(&key, 32, err);

	if (st != BULLA_OK)
		return st;
	bulla_hkdf_sha256(file_key->p, file_key->len, "", 0, "header", 6,
	    key.p, key.len);
	bulla_hmac_sha256(key.p, key.len, covered->p, covered->len, mac);
	bulla_secret_free(&key);
	return BULLA_OK;
}

/* "Payload". */
enum bulla_status
bulla_age_payload_key(const struct bulla_secret *file_key,
    const uint8_t nonce[16], struct bulla_secret *key, struct bulla_err *err)
{
	struct bulla_secret made = { 0 };
	enum bulla_status st = bulla_secret_new(&made, BULLA_AEAD_KEY, err);

	if (st != BULLA_OK)
		return st;
	bulla_hkdf_sha256(file_key->p, file_key->len, nonce, AGE_NONCE,
	    "payload", 7, made.p, made.len);
	*key = made;
	return BULLA_OK;
}

static const uint8_t zero_nonce[BULLA_AEAD_NONCE];

enum bulla_status
bulla_age_body_seal(const uint8_t key[32],
    const uint8_t file_key[BULLA_AGE_FILE_KEY], uint8_t body[AGE_BODY],
    struct bulla_err *err)
{
	struct bulla_aead *a = NULL;
	enum bulla_status st = bulla_aead_new(key, &a, err);

	if (st == BULLA_OK)
		st = bulla_aead_seal(a, zero_nonce, file_key,
		    BULLA_AGE_FILE_KEY, body, err);
	bulla_aead_free(a);
	return st;
}

enum bulla_status
bulla_age_body_open(const uint8_t key[32], const uint8_t body[AGE_BODY],
    uint8_t file_key[BULLA_AGE_FILE_KEY], struct bulla_err *err)
{
	struct bulla_aead *a = NULL;
	struct bulla_err why = { 0 };
	enum bulla_status st = bulla_aead_new(key, &a, &why);

	if (st == BULLA_OK)
		st = bulla_aead_open(a, zero_nonce, body, AGE_BODY, file_key,
		    &why);
	bulla_aead_free(a);
	if (st != BULLA_OK && st != BULLA_E_MISMATCH)
		return bulla_fail(err, st, "%s", why.msg);
	return st;
}
