#include <stdio.h>
#include <string.h>

#include "request.h"

#include "bulla/text.h"

/* One question for each field, in the order of the document. */
struct asker {
	struct request_cmd *k;
	struct bulla_reqdoc *d;
	size_t unfinished;	/* the field that ended in the middle, or MAX */
};

/* Nothing typed may be lost to a class that is refused at the very end. */
static bool
agrees(struct asker *a, const struct bulla_reqdoc_field *f)
{
	struct request_names n;

	if (request_names(a->k, a->d, &n) != CMD_YES || n.fits ||
	    strcmp(f->label, n.label) != 0)
		return true;
	fprintf(stderr, "  %s: " REQUEST_NOT_AGREED "; %s\n", n.label,
	    n.instead);
	return false;
}

/* The sentence in b, two columns in; b is emptied. */
static void
say_wrapped(struct bulla_buf *b)
{
	const struct bulla_cur text = bulla_buf_view(b);
	struct bulla_buf out = BULLA_BUF_INIT(8192);

	request_wrap(&out, "  ", "  ", &text, REQUEST_COLUMNS);
	(void)fwrite(out.p, 1, out.len, stderr);
	bulla_buf_free(&out);
	bulla_buf_reset(b);
}

static void
say_guide(struct asker *a, const struct bulla_reqdoc_field *f)
{
	struct bulla_buf b = BULLA_BUF_INIT(4096);
	struct request_names n;

	bulla_buf_str(&b, f->guide);
	say_wrapped(&b);
	bulla_buf_fmt(&b, "Write %s", f->form);
	for (size_t i = 0; f->codes != NULL && f->codes[i] != NULL; i++)
		bulla_buf_fmt(&b, "%s%s", i == 0 ? ": " : ", ", f->codes[i]);
	bulla_buf_str(&b, ".");
	say_wrapped(&b);
	bulla_buf_fmt(&b, "For example: %s", f->instead);
	say_wrapped(&b);
	if (request_names(a->k, a->d, &n) == CMD_YES &&
	    strcmp(f->label, n.label) == 0 && n.instead[0] != '\0') {
		bulla_buf_fmt(&b, "In the agreement in force: %s.",
		    n.instead);
		say_wrapped(&b);
	}
	if (f->lines)
		fputs("  An empty line ends it.\n", stderr);
	bulla_buf_free(&b);
}

/* The lines that follow the first; false at the end of input. */
static bool
read_more(struct asker *a, const struct bulla_reqdoc_field *f,
    struct bulla_buf *v)
{
	struct bulla_cur line;

	while (f->lines) {
		fputs("  ... ", stderr);
		if (!request_tty_line(&a->k->tty, &line))
			return false;
		if (line.len == 0)
			break;
		bulla_buf_str(v, "\n");
		bulla_buf_cur(v, &line);
	}
	return true;
}

static void
prompt(const struct bulla_reqdoc_field *f, bool must, const char *preset)
{
	char shown[80];

	fprintf(stderr, "%s", f->label);
	if (preset != NULL)
		fprintf(stderr, " [%s]", bulla_text_show_str(shown,
		    sizeof(shown), preset));
	else if (!must)
		fputs(" (optional)", stderr);
	fputs("> ", stderr);
}

enum answer { ANSWER_TAKEN, ANSWER_AGAIN, ANSWER_END };

/* The lines so far of an answer that will go on another time. */
static void
break_off(struct asker *a, const struct bulla_cur *label,
    const struct bulla_cur *value)
{
	struct bulla_err err = { 0 };

	if (bulla_reqdoc_set(a->d, label, value, &err) == BULLA_OK)
		a->unfinished = bulla_reqdoc_find(a->d->kind, label);
}

/* What was answered, with the lines that follow; judged by the field. */
static enum answer
take(struct asker *a, const struct bulla_reqdoc_field *f,
    const struct bulla_cur *first)
{
	struct bulla_buf v = BULLA_BUF_INIT(BULLA_REQDOC_MAX);
	const struct bulla_cur label = bulla_cur_str(f->label);
	struct bulla_err err = { 0 };
	struct bulla_cur value;
	enum answer got = ANSWER_END;

	bulla_buf_cur(&v, first);
	if (!read_more(a, f, &v)) {
		value = bulla_buf_view(&v);
		break_off(a, &label, &value);
	} else {
		value = bulla_buf_view(&v);
		got = bulla_reqdoc_set(a->d, &label, &value, &err) ==
		    BULLA_OK ? ANSWER_TAKEN : ANSWER_AGAIN;
		if (got == ANSWER_AGAIN)
			fprintf(stderr, "  %s\n", err.msg);
		else if (!agrees(a, f))
			got = ANSWER_AGAIN;
	}
	bulla_buf_free(&v);
	return got;
}

