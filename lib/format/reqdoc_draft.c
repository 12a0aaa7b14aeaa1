#include <string.h>

#include "bulla/text.h"

#include "reqdoc_int.h"

#define NONE BULLA_REQDOC_FIELDS_MAX

/* Where in a draft we are. */
struct scan {
	struct bulla_reqdoc *d;
	const struct reqdoc_table *t;
	struct reqdoc_linter *all;	/* tell every fault; NULL: the first */
	struct bulla_err *err;
	size_t field;			/* or NONE */
	unsigned line;
	bool gap;
	bool bad;			/* the field has a fault */
	bool skip;			/* the lines that follow say nothing */
};

/* A fault of the field, or of a line that belongs to none. */
static enum bulla_status
fault(struct scan *s, enum bulla_status st, struct bulla_finding *f)
{
	f->error = true;
	f->field = s->field != NONE ? s->t->row[s->field].label : NULL;
	if (f->line == 0)
		f->line = s->line;
	s->bad = true;
	if (s->all == NULL || st == BULLA_E_NOMEM)
		return bulla_fail(s->err, st, "line %u: %s%s%s; %s", f->line,
		    f->field != NULL ? f->field : "",
		    f->field != NULL ? ": " : "", f->what, f->instead);
	reqdoc_tell(s->all, f);
	return BULLA_OK;
}

/* All of a value was read; what has a fault is not kept. */
static enum bulla_status
end_field(struct scan *s)
{
	struct bulla_finding f = { 0 };
	struct bulla_cur v;
	enum bulla_status st = BULLA_OK;

	if (s->field == NONE)
		return BULLA_OK;
	v = bulla_buf_view(&s->d->value[s->field]);
	f.line = s->d->line[s->field];
	if (!s->bad)
		st = reqdoc_form_whole(&s->t->row[s->field], &v, &f);
	if (st != BULLA_OK)
		st = fault(s, st, &f);
	if (s->bad) {
		bulla_buf_free(&s->d->value[s->field]);
		s->d->value[s->field] = (struct bulla_buf){ 0 };
		if (s->all != NULL)
			s->all->bad[s->field] = true;
	}
	s->field = NONE;
	s->bad = false;
	return st;
}

/* One more line of the field's value. */
static enum bulla_status
take_line(struct scan *s, struct bulla_cur line)
{
	struct bulla_buf *b = &s->d->value[s->field];
	const struct reqdoc_row *r = &s->t->row[s->field];
	const size_t before = b->len;
	struct bulla_finding f = { 0 };
	struct bulla_cur added, one;
	enum bulla_status st = reqdoc_add_line(b, line, &s->gap, &f);

	/* What is too long is said once. */
	s->skip = st == BULLA_E_LIMIT;
	if (st != BULLA_OK)
		return fault(s, st, &f);
	if (b->len == before)
		return st;
	added = bulla_cur_of(b->p + before, b->len - before);
	while (st == BULLA_OK && bulla_reqdoc_line(&added, &one)) {
		if (one.len > 0 &&
		    reqdoc_form_line(r, &one, &f) != BULLA_OK)
			st = fault(s, BULLA_E_FORMAT, &f);
	}
	return st;
}

/* "label: value" */
static enum bulla_status
begin_field(struct scan *s, struct bulla_cur line)
{
	struct bulla_cur rest = line, label;
	struct bulla_finding f = { 0 };
	char shown[48];
	size_t i;

	s->skip = true;
	s->gap = false;
	if (!bulla_cur_until(&rest, ':', &label))
		return fault(s, reqdoc_fault(&f, BULLA_E_FORMAT, "no-label",
		    "\"%s\" is no \"label: value\"\nwrite a label and a colon "
		    "before it; begin a line that goes on with two spaces",
		    bulla_text_show(shown, sizeof(shown), &line)), &f);
	i = bulla_reqdoc_find(s->d->kind, &label);
	if (i == NONE)
		return fault(s, reqdoc_unknown(s->t, &label, &f), &f);
	if (s->d->line[i] != 0)
		return fault(s, reqdoc_fault(&f, BULLA_E_FORMAT, "twice",
		    "%s: stands in line %u already\nwrite it once, with "
		    "further lines indented by two spaces",
		    s->t->row[i].label, s->d->line[i]), &f);
	s->field = i;
	s->bad = false;
	s->d->line[i] = s->line;
	return take_line(s, rest);
}

