#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <sys/resource.h>

#include "bulla/enc.h"
#include "bulla/pk.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ASAN
#endif

/* The last is RFC 7914's (section 12); the others were made with OpenSSL. */
struct known {
	char pass[80];
	size_t pass_len;
	char salt[48];
	size_t salt_len;
	unsigned log_n;
	char hex[65];
};

ParameterizedTestParameters(scrypt, known_results)
{
	static struct known t[] = {
		{ "", 0, "", 0, 1,
		    "ec57b472d742138d12501bc49372377b"
		    "3b96d6a2ff9f6a53e769a63c429a1792" },
		{ "password", 8, "NaCl", 4, 4,
		    "f5dfb3972e7908b22410c5c5f3788907"
		    "cdbd1a79971b12277502bd4a77e6d5d3" },
		{ "", 70, "age-encryption.org/v1/scrypt", 28 + 16, 10,
		    "763595a4eeb94780562c943cd2866d8d"
		    "a053455a487c97bc64a3ff4d16f58b15" },
		{ "pleaseletmein", 13, "SodiumChloride", 14, 14,
		    "7023bdcb3afd7348461c06cd81fd38eb"
		    "fda8fbba904f8e3ea9b543f6545da1f2" },
	};

	return cr_make_param_array(struct known, t, sizeof(t) / sizeof(t[0]));
}

ParameterizedTest(struct known *k, scrypt, known_results)
{
	uint8_t out[32];
	char hex[65];

	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	cr_assert_eq(bulla_scrypt(k->pass, k->pass_len, k->salt, k->salt_len,
	    k->log_n, out, NULL), BULLA_OK);
	bulla_hex(hex, out, sizeof(out));
	cr_expect_str_eq(hex, k->hex);
}

Test(scrypt, cost_out_of_range_is_refused_before_any_work)
{
	uint8_t out[32] = { 0xa5 };
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	cr_assert_eq(bulla_scrypt("p", 1, "s", 1, 0, out, &err),
	    BULLA_E_LIMIT);
	cr_assert_eq(bulla_scrypt("p", 1, "s", 1, 31, out, &err),
	    BULLA_E_LIMIT);
	cr_assert_str_eq(err.msg,
	    "scrypt cost 2^31 is not within 2^1 to 2^30");
	cr_assert_eq(bulla_scrypt("p", 1, "s", 1, 64, out, NULL),
	    BULLA_E_LIMIT);
	cr_assert_eq(bulla_scrypt("p", 1, "s", 1, UINT32_MAX, out, NULL),
	    BULLA_E_LIMIT);
	cr_assert_eq(out[0], 0xa5);
}

Test(scrypt, without_memory_it_says_so)
{
#ifdef ASAN
	printf("SKIP: scrypt: no memory: the sanitizer needs address space\n");
#else
	const struct rlimit most = { 1u << 30, 1u << 30 };
	uint8_t out[32] = { 0xa5 };
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	cr_assert_eq(setrlimit(RLIMIT_AS, &most), 0);
	cr_assert_eq(bulla_scrypt("p", 1, "s", 1, 21, out, &err),
	    BULLA_E_NOMEM);
	cr_assert_str_eq(err.msg, "no memory for scrypt with cost 2^21: "
	    "it needs 2097152 KiB");
	cr_assert_eq(out[0], 0xa5);
#endif
}
