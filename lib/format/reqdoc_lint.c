#include <stdarg.h>
#include <string.h>

#include "reqdoc_int.h"

#define THIN 20u		/* bytes: less says nothing */
#define FACTS_THIN 60u

const char *const bulla_lint_rules[] = { "type-line", "no-label", "unknown",
    "twice", "not-plain", "too-long", "bad-value", "missing", "not-here",
    "thin", "past", "class", "same-contact", "no-number", "no-related",
    "until-when", "no-request", "too-broad", "no-relation", "empty-range",
    "future", "no-port-time", "no-identifier", NULL };

void
reqdoc_tell(struct reqdoc_linter *t, const struct bulla_finding *f)
{
	const struct bulla_cur rule = bulla_cur_str(f->rule);

	BULLA_CHECK(bulla_code_ok(bulla_lint_rules, &rule));
	t->errors += f->error;
	if (t->l->fn != NULL)
		t->l->fn(t->l->ctx, f);
}

static void BULLA_PRINTF(5, 0)
tell(struct reqdoc_linter *t, bool error, const char *rule,
    const char *label, const char *fmt, va_list ap)
{
	struct bulla_finding f = { .error = error, .rule = rule,
	    .field = label };
	struct bulla_cur l = bulla_cur_str(label);
	const size_t i = bulla_reqdoc_find(t->d->kind, &l);

	BULLA_CHECK(i < BULLA_REQDOC_FIELDS_MAX);
	f.line = t->d->line[i];
	reqdoc_vfault(&f, fmt, ap);
	reqdoc_tell(t, &f);
}

void
reqdoc_error(struct reqdoc_linter *t, const char *rule, const char *label,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(t, true, rule, label, fmt, ap);
	va_end(ap);
}

void
reqdoc_warning(struct reqdoc_linter *t, const char *rule, const char *label,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(t, false, rule, label, fmt, ap);
	va_end(ap);
}

/* Is it put in when the document is sealed, from table or roster? */
static bool
filled_in(const struct reqdoc_row *r)
{
	return r->preset != NULL || r->form == FORM_KEYS;
}

static void
missing(struct reqdoc_linter *t, const struct reqdoc_row *r)
{
	struct bulla_finding f = { 0 };

	reqdoc_instead(r, &f);
	reqdoc_error(t, "missing", r->label, "is missing\n%s", f.instead);
}

/* It has a place in documents of other types: which? */
static void
not_here(struct reqdoc_linter *t, const struct reqdoc_row *r)
{
	const char *const *types = reqdoc_types(t->d->kind);
	struct bulla_buf b = BULLA_BUF_INIT(200);
	bool first = true;

	for (unsigned i = 0; types[i] != NULL; i++) {
		if ((r->may & UINT32_C(1) << i) == 0)
			continue;
		bulla_buf_fmt(&b, "%s%s", first ? "" : ", ", types[i]);
		first = false;
	}
	reqdoc_error(t, "not-here", r->label, "has no place in a document of "
	    "this type\ntake it out, or write one that has it: %s",
	    bulla_buf_cstr(&b) != NULL ? (const char *)b.p : "");
	bulla_buf_free(&b);
}

/* What must be there, and what must not. */
static void
lint_needs(struct reqdoc_linter *t)
{
	const struct reqdoc_table *table = reqdoc_table(t->d->kind);

	for (size_t i = 0; i < table->n; i++) {
		const struct reqdoc_row *r = &table->row[i];
		const bool there = t->d->value[i].len > 0;
		const enum bulla_reqdoc_need need =
		    bulla_reqdoc_need(t->d, i);

		if (need == BULLA_NEED_MUST && !there && !r->tool &&
		    !t->bad[i] && !(t->l->draft && filled_in(r)))
			missing(t, r);
		if (need == BULLA_NEED_NO && there)
			not_here(t, r);
	}
}

static void
lint_thin(struct reqdoc_linter *t, const char *label, size_t least)
{
	struct bulla_cur v;

	if (bulla_reqdoc_get(t->d, label, &v) && v.len < least)
		reqdoc_warning(t, "thin", label, "says very little (%zu "
		    "bytes)\nwrite a whole sentence that the other side can "
		    "decide on", v.len);
}

/* A time that should lie ahead. */
static void
lint_ahead(struct reqdoc_linter *t, const char *label)
{
	int64_t when;

	if (bulla_reqdoc_when(t->d, label, &when) && when < t->l->now)
		reqdoc_error(t, "past", label, "lies in the past\nwrite a "
		    "time that is still to come");
}

