#include <string.h>

#include "bulla/field.h"
#include "bulla/num.h"

#include "format/exercise_int.h"

static const struct {
	const char *name;
	unsigned min, max;	/* of its arguments */
} verbs[BULLA_STEP_VERBS] = {
	[BULLA_STEP_REQUEST] = { "request", 1, 1 },
	[BULLA_STEP_REPLY] = { "reply", 3, 4 },
	[BULLA_STEP_HOTLINE] = { "hotline", 2, 2 },
	[BULLA_STEP_OPEN] = { "open", 1, 1 },
	[BULLA_STEP_COSIGN] = { "cosign", 0, 0 },
	[BULLA_STEP_MONITOR] = { "monitor", 0, 0 },
	[BULLA_STEP_RECONCILE] = { "reconcile", 0, 0 },
	[BULLA_STEP_DUE] = { "due", 0, 0 },
	[BULLA_STEP_LIST] = { "list", 0, 0 },
	[BULLA_STEP_REVIEW] = { "review", 0, 0 },
	[BULLA_STEP_SUSPEND] = { "suspend", 1, 1 },
};

#define BIT(v) (1u << (v))
#define SEALS (BIT(BULLA_STEP_REQUEST) | BIT(BULLA_STEP_REPLY) | \
    BIT(BULLA_STEP_HOTLINE))
#define LOOKS BIT(BULLA_STEP_MONITOR)

static const struct {
	const char *name;
	unsigned verbs;		/* of the steps that it can befall */
} kinds[BULLA_FAULT_KINDS] = {
	[BULLA_FAULT_LATE] = { "late-reply", BIT(BULLA_STEP_REPLY) },
	[BULLA_FAULT_MISSING] = { "missing-reply", BIT(BULLA_STEP_REPLY) },
	[BULLA_FAULT_LOST_PACKAGE] = { "lost-package", SEALS },
	[BULLA_FAULT_LOST_RECEIPT] = { "lost-receipt", SEALS },
	[BULLA_FAULT_TAMPERED] = { "tampered-package", SEALS },
	[BULLA_FAULT_RECIPIENT] = { "wrong-recipient", SEALS },
	[BULLA_FAULT_OVERBROAD] = { "overbroad-request",
	    BIT(BULLA_STEP_REQUEST) },
	[BULLA_FAULT_UNASKED] = { "unasked-package", SEALS },
	[BULLA_FAULT_STOLEN] = { "stolen-key", SEALS },
	[BULLA_FAULT_ROLLBACK] = { "rolled-back-ledger", LOOKS },
	[BULLA_FAULT_FORK] = { "forked-ledger", LOOKS },
};

const char *
bulla_exercise_verb_name(enum bulla_exercise_verb v)
{
	return verbs[v].name;
}

const char *
bulla_exercise_kind_name(enum bulla_exercise_kind k)
{
	return kinds[k].name;
}

