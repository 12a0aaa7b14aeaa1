#include <string.h>

#include "bulla/field.h"
#include "bulla/note.h"
#include "bulla/num.h"
#include "bulla/text.h"
#include "bulla/when.h"

#include "format/exercise_int.h"

#define TYPE "bulla exercise v1"
#define CLOCK "bulla exercise clock v1"

static const char *const categories[] = { "child-exploitation",
    "trade-secret-theft", "fraud", "terrorist-misuse", "malicious-cyber",
    "other" };

/* Written by hand: what says nothing is skipped. */
static void
skip(struct bulla_fields *f)
{
	struct bulla_cur c = f->c, line;

	while (bulla_cur_line(&c, &line) &&
	    (line.len == 0 || line.p[0] == '#')) {
		f->c = c;
		f->line++;
	}
}

static enum bulla_status
take(struct bulla_fields *f, const char *label, struct bulla_cur *v,
    struct bulla_err *err)
{
	skip(f);
	return bulla_field_take(f, label, v, err);
}

enum bulla_status
exercise_bad(const struct exercise_line *l, const char *rule,
    struct bulla_err *err)
{
	char shown[64];

	return bulla_fail(err, BULLA_E_FORMAT, "line %u: \"%s\" %s", l->line,
	    bulla_text_show(shown, sizeof(shown), &l->word), rule);
}

bool
exercise_word(struct exercise_line *l)
{
	struct bulla_cur rest = l->rest;

	if (rest.len == 0)
		return false;
	if (!bulla_cur_until(&rest, ' ', &l->word)) {
		l->word = rest;
		rest.p += rest.len;
		rest.off += rest.len;
		rest.len = 0;
	}
	l->rest = rest;
	return l->word.len > 0;
}

bool
exercise_name_ok(const struct bulla_cur *c)
{
	if (c->len == 0 || c->len > BULLA_EXERCISE_NAME_MAX ||
	    c->p[0] < 'a' || c->p[0] > 'z')
		return false;
	for (size_t i = 0; i < c->len; i++) {
		if ((c->p[i] < 'a' || c->p[i] > 'z') &&
		    (c->p[i] < '0' || c->p[i] > '9') && c->p[i] != '-')
			return false;
	}
	return true;
}

static enum bulla_status
take_side(struct bulla_fields *f, struct bulla_exercise *x, int side,
    struct bulla_err *err)
{
	struct exercise_line l = { .line = f->line };
	enum bulla_status st = take(f, side == 0 ? "a" : "b", &l.rest, err);

	l.line = f->line - 1;
	if (st != BULLA_OK)
		return st;
	if (!exercise_word(&l) || !bulla_keyname_ok(&l.word) ||
	    !bulla_keyname_exercise(&l.word) ||
	    memchr(l.word.p, '/', l.word.len) != NULL)
		return exercise_bad(&l, "is no side of an exercise: NAME"
		    BULLA_EXERCISE_SUFFIX ", then the person who leads it",
		    err);
	x->side[side].name = l.word;
	x->side[side].person = l.rest;
	if (!bulla_field_value_ok(&l.rest) ||
	    l.rest.len > BULLA_EXERCISE_PERSON_MAX)
		return exercise_bad(&l, "has no person behind it, of up to 80 "
		    "bytes", err);
	if (side == 1 && bulla_cur_same(&x->side[0].name, &l.word))
		return exercise_bad(&l, "is the other side too", err);
	return BULLA_OK;
}

static enum bulla_status
take_head(struct bulla_fields *f, struct bulla_exercise *x,
    struct bulla_err *err)
{
	struct exercise_line l = { 0 };
	enum bulla_status st = take(f, "title", &x->title, err);
	bool known = false;

	if (st == BULLA_OK)
		st = take(f, "category", &x->category, err);
	if (st != BULLA_OK)
		return st;
	for (size_t i = 0; i < sizeof(categories) / sizeof(*categories); i++)
		known |= bulla_cur_is(&x->category, categories[i]);
	l.line = f->line - 1;
	l.word = x->category;
	if (!known)
		return exercise_bad(&l, "is no category of crime; see "
		    "docs/FORMAT.md", err);
	skip(f);
	st = bulla_field_when(f, "start", &x->start, err);
	if (st == BULLA_OK && x->start > BULLA_WHEN_MAX -
	    3 * BULLA_EXERCISE_SPAN_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "line %u: start: so late "
		    "that the exercise would not end", f->line - 1);
	for (int i = 0; st == BULLA_OK && i < 2; i++)
		st = take_side(f, x, i, err);
	return st;
}

static enum bulla_status
too_many(const struct bulla_fields *f, const char *what, unsigned max,
    struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_LIMIT, "line %u: more than %u %s",
	    f->line, max, what);
}

static enum bulla_status
take_field(struct bulla_fields *f, struct bulla_exercise *x,
    struct bulla_err *err)
{
	struct exercise_line l = { .line = f->line };
	struct bulla_cur c;
	enum bulla_status st = bulla_field_take(f, "field", &l.rest, err);

