#include "format/stix_int.h"

#include "bulla/stixpattern.h"

static enum bulla_status
set_literal(struct stix_parser *p)
{
	enum bulla_status st;

	if (!stix_eat(p, "("))
		return stix_expected(p, "a set in parentheses, ('a', 'b')");
	if (stix_eat(p, ")"))
		return BULLA_OK;
	do {
		st = stix_literal(p);
	} while (st == BULLA_OK && stix_eat(p, ","));
	if (st == BULLA_OK && !stix_eat(p, ")"))
		st = stix_expected(p, "\",\" or \")\"");
	return st;
}

static enum bulla_status
path_step(struct stix_parser *p)
{
	struct bulla_cur w, text;

	if (p->c.len > 0 && p->c.p[0] == '\'')
		return stix_string(p, &text);
	if (p->c.len == 0 || stix_is_space(p->c.p[0]) ||
	    !stix_next_word(p, &w) || !bulla_cur_take(&p->c, w.len, &text))
		return stix_expected(p, "the name of a property");
	return BULLA_OK;
}

/* type:step.step[0].'quoted-step'[*] */
static enum bulla_status
object_path(struct stix_parser *p)
{
	enum bulla_status st;
	struct bulla_cur type;
	size_t n = 0;

	stix_skip(p);
	while (n < p->c.len && (stix_is_letter(p->c.p[n]) || (n > 0 &&
	    (stix_is_digit(p->c.p[n]) || p->c.p[n] == '-'))))
		n++;
	if (n == 0 || n == p->c.len || p->c.p[n] != ':')
		return stix_expected(p, "an object path such as "
		    "ipv4-addr:value");
	if (!bulla_cur_take(&p->c, n + 1, &type))
		return stix_expected(p, "an object path");
	st = path_step(p);
	while (st == BULLA_OK) {
		if (bulla_cur_eat_str(&p->c, ".")) {
			st = path_step(p);
		} else if (bulla_cur_eat_str(&p->c, "[")) {
			if (!bulla_cur_eat_str(&p->c, "*"))
				st = stix_number(p, true);
			if (st == BULLA_OK && !bulla_cur_eat_str(&p->c, "]"))
				st = stix_expected(p, "\"]\" after the index");
		} else {
			break;
		}
	}
	return st;
}

static enum bulla_status
comparison_test(struct stix_parser *p)
{
	static const char *const signs[] = { "==", "=", "!=", "<>", "<=", ">=",
	    "<", ">" };
	static const char *const of_strings[] = { "LIKE", "MATCHES",
	    "ISSUBSET", "ISSUPERSET" };
	enum bulla_status st = object_path(p);
	struct bulla_cur text;

	if (st != BULLA_OK)
		return st;
	if (stix_word(p, "NOT"))
		stix_skip(p);
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (stix_eat(p, signs[i]))
			return stix_literal(p);
	if (stix_word(p, "IN"))
		return set_literal(p);
	for (size_t i = 0; i < sizeof(of_strings) / sizeof(of_strings[0]);
	    i++)
		if (stix_word(p, of_strings[i]))
			return stix_string(p, &text);
	return stix_expected(p, "=, !=, <, >, <=, >=, IN, LIKE, MATCHES, "
	    "ISSUBSET or ISSUPERSET");
}

static enum bulla_status
down(struct stix_parser *p)
{
	if (++p->nest > BULLA_STIX_NEST_MAX)
		return bulla_fail(p->err, BULLA_E_LIMIT, "parentheses more "
		    "than %u deep", BULLA_STIX_NEST_MAX);
	return BULLA_OK;
}

static enum bulla_status
comparison(struct stix_parser *p)
{
	enum bulla_status st = down(p);

	while (st == BULLA_OK) {
		if (stix_eat(p, "(")) {
			st = comparison(p);
			if (st == BULLA_OK && !stix_eat(p, ")"))
				st = stix_expected(p, "AND, OR or \")\"");
		} else if (stix_word(p, "EXISTS")) {
			st = object_path(p);
		} else {
			st = comparison_test(p);
		}
		if (st != BULLA_OK ||
		    (!stix_word(p, "AND") && !stix_word(p, "OR")))
			break;
	}
	p->nest--;
	return st;
}

/* How often, how long: more than nothing. */
static enum bulla_status
count(struct stix_parser *p, bool whole)
{
	stix_skip(p);
	if (p->c.len == 0 || !stix_is_digit(p->c.p[0]) ||
	    (whole && p->c.p[0] == '0'))
		return stix_expected(p, "a number above 0");
	return stix_number(p, whole);
}

static enum bulla_status
qualifiers(struct stix_parser *p)
{
	enum bulla_status st = BULLA_OK;

	while (st == BULLA_OK) {
		if (stix_word(p, "WITHIN")) {
			st = count(p, false);
			if (st == BULLA_OK && !stix_word(p, "SECONDS"))
				st = stix_expected(p, "SECONDS");
		} else if (stix_word(p, "REPEATS")) {
			st = count(p, true);
			if (st == BULLA_OK && !stix_word(p, "TIMES"))
				st = stix_expected(p, "TIMES");
		} else if (stix_word(p, "START")) {
			st = stix_time(p);
			if (st == BULLA_OK && !stix_word(p, "STOP"))
				st = stix_expected(p, "STOP and a time");
			if (st == BULLA_OK)
				st = stix_time(p);
		} else {
			break;
		}
	}
	return st;
}

static enum bulla_status
observations(struct stix_parser *p)
{
	enum bulla_status st = down(p);

	while (st == BULLA_OK) {
		if (stix_eat(p, "[")) {
			st = comparison(p);
			if (st == BULLA_OK && !stix_eat(p, "]"))
				st = stix_expected(p, "AND, OR or \"]\"");
		} else if (stix_eat(p, "(")) {
			st = observations(p);
			if (st == BULLA_OK && !stix_eat(p, ")"))
				st = stix_expected(p, "AND, OR, FOLLOWEDBY or "
				    "\")\"");
		} else {
			st = stix_expected(p, "\"[\" and a comparison");
		}
		if (st == BULLA_OK)
			st = qualifiers(p);
		if (st != BULLA_OK || (!stix_word(p, "AND") &&
		    !stix_word(p, "OR") && !stix_word(p, "FOLLOWEDBY")))
			break;
	}
	p->nest--;
	return st;
}

enum bulla_status
bulla_stix_pattern(const struct bulla_cur *pattern, struct bulla_err *err)
{
	struct stix_parser p = { .all = *pattern, .c = *pattern, .err = err };
	enum bulla_status st;

	if (pattern->len > BULLA_STIX_PATTERN_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "over %u bytes",
		    BULLA_STIX_PATTERN_MAX);
	st = observations(&p);
	stix_skip(&p);
	if (st == BULLA_OK && !bulla_cur_done(&p.c))
		st = stix_expected(&p, "AND, OR, FOLLOWEDBY, a qualifier or "
		    "the end");
	return st;
}
