#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "request.h"

#include "bulla/file.h"
#include "bulla/text.h"

int
request_set(struct request_cmd *k, struct bulla_reqdoc *d, const char *label,
    const char *value)
{
	const struct bulla_cur l = bulla_cur_str(label);
	const struct bulla_cur v = bulla_cur_str(value);
	struct bulla_err err = { 0 };

	if (bulla_reqdoc_set(d, &l, &v, &err) != BULLA_OK)
		return cmd_usage(&k->c, "%s", err.msg);
	return CMD_YES;
}

/* What the tool knows better than a draft, which may be an old document. */
static void
drop_own(struct bulla_reqdoc *d)
{
	struct bulla_reqdoc_field f;

	for (size_t i = 0; bulla_reqdoc_field(d->kind, i, &f); i++) {
		if (!f.tool)
			continue;
		bulla_buf_free(&d->value[i]);
		d->line[i] = 0;
	}
}

/* Everything that a draft says takes the place of what was there. */
static void
merge(struct bulla_reqdoc *d, struct bulla_reqdoc *from)
{
	for (size_t i = 0; i < BULLA_REQDOC_FIELDS_MAX; i++) {
		if (from->value[i].len == 0)
			continue;
		bulla_buf_free(&d->value[i]);
		d->value[i] = from->value[i];
		d->line[i] = from->line[i];
		from->value[i] = (struct bulla_buf){ 0 };
	}
	bulla_reqdoc_free(from);
}

static int
add_draft(struct request_cmd *k, const char *path, struct bulla_reqdoc *d)
{
	struct bulla_buf b = BULLA_BUF_INIT(2 * BULLA_REQDOC_MAX);
	struct bulla_reqdoc from = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_file_get(path, &b, &err);
	struct bulla_cur text = bulla_buf_view(&b);
	int code = CMD_YES;

	if (st != BULLA_OK) {
		code = cmd_fail(&k->c, NULL, st, &err);
	} else if ((st = bulla_reqdoc_draft(&text, &from, &err)) != BULLA_OK) {
		code = cmd_fail(&k->c, path, st, &err);
	} else if (from.kind != d->kind) {
		(void)bulla_fail(&err, BULLA_E_FORMAT, "is the draft of "
		    "another kind of document; write a %s",
		    bulla_reqdoc_file(d->kind));
		code = cmd_fail(&k->c, path, BULLA_E_FORMAT, &err);
		bulla_reqdoc_free(&from);
	} else {
		drop_own(&from);
		merge(d, &from);
	}
	bulla_buf_free(&b);
	return code;
}

/* -F LABEL=VALUE; the value may have several lines. */
static int
add_field(struct request_cmd *k, const char *arg, struct bulla_reqdoc *d)
{
	struct bulla_cur value = bulla_cur_str(arg), label;
	struct bulla_reqdoc_field f;
	struct bulla_err err = { 0 };
	char shown[64];

	if (!bulla_cur_until(&value, '=', &label))
		return cmd_usage(&k->c, "-F: \"%s\" is not LABEL=VALUE",
		    bulla_text_show_str(shown, sizeof(shown), arg));
	if (bulla_reqdoc_field(d->kind, bulla_reqdoc_find(d->kind, &label),
	    &f) && f.tool)
		return cmd_usage(&k->c, "-F: %s is written by the tool: leave "
		    "it out", f.label);
	if (bulla_reqdoc_set(d, &label, &value, &err) != BULLA_OK)
		return cmd_usage(&k->c, "-F: %s", err.msg);
	return CMD_YES;
}

static int
add_presets(struct request_cmd *k, struct bulla_reqdoc *d)
{
	struct bulla_reqdoc_field f;
	int code = CMD_YES;

	for (size_t i = 0; bulla_reqdoc_field(d->kind, i, &f); i++) {
		if (f.preset != NULL && d->value[i].len == 0 &&
		    bulla_reqdoc_need(d, i) == BULLA_NEED_MUST &&
		    code == CMD_YES)
			code = request_set(k, d, f.label, f.preset);
	}
	return code;
}

int
request_fill(struct request_cmd *k, struct bulla_reqdoc *d)
{
	const bool given = k->c.argc > 0 || k->n_fields > 0;
	const char *path;
	int code = CMD_YES;

	while (code == CMD_YES && (path = cmd_operand(&k->c)) != NULL)
		code = add_draft(k, path, d);
	for (size_t i = 0; i < k->n_fields && code == CMD_YES; i++)
		code = add_field(k, k->field[i], d);
	if (code == CMD_YES && k->type != NULL &&
	    d->kind != BULLA_REQDOC_HOTLINE)
		code = request_set(k, d, "type", k->type);
	if (code != CMD_YES)
		return code;
	if (k->ask || (!given && isatty(STDIN_FILENO)))
		return request_ask(k, d);
	return add_presets(k, d);
}

struct told {
	struct request_cmd *k;
	struct cmd_json *j;
	bool on_stdout;
	unsigned warnings;
};

