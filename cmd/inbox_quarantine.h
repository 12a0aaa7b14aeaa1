#ifndef INBOX_QUARANTINE_H
#define INBOX_QUARANTINE_H

#include "inbox_procs.h"

/*
 * The signer's part of it: what is said of a package that was rejected, and a
 * thread that sweeps, at once and each hour, until it is stopped.
 */
void inbox_quarantine_tell(struct inbox *in,
    const struct bulla_received *r);
BULLA_NODISCARD enum bulla_status inbox_quarantine_start(struct inbox *in,
    struct bulla_err *err);
void inbox_quarantine_stop(void);

/*
 * How much is there, for whoever asks the network process: a page that the
 * signer writes and the network process may read. Before the fork; false: no
 * memory.
 */
BULLA_NODISCARD bool inbox_quarantine_page(struct inbox *in);
/* In the network process, before it meets anybody. */
BULLA_NODISCARD bool inbox_quarantine_read_only(struct inbox *in);
/* Nobody else needs it, and a verifier least of all. */
void inbox_quarantine_forget(struct inbox *in);
/* The kept of a struct bulla_inbox_config; ctx is the struct inbox. */
void inbox_quarantine_kept(void *ctx, uint64_t *bytes, uint64_t *packages);

#endif
