#include <string.h>

#include "trust.h"

#include "bulla/field.h"
#include "bulla/text.h"

/* The one key of the roster that --key names; NULL after a report. */
static const struct bulla_vkey *
find_key(struct trust_cmd *k, const struct bulla_roster *r, int *code)
{
	struct bulla_cur text = bulla_cur_str(k->key);
	const struct bulla_vkey *found = NULL;
	struct bulla_err err = { 0 };
	char shown[96];

	bulla_text_show(shown, sizeof(shown), &text);
	for (size_t i = 0; i < r->n_roots + r->n_keys; i++) {
		const struct bulla_vkey *v = i < r->n_roots ?
		    &r->root[i].key : &r->key[i - r->n_roots].key;

		if (!trust_names(&text, v))
			continue;
		if (found != NULL) {
			*code = cmd_usage(&k->c, "several keys are called %s: "
			    "give NAME+ID (bulla-trust show)", shown);
			return NULL;
		}
		found = v;
	}
	if (found == NULL)
		*code = cmd_fail(&k->c, NULL, bulla_fail(&err,
		    BULLA_E_NOMATCH, "no key of our roster is called %s "
		    "(bulla-trust show lists them)", shown), &err);
	return found;
}

static int
make(struct trust_cmd *k, const struct trust_file *f, struct bulla_suspend *s,
    struct bulla_buf *note)
{
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	const struct bulla_vkey *key;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	struct bulla_cur c;
	int code = CMD_YES;

	key = find_key(k, f->r, &code);
	if (key == NULL)
		return code;
	*s = (struct bulla_suspend){ .side = f->r->side, .key = *key,
	    .time = k->now > f->r->issued ? k->now : f->r->issued,
	    .actor = bulla_cur_str(k->signer[0].vkey.name),
	    .reason = bulla_cur_str(k->reason) };
	memcpy(s->roster, f->digest, sizeof(s->roster));
	bulla_suspend_put(&text, s);
	c = bulla_buf_view(&text);
	st = bulla_buf_status(&text);
	if (st == BULLA_OK)
		st = bulla_note_sign(&c, k->signer, 1, note, &err);
	bulla_buf_free(&text);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

static int
suspend(struct trust_cmd *k, const struct trust_file *f)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_suspend s;
	int code;

	code = make(k, f, &s, &note);
	if (code == CMD_YES)
		code = trust_take_suspension(k, &note);
	if (code == CMD_YES)
		code = trust_output(k, &note);
	if (code == CMD_YES && k->c.common.out != NULL)
		code = trust_report_suspension(k, &s);
	bulla_buf_free(&note);
	return code;
}

int
trust_suspend(struct trust_cmd *k)
{
	struct trust_file f = TRUST_FILE_INIT;
	struct bulla_cur reason = bulla_cur_str(k->reason != NULL ?
	    k->reason : "");
	int code;

	if (k->c.argc > 0 || k->key == NULL || k->reason == NULL)
		return cmd_usage(&k->c, "suspend takes --key KEY and --reason "
		    "TEXT");
	if (!bulla_field_value_ok(&reason) || bulla_cur_is(&reason, "-"))
		return cmd_usage(&k->c, "--reason: one line of plain text");
	code = trust_file_read(k, "ours", &f);
	if (code == CMD_YES)
		code = trust_load_keys(k, "keys/hotline.key");
	if (code == CMD_YES && k->n_signers != 1)
		code = cmd_usage(&k->c, "who suspends it? -i FILE, one "
		    "hotline or lead key");
	if (code == CMD_YES)
		code = suspend(k, &f);
	trust_file_free(&f);
	return code;
}
