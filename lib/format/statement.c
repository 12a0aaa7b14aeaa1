#include <stdlib.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/field.h"
#include "bulla/num.h"
#include "bulla/statement.h"

static const char *const labels[] = {
	[BULLA_LINE_SENT] = "sent", [BULLA_LINE_VOID] = "void",
	[BULLA_LINE_RECEIVED] = "received", [BULLA_LINE_REJECTED] = "rejected",
};
static const char *const answers[] = {
	[BULLA_ANSWER_NONE] = "-", [BULLA_ANSWER_RECEIVE] = "receive",
	[BULLA_ANSWER_REJECT] = "reject",
};
#define N_LABELS (sizeof(labels) / sizeof(labels[0]))
#define N_ANSWERS (sizeof(answers) / sizeof(answers[0]))
#define COLUMNS 7u

void
bulla_statement_free(struct bulla_statement *s)
{
	free(s->v);
	*s = (struct bulla_statement){ 0 };
}

enum bulla_status
bulla_statement_add(struct bulla_statement *s,
    const struct bulla_statement_line *l, struct bulla_err *err)
{
	struct bulla_statement_line *v;
	size_t cap;

	if (s->n == BULLA_STATEMENT_LINES_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "statement: more than "
		    "%u lines", BULLA_STATEMENT_LINES_MAX);
	if (s->n == s->cap) {
		cap = s->cap == 0 ? 64 : 2 * s->cap;
		v = reallocarray(s->v, cap, sizeof(*v));
		if (v == NULL)
			return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
		s->v = v;
		s->cap = cap;
	}
	s->v[s->n++] = *l;
	return BULLA_OK;
}

/* The order of the text. Two lines with the same place cannot both stand. */
static int
by_place(const void *x, const void *y)
{
	const struct bulla_statement_line *a = x, *b = y;
	int c;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	c = strcmp(a->agency, b->agency);
	if (c != 0)
		return c;
	if (a->sequence != b->sequence)
		return a->sequence < b->sequence ? -1 : 1;
	c = strcmp(a->id, b->id);
	if (c != 0 || a->kind != BULLA_LINE_REJECTED)
		return c;
	return memcmp(a->sha256, b->sha256, sizeof(a->sha256));
}

/* What one line of a place does not know the other may. */
static void
join(struct bulla_statement_line *to, const struct bulla_statement_line *from)
{
	if (!to->has_opening && from->has_opening) {
		to->has_opening = true;
		memcpy(to->opening, from->opening, sizeof(to->opening));
	}
	if (!to->has_sha256 && from->has_sha256) {
		to->has_sha256 = true;
		memcpy(to->sha256, from->sha256, sizeof(to->sha256));
	}
	if (to->answer == BULLA_ANSWER_NONE) {
		to->answer = from->answer;
		memcpy(to->receipt, from->receipt, sizeof(to->receipt));
	}
}

void
bulla_statement_sort(struct bulla_statement *s)
{
	size_t n = 0;

	if (s->n == 0)
		return;
	qsort(s->v, s->n, sizeof(*s->v), by_place);
	for (size_t i = 1; i < s->n; i++) {
		if (by_place(&s->v[n], &s->v[i]) == 0)
			join(&s->v[n], &s->v[i]);
		else
			s->v[++n] = s->v[i];
	}
	s->n = n + 1;
}

/* Which of the columns a line of this kind must have, may not have. */
static bool
kind_ok(const struct bulla_statement_line *l)
{
	bool agency = l->agency[0] != '\0', id = l->id[0] != '\0';

	switch (l->kind) {
	case BULLA_LINE_SENT:
		return id && (agency || l->sequence == 0);
	case BULLA_LINE_VOID:
		return agency && l->sequence > 0 && !id && !l->has_opening &&
		    !l->has_sha256 && l->answer == BULLA_ANSWER_NONE;
	case BULLA_LINE_RECEIVED:
		return agency && id && l->has_opening &&
		    l->answer != BULLA_ANSWER_REJECT;
	case BULLA_LINE_REJECTED:
		return !agency && l->sequence == 0 && id && !l->has_opening &&
		    l->has_sha256 && l->answer == BULLA_ANSWER_REJECT;
	default:
		return false;
	}
}

static bool
is_none(const struct bulla_cur *c)
{
	return bulla_cur_is(c, "-");
}

static bool
take_digest(const struct bulla_cur *c, bool *has, uint8_t out[32])
{
	*has = !is_none(c);
	return !*has || bulla_hex_decode(c, out, 32);
}

static bool
take_agency(const struct bulla_cur *c, struct bulla_statement_line *l)
{
	if (is_none(c))
		return true;
	if (!bulla_keyname_ok(c) || memchr(c->p, '/', c->len) != NULL)
		return false;
	memcpy(l->agency, c->p, c->len);
	return true;
}

static bool
take_answer(const struct bulla_cur *c, struct bulla_statement_line *l)
{
	for (size_t i = 0; i < N_ANSWERS; i++) {
		if (bulla_cur_is(c, answers[i])) {
			l->answer = (enum bulla_answer)i;
			return true;
		}
	}
	return false;
}

