#include <string.h>

#include "bulla/enc.h"
#include "bulla/num.h"
#include "bulla/pk.h"
#include "core/age_int.h"

/* What one attempt needs, in secret memory. */
struct work {
	uint8_t shared[32];
	uint8_t key[32];
};

struct scrypt_args {
	uint8_t salt[AGE_SALT];
	unsigned log_n;
};

static bool
is_type(const struct bulla_age_stanza *s, const char *type)
{
	struct bulla_cur arg;

	return bulla_age_arg(s, 0, &arg) && bulla_cur_is(&arg, type);
}

static size_t
count_type(const struct bulla_age_header *h, const char *type)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n_stanzas; i++)
		if (is_type(&h->stanza[i], type))
			n++;
	return n;
}

/* Argument i is exactly n bytes in canonical base64. */
static bool
arg_bytes(const struct bulla_age_stanza *s, size_t i, uint8_t *out, size_t n)
{
	struct bulla_cur arg;
	size_t got;

	return bulla_age_arg(s, i, &arg) &&
	    bulla_b64_decode(&arg, BULLA_B64_RAW, out, n, &got) && got == n;
}

static enum bulla_status
bad(struct bulla_err *err, const char *type, const char *why)
{
	return bulla_fail(err, BULLA_E_FORMAT, "%s stanza: %s", type, why);
}

/*
 * The body's size before it is decrypted: or the sender could make a stanza
 * whose acceptance depends on the key that is tried.
 */
static enum bulla_status
check_share(const struct bulla_age_stanza *s, const char *type,
    uint8_t *share, size_t share_len, struct bulla_err *err)
{
	if (s->n_args != 2)
		return bad(err, type, "it needs exactly one argument");
	if (!arg_bytes(s, 1, share, share_len))
		return bad(err, type, "the share has the wrong length or is "
		    "not canonical base64");
	if (s->body_len != AGE_BODY)
		return bad(err, type, "the body is not 32 bytes");
	return BULLA_OK;
}

/* All of it before the first bit of work: the file decides the cost. */
static enum bulla_status
check_scrypt(const struct bulla_age_header *h, struct scrypt_args *out,
    struct bulla_err *err)
{
	const struct bulla_age_stanza *s = &h->stanza[0];
	struct bulla_cur arg;
	uint64_t log_n = 0;

	if (h->n_stanzas != 1)
		return bad(err, AGE_TYPE_SCRYPT, "it must be the only one");
	if (s->n_args != 3)
		return bad(err, AGE_TYPE_SCRYPT,
		    "it needs exactly two arguments");
	if (!arg_bytes(s, 1, out->salt, sizeof(out->salt)))
		return bad(err, AGE_TYPE_SCRYPT, "the salt is not 16 bytes "
		    "in canonical base64");
	if (!bulla_age_arg(s, 2, &arg) ||
	    !bulla_num_u64(&arg, UINT64_MAX, &log_n) || log_n == 0)
		return bad(err, AGE_TYPE_SCRYPT, "the work factor is not a "
		    "decimal number from 1");
	if (s->body_len != AGE_BODY)
		return bad(err, AGE_TYPE_SCRYPT, "the body is not 32 bytes");
	if (log_n > BULLA_AGE_SCRYPT_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "%s stanza: a work "
		    "factor of 2^%llu is asked for, at most 2^%u is accepted",
		    AGE_TYPE_SCRYPT, (unsigned long long)log_n,
		    BULLA_AGE_SCRYPT_MAX);
	out->log_n = (unsigned)log_n;
	return BULLA_OK;
}

