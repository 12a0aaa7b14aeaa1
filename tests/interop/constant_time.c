/*
 * Run under valgrind by constant_time.sh: memory marked undefined stands for
 * a secret, and memcheck reports each branch and address that depends on it.
 *
 * usage: constant_time eq|mac|hkdf|memcmp
 * memcmp is the control: it must be reported, or the others prove nothing.
 */
#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "bulla/hash.h"
#include "bulla/secret.h"

#define LEN 32u

static uint8_t secret[LEN], given[LEN];

/* The outcome may be known: only the way to it must not depend on it. */
static bool
told(bool yes)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(&yes, sizeof(yes));
	return yes;
}

/* Equal, and different in the first and the last byte */
static bool
eq(void)
{
	bool ok = told(bulla_secret_eq(secret, LEN, given, LEN));

	given[0] ^= 1;
	ok &= !told(bulla_secret_eq(secret, LEN, given, LEN));
	given[0] ^= 1;
	given[LEN - 1] ^= 1;
	return ok & !told(bulla_secret_eq(secret, LEN, given, LEN));
}

/* What is done with a MAC from a file: secret key, public text, public tag */
static bool
mac(void)
{
	uint8_t tag[BULLA_SHA256_LEN];

	bulla_hmac_sha256(secret, LEN, "header", 6, tag);
	return !told(bulla_secret_eq(tag, sizeof(tag), given, LEN));
}

static bool
hkdf(void)
{
	uint8_t key[BULLA_SHA256_LEN];

	bulla_hkdf_sha256(secret, LEN, NULL, 0, "info", 4, key, sizeof(key));
	return !told(bulla_secret_eq(key, sizeof(key), given, LEN));
}

static bool
control(void)
{
	int (*volatile compare)(const void *, const void *, size_t) = memcmp;

	return told(compare(secret, given, LEN) == 0);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		bool (*run)(void);
	} t[] = {
		{ "eq", eq }, { "mac", mac }, { "hkdf", hkdf },
		{ "memcmp", control },
	};

	if (argc != 2 || RUNNING_ON_VALGRIND == 0 ||
	    bulla_crypto_init(NULL) != BULLA_OK)
		return 2;
	bulla_random(secret, LEN);
	memcpy(given, secret, LEN);
	(void)VALGRIND_MAKE_MEM_UNDEFINED(secret, LEN);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (strcmp(argv[1], t[i].name) == 0)
			return t[i].run() ? 0 : 1;
	return 2;
}
