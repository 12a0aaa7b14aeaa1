#include <string.h>

#include "format/stix_int.h"

#include "bulla/stixpattern.h"
#include "bulla/text.h"
#include "bulla/when.h"

#define SHOWN 24u	/* characters of the pattern in a message */

bool
stix_is_space(uint8_t b)
{
	return b == ' ' || b == '\t' || b == '\n' || b == '\r';
}

bool
stix_is_letter(uint8_t b)
{
	return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b == '_';
}

bool
stix_is_digit(uint8_t b)
{
	return b >= '0' && b <= '9';
}

void
stix_skip(struct stix_parser *p)
{
	struct bulla_cur space;

	while (p->c.len > 0 && stix_is_space(p->c.p[0]))
		if (!bulla_cur_take(&p->c, 1, &space))
			return;
}

enum bulla_status
stix_expected(struct stix_parser *p, const char *what)
{
	struct bulla_cur here = p->c;
	char shown[SHOWN * 4];

	if (here.len > SHOWN)
		here.len = SHOWN;
	bulla_text_show(shown, sizeof(shown), &here);
	return bulla_fail(p->err, BULLA_E_FORMAT, "column %zu: expected %s, "
	    "and not %s%s%s", p->all.len - p->c.len + 1, what,
	    here.len > 0 ? "\"" : "", here.len > 0 ? shown : "the end",
	    here.len > 0 ? "\"" : "");
}

bool
stix_eat(struct stix_parser *p, const char *lit)
{
	stix_skip(p);
	return bulla_cur_eat_str(&p->c, lit);
}

/* A word is no longer than it looks: ANDROID is not AND. */
bool
stix_next_word(struct stix_parser *p, struct bulla_cur *out)
{
	size_t n = 0;

	stix_skip(p);
	while (n < p->c.len && (stix_is_letter(p->c.p[n]) ||
	    (n > 0 && stix_is_digit(p->c.p[n]))))
		n++;
	*out = p->c;
	out->len = n;
	return n > 0;
}

static bool
is_word(struct stix_parser *p, const char *word)
{
	struct bulla_cur w;

	return stix_next_word(p, &w) && bulla_cur_is(&w, word);
}

bool
stix_word(struct stix_parser *p, const char *w)
{
	return is_word(p, w) && bulla_cur_eat_str(&p->c, w);
}

/* 'text', where ' and \ stand behind a backslash, and nothing else does. */
enum bulla_status
stix_string(struct stix_parser *p, struct bulla_cur *out)
{
	struct bulla_cur at;
	uint32_t point;

	if (!stix_eat(p, "'"))
		return stix_expected(p, "a string in single quotes");
	*out = p->c;
	for (;;) {
		at = p->c;
		if (!bulla_utf8_next(&p->c, &point))
			return stix_expected(p, "the end of the string, a "
			    "single quote");
		if (point == '\'')
			break;
		if (point != '\\')
			continue;
		if (!bulla_cur_eat_str(&p->c, "'") &&
		    !bulla_cur_eat_str(&p->c, "\\")) {
			p->c = at;
			return stix_expected(p, "\\' or \\\\ where there is a "
			    "backslash in a string");
		}
	}
	out->len -= at.len;
	return BULLA_OK;
}

/* Digits; false and nothing consumed when there are none. */
static bool
digits(struct stix_parser *p)
{
	struct bulla_cur d;
	size_t n = 0;

	while (n < p->c.len && stix_is_digit(p->c.p[n]))
		n++;
	return n > 0 && bulla_cur_take(&p->c, n, &d);
}

enum bulla_status
stix_number(struct stix_parser *p, bool whole)
{
	bool sign, has;

	stix_skip(p);
	sign = bulla_cur_eat_str(&p->c, "-");
	if (!sign && bulla_cur_eat_str(&p->c, "+"))
		sign = true;
	has = digits(p);
	if (!whole && bulla_cur_eat_str(&p->c, ".") && !digits(p))
		has = false;
	(void)sign;
	return has ? BULLA_OK : stix_expected(p, whole ? "a whole number" :
	    "a number");
}