/* Whether or not any of them will be tried; pq: look at those too. */
static enum bulla_status
check_form(const struct bulla_age_header *h, bool pq, struct scrypt_args *sc,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	uint8_t share[AGE_PQ_ENC];

	for (size_t i = 0; st == BULLA_OK && i < h->n_stanzas; i++) {
		const struct bulla_age_stanza *s = &h->stanza[i];

		if (is_type(s, AGE_TYPE_SCRYPT))
			st = check_scrypt(h, sc, err);
		else if (is_type(s, AGE_TYPE_X25519))
			st = check_share(s, AGE_TYPE_X25519, share, 32, err);
		else if (pq && is_type(s, AGE_TYPE_PQ))
			st = check_share(s, AGE_TYPE_PQ, share, AGE_PQ_ENC,
			    err);
	}
	return st;
}

/* BULLA_E_MISMATCH: not for this identity. */
static enum bulla_status
try_one(const struct bulla_age_stanza *s, const struct bulla_identity *id,
    struct work *w, struct bulla_secret *file_key, struct bulla_err *err)
{
	uint8_t share[32], pub[32];

	if (!arg_bytes(s, 1, share, sizeof(share)))
		return bad(err, AGE_TYPE_X25519, "bad share");
	bulla_x25519_public(id->key.p, pub);
	if (!bulla_x25519_mult(id->key.p, share, w->shared))
		return bad(err, AGE_TYPE_X25519,
		    "the share is a point of low order");
	bulla_age_key_x25519(w->shared, share, pub, w->key);
	return bulla_age_body_open(w->key, s->body, file_key->p, err);
}

static enum bulla_status
try_all(const struct bulla_age_header *h, const struct bulla_identities *ids,
    struct bulla_secret *file_key, const struct bulla_identity **matched,
    struct bulla_err *err)
{
	struct bulla_secret room = { 0 };
	enum bulla_status st;

	st = bulla_secret_new(&room, sizeof(struct work), err);
	if (st != BULLA_OK)
		return st;
	st = BULLA_E_MISMATCH;
	for (size_t i = 0; i < ids->n; i++) {
		for (size_t k = 0; k < h->n_stanzas; k++) {
			if (!is_type(&h->stanza[k], AGE_TYPE_X25519))
				continue;
			st = try_one(&h->stanza[k], &ids->v[i],
			    (struct work *)room.p, file_key, err);
			*matched = &ids->v[i];
			if (st != BULLA_E_MISMATCH)
				goto out;
		}
	}
out:
	bulla_secret_free(&room);
	return st;
}

static enum bulla_status
no_match(const struct bulla_age_header *h,
    const struct bulla_identities *ids, struct bulla_err *err)
{
	size_t n = count_type(h, AGE_TYPE_X25519);

	if (count_type(h, AGE_TYPE_SCRYPT) > 0)
		return bulla_fail(err, BULLA_E_NOMATCH,
		    "the file is encrypted with a passphrase");
	if (count_type(h, AGE_TYPE_PQ) > 0 && (ids->n_pq > 0 || n == 0))
		return bulla_fail(err, BULLA_E_UNSUPPORTED, AGE_NEEDS_PQ);
	if (ids->n == 0)
		return bulla_fail(err, BULLA_E_NOMATCH, "no identity to "
		    "open it with: it is encrypted to %zu X25519 "
		    "recipient(s)", n);
	return bulla_fail(err, BULLA_E_NOMATCH, "none of %zu identities "
	    "matches any of %zu X25519 recipient(s)", ids->n, n);
}

/* The last step: is the header the one that the file key's owner made? */
static enum bulla_status
check_mac(const struct bulla_age_header *h,
    const struct bulla_secret *file_key, enum bulla_age_class *cls,
    struct bulla_err *err)
{
	uint8_t mac[32];
	enum bulla_status st = bulla_age_mac(file_key, &h->covered, mac, err);

	if (st != BULLA_OK)
		return st;
	if (!bulla_secret_eq(mac, sizeof(mac), h->mac, sizeof(h->mac))) {
		*cls = BULLA_AGE_HMAC_FAILURE;
		return bulla_fail(err, BULLA_E_MISMATCH, "age header: its "
		    "MAC is wrong: it was altered after it was made");
	}
	*cls = BULLA_AGE_SUCCESS;
	return BULLA_OK;
}

