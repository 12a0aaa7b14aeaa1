#include <string.h>

#include "request_work.h"

#include "bulla/text.h"

void
request_word(char *out, size_t cap, const struct bulla_cur *v)
{
	BULLA_CHECK(v->len < cap);
	if (v->len > 0)
		memcpy(out, v->p, v->len);
	out[v->len] = '\0';
}

/* The same recipient may stand in two lists. */
static int
add_recipient(struct request_work *w, const char *text)
{
	struct bulla_err err = { 0 };

	for (size_t i = 0; i < w->to.n; i++) {
		if (strcmp(w->to.v[i].text, text) == 0)
			return CMD_YES;
	}
	if (bulla_recipients_add(&w->to, text, &err) == BULLA_OK)
		return CMD_YES;
	return cmd_fail(&w->k->c, "recipient", BULLA_E_USAGE, &err);
}

static int
add_all_of(struct request_work *w, enum bulla_side side)
{
	char text[BULLA_AGE_RECIPIENT_MAX];
	const struct bulla_roster *r;
	uint8_t digest[32];
	int code = CMD_YES;

	r = bulla_trust_roster(w->k->m.h.trust, side, digest);
	BULLA_CHECK(r != NULL);
	if (r->n_ages == 0)
		return cmd_usage(&w->k->c, "the roster of %.*s names no age "
		    "recipient: nobody there could open it", (int)r->side.len,
		    (const char *)r->side.p);
	for (size_t i = 0; i < r->n_ages && code == CMD_YES; i++) {
		request_word(text, sizeof(text), &r->age[i].recipient);
		code = add_recipient(w, text);
	}
	return code;
}

/* A key that a request asks to answer to must be one of its roster. */
static int
add_reply_key(struct request_work *w, const struct bulla_cur *line)
{
	const struct bulla_roster *r;
	char text[BULLA_AGE_RECIPIENT_MAX], shown[80];
	uint8_t digest[32];

	r = bulla_trust_roster(w->k->m.h.trust, BULLA_THEIRS, digest);
	BULLA_CHECK(r != NULL);
	for (size_t i = 0; i < r->n_ages; i++) {
		if (!bulla_cur_same(line, &r->age[i].name) &&
		    !bulla_cur_same(line, &r->age[i].recipient))
			continue;
		request_word(text, sizeof(text), &r->age[i].recipient);
		return add_recipient(w, text);
	}
	return cmd_usage(&w->k->c, "the request asks for an answer to \"%s\", "
	    "which is not in the other side's roster: give -r, or ask for a "
	    "roster that has it", bulla_text_show(shown, sizeof(shown),
	    line));
}

static int
add_named(struct request_work *w, const char *arg)
{
	char text[BULLA_AGE_RECIPIENT_MAX];
	struct bulla_cur age1;
	int code;

	if (strncmp(arg, "age1", 4) == 0)
		return add_recipient(w, arg);
	code = cmd_home_recipient(&w->k->m, arg, &age1);
	if (code != CMD_YES)
		return code;
	request_word(text, sizeof(text), &age1);
	return add_recipient(w, text);
}

int
request_recipients(struct request_work *w)
{
	struct bulla_cur keys = w->p->keys, line;
	int code = CMD_YES;

	for (size_t i = 0; i < w->k->n_recipients && code == CMD_YES; i++)
		code = add_named(w, w->k->recipient[i]);
	while (w->k->n_recipients == 0 && code == CMD_YES &&
	    bulla_reqdoc_line(&keys, &line))
		code = add_reply_key(w, &line);
	if (code == CMD_YES && w->to.n == 0)
		code = add_all_of(w, BULLA_THEIRS);
	return code == CMD_YES ? add_all_of(w, BULLA_OURS) : code;
}
