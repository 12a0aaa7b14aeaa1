#ifndef BULLA_HOME_H
#define BULLA_HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "bulla/ledger.h"
#include "bulla/trust.h"

/*
 * What a tool has when it runs with a home: rosters to judge by, a ledger to
 * record in. Either may be missing: then its pointer is NULL.
 */
struct bulla_home {
	const char *path;
	struct bulla_trust *trust;
	struct bulla_ledger *ledger;
	int64_t now;			/* POSIX seconds */
};

/*
 * path and ask must outlive it. A home that does not exist, or has neither
 * roster nor ledger, is BULLA_OK with both NULL: the tool works from its
 * options alone. Any other failure of either is an error.
 */
BULLA_NODISCARD enum bulla_status bulla_home_open(const char *path,
    const struct bulla_ask *ask, struct bulla_home *out,
    struct bulla_err *err);
void bulla_home_close(struct bulla_home *h);

/*
 * Record notes in the ledger (whole signed notes, as they are) and publish
 * it; nothing is done without a ledger. Durable when it returns.
 */
BULLA_NODISCARD enum bulla_status bulla_home_record(struct bulla_home *h,
    const struct bulla_cur *notes, size_t n, struct bulla_err *err);

/*
 * When the counterpart's witness first cosigned a checkpoint of ours that
 * covers this very record: POSIX seconds. 0 when it is not recorded, not yet
 * cosigned, or there is no ledger: judge as of now then.
 */
int64_t bulla_home_proven(struct bulla_home *h, const struct bulla_cur *note);

/*
 * When the package whose closing text has this digest was proved to exist:
 * by the first custody note of either chain that names it as its seal.
 */
int64_t bulla_home_proven_seal(struct bulla_home *h, const char *id,
    const uint8_t seal[32]);

/*
 * The next sequence number to this agency, and the digest of the previous
 * opening text (has_previous false for the first). Taken under a lock in
 * HOME/sequence/<agency>, durable at once: a number is never given twice.
 * After sealing tell how it ended: opening is the digest of the opening's
 * text, or NULL when it failed, which records the number as void.
 */
struct bulla_turn {
	uint64_t sequence;
	bool has_previous;
	uint8_t previous[32];
	int lock;			/* private */
	char agency[BULLA_KEYNAME_MAX + 1];
};
BULLA_NODISCARD enum bulla_status bulla_home_turn(struct bulla_home *h,
    const char *agency, struct bulla_turn *out, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_home_turn_end(struct bulla_home *h,
    struct bulla_turn *turn, const char *id, const uint8_t *opening,
    struct bulla_err *err);

#endif
