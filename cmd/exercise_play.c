#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "exercise.h"

#include "bulla/file.h"
#include "bulla/when.h"

static const struct bulla_exercise_fault *
scripted(const struct drill *d, size_t step, enum bulla_exercise_kind kind)
{
	for (size_t i = 0; i < d->x->n_faults; i++) {
		if (d->x->fault[i].step == step &&
		    d->x->fault[i].kind == kind)
			return &d->x->fault[i];
	}
	return NULL;
}

const struct bulla_exercise_fault *
drill_fault(const struct drill *d, size_t step,
    enum bulla_exercise_kind kind)
{
	return d->faults ? scripted(d, step, kind) : NULL;
}

static void
exchange(struct drill *d, size_t step)
{
	const struct bulla_exercise_step *s = &d->x->step[step];
	const struct drill_path p = drill_path(d, "work/%.*s.bulla",
	    (int)s->name.len, (const char *)s->name.p);
	const char *home = d->home[s->side];
	const bool thief = scripted(d, step, BULLA_FAULT_STOLEN) != NULL;

	/* What a thief does, nobody does when there is none. */
	if (drill_fault(d, step, BULLA_FAULT_MISSING) || (thief && !d->faults))
		return;
	if (s->verb != BULLA_STEP_REQUEST && !d->step[s->of].arrived) {
		drill_tell(d, DRILL_IN, "nothing to answer: it has not come");
		return;
	}
	if (thief) {
		d->home[s->side] = s->side ? "old/b-thief" : "old/a-thief";
		(void)drill_clock(d, d->now);
	}
	drill_write_it(d, step, &p);
	d->home[s->side] = home;
	drill_deliver(d, step);
	if (drill_fault(d, step, BULLA_FAULT_UNASKED))
		drill_deliver_unasked(d, step);
}

/* A desk that opens a request judges it too. */
static void
open_it(struct drill *d, const struct bulla_exercise_step *s)
{
	const struct bulla_exercise_step *of = &d->x->step[s->of];
	const struct drill_path dir = drill_path(d, "work/%.*s-opened",
	    (int)s->name.len, (const char *)s->name.p);
	const struct drill_path p = drill_path(d, "%s/packages/%s.bulla",
	    d->home[s->side], d->step[s->of].id);
	const struct drill_path doc = drill_path(d,
	    "work/%.*s-opened/exchange/data/request.txt", (int)s->name.len,
	    (const char *)s->name.p);

	if (!d->step[s->of].arrived) {
		drill_tell(d, DRILL_IN, "nothing to open: it has not come");
		return;
	}
	if (drill_run(d, s->side, "open", DRILL("--exercise", "-d", dir.s,
	    p.s), NULL) == 0 && of->verb == BULLA_STEP_REQUEST)
		(void)drill_run(d, s->side, "request-lint", DRILL(doc.s),
		    NULL);
}

/* The other side's ledger is what it was once; and goes on from there. */
static bool
cheat(struct drill *d, int side, bool fork)
{
	const struct drill_path lines = drill_path(d, "work/lines");
	struct bulla_buf b = BULLA_BUF_INIT(1u << 16);
	struct bulla_err err = { 0 };
	char from[64], to[64];
	bool ok;

	(void)snprintf(to, sizeof(to), "%s/ledger", d->home[side]);
	(void)snprintf(from, sizeof(from), "old/%s-ledger", d->home[side]);
	ok = bulla_dir_remove(AT_FDCWD, drill_path(d, "%s", to).s, &err) ==
	    BULLA_OK && drill_copy(d, from, to);
	(void)snprintf(to, sizeof(to), "%s/keys/log.state", d->home[side]);
	(void)snprintf(from, sizeof(from), "old/%s-state", d->home[side]);
	ok = ok && drill_copy(d, from, to);
	for (unsigned i = 0; i < 1000; i++)
		bulla_buf_fmt(&b, "EXERCISE: another history, line %u\n", i);
	if (ok && fork)
		ok = drill_write(d, lines.s, &b) && drill_run(d, side,
		    "ledger-append", DRILL("--lines", lines.s), NULL) == 0;
	bulla_buf_free(&b);
	return ok;
}

static void
monitor(struct drill *d, size_t step, int side)
{
	const struct drill_path p = drill_path(d, "%s/ledger/public",
	    d->home[!side]);
	const bool fork = drill_fault(d, step, BULLA_FAULT_FORK) != NULL;

	if ((!fork && !drill_fault(d, step, BULLA_FAULT_ROLLBACK)) ||
	    cheat(d, !side, fork))
		(void)drill_run(d, side, "ledger-monitor", DRILL(p.s), NULL);
}

