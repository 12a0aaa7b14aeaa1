#ifndef BULLA_REQUEST_H
#define BULLA_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "bulla/age.h"
#include "bulla/home.h"
#include "bulla/reqdoc.h"

/*
 * The documents of a home. The plain document of every request, reply and
 * hotline call that was sent or opened is kept as
 *	HOME/requests/<package id>.txt		0600, byte for byte
 * so that lists and reviews need no secret key. A hotline call is kept as the
 * signed note that it is.
 */

/* Keep it; the same bytes again are fine, other bytes BULLA_E_REFUSED. */
BULLA_NODISCARD enum bulla_status bulla_request_keep(const char *home,
    const char *id, const struct bulla_cur *text, struct bulla_err *err);

/*
 * The document of a package: from HOME/requests, else by opening
 * HOME/packages/<id>.bulla with ids (NULL: not opened) and by the home's
 * rosters, after which it is kept. It agrees with the package's opening note.
 * A hotline call is signed by a hotline or lead key of the side it came from,
 * good when it was sealed. What a package holds that is none of these
 * documents (evidence, indicators) is BULLA_E_USAGE.
 * BULLA_E_NOMATCH: neither kept nor opened (no package, ids is NULL, or no
 * identity opens it). Statuses of bulla_open_run, and BULLA_E_FORMAT or
 * BULLA_E_MISMATCH for a document that is not what it must be. *out (free it)
 * on success.
 */
BULLA_NODISCARD enum bulla_status bulla_request_document(
    struct bulla_home *h, const char *id, const struct bulla_identities *ids,
    struct bulla_reqdoc *out, struct bulla_err *err);

/*
 * A package of the home, and which replies to it lie there (ref is its id),
 * by their opening notes; nothing is verified again. Those of an exercise
 * count for a package of one, and no others; of the side that answers neither
 * a withdrawal nor, before an answer, a close. BULLA_E_NOMATCH: there is no
 * such package. BULLA_E_NOKEY: no roster of our own.
 */
struct bulla_request_state {
	char id[BULLA_ID_LEN + 1];
	bool found;			/* private */
	bool ours, exercise;		/* who sent it */
	char kind[33];
	char ref[65];			/* "": none */
	uint32_t by_us, by_them;	/* bulla_reply_bit of each type */
};
BULLA_NODISCARD enum bulla_status bulla_request_look(
    const struct bulla_home *h, const char *id,
    struct bulla_request_state *out, struct bulla_err *err);
/* 1 << its place in bulla_reply_types; 0: no type of reply. */
uint32_t bulla_reply_bit(const char *type);

#endif
