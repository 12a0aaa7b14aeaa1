#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ageheader.h"
#include "bulla/enc.h"
#include "bulla/pk.h"

TestSuite(age_stanza, .init = ageheader_init, .fini = ageheader_fini);

#define B32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
#define SALT "AAAAAAAAAAAAAAAAAAAAAA"

static const struct {
	const char *stanza;
	enum bulla_status want;
	const char *msg;
} costs[] = {
	{ "-> scrypt " SALT " 21\n" B32, BULLA_E_LIMIT, "scrypt stanza: a "
	    "work factor of 2^21 is asked for, at most 2^20 is accepted" },
	{ "-> scrypt " SALT " 63\n" B32, BULLA_E_LIMIT, NULL },
	{ "-> scrypt " SALT " 4294967297\n" B32, BULLA_E_LIMIT, NULL },
	{ "-> scrypt " SALT " 18446744073709551615\n" B32, BULLA_E_LIMIT,
	    NULL },
	{ "-> scrypt " SALT " 18446744073709551617\n" B32, BULLA_E_FORMAT,
	    NULL },
	{ "-> scrypt " SALT " 0\n" B32, BULLA_E_FORMAT, "scrypt stanza: the "
	    "work factor is not a decimal number from 1" },
	{ "-> scrypt " SALT " 010\n" B32, BULLA_E_FORMAT, NULL },
	{ "-> scrypt " SALT " +4\n" B32, BULLA_E_FORMAT, NULL },
	{ "-> scrypt " SALT " -4\n" B32, BULLA_E_FORMAT, NULL },
	{ "-> scrypt " SALT " 4x\n" B32, BULLA_E_FORMAT, NULL },
	{ "-> scrypt " SALT "\n" B32, BULLA_E_FORMAT, NULL },
	{ "-> scrypt " SALT " 4 4\n" B32, BULLA_E_FORMAT, NULL },
	{ "-> scrypt AAAA 4\n" B32, BULLA_E_FORMAT, "scrypt stanza: the "
	    "salt is not 16 bytes in canonical base64" },
	{ "-> scrypt " SALT "AA 4\n" B32, BULLA_E_FORMAT, NULL },
	{ "-> scrypt " SALT " 4\nAAAA\n", BULLA_E_FORMAT, "scrypt stanza: "
	    "the body is not 32 bytes" },
	{ "-> scrypt " SALT " 4\n" B32 "-> scrypt " SALT " 4\n" B32,
	    BULLA_E_FORMAT, "scrypt stanza: it must be the only one" },
	{ "-> scrypt " SALT " 4\n" B32 "-> grease\n\n", BULLA_E_FORMAT,
	    NULL },
	{ "-> Scrypt " SALT " 4\n" B32, BULLA_E_NOMATCH, NULL },
	{ "-> scrypt " SALT " 4\n" B32, BULLA_E_NOMATCH, "wrong passphrase" },
};

Test(age_stanza, checks_a_scrypt_stanza_before_any_work, .timeout = 20)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);

	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		struct bulla_err err = { 0 };
		enum bulla_age_class cls;

		put_header(&b, costs[i].stanza);
		cr_assert_eq(unwrap_pass(&b, "x", &cls, &err), costs[i].want,
		    "%s: %s", costs[i].stanza, err.msg);
		cr_assert_eq(cls, costs[i].want == BULLA_E_NOMATCH ?
		    BULLA_AGE_NO_MATCH : BULLA_AGE_HEADER_FAILURE);
		if (costs[i].msg != NULL)
			cr_assert_str_eq(err.msg, costs[i].msg);
	}
	bulla_buf_free(&b);
}

#define SHARE "TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc"

static const struct {
	const char *stanza, *msg;
} shares[] = {
	{ "-> X25519\n" B32, "X25519 stanza: it needs exactly one argument" },
	{ "-> X25519 " SHARE " x\n" B32, NULL },
	{ "-> X25519 AAAA\n" B32, "X25519 stanza: the share has the wrong "
	    "length or is not canonical base64" },
	{ "-> X25519 " SHARE "AA\n" B32, NULL },
	{ "-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCd\n" B32,
	    NULL },
	{ "-> X25519 " SHARE "\nAAAA\n", "X25519 stanza: the body is not 32 "
	    "bytes" },
	{ "-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" B32,
	    "X25519 stanza: the share is a point of low order" },
	{ "-> X25519 AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" B32,
	    NULL },
	/* A bad one behind one that could match is seen all the same. */
	{ "-> X25519 " SHARE "\n" B32 "-> X25519 AAAA\n" B32, NULL },
};

Test(age_stanza, checks_x25519_stanzas)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	struct bulla_identities one = { .v = id, .n = 1 };

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		struct bulla_err err = { 0 };
		enum bulla_age_class cls;

		put_header(&b, shares[i].stanza);
		cr_assert_eq(unwrap_text(&b, &one, NULL, &cls, &err),
		    BULLA_E_FORMAT, "%s", shares[i].stanza);
		cr_assert_eq(cls, BULLA_AGE_HEADER_FAILURE);
		if (shares[i].msg != NULL)
			cr_assert_str_eq(err.msg, shares[i].msg);
	}
	bulla_buf_free(&b);
}

