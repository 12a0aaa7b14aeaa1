#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "reqdoc_int.h"

#define THIN 20u		/* bytes: less says nothing */
#define FACTS_THIN 60u

static void BULLA_PRINTF(5, 0)
tell(struct reqdoc_linter *t, bool error, const char *rule,
    const char *label, const char *fmt, va_list ap)
{
	struct bulla_finding f = { .error = error, .rule = rule,
	    .field = label };
	struct bulla_cur l = bulla_cur_str(label);
	const size_t i = bulla_reqdoc_find(t->d->kind, &l);
	char both[sizeof(f.what) + sizeof(f.instead)];
	char *lf;

	BULLA_CHECK(i < BULLA_REQDOC_FIELDS_MAX);
	(void)vsnprintf(both, sizeof(both), fmt, ap);
	lf = strchr(both, '\n');
	BULLA_CHECK(lf != NULL);
	*lf = '\0';
	f.line = t->d->line[i];
	(void)snprintf(f.what, sizeof(f.what), "%.*s",
	    (int)sizeof(f.what) - 1, both);
	(void)snprintf(f.instead, sizeof(f.instead), "%.*s",
	    (int)sizeof(f.instead) - 1, lf + 1);
	t->errors += error;
	if (t->l->fn != NULL)
		t->l->fn(t->l->ctx, &f);
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
		    !(t->l->draft && filled_in(r)))
			reqdoc_error(t, "missing", r->label, "is missing\n"
			    "write %s, for example: %s: %.120s",
			    reqdoc_form_words(r->form), r->label, r->instead);
		if (need == BULLA_NEED_NO && there)
			reqdoc_error(t, "not-here", r->label, "has no place "
			    "in a document of this type\ntake it out, or "
			    "write another type");
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
bulla_reqdoc_lint(const struct bulla_reqdoc *d, const struct bulla_lint *l)
{
	static const char *const ahead[] = { "estimate", "preserved-until",
	    "postponed-until", "extended-until", "next-update" };
	struct reqdoc_linter t = { .d = d, .l = l };

	lint_needs(&t);
	switch (d->kind) {
	case BULLA_REQDOC_REQUEST:
		lint_request(&t);
		break;
	case BULLA_REQDOC_REPLY:
		for (size_t i = 0; i < sizeof(ahead) / sizeof(ahead[0]); i++)
			lint_ahead(&t, ahead[i]);
		lint_thin(&t, "reason", THIN);
		lint_thin(&t, "question", THIN);
		break;
	case BULLA_REQDOC_HOTLINE:
		lint_ahead(&t, "due");
		lint_thin(&t, "summary", THIN);
		lint_thin(&t, "agreed-action", THIN);
		if (!bulla_reqdoc_is(d, "trigger", "security-incident") &&
		    !bulla_reqdoc_is(d, "trigger", "emergency") &&
		    bulla_reqdoc_is(d, "request", "none"))
			reqdoc_error(&t, "no-request", "request", "this "
			    "trigger is about a request\nwrite its id");
		break;
	}
	return t.errors;
}
