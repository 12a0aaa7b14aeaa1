#include "bulla/enc.h"
#include "bulla/pk.h"
#include "core/age_int.h"

#define SHARE_TEXT 64u	/* bytes of text, more than 32 bytes in base64 */

/* What one X25519 stanza needs, in secret memory. */
struct work {
	uint8_t ephemeral[32];
	uint8_t shared[32];
	uint8_t key[32];
};

static enum bulla_status
out_of_room(const struct bulla_buf *b, struct bulla_err *err)
{
	enum bulla_status st = bulla_buf_status(b);

	if (st == BULLA_E_LIMIT)
		return bulla_fail(err, st, "age header: longer than %zu bytes",
		    b->max);
	return bulla_fail(err, st, "out of memory");
}

static enum bulla_status
put_stanza(struct bulla_buf *header, const char *const *args, size_t n_args,
    const uint8_t body[AGE_BODY], struct bulla_err *err)
{
	bulla_age_put_stanza(header, args, n_args, body, AGE_BODY);
	if (bulla_buf_status(header) != BULLA_OK)
		return out_of_room(header, err);
	return BULLA_OK;
}

static enum bulla_status
wrap_one(const struct bulla_recipient *to, const struct bulla_secret *file_key,
    struct work *w, struct bulla_buf *header, struct bulla_err *err)
{
	struct bulla_buf text = BULLA_BUF_INIT(SHARE_TEXT);
	const char *args[2] = { AGE_TYPE_X25519, NULL };
	uint8_t share[32], body[AGE_BODY];
	enum bulla_status st;

	bulla_random(w->ephemeral, sizeof(w->ephemeral));
	bulla_x25519_public(w->ephemeral, share);
	/* Or anybody could compute the "shared" secret. */
	if (!bulla_x25519_mult(w->ephemeral, to->pub, w->shared))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "recipient %s is no usable key (a point of low order)",
		    to->text);
	bulla_age_key_x25519(w->shared, share, to->pub, w->key);
	st = bulla_age_body_seal(w->key, file_key->p, body, err);
	if (st != BULLA_OK)
		return st;
	bulla_b64_put(&text, share, sizeof(share), BULLA_B64_RAW);
	args[1] = bulla_buf_cstr(&text);
	if (args[1] == NULL)
		st = out_of_room(&text, err);
	else
		st = put_stanza(header, args, 2, body, err);
	bulla_buf_free(&text);
	return st;
}

static enum bulla_status
finish(const struct bulla_secret *file_key, struct bulla_buf *header,
    size_t start, struct bulla_err *err)
{
	struct bulla_cur covered;
	enum bulla_status st;
	uint8_t mac[32];

	bulla_age_put_dashes(header);
	if (bulla_buf_status(header) != BULLA_OK)
		return out_of_room(header, err);
	covered = bulla_cur_of(header->p + start, header->len - start);
	st = bulla_age_mac(file_key, &covered, mac, err);
	if (st != BULLA_OK)
		return st;
	bulla_age_put_mac(header, mac);
	if (bulla_buf_status(header) != BULLA_OK)
		return out_of_room(header, err);
	return BULLA_OK;
}

enum bulla_status
bulla_age_wrap(const struct bulla_recipients *to,
    const struct bulla_secret *file_key, struct bulla_buf *header,
    struct bulla_err *err)
{
	struct bulla_secret room = { 0 };
	size_t start = header->len;
	enum bulla_status st;

	BULLA_CHECK(file_key->len == BULLA_AGE_FILE_KEY);
	if (to->n == 0)
		return bulla_fail(err, BULLA_E_USAGE, "no recipient");
	st = bulla_secret_new(&room, sizeof(struct work), err);
	bulla_age_put_version(header);
	for (size_t i = 0; st == BULLA_OK && i < to->n; i++)
		st = wrap_one(&to->v[i], file_key, (struct work *)room.p,
		    header, err);
	if (st == BULLA_OK)
		st = finish(file_key, header, start, err);
	if (st != BULLA_OK)
		header->len = start;
	bulla_secret_free(&room);
	return st;
}

static enum bulla_status
put_scrypt(const uint8_t salt[AGE_SALT], unsigned log_n,
    const uint8_t body[AGE_BODY], struct bulla_buf *header,
    struct bulla_err *err)
{
	struct bulla_buf salt_text = BULLA_BUF_INIT(SHARE_TEXT);
	struct bulla_buf cost_text = BULLA_BUF_INIT(SHARE_TEXT);
	const char *args[3] = { AGE_TYPE_SCRYPT, NULL, NULL };
	enum bulla_status st;

	bulla_b64_put(&salt_text, salt, AGE_SALT, BULLA_B64_RAW);
	bulla_buf_dec(&cost_text, log_n);
	args[1] = bulla_buf_cstr(&salt_text);
	args[2] = bulla_buf_cstr(&cost_text);
	if (args[1] == NULL || args[2] == NULL)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	else
		st = put_stanza(header, args, 3, body, err);
	bulla_buf_free(&cost_text);
	bulla_buf_free(&salt_text);
	return st;
}

enum bulla_status
bulla_age_wrap_pass(const struct bulla_secret *pass, unsigned log_n,
    const struct bulla_secret *file_key, struct bulla_buf *header,
    struct bulla_err *err)
{
	uint8_t salt[AGE_SALT], body[AGE_BODY];
	struct bulla_secret key = { 0 };
	size_t start = header->len;
	enum bulla_status st;

	BULLA_CHECK(file_key->len == BULLA_AGE_FILE_KEY);
	BULLA_CHECK(log_n >= 1 && log_n <= BULLA_AGE_SCRYPT_MAX);
	if (pass->len == 0)
		return bulla_fail(err, BULLA_E_USAGE,
		    "the passphrase is empty");
	st = bulla_secret_new(&key, 32, err);
	if (st != BULLA_OK)
		return st;
	bulla_random(salt, sizeof(salt));
	st = bulla_age_key_scrypt(pass, salt, log_n, key.p, err);
	if (st == BULLA_OK)
		st = bulla_age_body_seal(key.p, file_key->p, body, err);
	if (st == BULLA_OK) {
		bulla_age_put_version(header);
		st = put_scrypt(salt, log_n, body, header, err);
	}
	if (st == BULLA_OK)
		st = finish(file_key, header, start, err);
	if (st != BULLA_OK)
		header->len = start;
	bulla_secret_free(&key);
	return st;
}
