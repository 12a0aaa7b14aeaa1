#include <string.h>

#include "bulla/custody.h"
#include "bulla/enc.h"
#include "bulla/field.h"
#include "bulla/note.h"
#include "bulla/num.h"
#include "bulla/when.h"

#include "events.h"

#define TEXT EVENT_TEXT
#define MAYBE EVENT_MAYBE_TEXT
#define SHA EVENT_SHA256
#define MAYBE_SHA EVENT_MAYBE_SHA256

/* Every event ends with what may apply to any of them. */
#define THING { "tool", MAYBE }, { "seal-no", MAYBE }
#define STATE { "condition", MAYBE }, { "remarks", MAYBE }
#define TAIL THING, { "storage", MAYBE }, STATE
/* The bytes were worked on: what they were, what they are, and why. */
#define CHANGE { "before", SHA }, { "after", SHA }, { "justification", TEXT }

static const struct event events[] = {
	{ "seize", { { "item", TEXT }, { "holder", MAYBE },
	    { "holder-signature", EVENT_MAYBE_SIGNED }, { "witness", MAYBE },
	    { "second-officer", MAYBE }, { "not-seized", MAYBE }, TAIL } },
	{ "acquire", { { "item", TEXT }, { "method", TEXT }, { "after", SHA },
	    { "witness", MAYBE }, { "second-officer", MAYBE }, TAIL } },
	{ "verify", { { "package-sha256", SHA }, { "match", EVENT_YESNO },
	    TAIL } },
	{ "seal", { { "package-sha256", MAYBE_SHA },
	    { "bytes", EVENT_MAYBE_NUMBER }, TAIL } },
	{ "relinquish", { { "to", EVENT_NAME }, { "transport", TEXT },
	    { "package-sha256", SHA }, { "recipients", TEXT },
	    { "expected-by", EVENT_MAYBE_TIME }, TAIL } },
	{ "receive", { { "relinquish", MAYBE_SHA }, { "package-sha256", SHA },
	    { "match", EVENT_YESNO }, { "seal-intact", EVENT_YESNO },
	    { "bytes", EVENT_MAYBE_NUMBER }, TAIL } },
	{ "reject", { { "relinquish", MAYBE_SHA }, { "package-sha256", SHA },
	    { "reason", EVENT_REASON }, TAIL } },
	{ "open", { CHANGE, TAIL } },
	{ "access", { { "justification", TEXT }, TAIL } },
	{ "copy", { CHANGE, TAIL } },
	{ "derive", { CHANGE, TAIL } },
	{ "redact", { CHANGE, TAIL } },
	{ "store", { THING, { "storage", TEXT }, STATE } },
	{ "return", { { "to", EVENT_NAME }, { "transport", TEXT },
	    { "package-sha256", SHA }, TAIL } },
	{ "dispose", { { "before", SHA }, { "after", MAYBE_SHA },
	    { "justification", TEXT }, { "second-officer", TEXT }, TAIL } },
	{ "correct", { { "note", SHA }, { "correction", TEXT }, TAIL } },
	{ "dispute", { { "note", MAYBE_SHA }, { "grounds", TEXT }, TAIL } },
};

/* And what its sender reads of it. */
static const struct {
	const char *name, *advice;
} reasons[] = {
	{ "hash-mismatch", "these are not the bytes that your relinquish note "
	    "names: send the very file that it is about" },
	{ "undecryptable", "their keys do not open it: seal it again for the "
	    "age keys of their newest roster" },
	{ "bag-invalid", "what was sealed is no valid bag: make the package "
	    "again from its source" },
	{ "wrong-recipient", "it is addressed to others: send it to them, or "
	    "seal it again, addressed to this side" },
	{ "seal-broken", "its digests and signatures do not agree: check your "
	    "file with bulla-verify, and send a good copy or seal it again" },
	{ "duplicate-id", "they have another package with its id: find out "
	    "which is right, and seal that again, under a new id" },
	{ "not-authorised", "by their rosters its sealer may not seal, or not "
	    "then: let both sides have your newest roster, and seal it again "
	    "with a key in force" },
	{ "out-of-scope", "it is an exercise, and they expect none: agree "
	    "with them when, and send it again then" },
};

