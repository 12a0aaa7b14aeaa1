#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "request_thread.h"

#include "bulla/when.h"

#define CLASS 16	/* columns: 80 in all */
#define ABOUT 78	/* of a line that is two in */

struct list {
	struct request_cmd *k;
	struct bulla_threads t;
	struct bulla_due *due;		/* of all time */
	size_t n_due;
	const struct bulla_due **next;	/* of each thread; NULL: none */
};

/* The first thing of each thread that falls due: they are in order. */
static int
find_next(struct list *l)
{
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_threads_due(&l->t, BULLA_WHEN_MAX,
	    &l->due, &l->n_due, &err);

	l->next = calloc(l->t.n + 1, sizeof(struct bulla_due *));
	if (st == BULLA_OK && l->next == NULL)
		st = bulla_fail(&err, BULLA_E_NOMEM, "out of memory");
	if (st != BULLA_OK)
		return cmd_fail(&l->k->c, NULL, st, &err);
	for (size_t i = l->n_due; i-- > 0;) {
		if (l->due[i].thread != SIZE_MAX)
			l->next[l->due[i].thread] = &l->due[i];
	}
	return CMD_YES;
}

static bool
is_over(const struct bulla_thread *t)
{
	switch (t->state) {
	case BULLA_THREAD_ANSWERED:
	case BULLA_THREAD_CLOSED:
	case BULLA_THREAD_WITHDRAWN:
	case BULLA_THREAD_EXPIRED:
		return true;
	case BULLA_THREAD_CALL:
		return t->waiting == -1;
	case BULLA_THREAD_UNPROVED:
	case BULLA_THREAD_OPEN:
	case BULLA_THREAD_STOPPED:
	case BULLA_THREAD_HELD:
		break;
	}
	return false;
}

static const char *
short_due(enum bulla_due_what what)
{
	static const char *const text[] = { "ack", "first", "final", "upd",
	    "hold", "call", "" };

	return text[what];
}

/* What it is about, if its document was opened here. */
static bool
about(const struct list *l, const struct bulla_thread *t,
    struct bulla_reqdoc *d, struct bulla_cur *summary)
{
	struct bulla_err err = { 0 };
	struct bulla_cur all;

	return bulla_request_document(&l->k->m.h, t->event[0].id, NULL, d,
	    &err) == BULLA_OK && bulla_reqdoc_get(d, "summary", &all) &&
	    bulla_reqdoc_line(&all, summary);
}

/* Below the line: beside all else there is no room for a sentence. */
static void
line_about(const struct list *l, const struct bulla_thread *t)
{
	struct bulla_reqdoc d = { 0 };
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_REQDOC_MAX);
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_REQDOC_MAX);
	struct bulla_cur v;

	if (!about(l, t, &d, &v)) {
		bulla_buf_str(&text, "(not opened here: show opens it)");
	} else {
		bulla_buf_fmt(&text, "%s: ", t->type[0] != '\0' ? t->type :
		    "call");
		bulla_buf_cur(&text, &v);
	}
	v = bulla_buf_view(&text);
	columns_cut(&b, &v, ABOUT);
	printf("  %.*s\n", (int)b.len, b.len > 0 ? (const char *)b.p : "");
	bulla_buf_free(&text);
	bulla_buf_free(&b);
	bulla_reqdoc_free(&d);
}

static void
json_about(const struct list *l, const struct bulla_thread *t,
    struct cmd_json *j)
{
	struct bulla_reqdoc d = { 0 };
	struct bulla_cur v;

	if (about(l, t, &d, &v))
		cmd_json_cur(j, "summary", &v);
	else
		cmd_json_null(j, "summary");
	bulla_reqdoc_free(&d);
}

static void
line(const struct list *l, size_t i)
{
	const struct bulla_thread *t = &l->t.v[i];
	const char *class = t->event[0].urgency;
	char span[REQUEST_SPAN] = "";
	const struct bulla_due *d = l->next[i];

	if (d != NULL)
		request_span(d->due, l->k->now, span);
	printf("%s %-4s %-*.*s %-9s %-4s %s%s%s\n", t->event[0].id,
	    request_us(&l->t, t->asker), CLASS, CLASS, class[0] != '\0' ?
	    class : "-", bulla_thread_state_text(t->state),
	    request_us(&l->t, t->waiting), d != NULL ? short_due(d->what) :
	    "-", d != NULL ? " " : "", span);
	line_about(l, t);
}

