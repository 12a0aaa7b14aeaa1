/*
 * How fast are the primitives on this machine? Prints MB/s (10^6 bytes), the
 * median of a few interleaved rounds on data in memory. Not a test: a shared
 * machine gives other seconds each time, only the ratios hold.
 *
 * usage: bench_crypto [rounds]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bulla/aead.h"
#include "bulla/hash.h"
#include "bulla/mac.h"
#include "bulla/secret.h"

#define CHUNK 65536u
#define CHUNKS 1024u		/* 64 MiB a job; the data itself stays in L2 */
#define ROUNDS_MAX 99u

struct bench {
	struct bulla_sha256 *h;
	struct bulla_sha256x2 *x2;
	struct bulla_aead *aead;
	struct bulla_mac *mac;
	uint8_t plain[2][CHUNK];
	uint8_t sealed[CHUNK + BULLA_AEAD_TAG];
	uint8_t digest[BULLA_SHA256_LEN];
};

static const uint8_t nonce[BULLA_AEAD_NONCE];

static void
job_evp(struct bench *b)
{
	for (unsigned i = 0; i < CHUNKS; i++)
		bulla_sha256_update(b->h, b->plain[i % 2], CHUNK);
	bulla_sha256_final(b->h, b->digest);
}

static void
job_x2(struct bench *b)
{
	for (unsigned i = 0; i < CHUNKS / 2; i++)
		bulla_sha256x2_update(b->x2, b->plain[0], CHUNK, b->plain[1],
		    CHUNK);
	bulla_sha256x2_final(b->x2, 0, b->digest);
	bulla_sha256x2_final(b->x2, 1, b->digest);
}

static void
job_x2_lone(struct bench *b)
{
	for (unsigned i = 0; i < CHUNKS; i++)
		bulla_sha256x2_update(b->x2, b->plain[i % 2], CHUNK, NULL, 0);
	bulla_sha256x2_final(b->x2, 0, b->digest);
}

static void
job_seal(struct bench *b)
{
	for (unsigned i = 0; i < CHUNKS; i++)
		BULLA_CHECK(bulla_aead_seal(b->aead, nonce, b->plain[0], CHUNK,
		    b->sealed, NULL) == BULLA_OK);
}

static void
job_open(struct bench *b)
{
	for (unsigned i = 0; i < CHUNKS; i++)
		BULLA_CHECK(bulla_aead_open(b->aead, nonce, b->sealed,
		    sizeof(b->sealed), b->plain[0], NULL) == BULLA_OK);
}

static void
job_mac(struct bench *b)
{
	uint8_t tag[BULLA_MAC_TAG];

	bulla_mac_begin_nth(b->mac, b->plain[0], 0);
	for (unsigned i = 0; i < CHUNKS; i++)
		bulla_mac_update(b->mac, b->plain[i % 2], CHUNK);
	bulla_mac_final(b->mac, tag);
}

static const struct job {
	const char *name;
	void (*run)(struct bench *b);
} jobs[] = {
	{ "sha256, EVP, one stream", job_evp },
	{ "sha256x2, both streams together", job_x2 },
	{ "sha256x2, one stream alone", job_x2_lone },
	{ "aead seal, 64 KiB", job_seal },
	{ "aead open, 64 KiB", job_open },
	{ "mac", job_mac },
};
#define N_JOBS (sizeof(jobs) / sizeof(jobs[0]))

static double
now(void)
{
	struct timespec t;

	BULLA_CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
measure(struct bench *b, unsigned rounds)
{
	static double mbs[N_JOBS][ROUNDS_MAX];
	double base;

	for (unsigned r = 0; r < rounds; r++) {
		for (size_t j = 0; j < N_JOBS; j++) {
			double t = now();

			jobs[j].run(b);
			mbs[j][r] = CHUNKS * (double)CHUNK / 1e6 / (now() - t);
		}
	}
	for (size_t j = 0; j < N_JOBS; j++)
		qsort(mbs[j], rounds, sizeof(mbs[j][0]), by_value);
	base = mbs[0][rounds / 2];
	for (size_t j = 0; j < N_JOBS; j++)
		printf("%-34s %7.0f MB/s  %.2f of EVP sha256  (%.0f-%.0f)\n",
		    jobs[j].name, mbs[j][rounds / 2],
		    mbs[j][rounds / 2] / base, mbs[j][0], mbs[j][rounds - 1]);
}

int
main(int argc, char **argv)
{
	static struct bench b;
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 9;
	uint8_t key[BULLA_AEAD_KEY] = { 0 };
	struct bulla_err err = { 0 };

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench_crypto [1..%u]\n", ROUNDS_MAX);
		return 2;
	}
	if (bulla_crypto_init(&err) != BULLA_OK ||
	    bulla_sha256_new(&b.h, &err) != BULLA_OK ||
	    bulla_sha256x2_new(&b.x2, &err) != BULLA_OK ||
	    bulla_aead_new(key, &b.aead, &err) != BULLA_OK ||
	    bulla_mac_new(&b.mac, &err) != BULLA_OK) {
		fprintf(stderr, "bench_crypto: %s\n", err.msg);
		return 3;
	}
	printf("pair kernel in use: %s\n",
	    bulla_sha256x2_is_fast() ? "yes" : "no");
	measure(&b, (unsigned)rounds);
	bulla_sha256_free(b.h);
	bulla_sha256x2_free(b.x2);
	bulla_aead_free(b.aead);
	bulla_mac_free(b.mac);
	return 0;
}
