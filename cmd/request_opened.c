#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "request_thread.h"

#include "bulla/text.h"

/*
 * The documents of one thread, for show. Only its own packages are opened, and
 * the key is asked for only when one of them needs it.
 */

static bool
has_document(const struct bulla_event *e)
{
	const struct bulla_cur kind = bulla_cur_str(e->kind);
	enum bulla_reqdoc_kind is;

	return bulla_reqdoc_kind_of(&kind, &is);
}

bool
request_opened(const struct request_cmd *k, const struct bulla_event *e,
    char out[REQUEST_PATH])
{
	int n = snprintf(out, REQUEST_PATH, "%s/requests/%s.txt",
	    k->m.h.path, e->id);

	return n > 0 && (size_t)n < REQUEST_PATH && access(out, F_OK) == 0;
}

/* For a shell: what is in quotes stands for itself. */
static void
quoted(struct bulla_buf *b, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
	size_t n = strlen(text);

	if (n > 0 && strspn(text, plain) == n) {
		bulla_buf_str(b, text);
		return;
	}
	bulla_buf_str(b, "'");
	for (; *text != '\0'; text++)
		bulla_buf_fmt(b, *text == '\'' ? "'\\%c'" : "%c", *text);
	bulla_buf_str(b, "'");
}

bool
request_unopened(const struct request_cmd *k, const struct bulla_event *e,
    char out[REQUEST_COMMAND])
{
	struct bulla_buf b = BULLA_BUF_INIT(REQUEST_COMMAND);
	const char *text;

	out[0] = '\0';
	if (!has_document(e))
		return false;
	bulla_buf_fmt(&b, "bulla-open -d %s%s --home ", e->id,
	    e->exercise ? " --exercise" : "");
	quoted(&b, k->m.h.path);
	if (k->desk.n == 0)
		bulla_buf_str(&b, " -i AGEKEY");
	bulla_buf_str(&b, " ");
	quoted(&b, k->m.h.path);
	bulla_buf_fmt(&b, "/packages/%s.bulla", e->id);
	text = bulla_buf_cstr(&b);
	(void)bulla_text_show_str(out, REQUEST_COMMAND, text != NULL ? text :
	    "bulla-open");
	bulla_buf_free(&b);
	return true;
}

/* Without it show still has all that stands in clear. */
static int
find_key(struct request_cmd *k)
{
	const char *path = cmd_home_key(&k->m, "desk.age");
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (path == NULL || k->desk.n > 0)
		return CMD_YES;
	st = bulla_identities_add_file(&k->desk, path, &k->c.ask, &err);
	if (st == BULLA_E_NOMEM)
		return cmd_fail(&k->c, NULL, st, &err);
	if (st != BULLA_OK)
		cmd_say(&k->c, "%s", err.msg);
	return CMD_YES;
}

static int
open_one(struct request_cmd *k, const struct bulla_event *e)
{
	struct bulla_reqdoc d = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;

	st = bulla_request_document(&k->m.h, e->id, &k->desk, &d, &err);
	bulla_reqdoc_free(&d);
	if (st == BULLA_E_IO || st == BULLA_E_NOMEM)
		return cmd_fail(&k->c, e->id, st, &err);
	if (st != BULLA_OK && st != BULLA_E_NOMATCH)
		cmd_say(&k->c, "%s", err.msg);
	return CMD_YES;
}

int
request_open_all(struct request_cmd *k, const struct bulla_thread *t)
{
	char path[REQUEST_PATH];
	int code = CMD_YES;

	for (size_t i = 0; i < t->n_events && code == CMD_YES; i++) {
		if (!has_document(&t->event[i]) ||
		    request_opened(k, &t->event[i], path))
			continue;
		code = find_key(k);
		if (code == CMD_YES && k->desk.n == 0)
			break;
		if (code == CMD_YES)
			code = open_one(k, &t->event[i]);
	}
	return code;
}