static enum answer
question(struct asker *a, size_t i, const struct bulla_reqdoc_field *f)
{
	const bool must = bulla_reqdoc_need(a->d, i) == BULLA_NEED_MUST;
	const char *preset = must ? f->preset : NULL;
	struct bulla_cur line;

	prompt(f, must, preset);
	if (!request_tty_line(&a->k->tty, &line))
		return ANSWER_END;
	if (bulla_cur_is(&line, "?")) {
		say_guide(a, f);
		return ANSWER_AGAIN;
	}
	if (line.len > 0)
		return take(a, f, &line);
	if (preset != NULL)
		return request_set(a->k, a->d, f->label, preset) == CMD_YES ?
		    ANSWER_TAKEN : ANSWER_END;
	if (must)
		fputs("  This one is needed; ? explains it.\n", stderr);
	return must ? ANSWER_AGAIN : ANSWER_TAKEN;
}

/* What was answered is kept at once: nobody has to type it again. */
static bool
ask_field(struct asker *a, size_t i)
{
	struct bulla_reqdoc_field f;
	enum answer got = ANSWER_AGAIN;

	if (!bulla_reqdoc_field(a->d->kind, i, &f))
		return true;
	while (got == ANSWER_AGAIN)
		got = question(a, i, &f);
	if (got == ANSWER_TAKEN)
		(void)request_draft_save(a->k, a->d, BULLA_REQDOC_FIELDS_MAX);
	return got == ANSWER_TAKEN;
}

/* The rest of a value that ended in the middle of it. */
static bool
go_on(struct asker *a, size_t i)
{
	struct bulla_reqdoc_field f;
	struct bulla_cur value, line;
	struct bulla_buf v = BULLA_BUF_INIT(BULLA_REQDOC_MAX);
	enum answer got;

	if (!bulla_reqdoc_field(a->d->kind, i, &f) || !f.lines ||
	    a->d->value[i].len == 0)
		return true;
	value = bulla_buf_view(&a->d->value[i]);
	bulla_buf_cur(&v, &value);
	fprintf(stderr, "%s: it was not finished; so far:\n", f.label);
	while (bulla_reqdoc_line(&value, &line))
		fprintf(stderr, "  %.*s\n", (int)line.len,
		    (const char *)line.p);
	value = bulla_buf_view(&v);
	got = take(a, &f, &value);
	bulla_buf_free(&v);
	return got == ANSWER_AGAIN ? ask_field(a, i) : got == ANSWER_TAKEN;
}

/* The first field that lint has an error for, with what it says. */
struct wrong {
	const struct bulla_reqdoc *d;
	size_t field;
};

static void
note_wrong(void *ctx, const struct bulla_finding *f)
{
	struct wrong *w = ctx;
	const struct bulla_cur label = bulla_cur_str(f->field);

	if (!f->error || w->field != BULLA_REQDOC_FIELDS_MAX)
		return;
	w->field = bulla_reqdoc_find(w->d->kind, &label);
	fprintf(stderr, "%s: %s; %s\n", f->field, f->what, f->instead);
}

/* What the guidelines refuse is asked for again, until they do not. */
static bool
ask_wrong(struct asker *a)
{
	struct wrong w = { .d = a->d };
	const struct bulla_lint l = { .now = a->k->now,
	    .max_days = a->k->max_days, .fn = note_wrong, .ctx = &w };

	for (;;) {
		w.field = BULLA_REQDOC_FIELDS_MAX;
		if (bulla_reqdoc_lint(a->d, &l) == 0 ||
		    w.field == BULLA_REQDOC_FIELDS_MAX)
			return true;
		if (!ask_field(a, w.field))
			return false;
	}
}

/* In the order of the document; false when the answers end before it does. */
static bool
ask_all(struct asker *a, size_t unfinished)
{
	struct bulla_reqdoc *d = a->d;
	struct bulla_reqdoc_field f;
	bool going = true;

	for (size_t i = 0; going && bulla_reqdoc_field(d->kind, i, &f); i++) {
		if (i == unfinished)
			going = go_on(a, i);
		else if (!f.tool && d->value[i].len == 0 &&
		    bulla_reqdoc_need(d, i) != BULLA_NEED_NO)
			going = ask_field(a, i);
	}
	return going && ask_wrong(a);
}

/* The answers end early: they are kept, and that is said. */
static int
stop(struct asker *a)
{
	struct request_cmd *k = a->k;
	const bool kept = a->unfinished != BULLA_REQDOC_FIELDS_MAX ?
	    request_draft_save(k, a->d, a->unfinished) : k->asked;

	fputc('\n', stderr);
	return request_stop(k, cmd_usage(&k->c, "the answers end early: "
	    "nothing was sealed%s", kept ? "" : " or kept; --template prints "
	    "a form that can wait"));
}

int
request_ask(struct request_cmd *k, struct bulla_reqdoc *d, size_t unfinished)
{
	struct asker a = { .k = k, .d = d,
	    .unfinished = BULLA_REQDOC_FIELDS_MAX };
	int code = request_agreed(k, d);

	if (code != CMD_YES)
		return code;
	fputs("One field after the other; ? explains a field, and an empty "
	    "line ends one that\ngoes on with \"...\". Ctrl-D or Ctrl-C "
	    "stops: what was answered is kept.\nNothing is sealed before you "
	    "have seen all of it.\n", stderr);
	request_tty_begin();
	if (!ask_all(&a, unfinished))
		return stop(&a);
	(void)request_tty_end();
	return CMD_YES;
}