/* RFC 3339, UTC, with or without a fraction. */
bool
bulla_stix_time_ok(struct bulla_cur t)
{
	uint8_t text[BULLA_WHEN_LEN];
	struct bulla_cur whole;
	int64_t when;

	if (t.len < sizeof(text) || t.p[t.len - 1] != 'Z')
		return false;
	memcpy(text, t.p, sizeof(text));
	if (text[19] == '.' && t.len > 21)
		for (size_t i = 20; i < t.len - 1; i++)
			if (!stix_is_digit(t.p[i]))
				return false;
	if (text[19] != 'Z' && (text[19] != '.' || t.len <= 21))
		return false;
	if (text[19] == 'Z' && t.len != sizeof(text))
		return false;
	text[19] = 'Z';
	whole = bulla_cur_of(text, sizeof(text));
	return bulla_when_parse(&whole, &when);
}

enum bulla_status
stix_time(struct stix_parser *p)
{
	struct bulla_cur at, text;
	enum bulla_status st;

	stix_skip(p);
	at = p->c;
	if (!bulla_cur_eat_str(&p->c, "t") || p->c.len == 0 ||
	    p->c.p[0] != '\'') {
		p->c = at;
		return stix_expected(p, "a time such as "
		    "t'2026-11-22T03:04:05Z'");
	}
	st = stix_string(p, &text);
	if (st == BULLA_OK && !bulla_stix_time_ok(text)) {
		p->c = at;
		st = stix_expected(p, "a time such as t'2026-11-22T03:04:05Z'");
	}
	return st;
}

static bool
is_hex(const struct bulla_cur *t)
{
	for (size_t i = 0; i < t->len; i++)
		if (!stix_is_digit(t->p[i]) &&
		    !(t->p[i] >= 'a' && t->p[i] <= 'f') &&
		    !(t->p[i] >= 'A' && t->p[i] <= 'F'))
			return false;
	return t->len % 2 == 0;
}

static bool
is_base64(const struct bulla_cur *t)
{
	size_t pad = 0;

	for (size_t i = 0; i < t->len; i++) {
		if (t->p[i] == '=')
			pad++;
		else if (pad > 0 || (!stix_is_letter(t->p[i]) &&
		    !stix_is_digit(t->p[i]) && t->p[i] != '+' &&
		    t->p[i] != '/') || t->p[i] == '_')
			return false;
	}
	return t->len % 4 == 0 && pad <= 2;
}

static enum bulla_status
binary_literal(struct stix_parser *p, bool hex)
{
	struct bulla_cur at = p->c, text, prefix;
	enum bulla_status st;

	if (!bulla_cur_take(&p->c, 1, &prefix))
		return stix_expected(p, "a literal");
	st = stix_string(p, &text);
	if (st == BULLA_OK && !(hex ? is_hex(&text) : is_base64(&text))) {
		p->c = at;
		st = stix_expected(p, hex ? "hexadecimal digits in pairs, "
		    "h'0aff'" : "base64 with its padding, b'AA=='");
	}
	return st;
}

enum bulla_status
stix_literal(struct stix_parser *p)
{
	struct bulla_cur text;

	stix_skip(p);
	if (p->c.len > 1 && p->c.p[1] == '\'') {
		if (p->c.p[0] == 't')
			return stix_time(p);
		if (p->c.p[0] == 'h' || p->c.p[0] == 'b')
			return binary_literal(p, p->c.p[0] == 'h');
	}
	if (p->c.len > 0 && p->c.p[0] == '\'')
		return stix_string(p, &text);
	if (stix_word(p, "true") || stix_word(p, "false"))
		return BULLA_OK;
	if (p->c.len > 0 && (stix_is_digit(p->c.p[0]) || strchr("+-.",
	    p->c.p[0]) != NULL))
		return stix_number(p, false);
	return stix_expected(p, "a value: 'text', a number, true, false, "
	    "t'TIME', h'HEX' or b'BASE64'");
}
