#include <inttypes.h>

#include "bulla/exercise.h"
#include "bulla/field.h"

static void
put_cur(struct bulla_buf *b, const struct bulla_cur *c)
{
	bulla_buf_str(b, " ");
	bulla_buf_cur(b, c);
}

static void
put_side(struct bulla_buf *b, const struct bulla_exercise *x, int side)
{
	bulla_buf_str(b, side ? "b:" : "a:");
	put_cur(b, &x->side[side].name);
	put_cur(b, &x->side[side].person);
	bulla_buf_str(b, "\n");
}

static void
put_steps(struct bulla_buf *b, const struct bulla_exercise *x)
{
	for (size_t i = 0; i < x->n_steps; i++) {
		const struct bulla_exercise_step *s = &x->step[i];

		bulla_buf_str(b, "step:");
		put_cur(b, &s->name);
		bulla_buf_fmt(b, " %" PRId64 "m %c %s", s->at / 60,
		    s->side ? 'b' : 'a', bulla_exercise_verb_name(s->verb));
		for (unsigned j = 0; j < s->n_args; j++)
			put_cur(b, &s->arg[j]);
		bulla_buf_str(b, "\n");
	}
}

static void
put_faults(struct bulla_buf *b, const struct bulla_exercise *x)
{
	size_t n = 0;

	for (size_t i = 0; i < x->n_faults; i++) {
		const struct bulla_exercise_fault *f = &x->fault[i];

		bulla_buf_str(b, "fault:");
		put_cur(b, &f->name);
		bulla_buf_fmt(b, " %s", bulla_exercise_kind_name(f->kind));
		put_cur(b, &x->step[f->step].name);
		if (f->kind == BULLA_FAULT_LATE)
			bulla_buf_fmt(b, " %" PRId64 "m", f->by / 60);
		bulla_buf_str(b, "\n");
		for (; n < x->n_notices && x->notice[n].fault == i; n++) {
			bulla_buf_fmt(b, "notice: %c",
			    x->notice[n].side ? 'b' : 'a');
			put_cur(b, &x->notice[n].tool);
			bulla_buf_fmt(b, " %u", x->notice[n].status);
			put_cur(b, &x->notice[n].text);
			bulla_buf_str(b, "\n");
		}
	}
}

void
bulla_exercise_put(struct bulla_buf *b, const struct bulla_exercise *x)
{
	bulla_buf_str(b, "bulla exercise v1\n");
	bulla_field_put(b, "title", &x->title);
	bulla_field_put(b, "category", &x->category);
	bulla_field_put_when(b, "start", x->start);
	put_side(b, x, BULLA_EXERCISE_A);
	put_side(b, x, BULLA_EXERCISE_B);
	for (size_t i = 0; i < x->n_drafts; i++) {
		bulla_field_put(b, "draft", &x->draft[i].name);
		for (size_t j = 0; j < x->draft[i].n; j++)
			bulla_field_put(b, "field",
			    &x->field[x->draft[i].first + j]);
	}
	put_steps(b, x);
	put_faults(b, x);
}
