#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "request.h"

#include "bulla/file.h"
#include "bulla/text.h"

struct told {
	struct request_cmd *k;
	struct cmd_json *j;
	bool on_stdout;
	struct request_names names;	/* of the agreement */
	unsigned warnings;
};

static void
tell_json(struct told *t, const struct bulla_finding *f)
{
	struct cmd_json *o = cmd_json_new();

	cmd_json_str(o, "severity", f->error ? "error" : "warning");
	cmd_json_str(o, "rule", f->rule);
	if (f->field != NULL)
		cmd_json_str(o, "field", f->field);
	if (f->line > 0)
		cmd_json_u64(o, "line", f->line);
	cmd_json_str(o, "what", f->what);
	cmd_json_str(o, "instead", f->instead);
	cmd_json_push_obj(t->j, "findings", o);
}

/* One line of a log; on a terminal as many as it takes. */
static void
tell_text(struct told *t, const struct bulla_finding *f)
{
	FILE *to = t->on_stdout ? stdout : stderr;
	struct bulla_buf b = BULLA_BUF_INIT(2048);
	struct bulla_buf out = BULLA_BUF_INIT(4096);
	struct bulla_cur text;

	if (!t->on_stdout && t->k->c.common.quiet)
		return;
	if (!t->on_stdout)
		bulla_buf_fmt(&b, "%s: ", t->k->c.tool->name);
	bulla_buf_str(&b, f->error ? "error:" : "warning:");
	if (f->field != NULL)
		bulla_buf_fmt(&b, " %s", f->field);
	if (f->line > 0)
		bulla_buf_fmt(&b, f->field != NULL ? " (line %u)" :
		    " line %u", f->line);
	bulla_buf_fmt(&b, "%s %s; %s", f->field != NULL || f->line > 0 ? ":" :
	    "", f->what, f->instead);
	text = bulla_buf_view(&b);
	request_wrap(&out, "", "  ", &text, isatty(fileno(to)) ?
	    REQUEST_COLUMNS : SIZE_MAX);
	(void)fwrite(out.p, 1, out.len, to);
	bulla_buf_free(&b);
	bulla_buf_free(&out);
}

static void
tell(void *ctx, const struct bulla_finding *f)
{
	struct told *t = ctx;
	struct bulla_finding better = *f;

	t->warnings += !f->error;
	/* The agreement knows what a class is; the guidelines do not. */
	if (t->names.instead[0] != '\0' && strcmp(f->rule, "missing") == 0 &&
	    strcmp(f->field, t->names.label) == 0)
		memcpy(better.instead, t->names.instead,
		    sizeof(better.instead));
	if (t->j != NULL)
		tell_json(t, &better);
	else
		tell_text(t, &better);
}

static bool
is_ours(const struct bulla_roster *r, const struct bulla_cur *name)
{
	for (size_t i = 0; i < r->n_ages; i++)
		if (bulla_cur_same(name, &r->age[i].name) ||
		    bulla_cur_same(name, &r->age[i].recipient))
			return true;
	return false;
}

static void
write_ours(const struct bulla_roster *r, struct bulla_finding *f)
{
	size_t n = (size_t)snprintf(f->instead, sizeof(f->instead),
	    "leave it out, or write names of our roster:");

	for (size_t i = 0; i < r->n_ages &&
	    n + r->age[i].name.len + 2 < sizeof(f->instead); i++)
		n += (size_t)snprintf(f->instead + n,
		    sizeof(f->instead) - n, " %.*s",
		    (int)r->age[i].name.len, (const char *)r->age[i].name.p);
}

/* The other side could not answer to a key that it cannot look up. */
static unsigned
tell_keys(struct told *t, const struct bulla_reqdoc *d)
{
	struct bulla_finding f = { .error = true, .rule = "agreement",
	    .field = "reply-keys" };
	const struct bulla_cur label = bulla_cur_str(f.field);
	const struct bulla_roster *r = NULL;
	struct bulla_cur keys, one;
	uint8_t digest[32];
	char shown[80];
	unsigned n = 0;

	if (t->k->m.h.trust != NULL)
		r = bulla_trust_roster(t->k->m.h.trust, BULLA_OURS, digest);
	if (r == NULL || r->n_ages == 0 ||
	    !bulla_reqdoc_get(d, f.field, &keys))
		return 0;
	f.line = d->line[bulla_reqdoc_find(d->kind, &label)];
	write_ours(r, &f);
	while (bulla_reqdoc_line(&keys, &one)) {
		if (is_ours(r, &one))
			continue;
		(void)snprintf(f.what, sizeof(f.what), "\"%s\" is no age key "
		    "of our roster, so nobody could answer to it",
		    bulla_text_show(shown, sizeof(shown), &one));
		tell(t, &f);
		n++;
	}
	return n;
}

