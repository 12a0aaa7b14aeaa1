#include <string.h>

#include "bulla/opening.h"
#include "core/agreement_int.h"

const char agreement_days[7][4] = { "mon", "tue", "wed", "thu", "fri", "sat",
	"sun" };

static bool
two_digits(struct bulla_cur *c, int *out)
{
	struct bulla_cur d;

	if (!bulla_cur_take(c, 2, &d) || d.p[0] < '0' || d.p[0] > '9' ||
	    d.p[1] < '0' || d.p[1] > '9')
		return false;
	*out = (d.p[0] - '0') * 10 + (d.p[1] - '0');
	return true;
}

/* "+01:00"; nothing is "-00:00". */
static bool
offset(const struct bulla_cur *text, int *out)
{
	struct bulla_cur c = *text;
	bool west = bulla_cur_starts(&c, "-");
	int h, m;

	if ((!bulla_cur_eat_str(&c, "+") && !bulla_cur_eat_str(&c, "-")) ||
	    !two_digits(&c, &h) || !bulla_cur_eat_str(&c, ":") ||
	    !two_digits(&c, &m) || !bulla_cur_done(&c) || m > 59 ||
	    60 * h + m > AGREEMENT_OFFSET_MAX || (west && h + m == 0))
		return false;
	*out = west ? -(60 * h + m) : 60 * h + m;
	return true;
}

/* Days in the order of the week, not all seven; "-" for none. */
static bool
weekend(struct bulla_cur *c, unsigned *out)
{
	struct bulla_cur w;
	unsigned bits = 0;

	if (bulla_cur_is(c, "-")) {
		*out = 0;
		return true;
	}
	for (unsigned i = 0; i < 7 && c->len > 0; i++) {
		struct bulla_cur ahead = *c;

		if (!agreement_word(&ahead, &w) ||
		    !bulla_cur_is(&w, agreement_days[i]))
			continue;
		bits |= 1u << i;
		*c = ahead;
	}
	*out = bits;
	return c->len == 0 && bits != 0 && bits != 0x7f;
}

/* The side that a line of a pair is about, which must be number i. */
static bool
side_is(const struct bulla_agreement *a, size_t i, struct bulla_cur *c)
{
	struct bulla_cur w;

	return agreement_word(c, &w) && bulla_cur_same(&w, &a->side[i]);
}

static enum bulla_status
take_calendar(struct bulla_fields *f, struct bulla_agreement *a, size_t i,
    struct bulla_err *err)
{
	struct bulla_calendar *cal = &a->calendar[i];
	struct bulla_cur v, c, w;
	enum bulla_status st = bulla_field_take(f, "calendar", &v, err);

	if (st != BULLA_OK)
		return st;
	c = v;
	if (!side_is(a, i, &c))
		return bulla_field_bad(f, "calendar", &v, "must be of the two "
		    "sides, in their order, one line each", err);
	if (!agreement_word(&c, &w) || !offset(&w, &cal->offset))
		return bulla_field_bad(f, "calendar", &v, "has no offset from "
		    "UTC behind the side: write +01:00", err);
	if (!weekend(&c, &cal->weekend))
		return bulla_field_bad(f, "calendar", &v, "does not end in the "
		    "days without work (mon tue wed thu fri sat sun, in this "
		    "order, not all, or -)", err);
	return BULLA_OK;
}

static enum bulla_status
take_holiday(struct bulla_fields *f, struct bulla_agreement *a,
    struct bulla_err *err)
{
	size_t n = a->n_holidays[0] + a->n_holidays[1];
	struct bulla_cur v, c, w;
	int64_t day;
	enum bulla_status st = bulla_field_take(f, "holiday", &v, err);
	int i;

	if (st != BULLA_OK)
		return st;
	if (n == BULLA_AGREEMENT_HOLIDAYS_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "more than %u \"holiday\""
		    " lines", BULLA_AGREEMENT_HOLIDAYS_MAX);
	c = v;
	i = agreement_word(&c, &w) ? bulla_agreement_side(a, &w) : -1;
	if (i < 0 || !bulla_day_parse(&c, &day))
		return bulla_field_bad(f, "holiday", &v, "is not a side and a "
		    "date: write b.example 2026-12-25", err);
	if ((i == 0 && a->n_holidays[1] > 0) ||
	    (a->n_holidays[i] > 0 && day <= a->holiday[n - 1]))
		return bulla_field_bad(f, "holiday", &v, "is out of order: all "
		    "of the first side, then of the second, by date, each once",
		    err);
	a->holiday[n] = day;
	a->n_holidays[i]++;
	return BULLA_OK;
}

static enum bulla_status
take_review(struct bulla_fields *f, struct bulla_agreement *a,
    struct bulla_err *err)
{
	struct bulla_cur v;
	int64_t *day = &a->review[a->n_reviews];
	enum bulla_status st;

	if (a->n_reviews == BULLA_AGREEMENT_REVIEWS_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "more than %u \"review\""
		    " lines", BULLA_AGREEMENT_REVIEWS_MAX);
	st = bulla_field_take(f, "review", &v, err);
	if (st != BULLA_OK)
		return st;
	if (!bulla_day_parse(&v, day))
		return bulla_field_bad(f, "review", &v, "is no date: write "
		    "2026-12-15", err);
	if (a->n_reviews > 0 && *day <= day[-1])
		return bulla_field_bad(f, "review", &v, "is not later than the "
		    "one before it", err);
	a->n_reviews++;
	return BULLA_OK;
}

