#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "request_thread.h"

#include "bulla/when.h"

#define DAY INT64_C(86400)

static void
line(const struct request_cmd *k, const struct bulla_threads *t,
    const struct bulla_due *d)
{
	const struct bulla_event *e = d->thread == SIZE_MAX ? NULL :
	    &t->v[d->thread].event[d->event];
	char due[BULLA_WHEN_LEN + 1], span[REQUEST_SPAN];
	bool late = d->due < k->now;

	bulla_when_text(d->due, due);
	request_span(late ? k->now + (k->now - d->due) : d->due, k->now,
	    span);
	printf("%-4s %4s %s %-11s %-4s %s\n", late ? "LATE" : "in",
	    span, due, bulla_due_text(d->what), d->side < 0 ? "both" :
	    request_us(t, d->side), e != NULL ? e->id : "-");
}

static int
json(const struct request_cmd *k, const struct bulla_threads *t,
    const struct bulla_due *d)
{
	const struct bulla_thread *th = d->thread == SIZE_MAX ? NULL :
	    &t->v[d->thread];
	struct cmd_json *j = cmd_json_new();

	cmd_json_str(j, "what", bulla_due_text(d->what));
	cmd_json_when(j, "due", d->due);
	cmd_json_bool(j, "overdue", d->due < k->now);
	request_str_json(j, "side", d->side < 0 ? "" : t->side[d->side]);
	request_str_json(j, "request", th != NULL ? th->event[0].id : "");
	request_str_json(j, "package", th != NULL ? th->event[d->event].id :
	    "");
	request_str_json(j, "class", th != NULL ? th->event[0].urgency : "");
	return cmd_json_print(&k->c, j, CMD_YES);
}

/* Only what our own side owes. */
static size_t
keep_ours(const struct bulla_threads *t, struct bulla_due *v, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (v[i].side < 0 || v[i].side == t->ours)
			v[kept++] = v[i];
	}
	return kept;
}

int
request_due(struct request_cmd *k)
{
	int64_t within = DAY;
	struct bulla_threads t = { 0 };
	struct bulla_due *v = NULL;
	struct bulla_err err = { 0 };
	size_t n = 0;
	int code = CMD_YES;

	if (k->c.argc > 0)
		return cmd_usage(&k->c, "due takes options only");
	if (k->within != NULL)
		code = request_duration(k, "--within", k->within, &within);
	if (code == CMD_YES)
		code = request_threads(k, false, &t);
	if (code != CMD_YES)
		return code;
	if (bulla_threads_due(&t, k->now + within + 1, &v, &n, &err) !=
	    BULLA_OK)
		code = cmd_fail(&k->c, NULL, BULLA_E_NOMEM, &err);
	if (k->ours)
		n = keep_ours(&t, v, n);
	for (size_t i = 0; i < n && code == CMD_YES; i++) {
		if (k->c.common.json)
			code = json(k, &t, &v[i]);
		else
			line(k, &t, &v[i]);
	}
	if (code == CMD_YES && k->hook != NULL)
		code = request_hook(k, &t, v, n);
	free(v);
	bulla_threads_free(&t);
	return code == CMD_YES && n > 0 ? CMD_NO : code;
}
