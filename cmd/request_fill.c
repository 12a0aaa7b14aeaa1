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

/* But what the tool knows better than a draft, which may be an old document. */
void
request_merge(struct bulla_reqdoc *d, struct bulla_reqdoc *from)
{
	struct bulla_reqdoc_field f;

	for (size_t i = 0; bulla_reqdoc_field(d->kind, i, &f); i++) {
		if (f.tool || from->value[i].len == 0)
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
		request_merge(d, &from);
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
	const bool ask = k->ask || (!given && isatty(STDIN_FILENO));
	size_t unfinished = BULLA_REQDOC_FIELDS_MAX;
	const char *path;
	int code = CMD_YES;

	if (ask && !isatty(STDIN_FILENO))
		return cmd_usage(&k->c, "--ask asks on the terminal, which "
		    "standard input is not: give a DRAFT (--template prints "
		    "one) or -F LABEL=VALUE");
	k->asking = ask;
	while (code == CMD_YES && (path = cmd_operand(&k->c)) != NULL)
		code = add_draft(k, path, d);
	if (code == CMD_YES && ask)
		code = request_draft_load(k, d, &unfinished);
	for (size_t i = 0; i < k->n_fields && code == CMD_YES; i++)
		code = add_field(k, k->field[i], d);
	if (code == CMD_YES && k->type != NULL &&
	    d->kind != BULLA_REQDOC_HOTLINE)
		code = request_set(k, d, "type", k->type);
	if (code != CMD_YES)
		return code;
	if (ask)
		return request_ask(k, d, unfinished);
	return add_presets(k, d);
}
