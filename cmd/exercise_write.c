#include <string.h>

#include "exercise.h"

#include "bulla/file.h"
#include "bulla/when.h"

#define DAY INT64_C(86400)

/* The fields of a draft as options; text holds them. */
static void
put_fields(const struct drill *d, size_t draft, struct drill_args *a,
    struct bulla_buf *text)
{
	const struct bulla_cur *v = &d->x->field[d->x->draft[draft].first];
	const size_t n = d->x->draft[draft].n;
	const char *p;

	for (size_t i = 0; i < n; i++) {
		bulla_buf_cur(text, &v[i]);
		bulla_buf_u8(text, 0);
	}
	BULLA_CHECK(bulla_buf_status(text) == BULLA_OK);
	p = (const char *)text->p;
	for (size_t i = 0; i < n; i++) {
		drill_arg(a, "-F");
		drill_arg(a, p);
		p += v[i].len + 1;
	}
}

/* Evidence to go along. */
static bool
make_file(struct drill *d, const char *path)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 16);
	bool ok;

	for (unsigned i = 0; i < 500; i++)
		bulla_buf_fmt(&b, "EXERCISE: line %u of nothing real\n", i);
	ok = drill_write(d, path, &b);
	bulla_buf_free(&b);
	return ok;
}

/* More that the faults of a step put on its command line. */
static void
put_faults(struct drill *d, size_t step, struct drill_args *a,
    struct bulla_buf *text)
{
	struct bulla_buf key = BULLA_BUF_INIT(4096);
	struct bulla_err err = { 0 };
	char when[BULLA_WHEN_LEN + 1];

	if (drill_fault(d, step, BULLA_FAULT_OVERBROAD)) {
		bulla_when_text(d->x->start - 1500 * DAY > 0 ?
		    d->x->start - 1500 * DAY : 0, when);
		bulla_buf_reset(text);
		bulla_buf_fmt(text, "range-from=%s", when);
		drill_arg(a, "-F");
		drill_arg(a, bulla_buf_cstr(text));
	} else if (drill_fault(d, step, BULLA_FAULT_RECIPIENT) &&
	    bulla_file_get(drill_path(d, "work/stranger.age.pub").s, &key,
	    &err) == BULLA_OK) {
		bulla_buf_reset(text);
		bulla_buf_put(text, key.p, key.len > 0 ? key.len - 1 : 0);
		drill_arg(a, "-r");
		drill_arg(a, bulla_buf_cstr(text));
	}
	bulla_buf_free(&key);
}

static void
write_it(struct drill *d, size_t step, const struct drill_path *package,
    bool faults)
{
	const struct bulla_exercise_step *s = &d->x->step[step];
	static const char *const tools[] = {
		[BULLA_STEP_REQUEST] = "request-new",
		[BULLA_STEP_REPLY] = "request-reply",
		[BULLA_STEP_HOTLINE] = "request-hotline",
	};
	struct bulla_buf out = BULLA_BUF_INIT(DRILL_OUT_MAX);
	struct bulla_buf text = BULLA_BUF_INIT(DRILL_OUT_MAX);
	struct bulla_buf more = BULLA_BUF_INIT(4096);
	struct drill_args a = { { "--exercise", "-o", package->s }, 3 };
	struct drill_path file;
	char type[BULLA_EXERCISE_NAME_MAX + 1];

	put_fields(d, s->draft, &a, &text);
	if (faults)
		put_faults(d, step, &a, &more);
	if (s->verb == BULLA_STEP_REPLY) {
		(void)snprintf(type, sizeof(type), "%.*s", (int)s->arg[1].len,
		    (const char *)s->arg[1].p);
		drill_arg(&a, "--type");
		drill_arg(&a, type);
	}
	if (s->n_args == 4) {
		file = drill_path(d, "work/%.*s", (int)s->arg[3].len,
		    (const char *)s->arg[3].p);
		if (make_file(d, file.s)) {
			drill_arg(&a, "-a");
			drill_arg(&a, file.s);
		}
	}
	if (s->verb != BULLA_STEP_REQUEST)
		drill_arg(&a, d->step[s->of].id);
	if (drill_run(d, s->side, tools[s->verb], &a, &out) == 0 &&
	    out.len >= 32)
		memcpy(d->step[step].id, out.p, 32);
	bulla_buf_free(&out);
	bulla_buf_free(&text);
	bulla_buf_free(&more);
}

void
drill_write_it(struct drill *d, size_t step, const struct drill_path *package)
{
	write_it(d, step, package, true);
	if (d->step[step].id[0] != '\0' ||
	    !drill_fault(d, step, BULLA_FAULT_OVERBROAD))
		return;
	drill_tell(d, DRILL_IN, "asks again, for what is needed");
	write_it(d, step, package, false);
}
