#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/hash.h"
#include "bulla/secret.h"

/* FIPS 180-4 examples and the long message of NIST's example file */
struct known {
	char text[128];
	size_t times;
	char hex[65];
};

ParameterizedTestParameters(sha256, known_digests)
{
	static struct known t[] = {
		{ "", 1,
		    "e3b0c44298fc1c149afbf4c8996fb924"
		    "27ae41e4649b934ca495991b7852b855" },
		{ "abc", 1,
		    "ba7816bf8f01cfea414140de5dae2223"
		    "b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    1,
		    "248d6a61d20638b8e5c026930c3e6039"
		    "a33ce45964ff2167f6ecedd419db06c1" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
		  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		    1,
		    "cf5b16a778af8380036ce59e7b049237"
		    "0b249b11e8f07a51afac45037afee9d1" },
		{ "a", 1000000,
		    "cdc76e5c9914fb9281a1c7e284d73e67"
		    "f1809a48a497200e046d39ccc7112cd0" },
	};

	return cr_make_param_array(struct known, t, sizeof(t) / sizeof(t[0]));
}

ParameterizedTest(struct known *k, sha256, known_digests)
{
	size_t len = strlen(k->text);
	uint8_t *all = malloc(len * k->times + 1);
	uint8_t d[BULLA_SHA256_LEN];
	struct bulla_sha256 *h;
	char hex[65];

	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	cr_assert_eq(bulla_sha256_new(&h, NULL), BULLA_OK);
	for (size_t i = 0; i < k->times; i++) {
		memcpy(all + i * len, k->text, len);
		bulla_sha256_update(h, k->text, len);
	}
	bulla_sha256_final(h, d);
	bulla_hex(hex, d, sizeof(d));
	cr_expect_str_eq(hex, k->hex);

	bulla_sha256(all, len * k->times, d);
	bulla_hex(hex, d, sizeof(d));
	cr_expect_str_eq(hex, k->hex);
	bulla_sha256_free(h);
	free(all);
}

/*
 * Around the length where the one-shot form changes from one library to the
 * other, both must say the same.
 */
Test(sha256, at_once_and_streamed_agree)
{
	static uint8_t in[40000];
	uint8_t a[BULLA_SHA256_LEN], b[BULLA_SHA256_LEN];
	struct bulla_sha256 *h;

	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	bulla_random(in, sizeof(in));
	cr_assert_eq(bulla_sha256_new(&h, NULL), BULLA_OK);
	for (size_t n = 0; n <= sizeof(in); n += n < 300 ? 1 : 61) {
		bulla_sha256_update(h, in, n / 3);
		bulla_sha256_update(h, NULL, 0);
		bulla_sha256_update(h, in + n / 3, n - n / 3);
		bulla_sha256_final(h, a);
		bulla_sha256(in, n, b);
		cr_assert_arr_eq(a, b, sizeof(a), "%zu bytes", n);
	}
	bulla_sha256(NULL, 0, a);
	bulla_sha256(in, 0, b);
	cr_assert_arr_eq(a, b, sizeof(a));
	bulla_sha256_free(h);
}

Test(sha256, final_and_reset_start_anew)
{
	uint8_t a[BULLA_SHA256_LEN], b[BULLA_SHA256_LEN];
	struct bulla_sha256 *h;

	cr_assert_eq(bulla_sha256_new(&h, NULL), BULLA_OK);
	bulla_sha256_update(h, "abc", 3);
	bulla_sha256_final(h, a);
	bulla_sha256_update(h, "rubbish", 7);
	bulla_sha256_reset(h);
	bulla_sha256_update(h, "abc", 3);
	bulla_sha256_final(h, b);
	cr_assert_arr_eq(a, b, sizeof(a));
	bulla_sha256_free(h);
	bulla_sha256_free(NULL);
}

Test(sha256, two_objects_do_not_mix)
{
	uint8_t a[BULLA_SHA256_LEN], b[BULLA_SHA256_LEN];
	struct bulla_sha256 *h, *g;

	cr_assert_eq(bulla_sha256_new(&h, NULL), BULLA_OK);
	cr_assert_eq(bulla_sha256_new(&g, NULL), BULLA_OK);
	bulla_sha256_update(h, "a", 1);
	bulla_sha256_update(g, "x", 1);
	bulla_sha256_update(h, "bc", 2);
	bulla_sha256_final(h, a);
	bulla_sha256("abc", 3, b);
	cr_assert_arr_eq(a, b, sizeof(a));
	bulla_sha256_final(g, a);
	bulla_sha256("x", 1, b);
	cr_assert_arr_eq(a, b, sizeof(a));
	bulla_sha256_free(h);
	bulla_sha256_free(g);
}
