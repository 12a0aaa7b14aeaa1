#ifndef BULLA_FORMAT_EVENTS_H
#define BULLA_FORMAT_EVENTS_H

#include "bulla/cur.h"

/* What a field of an event may say; MAYBE also allows "-". */
enum event_kind {
	EVENT_END,		/* of the list */
	EVENT_TEXT, EVENT_MAYBE_TEXT,
	EVENT_SHA256, EVENT_MAYBE_SHA256,
	EVENT_NAME,		/* a key name or an agency */
	EVENT_YESNO,
	EVENT_MAYBE_NUMBER,
	EVENT_MAYBE_TIME,
	EVENT_REASON,		/* why a package was rejected */
	EVENT_MAYBE_SIGNED,	/* the holder: signed, refused, unable */
};

struct event_field {
	const char *label;
	enum event_kind kind;
};

#define EVENT_FIELDS_MAX 12

struct event {
	const char *name;
	struct event_field field[EVENT_FIELDS_MAX + 1];
};

/* NULL when there is no such event. */
const struct event *bulla_event_find(const struct bulla_cur *name);
/* Is v, which is plain text and not empty, a value of this kind? */
bool bulla_event_value_ok(enum event_kind kind, const struct bulla_cur *v);

#endif