	if (st != BULLA_OK)
		return st;
	if (x->draft[x->n_drafts - 1].n == BULLA_EXERCISE_DRAFT_FIELDS)
		return too_many(f, "fields of a draft",
		    BULLA_EXERCISE_DRAFT_FIELDS, err);
	if (x->n_fields == BULLA_EXERCISE_FIELDS)
		return too_many(f, "fields", BULLA_EXERCISE_FIELDS, err);
	x->field[x->n_fields++] = c = l.rest;
	x->draft[x->n_drafts - 1].n++;
	if (bulla_cur_until(&c, '=', &l.word) && exercise_name_ok(&l.word) &&
	    c.len > 0)
		return BULLA_OK;
	l.word = l.rest;
	return exercise_bad(&l, "is not LABEL=VALUE", err);
}

static enum bulla_status
take_draft(struct bulla_fields *f, struct bulla_exercise *x,
    struct bulla_err *err)
{
	struct exercise_line l = { .line = f->line };
	enum bulla_status st = bulla_field_take(f, "draft", &l.word, err);

	if (st != BULLA_OK)
		return st;
	if (x->n_drafts == BULLA_EXERCISE_DRAFTS)
		return too_many(f, "drafts", BULLA_EXERCISE_DRAFTS, err);
	for (size_t i = 0; i < x->n_drafts; i++) {
		if (bulla_cur_same(&x->draft[i].name, &l.word))
			return exercise_bad(&l, "is the name of two drafts",
			    err);
	}
	if (!exercise_name_ok(&l.word))
		return exercise_bad(&l, "is no name: a-z, 0-9 and -, a letter "
		    "first", err);
	x->draft[x->n_drafts].name = l.word;
	x->draft[x->n_drafts].first = x->n_fields;
	x->draft[x->n_drafts++].n = 0;
	skip(f);
	while (st == BULLA_OK && bulla_field_next_is(f, "field")) {
		st = take_field(f, x, err);
		skip(f);
	}
	return st;
}

/* A line that exercise_line.c takes apart. */
static enum bulla_status
take_line(struct bulla_fields *f, struct bulla_exercise *x,
    const char *label, struct bulla_err *err)
{
	struct exercise_line l = { .line = f->line };
	enum bulla_status st = bulla_field_take(f, label, &l.rest, err);

	if (st != BULLA_OK)
		return st;
	if (label[0] == 's')
		return x->n_steps < BULLA_EXERCISE_STEPS ?
		    exercise_step(&l, x, err) :
		    too_many(f, "steps", BULLA_EXERCISE_STEPS, err);
	if (label[0] == 'f')
		return x->n_faults < BULLA_EXERCISE_FAULTS ?
		    exercise_fault(&l, x, err) :
		    too_many(f, "faults", BULLA_EXERCISE_FAULTS, err);
	return x->n_notices < BULLA_EXERCISE_NOTICES ?
	    exercise_notice(&l, x, err) :
	    too_many(f, "notices", BULLA_EXERCISE_NOTICES, err);
}

enum bulla_status
bulla_exercise_parse(const struct bulla_cur *text, struct bulla_exercise *x,
    struct bulla_err *err)
{
	struct bulla_fields f;
	enum bulla_status st;

	if (text->len > BULLA_EXERCISE_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "longer than %u bytes",
		    BULLA_EXERCISE_MAX);
	memset(x, 0, sizeof(*x));
	st = bulla_fields_begin(&f, text, TYPE, err);
	if (st == BULLA_OK)
		st = take_head(&f, x, err);
	if (st != BULLA_OK)
		return st;
	for (skip(&f); st == BULLA_OK && bulla_field_next_is(&f, "draft");
	    skip(&f))
		st = take_draft(&f, x, err);
	do {
		skip(&f);
		if (st == BULLA_OK)
			st = take_line(&f, x, "step", err);
		skip(&f);
	} while (st == BULLA_OK && bulla_field_next_is(&f, "step"));
	while (st == BULLA_OK && bulla_field_next_is(&f, "fault")) {
		st = take_line(&f, x, "fault", err);
		for (skip(&f); st == BULLA_OK &&
		    bulla_field_next_is(&f, "notice"); skip(&f))
			st = take_line(&f, x, "notice", err);
	}
	return st == BULLA_OK ? bulla_fields_end(&f, err) : st;
}

enum bulla_status
bulla_exercise_clock_parse(const struct bulla_cur *text, int64_t *now,
    struct bulla_err *err)
{
	struct bulla_fields f;
	enum bulla_status st = bulla_fields_begin(&f, text, CLOCK, err);
	int64_t t = 0;

	if (st == BULLA_OK)
		st = bulla_field_when(&f, "time", &t, err);
	if (st == BULLA_OK)
		st = bulla_fields_end(&f, err);
	if (st == BULLA_OK)
		*now = t;
	return st;
}

void
bulla_exercise_clock_put(struct bulla_buf *b, int64_t now)
{
	bulla_buf_str(b, CLOCK "\n");
	bulla_field_put_when(b, "time", now);
}
