#include "crypto/sha256x2_int.h"

/*
 * Two SHA-256 streams through the SHA extensions of x86-64 at once. Two
 * rounds (SHA256RNDS2) take four cycles and need the two before, but the unit
 * could start the next ones every two cycles: the second stream fills the
 * gaps. Not for keys: nothing here is wiped.
 *
 * AVX is for the three-operand forms alone. They leave no moves between the
 * registers, and they clear the upper halves: libcrypto's Poly1305 leaves
 * those set, which halves the speed of two-operand SSE code after it.
 */
#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define TARGET __attribute__((target("sha,avx")))
#define PIECE static inline __attribute__((always_inline)) TARGET void

/*
 * The instructions want the eight state words as (A, B, E, F) and
 * (C, D, G, H), highest first, and four message words at a time: w holds the
 * last sixteen, words 4i .. 4i + 3 in w[i % 4].
 */
struct stream {
	__m128i abef, cdgh;
	__m128i w[4];
};

/* FIPS 180-4, 4.2.2 */
static const uint32_t K[16][4] __attribute__((aligned(16))) = {
	{ 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5 },
	{ 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5 },
	{ 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3 },
	{ 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174 },
	{ 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc },
	{ 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da },
	{ 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7 },
	{ 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967 },
	{ 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13 },
	{ 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85 },
	{ 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3 },
	{ 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070 },
	{ 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5 },
	{ 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3 },
	{ 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208 },
	{ 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2 },
};

PIECE
state_load(struct stream *s, const uint32_t st[8])
{
	__m128i cdab = _mm_shuffle_epi32(
	    _mm_loadu_si128((const __m128i *)(const void *)st), 0xb1);
	__m128i efgh = _mm_shuffle_epi32(
	    _mm_loadu_si128((const __m128i *)(const void *)(st + 4)), 0x1b);

	s->abef = _mm_alignr_epi8(cdab, efgh, 8);
	s->cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
}

PIECE
state_store(const struct stream *s, uint32_t st[8])
{
	__m128i feba = _mm_shuffle_epi32(s->abef, 0x1b);
	__m128i dchg = _mm_shuffle_epi32(s->cdgh, 0xb1);

	_mm_storeu_si128((__m128i *)(void *)st,
	    _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(void *)(st + 4),
	    _mm_alignr_epi8(dchg, feba, 8));
}

PIECE
message_load(struct stream *s, const uint8_t *block)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bLL,
	    0x0405060700010203LL);
	const __m128i *p = (const __m128i *)(const void *)block;

	s->w[0] = _mm_shuffle_epi8(_mm_loadu_si128(p), big_endian);
	s->w[1] = _mm_shuffle_epi8(_mm_loadu_si128(p + 1), big_endian);
	s->w[2] = _mm_shuffle_epi8(_mm_loadu_si128(p + 2), big_endian);
	s->w[3] = _mm_shuffle_epi8(_mm_loadu_si128(p + 3), big_endian);
}

/*
 * Four rounds (6.2.2, step 3, for t = 4i .. 4i + 3). Assembler here and below
 * for the sake of the order: the execution pipe is chosen when an instruction
 * enters the queue, and other orders of the same instructions, those of both
 * compilers among them, were measured to cost up to a third more (Zen 5).
 */
PIECE
rounds(struct stream *s, unsigned i)
{
	__asm__(
	    "vpaddd %[k], %[w], %%xmm0\n\t"
	    "sha256rnds2 %%xmm0, %[abef], %[cdgh]\n\t"
	    "vpshufd $0x0e, %%xmm0, %%xmm0\n\t"
	    "sha256rnds2 %%xmm0, %[cdgh], %[abef]"
	    : [abef] "+x" (s->abef), [cdgh] "+x" (s->cdgh)
	    : [w] "x" (s->w[i % 4]), [k] "m" (K[i])
	    : "xmm0");
}

/*
 * The same for both streams, and the message words that are due four steps
 * later (step 1, t = 4i + 16 .. 4i + 19) in the place of those just used.
 */
