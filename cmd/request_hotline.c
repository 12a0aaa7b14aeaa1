#include <string.h>

#include "request.h"

/*
 * ID is the request that the call is about, or a call of the other side,
 * which is then answered: what was agreed on, and by when, signed by our
 * hotline as the call is by theirs.
 */
static int
set_answer(struct request_cmd *k, const struct bulla_request_state *s,
    struct bulla_reqdoc *d)
{
	struct bulla_reqdoc call = { 0 };
	struct bulla_err err = { 0 };
	struct bulla_cur v;
	enum bulla_status st;
	int code;

	if (s->ours)
		return request_refuse(k, s->id, "is a call of our own side: "
		    "the other side answers it");
	code = request_desk(k);
	if (code != CMD_YES)
		return code;
	st = bulla_request_document(&k->m.h, s->id, &k->desk, &call, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	if (bulla_reqdoc_get(&call, "answers", &v))
		code = request_refuse(k, s->id, "is an answer itself: make a "
		    "new call about the request");
	if (code == CMD_YES)
		code = request_set(k, d, "answers", s->id);
	/* What both sides speak of is the same, and who spoke to whom. */
	for (size_t i = 0; i < 5 && code == CMD_YES; i++) {
		static const char *const same[] = { "request", "trigger",
		    "level", "raised-by", "raised-to" };
		const struct bulla_cur label = bulla_cur_str(same[i]);

		if (bulla_reqdoc_get(&call, same[i], &v) &&
		    bulla_reqdoc_set(d, &label, &v, &err) != BULLA_OK)
			code = cmd_fail(&k->c, NULL, BULLA_E_FORMAT, &err);
	}
	bulla_reqdoc_free(&call);
	return code;
}

static int
set_subject(struct request_cmd *k, struct bulla_reqdoc *d)
{
	struct bulla_request_state s;
	const char *id = request_operand(k);
	int code;

	if (id == NULL)
		return CMD_USE;
	code = request_look(k, id, &s);
	if (code != CMD_YES)
		return code;
	if (strcmp(s.kind, "hotline") == 0)
		return set_answer(k, &s, d);
	if (strcmp(s.kind, "request") != 0)
		return request_refuse(k, id, "is neither a request nor a "
		    "hotline call");
	return request_set(k, d, "request", id);
}

static int
hotline_sealed(struct request_cmd *k, struct bulla_reqdoc *d)
{
	const struct request_seal s = { .d = d, .exercise = k->exercise };
	int code;

	if (k->n_attach > 0)
		return cmd_usage(&k->c, "-a: a hotline call has no "
		    "attachments; seal them with bulla-seal");
	code = request_home(k);
	request_draft_name(k, "hotline", k->c.argc > 0 ? k->c.argv[0] : NULL);
	if (code == CMD_YES && k->c.argc > 0)
		code = set_subject(k, d);
	if (code == CMD_YES)
		code = request_fill(k, d);
	if (code == CMD_YES)
		code = request_judge(k, d);
	if (code == CMD_YES)
		code = request_agreed(k, d);
	if (code == CMD_YES)
		code = request_seal(k, &s);
	return request_draft_end(k, code);
}

int
request_hotline(struct request_cmd *k)
{
	struct bulla_reqdoc d = { .kind = BULLA_REQDOC_HOTLINE };
	int code = k->template != NULL ? request_template(k, &d) :
	    hotline_sealed(k, &d);

	bulla_reqdoc_free(&d);
	return code;
}
