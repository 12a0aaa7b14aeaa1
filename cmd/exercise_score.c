#include <string.h>

#include "exercise.h"

#include "bulla/when.h"

/* Is this what should be noticed? */
static bool
matches(const struct bulla_exercise_notice *n, const struct drill_finding *f)
{
	return n->side == f->side && (int)n->status == f->status &&
	    bulla_cur_is(&n->tool, f->tool) &&
	    memmem(f->text, strlen(f->text), n->text.p, n->text.len) != NULL;
}

/* Each finding goes to the first notice that expects it. */
static void
assign(struct drill *d)
{
	for (size_t i = 0; i < d->n_found; i++) {
		for (size_t j = 0; j < d->x->n_notices && d->faults; j++) {
			if (!matches(&d->x->notice[j], &d->found[i]))
				continue;
			d->found[i].notice = j;
			break;
		}
	}
}

/* What came first of it; NULL: nobody noticed. */
static const struct drill_finding *
first(const struct drill *d, size_t notice)
{
	for (size_t i = 0; i < d->n_found; i++) {
		if (matches(&d->x->notice[notice], &d->found[i]))
			return &d->found[i];
	}
	return NULL;
}

/* A fault that nobody is to notice cannot be scored: it is missed. */
static bool
expected(const struct drill *d, size_t fault)
{
	for (size_t i = 0; i < d->x->n_notices; i++) {
		if (d->x->notice[i].fault == fault)
			return true;
	}
	return false;
}

static void
finding_json(struct cmd_json *j, const struct drill_finding *f)
{
	cmd_json_str(j, "side", f->side ? "b" : "a");
	cmd_json_str(j, "tool", f->tool);
	cmd_json_u64(j, "status", (uint64_t)f->status);
	cmd_json_when(j, "time", f->when);
	cmd_json_str(j, "text", f->text);
}

static void
show_finding(const struct drill_finding *f, const char *lead)
{
	char when[BULLA_WHEN_LEN + 1];

	bulla_when_text(f->when, when);
	drill_print(lead, "%s  bulla-%s, exit %d: %s", when, f->tool,
	    f->status, f->text);
}

static void
show_notice(const struct bulla_exercise_notice *n,
    const struct drill_finding *f)
{
	char lead[16];

	(void)snprintf(lead, sizeof(lead), "  %-7s %c ", f != NULL ?
	    "noticed" : "MISSED", n->side ? 'b' : 'a');
	drill_print(lead, "bulla-%.*s, exit %u: \"%.*s\"",
	    (int)n->tool.len, (const char *)n->tool.p, n->status,
	    (int)n->text.len, (const char *)n->text.p);
	if (f != NULL)
		show_finding(f, "          ");
}

static struct cmd_json *
notice_json(const struct bulla_exercise_notice *n,
    const struct drill_finding *f)
{
	struct cmd_json *j = cmd_json_new(), *by;

	cmd_json_str(j, "side", n->side ? "b" : "a");
	cmd_json_cur(j, "tool", &n->tool);
	cmd_json_u64(j, "status", n->status);
	cmd_json_cur(j, "text", &n->text);
	cmd_json_bool(j, "noticed", f != NULL);
	if (f != NULL) {
		by = cmd_json_new();
		finding_json(by, f);
		cmd_json_obj(j, "by", by);
	}
	return j;
}

/* One fault; true when all of it was noticed. */
static bool
score_fault(const struct drill *d, size_t i, struct cmd_json *all)
{
	const struct bulla_exercise_fault *f = &d->x->fault[i];
	const struct bulla_cur *step = &d->x->step[f->step].name;
	struct cmd_json *j = all != NULL ? cmd_json_new() : NULL;
	const bool any = expected(d, i);
	bool ok = any;

	cmd_json_cur(j, "fault", &f->name);
	cmd_json_str(j, "kind", bulla_exercise_kind_name(f->kind));
	cmd_json_cur(j, "step", step);
	if (all == NULL)
		drill_print("", "fault %.*s: %s of %.*s", (int)f->name.len,
		    (const char *)f->name.p, bulla_exercise_kind_name(f->kind),
		    (int)step->len, (const char *)step->p);
	if (all == NULL && !any)
		drill_print("  MISSED  ", "the scenario does not say who "
		    "should notice it");
	for (size_t n = 0; n < d->x->n_notices; n++) {
		const struct drill_finding *by = first(d, n);

		if (d->x->notice[n].fault != i)
			continue;
		ok = ok && by != NULL;
		if (all != NULL)
			cmd_json_push_obj(j, "notices",
			    notice_json(&d->x->notice[n], by));
		else
			show_notice(&d->x->notice[n], by);
	}
	cmd_json_bool(j, "noticed", ok);
	if (all != NULL)
		cmd_json_push_obj(all, "faults", j);
	return ok;
}

/* What was reported and is not of the scenario; how many. */
static size_t
score_rest(const struct drill *d, struct cmd_json *all)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_found; i++) {
		struct cmd_json *j;

		if (d->found[i].notice != DRILL_NOBODY)
			continue;
		n++;
		if (all == NULL) {
			printf("not scripted, side %c\n",
			    d->found[i].side ? 'b' : 'a');
			show_finding(&d->found[i], "          ");
			continue;
		}
		j = cmd_json_new();
		finding_json(j, &d->found[i]);
		cmd_json_push_obj(all, "unscripted", j);
	}
	return n;
}

int
drill_score(struct drill *d)
{
	struct cmd_json *j = d->c.common.json ? cmd_json_new() : NULL;
	const size_t n = d->faults ? d->x->n_faults : 0;
	size_t good = 0, rest;
	int code;

	assign(d);
	drill_tell(d, "", "%s", "");
	for (size_t i = 0; i < n; i++)
		good += score_fault(d, i, j);
	rest = score_rest(d, j);
	code = good == n && rest == 0 ? CMD_YES : CMD_NO;
	if (j == NULL) {
		drill_print("", "%s: %zu of %zu faults noticed, %zu reports "
		    "that were not scripted", code == CMD_YES ? "ok" :
		    "NOT OK", good, n, rest);
		return code;
	}
	cmd_json_bool(j, "ok", code == CMD_YES);
	cmd_json_cur(j, "title", &d->x->title);
	cmd_json_cur(j, "category", &d->x->category);
	cmd_json_u64(j, "noticed", good);
	cmd_json_u64(j, "missed", n - good);
	cmd_json_u64(j, "not_scripted", rest);
	return cmd_json_print(&d->c, j, code);
}
