#include <criterion/criterion.h>
#include <string.h>

#include "bulla/pk.h"
#include "vectors.h"

static void
init(void)
{
	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
}

TestSuite(x25519, .init = init);

static void
unhex(const char *hex, uint8_t out[32])
{
	const struct bulla_cur c = bulla_cur_str(hex);

	cr_assert(bulla_hex_decode(&c, out, 32));
}

/* RFC 7748, 6.1 */
static const char
    alice[] =
	"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
    alice_pub[] =
	"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
    bob[] =
	"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
    bob_pub[] =
	"de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
    shared[] =
	"4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

Test(x25519, rfc_7748_exchange)
{
	uint8_t a[32], b[32], pub[32], want[32], got[32];

	unhex(alice, a);
	unhex(bob, b);
	bulla_x25519_public(a, got);
	unhex(alice_pub, want);
	cr_expect_arr_eq(got, want, 32);
	bulla_x25519_public(b, pub);
	unhex(bob_pub, want);
	cr_expect_arr_eq(pub, want, 32);

	unhex(shared, want);
	cr_assert(bulla_x25519_mult(a, pub, got));
	cr_expect_arr_eq(got, want, 32);
	bulla_x25519_public(a, pub);
	cr_assert(bulla_x25519_mult(b, pub, got));
	cr_expect_arr_eq(got, want, 32);
}

/* RFC 7748, 5.2: the result becomes the key, the old key the point. */
Test(x25519, rfc_7748_a_thousand_times)
{
	uint8_t k[32] = { 9 }, u[32] = { 9 }, want[32], r[32];

	for (unsigned i = 1; i <= 1000; i++) {
		cr_assert(bulla_x25519_mult(k, u, r));
		memcpy(u, k, sizeof(u));
		memcpy(k, r, sizeof(k));
		if (i == 1) {
			unhex("422c8e7a6227d7bca1350b3e2bb7279f"
			      "7897b87bb6854b783c60e80311ae3079", want);
			cr_assert_arr_eq(r, want, 32);
		}
	}
	unhex("684cf59ba83309552800ef566f2f4d3c"
	      "1c3887c49360e3875f2eb94d99532c51", want);
	cr_assert_arr_eq(k, want, 32);
}

Test(x25519, low_order_points_give_nothing)
{
	uint8_t k[32], u[32] = { 0 }, out[32], before[32];

	bulla_random(k, sizeof(k));
	memset(out, 0xa5, sizeof(out));
	memset(before, 0xa5, sizeof(before));
	cr_assert_not(bulla_x25519_mult(k, u, out));
	u[0] = 1;
	cr_assert_not(bulla_x25519_mult(k, u, out));
	cr_assert_arr_eq(out, before, sizeof(out));
}

/*
 * "acceptable" cases are points that some implementations refuse: ours takes
 * those that give a shared secret, and refuses an all-zero one (RFC 7748, 6.1).
 */
static bool
wycheproof_case(const json_t *group, const json_t *test)
{
	static const uint8_t zeros[32];
	static struct v_bytes pub, key, want;
	uint8_t out[32];
	bool ok;

	(void)group;
	v_hex(test, "public", &pub);
	v_hex(test, "private", &key);
	v_hex(test, "shared", &want);
	cr_assert(pub.len == 32 && key.len == 32 && want.len == 32);
	ok = bulla_x25519_mult(key.p, pub.p, out);
	if (memcmp(want.p, zeros, 32) == 0)
		return !ok && strcmp(v_str(test, "result"), "valid") != 0;
	return ok && memcmp(out, want.p, 32) == 0;
}

Test(x25519, wycheproof)
{
	v_wycheproof("x25519", wycheproof_case);
}
