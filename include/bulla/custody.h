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
/*
 * The remarks of a relinquish or reject of a package of an exercise: who has
 * not got the package knows by them that nothing of it counts.
 */
#define BULLA_CUSTODY_EXERCISE "EXERCISE"
#define BULLA_CUSTODY_EXTRA_MAX 32u
/* files are NNNN-<event>.note */
#define BULLA_CUSTODY_SEQUENCE_MAX 9999u

struct bulla_custody_extra {
	struct bulla_cur label, value;
};

/* Windows point into the text; an optional field that is "-" has len 0. */
struct bulla_custody {
	char id[BULLA_ID_LEN + 1];
	bool has_seal;			/* false: rejected before it was
					 * known */
	uint8_t seal[32];		/* sha256 of the closing's text */
	struct bulla_cur event;		/* receive, reject, ...:
					 * see the table */
	uint64_t sequence;		/* from 1, this side's chain */
	bool has_previous;		/* false: the first one, and no seal */
	uint8_t previous[32];		/* of the first: the same as seal */
	int64_t time;
	struct bulla_cur actor;		/* a key name; its agency is who acts */
	struct bulla_cur officer, place, purpose, authority, result;
	struct bulla_custody_extra extra[BULLA_CUSTODY_EXTRA_MAX];
	size_t n_extra;
};

BULLA_NODISCARD enum bulla_status bulla_custody_parse(
    const struct bulla_cur *text, struct bulla_custody *out,
    struct bulla_err *err);
/*
 * Every event has its own fields in a fixed order (lib/format/events.c), all
 * of which are written. So extra may hold them in any order, and those that
 * are "-" may be left out. A field that the event does not have, or one that
 * is missing and needed, is a programmer error:
 *	receive  package-sha256 (hex), match, seal-intact (yes or no);
 *		 may be "-": relinquish (hex), bytes
 *	reject   package-sha256 (hex), reason (bulla_custody_reason_ok);
 *		 may be "-": relinquish (hex)
 *	seal	 may be "-": package-sha256 (hex), bytes
 * and for all, as for every event, tool, seal-no, storage, condition,
 * remarks, which may be "-".
 */
void bulla_custody_put(struct bulla_buf *b, const struct bulla_custody *c);
/*
 * The value of an event's own field; false when there is no such field or
 * its value is "-".
 */
BULLA_NODISCARD bool bulla_custody_get(const struct bulla_custody *c,
    const char *label, struct bulla_cur *value);

/*
 * The own fields of an event, number i from 0 in the order of the note; false
 * at the end. form says in words what may stand there.
 */
struct bulla_custody_field {
	const char *label, *form;
	bool maybe;			/* may be "-" */
};
BULLA_NODISCARD bool bulla_custody_field(const struct bulla_cur *event,
    size_t i, struct bulla_custody_field *out);
/* May this value stand in this field of this event? ("-" counts as one.) */
bool bulla_custody_value_ok(const struct bulla_cur *event, const char *label,
    const struct bulla_cur *value);
/* "seize, acquire, ...": for messages. */
void bulla_custody_events(struct bulla_buf *b);

/* Is this one of the events, one of the reasons of a reject? */
bool bulla_custody_event_ok(const struct bulla_cur *event);
bool bulla_custody_reason_ok(const struct bulla_cur *reason);
/*
 * What a reason means for the sender, and what to do about it: one clause of
 * at most BULLA_CUSTODY_ADVICE_MAX bytes. NULL: it is no reason.
 */
#define BULLA_CUSTODY_ADVICE_MAX 150u
const char *bulla_custody_advice(const char *reason);

#endif