/* Seven words with one space between them. */
static bool
split(struct bulla_cur c, struct bulla_cur w[COLUMNS])
{
	for (size_t i = 0; i + 1 < COLUMNS; i++) {
		if (!bulla_cur_until(&c, ' ', &w[i]))
			return false;
	}
	w[COLUMNS - 1] = c;	/* a digest or "-": no space in it */
	return true;
}

static bool
take_columns(const struct bulla_cur *value, struct bulla_statement_line *l)
{
	struct bulla_cur w[COLUMNS];
	bool has_receipt;

	if (!split(*value, w) || !take_agency(&w[0], l) || (!is_none(&w[1]) &&
	    (!bulla_num_u64(&w[1], INT64_MAX, &l->sequence) ||
	    l->sequence == 0)) || (!is_none(&w[2]) && !bulla_id_ok(&w[2])))
		return false;
	if (!is_none(&w[2]))
		memcpy(l->id, w[2].p, w[2].len);
	return take_digest(&w[3], &l->has_opening, l->opening) &&
	    take_digest(&w[4], &l->has_sha256, l->sha256) &&
	    take_answer(&w[5], l) &&
	    take_digest(&w[6], &has_receipt, l->receipt) &&
	    has_receipt == (l->answer != BULLA_ANSWER_NONE) && kind_ok(l);
}

static enum bulla_status
take_line(struct bulla_fields *f, struct bulla_statement *s,
    struct bulla_err *err)
{
	struct bulla_statement_line l = { 0 };
	unsigned line = f->line;
	struct bulla_cur value;
	enum bulla_status st;
	size_t k = 0;

	while (k + 1 < N_LABELS && !bulla_field_next_is(f, labels[k]))
		k++;
	l.kind = (enum bulla_line_kind)k;
	st = bulla_field_take(f, labels[k], &value, err);
	if (st != BULLA_OK)
		return st;
	if (!take_columns(&value, &l))
		return bulla_fail(err, BULLA_E_FORMAT, "line %u: %s: not what "
		    "such a line can say", line, labels[k]);
	if (s->n > 0 && by_place(&s->v[s->n - 1], &l) >= 0)
		return bulla_fail(err, BULLA_E_FORMAT, "line %u: twice, or "
		    "out of order", line);
	return bulla_statement_add(s, &l, err);
}

enum bulla_status
bulla_statement_parse(const struct bulla_cur *text,
    struct bulla_statement *out, struct bulla_err *err)
{
	struct bulla_statement s = { 0 };
	struct bulla_cur side;
	struct bulla_fields f;
	enum bulla_status st;

	if (text->len > BULLA_STATEMENT_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "statement: more than "
		    "%u bytes", BULLA_STATEMENT_MAX);
	st = bulla_fields_begin(&f, text, "bulla statement v1", err);
	if (st == BULLA_OK)
		st = bulla_field_take(&f, "side", &side, err);
	if (st == BULLA_OK && (!bulla_keyname_ok(&side) ||
	    memchr(side.p, '/', side.len) != NULL))
		st = bulla_fail(err, BULLA_E_FORMAT, "side: no agency's name");
	if (st == BULLA_OK) {
		memcpy(s.side, side.p, side.len);
		st = bulla_field_when(&f, "time", &s.time, err);
	}
	while (st == BULLA_OK && f.c.len > 0)
		st = take_line(&f, &s, err);
	if (st == BULLA_OK)
		*out = s;
	else
		bulla_statement_free(&s);
	return st;
}

static void
put_digest(struct bulla_buf *b, bool has, const uint8_t digest[32])
{
	bulla_buf_str(b, " ");
	if (has)
		bulla_hex_put(b, digest, 32);
	else
		bulla_buf_str(b, "-");
}

static void
put_line(struct bulla_buf *b, const struct bulla_statement_line *l)
{
	BULLA_CHECK(kind_ok(l));
	bulla_buf_str(b, labels[l->kind]);
	bulla_buf_str(b, ": ");
	bulla_buf_str(b, l->agency[0] != '\0' ? l->agency : "-");
	bulla_buf_str(b, " ");
	if (l->sequence > 0)
		bulla_buf_dec(b, l->sequence);
	else
		bulla_buf_str(b, "-");
	bulla_buf_str(b, " ");
	bulla_buf_str(b, l->id[0] != '\0' ? l->id : "-");
	put_digest(b, l->has_opening, l->opening);
	put_digest(b, l->has_sha256, l->sha256);
	bulla_buf_str(b, " ");
	bulla_buf_str(b, answers[l->answer]);
	put_digest(b, l->answer != BULLA_ANSWER_NONE, l->receipt);
	bulla_buf_str(b, "\n");
}

void
bulla_statement_put(struct bulla_buf *b, const struct bulla_statement *s)
{
	bulla_buf_str(b, "bulla statement v1\n");
	bulla_field_put_str(b, "side", s->side);
	bulla_field_put_when(b, "time", s->time);
	for (size_t i = 0; i < s->n; i++) {
		BULLA_CHECK(i == 0 || by_place(&s->v[i - 1], &s->v[i]) < 0);
		put_line(b, &s->v[i]);
	}
}
