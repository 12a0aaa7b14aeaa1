#include <string.h>

#include "request.h"

static int
check_reply(struct request_cmd *k, const struct bulla_request_state *s,
    const struct bulla_reqdoc *request, const struct bulla_reqdoc *d)
{
	const struct bulla_cur type = bulla_reqdoc_package_kind(d);
	const char *why = request_wrong(s, &type);

	if (why == NULL && request != NULL &&
	    bulla_cur_is(&type, "preserved") &&
	    !bulla_reqdoc_is(request, "type", "preserve"))
		why = "does not ask to preserve anything: write accepted, "
		    "partial or full";
	return why == NULL ? request_dates(k, s->id, d) :
	    request_refuse(k, s->id, why);
}

/* The request, when it is ours to read; *got says so. */
static int
read_request(struct request_cmd *k, const char *id, struct bulla_reqdoc *out,
    bool *got)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code = request_desk(k);

	if (code != CMD_YES)
		return code;
	st = bulla_request_document(&k->m.h, id, &k->desk, out, &err);
	*got = st == BULLA_OK;
	if (st == BULLA_OK || st == BULLA_E_NOMATCH)
		return CMD_YES;
	return cmd_fail(&k->c, NULL, st, &err);
}

static int
reply_with(struct request_cmd *k, const struct bulla_request_state *s,
    const struct bulla_reqdoc *request, struct bulla_reqdoc *d)
{
	struct request_seal seal = { .d = d, .exercise = k->exercise };
	struct bulla_cur type;
	int code = CMD_YES;

	/* Nor has anybody to answer questions for it. */
	if (k->type != NULL) {
		code = request_set(k, d, "type", k->type);
		if (code == CMD_YES)
			code = check_reply(k, s, request, d);
		if (code != CMD_YES)
			return code;
	}
	request_draft_name(k, "reply", s->id);
	code = request_fill(k, d);
	if (code == CMD_YES)
		code = request_set(k, d, "request", s->id);
	/* Whose reply cannot be need not mend its fields first. */
	if (code == CMD_YES && bulla_reqdoc_get(d, "type", &type))
		code = check_reply(k, s, request, d);
	if (code == CMD_YES)
		code = request_judge(k, d);
	if (request != NULL && !s->ours &&
	    !bulla_reqdoc_get(request, "reply-keys", &seal.keys))
		seal.keys.len = 0;
	if (code == CMD_YES)
		code = request_seal(k, &seal);
	return request_draft_end(k, code);
}

static int
reply_sealed(struct request_cmd *k, struct bulla_reqdoc *d)
{
	struct bulla_reqdoc request = { 0 };
	struct bulla_request_state s;
	bool got = false;
	const char *id = request_operand(k);
	int code;

	if (id == NULL)
		return CMD_USE;
	code = request_home(k);
	if (code == CMD_YES)
		code = request_look(k, id, &s);
	if (code == CMD_YES && strcmp(s.kind, "request") == 0)
		code = read_request(k, id, &request, &got);
	if (code == CMD_YES)
		code = reply_with(k, &s, got ? &request : NULL, d);
	bulla_reqdoc_free(&request);
	return code;
}

int
request_reply(struct request_cmd *k)
{
	struct bulla_reqdoc d = { .kind = BULLA_REQDOC_REPLY };
	int code = k->template != NULL ? request_template(k, &d) :
	    reply_sealed(k, &d);

	bulla_reqdoc_free(&d);
	return code;
}
