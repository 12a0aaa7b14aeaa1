#ifndef BULLA_HOME_H
#define BULLA_HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "bulla/cosigned.h"
#include "bulla/ledger.h"
#include "bulla/statement.h"
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
 * it; nothing is done without a ledger. Durable when it returns. A note that
 * was recorded not long ago (BULLA_LEDGER_ONCE) is not recorded again. What
 * parses as a roster or a suspension goes in clear: never pass what should
 * stay private and might have been made to look like one.
 */
BULLA_NODISCARD enum bulla_status bulla_home_record(struct bulla_home *h,
    const struct bulla_cur *notes, size_t n, struct bulla_err *err);

/*
 * Keep cosignatures of our checkpoint (bulla/cosigned.h has the form of the
 * note, and the statuses) by those witnesses of theirs that may sign now.
 * BULLA_E_NOKEY also without rosters; BULLA_E_USAGE without a ledger.
 */
BULLA_NODISCARD enum bulla_status bulla_home_cosigned(struct bulla_home *h,
    const struct bulla_cur *note, uint64_t *size, struct bulla_err *err);
/*
 * What their witnesses have cosigned last; size and time 0: nothing yet, or
 * no ledger or rosters.
 */
BULLA_NODISCARD enum bulla_status bulla_home_cosigned_last(
    struct bulla_home *h, struct bulla_cosigned *out, struct bulla_err *err);

/*
 * When the counterpart's witness first cosigned a checkpoint of ours that
 * covers this very record: POSIX seconds. 0 when it is not recorded, not yet
 * cosigned, or there is no ledger or roster: judge as of now then.
 */
int64_t bulla_home_proven(struct bulla_home *h, const struct bulla_cur *note);

/*
 * When the package whose closing text has this digest was proved to exist:
 * by the first custody note of either chain that names it as its seal.
 */
int64_t bulla_home_proven_seal(struct bulla_home *h, const char *id,
    const uint8_t seal[32]);

/*
 * The next sequence number to this agency, and the digest of the opening text
 * before it that was not void (has_previous false when there is none). Taken
 * under a lock in HOME/sequence/<agency>, which others wait for until the
 * turn ends; durable at once: a number is never given twice.
 * After sealing tell how it ended: opening is the digest of the opening's
 * text, or NULL when it failed. A number is void until an opening is told,
 * also when the process dies before. id may be NULL with opening NULL.
 * BULLA_E_USAGE: no agency's name. BULLA_E_MISMATCH: the file is damaged.
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
/*
 * Every number given to an agency, from 1: fn gets the package's id and the
 * digest of its opening, or NULL and NULL for a void one. No file: none.
 */
BULLA_NODISCARD enum bulla_status bulla_home_turns(const char *home,
    const char *agency, enum bulla_status (*fn)(void *ctx, uint64_t sequence,
    const char *id, const uint8_t *opening, struct bulla_err *err),
    void *ctx, struct bulla_err *err);

/*
 * What the home has of the exchange: numbers given, packages, receipts and
 * custody notes, as a statement. side is its agency's name. Nothing is
 * verified. A file that is not what it should be is an error that names it.
 */
BULLA_NODISCARD enum bulla_status bulla_statement_of_home(const char *home,
    const char *side, int64_t now, struct bulla_statement *out,
    struct bulla_err *err);

#endif