/* "0m", "36h", "2d" */
static bool
parse_span(const struct bulla_cur *text, int64_t *out)
{
	static const struct {
		uint8_t unit;
		int64_t seconds;
	} units[] = { { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	struct bulla_cur c = *text;
	uint64_t n;

	for (size_t i = 0; c.len > 1 && i < 3; i++) {
		if (c.p[c.len - 1] != units[i].unit)
			continue;
		c.len--;
		if (!bulla_num_u64(&c, (uint64_t)(BULLA_EXERCISE_SPAN_MAX /
		    units[i].seconds), &n))
			return false;
		*out = (int64_t)n * units[i].seconds;
		return true;
	}
	return false;
}

static enum bulla_status
take_span(struct exercise_line *l, int64_t *out, struct bulla_err *err)
{
	if (!exercise_word(l) || !parse_span(&l->word, out))
		return exercise_bad(l, "is no span of time, such as 30m, 36h "
		    "or 2d, up to ten years", err);
	return BULLA_OK;
}

static enum bulla_status
take_side(struct exercise_line *l, int *out, struct bulla_err *err)
{
	if (!exercise_word(l) || (!bulla_cur_is(&l->word, "a") &&
	    !bulla_cur_is(&l->word, "b")))
		return exercise_bad(l, "is no side: a or b", err);
	*out = l->word.p[0] == 'b';
	return BULLA_OK;
}

static enum bulla_status
take_name(struct exercise_line *l, struct bulla_cur *out,
    struct bulla_err *err)
{
	if (!exercise_word(l) || !exercise_name_ok(&l->word))
		return exercise_bad(l, "is no name: a-z, 0-9 and -, a letter "
		    "first, at most 24", err);
	*out = l->word;
	return BULLA_OK;
}

static bool
find_step(const struct bulla_exercise *x, const struct bulla_cur *name,
    size_t *out)
{
	for (size_t i = 0; i < x->n_steps; i++) {
		if (bulla_cur_same(&x->step[i].name, name)) {
			*out = i;
			return true;
		}
	}
	return false;
}

static enum bulla_status
resolve_of(struct exercise_line *l, const struct bulla_exercise *x,
    struct bulla_exercise_step *s, struct bulla_err *err)
{
	unsigned want = s->verb == BULLA_STEP_OPEN ? SEALS :
	    BIT(BULLA_STEP_REQUEST);

	l->word = s->arg[0];
	if (!find_step(x, &s->arg[0], &s->of) ||
	    !(want & BIT(x->step[s->of].verb)))
		return exercise_bad(l, s->verb == BULLA_STEP_OPEN ? "is no "
		    "step before this one that delivers anything" :
		    "is no request made before this step", err);
	if (s->verb == BULLA_STEP_OPEN && x->step[s->of].side == s->side)
		return exercise_bad(l, "is of the same side", err);
	return BULLA_OK;
}

static enum bulla_status
resolve_draft(struct exercise_line *l, const struct bulla_exercise *x,
    struct bulla_exercise_step *s, struct bulla_err *err)
{
	const unsigned at = s->verb == BULLA_STEP_REQUEST ? 0 :
	    s->verb == BULLA_STEP_REPLY ? 2 : 1;

	for (s->draft = 0; s->draft < x->n_drafts; s->draft++) {
		if (bulla_cur_same(&x->draft[s->draft].name, &s->arg[at]))
			return BULLA_OK;
	}
	l->word = s->arg[at];
	return exercise_bad(l, "is no draft of this scenario", err);
}

static enum bulla_status
take_args(struct exercise_line *l, struct bulla_exercise_step *s,
    struct bulla_err *err)
{
	enum bulla_status st;
	size_t v = 0;

	if (!exercise_word(l))
		return exercise_bad(l, "is followed by no verb", err);
	while (v < BULLA_STEP_VERBS && !bulla_cur_is(&l->word, verbs[v].name))
		v++;
	if (v == BULLA_STEP_VERBS)
		return exercise_bad(l, "is nothing that a side does", err);
	s->verb = (enum bulla_exercise_verb)v;
	while (l->rest.len > 0 && s->n_args < verbs[v].max) {
		st = take_name(l, &s->arg[s->n_args++], err);
		if (st != BULLA_OK)
			return st;
	}
	if (l->rest.len > 0 || s->n_args < verbs[v].min)
		return exercise_bad(l, "is the last of too few or too many "
		    "words", err);
	return BULLA_OK;
}

enum bulla_status
exercise_step(struct exercise_line *l, struct bulla_exercise *x,
    struct bulla_err *err)
{
	struct bulla_exercise_step s = { 0 };
	enum bulla_status st = take_name(l, &s.name, err);
	size_t i;

	if (st == BULLA_OK && find_step(x, &s.name, &i))
		return exercise_bad(l, "is the name of two steps", err);
	if (st == BULLA_OK)
		st = take_span(l, &s.at, err);
	if (st == BULLA_OK && x->n_steps > 0 &&
	    s.at < x->step[x->n_steps - 1].at)
		return exercise_bad(l, "is before the step above it", err);
	if (st == BULLA_OK)
		st = take_side(l, &s.side, err);
	if (st == BULLA_OK)
		st = take_args(l, &s, err);
	if (st == BULLA_OK && (s.verb == BULLA_STEP_REPLY ||
	    s.verb == BULLA_STEP_HOTLINE || s.verb == BULLA_STEP_OPEN))
		st = resolve_of(l, x, &s, err);
	if (st == BULLA_OK && (SEALS & BIT(s.verb)))
		st = resolve_draft(l, x, &s, err);
	if (st == BULLA_OK)
		x->step[x->n_steps++] = s;
	return st;
}

/* A key counts as stolen from when its side has suspended it. */
static bool
suspended(const struct bulla_exercise *x, size_t step)
{
	for (size_t i = 0; i < step; i++) {
		if (x->step[i].verb == BULLA_STEP_SUSPEND &&
		    x->step[i].side == x->step[step].side)
			return true;
	}
	return false;
}

enum bulla_status
exercise_fault(struct exercise_line *l, struct bulla_exercise *x,
    struct bulla_err *err)
{
	struct bulla_exercise_fault f = { 0 };
	struct bulla_cur step;
	enum bulla_status st = take_name(l, &f.name, err);
	size_t k = 0;

	for (size_t i = 0; st == BULLA_OK && i < x->n_faults; i++) {
		if (bulla_cur_same(&x->fault[i].name, &f.name))
			return exercise_bad(l, "is the name of two faults",
			    err);
	}
	if (st != BULLA_OK || !exercise_word(l))
		return st != BULLA_OK ? st : exercise_bad(l, "is followed by "
		    "no kind of fault", err);
	while (k < BULLA_FAULT_KINDS && !bulla_cur_is(&l->word, kinds[k].name))
		k++;
	if (k == BULLA_FAULT_KINDS)
		return exercise_bad(l, "is no kind of fault", err);
	f.kind = (enum bulla_exercise_kind)k;
	st = take_name(l, &step, err);
	if (st != BULLA_OK)
		return st;
	if (!find_step(x, &step, &f.step) ||
	    !(kinds[k].verbs & BIT(x->step[f.step].verb)) ||
	    (f.kind == BULLA_FAULT_STOLEN && !suspended(x, f.step)))
		return exercise_bad(l, "is no step that this fault can befall",
		    err);
	if (f.kind == BULLA_FAULT_LATE)
		st = take_span(l, &f.by, err);
	if (st == BULLA_OK && l->rest.len > 0)
		return exercise_bad(l, "is followed by too much", err);
	if (st == BULLA_OK)
		x->fault[x->n_faults++] = f;
	return st;
}

enum bulla_status
exercise_notice(struct exercise_line *l, struct bulla_exercise *x,
    struct bulla_err *err)
{
	struct bulla_exercise_notice n = { .fault = x->n_faults - 1 };
	enum bulla_status st = take_side(l, &n.side, err);
	uint64_t status = 0;

	if (st == BULLA_OK)
		st = take_name(l, &n.tool, err);
	if (st != BULLA_OK)
		return st;
	if (!exercise_word(l) || !bulla_num_u64(&l->word, 255, &status))
		return exercise_bad(l, "is no exit status: 0 to 255", err);
	n.status = (unsigned)status;
	n.text = l->rest;
	if (!bulla_field_value_ok(&n.text))
		return exercise_bad(l, "is followed by no text that the tool "
		    "would say", err);
	x->notice[x->n_notices++] = n;
	return BULLA_OK;
}
