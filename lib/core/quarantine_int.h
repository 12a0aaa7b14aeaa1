#ifndef BULLA_CORE_QUARANTINE_INT_H
#define BULLA_CORE_QUARANTINE_INT_H

#include "bulla/quarantine.h"
#include "core/receive_int.h"

#define QUARANTINE_HEX (2 * BULLA_SHA256_LEN)

/* A package that is there, by the sha256 that is its name. */
struct quarantine_file {
	char hex[QUARANTINE_HEX + 1];
	uint64_t bytes;
	int64_t at;		/* when it came, POSIX seconds */
};
/* HOME/quarantine, which one process at a time changes. */
struct quarantine {
	int dir, lock;
	char path[HOME_PATH_MAX];
	struct quarantine_file *v;	/* the oldest first */
	size_t n, cap;
	uint64_t bytes;			/* of all of them */
};
#define QUARANTINE_INIT { .dir = -1, .lock = -1 }

/*
 * Lock it and look at what is there. BULLA_E_NOMATCH when it is not there;
 * make: it is made then.
 */
BULLA_NODISCARD enum bulla_status rejected_open(struct quarantine *d,
    const char *home, bool make, struct bulla_err *err);
void rejected_close(struct quarantine *d);
/* Gone: a missing one, too. */
BULLA_NODISCARD enum bulla_status rejected_remove(struct quarantine *d,
    const char *hex, struct bulla_err *err);
/*
 * As bulla_quarantine_sweep, so that more bytes, which are on the disk, could
 * be added. BULLA_E_LIMIT: they could not even if nothing else were there;
 * then no more than what is too old is gone.
 */
BULLA_NODISCARD enum bulla_status rejected_make_room(struct quarantine *d,
    const struct bulla_quarantine *q, uint64_t more, unsigned *removed,
    struct bulla_err *err);

/*
 * The package that out rejects, with its note, durably. *before: it was there
 * already. BULLA_E_LIMIT: it is not to be kept.
 */
BULLA_NODISCARD enum bulla_status rejected_put(struct arrival *a,
    const struct bulla_buf *note, bool *before, struct bulla_err *err);
/* It was taken in after all. */
void rejected_drop(const char *home,
    const uint8_t sha256[BULLA_SHA256_LEN]);

#endif
