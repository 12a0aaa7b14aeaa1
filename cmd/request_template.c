#include <stdio.h>
#include <string.h>

#include "request.h"

#include "bulla/file.h"
#include "bulla/text.h"

#define TEMPLATE_MAX 65536u
#define COLUMNS 72u

static void
comment(struct bulla_buf *b, const char *text)
{
	const struct bulla_cur c = bulla_cur_str(text);

	request_wrap(b, "# ", "# ", &c, COLUMNS);
}

static void
put_field(struct bulla_buf *b, const struct bulla_reqdoc *d, size_t i,
    const struct bulla_reqdoc_field *f)
{
	const bool must = bulla_reqdoc_need(d, i) == BULLA_NEED_MUST;
	struct bulla_buf line = BULLA_BUF_INIT(2048);
	struct bulla_cur v = bulla_buf_view(&d->value[i]);

	bulla_buf_str(b, "\n");
	comment(b, f->guide);
	bulla_buf_fmt(&line, "%s: %s", must ? "Required" : "Optional",
	    f->form);
	for (size_t n = 0; f->codes != NULL && f->codes[n] != NULL; n++)
		bulla_buf_fmt(&line, "%s%s", n == 0 ? ": " : ", ",
		    f->codes[n]);
	comment(b, bulla_buf_cstr(&line) != NULL ? (const char *)line.p : "");
	bulla_buf_reset(&line);
	bulla_buf_fmt(&line, "For example: %s", f->instead);
	comment(b, bulla_buf_cstr(&line) != NULL ? (const char *)line.p : "");
	bulla_buf_free(&line);
	bulla_buf_fmt(b, "%s:", f->label);
	if (v.len > 0)
		bulla_buf_fmt(b, " %.*s", (int)v.len, (const char *)v.p);
	else if (must && f->preset != NULL)
		bulla_buf_fmt(b, " %s", f->preset);
	bulla_buf_str(b, "\n");
}

static void
put_template(struct bulla_buf *b, const struct bulla_reqdoc *d)
{
	static const char *const first[] = { "bulla request v1",
	    "bulla reply v1", "bulla hotline v1" };
	struct bulla_reqdoc_field f;

	bulla_buf_fmt(b, "%s\n", first[d->kind]);
	comment(b, "Lines that begin with # are left out. A value of more "
	    "than one line goes on in lines that begin with two spaces. An "
	    "optional field may stay empty.");
	for (size_t i = 0; bulla_reqdoc_field(d->kind, i, &f); i++) {
		if (!f.tool && bulla_reqdoc_need(d, i) != BULLA_NEED_NO)
			put_field(b, d, i, &f);
	}
}

/* A hotline's form has two types that are not written in it. */
static int
set_type(struct request_cmd *k, struct bulla_reqdoc *d)
{
	if (d->kind != BULLA_REQDOC_HOTLINE)
		return request_set(k, d, "type", k->template);
	if (strcmp(k->template, "answer") == 0)
		return request_set(k, d, "answers",
		    "00000000000000000000000000000000");
	if (strcmp(k->template, "call") != 0)
		return cmd_usage(&k->c, "--template: a hotline's forms are "
		    "call and answer");
	return CMD_YES;
}

int
request_template(struct request_cmd *k, struct bulla_reqdoc *d)
{
	const char *out = k->c.common.out != NULL ? k->c.common.out : "-";
	struct bulla_buf b = BULLA_BUF_INIT(TEMPLATE_MAX);
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code = set_type(k, d);

	if (code != CMD_YES)
		return code;
	put_template(&b, d);
	st = bulla_buf_status(&b);
	if (st != BULLA_OK)
		(void)bulla_fail(&err, st, "out of memory");
	else
		st = bulla_file_put(out, b.p, b.len, 0600, k->c.common.force,
		    &err);
	bulla_buf_free(&b);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}
