#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "bulla/age.h"
#include "bulla/enc.h"
#include "bulla/hash.h"
#include "bulla/pk.h"
#include "core/age_int.h"

#define IDS 5u

static struct bulla_identity id[IDS];
static struct bulla_secret file_key;

static void
init(void)
{
	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	for (size_t i = 0; i < IDS; i++)
		cr_assert_eq(bulla_identity_new(&id[i], NULL), BULLA_OK);
	cr_assert_eq(bulla_secret_from(&file_key, "YELLOW SUBMARINE", 16,
	    NULL), BULLA_OK);
}

static void
fini(void)
{
	for (size_t i = 0; i < IDS; i++)
		bulla_secret_free(&id[i].key);
	bulla_secret_free(&file_key);
}
TestSuite(age_header, .init = init, .fini = fini);

static enum bulla_status
unwrap_text(const struct bulla_buf *text, const struct bulla_identities *ids,
    const struct bulla_identity **who, enum bulla_age_class *cls,
    struct bulla_err *err)
{
	struct bulla_age_header h = { 0 };
	struct bulla_secret key = { 0 };
	struct bulla_cur c = bulla_buf_view(text);
	enum bulla_status st = bulla_age_header_parse(&c, &h, err);

	*cls = BULLA_AGE_HEADER_FAILURE;
	if (st != BULLA_OK)
		return st;
	st = bulla_age_unwrap(&h, ids, &key, who, cls, err);
	if (st == BULLA_OK)
		cr_assert(bulla_secret_eq(key.p, key.len, file_key.p,
		    file_key.len));
	else
		cr_assert_null(key.p);
	cr_assert_eq(st == BULLA_OK, *cls == BULLA_AGE_SUCCESS);
	bulla_secret_free(&key);
	bulla_age_header_free(&h);
	return st;
}

static void
to_first(struct bulla_recipients *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(bulla_recipients_add(to, id[i].recipient, NULL),
		    BULLA_OK);
}

Test(age_header, every_recipient_opens_it_and_nobody_else)
{
	struct bulla_recipients to = { 0 };
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);

	to_first(&to, IDS - 1);
	cr_assert_eq(bulla_age_wrap(&to, &file_key, &b, NULL), BULLA_OK);
	for (size_t i = 0; i < IDS; i++) {
		struct bulla_identities one = { .v = &id[i], .n = 1 };
		const struct bulla_identity *who = NULL;
		struct bulla_err err = { 0 };
		enum bulla_age_class cls;
		enum bulla_status st = unwrap_text(&b, &one, &who, &cls, &err);

		if (i < IDS - 1) {
			cr_assert_eq(st, BULLA_OK);
			cr_assert_eq(who, &id[i]);
			continue;
		}
		cr_assert_eq(st, BULLA_E_NOMATCH);
		cr_assert_eq(cls, BULLA_AGE_NO_MATCH);
		cr_assert_null(who);
		cr_assert_str_eq(err.msg, "none of 1 identities matches any "
		    "of 4 X25519 recipient(s)");
	}
	bulla_recipients_free(&to);
	bulla_buf_free(&b);
}

