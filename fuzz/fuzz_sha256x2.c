#include <stdlib.h>
#include <string.h>

#include "bulla/hash.h"
#include "bulla/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/*
 * Differential: the pair of streams (the kernel, where the CPU has what it
 * needs) against one EVP stream each. The input is a list of steps of three
 * bytes: where the data starts and what to finish, and how much goes to
 * either stream.
 */
#define POOL 65536u	/* bytes; more than a step can take */
#define STEPS 256u

struct run {
	struct bulla_sha256x2 *pair;
	struct bulla_sha256 *one[2];
};

static uint8_t pool[POOL];

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
setup(void)
{
	uint32_t x = 1;

	must(bulla_crypto_init(NULL) == BULLA_OK);
	for (size_t i = 0; i < POOL; i++) {
		x = x * 1664525u + 1013904223u;
		pool[i] = (uint8_t)(x >> 24);
	}
}

static void
compare(struct run *r, unsigned which)
{
	uint8_t a[BULLA_SHA256_LEN], b[BULLA_SHA256_LEN];

	bulla_sha256x2_final(r->pair, which, a);
	bulla_sha256_final(r->one[which], b);
	must(memcmp(a, b, sizeof(a)) == 0);
}

/* Small counts are byte by byte, large ones reach many blocks. */
static size_t
count(uint8_t c)
{
	return c < 200 ? c : (size_t)(c - 199) * 577;
}

static void
step(struct run *r, const uint8_t s[3])
{
	const uint8_t *a = pool + (s[0] & 63), *b = pool + s[1];
	size_t n[2] = { count(s[1]), count(s[2]) };

	bulla_sha256x2_update(r->pair, n[0] > 0 ? a : NULL, n[0],
	    n[1] > 0 ? b : NULL, n[1]);
	bulla_sha256_update(r->one[0], a, n[0]);
	bulla_sha256_update(r->one[1], b, n[1]);
	if ((s[0] & 0x40) != 0)
		compare(r, 0);
	if ((s[0] & 0x80) != 0)
		compare(r, 1);
}

static void
play(const uint8_t *data, size_t len)
{
	struct run r = { 0 };

	must(bulla_sha256x2_new(&r.pair, NULL) == BULLA_OK);
	must(bulla_sha256_new(&r.one[0], NULL) == BULLA_OK);
	must(bulla_sha256_new(&r.one[1], NULL) == BULLA_OK);
	for (size_t at = 0; len - at >= 3; at += 3)
		step(&r, data + at);
	compare(&r, 0);
	compare(&r, 1);
	bulla_sha256x2_free(r.pair);
	bulla_sha256_free(r.one[0]);
	bulla_sha256_free(r.one[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool ready;

	if (!ready)
		setup();
	ready = true;
	if (len > (size_t)3 * STEPS)
		return 0;
	play(data, len);
	return 0;
}
