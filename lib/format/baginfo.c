#include <string.h>

#include "bulla/bag.h"
#include "bulla/field.h"
#include "bulla/num.h"
#include "bulla/text.h"
#include "bulla/when.h"

/* Room for the two lines that bulla_baginfo_put adds. */
#define COMPUTED_MAX 128u
#define DATE_LEN 10u		/* 2026-11-22 */

static const char oxum_label[] = "Payload-Oxum";
static const char date_label[] = "Bagging-Date";
static const char *const computed[] = {
	oxum_label, date_label, "Bag-Size"
};

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* RFC 8493 section 2.2.2: labels are the same in any case. */
static bool
label_is(const struct bulla_cur *label, const char *s)
{
	struct bulla_cur want = bulla_cur_str(s);

	if (label->len != want.len)
		return false;
	for (size_t i = 0; i < want.len; i++)
		if (lower(label->p[i]) != lower(want.p[i]))
			return false;
	return true;
}

static bool
is_computed(const struct bulla_cur *label)
{
	for (size_t i = 0; i < sizeof(computed) / sizeof(computed[0]); i++)
		if (label_is(label, computed[i]))
			return true;
	return false;
}

/* A leading '#' would be a comment when the line comes back through -I. */
static bool
label_ok(const struct bulla_cur *label)
{
	for (size_t i = 0; i < label->len; i++)
		if (label->p[i] == ':')
			return false;
	return label->len <= BULLA_BAGINFO_LABEL_MAX &&
	    bulla_field_value_ok(label) && label->p[0] != '#';
}

static enum bulla_status
judge(const struct bulla_cur *label, const struct bulla_cur *value,
    struct bulla_err *err)
{
	char shown[128];

	if (!label_ok(label))
		return bulla_fail(err, BULLA_E_USAGE, "\"%s\" cannot be a "
		    "label: one line of plain text, 1 to %u bytes, without "
		    "':', '#' or a space at its ends",
		    bulla_text_show(shown, sizeof(shown), label),
		    BULLA_BAGINFO_LABEL_MAX);
	bulla_text_show(shown, sizeof(shown), label);
	if (is_computed(label))
		return bulla_fail(err, BULLA_E_USAGE,
		    "%s is computed here: leave it out", shown);
	if (!bulla_field_value_ok(value))
		return bulla_fail(err, BULLA_E_USAGE, "%s: the value must be"
		    " one line of plain text, 1 to %u bytes, without a space at"
		    " its ends", shown, BULLA_FIELD_MAX);
	return BULLA_OK;
}

static enum bulla_status
add(struct bulla_baginfo *i, const struct bulla_cur *label,
    const struct bulla_cur *value, struct bulla_err *err)
{
	enum bulla_status st = judge(label, value, err);

	if (st != BULLA_OK)
		return st;
	i->text.max = BULLA_BAGINFO_MAX - COMPUTED_MAX;
	bulla_buf_cur(&i->text, label);
	bulla_buf_str(&i->text, ": ");
	bulla_buf_cur(&i->text, value);
	bulla_buf_u8(&i->text, '\n');
	st = bulla_buf_status(&i->text);
	if (st == BULLA_E_LIMIT)
		return bulla_fail(err, st, "bag-info.txt: over %u bytes",
		    BULLA_BAGINFO_MAX - COMPUTED_MAX);
	if (st != BULLA_OK)
		return bulla_fail(err, st, "out of memory");
	return BULLA_OK;
}

enum bulla_status
bulla_baginfo_add(struct bulla_baginfo *i, const char *label_value,
    struct bulla_err *err)
{
	struct bulla_cur value = bulla_cur_str(label_value), label;
	char shown[128];

	if (!bulla_cur_until(&value, '=', &label))
		return bulla_fail(err, BULLA_E_USAGE,
		    "\"%s\" is not LABEL=VALUE",
		    bulla_text_show_str(shown, sizeof(shown), label_value));
	return add(i, &label, &value, err);
}

/* People align values and leave spaces behind: take those off. */
static struct bulla_cur
trim(struct bulla_cur c)
{
	while (c.len > 0 && (c.p[0] == ' ' || c.p[0] == '\t')) {
		c.p++;
		c.len--;
	}
	while (c.len > 0 &&
	    (c.p[c.len - 1] == ' ' || c.p[c.len - 1] == '\t'))
		c.len--;
	return c;
}

static enum bulla_status
add_line(struct bulla_baginfo *i, const struct bulla_cur *line,
    struct bulla_err *err)
{
	struct bulla_cur value = *line, label;

