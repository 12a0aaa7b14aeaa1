#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/field.h"
#include "bulla/num.h"
#include "bulla/text.h"
#include "bulla/when.h"

#define SHOWN 64u	/* bytes of the input's text that a message quotes */
#define SHOWN_BAD 96u	/* where nothing else is said of what should stand */
#define WANT 64u	/* bytes of what a message says should be there */

enum bulla_status
bulla_fields_begin(struct bulla_fields *f, const struct bulla_cur *text,
    const char *type, struct bulla_err *err)
{
	struct bulla_cur c = *text, line;
	char shown[SHOWN];

	if (!bulla_cur_line(&c, &line))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "line 1: no complete line, want \"%s\"", type);
	if (!bulla_cur_is(&line, type))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "line 1: \"%s\" where \"%s\" must stand",
		    bulla_text_show(shown, sizeof(shown), &line), type);
	*f = (struct bulla_fields){ .c = c, .line = 2 };
	return BULLA_OK;
}

/* Consume "label: ", or nothing. */
static bool
eat_label(struct bulla_cur *c, const char *label)
{
	struct bulla_cur ahead = *c;

	if (!bulla_cur_eat_str(&ahead, label) ||
	    !bulla_cur_eat_str(&ahead, ": "))
		return false;
	*c = ahead;
	return true;
}

bool
bulla_field_next_is(const struct bulla_fields *f, const char *label)
{
	struct bulla_cur c = f->c;

	return eat_label(&c, label);
}

bool
bulla_field_value_ok(const struct bulla_cur *value)
{
	return value->len > 0 && value->len <= BULLA_FIELD_MAX &&
	    value->p[0] != ' ' && value->p[value->len - 1] != ' ' &&
	    bulla_text_is_plain(value);
}

enum bulla_status
bulla_field_take(struct bulla_fields *f, const char *label,
    struct bulla_cur *value, struct bulla_err *err)
{
	struct bulla_cur c = f->c, line;
	char shown[SHOWN];

	if (!bulla_cur_line(&c, &line))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "line %u: no complete line, want \"%s: \"", f->line, label);
	if (!eat_label(&line, label))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "line %u: \"%s\" where \"%s: \" must stand", f->line,
		    bulla_text_show(shown, sizeof(shown), &line), label);
	if (line.len > BULLA_FIELD_MAX)
		return bulla_fail(err, BULLA_E_LIMIT,
		    "line %u: %s: longer than %u bytes", f->line, label,
		    BULLA_FIELD_MAX);
	if (!bulla_field_value_ok(&line))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "line %u: %s: \"%s\" is empty, not plain text, or has a "
		    "space at its beginning or end", f->line, label,
		    bulla_text_show(shown, sizeof(shown), &line));
	*value = line;
	f->c = c;
	f->line++;
	return BULLA_OK;
}

static enum bulla_status
bad_value(const struct bulla_fields *f, const char *label,
    const struct bulla_cur *value, const char *want, struct bulla_err *err)
{
	char shown[SHOWN];

	return bulla_fail(err, BULLA_E_FORMAT, "line %u: %s: \"%s\" is not %s",
	    f->line, label, bulla_text_show(shown, sizeof(shown), value),
	    want);
}

enum bulla_status
bulla_field_hex(struct bulla_fields *f, const char *label, void *out,
    size_t n, struct bulla_err *err)
{
	struct bulla_fields next = *f;
	struct bulla_cur value;
	enum bulla_status st;
	char want[WANT];

	st = bulla_field_take(&next, label, &value, err);
	if (st != BULLA_OK)
		return st;
	if (!bulla_hex_decode(&value, out, n)) {
		(void)snprintf(want, sizeof(want), "%zu lower-case hex digits",
		    2 * n);
		return bad_value(f, label, &value, want, err);
	}
	*f = next;
	return BULLA_OK;
}

enum bulla_status
bulla_field_hex_or_none(struct bulla_fields *f, const char *label, void *out,
    size_t n, bool *has, struct bulla_err *err)
{
	struct bulla_fields ahead = *f;
	struct bulla_cur value;
	enum bulla_status st;
	bool some;

	st = bulla_field_take(&ahead, label, &value, err);
	if (st != BULLA_OK)
		return st;
	some = !bulla_cur_is(&value, "-");
	if (some)
		st = bulla_field_hex(f, label, out, n, err);
	else
		*f = ahead;
	if (st == BULLA_OK)
		*has = some;
	return st;
}