PIECE
rounds_and_schedule(struct stream *x, struct stream *y, unsigned i)
{
	__m128i t, u;

	__asm__(
	    "vpaddd %[k], %[x0], %%xmm0\n\t"
	    "sha256msg1 %[x1], %[x0]\n\t"
	    "sha256rnds2 %%xmm0, %[xabef], %[xcdgh]\n\t"
	    "vpsrldq $8, %%xmm0, %%xmm0\n\t"
	    "vpalignr $4, %[x2], %[x3], %[t]\n\t"
	    "sha256rnds2 %%xmm0, %[xcdgh], %[xabef]\n\t"
	    "vpaddd %[k], %[y0], %%xmm0\n\t"
	    "vpalignr $4, %[y2], %[y3], %[u]\n\t"
	    "vpaddd %[t], %[x0], %[x0]\n\t"
	    "sha256msg2 %[x3], %[x0]\n\t"
	    "sha256rnds2 %%xmm0, %[yabef], %[ycdgh]\n\t"
	    "sha256msg1 %[y1], %[y0]\n\t"
	    "vpsrldq $8, %%xmm0, %%xmm0\n\t"
	    "vpaddd %[u], %[y0], %[y0]\n\t"
	    "sha256rnds2 %%xmm0, %[ycdgh], %[yabef]\n\t"
	    "sha256msg2 %[y3], %[y0]"
	    : [xabef] "+&x" (x->abef), [xcdgh] "+&x" (x->cdgh),
	      [yabef] "+&x" (y->abef), [ycdgh] "+&x" (y->cdgh),
	      [x0] "+&x" (x->w[i % 4]), [y0] "+&x" (y->w[i % 4]),
	      [t] "=&x" (t), [u] "=&x" (u)
	    : [x1] "x" (x->w[(i + 1) % 4]), [y1] "x" (y->w[(i + 1) % 4]),
	      [x2] "x" (x->w[(i + 2) % 4]), [y2] "x" (y->w[(i + 2) % 4]),
	      [x3] "x" (x->w[(i + 3) % 4]), [y3] "x" (y->w[(i + 3) % 4]),
	      [k] "m" (K[i])
	    : "xmm0");
}

TARGET void
bulla_sha256x2_ni(uint32_t sa[8], const uint8_t *a, uint32_t sb[8],
    const uint8_t *b, size_t n_blocks)
{
	struct stream x, y;

	state_load(&x, sa);
	state_load(&y, sb);
	for (; n_blocks > 0; n_blocks--, a += 64, b += 64) {
		__m128i old[4] = { x.abef, x.cdgh, y.abef, y.cdgh };

		/* in memory: all but one of the registers are taken */
		__asm__("" : "+m" (old));
		message_load(&x, a);
		message_load(&y, b);
		rounds_and_schedule(&x, &y, 0);
		rounds_and_schedule(&x, &y, 1);
		rounds_and_schedule(&x, &y, 2);
		rounds_and_schedule(&x, &y, 3);
		rounds_and_schedule(&x, &y, 4);
		rounds_and_schedule(&x, &y, 5);
		rounds_and_schedule(&x, &y, 6);
		rounds_and_schedule(&x, &y, 7);
		rounds_and_schedule(&x, &y, 8);
		rounds_and_schedule(&x, &y, 9);
		rounds_and_schedule(&x, &y, 10);
		rounds_and_schedule(&x, &y, 11);
		rounds(&x, 12);
		rounds(&y, 12);
		rounds(&x, 13);
		rounds(&y, 13);
		rounds(&x, 14);
		rounds(&y, 14);
		rounds(&x, 15);
		rounds(&y, 15);
		x.abef = _mm_add_epi32(x.abef, old[0]);
		x.cdgh = _mm_add_epi32(x.cdgh, old[1]);
		y.abef = _mm_add_epi32(y.abef, old[2]);
		y.cdgh = _mm_add_epi32(y.cdgh, old[3]);
	}
	state_store(&x, sa);
	state_store(&y, sb);
}

bool
bulla_sha256x2_ni_usable(void)
{
	unsigned a, b, c, d;

	return __builtin_cpu_supports("avx") &&
	    __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

#else

bool
bulla_sha256x2_ni_usable(void)
{
	return false;
}

void
bulla_sha256x2_ni(uint32_t sa[8], const uint8_t *a, uint32_t sb[8],
    const uint8_t *b, size_t n_blocks)
{
	(void)sa, (void)a, (void)sb, (void)b;
	BULLA_CHECK(n_blocks == 0);
}

#endif
