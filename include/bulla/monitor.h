#ifndef BULLA_MONITOR_H
#define BULLA_MONITOR_H

#include <stdint.h>

#include "bulla/cosigned.h"
#include "bulla/keys.h"

/*
 * Watching over a home's ledger and, as far as it is public, that of the
 * counterpart: what a person should be told of. Nothing is changed but that a
 * torn tail is cut, as with every use of the ledger.
 */

/* The numbers are the exit statuses of "bulla-ledger monitor". */
enum bulla_finding {
	BULLA_FOUND_DAMAGE = 1,		/* files are not what they must be */
	BULLA_FOUND_ROLLBACK = 10,	/* a ledger is shorter than it was */
	BULLA_FOUND_FORK = 11,		/* and not a continuation of it */
	BULLA_FOUND_STALE = 12,		/* nobody has cosigned for too long */
	BULLA_FOUND_GAP = 13,		/* in the numbers of a pair of
					 * agencies */
	BULLA_FOUND_UNKNOWN_KEY = 14,	/* signed by a key of no roster */
	BULLA_FOUND_UNRECORDED = 15,	/* signed by us,
					 * and not in our ledger */
};
/* "damage", "rollback", ... */
const char *bulla_finding_name(enum bulla_finding f);

struct bulla_monitor {
	const char *home;
	const struct bulla_ask *ask;
	const char *theirs;	/* their public files, or a checkpoint;
				 * or NULL */
	/* Logs and witnesses of theirs besides those of the rosters. */
	const struct bulla_vkeys *known;
	int64_t now, max_age;	/* POSIX seconds; seconds */
	/* text is one line of plain text. */
	void (*found)(void *ctx, enum bulla_finding f, const char *text);
	void (*remark)(void *ctx, const char *text);	/* what was not looked
							 * at */
	void *ctx;
};
struct bulla_monitored {
	uint64_t n_findings;
	int status;			/* the lowest finding; 0: none */
	char origin[BULLA_KEYNAME_MAX + 1];	/* our log; "": not opened */
	uint64_t size;
	struct bulla_cosigned cosigned;
	char their_origin[BULLA_KEYNAME_MAX + 1];	/* "": not looked at */
	uint64_t their_size, their_cosigned;	/* by us, last */
	int64_t their_time;		/* when we cosigned it last; 0: never */
};

/*
 * Own ledger: everything read again, its root made anew; each checkpoint that
 * was cosigned must be of this tree. Theirs: against what our witness has
 * cosigned last, and, from a directory, made anew from its entries. Then the
 * age of the cosignatures, the numbers of the openings that are kept or
 * recorded, who signed the notes that are kept or recorded, whether what our
 * keys signed is recorded, and alarms that an exchange has raised.
 * BULLA_OK: all was looked at; *out says whether there were findings.
 */
BULLA_NODISCARD enum bulla_status bulla_monitor_run(
    const struct bulla_monitor *m, struct bulla_monitored *out,
    struct bulla_err *err);

#endif
