/*
 * The pair of streams must give what two single ones give, whatever the
 * pieces: with the pair kernel and with EVP, in the same process.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/secret.h"
#include "crypto/sha256x2_int.h"

#define IN_LEN 200000u

static uint8_t in[2][IN_LEN];
static uint64_t seed;

static size_t
below(size_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(seed >> 33) % n;
}

static void
init(void)
{
	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	seed = 20261122;
	for (size_t i = 0; i < IN_LEN; i++) {
		in[0][i] = (uint8_t)below(256);
		in[1][i] = (uint8_t)below(256);
	}
}

TestSuite(sha256x2, .init = init);

/* EVP always, the kernel where there is one. */
static unsigned
ways(void)
{
	static bool said;

	if (!bulla_sha256x2_is_fast() && !said) {
		printf("SKIP: sha256x2: pair kernel: no SHA extensions\n");
		said = true;
	}
	return bulla_sha256x2_is_fast() ? 2 : 1;
}

static void
final_is(struct bulla_sha256x2 *h, unsigned which, const void *p, size_t n)
{
	uint8_t got[BULLA_SHA256_LEN], want[BULLA_SHA256_LEN];

	bulla_sha256x2_final(h, which, got);
	bulla_sha256(p, n, want);
	cr_assert_arr_eq(got, want, sizeof(want), "stream %u, %zu bytes",
	    which, n);
}

Test(sha256x2, known_digests)
{
	static const char *want =
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
	static const char *text =
	    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

	for (unsigned fast = 0; fast < ways(); fast++) {
		uint8_t d[BULLA_SHA256_LEN];
		struct bulla_sha256x2 *h;
		char hex[65];

		cr_assert_eq(bulla_sha256x2_new_with(fast, &h, NULL),
		    BULLA_OK);
		bulla_sha256x2_update(h, text, 56, "abc", 3);
		bulla_sha256x2_final(h, 0, d);
		bulla_hex(hex, d, sizeof(d));
		cr_assert_str_eq(hex, want);
		bulla_sha256x2_final(h, 1, d);
		bulla_hex(hex, d, sizeof(d));
		cr_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223"
		    "b00361a396177a9cb410ff61f20015ad");
		bulla_sha256x2_free(h);
	}
}

/* Every length across two paddings, in each stream beside each of the other */
Test(sha256x2, every_pair_of_short_lengths)
{
	unsigned n = 0;

	for (unsigned fast = 0; fast < ways(); fast++) {
		struct bulla_sha256x2 *h;

		cr_assert_eq(bulla_sha256x2_new_with(fast, &h, NULL),
		    BULLA_OK);
		for (size_t a = 0; a <= 130; a++) {
			for (size_t b = 0; b <= 130; b++, n++) {
				bulla_sha256x2_update(h, in[0], a, in[1], b);
				final_is(h, 0, in[0], a);
				final_is(h, 1, in[1], b);
			}
		}
		bulla_sha256x2_free(h);
	}
	printf("COUNT sha256x2/length-pairs %u 0\n", n);
	fflush(stdout);
}

/* Pieces of random lengths, some empty, and finals at random places */
static unsigned
random_pieces(bool fast, unsigned rounds)
{
	static const size_t most[] = { 2, 70, 130, 1000, 5000, 60000 };
	size_t at[2] = { 0 }, from[2] = { 0 }, n[2];
	struct bulla_sha256x2 *h;
	unsigned finals = 0;

	cr_assert_eq(bulla_sha256x2_new_with(fast, &h, NULL), BULLA_OK);
	for (unsigned r = 0; r < rounds; r++) {
		for (unsigned i = 0; i < 2; i++) {
			n[i] = below(most[below(6)]);
			if (n[i] > IN_LEN - at[i])
				n[i] = IN_LEN - at[i];
		}
		bulla_sha256x2_update(h, n[0] > 0 ? in[0] + at[0] : NULL, n[0],
		    n[1] > 0 ? in[1] + at[1] : NULL, n[1]);
		for (unsigned i = 0; i < 2; i++) {
			at[i] += n[i];
			if (at[i] < IN_LEN && below(9) > 0)
				continue;
			final_is(h, i, in[i] + from[i], at[i] - from[i]);
			finals++;
			if (at[i] == IN_LEN)
				at[i] = below(100);
			from[i] = at[i];
		}
	}
	bulla_sha256x2_free(h);
	return finals;
}

Test(sha256x2, random_pieces)
{
	unsigned n = 0;

	for (unsigned fast = 0; fast < ways(); fast++)
		n += random_pieces(fast, 3000);
	printf("COUNT sha256x2/random-pieces %u 0\n", n);
	fflush(stdout);
	cr_assert_gt(n, 100);
}

Test(sha256x2, new_takes_the_fast_way_where_there_is_one)
{
	struct bulla_sha256x2 *h;

	cr_assert_eq(bulla_sha256x2_is_fast(), bulla_sha256x2_ni_usable());
	cr_assert_eq(bulla_sha256x2_new(&h, NULL), BULLA_OK);
	bulla_sha256x2_update(h, in[0], 1000, in[1], 2000);
	final_is(h, 1, in[1], 2000);
	final_is(h, 0, in[0], 1000);
	bulla_sha256x2_free(h);
	bulla_sha256x2_free(NULL);
}

Test(sha256x2, fast_is_refused_where_there_is_none)
{
	struct bulla_sha256x2 *h = NULL;
	struct bulla_err err = { 0 };

	if (bulla_sha256x2_ni_usable())
		return;
	cr_assert_eq(bulla_sha256x2_new_with(true, &h, &err),
	    BULLA_E_UNSUPPORTED);
	cr_assert_null(h);
}

/* The length field takes over 32 bits: 512 MiB is where 2^32 bits are. */
Test(sha256x2, more_than_2_to_the_32_bits)
{
	static const size_t piece = 1 << 20;
	uint8_t a[BULLA_SHA256_LEN], b[BULLA_SHA256_LEN];
	uint8_t *zeros = calloc(1, piece);
	struct bulla_sha256x2 *h;
	struct bulla_sha256 *s;

	if (ways() < 2)
		return;
	cr_assert_eq(bulla_sha256x2_new_with(true, &h, NULL), BULLA_OK);
	cr_assert_eq(bulla_sha256_new(&s, NULL), BULLA_OK);
	for (unsigned i = 0; i < 513; i++) {
		bulla_sha256x2_update(h, zeros, piece, zeros, piece);
		bulla_sha256_update(s, zeros, piece);
	}
	bulla_sha256_final(s, b);
	for (unsigned i = 0; i < 2; i++) {
		bulla_sha256x2_final(h, i, a);
		cr_assert_arr_eq(a, b, sizeof(a));
	}
	bulla_sha256x2_free(h);
	bulla_sha256_free(s);
	free(zeros);
}

Test(sha256x2, there_is_no_third_stream, .signal = SIGABRT)
{
	uint8_t d[BULLA_SHA256_LEN];
	struct bulla_sha256x2 *h;

	cr_assert_eq(bulla_sha256x2_new(&h, NULL), BULLA_OK);
	bulla_sha256x2_final(h, 2, d);
}
