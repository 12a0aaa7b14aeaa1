#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "request_draft.h"

#include "bulla/file.h"
#include "bulla/text.h"

#define UNFINISHED "# unfinished: "

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

/* One that is damaged is no draft of anything; nor does it stop another. */
static enum bulla_status
load(struct request_cmd *k, enum bulla_reqdoc_kind kind,
    struct bulla_reqdoc *from, size_t *unfinished, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(2 * BULLA_REQDOC_MAX);
	struct bulla_cur text;
	enum bulla_status st = bulla_file_get(k->draft, &b, err);

	text = bulla_buf_view(&b);
	if (st == BULLA_OK)
		st = bulla_reqdoc_draft(&text, from, err);
	if (st == BULLA_OK && from->kind != kind)
		st = bulla_fail(err, BULLA_E_FORMAT, "is the draft of "
		    "another kind of document");
	if (st == BULLA_OK)
		*unfinished = read_unfinished(from, text);
	bulla_buf_free(&b);
	return st;
}

static void
describe(const struct request_cmd *k, const struct bulla_reqdoc *d)
{
	static const char *const labels[] = { "type", "class", "trigger",
	    "summary" };
	struct bulla_cur v, line;
	char shown[REQUEST_COLUMNS - 12];

	fprintf(stderr, "Not sealed yet: %s\n", bulla_text_show_str(shown,
	    sizeof(shown), k->draft));
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		const struct bulla_cur label = bulla_cur_str(labels[i]);

		if (bulla_reqdoc_find(d->kind, &label) <
		    BULLA_REQDOC_FIELDS_MAX &&
		    bulla_reqdoc_get(d, labels[i], &v) &&
		    bulla_reqdoc_line(&v, &line))
			fprintf(stderr, "  %s: %s\n", labels[i],
			    bulla_text_show(shown, sizeof(shown), &line));
	}
}

static enum request_said
offer(struct request_cmd *k, const struct bulla_reqdoc *from)
{
	enum request_said said = REQUEST_SAID_OTHER;

	describe(k, from);
	while (said == REQUEST_SAID_OTHER)
		said = request_tty_yes(&k->tty, "Go on with it? [y/n]");
	return said;
}

/* Whoever shares this home has drafts, too: which is meant is asked. */
static enum request_said
consider(struct request_cmd *k, struct bulla_reqdoc *d, size_t *unfinished)
{
	struct bulla_reqdoc from = { 0 };
	struct bulla_err err = { 0 };
	enum request_said said = REQUEST_SAID_NO;
	size_t rest = BULLA_REQDOC_FIELDS_MAX;
	char shown[256];

	if (load(k, d->kind, &from, &rest, &err) == BULLA_OK)
		said = offer(k, &from);
	else
		cmd_say(&k->c, "%s: %s; not offered: mend or remove it",
		    bulla_text_show_str(shown, sizeof(shown), k->draft),
		    err.msg);
	if (said == REQUEST_SAID_YES) {
		*unfinished = rest;
		request_merge(d, &from);
		k->asked = true;
	}
	bulla_reqdoc_free(&from);
	return said;
}

int
request_draft_load(struct request_cmd *k, struct bulla_reqdoc *d,
    size_t *unfinished)
{
	enum request_said said = REQUEST_SAID_NO;
	char before[REQUEST_DRAFT_NAME] = "";

	request_tty_begin();
	while (said == REQUEST_SAID_NO && request_draft_next(k, before)) {
		said = consider(k, d, unfinished);
		if (said != REQUEST_SAID_YES)
			request_draft_leave(k);
	}
	if (said == REQUEST_SAID_END) {
		fputc('\n', stderr);
		return request_stop(k, cmd_usage(&k->c, "the answers end "
		    "early: nothing was sealed"));
	}
	(void)request_tty_end();
	return CMD_YES;
}

bool
request_draft_save(struct request_cmd *k, const struct bulla_reqdoc *d,
    size_t unfinished)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_REQDOC_MAX + 128);
	struct bulla_reqdoc_field f;
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (k->stem[0] == '\0')
		return false;
	if (bulla_reqdoc_field(d->kind, unfinished, &f))
		bulla_buf_fmt(&b, UNFINISHED "%s\n", f.label);
	bulla_reqdoc_put(&b, d);
	st = bulla_buf_status(&b);
	if (st == BULLA_OK)
		st = request_draft_begin(k, &err);
	else
		(void)bulla_fail(&err, st, "too long, or out of memory");
	if (st == BULLA_OK)
		st = bulla_file_put(k->draft, b.p, b.len, 0600, true, &err);
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

	if (k->asked && code != CMD_YES)
		cmd_say(&k->c, "what was answered is kept in %s: mend it "
		    "there if need be; the same command goes on with it",
		    bulla_text_show_str(shown, sizeof(shown), k->draft));
	else if (k->asked && unlink(k->draft) != 0 && errno != ENOENT)
		cmd_say(&k->c, "%s: cannot be removed; do it by hand",
		    bulla_text_show_str(shown, sizeof(shown), k->draft));
	request_draft_leave(k);
	return code;
}