static void
tell_json(struct told *t, const struct bulla_finding *f)
{
	struct cmd_json *o = cmd_json_new();

	cmd_json_str(o, "severity", f->error ? "error" : "warning");
	cmd_json_str(o, "rule", f->rule);
	cmd_json_str(o, "field", f->field);
	if (f->line > 0)
		cmd_json_u64(o, "line", f->line);
	cmd_json_str(o, "what", f->what);
	cmd_json_str(o, "instead", f->instead);
	cmd_json_push_obj(t->j, "findings", o);
}

static void
tell(void *ctx, const struct bulla_finding *f)
{
	struct told *t = ctx;
	char at[32] = "";

	t->warnings += !f->error;
	if (f->line > 0)
		(void)snprintf(at, sizeof(at), " (line %u)", f->line);
	if (t->j != NULL)
		tell_json(t, f);
	else if (t->on_stdout)
		printf("%s: %s%s: %s; %s\n", f->error ? "error" : "warning",
		    f->field, at, f->what, f->instead);
	else
		cmd_say(&t->k->c, "%s: %s%s: %s; %s", f->error ? "error" :
		    "warning", f->field, at, f->what, f->instead);
}

int
request_judge(struct request_cmd *k, const struct bulla_reqdoc *d)
{
	struct told t = { .k = k };
	const struct bulla_lint l = { .now = k->now, .max_days = k->max_days,
	    .fn = tell, .ctx = &t };
	struct bulla_err err = { 0 };
	unsigned errors = bulla_reqdoc_lint(d, &l);

	if (errors == 0)
		return CMD_YES;
	return cmd_fail(&k->c, NULL, bulla_fail(&err, BULLA_E_REFUSED,
	    "not sealed: %u error%s in the document", errors,
	    errors == 1 ? "" : "s"), &err);
}

/* A hotline call may come as the note that was sent. */
static struct bulla_cur
text_of(const struct bulla_buf *b)
{
	struct bulla_cur c = bulla_buf_view(b);
	struct bulla_note n;

	if (bulla_cur_starts(&c, "bulla hotline v1\n") &&
	    bulla_note_parse(&c, &n, NULL) == BULLA_OK)
		return n.text;
	return c;
}

/* A draft of this home should say what new will not refuse. */
static int
tell_agreed(struct told *t, const struct bulla_reqdoc *d, unsigned *errors)
{
	struct bulla_finding f = { .error = true, .rule = "agreement",
	    .what = REQUEST_NOT_AGREED };
	struct bulla_cur date, label;
	struct request_names n;
	int code;

	/* What was sealed was judged by the agreement of its time. */
	if (bulla_reqdoc_get(d, "date", &date))
		return CMD_YES;
	code = cmd_home_open(&t->k->m, &t->k->c);
	if (code == CMD_YES)
		code = request_names(t->k, d, &n);
	if (code != CMD_YES || n.fits)
		return code;
	label = bulla_cur_str(n.label);
	f.field = n.label;
	f.line = d->line[bulla_reqdoc_find(d->kind, &label)];
	memcpy(f.instead, n.instead, sizeof(f.instead));
	*errors += 1;
	tell(t, &f);
	return CMD_YES;
}

static int
lint_result(struct told *t, unsigned errors)
{
	const int code = errors == 0 ? CMD_YES : CMD_NO;

	if (t->j == NULL) {
		if (errors == 0 && !t->k->c.common.quiet)
			printf("ok, %u warning%s\n", t->warnings,
			    t->warnings == 1 ? "" : "s");
		return code;
	}
	cmd_json_bool(t->j, "ok", errors == 0);
	cmd_json_u64(t->j, "errors", errors);
	cmd_json_u64(t->j, "warnings", t->warnings);
	return cmd_json_print(&t->k->c, t->j, code);
}

int
request_lint(struct request_cmd *k)
{
	const char *path = cmd_operand(&k->c);
	struct bulla_buf b = BULLA_BUF_INIT(2 * BULLA_REQDOC_MAX);
	struct told t = { .k = k, .on_stdout = true };
	const struct bulla_lint l = { .now = k->now, .max_days = k->max_days,
	    .draft = true, .fn = tell, .ctx = &t };
	struct bulla_reqdoc d = { 0 };
	struct bulla_err err = { 0 };
	struct bulla_cur text;
	enum bulla_status st;
	unsigned errors;
	int code;

	if (path == NULL || k->c.argc > 0)
		return cmd_usage(&k->c, "lint takes one DRAFT, or - for "
		    "standard input");
	st = bulla_file_get(path, &b, &err);
	text = text_of(&b);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	st = bulla_reqdoc_draft(&text, &d, &err);
	bulla_buf_free(&b);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, path, st, &err);
	t.j = k->c.common.json ? cmd_json_new() : NULL;
	errors = bulla_reqdoc_lint(&d, &l);
	code = tell_agreed(&t, &d, &errors);
	bulla_reqdoc_free(&d);
	if (code == CMD_YES)
		return lint_result(&t, errors);
	cmd_json_free(t.j);
	return code;
}
