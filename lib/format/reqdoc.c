#include <string.h>

#include "bulla/text.h"
#include "bulla/when.h"

#include "reqdoc_int.h"

#define LINE_MAX_BYTES 8192u	/* one line of a value */

void
bulla_reqdoc_free(struct bulla_reqdoc *d)
{
	for (size_t i = 0; i < BULLA_REQDOC_FIELDS_MAX; i++)
		bulla_buf_free(&d->value[i]);
	*d = (struct bulla_reqdoc){ .kind = d->kind };
}

static struct bulla_cur
trimmed(struct bulla_cur c)
{
	while (c.len > 0 && (c.p[0] == ' ' || c.p[0] == '\t')) {
		c.p++;
		c.off++;
		c.len--;
	}
	while (c.len > 0 && (c.p[c.len - 1] == ' ' ||
	    c.p[c.len - 1] == '\t' || c.p[c.len - 1] == '\r'))
		c.len--;
	return c;
}

/* A line as people write them: the last one may lack its LF. */
static bool
next_line(struct bulla_cur *text, struct bulla_cur *line)
{
	if (bulla_cur_done(text))
		return false;
	if (bulla_cur_line(text, line))
		return true;
	*line = *text;
	text->p += text->len;
	text->len = 0;
	return true;
}

bool
bulla_reqdoc_line(struct bulla_cur *value, struct bulla_cur *line)
{
	return next_line(value, line);
}

/*
 * One more line of a value; an empty one counts only when another follows, so
 * it waits in *gap.
 */
static enum bulla_status
add_line(struct bulla_buf *b, struct bulla_cur line, bool *gap,
    struct bulla_err *err)
{
	struct bulla_cur c = trimmed(line);

	if (b->max == 0)
		*b = (struct bulla_buf)BULLA_BUF_INIT(BULLA_REQDOC_MAX);
	if (c.len == 0) {
		*gap = b->len > 0;
		return BULLA_OK;
	}
	if (c.len > LINE_MAX_BYTES)
		return bulla_fail(err, BULLA_E_LIMIT, "a line of %zu bytes; "
		    "write lines of at most %u", c.len, LINE_MAX_BYTES);
	if (b->len > 0)
		bulla_buf_str(b, *gap ? "\n.\n" : "\n");
	*gap = false;
	for (size_t i = 0; i < c.len; i++)
		bulla_buf_u8(b, c.p[i] == '\t' ? ' ' : c.p[i]);
	c.p = b->p + (b->len - c.len);
	if (bulla_buf_status(b) == BULLA_OK && !bulla_text_is_plain(&c))
		return bulla_fail(err, BULLA_E_FORMAT, "not plain text: write "
		    "it in UTF-8, without control, bidi and invisible "
		    "characters");
	return bulla_buf_status(b) == BULLA_OK ? BULLA_OK :
	    bulla_fail(err, bulla_buf_status(b), "more than %u bytes; attach "
	    "what is longer as a file", BULLA_REQDOC_MAX);
}

static enum bulla_status
unknown_label(enum bulla_reqdoc_kind kind, const struct bulla_cur *label,
    struct bulla_err *err)
{
	const struct reqdoc_table *t = reqdoc_table(kind);
	struct bulla_buf b = BULLA_BUF_INIT(1024);
	char shown[48];

	for (size_t i = 0; i < t->n; i++)
		bulla_buf_fmt(&b, "%s%s", i > 0 ? " " : "", t->row[i].label);
	/* The list of a request is longer than a message. */
	(void)bulla_fail(err, BULLA_E_FORMAT, "\"%s\" is no field of a "
	    "\"%s\"; write one of: %.360s",
	    bulla_text_show(shown, sizeof(shown), label), t->type_line,
	    bulla_buf_cstr(&b) != NULL ? (const char *)b.p : "");
	bulla_buf_free(&b);
	return BULLA_E_FORMAT;
}

/* The field that a draft is in. */
struct scan {
	struct bulla_reqdoc *d;
	const struct reqdoc_table *t;
	size_t field;		/* or BULLA_REQDOC_FIELDS_MAX */
	unsigned line;
	bool gap;
};

static enum bulla_status
end_field(const struct scan *s, struct bulla_err *err)
{
	struct bulla_cur v;
	enum bulla_status st;

	if (s->field == BULLA_REQDOC_FIELDS_MAX)
		return BULLA_OK;
	v = bulla_buf_view(&s->d->value[s->field]);
	st = reqdoc_form_ok(&s->t->row[s->field], &v, err);
	return st == BULLA_OK ? BULLA_OK : bulla_wrap(err, st, "line %u",
	    s->d->line[s->field]);
}

