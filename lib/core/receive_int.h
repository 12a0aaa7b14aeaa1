#ifndef BULLA_CORE_RECEIVE_INT_H
#define BULLA_CORE_RECEIVE_INT_H

#include "bulla/custody.h"
#include "bulla/package.h"
#include "bulla/receive.h"
#include "bulla/ustar.h"

/* HOME/<a>/<b><c> into out (BULLA_E_LIMIT when it is too long). */
#define HOME_PATH_MAX 4096u
BULLA_NODISCARD enum bulla_status home_path(char out[HOME_PATH_MAX],
    const char *home, const char *dir, const char *name, const char *end,
    struct bulla_err *err);

/* What a receipt is about. */
struct receipt_of {
	const char *id;
	const uint8_t *sha256;
	uint64_t bytes;
	const uint8_t *seal;	/* digest of the closing's text, or NULL */
	const char *reason;	/* of a reject; NULL: receive */
};
/* Make and sign the note. */
BULLA_NODISCARD enum bulla_status receipt_make(const struct bulla_receive *p,
    const struct receipt_of *of, struct bulla_buf *note,
    struct bulla_err *err);
/*
 * Durably into receipts/<sha256>.note. A receive is never replaced, not even
 * by another receive; it takes the place of an earlier reject.
 */
BULLA_NODISCARD enum bulla_status receipt_store(const char *home,
    const uint8_t sha256[BULLA_SHA256_LEN], const struct bulla_buf *note,
    bool is_reject, struct bulla_err *err);
/* package-sha256 of a stored note, and which kind it is. */
BULLA_NODISCARD enum bulla_status receipt_parse(const struct bulla_buf *note,
    struct bulla_custody *c, struct bulla_cur *sha256,
    struct bulla_err *err);

#endif