static enum bulla_status
draft_line(struct scan *s, struct bulla_cur line)
{
	const struct bulla_cur c = reqdoc_trimmed(line);
	struct bulla_finding f = { 0 };
	enum bulla_status st;

	if (line.len > 0 && line.p[0] == '#')
		return BULLA_OK;
	if (c.len == 0) {
		if (s->field != NONE)
			s->gap = s->d->value[s->field].len > 0;
		return BULLA_OK;
	}
	if (line.p[0] != ' ' && line.p[0] != '\t') {
		st = end_field(s);
		return st == BULLA_OK ? begin_field(s, c) : st;
	}
	if (s->skip)
		return BULLA_OK;
	if (s->field != NONE)
		return take_line(s, line);
	s->skip = true;
	return fault(s, reqdoc_fault(&f, BULLA_E_FORMAT, "no-label",
	    "goes on, but nothing went before\nwrite a line that begins with "
	    "\"label: value\""), &f);
}

static bool
type_line(struct scan *s, struct bulla_cur *text)
{
	static const enum bulla_reqdoc_kind kinds[] = { BULLA_REQDOC_REQUEST,
	    BULLA_REQDOC_REPLY, BULLA_REQDOC_HOTLINE };
	struct bulla_cur line, c;

	while (bulla_reqdoc_line(text, &line)) {
		s->line++;
		c = reqdoc_trimmed(line);
		if (c.len == 0 || c.p[0] == '#')
			continue;
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			s->d->kind = kinds[i];
			s->t = reqdoc_table(kinds[i]);
			if (bulla_cur_is(&c, s->t->type_line))
				return true;
		}
		break;
	}
	s->line += s->line == 0;
	return false;
}

enum bulla_status
reqdoc_scan(const struct bulla_cur *text, struct reqdoc_linter *t,
    struct bulla_reqdoc *d, struct bulla_err *err)
{
	struct scan s = { .d = d, .all = t, .err = err, .field = NONE };
	struct bulla_finding f = { 0 };
	struct bulla_cur rest = *text, line;
	enum bulla_status st = BULLA_OK;

	/* Comments and templates take more room than a document. */
	if (text->len > 2 * BULLA_REQDOC_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "%zu bytes, more than "
		    "%u; attach what is longer as a file", text->len,
		    2 * BULLA_REQDOC_MAX);
	if (!type_line(&s, &rest)) {
		/* Nothing tells which fields there are. */
		rest.len = 0;
		if (t != NULL)
			t->untyped = true;
		st = fault(&s, reqdoc_fault(&f, BULLA_E_FORMAT, "type-line",
		    "no document of the exchange\nwrite \"bulla request v1\", "
		    "\"bulla reply v1\" or \"bulla hotline v1\" as the first "
		    "line"), &f);
	}
	while (st == BULLA_OK && bulla_reqdoc_line(&rest, &line)) {
		s.line++;
		st = draft_line(&s, line);
	}
	return st == BULLA_OK ? end_field(&s) : st;
}

enum bulla_status
bulla_reqdoc_draft(const struct bulla_cur *text, struct bulla_reqdoc *out,
    struct bulla_err *err)
{
	struct bulla_reqdoc d = { 0 };
	enum bulla_status st = reqdoc_scan(text, NULL, &d, err);

	if (st == BULLA_OK)
		*out = d;
	else
		bulla_reqdoc_free(&d);
	return st;
}

enum bulla_status
bulla_reqdoc_lint_text(const struct bulla_cur *text,
    const struct bulla_lint *l, struct bulla_reqdoc *rest, unsigned *errors,
    struct bulla_err *err)
{
	struct bulla_reqdoc d = { 0 };
	struct reqdoc_linter t = { .d = &d, .l = l };
	enum bulla_status st = reqdoc_scan(text, &t, &d, err);

	if (st != BULLA_OK) {
		bulla_reqdoc_free(&d);
		return st;
	}
	*errors = t.untyped ? t.errors : reqdoc_guidelines(&t);
	*rest = d;
	return BULLA_OK;
}