/* "label: value" */
static enum bulla_status
begin_field(struct scan *s, struct bulla_cur line, struct bulla_err *err)
{
	struct bulla_cur rest = line, label;
	char shown[48];
	enum bulla_status st;

	if (!bulla_cur_until(&rest, ':', &label))
		return bulla_fail(err, BULLA_E_FORMAT, "line %u: \"%s\" is no "
		    "\"label: value\"; begin a line that goes on with two "
		    "spaces", s->line, bulla_text_show(shown, sizeof(shown),
		    &line));
	s->field = bulla_reqdoc_find(s->d->kind, &label);
	if (s->field == BULLA_REQDOC_FIELDS_MAX)
		return bulla_wrap(err, unknown_label(s->d->kind, &label, err),
		    "line %u", s->line);
	if (s->d->line[s->field] != 0)
		return bulla_fail(err, BULLA_E_FORMAT, "line %u: %s: stands "
		    "in line %u already; write it once, with further lines "
		    "indented by two spaces", s->line,
		    s->t->row[s->field].label, s->d->line[s->field]);
	s->d->line[s->field] = s->line;
	s->gap = false;
	st = add_line(&s->d->value[s->field], rest, &s->gap, err);
	return st == BULLA_OK ? BULLA_OK : bulla_wrap(err, st, "line %u: %s",
	    s->line, s->t->row[s->field].label);
}

static enum bulla_status
draft_line(struct scan *s, struct bulla_cur line, struct bulla_err *err)
{
	const struct bulla_cur c = trimmed(line);
	enum bulla_status st;

	if (line.len > 0 && line.p[0] == '#')
		return BULLA_OK;
	if (c.len == 0) {
		if (s->field != BULLA_REQDOC_FIELDS_MAX)
			s->gap = s->d->value[s->field].len > 0;
		return BULLA_OK;
	}
	if (line.p[0] != ' ' && line.p[0] != '\t') {
		st = end_field(s, err);
		return st == BULLA_OK ? begin_field(s, c, err) : st;
	}
	if (s->field == BULLA_REQDOC_FIELDS_MAX)
		return bulla_fail(err, BULLA_E_FORMAT, "line %u: goes on, but "
		    "nothing went before; begin with \"label: value\"",
		    s->line);
	st = add_line(&s->d->value[s->field], line, &s->gap, err);
	return st == BULLA_OK ? BULLA_OK : bulla_wrap(err, st, "line %u: %s",
	    s->line, s->t->row[s->field].label);
}

static enum bulla_status
type_line(struct bulla_cur *text, struct bulla_reqdoc *d, unsigned *n,
    struct bulla_err *err)
{
	static const enum bulla_reqdoc_kind kinds[] = { BULLA_REQDOC_REQUEST,
	    BULLA_REQDOC_REPLY, BULLA_REQDOC_HOTLINE };
	struct bulla_cur line, c;

	while (next_line(text, &line)) {
		++*n;
		c = trimmed(line);
		if (c.len == 0 || c.p[0] == '#')
			continue;
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			d->kind = kinds[i];
			if (bulla_cur_is(&c, reqdoc_table(d->kind)->type_line))
				return BULLA_OK;
		}
		break;
	}
	return bulla_fail(err, BULLA_E_FORMAT, "line %u: no document of the "
	    "exchange; begin with \"bulla request v1\", \"bulla reply v1\" "
	    "or \"bulla hotline v1\"", *n > 0 ? *n : 1);
}

enum bulla_status
bulla_reqdoc_draft(const struct bulla_cur *text, struct bulla_reqdoc *out,
    struct bulla_err *err)
{
	struct bulla_reqdoc d = { 0 };
	struct scan s = { .d = &d, .field = BULLA_REQDOC_FIELDS_MAX };
	struct bulla_cur rest = *text, line;
	enum bulla_status st;

	/* Comments and templates take more room than a document. */
	if (text->len > 2 * BULLA_REQDOC_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "%zu bytes, more than "
		    "%u; attach what is longer as a file", text->len,
		    2 * BULLA_REQDOC_MAX);
	st = type_line(&rest, &d, &s.line, err);
	if (st == BULLA_OK)
		s.t = reqdoc_table(d.kind);
	while (st == BULLA_OK && next_line(&rest, &line)) {
		s.line++;
		st = draft_line(&s, line, err);
	}
	if (st == BULLA_OK)
		st = end_field(&s, err);
	if (st == BULLA_OK)
		*out = d;
	else
		bulla_reqdoc_free(&d);
	return st;
}