/* A body that is not 16 bytes inside must fail before its decryption. */
Test(age_stanza, refuses_a_file_key_of_another_length)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	struct bulla_buf stanza = BULLA_BUF_INIT(4096);
	struct bulla_identities one = { .v = id, .n = 1 };
	uint8_t eph[32], share[32], pub[32], shared[32], key[32], body[40];
	static const uint8_t nonce[12], long_key[24];
	struct bulla_aead *a = NULL;
	enum bulla_age_class cls;

	bulla_random(eph, 32);
	bulla_x25519_public(eph, share);
	bulla_x25519_public(id[0].key.p, pub);
	cr_assert(bulla_x25519_mult(eph, pub, shared));
	bulla_age_key_x25519(shared, share, pub, key);
	cr_assert_eq(bulla_aead_new(key, &a, NULL), BULLA_OK);
	cr_assert_eq(bulla_aead_seal(a, nonce, long_key, 24, body, NULL),
	    BULLA_OK);
	bulla_aead_free(a);
	bulla_buf_str(&stanza, "-> X25519 ");
	bulla_b64_put(&stanza, share, 32, BULLA_B64_RAW);
	bulla_buf_str(&stanza, "\n");
	bulla_b64_put(&stanza, body, 40, BULLA_B64_RAW);
	bulla_buf_str(&stanza, "\n");
	put_header(&b, bulla_buf_cstr(&stanza));
	cr_assert_eq(unwrap_text(&b, &one, NULL, &cls, NULL), BULLA_E_FORMAT);
	cr_assert_eq(cls, BULLA_AGE_HEADER_FAILURE);
	bulla_buf_free(&stanza);
	bulla_buf_free(&b);
}

/* One post-quantum stanza of the right form, and what n more bytes make. */
static void
put_pq(struct bulla_buf *b, size_t enc_len)
{
	static const uint8_t zero[1200];

	bulla_buf_str(b, "-> mlkem768x25519 ");
	bulla_b64_put(b, zero, enc_len, BULLA_B64_RAW);
	bulla_buf_str(b, "\n" B32);
}

Test(age_stanza, post_quantum_stanzas_are_unsupported_not_unmatched)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	struct bulla_buf s = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	struct bulla_identities classic = { .v = id, .n = 1 };
	struct bulla_identities both = { .v = id, .n = 1, .n_pq = 1 };
	struct bulla_identities pq = { .n_pq = 1 };
	struct bulla_err err = { 0 };
	enum bulla_age_class cls;

	put_pq(&s, 1120);
	put_header(&b, bulla_buf_cstr(&s));
	cr_assert_eq(unwrap_text(&b, &pq, NULL, &cls, &err),
	    BULLA_E_UNSUPPORTED);
	cr_assert_eq(cls, BULLA_AGE_NO_VERDICT);
	cr_assert_not_null(strstr(err.msg, "libcrypto 3.5"));
	cr_assert_eq(unwrap_text(&b, &both, NULL, &cls, &err),
	    BULLA_E_UNSUPPORTED);
	cr_assert_eq(unwrap_text(&b, &classic, NULL, &cls, &err),
	    BULLA_E_UNSUPPORTED);

	/* A stranger's X25519 stanza beside it: only a PQ key could match. */
	bulla_buf_str(&s, "-> X25519 " SHARE "\n" B32);
	put_header(&b, bulla_buf_cstr(&s));
	cr_assert_eq(unwrap_text(&b, &both, NULL, &cls, &err),
	    BULLA_E_UNSUPPORTED);
	cr_assert_eq(unwrap_text(&b, &classic, NULL, &cls, &err),
	    BULLA_E_NOMATCH);

	bulla_buf_reset(&s);
	put_pq(&s, 1121);
	put_header(&b, bulla_buf_cstr(&s));
	cr_assert_eq(unwrap_text(&b, &pq, NULL, &cls, &err), BULLA_E_FORMAT);
	cr_assert_eq(cls, BULLA_AGE_HEADER_FAILURE);
	bulla_buf_free(&s);
	bulla_buf_free(&b);
}

Test(age_stanza, an_x25519_stanza_beside_a_post_quantum_one_still_opens)
{
	struct bulla_recipients to = { 0 };
	struct bulla_identities both = { .v = id, .n = 1, .n_pq = 1 };
	struct bulla_buf one = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	struct bulla_buf s = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	enum bulla_age_class cls;
	struct bulla_cur c, line;

	to_first(&to, 1);
	cr_assert_eq(bulla_age_wrap(&to, &file_key, &one, NULL), BULLA_OK);
	put_pq(&s, 1120);
	c = bulla_buf_view(&one);
	cr_assert(bulla_cur_line(&c, &line));	/* the version */
	for (int i = 0; i < 2; i++) {
		cr_assert(bulla_cur_line(&c, &line));
		bulla_buf_cur(&s, &line);
		bulla_buf_str(&s, "\n");
	}
	put_header(&b, bulla_buf_cstr(&s));
	cr_assert_eq(unwrap_text(&b, &both, NULL, &cls, NULL), BULLA_OK);
	bulla_recipients_free(&to);
	bulla_buf_free(&one);
	bulla_buf_free(&s);
	bulla_buf_free(&b);
}
