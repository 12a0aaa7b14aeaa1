#include <criterion/criterion.h>
#include <string.h>

#include "bulla/pk.h"
#include "vectors.h"

static void
init(void)
{
	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
}

TestSuite(ed25519, .init = init);

static void
unhex(const char *hex, void *out, size_t n)
{
	const struct bulla_cur c = bulla_cur_str(hex);

	cr_assert(bulla_hex_decode(&c, out, n));
}

/* RFC 8032, 7.1: seed, public key, message, signature */
static const char *const rfc8032[][4] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	  "",
	  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
	  "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
	  "72",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
	  "af82",
	  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
	  "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
};

Test(ed25519, rfc_8032)
{
	for (size_t i = 0; i < sizeof(rfc8032) / sizeof(rfc8032[0]); i++) {
		uint8_t seed[32], pub[32], msg[2], sig[64], b[64];
		size_t n = strlen(rfc8032[i][2]) / 2;

		unhex(rfc8032[i][0], seed, 32);
		unhex(rfc8032[i][1], pub, 32);
		unhex(rfc8032[i][2], msg, n);
		unhex(rfc8032[i][3], sig, 64);
		bulla_ed25519_public(seed, b);
		cr_expect_arr_eq(b, pub, 32);
		cr_assert_eq(bulla_ed25519_sign(seed, n > 0 ? msg : NULL, n, b,
		    NULL), BULLA_OK);
		cr_expect_arr_eq(b, sig, 64);
		cr_expect(bulla_ed25519_verify(pub, n > 0 ? msg : NULL, n,
		    sig));
	}
}

/* Each bit of signature, key and message counts. */
Test(ed25519, every_changed_bit_is_refused)
{
	uint8_t seed[32] = { 7 }, all[32 + 64 + 20] = { 0 };
	uint8_t *pub = all, *sig = all + 32, *msg = all + 96;

	bulla_ed25519_public(seed, pub);
	cr_assert_eq(bulla_ed25519_sign(seed, msg, 20, sig, NULL), BULLA_OK);
	cr_assert(bulla_ed25519_verify(pub, msg, 20, sig));
	cr_assert_not(bulla_ed25519_verify(pub, msg, 19, sig));
	for (size_t i = 0; i < 8 * sizeof(all); i++) {
		all[i / 8] ^= (uint8_t)(1u << i % 8);
		cr_assert_not(bulla_ed25519_verify(pub, msg, 20, sig),
		    "bit %zu", i);
		all[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}

/*
 * A signature of another length than 64 bytes has no form in our interface:
 * such a case only must not be a valid one. All others: exactly the verdict
 * of the vectors, with no exception.
 */
static bool
wycheproof_case(const json_t *group, const json_t *test)
{
	static struct v_bytes pk, msg, sig;
	bool valid = strcmp(v_str(test, "result"), "valid") == 0;

	v_hex(json_object_get(group, "publicKey"), "pk", &pk);
	v_hex(test, "msg", &msg);
	v_hex(test, "sig", &sig);
	cr_assert_eq(pk.len, BULLA_ED25519_PUB);
	if (sig.len != BULLA_ED25519_SIG)
		return !valid;
	return bulla_ed25519_verify(pk.p, msg.p, msg.len, sig.p) == valid;
}

Test(ed25519, wycheproof)
{
	v_wycheproof("ed25519", wycheproof_case);
}

/* C2SP CCTV: libraries differ on these; ours is the verdict of libsodium. */
Test(ed25519, cctv)
{
	static struct v_bytes key, sig;
	unsigned n = 0, failed = 0, accepted = 0;
	json_t *root = v_load("cctv/ed25519", "ed25519/vectors.json");
	json_t *test;
	size_t i;

	if (root == NULL)
		return;
	json_array_foreach(root, i, test) {
		const char *msg = v_str(test, "msg");
		const json_t *want = json_object_get(test, "libsodium");
		bool ok;

		v_hex(test, "key", &key);
		v_hex(test, "sig", &sig);
		cr_assert(json_is_boolean(want));
		cr_assert(key.len == 32 && sig.len == 64);
		ok = bulla_ed25519_verify(key.p, msg, strlen(msg), sig.p);
		n++;
		accepted += ok;
		if (ok == json_is_true(want))
			continue;
		failed++;
		printf("cctv/ed25519: number %zu\n", v_num(test, "number"));
	}
	json_decref(root);
	cr_expect(accepted > 0 && accepted < n);
	v_count("cctv/ed25519", n, failed);
}