static int
json(const struct list *l, size_t i)
{
	const struct bulla_thread *t = &l->t.v[i];
	const struct bulla_due *d = l->next[i];
	struct cmd_json *j = cmd_json_new();

	cmd_json_str(j, "request", t->event[0].id);
	cmd_json_str(j, "asker", l->t.side[t->asker]);
	request_str_json(j, "class", t->event[0].urgency);
	request_str_json(j, "type", t->type);
	request_str_json(j, "category", t->category);
	json_about(l, t, j);
	request_str_json(j, "related", t->related);
	cmd_json_str(j, "state", bulla_thread_state_text(t->state));
	if (t->waiting < 0)
		cmd_json_null(j, "waiting");
	else
		cmd_json_str(j, "waiting", l->t.side[t->waiting]);
	cmd_json_when(j, "claimed", t->event[0].claimed);
	request_when_json(j, "start", t->start);
	cmd_json_u64(j, "agreement", t->agreement);
	cmd_json_obj(j, "acknowledge", request_clock_json(&t->acknowledge));
	cmd_json_obj(j, "first", request_clock_json(&t->first));
	cmd_json_obj(j, "final", request_clock_json(&t->final));
	cmd_json_bool(j, "overdue", d != NULL && d->due < l->k->now);
	if (d != NULL) {
		cmd_json_str(j, "next", bulla_due_text(d->what));
		cmd_json_when(j, "due", d->due);
	}
	return cmd_json_print(&l->k->c, j, CMD_YES);
}

static int
stray(const struct list *l, const struct bulla_stray *s)
{
	struct cmd_json *j;

	if (!l->k->c.common.json) {
		printf("! %s %s: %s\n", s->event.id[0] != '\0' ? s->event.id :
		    "a file", s->event.kind, s->why);
		return CMD_YES;
	}
	j = cmd_json_new();
	request_str_json(j, "stray", s->event.id);
	request_str_json(j, "kind", s->event.kind);
	cmd_json_str(j, "why", s->why);
	return cmd_json_print(&l->k->c, j, CMD_YES);
}

static int
print_all(const struct list *l)
{
	size_t n = 0, over = 0, late = 0;
	int code = CMD_YES;

	for (size_t i = 0; i < l->t.n && code == CMD_YES; i++) {
		bool ended = is_over(&l->t.v[i]);

		over += ended;
		late += l->next[i] != NULL && l->next[i]->due < l->k->now;
		if (ended && !l->k->all && l->next[i] == NULL)
			continue;
		if (n++ == 0 && !l->k->c.common.json)
			printf("%-32s %-4s %-*s %-9s %-4s %s\n", "request",
			    "by", CLASS, "class", "state", "for", "due");
		if (l->k->c.common.json)
			code = json(l, i);
		else
			line(l, i);
	}
	for (size_t i = 0; i < l->t.n_strays && code == CMD_YES; i++)
		code = stray(l, &l->t.stray[i]);
	if (!l->k->c.common.json)
		printf("%zu open, %zu overdue, %zu ended\n", l->t.n - over,
		    late, over);
	if (l->t.n_left_out > 0)
		cmd_say(&l->k->c, "%" PRIu64 " packages of %s are left out",
		    l->t.n_left_out, l->k->exercise ? "no exercise" :
		    "exercises (--exercise)");
	return code;
}

int
request_list(struct request_cmd *k)
{
	struct list l = { .k = k };
	int code;

	if (k->c.argc > 0)
		return cmd_usage(&k->c, "list takes options only; to look at "
		    "one request: show ID");
	code = request_threads(k, false, &l.t);
	if (code == CMD_YES)
		code = find_next(&l);
	if (code == CMD_YES)
		code = print_all(&l);
	free(l.due);
	free(l.next);
	bulla_threads_free(&l.t);
	return code;
}