	if (line->p[line->len - 1] == '\r')
		return bulla_fail(err, BULLA_E_USAGE,
		    "ends in a carriage return: lines end in LF alone");
	if (line->p[0] == ' ' || line->p[0] == '\t')
		return bulla_fail(err, BULLA_E_USAGE,
		    "begins with white space: a value is one line");
	if (!bulla_cur_until(&value, ':', &label))
		return bulla_fail(err, BULLA_E_USAGE,
		    "not \"Label: value\"");
	value = trim(value);
	return add(i, &label, &value, err);
}

enum bulla_status
bulla_baginfo_add_lines(struct bulla_baginfo *i, const struct bulla_cur *text,
    struct bulla_err *err)
{
	struct bulla_cur c = *text, line;
	enum bulla_status st = BULLA_OK;
	size_t n = 0;

	while (c.len > 0) {
		n++;
		if (!bulla_cur_line(&c, &line) &&
		    !bulla_cur_take(&c, c.len, &line))
			break;
		if (line.len == 0 || line.p[0] == '#')
			continue;
		st = add_line(i, &line, err);
		if (st != BULLA_OK)
			return bulla_wrap(err, st, "line %zu", n);
	}
	return st;
}

void
bulla_baginfo_put(struct bulla_buf *b, const struct bulla_baginfo *i,
    int64_t bagging, uint64_t bytes, uint64_t files)
{
	struct bulla_cur added = bulla_buf_view(&i->text);
	char when[BULLA_WHEN_LEN + 1];

	bulla_when_text(bagging, when);
	bulla_buf_cur(b, &added);
	bulla_buf_fmt(b, "%s: %.10s\n%s: ", date_label, when, oxum_label);
	bulla_buf_dec(b, bytes);
	bulla_buf_u8(b, '.');
	bulla_buf_dec(b, files);
	bulla_buf_u8(b, '\n');
}

static bool
date_ok(const struct bulla_cur *date)
{
	char when[BULLA_WHEN_LEN + 1] = "0000-00-00T00:00:00Z";
	struct bulla_cur c = bulla_cur_str(when);
	int64_t t;

	if (date->len != DATE_LEN)
		return false;
	memcpy(when, date->p, DATE_LEN);
	return bulla_when_parse(&c, &t);
}

static bool
oxum_ok(struct bulla_cur v, uint64_t *bytes, uint64_t *files)
{
	struct bulla_cur octets;

	return bulla_cur_until(&v, '.', &octets) &&
	    bulla_num_u64(&octets, UINT64_MAX, bytes) &&
	    bulla_num_u64(&v, UINT64_MAX, files);
}

/* The computed lines stand last and nowhere else; *seen counts them. */
static bool
parse_line(struct bulla_cur line, unsigned *seen, uint64_t oxum[2])
{
	struct bulla_cur label;

	if (!bulla_cur_until(&line, ':', &label) ||
	    !bulla_cur_eat_str(&line, " ") || !label_ok(&label) ||
	    !bulla_field_value_ok(&line))
		return false;
	if (*seen == 0 && !is_computed(&label))
		return true;
	switch ((*seen)++) {
	case 0:
		return bulla_cur_is(&label, date_label) && date_ok(&line);
	case 1:
		return bulla_cur_is(&label, oxum_label) &&
		    oxum_ok(line, &oxum[0], &oxum[1]);
	default:
		return false;
	}
}

enum bulla_status
bulla_baginfo_parse(const struct bulla_cur *text, uint64_t *oxum_bytes,
    uint64_t *oxum_files, struct bulla_err *err)
{
	struct bulla_cur c = *text, line;
	uint64_t oxum[2] = { 0 };
	unsigned seen = 0;
	size_t n = 0;

	if (text->len > BULLA_BAGINFO_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "over %u bytes",
		    BULLA_BAGINFO_MAX);
	while (c.len > 0) {
		n++;
		if (!bulla_cur_line(&c, &line) ||
		    !parse_line(line, &seen, oxum))
			return bulla_fail(err, BULLA_E_FORMAT,
			    "line %zu: not \"Label: value\" as we write it", n);
	}
	if (seen != 2)
		return bulla_fail(err, BULLA_E_FORMAT, "does not end with"
		    " Bagging-Date and Payload-Oxum");
	*oxum_bytes = oxum[0];
	*oxum_files = oxum[1];
	return BULLA_OK;
}

void
bulla_baginfo_free(struct bulla_baginfo *i)
{
	bulla_buf_free(&i->text);
}
