#include <stdlib.h>
#include <string.h>

#include "bulla/agehdr.h"
#include "bulla/enc.h"
#include "bulla/text.h"

/* c2sp.org/age, "Header": version line, stanzas, "---" and the MAC. */
#define VERSION "age-encryption.org/v1\n"
#define COLUMNS 64u		/* of a body line; a shorter one ends it */
#define LINE_BYTES 48u		/* what a full body line decodes to */

struct parser {
	struct bulla_cur c;	/* what is left, within the size limit */
	size_t limit;		/* bytes of input that may be looked at */
	struct bulla_age_header h;
	size_t pool_len;
	struct bulla_err *err;
};

static enum bulla_status
bad(struct parser *p, const char *why)
{
	return bulla_fail(p->err, BULLA_E_FORMAT, "byte %zu: %s", p->c.off,
	    why);
}

/* No LF is left: either the input or our patience ends here. */
static enum bulla_status
cut(struct parser *p)
{
	if (p->limit == BULLA_AGE_HEADER_MAX)
		return bulla_fail(p->err, BULLA_E_LIMIT,
		    "longer than %u bytes", BULLA_AGE_HEADER_MAX);
	return bulla_fail(p->err, BULLA_E_INCOMPLETE, "ends early");
}

static bool
is_arg_byte(uint8_t b)
{
	return b >= 0x21 && b <= 0x7e;
}

/* Arguments are one or more, of one or more bytes, one space between. */
static bool
count_args(const struct bulla_cur *line, size_t *n)
{
	size_t count = 1;
	bool space = true;	/* as if one stood before the first argument */

	for (size_t i = 0; i < line->len; i++) {
		if (line->p[i] == ' ') {
			if (space)
				return false;
			space = true;
			count++;
		} else if (is_arg_byte(line->p[i])) {
			space = false;
		} else {
			return false;
		}
	}
	*n = count;
	return !space;
}

static enum bulla_status
parse_body(struct parser *p, struct bulla_age_stanza *s)
{
	struct bulla_cur line, at;
	size_t n;

	s->body = p->h.pool + p->pool_len;
	do {
		at = p->c;
		if (!bulla_cur_line(&p->c, &line))
			return cut(p);
		/* A line of more than 64 columns is more than LINE_BYTES. */
		if (!bulla_b64_decode(&line, BULLA_B64_RAW,
		    p->h.pool + p->pool_len, LINE_BYTES, &n)) {
			p->c = at;
			return bad(p, "stanza body is not canonical base64 "
			    "in lines of 64 columns, the last one shorter");
		}
		p->pool_len += n;
		s->body_len += n;
	} while (line.len == COLUMNS);
	return BULLA_OK;
}

static enum bulla_status
parse_stanza(struct parser *p)
{
	struct bulla_age_stanza *s;
	struct bulla_cur at = p->c;

	if (p->h.n_stanzas == BULLA_AGE_STANZAS_MAX)
		return bulla_fail(p->err, BULLA_E_LIMIT,
		    "more than %u stanzas", BULLA_AGE_STANZAS_MAX);
	s = &p->h.stanza[p->h.n_stanzas];
	if (!bulla_cur_line(&p->c, &s->args))
		return cut(p);
	if (!bulla_cur_eat_str(&s->args, "-> ")) {
		p->c = at;
		return bad(p, "neither a stanza (\"-> \") nor the end "
		    "(\"---\")");
	}
	if (!count_args(&s->args, &s->n_args)) {
		p->c = at;
		return bad(p, "stanza arguments must be printable and one "
		    "space apart");
	}
	p->h.n_stanzas++;
	return parse_body(p, s);
}

static enum bulla_status
parse_mac(struct parser *p, const uint8_t *start)
{
	struct bulla_cur line, at = p->c;
	size_t n;

	if (!bulla_cur_line(&p->c, &line))
		return cut(p);
	p->h.covered = bulla_cur_of(start, (size_t)(line.p + 3 - start));
	if (!bulla_cur_eat_str(&line, "--- ") || !bulla_b64_decode(&line,
	    BULLA_B64_RAW, p->h.mac, sizeof(p->h.mac), &n) ||
	    n != sizeof(p->h.mac)) {
		p->c = at;
		return bad(p, "the last line is not \"--- \" and 32 bytes "
		    "in base64");
	}
	return BULLA_OK;
}