Test(age_header, several_identities_are_all_tried)
{
	struct bulla_recipients to = { 0 };
	struct bulla_identities all = { .v = id, .n = IDS };
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	const struct bulla_identity *who = NULL;
	enum bulla_age_class cls;

	cr_assert_eq(bulla_recipients_add(&to, id[IDS - 1].recipient, NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_age_wrap(&to, &file_key, &b, NULL), BULLA_OK);
	cr_assert_eq(unwrap_text(&b, &all, &who, &cls, NULL), BULLA_OK);
	cr_assert_eq(who, &id[IDS - 1]);
	bulla_recipients_free(&to);
	bulla_buf_free(&b);
}

Test(age_header, every_flipped_bit_is_noticed)
{
	struct bulla_recipients to = { 0 };
	struct bulla_identities one = { .v = id, .n = 1 };
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	size_t seen[BULLA_AGE_NO_VERDICT + 1] = { 0 };
	enum bulla_age_class cls;

	to_first(&to, 2);
	cr_assert_eq(bulla_age_wrap(&to, &file_key, &b, NULL), BULLA_OK);
	for (size_t i = 0; i < 8 * b.len; i++) {
		b.p[i / 8] ^= (uint8_t)(1 << i % 8);
		cr_assert_neq(unwrap_text(&b, &one, NULL, &cls, NULL),
		    BULLA_OK, "bit %zu", i);
		seen[cls]++;
		b.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	cr_assert_eq(seen[BULLA_AGE_NO_VERDICT], 0);
	cr_assert_gt(seen[BULLA_AGE_NO_MATCH], 0);
	cr_assert_gt(seen[BULLA_AGE_HMAC_FAILURE], 0);
	cr_assert_gt(seen[BULLA_AGE_HEADER_FAILURE], 0);
	printf("COUNT age/header-bit-flips %zu 0\n", 8 * b.len);
	fflush(stdout);
	bulla_recipients_free(&to);
	bulla_buf_free(&b);
}

Test(age_header, refuses_a_recipient_of_low_order_and_nobody_at_all)
{
	static const uint8_t zero[32];
	struct bulla_buf text = BULLA_BUF_INIT(200);
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	struct bulla_recipients to = { 0 };
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_age_wrap(&to, &file_key, &b, &err), BULLA_E_USAGE);
	bulla_bech32_put(&text, "age", zero, sizeof(zero), false);
	cr_assert_eq(bulla_recipients_add(&to, bulla_buf_cstr(&text), NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_age_wrap(&to, &file_key, &b, &err),
	    BULLA_E_FORMAT);
	cr_assert_not_null(strstr(err.msg, "low order"));
	cr_assert_eq(b.len, 0);
	bulla_recipients_free(&to);
	bulla_buf_free(&b);
	bulla_buf_free(&text);
}

Test(age_header, tells_when_the_buffer_is_too_small)
{
	struct bulla_recipients to = { 0 };
	struct bulla_buf b = BULLA_BUF_INIT(100);
	struct bulla_err err = { 0 };

	to_first(&to, 1);
	cr_assert_eq(bulla_age_wrap(&to, &file_key, &b, &err), BULLA_E_LIMIT);
	bulla_recipients_free(&to);
	bulla_buf_free(&b);
}

static enum bulla_status
unwrap_pass(const struct bulla_buf *text, const char *pass,
    enum bulla_age_class *cls, struct bulla_err *err)
{
	struct bulla_age_header h = { 0 };
	struct bulla_secret key = { 0 }, p = { 0 };
	struct bulla_cur c = bulla_buf_view(text);
	enum bulla_status st;

	cr_assert_eq(bulla_age_header_parse(&c, &h, err), BULLA_OK, "%s",
	    err->msg);
	cr_assert_eq(bulla_secret_from(&p, pass, strlen(pass), NULL),
	    BULLA_OK);
	st = bulla_age_unwrap_pass(&h, &p, &key, cls, err);
	if (st == BULLA_OK)
		cr_assert(bulla_secret_eq(key.p, key.len, file_key.p,
		    file_key.len));
	bulla_secret_free(&p);
	bulla_secret_free(&key);
	bulla_age_header_free(&h);
	return st;
}

Test(age_header, a_passphrase_opens_it_and_no_other)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	struct bulla_identities all = { .v = id, .n = IDS };
	struct bulla_secret pass = { 0 }, empty = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_age_class cls;

	cr_assert_eq(bulla_secret_from(&pass, "correct horse", 13, NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_age_wrap_pass(&empty, 4, &file_key, &b, &err),
	    BULLA_E_USAGE);
	cr_assert_eq(bulla_age_wrap_pass(&pass, 4, &file_key, &b, &err),
	    BULLA_OK);
	cr_assert_eq(unwrap_pass(&b, "correct horse", &cls, &err), BULLA_OK);
	cr_assert_eq(cls, BULLA_AGE_SUCCESS);
	cr_assert_eq(unwrap_pass(&b, "correct horsf", &cls, &err),
	    BULLA_E_NOMATCH);
	cr_assert_eq(cls, BULLA_AGE_NO_MATCH);
	cr_assert_str_eq(err.msg, "wrong passphrase");
	cr_assert_eq(unwrap_pass(&b, "", &cls, &err), BULLA_E_NOMATCH);
	cr_assert_eq(unwrap_text(&b, &all, NULL, &cls, &err),
	    BULLA_E_NOMATCH);
	cr_assert_str_eq(err.msg, "the file is encrypted with a passphrase");
	bulla_secret_free(&pass);
	bulla_buf_free(&b);
}

/* A header of these stanzas, with the MAC of our file key. */
static void
put_header(struct bulla_buf *b, const char *stanzas)
{
	struct bulla_cur covered;
	uint8_t mac[32];

	bulla_buf_reset(b);
	bulla_age_put_version(b);
	bulla_buf_str(b, stanzas);
	bulla_age_put_dashes(b);
	covered = bulla_buf_view(b);
	cr_assert_eq(bulla_age_mac(&file_key, &covered, mac, NULL), BULLA_OK);
	bulla_age_put_mac(b, mac);
}

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

Test(age_header, checks_a_scrypt_stanza_before_any_work, .timeout = 20)
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

Test(age_header, checks_x25519_stanzas)
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
Test(age_header, refuses_a_file_key_of_another_length)
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

Test(age_header, post_quantum_stanzas_are_unsupported_not_unmatched)
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

Test(age_header, an_x25519_stanza_beside_a_post_quantum_one_still_opens)
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

Test(age_header, names_every_class_as_the_kit_does)
{
	static const char *const names[] = { "success", "no match",
		"HMAC failure", "header failure", "payload failure",
		"armor failure", "error" };

	for (int i = 0; i <= BULLA_AGE_NO_VERDICT; i++)
		cr_assert_str_eq(bulla_age_class_name(i), names[i]);
}