/* Where do they part? */
static unsigned
first_difference(struct bulla_cur a, struct bulla_cur b)
{
	struct bulla_cur x, y;
	unsigned n = 1;

	while (bulla_cur_line(&a, &x) && bulla_cur_line(&b, &y) &&
	    bulla_cur_same(&x, &y))
		n++;
	return n;
}

enum bulla_status
bulla_reqdoc_parse(const struct bulla_cur *text, struct bulla_reqdoc *out,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_REQDOC_MAX);
	struct bulla_reqdoc d = { 0 };
	struct bulla_cur again;
	enum bulla_status st;

	if (text->len > BULLA_REQDOC_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "%zu bytes, more than "
		    "%u", text->len, BULLA_REQDOC_MAX);
	st = bulla_reqdoc_draft(text, &d, err);
	if (st != BULLA_OK)
		return st;
	bulla_reqdoc_put(&b, &d);
	again = bulla_buf_view(&b);
	st = bulla_buf_status(&b);
	if (st != BULLA_OK)
		st = bulla_fail(err, st, "does not fit in %u bytes",
		    BULLA_REQDOC_MAX);
	else if (!bulla_cur_same(&again, text))
		st = bulla_fail(err, BULLA_E_FORMAT, "line %u: not as the "
		    "tools write it (order of fields, spaces, comments); "
		    "a draft goes through bulla-request", first_difference(
		    again, *text));
	bulla_buf_free(&b);
	if (st == BULLA_OK)
		*out = d;
	else
		bulla_reqdoc_free(&d);
	return st;
}

void
bulla_reqdoc_put(struct bulla_buf *b, const struct bulla_reqdoc *d)
{
	const struct reqdoc_table *t = reqdoc_table(d->kind);

	bulla_buf_fmt(b, "%s\n", t->type_line);
	for (size_t i = 0; i < t->n; i++) {
		struct bulla_cur v = bulla_buf_view(&d->value[i]), line;

		if (v.len > 0)
			bulla_buf_fmt(b, "%s:", t->row[i].label);
		for (bool first = true; next_line(&v, &line); first = false) {
			bulla_buf_str(b, first ? " " : "  ");
			bulla_buf_cur(b, &line);
			bulla_buf_str(b, "\n");
		}
	}
}

bool
bulla_reqdoc_get(const struct bulla_reqdoc *d, const char *label,
    struct bulla_cur *value)
{
	const struct bulla_cur l = bulla_cur_str(label);
	const size_t i = bulla_reqdoc_find(d->kind, &l);

	if (i == BULLA_REQDOC_FIELDS_MAX || d->value[i].len == 0)
		return false;
	*value = bulla_buf_view(&d->value[i]);
	return true;
}

bool
bulla_reqdoc_is(const struct bulla_reqdoc *d, const char *label,
    const char *value)
{
	struct bulla_cur v;

	return bulla_reqdoc_get(d, label, &v) && bulla_cur_is(&v, value);
}

bool
bulla_reqdoc_when(const struct bulla_reqdoc *d, const char *label,
    int64_t *out)
{
	struct bulla_cur v;

	return bulla_reqdoc_get(d, label, &v) && bulla_when_parse(&v, out);
}

enum bulla_status
bulla_reqdoc_set(struct bulla_reqdoc *d, const struct bulla_cur *label,
    const struct bulla_cur *value, struct bulla_err *err)
{
	const size_t i = bulla_reqdoc_find(d->kind, label);
	struct bulla_buf b = { 0 };
	struct bulla_cur rest = *value, line, v;
	bool gap = false;
	enum bulla_status st = BULLA_OK;

	if (i == BULLA_REQDOC_FIELDS_MAX)
		return unknown_label(d->kind, label, err);
	while (st == BULLA_OK && next_line(&rest, &line))
		st = add_line(&b, line, &gap, err);
	v = bulla_buf_view(&b);
	if (st != BULLA_OK)
		st = bulla_wrap(err, st, "%s", reqdoc_table(d->kind)->
		    row[i].label);
	else
		st = reqdoc_form_ok(&reqdoc_table(d->kind)->row[i], &v, err);
	if (st != BULLA_OK) {
		bulla_buf_free(&b);
		return st;
	}
	bulla_buf_free(&d->value[i]);
	d->value[i] = b;
	d->line[i] = 0;
	return BULLA_OK;
}