enum bulla_status
agreement_take_days(struct bulla_fields *f, struct bulla_agreement *a,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	a->has_calendar = bulla_field_next_is(f, "calendar");
	for (size_t i = 0; i < 2 && a->has_calendar && st == BULLA_OK; i++)
		st = take_calendar(f, a, i, err);
	while (st == BULLA_OK && a->has_calendar &&
	    bulla_field_next_is(f, "holiday"))
		st = take_holiday(f, a, err);
	while (st == BULLA_OK && bulla_field_next_is(f, "review"))
		st = take_review(f, a, err);
	return st;
}

static enum bulla_status
take_duration(struct bulla_fields *f, const char *label,
    struct bulla_duration *out, struct bulla_err *err)
{
	struct bulla_cur v;
	enum bulla_status st = bulla_field_take(f, label, &v, err);

	if (st == BULLA_OK && !bulla_duration_parse(&v, out))
		return bulla_field_bad(f, label, &v, "is no duration: write "
		    "8h, 30d, 5wd (working days), or - for none", err);
	return st;
}

/* A duration and the kinds of answer that count for it. */
static enum bulla_status
take_kinds(struct bulla_fields *f, const char *label,
    struct bulla_duration *d, struct bulla_kinds *k, struct bulla_err *err)
{
	struct bulla_cur v, c, w;
	enum bulla_status st = bulla_field_take(f, label, &v, err);

	if (st != BULLA_OK)
		return st;
	c = v;
	if (!agreement_word(&c, &w) || !bulla_duration_parse(&w, d))
		return bulla_field_bad(f, label, &v, "does not begin with a "
		    "duration: write 8h, 30d, 5wd (working days), or - for "
		    "none", err);
	while (c.len > 0) {
		if (k->n == BULLA_AGREEMENT_KINDS_MAX ||
		    !agreement_word(&c, &w) || !bulla_kind_ok(&w) ||
		    bulla_kinds_has(k, &w))
			return bulla_field_bad(f, label, &v, "has a word that "
			    "is no kind of answer, or stands there twice", err);
		k->kind[k->n++] = w;
	}
	if (k->n == 0 && d->unit != BULLA_NO_TIME)
		return bulla_field_bad(f, label, &v, "does not say which kinds "
		    "of answer count", err);
	return BULLA_OK;
}

static enum bulla_status
take_class(struct bulla_fields *f, struct bulla_agreement *a,
    struct bulla_err *err)
{
	struct bulla_class *c = &a->class[a->n_classes];
	struct bulla_cur name;
	enum bulla_status st;

	if (a->n_classes == BULLA_AGREEMENT_CLASSES_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "more than %u classes",
		    BULLA_AGREEMENT_CLASSES_MAX);
	st = bulla_field_take(f, "class", &name, err);
	if (st == BULLA_OK && (!bulla_kind_ok(&name) ||
	    bulla_agreement_class(a, &name) != NULL))
		return bulla_field_bad(f, "class", &name, "is no word of a-z "
		    "0-9 -, or stands there twice", err);
	if (st == BULLA_OK)
		st = take_duration(f, "acknowledge", &c->acknowledge, err);
	if (st == BULLA_OK)
		st = take_kinds(f, "first", &c->first, &c->first_kinds, err);
	if (st == BULLA_OK)
		st = take_kinds(f, "final", &c->final, &c->final_kinds, err);
	if (st == BULLA_OK)
		st = take_duration(f, "status", &c->status, err);
	if (st == BULLA_OK)
		st = take_duration(f, "hold", &c->hold, err);
	if (st == BULLA_OK)
		st = take_duration(f, "extension", &c->extension, err);
	c->name = name;
	a->n_classes += st == BULLA_OK;
	return st;
}

enum bulla_status
agreement_take_classes(struct bulla_fields *f, struct bulla_agreement *a,
    struct bulla_err *err)
{
	enum bulla_status st;

	do {
		st = take_class(f, a, err);
	} while (st == BULLA_OK && bulla_field_next_is(f, "class"));
	return st;
}

/* "hotline: LEVEL SIDE DURATION WHO", for both sides in their order. */
static enum bulla_status
take_level(struct bulla_fields *f, struct bulla_agreement *a, size_t side,
    struct bulla_err *err)
{
	struct bulla_level *l = &a->level[a->n_levels];
	struct bulla_cur v, c, name, w;
	enum bulla_status st = bulla_field_take(f, "hotline", &v, err);

	if (st != BULLA_OK)
		return st;
	c = v;
	if (!agreement_word(&c, &name) || !bulla_kind_ok(&name) ||
	    !side_is(a, side, &c) || !agreement_word(&c, &w) ||
	    !bulla_duration_parse(&w, &l->answer[side]) ||
	    l->answer[side].unit == BULLA_NO_TIME ||
	    !bulla_field_value_ok(&c))
		return bulla_field_bad(f, "hotline", &v, "is not a level, a "
		    "side (both, in their order), the time to answer and who "
		    "answers", err);
	if (side == 0 ? bulla_agreement_level(a, &name) != NULL :
	    !bulla_cur_same(&name, &l->name))
		return bulla_field_bad(f, "hotline", &v, "must be one of two "
		    "lines for each level: one for each side", err);
	l->name = name;
	l->who[side] = c;
	return BULLA_OK;
}

enum bulla_status
agreement_take_levels(struct bulla_fields *f, struct bulla_agreement *a,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	while (st == BULLA_OK && bulla_field_next_is(f, "hotline")) {
		if (a->n_levels == BULLA_AGREEMENT_LEVELS_MAX)
			return bulla_fail(err, BULLA_E_LIMIT, "more than %u "
			    "hotline levels", BULLA_AGREEMENT_LEVELS_MAX);
		for (size_t i = 0; i < 2 && st == BULLA_OK; i++)
			st = take_level(f, a, i, err);
		a->n_levels += st == BULLA_OK;
	}
	return st;
}