const struct event *
bulla_event_find(const struct bulla_cur *name)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (bulla_cur_is(name, events[i].name))
			return &events[i];
	}
	return NULL;
}

bool
bulla_custody_event_ok(const struct bulla_cur *event)
{
	return bulla_event_find(event) != NULL;
}

bool
bulla_custody_reason_ok(const struct bulla_cur *reason)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (bulla_cur_is(reason, reasons[i].name))
			return true;
	}
	return false;
}

const char *
bulla_custody_advice(const char *reason)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcmp(reason, reasons[i].name) == 0)
			return reasons[i].advice;
	}
	return NULL;
}

static bool
is_maybe(enum event_kind kind)
{
	switch (kind) {
	case EVENT_MAYBE_TEXT:
	case EVENT_MAYBE_SHA256:
	case EVENT_MAYBE_NUMBER:
	case EVENT_MAYBE_TIME:
	case EVENT_MAYBE_SIGNED:
		return true;
	case EVENT_END:
	case EVENT_TEXT:
	case EVENT_SHA256:
	case EVENT_NAME:
	case EVENT_YESNO:
	case EVENT_REASON:
		return false;
	}
	return false;
}

bool
bulla_event_value_ok(enum event_kind kind, const struct bulla_cur *v)
{
	uint8_t digest[32];
	uint64_t number;
	int64_t when;

	if (bulla_cur_is(v, "-"))
		return is_maybe(kind);
	switch (kind) {
	case EVENT_TEXT:
	case EVENT_MAYBE_TEXT:
		return true;
	case EVENT_SHA256:
	case EVENT_MAYBE_SHA256:
		return bulla_hex_decode(v, digest, sizeof(digest));
	case EVENT_NAME:
		return bulla_keyname_ok(v);
	case EVENT_YESNO:
		return bulla_cur_is(v, "yes") || bulla_cur_is(v, "no");
	case EVENT_MAYBE_NUMBER:
		return bulla_num_u64(v, INT64_MAX, &number);
	case EVENT_MAYBE_TIME:
		return bulla_when_parse(v, &when);
	case EVENT_REASON:
		return bulla_custody_reason_ok(v);
	case EVENT_MAYBE_SIGNED:
		return bulla_cur_is(v, "signed") ||
		    bulla_cur_is(v, "refused") || bulla_cur_is(v, "unable");
	case EVENT_END:
		break;
	}
	return false;
}

static const char *
form_of(enum event_kind kind)
{
	switch (kind) {
	case EVENT_TEXT:
	case EVENT_MAYBE_TEXT:
		return "text";
	case EVENT_SHA256:
	case EVENT_MAYBE_SHA256:
		return "64 hex digits";
	case EVENT_NAME:
		return "a key name or an agency";
	case EVENT_YESNO:
		return "yes or no";
	case EVENT_MAYBE_NUMBER:
		return "a number";
	case EVENT_MAYBE_TIME:
		return "a time such as 2026-11-22T03:04:05Z";
	case EVENT_REASON:
		return "a reason such as bag-invalid";
	case EVENT_MAYBE_SIGNED:
		return "signed, refused or unable";
	case EVENT_END:
		break;
	}
	return "";
}

bool
bulla_custody_field(const struct bulla_cur *event, size_t i,
    struct bulla_custody_field *out)
{
	const struct event *e = bulla_event_find(event);

	if (e == NULL || i >= EVENT_FIELDS_MAX ||
	    e->field[i].kind == EVENT_END)
		return false;
	out->label = e->field[i].label;
	out->form = form_of(e->field[i].kind);
	out->maybe = is_maybe(e->field[i].kind);
	return true;
}

bool
bulla_custody_value_ok(const struct bulla_cur *event, const char *label,
    const struct bulla_cur *value)
{
	const struct event *e = bulla_event_find(event);
	const struct event_field *f = e != NULL ? e->field : NULL;

	for (; f != NULL && f->kind != EVENT_END; f++) {
		if (strcmp(f->label, label) == 0)
			return bulla_field_value_ok(value) &&
			    bulla_event_value_ok(f->kind, value);
	}
	return false;
}

void
bulla_custody_events(struct bulla_buf *b)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		bulla_buf_fmt(b, "%s%s", i > 0 ? ", " : "", events[i].name);
}
