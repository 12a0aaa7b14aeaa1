#include <string.h>

#include "bulla/enc.h"
#include "bulla/hash.h"
#include "bulla/keys.h"
#include "bulla/text.h"

#include "vkey_int.h"

#define KEY_MAX 240u	/* decoded bytes that a vkey of VKEY_MAX can hold */

void
bulla_vkey_set_id(struct bulla_vkey *k)
{
	uint8_t msg[BULLA_KEYNAME_MAX + 2 + BULLA_ED25519_PUB];
	uint8_t digest[BULLA_SHA256_LEN];
	size_t n = strlen(k->name);

	memcpy(msg, k->name, n);
	msg[n++] = '\n';
	msg[n++] = k->type;
	memcpy(msg + n, k->pub, sizeof(k->pub));
	bulla_sha256(msg, n + sizeof(k->pub), digest);
	memcpy(k->id, digest, sizeof(k->id));
}

void
bulla_vkey_set_name(struct bulla_vkey *k, const struct bulla_cur *name)
{
	BULLA_CHECK(bulla_keyname_ok(name));
	memcpy(k->name, name->p, name->len);
	k->name[name->len] = '\0';
}

bool
bulla_vkey_type_ok(uint8_t type)
{
	return type == BULLA_SIG_ED25519 || type == BULLA_SIG_COSIGNATURE;
}

static enum bulla_status
bad(const struct bulla_cur *text, enum bulla_status st, const char *why,
    struct bulla_err *err)
{
	char shown[96];

	return bulla_fail(err, st, "\"%s\": %s",
	    bulla_text_show(shown, sizeof(shown), text), why);
}

enum bulla_status
bulla_vkey_parse(const struct bulla_cur *text, struct bulla_vkey *out,
    struct bulla_err *err)
{
	uint8_t id[BULLA_KEYID_LEN], key[KEY_MAX];
	struct bulla_vkey k = { 0 };
	struct bulla_cur name, b64;
	size_t len;

	/* Somebody gave the wrong file: the secret must not be shown. */
	if (bulla_cur_starts(text, "PRIVATE+KEY+"))
		return bulla_fail(err, BULLA_E_FORMAT, "this is a SECRET key, "
		    "where a public one (name+id+base64) must stand");
	if (text->len > BULLA_VKEY_MAX)
		return bad(text, BULLA_E_LIMIT, "too long for a key", err);
	if (!bulla_key_split(text, &name, id, &b64) ||
	    !bulla_b64_decode(&b64, BULLA_B64_PADDED, key, sizeof(key),
	    &len) || len == 0)
		return bad(text, BULLA_E_FORMAT,
		    "not a key of the form name+id+base64", err);
	if (!bulla_vkey_type_ok(key[0]))
		return bad(text, BULLA_E_UNSUPPORTED,
		    "a type of key that this version does not know", err);
	if (len != 1 + sizeof(k.pub))
		return bad(text, BULLA_E_FORMAT,
		    "not the 32 bytes of an Ed25519 key", err);
	bulla_vkey_set_name(&k, &name);
	k.type = key[0];
	memcpy(k.pub, key + 1, sizeof(k.pub));
	bulla_vkey_set_id(&k);
	if (memcmp(k.id, id, sizeof(id)) != 0)
		return bad(text, BULLA_E_FORMAT, "the id is not that of the "
		    "name and key: a typing error, or not all was copied",
		    err);
	*out = k;
	return BULLA_OK;
}

void
bulla_vkey_put(struct bulla_buf *b, const struct bulla_vkey *k)
{
	uint8_t key[1 + BULLA_ED25519_PUB];

	key[0] = k->type;
	memcpy(key + 1, k->pub, sizeof(k->pub));
	bulla_buf_str(b, k->name);
	bulla_buf_str(b, "+");
	bulla_hex_put(b, k->id, sizeof(k->id));
	bulla_buf_str(b, "+");
	bulla_b64_put(b, key, sizeof(key), BULLA_B64_PADDED);
}

bool
bulla_vkey_same_key(const struct bulla_vkey *a, const struct bulla_vkey *b)
{
	return a->type == b->type &&
	    memcmp(a->pub, b->pub, sizeof(a->pub)) == 0;
}

bool
bulla_vkey_eq(const struct bulla_vkey *a, const struct bulla_vkey *b)
{
	return bulla_vkey_same_key(a, b) && strcmp(a->name, b->name) == 0 &&
	    memcmp(a->id, b->id, sizeof(a->id)) == 0;
}
