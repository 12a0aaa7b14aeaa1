#ifndef BULLA_CRYPTO_UPPER_INT_H
#define BULLA_CRYPTO_UPPER_INT_H

/*
 * libcrypto's Poly1305 leaves the upper halves of the vector registers set.
 * On some CPUs that slows every two-operand SSE instruction after it, the SHA
 * extensions of libcrypto's own SHA-256 among them, until they are cleared.
 */
static inline void
clear_upper_halves(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx"))
		__asm__ volatile("vzeroupper" ::: "memory");
#endif
}

#endif