/* "ag" may still become a version line, "ax" cannot. */
static enum bulla_status
parse_version(struct parser *p)
{
	size_t n = strlen(VERSION);
	char shown[128];
	struct bulla_cur line, first;

	if (bulla_cur_eat_str(&p->c, VERSION))
		return BULLA_OK;
	if (p->c.len == 0 || (p->c.len < n &&
	    memcmp(VERSION, p->c.p, p->c.len) == 0))
		return cut(p);
	line = bulla_cur_of(p->c.p, p->c.len < n ? p->c.len : n);
	if (!bulla_cur_line(&line, &first))
		first = line;
	return bulla_fail(p->err, BULLA_E_FORMAT, "not an age v1 file: it "
	    "begins with \"%s\"", bulla_text_show(shown, sizeof(shown),
	    &first));
}

static enum bulla_status
parse_all(struct parser *p, const uint8_t *start)
{
	enum bulla_status st = parse_version(p);

	while (st == BULLA_OK && !bulla_cur_starts(&p->c, "---"))
		st = parse_stanza(p);
	if (st != BULLA_OK)
		return st;
	if (p->h.n_stanzas == 0)
		return bad(p, "no stanza");
	return parse_mac(p, start);
}

enum bulla_status
bulla_age_header_parse(struct bulla_cur *in, struct bulla_age_header *out,
    struct bulla_err *err)
{
	struct parser p = { .c = *in, .err = err };
	enum bulla_status st;

	p.limit = in->len < BULLA_AGE_HEADER_MAX ? in->len :
	    BULLA_AGE_HEADER_MAX;
	p.c.len = p.limit;
	/*
	 * Decoded bodies are shorter than their text, but a line of 64
	 * columns is decoded before its length is held against the rest.
	 */
	p.h.pool = malloc(p.limit + LINE_BYTES);
	if (p.h.pool == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	st = parse_all(&p, in->p);
	if (st != BULLA_OK) {
		free(p.h.pool);
		return bulla_wrap(err, st, "age header");
	}
	in->p += p.limit - p.c.len;
	in->len -= p.limit - p.c.len;
	in->off = p.c.off;
	*out = p.h;
	return BULLA_OK;
}

void
bulla_age_header_free(struct bulla_age_header *h)
{
	free(h->pool);
	*h = (struct bulla_age_header){ 0 };
}

bool
bulla_age_arg(const struct bulla_age_stanza *s, size_t i,
    struct bulla_cur *out)
{
	struct bulla_cur rest = s->args, arg;

	if (i >= s->n_args)
		return false;
	for (; i > 0; i--)
		if (!bulla_cur_until(&rest, ' ', &arg))
			return false;
	if (!bulla_cur_until(&rest, ' ', &arg))
		arg = rest;
	*out = arg;
	return true;
}

void
bulla_age_put_version(struct bulla_buf *b)
{
	bulla_buf_str(b, VERSION);
}

void
bulla_age_put_stanza(struct bulla_buf *b, const char *const *args,
    size_t n_args, const void *body, size_t body_len)
{
	const uint8_t *p = body;

	BULLA_CHECK(n_args > 0);
	bulla_buf_str(b, "->");
	for (size_t i = 0; i < n_args; i++) {
		bulla_buf_str(b, " ");
		bulla_buf_str(b, args[i]);
	}
	bulla_buf_str(b, "\n");
	for (; body_len >= LINE_BYTES; body_len -= LINE_BYTES) {
		bulla_b64_put(b, p, LINE_BYTES, BULLA_B64_RAW);
		bulla_buf_str(b, "\n");
		p += LINE_BYTES;
	}
	/* Also when nothing is left: a line under 64 columns ends a body. */
	bulla_b64_put(b, p, body_len, BULLA_B64_RAW);
	bulla_buf_str(b, "\n");
}

void
bulla_age_put_dashes(struct bulla_buf *b)
{
	bulla_buf_str(b, "---");
}

void
bulla_age_put_mac(struct bulla_buf *b, const uint8_t mac[32])
{
	bulla_buf_str(b, " ");
	bulla_b64_put(b, mac, 32, BULLA_B64_RAW);
	bulla_buf_str(b, "\n");
}
