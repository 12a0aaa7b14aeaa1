#ifndef BULLA_STAMP_H
#define BULLA_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "bulla/chain.h"
#include "bulla/tsp.h"

/*
 * Time stamps of custody notes in a home. Beside a note NNNN-<event>.note lie
 *	NNNN-<event>.note.tsq	the query that was made for it (RFC 3161)
 *	NNNN-<event>.note.tsr	the reply, verified before it was kept
 * over the SHA-256 of the note's TEXT, which says nothing of when its
 * signature lines were made. Trusted are the certificates in HOME/tsa (*.pem)
 * and in the file given.
 */
struct bulla_stamps {
	const char *home;		/* must outlive it */
	struct bulla_tsp_cas *cas;
	int64_t now;
};
/*
 * ca: a PEM file, or NULL. No certificate at all is fine: then nothing
 * verifies (BULLA_E_NOKEY later). Free it also after a failure.
 */
BULLA_NODISCARD enum bulla_status bulla_stamps_open(const char *home,
    const char *ca, int64_t now, struct bulla_stamps *out,
    struct bulla_err *err);
void bulla_stamps_free(struct bulla_stamps *s);

/* A note as bulla_chain_load gave it; chain has it, on this side. */
struct bulla_stamped {
	const struct bulla_chain *chain;
	enum bulla_side side;
	const struct bulla_link *l;
};
/*
 * The query for a note: the one that is kept, or a new one that is kept now.
 * policy not NULL: always a new one. Appended to out.
 */
BULLA_NODISCARD enum bulla_status bulla_stamp_query(
    const struct bulla_stamps *s, const struct bulla_stamped *n,
    const char *policy, struct bulla_buf *out, struct bulla_err *err);
/*
 * Verify a reply, against the kept query too where there is one, and keep it
 * durably. BULLA_E_REFUSED when one is kept already, unless force; statuses
 * of bulla_tsp_verify.
 */
BULLA_NODISCARD enum bulla_status bulla_stamp_keep(
    const struct bulla_stamps *s, const struct bulla_stamped *n,
    const struct bulla_cur *reply, bool force, struct bulla_tsp *out,
    struct bulla_err *err);
/*
 * Verify what is kept. BULLA_E_NOMATCH: nothing is; else as
 * bulla_tsp_verify. reply may be NULL; else the reply's bytes are appended,
 * whatever they are worth.
 */
BULLA_NODISCARD enum bulla_status bulla_stamp_look(
    const struct bulla_stamps *s, const struct bulla_stamped *n,
    struct bulla_buf *reply, struct bulla_tsp *out, struct bulla_err *err);

/*
 * For one question: the time of the verified token over the note with this
 * text; with digest NULL, the earliest token over any note about the package,
 * either side's: each of them names the package's seal. 0: none that verifies.
 */
BULLA_NODISCARD enum bulla_status bulla_stamp_time(const char *home,
    const char *id, const uint8_t *digest, int64_t now, int64_t *out,
    struct bulla_err *err);

#endif
