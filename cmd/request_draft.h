#ifndef REQUEST_DRAFT_H
#define REQUEST_DRAFT_H

#include "request.h"

/*
 * The files of drafts: HOME/requests/KIND[-ID]-TIME[-N].draft, each with a
 * lock beside it, NAME.lock, that is there while somebody is asked for it.
 */

/* A name for a new draft, unless there is one; locked. */
BULLA_NODISCARD enum bulla_status request_draft_begin(struct request_cmd *k,
    struct bulla_err *err);
/*
 * The next draft of this stem that nobody is at, the newest first, into
 * k->draft, locked; before is the one before it, "" at first. False: no more.
 */
#define REQUEST_DRAFT_NAME 256u
bool request_draft_next(struct request_cmd *k,
    char before[REQUEST_DRAFT_NAME]);
/* Unlock it. */
void request_draft_leave(struct request_cmd *k);

#endif