enum bulla_status
bulla_field_bad(const struct bulla_fields *f, const char *label,
    const struct bulla_cur *value, const char *why, struct bulla_err *err)
{
	char shown[SHOWN_BAD];

	return bulla_fail(err, BULLA_E_FORMAT, "line %u: %s: \"%s\" %s",
	    f->line - 1, label, bulla_text_show(shown, sizeof(shown), value),
	    why);
}

enum bulla_status
bulla_field_u64(struct bulla_fields *f, const char *label, uint64_t max,
    uint64_t *out, struct bulla_err *err)
{
	struct bulla_fields next = *f;
	struct bulla_cur value;
	enum bulla_status st;
	char want[WANT];

	st = bulla_field_take(&next, label, &value, err);
	if (st != BULLA_OK)
		return st;
	if (!bulla_num_u64(&value, max, out)) {
		(void)snprintf(want, sizeof(want),
		    "a decimal number up to %" PRIu64, max);
		return bad_value(f, label, &value, want, err);
	}
	*f = next;
	return BULLA_OK;
}

enum bulla_status
bulla_field_when(struct bulla_fields *f, const char *label, int64_t *out,
    struct bulla_err *err)
{
	struct bulla_fields next = *f;
	struct bulla_cur value;
	enum bulla_status st;

	st = bulla_field_take(&next, label, &value, err);
	if (st != BULLA_OK)
		return st;
	if (!bulla_when_parse(&value, out))
		return bad_value(f, label, &value,
		    "a time like 2026-11-22T03:04:05Z", err);
	*f = next;
	return BULLA_OK;
}

enum bulla_status
bulla_fields_end(const struct bulla_fields *f, struct bulla_err *err)
{
	struct bulla_cur c = f->c, line;
	char shown[SHOWN];

	if (bulla_cur_done(&c))
		return BULLA_OK;
	if (!bulla_cur_line(&c, &line))
		line = c;
	return bulla_fail(err, BULLA_E_FORMAT,
	    "line %u: \"%s\" after the last field", f->line,
	    bulla_text_show(shown, sizeof(shown), &line));
}

static bool
label_ok(const char *label)
{
	size_t n = strlen(label);

	return n > 0 && label[0] != '-' && label[n - 1] != '-' &&
	    strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

void
bulla_field_put(struct bulla_buf *b, const char *label,
    const struct bulla_cur *value)
{
	BULLA_CHECK(label_ok(label));
	BULLA_CHECK(bulla_field_value_ok(value));
	bulla_buf_str(b, label);
	bulla_buf_str(b, ": ");
	bulla_buf_cur(b, value);
	bulla_buf_str(b, "\n");
}

void
bulla_field_put_str(struct bulla_buf *b, const char *label, const char *value)
{
	struct bulla_cur c = bulla_cur_str(value);

	bulla_field_put(b, label, &c);
}

void
bulla_field_put_hex(struct bulla_buf *b, const char *label, const void *data,
    size_t n)
{
	BULLA_CHECK(label_ok(label));
	BULLA_CHECK(n > 0 && n <= BULLA_FIELD_MAX / 2);
	bulla_buf_str(b, label);
	bulla_buf_str(b, ": ");
	bulla_hex_put(b, data, n);
	bulla_buf_str(b, "\n");
}

void
bulla_field_put_or_none(struct bulla_buf *b, const char *label,
    const struct bulla_cur *value)
{
	if (value->len > 0)
		bulla_field_put(b, label, value);
	else
		bulla_field_put_str(b, label, "-");
}

void
bulla_field_put_hex_or_none(struct bulla_buf *b, const char *label, bool has,
    const void *data, size_t n)
{
	if (has)
		bulla_field_put_hex(b, label, data, n);
	else
		bulla_field_put_str(b, label, "-");
}

void
bulla_field_put_u64(struct bulla_buf *b, const char *label, uint64_t v)
{
	BULLA_CHECK(label_ok(label));
	bulla_buf_str(b, label);
	bulla_buf_str(b, ": ");
	bulla_buf_dec(b, v);
	bulla_buf_str(b, "\n");
}

void
bulla_field_put_when(struct bulla_buf *b, const char *label, int64_t t)
{
	char text[BULLA_WHEN_LEN + 1];

	bulla_when_text(t, text);
	bulla_field_put_str(b, label, text);
}
