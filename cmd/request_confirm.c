#include <stdio.h>

#include "request.h"

#include "bulla/text.h"

/* What was sealed is on record for good: its writer reads it first. */

void
request_remark(struct request_cmd *k, const char *text)
{
	if (k->asking)
		bulla_buf_fmt(&k->remarks, "%s\n", text);
	else
		cmd_say(&k->c, "warning: %s", text);
}

/* It is plain text, or it could not be sealed; so it stands here as it is. */
static void
show(const struct bulla_cur *text)
{
	struct bulla_buf b = BULLA_BUF_INIT(4 * BULLA_REQDOC_MAX);

	if (!bulla_text_is_lines(text))
		bulla_text_escape(&b, text);
	else
		bulla_buf_cur(&b, text);
	fputs("\nThis is what will be sealed:\n\n", stderr);
	(void)fwrite(b.p, 1, b.len, stderr);
	fputc('\n', stderr);
	bulla_buf_free(&b);
}

static void
show_remarks(const struct request_cmd *k)
{
	struct bulla_cur all = bulla_buf_view(&k->remarks), line;
	struct bulla_buf b = BULLA_BUF_INIT(8192);

	if (k->c.common.quiet)
		return;
	while (bulla_cur_line(&all, &line))
		request_wrap(&b, "warning: ", "  ", &line, REQUEST_COLUMNS);
	(void)fwrite(b.p, 1, b.len, stderr);
	bulla_buf_free(&b);
}

int
request_confirm(struct request_cmd *k, const struct bulla_reqdoc *d,
    const struct bulla_cur *text)
{
	struct bulla_err err = { 0 };
	enum request_said said;
	int code;

	if (!k->asking)
		return CMD_YES;
	show(text);
	request_warn(k, d);
	show_remarks(k);
	request_tty_begin();
	said = request_tty_yes(&k->tty, "Seal this? [y/N]");
	if (said == REQUEST_SAID_YES) {
		(void)request_tty_end();
		return CMD_YES;
	}
	if (said == REQUEST_SAID_END)
		fputc('\n', stderr);
	(void)request_draft_save(k, d, BULLA_REQDOC_FIELDS_MAX);
	code = cmd_fail(&k->c, NULL, bulla_fail(&err, BULLA_E_REFUSED,
	    "nothing was sealed: only yes seals"), &err);
	return request_stop(k, code);
}
