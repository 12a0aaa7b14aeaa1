#include <string.h>

#include "s3_xml.h"

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
skip_space(struct bulla_cur *c)
{
	struct bulla_cur space;
	size_t n = 0;

	while (n < c->len && is_space(c->p[n]))
		n++;
	BULLA_CHECK(bulla_cur_take(c, n, &space));
}

static bool
take_name(struct bulla_cur *c, struct bulla_cur *out)
{
	size_t n = 0;

	while (n < c->len && ((c->p[n] >= 'a' && c->p[n] <= 'z') ||
	    (c->p[n] >= 'A' && c->p[n] <= 'Z') ||
	    (n > 0 && c->p[n] >= '0' && c->p[n] <= '9')))
		n++;
	return n > 0 && n <= XML_NAME_MAX && bulla_cur_take(c, n, out);
}

/* Up to the ">" that no quotes hide; empty: "/>". */
static bool
skip_attributes(struct bulla_cur *c, bool *empty)
{
	uint8_t quote = 0, before = 0, b;

	*empty = false;
	while (bulla_cur_u8(c, &b)) {
		if (quote != 0) {
			if (b == '<')
				return false;
			if (b == quote)
				quote = 0;
		} else if (b == '>') {
			*empty = before == '/';
			return true;
		} else if (b == '"' || b == '\'') {
			quote = b;
		} else if (b == '<' || (before == '/')) {
			return false;
		}
		before = b;
	}
	return false;
}

void
xml_begin(struct xml *x, const struct bulla_cur *text)
{
	*x = (struct xml){ .c = *text };
}

static bool
declaration(struct bulla_cur *c)
{
	struct bulla_cur rest;

	skip_space(c);
	if (!bulla_cur_eat_str(c, "<?xml "))
		return true;
	return bulla_cur_until(c, '?', &rest) && bulla_cur_eat_str(c, ">");
}

static bool
end_tag(struct xml *x, struct xml_event *e)
{
	if (x->depth == 0 || !take_name(&x->c, &e->name) ||
	    !bulla_cur_same(&e->name, &x->open[x->depth - 1]))
		return false;
	skip_space(&x->c);
	if (!bulla_cur_eat_str(&x->c, ">"))
		return false;
	x->depth--;
	e->kind = XML_CLOSE;
	e->depth = x->depth;
	return true;
}

/* Text up to the next tag: it makes this a leaf if that is our end tag. */
static bool
content(struct xml *x, struct xml_event *e)
{
	struct bulla_cur c = x->c, end;
	struct xml_event closed;
	size_t n = 0;

	while (n < c.len && c.p[n] != '<')
		n++;
	if (!bulla_cur_take(&c, n, &e->text) || !bulla_cur_eat_str(&c, "<"))
		return false;
	end = c;
	if (bulla_cur_eat_str(&end, "/")) {
		x->c = end;
		e->kind = XML_LEAF;
		return end_tag(x, &closed);
	}
	/* What else stands before the tag is met, and refused, by the next. */
	e->text.len = 0;
	e->kind = XML_OPEN;
	return true;
}

static bool
start_tag(struct xml *x, struct xml_event *e)
{
	bool empty;

	if (x->depth == XML_DEPTH || (x->depth == 0 && x->begun) ||
	    !take_name(&x->c, &e->name))
		return false;
	if (x->c.len == 0 || (!is_space(x->c.p[0]) && x->c.p[0] != '>' &&
	    x->c.p[0] != '/') || !skip_attributes(&x->c, &empty))
		return false;
	x->begun = true;
	e->depth = x->depth;
	if (empty) {
		e->kind = XML_LEAF;
		return true;
	}
	x->open[x->depth++] = e->name;
	return content(x, e);
}

bool
xml_next(struct xml *x, struct xml_event *e)
{
	*e = (struct xml_event){ .kind = XML_END };
	if (!x->begun && !declaration(&x->c))
		return false;
	skip_space(&x->c);
	if (x->c.len == 0)
		return x->begun && x->depth == 0;
	if (!bulla_cur_eat_str(&x->c, "<"))
		return false;
	return bulla_cur_eat_str(&x->c, "/") ? end_tag(x, e) :
	    start_tag(x, e);
}

/* "&...;" with the "&" taken: one ASCII character. */
static bool
reference(struct bulla_cur *c, uint8_t *out)
{
	static const struct {
		const char *name;
		uint8_t is;
	} known[] = { { "lt", '<' }, { "gt", '>' }, { "amp", '&' },
	    { "quot", '"' }, { "apos", '\'' }, { "#34", '"' },
	    { "#39", '\'' }, { "#38", '&' }, { "#60", '<' }, { "#62", '>' },
	    { "#x22", '"' }, { "#x27", '\'' }, { "#x26", '&' },
	    { "#x3C", '<' }, { "#x3E", '>' } };
	struct bulla_cur name;

	if (!bulla_cur_until(c, ';', &name))
		return false;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!bulla_cur_is(&name, known[i].name))
			continue;
		*out = known[i].is;
		return true;
	}
	return false;
}

bool
xml_text(const struct bulla_cur *text, char *out, size_t cap)
{
	struct bulla_cur c = *text;
	size_t n = 0;
	uint8_t b;

	while (bulla_cur_u8(&c, &b)) {
		if (b == '\0' || n + 1 >= cap ||
		    (b == '&' && !reference(&c, &b)))
			return false;
		out[n++] = (char)b;
	}
	out[n] = '\0';
	return true;
}