int
request_judge(struct request_cmd *k, const struct bulla_reqdoc *d)
{
	struct told t = { .k = k };
	const struct bulla_lint l = { .now = k->now, .max_days = k->max_days,
	    .fn = tell, .ctx = &t };
	const struct bulla_lint silent = { .now = k->now,
	    .max_days = k->max_days };
	struct bulla_err err = { 0 };
	unsigned errors;
	int code = request_names(k, d, &t.names);

	if (code != CMD_YES)
		return code;
	/* What can be sealed is shown whole, with its warnings below it. */
	if (k->asking && bulla_reqdoc_lint(d, &silent) == 0)
		errors = tell_keys(&t, d);
	else
		errors = bulla_reqdoc_lint(d, &l) + tell_keys(&t, d);
	if (errors == 0)
		return CMD_YES;
	return cmd_fail(&k->c, NULL, bulla_fail(&err, BULLA_E_REFUSED,
	    "not sealed: %u error%s in the document", errors,
	    errors == 1 ? "" : "s"), &err);
}

void
request_warn(struct request_cmd *k, const struct bulla_reqdoc *d)
{
	struct told t = { .k = k };
	const struct bulla_lint l = { .now = k->now, .max_days = k->max_days,
	    .fn = tell, .ctx = &t };

	(void)bulla_reqdoc_lint(d, &l);
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
look_up(struct told *t, const struct bulla_reqdoc *d)
{
	struct bulla_cur date;
	int code;

	/* What was sealed was judged by the agreement of its time. */
	t->names.fits = true;
	if (bulla_reqdoc_get(d, "date", &date))
		return CMD_YES;
	code = cmd_home_open(&t->k->m, &t->k->c);
	return code == CMD_YES ? request_names(t->k, d, &t->names) : code;
}

static void
tell_agreed(struct told *t, const struct bulla_reqdoc *d, unsigned *errors)
{
	struct bulla_finding f = { .error = true, .rule = "agreement",
	    .field = t->names.label, .what = REQUEST_NOT_AGREED };
	struct bulla_cur label;

	if (t->names.fits)
		return;
	label = bulla_cur_str(t->names.label);
	f.line = d->line[bulla_reqdoc_find(d->kind, &label)];
	memcpy(f.instead, t->names.instead, sizeof(f.instead));
	*errors += 1;
	tell(t, &f);
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

/* First in silence, to learn which document it is and what it asks for. */
static int
lint_text(struct told *t, const char *path, const struct bulla_cur *text)
{
	struct bulla_lint l = { .now = t->k->now, .max_days = t->k->max_days,
	    .draft = true, .ctx = t };
	struct bulla_reqdoc d = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	unsigned errors = 0;
	int code = CMD_YES;

	st = bulla_reqdoc_lint_text(text, &l, &d, &errors, &err);
	if (st == BULLA_OK) {
		code = look_up(t, &d);
		bulla_reqdoc_free(&d);
	}
	if (st == BULLA_OK && code == CMD_YES) {
		l.fn = tell;
		t->j = t->k->c.common.json ? cmd_json_new() : NULL;
		st = bulla_reqdoc_lint_text(text, &l, &d, &errors, &err);
	}
	if (st != BULLA_OK)
		code = cmd_fail(&t->k->c, path, st, &err);
	if (code != CMD_YES) {
		cmd_json_free(t->j);
		return code;
	}
	tell_agreed(t, &d, &errors);
	errors += tell_keys(t, &d);
	bulla_reqdoc_free(&d);
	return lint_result(t, errors);
}

int
request_lint(struct request_cmd *k)
{
	const char *path = cmd_operand(&k->c);
	struct bulla_buf b = BULLA_BUF_INIT(2 * BULLA_REQDOC_MAX);
	struct told t = { .k = k, .on_stdout = true };
	struct bulla_err err = { 0 };
	struct bulla_cur text;
	enum bulla_status st;
	int code;

	if (path == NULL || k->c.argc > 0)
		return cmd_usage(&k->c, "lint takes one DRAFT, or - for "
		    "standard input");
	st = bulla_file_get(path, &b, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	text = text_of(&b);
	code = lint_text(&t, path, &text);
	bulla_buf_free(&b);
	return code;
}
