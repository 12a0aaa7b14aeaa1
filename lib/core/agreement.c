#include <stdlib.h>
#include <string.h>

#include "core/agreement_int.h"

bool
agreement_word(struct bulla_cur *c, struct bulla_cur *out)
{
	if (c->len == 0)
		return false;
	if (bulla_cur_until(c, ' ', out))
		return out->len > 0;
	*out = *c;
	c->p += c->len;
	c->len = 0;
	return true;
}

static enum bulla_status
take_sides(struct bulla_fields *f, struct bulla_agreement *a,
    struct bulla_err *err)
{
	for (size_t i = 0; i < 2; i++) {
		struct bulla_cur *s = &a->side[i];
		enum bulla_status st = bulla_field_take(f, "side", s, err);

		if (st != BULLA_OK)
			return st;
		if (!bulla_keyname_ok(s) || memchr(s->p, '/', s->len) != NULL)
			return bulla_field_bad(f, "side", s, "is no name of a "
			    "side (a-z 0-9 . _ -)", err);
	}
	if (bulla_cur_cmp(&a->side[0], &a->side[1]) >= 0)
		return bulla_field_bad(f, "side", &a->side[1], "is not behind "
		    "the other side's name: write them in alphabetical order",
		    err);
	return BULLA_OK;
}

static enum bulla_status
take_head(struct bulla_fields *f, struct bulla_agreement *a,
    struct bulla_err *err)
{
	enum bulla_status st = bulla_field_u64(f, "version",
	    BULLA_AGREEMENT_VERSION_MAX, &a->version, err);

	if (st == BULLA_OK && a->version == 0)
		return bulla_fail(err, BULLA_E_FORMAT, "line %u: version: "
		    "counts from 1", f->line - 1);
	if (st == BULLA_OK)
		st = bulla_field_when(f, "from", &a->from, err);
	if (st == BULLA_OK)
		st = bulla_field_hex_or_none(f, "previous", a->previous,
		    sizeof(a->previous), &a->has_previous, err);
	if (st == BULLA_OK && a->has_previous != (a->version > 1))
		return bulla_fail(err, BULLA_E_FORMAT, "line %u: previous: "
		    "the first version has none, every other one has",
		    f->line - 1);
	return st == BULLA_OK ? take_sides(f, a, err) : st;
}

static bool
works(const struct bulla_duration *d)
{
	return d->unit == BULLA_WORKDAYS;
}

/* Working days of whom? Either side answers, so both must say. */
static enum bulla_status
check_calendar(const struct bulla_agreement *a, struct bulla_err *err)
{
	bool used = false;

	for (size_t i = 0; i < a->n_classes; i++) {
		const struct bulla_class *c = &a->class[i];

		used = used || works(&c->acknowledge) || works(&c->first) ||
		    works(&c->final) || works(&c->status) ||
		    works(&c->hold) || works(&c->extension);
	}
	for (size_t i = 0; i < a->n_levels; i++)
		used = used || works(&a->level[i].answer[0]) ||
		    works(&a->level[i].answer[1]);
	if (used && !a->has_calendar)
		return bulla_fail(err, BULLA_E_FORMAT, "there are working "
		    "days (wd) in it, and no \"calendar:\" lines that say "
		    "which days these are");
	return BULLA_OK;
}

static enum bulla_status
parse(const struct bulla_cur *text, struct bulla_agreement *a,
    struct bulla_err *err)
{
	struct bulla_fields f;
	enum bulla_status st;

	st = bulla_fields_begin(&f, text, AGREEMENT_TYPE, err);
	if (st == BULLA_OK)
		st = take_head(&f, a, err);
	if (st == BULLA_OK)
		st = agreement_take_days(&f, a, err);
	if (st == BULLA_OK)
		st = agreement_take_classes(&f, a, err);
	if (st == BULLA_OK)
		st = agreement_take_levels(&f, a, err);
	if (st == BULLA_OK)
		st = bulla_fields_end(&f, err);
	return st == BULLA_OK ? check_calendar(a, err) : st;
}

enum bulla_status
bulla_agreement_parse(const struct bulla_cur *text,
    struct bulla_agreement *out, struct bulla_err *err)
{
	struct bulla_agreement *a;
	enum bulla_status st;

	if (text->len > BULLA_AGREEMENT_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "longer than the %u "
		    "bytes of an agreement", BULLA_AGREEMENT_MAX);
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	st = parse(text, a, err);
	if (st == BULLA_OK)
		*out = *a;
	free(a);
	return st;
}

const struct bulla_class *
bulla_agreement_class(const struct bulla_agreement *a,
    const struct bulla_cur *name)
{
	for (size_t i = 0; i < a->n_classes; i++) {
		if (bulla_cur_same(&a->class[i].name, name))
			return &a->class[i];
	}
	return NULL;
}

const struct bulla_level *
bulla_agreement_level(const struct bulla_agreement *a,
    const struct bulla_cur *name)
{
	for (size_t i = 0; i < a->n_levels; i++) {
		if (bulla_cur_same(&a->level[i].name, name))
			return &a->level[i];
	}
	return NULL;
}

bool
bulla_kinds_has(const struct bulla_kinds *k, const struct bulla_cur *kind)
{
	for (size_t i = 0; i < k->n; i++) {
		if (bulla_cur_same(&k->kind[i], kind))
			return true;
	}
	return false;
}

int
bulla_agreement_side(const struct bulla_agreement *a,
    const struct bulla_cur *side)
{
	return bulla_cur_same(&a->side[0], side) ? 0 :
	    bulla_cur_same(&a->side[1], side) ? 1 : -1;
}

bool
bulla_agreement_calendar(const struct bulla_agreement *a, int side,
    struct bulla_calendar *out)
{
	BULLA_CHECK(side == 0 || side == 1);
	if (!a->has_calendar)
		return false;
	*out = a->calendar[side];
	out->holiday = a->holiday + (side == 1 ? a->n_holidays[0] : 0);
	out->n_holidays = a->n_holidays[side];
	return true;
}
