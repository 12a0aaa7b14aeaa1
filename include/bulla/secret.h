#ifndef BULLA_SECRET_H
#define BULLA_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/cur.h"
#include "bulla/err.h"

/*
 * Secret bytes: guarded, locked memory (sodium_malloc) that is wiped when it
 * is freed. Key material and passphrases live here and nowhere else.
 * Initialise with { 0 }; free accepts that.
 */
struct bulla_secret {
	uint8_t *p;
	size_t len;
};

/*
 * Must be called once before anything else of lib/crypto; BULLA_E_UNSUPPORTED.
 */
BULLA_NODISCARD enum bulla_status bulla_crypto_init(struct bulla_err *err);

/* len zero bytes (0 is allowed). BULLA_E_NOMEM. */
BULLA_NODISCARD enum bulla_status bulla_secret_new(struct bulla_secret *s,
    size_t len, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_secret_from(struct bulla_secret *s,
    const void *data, size_t len, struct bulla_err *err);
/* Wiped; *s is { 0 } again. NULL is allowed. */
void bulla_secret_free(struct bulla_secret *s);
/* A window on the bytes, for parsers. */
struct bulla_cur bulla_secret_view(const struct bulla_secret *s);

/* Constant time in the contents; false at once when the lengths differ. */
BULLA_NODISCARD bool bulla_secret_eq(const void *a, size_t a_len,
    const void *b, size_t b_len);
/* A wipe that the compiler keeps. */
void bulla_wipe(void *p, size_t n);
/* Random bytes from the kernel; never fails (libsodium aborts instead). */
void bulla_random(void *p, size_t n);

#endif
