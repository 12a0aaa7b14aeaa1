#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bulla/hash.h"
#include "bulla/secret.h"
#include "vectors.h"

#define OUT_MAX (255u * BULLA_SHA256_LEN)

static void
init(void)
{
	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
}

TestSuite(hkdf, .init = init);

/* RFC 4231, cases 1, 2 and 6 (a key longer than a block) */
Test(hkdf, hmac_of_rfc_4231)
{
	uint8_t key[131], d[BULLA_SHA256_LEN];
	char hex[65];

	memset(key, 0x0b, 20);
	bulla_hmac_sha256(key, 20, "Hi There", 8, d);
	bulla_hex(hex, d, sizeof(d));
	cr_expect_str_eq(hex, "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7");
	bulla_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, d);
	bulla_hex(hex, d, sizeof(d));
	cr_expect_str_eq(hex, "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	bulla_hmac_sha256(key, sizeof(key),
	    "Test Using Larger Than Block-Size Key - Hash Key First", 54, d);
	bulla_hex(hex, d, sizeof(d));
	cr_expect_str_eq(hex, "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54");
}

/* RFC 5869, A.1 and A.3 (no salt, no info) */
Test(hkdf, rfc_5869)
{
	uint8_t ikm[22], salt[13], info[10], out[42];
	char hex[85];

	memset(ikm, 0x0b, sizeof(ikm));
	for (uint8_t i = 0; i < sizeof(salt); i++)
		salt[i] = i;
	for (uint8_t i = 0; i < sizeof(info); i++)
		info[i] = (uint8_t)(0xf0 + i);
	bulla_hkdf_sha256(ikm, sizeof(ikm), salt, sizeof(salt), info,
	    sizeof(info), out, sizeof(out));
	bulla_hex(hex, out, sizeof(out));
	cr_expect_str_eq(hex,
	    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	    "34007208d5b887185865");
	bulla_hkdf_sha256(ikm, sizeof(ikm), NULL, 0, NULL, 0, out,
	    sizeof(out));
	bulla_hex(hex, out, sizeof(out));
	cr_expect_str_eq(hex,
	    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	    "9d201395faa4b61a96c8");
}

/*
 * A shorter output is the beginning of a longer one; nothing is written
 * beyond it.
 */
Test(hkdf, every_length_is_a_beginning)
{
	static uint8_t all[OUT_MAX], some[OUT_MAX + 1];

	bulla_hkdf_sha256("k", 1, "s", 1, "i", 1, all, sizeof(all));
	for (size_t n = 0; n <= OUT_MAX; n += n < 200 ? 1 : 97) {
		some[n] = 0xa5;
		bulla_hkdf_sha256("k", 1, "s", 1, "i", 1, some, n);
		cr_assert_arr_eq(some, all, n);
		cr_assert_eq(some[n], 0xa5);
	}
}

/* To ask for more than 255 blocks is a programmer error: does it abort? */
static bool
aborts(const struct v_bytes *ikm, size_t size)
{
	static uint8_t out[OUT_MAX + 4096];
	int st = 0;
	pid_t pid;

	cr_assert_leq(size, sizeof(out));
	fflush(stdout);
	pid = fork();
	cr_assert_neq(pid, -1);
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		bulla_hkdf_sha256(ikm->p, ikm->len, NULL, 0, NULL, 0, out,
		    size);
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &st, 0), pid);
	return WIFSIGNALED(st) && WTERMSIG(st) == SIGABRT;
}

static bool
hkdf_case(const json_t *group, const json_t *test)
{
	static struct v_bytes ikm, salt, info, okm;
	static uint8_t out[OUT_MAX];
	size_t size = v_num(test, "size");

	(void)group;
	v_hex(test, "ikm", &ikm);
	v_hex(test, "salt", &salt);
	v_hex(test, "info", &info);
	v_hex(test, "okm", &okm);
	if (strcmp(v_str(test, "result"), "valid") != 0)
		return size > OUT_MAX && aborts(&ikm, size);
	bulla_hkdf_sha256(ikm.p, ikm.len, salt.p, salt.len, info.p, info.len,
	    out, size);
	return size == okm.len && memcmp(out, okm.p, size) == 0;
}

Test(hkdf, wycheproof_hkdf)
{
	v_wycheproof("hkdf_sha256", hkdf_case);
}

/* Half of the groups cut the tag to 128 bits: its beginning is compared. */
static bool
hmac_case(const json_t *group, const json_t *test)
{
	static struct v_bytes key, msg, tag;
	uint8_t d[BULLA_SHA256_LEN];
	bool valid = strcmp(v_str(test, "result"), "valid") == 0;

	v_hex(test, "key", &key);
	v_hex(test, "msg", &msg);
	v_hex(test, "tag", &tag);
	bulla_hmac_sha256(key.p, key.len, msg.p, msg.len, d);
	return valid == bulla_secret_eq(d, v_num(group, "tagSize") / 8, tag.p,
	    tag.len);
}

Test(hkdf, wycheproof_hmac)
{
	v_wycheproof("hmac_sha256", hmac_case);
}