/* What a failure before the MAC's check says of the file. */
static enum bulla_age_class
class_of(enum bulla_status st)
{
	if (st == BULLA_E_FORMAT || st == BULLA_E_LIMIT)
		return BULLA_AGE_HEADER_FAILURE;
	return st == BULLA_E_NOMATCH ? BULLA_AGE_NO_MATCH :
	    BULLA_AGE_NO_VERDICT;
}

enum bulla_status
bulla_age_unwrap(const struct bulla_age_header *h,
    const struct bulla_identities *ids, struct bulla_secret *file_key,
    const struct bulla_identity **matched, enum bulla_age_class *cls,
    struct bulla_err *err)
{
	const struct bulla_identity *hit = NULL;
	struct bulla_secret key = { 0 };
	struct scrypt_args unused = { 0 };
	enum bulla_status st;

	*cls = BULLA_AGE_NO_VERDICT;
	st = bulla_secret_new(&key, BULLA_AGE_FILE_KEY, err);
	if (st != BULLA_OK)
		return st;
	st = check_form(h, ids->n_pq > 0, &unused, err);
	if (st == BULLA_OK)
		st = try_all(h, ids, &key, &hit, err);
	if (st == BULLA_E_MISMATCH)
		st = no_match(h, ids, err);
	*cls = class_of(st);
	if (st == BULLA_OK)
		st = check_mac(h, &key, cls, err);
	if (st != BULLA_OK) {
		bulla_secret_free(&key);
		return st;
	}
	*file_key = key;
	if (matched != NULL)
		*matched = hit;
	return BULLA_OK;
}

enum bulla_status
bulla_age_wants_pass(const struct bulla_age_header *h, bool *wants,
    struct bulla_err *err)
{
	struct scrypt_args args = { 0 };
	enum bulla_status st = check_form(h, false, &args, err);

	if (st == BULLA_OK)
		*wants = args.log_n != 0;
	return st;
}

static enum bulla_status
try_pass(const struct bulla_age_header *h, const struct scrypt_args *a,
    const struct bulla_secret *pass, struct bulla_secret *file_key,
    struct bulla_err *err)
{
	struct bulla_secret key = { 0 };
	enum bulla_status st = bulla_secret_new(&key, 32, err);

	if (st != BULLA_OK)
		return st;
	st = bulla_age_key_scrypt(pass, a->salt, a->log_n, key.p, err);
	if (st == BULLA_OK)
		st = bulla_age_body_open(key.p, h->stanza[0].body,
		    file_key->p, err);
	bulla_secret_free(&key);
	if (st == BULLA_E_MISMATCH)
		return bulla_fail(err, BULLA_E_NOMATCH, "wrong passphrase");
	return st;
}

enum bulla_status
bulla_age_unwrap_pass(const struct bulla_age_header *h,
    const struct bulla_secret *pass, struct bulla_secret *file_key,
    enum bulla_age_class *cls, struct bulla_err *err)
{
	struct scrypt_args args = { 0 };
	struct bulla_secret key = { 0 };
	enum bulla_status st;

	*cls = BULLA_AGE_NO_VERDICT;
	st = bulla_secret_new(&key, BULLA_AGE_FILE_KEY, err);
	if (st != BULLA_OK)
		return st;
	st = check_form(h, false, &args, err);
	if (st == BULLA_OK && args.log_n == 0)
		st = bulla_fail(err, BULLA_E_NOMATCH, "the file is not "
		    "encrypted with a passphrase: it needs an identity");
	if (st == BULLA_OK)
		st = try_pass(h, &args, pass, &key, err);
	*cls = class_of(st);
	if (st == BULLA_OK)
		st = check_mac(h, &key, cls, err);
	if (st != BULLA_OK) {
		bulla_secret_free(&key);
		return st;
	}
	*file_key = key;
	return BULLA_OK;
}