static void
lint_class(struct reqdoc_linter *t)
{
	const bool preserve = bulla_reqdoc_is(t->d, "type", "preserve");
	struct bulla_cur v;

	if (bulla_reqdoc_is(t->d, "class", "emergency")) {
		lint_thin(t, "imminent-risk", THIN);
	} else if (bulla_reqdoc_get(t->d, "imminent-risk", &v) &&
	    bulla_reqdoc_get(t->d, "class", &v)) {
		reqdoc_warning(t, "class", "class", "there is an "
		    "imminent-risk, but the class is not emergency\nwrite "
		    "class: emergency, or take imminent-risk out");
	}
	if (preserve && bulla_reqdoc_get(t->d, "class", &v) &&
	    bulla_cur_starts(&v, "routine-"))
		reqdoc_warning(t, "class", "class", "data that may vanish are "
		    "asked for in a routine class\nwrite class: preserve, or "
		    "urgent");
	if (!preserve && bulla_reqdoc_get(t->d, "type", &v) &&
	    bulla_reqdoc_is(t->d, "class", "preserve"))
		reqdoc_error(t, "class", "class", "the class preserve is for "
		    "requests of type preserve\nwrite the class of this type, "
		    "such as urgent or routine-traffic");
	lint_thin(t, "justification", THIN);
	lint_ahead(t, "hearing");
}

static bool
contains(const struct bulla_cur *v, const struct bulla_cur *part)
{
	return part->len > 0 && v->len >= part->len &&
	    memmem(v->p, v->len, part->p, part->len) != NULL;
}

static void
lint_people(struct reqdoc_linter *t)
{
	struct bulla_cur second, v;

	if (!bulla_reqdoc_get(t->d, "second-contact", &second))
		return;
	if (bulla_reqdoc_get(t->d, "person", &v) && contains(&second, &v))
		reqdoc_error(t, "same-contact", "second-contact", "is the "
		    "same person again\nwrite another person, who can confirm "
		    "that the request is genuine");
	if (memchr(second.p, '+', second.len) == NULL &&
	    memchr(second.p, '@', second.len) == NULL)
		reqdoc_warning(t, "no-number", "second-contact", "has neither "
		    "phone number nor address\nwrite how to reach this person "
		    "without this exchange");
}

static void
lint_thread(struct reqdoc_linter *t)
{
	if (bulla_reqdoc_is(t->d, "status", "follow-up") &&
	    bulla_reqdoc_is(t->d, "related", "none"))
		reqdoc_error(t, "no-related", "related", "a follow-up that "
		    "follows nothing up\nwrite the id of the request that it "
		    "follows up, or status: new");
	if (bulla_reqdoc_is(t->d, "type", "status") &&
	    bulla_reqdoc_is(t->d, "related", "none"))
		reqdoc_error(t, "no-related", "related", "the status of what "
		    "is asked for?\nwrite the id of the request whose status "
		    "you want");
}

static void
lint_request(struct reqdoc_linter *t)
{
	struct bulla_cur v;

	lint_thread(t);
	lint_class(t);
	lint_people(t);
	lint_thin(t, "facts", FACTS_THIN);
	reqdoc_lint_broad(t);
	lint_ahead(t, "formal-request-by");
	if (bulla_reqdoc_is(t->d, "do-not-notify", "yes") &&
	    !bulla_reqdoc_get(t->d, "confidentiality", &v))
		reqdoc_warning(t, "until-when", "confidentiality", "nobody "
		    "may be told, but it is not said until when\nwrite what "
		    "must be kept secret, from whom, until when");
}

unsigned
reqdoc_guidelines(struct reqdoc_linter *t)
{
	static const char *const ahead[] = { "estimate", "preserved-until",
	    "postponed-until", "extended-until", "next-update" };

	lint_needs(t);
	switch (t->d->kind) {
	case BULLA_REQDOC_REQUEST:
		lint_request(t);
		break;
	case BULLA_REQDOC_REPLY:
		for (size_t i = 0; i < sizeof(ahead) / sizeof(ahead[0]); i++)
			lint_ahead(t, ahead[i]);
		lint_thin(t, "reason", THIN);
		lint_thin(t, "question", THIN);
		break;
	case BULLA_REQDOC_HOTLINE:
		lint_ahead(t, "due");
		lint_thin(t, "summary", THIN);
		lint_thin(t, "agreed-action", THIN);
		if (!bulla_reqdoc_is(t->d, "trigger", "security-incident") &&
		    !bulla_reqdoc_is(t->d, "trigger", "emergency") &&
		    bulla_reqdoc_is(t->d, "request", "none"))
			reqdoc_error(t, "no-request", "request", "this "
			    "trigger is about a request\nwrite the id of that "
			    "request");
		break;
	}
	return t->errors;
}

unsigned
bulla_reqdoc_lint(const struct bulla_reqdoc *d, const struct bulla_lint *l)
{
	struct reqdoc_linter t = { .d = d, .l = l };

	return reqdoc_guidelines(&t);
}
