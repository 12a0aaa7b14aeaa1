#ifndef BULLA_CORE_OUTBOX_INT_H
#define BULLA_CORE_OUTBOX_INT_H

#include <sys/stat.h>

#include "bulla/outbox.h"

#define OUTBOX_PATH_MAX 4352u
#define OUTBOX_NAME_LEN 20u		/* digits of an entry's directory */
#define OUTBOX_TEXT_MAX (2u << 20)	/* bytes of an entry file */

struct bulla_outbox {
	char *path;		/* HOME/outbox */
	int fd;			/* of it */
	int lock;		/* of the one that sends; -1: not us */
};

/* HOME/outbox/<sub>; with an order: <sub>/<20 digits>[/<file>]. */
BULLA_NODISCARD enum bulla_status outbox_path(const struct bulla_outbox *b,
    char out[OUTBOX_PATH_MAX], const char *sub, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status outbox_entry_path(
    const struct bulla_outbox *b, char out[OUTBOX_PATH_MAX],
    uint64_t order, const char *file, struct bulla_err *err);
/* "queue/<20 digits>", relative to b->fd; tail may be "". */
void outbox_name(char out[OUTBOX_NAME_LEN + 24], const char *dir,
    uint64_t order, const char *tail);

/*
 * Whoever has something in new/ holds this lock shared; who sweeps it holds
 * it alone. BULLA_E_AGAIN only for the latter.
 */
BULLA_NODISCARD enum bulla_status outbox_hold(const struct bulla_outbox *b,
    bool alone, int *fd, struct bulla_err *err);
/* fsync of a directory below b->fd. */
BULLA_NODISCARD enum bulla_status outbox_sync(const struct bulla_outbox *b,
    const char *dir, struct bulla_err *err);
/* Take a directory's name away at once, then what is in it. */
BULLA_NODISCARD enum bulla_status outbox_remove(const struct bulla_outbox *b,
    const char *dir, uint64_t order, struct bulla_err *err);
/* Hidden names that a killed process left beside what it replaced. */
BULLA_NODISCARD enum bulla_status outbox_tidy(int dirfd,
    struct bulla_err *err);
uint64_t outbox_mtime_ns(const struct stat *sb);

#endif
