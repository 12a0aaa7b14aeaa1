#include <string.h>

#include "bulla/armor.h"
#include "bulla/enc.h"

#define BEGIN "-----BEGIN AGE ENCRYPTED FILE-----"
#define END "-----END AGE ENCRYPTED FILE-----"
#define DASHES "-----"
#define COLUMNS 64u

bool
bulla_armor_detect(const struct bulla_cur *first)
{
	size_t len = first->len < BULLA_ARMOR_PEEK ? first->len :
	    BULLA_ARMOR_PEEK;

	if (bulla_cur_starts(first, "age-encryption.org/"))
		return false;
	return len > 0 && memmem(first->p, len, DASHES, strlen(DASHES));
}

static bool
is_space(uint8_t b)
{
	return b == ' ' || b == '\t' || b == '\r' || b == '\n';
}

static bool
is_blank(const struct bulla_cur *line)
{
	for (size_t i = 0; i < line->len; i++)
		if (!is_space(line->p[i]))
			return false;
	return true;
}

static enum bulla_status
bad(const struct bulla_armor_dec *d, struct bulla_err *err, const char *why)
{
	return bulla_fail(err, BULLA_E_FORMAT, "armor: line %zu: %s",
	    d->line_no, why);
}

static enum bulla_status
count_space(struct bulla_armor_dec *d, size_t n, struct bulla_err *err)
{
	if (n > BULLA_ARMOR_SPACE_MAX - d->space)
		return bulla_fail(err, BULLA_E_FORMAT, "armor: more than %u "
		    "bytes of white space around it", BULLA_ARMOR_SPACE_MAX);
	d->space += n;
	return BULLA_OK;
}

/* size: of the line with its end, which may be two bytes. */
static enum bulla_status
before_line(struct bulla_armor_dec *d, const struct bulla_cur *line,
    size_t size, struct bulla_err *err)
{
	if (bulla_cur_is(line, BEGIN)) {
		d->at = BULLA_ARMOR_BODY;
		return BULLA_OK;
	}
	if (is_blank(line))
		return count_space(d, size, err);
	return bad(d, err, "not \"" BEGIN "\"");
}

static enum bulla_status
body_line(struct bulla_armor_dec *d, const struct bulla_cur *line,
    uint8_t *out, size_t *out_len, struct bulla_err *err)
{
	size_t n;

	if (bulla_cur_is(line, END)) {
		d->at = BULLA_ARMOR_AFTER;
		d->space = 0;
		return BULLA_OK;
	}
	if (d->at == BULLA_ARMOR_LAST)
		return bad(d, err, "\"" END "\" must follow a short line");
	if (line->len == 0)
		return bad(d, err, "an empty line inside");
	if (line->len > COLUMNS)
		return bad(d, err, "longer than 64 columns");
	if (!bulla_b64_decode(line, BULLA_B64_PADDED, out,
	    BULLA_ARMOR_LINE_BYTES, &n))
		return bad(d, err, "not canonical base64");
	*out_len += n;
	if (n < BULLA_ARMOR_LINE_BYTES)
		d->at = BULLA_ARMOR_LAST;
	return BULLA_OK;
}

/* The collected line is complete. */
static enum bulla_status
take_line(struct bulla_armor_dec *d, uint8_t *out, size_t *out_len,
    struct bulla_err *err)
{
	struct bulla_cur line = bulla_cur_of(d->line, d->line_len);
	size_t size = d->line_len + 1;

	d->line_no++;
	d->line_len = 0;
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	if (d->at == BULLA_ARMOR_BEFORE)
		return before_line(d, &line, size, err);
	return body_line(d, &line, out, out_len, err);
}

/* Move bytes into the line; *whole when its LF was reached. */
static enum bulla_status
collect(struct bulla_armor_dec *d, struct bulla_cur *in, bool *whole,
    struct bulla_err *err)
{
	size_t max = d->at == BULLA_ARMOR_BEFORE ? BULLA_ARMOR_SPACE_MAX :
	    COLUMNS;
	struct bulla_cur piece;

	*whole = bulla_cur_line(in, &piece);
	if (!*whole && !bulla_cur_take(in, in->len, &piece))
		return BULLA_OK;
	/* One more than allowed, for the CR. */
	if (piece.len > max + 1 - d->line_len) {
		d->line_no++;
		return bad(d, err, "too long");
	}
	memcpy(d->line + d->line_len, piece.p, piece.len);
	d->line_len += piece.len;
	return BULLA_OK;
}

static enum bulla_status
after(struct bulla_armor_dec *d, struct bulla_cur *in, struct bulla_err *err)
{
	struct bulla_cur rest;

	if (!bulla_cur_take(in, in->len, &rest))
		return BULLA_OK;
	if (!is_blank(&rest))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "armor: data after the END line");
	return count_space(d, rest.len, err);
}

enum bulla_status
bulla_armor_decode(struct bulla_armor_dec *d, struct bulla_cur *in,
    uint8_t *out, size_t cap, size_t *out_len, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	bool whole;

	*out_len = 0;
	while (st == BULLA_OK && in->len > 0 &&
	    cap - *out_len >= BULLA_ARMOR_LINE_BYTES) {
		if (d->at == BULLA_ARMOR_AFTER)
			return after(d, in, err);
		st = collect(d, in, &whole, err);
		if (st == BULLA_OK && whole)
			st = take_line(d, out + *out_len, out_len, err);
	}
	return st;
}

enum bulla_status
bulla_armor_decode_end(struct bulla_armor_dec *d, struct bulla_err *err)
{
	struct bulla_cur line = bulla_cur_of(d->line, d->line_len);

	if (d->at == BULLA_ARMOR_AFTER)
		return BULLA_OK;
	/* Only the END line may lack its LF. */
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	if (d->at == BULLA_ARMOR_BEFORE || !bulla_cur_is(&line, END))
		return bulla_fail(err, BULLA_E_INCOMPLETE,
		    "armor: the input ends before \"" END "\"");
	d->at = BULLA_ARMOR_AFTER;
	d->line_len = 0;
	return BULLA_OK;
}

static void
put_line(const uint8_t *p, size_t n, struct bulla_buf *out)
{
	bulla_b64_put(out, p, n, BULLA_B64_PADDED);
	bulla_buf_u8(out, '\n');
}

static void
put_begin(struct bulla_armor_enc *e, struct bulla_buf *out)
{
	if (!e->begun)
		bulla_buf_str(out, BEGIN "\n");
	e->begun = true;
}

void
bulla_armor_encode(struct bulla_armor_enc *e, const void *data, size_t n,
    struct bulla_buf *out)
{
	struct bulla_cur in = bulla_cur_of(data, n), line;
	size_t want = BULLA_ARMOR_LINE_BYTES - e->part_len;

	put_begin(e, out);
	if (e->part_len > 0 && bulla_cur_copy(&in, e->part + e->part_len,
	    want)) {
		put_line(e->part, BULLA_ARMOR_LINE_BYTES, out);
		e->part_len = 0;
	}
	while (e->part_len == 0 &&
	    bulla_cur_take(&in, BULLA_ARMOR_LINE_BYTES, &line))
		put_line(line.p, line.len, out);
	n = in.len;
	if (bulla_cur_copy(&in, e->part + e->part_len, n))
		e->part_len += n;
}

void
bulla_armor_encode_end(struct bulla_armor_enc *e, struct bulla_buf *out)
{
	put_begin(e, out);
	if (e->part_len > 0)
		put_line(e->part, e->part_len, out);
	bulla_buf_str(out, END "\n");
	*e = (struct bulla_armor_enc){ 0 };
}
