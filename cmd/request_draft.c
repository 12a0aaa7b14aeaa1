#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "request.h"

#include "bulla/file.h"
#include "bulla/text.h"

#define UNFINISHED "# unfinished: "

void
request_draft_name(struct request_cmd *k, const char *verb, const char *id)
{
	const struct bulla_cur c = bulla_cur_str(id != NULL ? id : "");

	if (!k->m.open || (id != NULL && !bulla_id_ok(&c)))
		return;
	(void)snprintf(k->draft, sizeof(k->draft), "%.*s/requests/%s%s%s"
	    ".draft", (int)sizeof(k->draft) - 128, k->m.h.path, verb,
	    id != NULL ? "-" : "", id != NULL ? id : "");
}

/* The comment that names the field, if there is one. */
static size_t
read_unfinished(const struct bulla_reqdoc *d, struct bulla_cur text)
{
	struct bulla_cur line;

	while (bulla_cur_line(&text, &line)) {
		if (bulla_cur_eat_str(&line, UNFINISHED))
			return bulla_reqdoc_find(d->kind, &line);
	}
	return BULLA_REQDOC_FIELDS_MAX;
}

int
request_draft_load(struct request_cmd *k, struct bulla_reqdoc *d,
    size_t *unfinished)
{
	struct bulla_buf b = BULLA_BUF_INIT(2 * BULLA_REQDOC_MAX);
	struct bulla_reqdoc from = { 0 };
	struct bulla_err err = { 0 };
	struct bulla_cur text;
	char shown[256];
	enum bulla_status st;

	if (k->draft[0] == '\0' || access(k->draft, F_OK) != 0)
		return CMD_YES;
	st = bulla_file_get(k->draft, &b, &err);
	text = bulla_buf_view(&b);
	if (st == BULLA_OK)
		st = bulla_reqdoc_draft(&text, &from, &err);
	if (st == BULLA_OK && from.kind != d->kind)
		st = bulla_fail(&err, BULLA_E_FORMAT, "is the draft of "
		    "another kind of document");
	if (st == BULLA_OK) {
		*unfinished = read_unfinished(d, text);
		request_merge(d, &from);
		k->asked = true;
		cmd_say(&k->c, "goes on with the answers in %s; remove it to "
		    "begin anew", bulla_text_show_str(shown, sizeof(shown),
		    k->draft));
	}
	bulla_reqdoc_free(&from);
	bulla_buf_free(&b);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, k->draft, st,
	    &err);
}

bool
request_draft_save(struct request_cmd *k, const struct bulla_reqdoc *d,
    size_t unfinished)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_REQDOC_MAX + 128);
	struct bulla_reqdoc_field f;
	struct bulla_err err = { 0 };
	char dir[sizeof(k->draft)];
	enum bulla_status st;

	if (k->draft[0] == '\0')
		return false;
	memcpy(dir, k->draft, sizeof(dir));
	*strrchr(dir, '/') = '\0';
	if (bulla_reqdoc_field(d->kind, unfinished, &f))
		bulla_buf_fmt(&b, UNFINISHED "%s\n", f.label);
	bulla_reqdoc_put(&b, d);
	st = bulla_buf_status(&b);
	if (st == BULLA_OK)
		st = bulla_dir_make(dir, 0700, &err);
	if (st == BULLA_OK)
		st = bulla_file_put(k->draft, b.p, b.len, 0600, true, &err);
	else
		(void)bulla_fail(&err, st, "too long, or out of memory");
	bulla_buf_free(&b);
	k->asked |= st == BULLA_OK;
	if (st != BULLA_OK)
		cmd_say(&k->c, "the answers so far cannot be kept: %s",
		    err.msg);
	return st == BULLA_OK;
}

int
request_draft_end(struct request_cmd *k, int code)
{
	char shown[256];

	if (!k->asked)
		return code;
	if (code != CMD_YES)
		cmd_say(&k->c, "what was answered is kept in %s: the same "
		    "command goes on with it", bulla_text_show_str(shown,
		    sizeof(shown), k->draft));
	else if (unlink(k->draft) != 0 && errno != ENOENT)
		cmd_say(&k->c, "%s: cannot be removed; do it by hand",
		    bulla_text_show_str(shown, sizeof(shown), k->draft));
	return code;
}
