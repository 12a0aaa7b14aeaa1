#include <criterion/criterion.h>
#include <string.h>

#include "bulla/aead.h"
#include "bulla/secret.h"
#include "vectors.h"

#define LEN 70000u	/* more than a chunk of age */

static uint8_t key[BULLA_AEAD_KEY], plain[LEN];
static const uint8_t nonce[BULLA_AEAD_NONCE] = { 1, 2, 3 };
static struct bulla_aead *a;

static void
init(void)
{
	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	bulla_random(key, sizeof(key));
	bulla_random(plain, sizeof(plain));
	cr_assert_eq(bulla_aead_new(key, &a, NULL), BULLA_OK);
}

static void
fini(void)
{
	bulla_aead_free(a);
}

TestSuite(aead, .init = init, .fini = fini);

Test(aead, free_takes_null)
{
	bulla_aead_free(NULL);
}

Test(aead, opens_what_it_sealed_at_every_length)
{
	static uint8_t sealed[LEN + BULLA_AEAD_TAG], back[LEN + 1];

	for (size_t n = 0; n <= LEN; n += n < 1100 ? 1 : 4999) {
		cr_assert_eq(bulla_aead_seal(a, nonce, n > 0 ? plain : NULL, n,
		    sealed, NULL), BULLA_OK);
		back[n] = 0xa5;
		cr_assert_eq(bulla_aead_open(a, nonce, sealed,
		    n + BULLA_AEAD_TAG, back, NULL), BULLA_OK, "%zu", n);
		cr_assert_arr_eq(back, plain, n);
		cr_assert_eq(back[n], 0xa5);
	}
}

Test(aead, works_in_place)
{
	static uint8_t b[LEN + BULLA_AEAD_TAG], apart[LEN + BULLA_AEAD_TAG];

	memcpy(b, plain, LEN);
	cr_assert_eq(bulla_aead_seal(a, nonce, b, LEN, b, NULL), BULLA_OK);
	cr_assert_eq(bulla_aead_seal(a, nonce, plain, LEN, apart, NULL),
	    BULLA_OK);
	cr_assert_arr_eq(b, apart, sizeof(b));
	cr_assert_eq(bulla_aead_open(a, nonce, b, sizeof(b), b, NULL),
	    BULLA_OK);
	cr_assert_arr_eq(b, plain, LEN);
}

/* One object, many messages in both directions, in any order of nonces */
Test(aead, keeps_no_state_between_messages)
{
	static uint8_t sealed[8][100 + BULLA_AEAD_TAG];
	uint8_t n[BULLA_AEAD_NONCE] = { 0 }, out[100];
	struct bulla_aead *fresh;

	for (uint8_t i = 0; i < 8; i++) {
		n[11] = i;
		cr_assert_eq(bulla_aead_seal(a, n, plain, 100, sealed[i],
		    NULL), BULLA_OK);
		if (i % 2 == 1)
			cr_assert_eq(bulla_aead_open(a, n, sealed[i - 1],
			    sizeof(sealed[0]), out, NULL), BULLA_E_MISMATCH);
	}
	cr_assert_eq(bulla_aead_new(key, &fresh, NULL), BULLA_OK);
	for (uint8_t i = 8; i-- > 0;) {
		n[11] = i;
		cr_assert_eq(bulla_aead_open(i % 3 ? a : fresh, n, sealed[i],
		    sizeof(sealed[i]), out, NULL), BULLA_OK);
		cr_assert_arr_eq(out, plain, 100);
	}
	bulla_aead_free(fresh);
}