static void
reconcile(struct drill *d, int side)
{
	const struct drill_path p = drill_path(d, "work/statement");

	if (drill_run(d, !side, "ledger-reconcile", DRILL("--export", "-f",
	    "-o", p.s), NULL) == 0)
		(void)drill_run(d, side, "ledger-reconcile", DRILL(p.s), NULL);
}

static void
suspend(struct drill *d, const struct bulla_exercise_step *s)
{
	const struct drill_path note = drill_path(d, "work/suspension");
	const struct bulla_cur *side = &d->x->side[s->side].name;
	const char *const thief = s->side ? "old/b-thief" : "old/a-thief";
	char key[300];

	(void)snprintf(key, sizeof(key), "%.*s/%.*s", (int)side->len,
	    (const char *)side->p, (int)s->arg[0].len,
	    (const char *)s->arg[0].p);
	/* Of the first suspension, when there are more */
	if ((access(drill_path(d, "%s", thief).s, F_OK) == 0 ||
	    drill_copy(d, d->home[s->side], thief)) &&
	    drill_run(d, s->side, "trust-suspend", DRILL("-f", "--key", key,
	    "--reason", "EXERCISE: a copy of the key was taken", "-o",
	    note.s), NULL) == 0)
		(void)drill_run(d, !s->side, "trust-pin", DRILL(note.s),
		    NULL);
}

static void
do_step(struct drill *d, size_t step)
{
	const struct bulla_exercise_step *s = &d->x->step[step];

	switch (s->verb) {
	case BULLA_STEP_REQUEST:
	case BULLA_STEP_REPLY:
	case BULLA_STEP_HOTLINE:
		exchange(d, step);
		break;
	case BULLA_STEP_OPEN:
		open_it(d, s);
		break;
	case BULLA_STEP_COSIGN:
		drill_cosign(d, s->side);
		break;
	case BULLA_STEP_MONITOR:
		monitor(d, step, s->side);
		break;
	case BULLA_STEP_RECONCILE:
		reconcile(d, s->side);
		break;
	case BULLA_STEP_DUE:
		(void)drill_run(d, s->side, "request-due",
		    DRILL("--exercise", "--within", "1h"), NULL);
		break;
	case BULLA_STEP_LIST:
		(void)drill_run(d, s->side, "request-list",
		    DRILL("--exercise", "--all"), NULL);
		break;
	case BULLA_STEP_REVIEW:
		drill_review(d, s->side);
		break;
	case BULLA_STEP_SUSPEND:
		suspend(d, s);
		break;
	}
}

/* What happens, and what goes wrong with it. */
static void
tell_step(const struct drill *d, size_t step)
{
	const struct bulla_exercise_step *s = &d->x->step[step];
	char when[BULLA_WHEN_LEN + 1], words[160] = "", lead[32];
	size_t n = 0;

	bulla_when_text(d->now, when);
	for (unsigned i = 0; i < s->n_args; i++)
		n += (size_t)snprintf(words + n, sizeof(words) - n, " %.*s",
		    (int)s->arg[i].len, (const char *)s->arg[i].p);
	(void)snprintf(lead, sizeof(lead), "%.10s %.5s  %c  ", when, when + 11,
	    s->side ? 'b' : 'a');
	drill_tell(d, lead, "%.*s: %s%s", (int)s->name.len,
	    (const char *)s->name.p, bulla_exercise_verb_name(s->verb),
	    words);
	for (size_t i = 0; i < d->x->n_faults && d->faults; i++) {
		const struct bulla_exercise_fault *f = &d->x->fault[i];

		if (f->step == step)
			drill_tell(d, DRILL_IN, "FAULT %.*s: %s",
			    (int)f->name.len, (const char *)f->name.p,
			    bulla_exercise_kind_name(f->kind));
	}
}

static int64_t
time_of(const struct drill *d, size_t step)
{
	const struct bulla_exercise_fault *f = drill_fault(d, step,
	    BULLA_FAULT_LATE);

	return d->x->start + d->x->step[step].at + (f != NULL ? f->by : 0);
}

bool
drill_play(struct drill *d)
{
	bool done[BULLA_EXERCISE_STEPS] = { false };

	for (size_t n = 0; n < d->x->n_steps && !d->trouble; n++) {
		size_t next = SIZE_MAX;

		/* the first of those that are earliest: in the file's order */
		for (size_t i = 0; i < d->x->n_steps; i++) {
			if (!done[i] && (next == SIZE_MAX ||
			    time_of(d, i) < time_of(d, next)))
				next = i;
		}
		done[next] = true;
		if (!drill_clock(d, time_of(d, next)))
			break;
		tell_step(d, next);
		do_step(d, next);
	}
	return !d->trouble;
}
