#include "reqdoc_int.h"

/* Their order is the order of the bits in the tables of fields. */
const char *const bulla_request_types[] = { "preserve", "subscriber",
    "traffic", "content", "device-image", "mitigation", "indicator-info",
    "status", "other", NULL };
const char *const bulla_reply_types[] = { "acknowledge", "clarification",
    "accepted", "preserved", "partial", "full", "refused", "postponed",
    "conditional", "transferred", "status-update", "result", "extension",
    "withdrawn", "closed", NULL };

const char *const bulla_crime_categories[] = { "child-exploitation",
    "trade-secret-theft", "fraud", "terrorist-misuse", "malicious-cyber",
    "other", NULL };
const char *const bulla_clarification_codes[] = { "incomplete",
    "manifest-error", "insufficient-identifiers", "overly-broad",
    "data-not-held", "wrong-authority", "no-legal-basis", "conflicting-law",
    "privilege-or-immunity", "technically-impossible", NULL };
const char *const bulla_refusal_grounds[] = { "sovereignty-security",
    "political-offence", "dual-criminality", "ne-bis-in-idem",
    "immunity-privilege", "human-rights", "ongoing-domestic-case",
    "disproportionate", "lack-of-reciprocity", NULL };
const char *const bulla_hotline_triggers[] = { "no-ack", "overdue", "quality",
    "wrongful-refusal", "emergency", "security-incident", NULL };
const char *const bulla_hotline_levels[] = { "contact-point",
    "lead-official", "high-level-dialogue", NULL };

bool
bulla_code_ok(const char *const *codes, const struct bulla_cur *v)
{
	for (; *codes != NULL; codes++) {
		if (bulla_cur_is(v, *codes))
			return true;
	}
	return false;
}

const struct reqdoc_table *
reqdoc_table(enum bulla_reqdoc_kind kind)
{
	static const struct reqdoc_table *const tables[] = {
		[BULLA_REQDOC_REQUEST] = &reqdoc_requests,
		[BULLA_REQDOC_REPLY] = &reqdoc_replies,
		[BULLA_REQDOC_HOTLINE] = &reqdoc_hotlines,
	};

	BULLA_CHECK((size_t)kind < sizeof(tables) / sizeof(tables[0]));
	return tables[kind];
}

bool
bulla_reqdoc_kind_of(const struct bulla_cur *package_kind,
    enum bulla_reqdoc_kind *out)
{
	if (bulla_cur_is(package_kind, "request"))
		*out = BULLA_REQDOC_REQUEST;
	else if (bulla_cur_is(package_kind, "hotline"))
		*out = BULLA_REQDOC_HOTLINE;
	else if (bulla_code_ok(bulla_reply_types, package_kind))
		*out = BULLA_REQDOC_REPLY;
	else
		return false;
	return true;
}

const char *
bulla_reqdoc_file(enum bulla_reqdoc_kind kind)
{
	return reqdoc_table(kind)->file;
}

bool
bulla_reqdoc_field(enum bulla_reqdoc_kind kind, size_t i,
    struct bulla_reqdoc_field *out)
{
	const struct reqdoc_table *t = reqdoc_table(kind);
	const struct reqdoc_row *r;

	if (i >= t->n)
		return false;
	r = &t->row[i];
	*out = (struct bulla_reqdoc_field){ .label = r->label,
	    .form = reqdoc_form_words(r->form), .guide = r->guide,
	    .instead = r->instead, .preset = r->preset, .codes = r->codes,
	    .lines = reqdoc_form_lines(r->form), .tool = r->tool };
	return true;
}

size_t
bulla_reqdoc_find(enum bulla_reqdoc_kind kind, const struct bulla_cur *label)
{
	const struct reqdoc_table *t = reqdoc_table(kind);

	for (size_t i = 0; i < t->n; i++) {
		if (bulla_cur_is(label, t->row[i].label))
			return i;
	}
	return BULLA_REQDOC_FIELDS_MAX;
}

const char *const *
reqdoc_types(enum bulla_reqdoc_kind kind)
{
	static const char *const calls[] = { "call", "answer", NULL };

	switch (kind) {
	case BULLA_REQDOC_REQUEST:
		return bulla_request_types;
	case BULLA_REQDOC_REPLY:
		return bulla_reply_types;
	case BULLA_REQDOC_HOTLINE:
		break;
	}
	return calls;
}

/* The bit of the document's own type; 0 when it says none that is known. */
static uint32_t
type_bit(const struct bulla_reqdoc *d)
{
	const char *const *types = reqdoc_types(d->kind);
	struct bulla_cur v;

	if (d->kind == BULLA_REQDOC_HOTLINE)
		return bulla_reqdoc_get(d, "answers", &v) ? 2 : 1;
	if (!bulla_reqdoc_get(d, "type", &v))
		return 0;
	for (unsigned i = 0; types[i] != NULL; i++) {
		if (bulla_cur_is(&v, types[i]))
			return UINT32_C(1) << i;
	}
	return 0;
}

/* What a field is needed for beyond its type. */
static bool
condition(const struct bulla_reqdoc *d, const char *label)
{
	const struct bulla_cur l = bulla_cur_str(label);

	if (d->kind != BULLA_REQDOC_REQUEST)
		return false;
	if (bulla_cur_is(&l, "imminent-risk"))
		return bulla_reqdoc_is(d, "class", "emergency");
	return false;
}

enum bulla_reqdoc_need
bulla_reqdoc_need(const struct bulla_reqdoc *d, size_t field)
{
	const struct reqdoc_table *t = reqdoc_table(d->kind);
	const uint32_t bit = type_bit(d);
	const struct reqdoc_row *r;

	BULLA_CHECK(field < t->n);
	r = &t->row[field];
	if ((bit == 0 ? r->must == REQDOC_ANY : (r->must & bit) != 0) ||
	    condition(d, r->label))
		return BULLA_NEED_MUST;
	return bit == 0 || (r->may & bit) != 0 ? BULLA_NEED_MAY :
	    BULLA_NEED_NO;
}

bool
reqdoc_type_is(const struct bulla_reqdoc *d, const char *const *types)
{
	struct bulla_cur v;

	return bulla_reqdoc_get(d, "type", &v) && bulla_code_ok(types, &v);
}