Test(aead, every_changed_bit_is_seen_and_nothing_released)
{
	static const uint8_t zeros[64];
	uint8_t sealed[64 + BULLA_AEAD_TAG], out[64];
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_aead_seal(a, nonce, plain, 64, sealed, NULL),
	    BULLA_OK);
	for (size_t i = 0; i < 8 * sizeof(sealed); i++) {
		sealed[i / 8] ^= (uint8_t)(1u << i % 8);
		memset(out, 0xa5, sizeof(out));
		cr_assert_eq(bulla_aead_open(a, nonce, sealed, sizeof(sealed),
		    out, &err), BULLA_E_MISMATCH, "bit %zu", i);
		cr_assert_arr_eq(out, zeros, sizeof(out));
		sealed[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	cr_assert_str_eq(err.msg,
	    "does not decrypt: altered, or made with another key");
}

Test(aead, another_key_nonce_or_length_is_refused)
{
	uint8_t sealed[64 + BULLA_AEAD_TAG], out[64];
	uint8_t other[BULLA_AEAD_NONCE];
	struct bulla_aead *b;

	cr_assert_eq(bulla_aead_seal(a, nonce, plain, 64, sealed, NULL),
	    BULLA_OK);
	memcpy(other, nonce, sizeof(other));
	other[11] ^= 1;
	cr_assert_eq(bulla_aead_open(a, other, sealed, sizeof(sealed), out,
	    NULL), BULLA_E_MISMATCH);
	for (size_t n = BULLA_AEAD_TAG; n < sizeof(sealed); n++)
		cr_assert_eq(bulla_aead_open(a, nonce, sealed, n, out, NULL),
		    BULLA_E_MISMATCH);
	key[31] ^= 1;
	cr_assert_eq(bulla_aead_new(key, &b, NULL), BULLA_OK);
	cr_assert_eq(bulla_aead_open(b, nonce, sealed, sizeof(sealed), out,
	    NULL), BULLA_E_MISMATCH);
	bulla_aead_free(b);
}

Test(aead, lengths_out_of_range_touch_nothing)
{
	uint8_t b[BULLA_AEAD_TAG] = { 0 }, out[1] = { 0xa5 };
	struct bulla_err err = { 0 };

	for (size_t n = 0; n < BULLA_AEAD_TAG; n++)
		cr_assert_eq(bulla_aead_open(a, nonce, b, n, out, &err),
		    BULLA_E_FORMAT);
	cr_assert_str_eq(err.msg, "15 bytes are too few for a 16-byte tag");
	cr_assert_eq(bulla_aead_open(a, nonce, b, (size_t)1 << 31, out, NULL),
	    BULLA_E_USAGE);
	cr_assert_eq(bulla_aead_seal(a, nonce, b, (size_t)1 << 31, out, &err),
	    BULLA_E_USAGE);
	cr_assert_eq(out[0], 0xa5);
}

struct vec {
	struct v_bytes key, iv, aad, msg, ct, tag;
	bool valid;
};

/* The sealed form as one piece; ours: the tag is one without other data. */
static bool
seals_and_opens(const struct vec *v, bool ours)
{
	static uint8_t in[2 * V_BYTES], out[2 * V_BYTES];
	size_t n = v->ct.len + BULLA_AEAD_TAG;
	struct bulla_aead *b;
	bool ok;

	memcpy(in, v->ct.p, v->ct.len);
	memcpy(in + v->ct.len, v->tag.p, BULLA_AEAD_TAG);
	cr_assert_eq(bulla_aead_new(v->key.p, &b, NULL), BULLA_OK);
	if (ours)
		ok = bulla_aead_open(b, v->iv.p, in, n, out, NULL) ==
		    BULLA_OK && memcmp(out, v->msg.p, v->msg.len) == 0;
	else
		ok = bulla_aead_open(b, v->iv.p, in, n, out, NULL) ==
		    BULLA_E_MISMATCH;
	cr_assert_eq(bulla_aead_seal(b, v->iv.p, v->msg.p, v->msg.len, out,
	    NULL), BULLA_OK);
	bulla_aead_free(b);
	if (v->valid)
		ok = ok && memcmp(out, in, v->ct.len) == 0;
	return ok && (memcmp(out, in, n) == 0) == ours;
}

/*
 * bulla has no associated data and no other nonce than 96 bits. So a case
 * with associated data must give its ciphertext, which does not depend on it,
 * and be refused for its tag, which does; other nonces cannot be passed.
 */
static bool
aead_case(const json_t *group, const json_t *test)
{
	static struct vec v;

	v_hex(test, "key", &v.key);
	v_hex(test, "iv", &v.iv);
	v_hex(test, "aad", &v.aad);
	v_hex(test, "msg", &v.msg);
	v_hex(test, "ct", &v.ct);
	v_hex(test, "tag", &v.tag);
	v.valid = strcmp(v_str(test, "result"), "valid") == 0;
	cr_assert_eq(v.key.len, BULLA_AEAD_KEY);
	if (v.iv.len != BULLA_AEAD_NONCE)
		return !v.valid && v_num(group, "ivSize") != 96;
	cr_assert_eq(v.tag.len, BULLA_AEAD_TAG);
	return seals_and_opens(&v, v.valid && v.aad.len == 0);
}

Test(aead, wycheproof)
{
	v_wycheproof("chacha20_poly1305", aead_case);
}
