#include "bulla/custody.h"
#include "bulla/enc.h"
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

static const char *const reasons[] = {
	"hash-mismatch", "undecryptable", "bag-invalid", "wrong-recipient",
	"seal-broken", "duplicate-id", "not-authorised", "out-of-scope",
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
		if (bulla_cur_is(reason, reasons[i]))
			return true;
	}
	return false;
}

bool
bulla_event_is_maybe(enum event_kind kind)
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
		return bulla_event_is_maybe(kind);
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
