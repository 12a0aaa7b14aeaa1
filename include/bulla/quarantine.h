#ifndef BULLA_QUARANTINE_H
#define BULLA_QUARANTINE_H

#include <stdint.h>

#include "bulla/err.h"

/*
 * Packages that were answered with a signed reject, for a person to look at:
 * HOME/quarantine/<sha256>.bulla, and <sha256>.note, which is that reject,
 * both 0600. Nothing ever reads them but these calls. The note is there
 * before the package and goes after it. Either may be removed by hand.
 */
#define BULLA_QUARANTINE_SECS (30 * 86400)	/* unless it is said */
#define BULLA_QUARANTINE_MAX 4096u	/* packages that are kept */
#define BULLA_QUARANTINE_SHARE 10u	/* of the free space: a tenth */

struct bulla_quarantine {
	uint64_t bytes;	/* of all packages, at the most; 0: none is kept */
	int64_t secs;	/* that each is kept, by its mtime */
};

/* What is there. */
struct bulla_quarantined {
	uint64_t bytes, packages;
	unsigned removed;	/* packages, by this call */
};

/*
 * Remove what has been there for too long, then the oldest until the rest is
 * within q->bytes, a tenth of what would be free without it, and
 * BULLA_QUARANTINE_MAX packages; and what a killed process left. A home
 * without the directory has nothing in it. BULLA_E_IO, _NOMEM.
 */
BULLA_NODISCARD enum bulla_status bulla_quarantine_sweep(const char *home,
    const struct bulla_quarantine *q, struct bulla_quarantined *out,
    struct bulla_err *err);

#endif
