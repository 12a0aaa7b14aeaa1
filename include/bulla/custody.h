#ifndef BULLA_CUSTODY_H
#define BULLA_CUSTODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/opening.h"

/*
 * "bulla custody v1": one event in the life of a package, as text. A receipt
 * is the event "receive" or "reject". Parsing proves nothing about who wrote
 * it; docs/FORMAT.md has the grammar and the fields of each event.
 */
#define BULLA_CUSTODY_EXTRA_MAX 32u

struct bulla_custody_extra {
	struct bulla_cur label, value;
};

/* Windows point into the text; an optional field that is "-" has len 0. */
struct bulla_custody {
	char id[BULLA_ID_LEN + 1];
	bool has_seal;			/* false: rejected before it was known */
	uint8_t seal[32];		/* sha256 of the closing's text */
	struct bulla_cur event;		/* one of DOMAIN's events */
	uint64_t sequence;		/* from 1, this side's chain */
	bool has_previous;
	uint8_t previous[32];
	int64_t time;
	struct bulla_cur actor, officer, place, purpose, authority, result;
	struct bulla_custody_extra extra[BULLA_CUSTODY_EXTRA_MAX];
	size_t n_extra;
};

BULLA_NODISCARD enum bulla_status bulla_custody_parse(
    const struct bulla_cur *text, struct bulla_custody *out,
    struct bulla_err *err);
void bulla_custody_put(struct bulla_buf *b, const struct bulla_custody *c);
/* The value of an event's own field; false when it is not there. */
BULLA_NODISCARD bool bulla_custody_get(const struct bulla_custody *c,
    const char *label, struct bulla_cur *value);

#endif
