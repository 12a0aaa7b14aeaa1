#ifndef BULLA_CORE_RECEIVE_INT_H
#define BULLA_CORE_RECEIVE_INT_H

#include "bulla/custody.h"
#include "bulla/file.h"
#include "bulla/package.h"
#include "bulla/receive.h"
#include "bulla/ustar.h"
#include "core/chain_int.h"

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
	const uint8_t *relinquish;	/* the note it answers, or NULL */
	bool exercise;		/* so its signed opening note says */
};
/*
 * Make and sign a note that stands alone: a reject, which has no seal and no
 * place in a chain.
 */
BULLA_NODISCARD enum bulla_status receipt_make(const struct bulla_receive *p,
    const struct receipt_of *of, struct bulla_buf *note,
    struct bulla_err *err);
/* The same appended to our chain. */
BULLA_NODISCARD enum bulla_status receipt_add(const struct bulla_receive *p,
    const struct receipt_of *of, struct chain_pair *chain,
    struct bulla_buf *note, struct bulla_err *err);
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

/* One package on its way in. */
struct arrival {
	const struct bulla_receive *p;
	struct bulla_outfile copy;	/* in packages/, without a name */
	char path[HOME_PATH_MAX];	/* packages/<id>.bulla */
	struct bulla_examined e;	/* what is said of it */
	const char *id;			/* three of these */
	const uint8_t *sha256;
	uint64_t bytes;
	bool taken;			/* the name is there already */
	const char *refused;		/* why a good package is not taken */
	bool opened;			/* opening.note: its signatures held */
	struct bulla_package pkg;
};
/* Was the package relinquished to us under another digest? */
BULLA_NODISCARD enum bulla_status receive_other_bytes(
    const struct arrival *a, bool *out, struct bulla_err *err);
/*
 * Do our own notes say that other bytes are stored under its id? Who sends a
 * small package with the id of a big one must not have that one read again.
 */
BULLA_NODISCARD enum bulla_status receive_holds_other(
    const struct arrival *a, bool *out, struct bulla_err *err);
/* The signed answers, each durable before it returns. */
BULLA_NODISCARD enum bulla_status receive_reject(const struct arrival *a,
    const char *reason, struct bulla_received *out, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status receive_accept(const struct arrival *a,
    struct bulla_received *out, struct bulla_err *err);

/*
 * The receipt for our chain: the one that is there for these bytes, else a
 * new one, appended.
 */
BULLA_NODISCARD enum bulla_status receive_put(const struct arrival *a,
    struct chain_pair *chain, struct bulla_buf *note, struct bulla_err *err);

/*
 * With a shared place (bulla/receive.h). Claim the id: *other when it is
 * proved to be another file's. Then, once the file is stored here: have it
 * there, and the first receipt there here.
 */
BULLA_NODISCARD enum bulla_status receive_claim(const struct arrival *a,
    bool *other, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status receive_first(const struct arrival *a,
    struct bulla_received *out, struct bulla_err *err);
/* Is it in our chain as it is kept? */
BULLA_NODISCARD bool receive_has(const struct arrival *a,
    const struct chain_pair *chain);

#endif
