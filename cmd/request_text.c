#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "request_work.h"

#include "bulla/file.h"
#include "bulla/sign.h"
#include "bulla/when.h"

#define HOTLINE_ROLES (BULLA_ROLE_HOTLINE | BULLA_ROLE_LEAD)

/* A hotline call is signed by the person whose key that is. */
static int
sign_hotline(struct request_work *w, const struct bulla_cur *text)
{
	struct request_cmd *k = w->k;
	struct bulla_signer s = { 0 };
	struct bulla_err err = { 0 };
	const char *path = k->hotline_key;
	enum bulla_status st;

	if (path == NULL)
		path = cmd_home_key(&k->m, "hotline.key");
	if (path == NULL)
		path = cmd_home_key(&k->m, "lead.key");
	if (path == NULL)
		return cmd_usage(&k->c, "no key to sign the call with: give "
		    "--hotline-key SIGNKEY, or put it into the home as "
		    "keys/hotline.key");
	st = bulla_signer_load(path, &k->c.ask, &s, &err);
	if (st == BULLA_OK)
		st = bulla_trust_judge(k->m.h.trust, BULLA_OURS, &s.vkey,
		    HOTLINE_ROLES, k->m.h.now, &err);
	if (st == BULLA_OK)
		st = bulla_note_sign(text, &s, 1, &w->text, &err);
	bulla_signer_free(&s);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, "the hotline call",
	    st, &err);
}

int
request_write_text(struct request_work *w)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_REQDOC_MAX);
	char date[BULLA_WHEN_LEN + 1];
	struct bulla_err err = { 0 };
	struct bulla_cur text;
	enum bulla_status st;
	int code;

	bulla_when_text(w->k->now, date);
	code = request_set(w->k, w->p->d, "date", date);
	if (code == CMD_YES)
		code = request_attach(w);
	if (code != CMD_YES)
		return code;
	bulla_reqdoc_put(&b, w->p->d);
	text = bulla_buf_view(&b);
	st = bulla_buf_status(&b);
	if (st != BULLA_OK)
		code = cmd_fail(&w->k->c, NULL, bulla_fail(&err, st, "the "
		    "document is over %u bytes: attach what is longer as a "
		    "file", BULLA_REQDOC_MAX), &err);
	else
		code = request_confirm(w->k, w->p->d, &text);
	if (code == CMD_YES && w->p->d->kind == BULLA_REQDOC_HOTLINE)
		code = sign_hotline(w, &text);
	else if (code == CMD_YES)
		bulla_buf_cur(&w->text, &text);
	bulla_buf_free(&b);
	return code;
}
