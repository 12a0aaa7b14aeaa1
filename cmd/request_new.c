#include <string.h>

#include "request.h"

/* What a follow-up and a request for the status hang on. */
static int
check_related(struct request_cmd *k, const struct bulla_reqdoc *d)
{
	struct bulla_cur ref = bulla_reqdoc_ref(d), related;
	struct bulla_request_state s;
	char id[BULLA_ID_LEN + 1];
	int code;

	if (bulla_reqdoc_is(d, "type", "status") &&
	    bulla_reqdoc_get(d, "related", &related) &&
	    !bulla_reqdoc_line(&related, &ref))
		return CMD_YES;
	if (ref.len != BULLA_ID_LEN)
		return CMD_YES;		/* lint has said so, if it matters */
	memcpy(id, ref.p, ref.len);
	id[ref.len] = '\0';
	code = request_look(k, id, &s);
	if (code == CMD_YES && strcmp(s.kind, "request") != 0)
		return request_refuse(k, id, "is no request: follow up the "
		    "request itself");
	if (code == CMD_YES && !s.ours)
		return request_refuse(k, id, "is a request of the other side: "
		    "answer it with bulla-request reply");
	if (code == CMD_YES && request_over(&s) != NULL)
		return request_refuse(k, id, request_over(&s));
	return code;
}

/* The names of our roster, to which the answer is sealed. */
static int
offer_keys(struct request_cmd *k, struct bulla_reqdoc *d)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_REQDOC_MAX);
	const struct bulla_cur label = bulla_cur_str("reply-keys");
	struct bulla_err err = { 0 };
	const struct bulla_roster *r;
	uint8_t digest[32];
	struct bulla_cur v;
	enum bulla_status st = BULLA_OK;

	r = bulla_trust_roster(k->m.h.trust, BULLA_OURS, digest);
	if (bulla_reqdoc_get(d, "reply-keys", &v) || r == NULL)
		return CMD_YES;
	for (size_t i = 0; i < r->n_ages; i++) {
		bulla_buf_cur(&b, &r->age[i].name);
		bulla_buf_str(&b, "\n");
	}
	v = bulla_buf_view(&b);
	if (v.len > 0)
		st = bulla_reqdoc_set(d, &label, &v, &err);
	bulla_buf_free(&b);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

static int
new_sealed(struct request_cmd *k, struct bulla_reqdoc *d)
{
	const struct request_seal s = { .d = d, .exercise = k->exercise };
	int code = request_home(k);

	request_draft_name(k, "new", NULL);
	if (code == CMD_YES)
		code = offer_keys(k, d);
	if (code == CMD_YES)
		code = request_fill(k, d);
	if (code == CMD_YES)
		code = request_judge(k, d);
	if (code == CMD_YES)
		code = check_related(k, d);
	if (code == CMD_YES)
		code = request_agreed(k, d);
	if (code == CMD_YES)
		code = request_seal(k, &s);
	return request_draft_end(k, code);
}

int
request_new(struct request_cmd *k)
{
	struct bulla_reqdoc d = { .kind = BULLA_REQDOC_REQUEST };
	int code = k->template != NULL ? request_template(k, &d) :
	    new_sealed(k, &d);

	bulla_reqdoc_free(&d);
	return code;
}
