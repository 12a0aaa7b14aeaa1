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

struct bulla_cur
reqdoc_trimmed(struct bulla_cur c)
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

/* As people write them: the last one may lack its LF. */
bool
bulla_reqdoc_line(struct bulla_cur *value, struct bulla_cur *line)
{
	if (bulla_cur_done(value))
		return false;
	if (bulla_cur_line(value, line))
		return true;
	*line = *value;
	value->p += value->len;
	value->len = 0;
	return true;
}

enum bulla_status
reqdoc_add_line(struct bulla_buf *b, struct bulla_cur line, bool *gap,
    struct bulla_finding *f)
{
	struct bulla_cur c = reqdoc_trimmed(line);

	if (b->max == 0)
		*b = (struct bulla_buf)BULLA_BUF_INIT(BULLA_REQDOC_MAX);
	if (c.len == 0) {
		*gap = b->len > 0;
		return BULLA_OK;
	}
	if (c.len > LINE_MAX_BYTES)
		return reqdoc_fault(f, BULLA_E_LIMIT, "too-long", "a line of "
		    "%zu bytes\nwrite lines of at most %u", c.len,
		    LINE_MAX_BYTES);
	if (b->len > 0)
		bulla_buf_str(b, *gap ? "\n.\n" : "\n");
	*gap = false;
	for (size_t i = 0; i < c.len; i++)
		bulla_buf_u8(b, c.p[i] == '\t' ? ' ' : c.p[i]);
	if (bulla_buf_status(b) != BULLA_OK)
		return reqdoc_fault(f, bulla_buf_status(b), "too-long", "more "
		    "than %u bytes\nwrite what matters, and attach what is "
		    "longer as a file", BULLA_REQDOC_MAX);
	c.p = b->p + (b->len - c.len);
	return bulla_text_is_plain(&c) ? BULLA_OK : reqdoc_fault(f,
	    BULLA_E_FORMAT, "not-plain", "not plain text\nwrite it in UTF-8, "
	    "without control, bidi and invisible characters");
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
		for (bool first = true; bulla_reqdoc_line(&v, &line);
		    first = false) {
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
	const struct reqdoc_table *t = reqdoc_table(d->kind);
	const size_t i = bulla_reqdoc_find(d->kind, label);
	struct bulla_finding f = { 0 };
	struct bulla_buf b = { 0 };
	struct bulla_cur rest = *value, line, v;
	bool gap = false;
	enum bulla_status st = BULLA_OK;

	if (i == BULLA_REQDOC_FIELDS_MAX) {
		st = reqdoc_unknown(t, label, &f);
		return bulla_fail(err, st, "%s; %s", f.what, f.instead);
	}
	while (st == BULLA_OK && bulla_reqdoc_line(&rest, &line))
		st = reqdoc_add_line(&b, line, &gap, &f);
	v = bulla_buf_view(&b);
	if (st == BULLA_OK)
		st = reqdoc_form_ok(&t->row[i], &v, &f);
	if (st != BULLA_OK) {
		bulla_buf_free(&b);
		return bulla_fail(err, st, "%s: %s; %s", t->row[i].label,
		    f.what, f.instead);
	}
	bulla_buf_free(&d->value[i]);
	d->value[i] = b;
	d->line[i] = 0;
	return BULLA_OK;
}
