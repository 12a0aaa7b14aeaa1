#include <string.h>

#include "trust.h"

#include "bulla/file.h"
#include "bulla/sign.h"
#include "bulla/text.h"

/* Is it a root key of this roster, or of the one in force that it follows? */
static int
check_root(struct trust_cmd *k, const struct trust_file *f,
    const struct bulla_vkey *key)
{
	static const enum bulla_side sides[] = { BULLA_OURS, BULLA_THEIRS };
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (bulla_roster_find_root(f->r, key) != NULL)
		return CMD_YES;
	for (size_t i = 0; i < 2 && cmd_home(&k->c) != NULL; i++) {
		struct trust_file now = TRUST_FILE_INIT;
		int code = trust_file_of(k, sides[i], &now);
		bool is = code == CMD_YES && now.r != NULL &&
		    bulla_roster_find_root(now.r, key) != NULL;

		trust_file_free(&now);
		if (code != CMD_YES || is)
			return code;
	}
	st = bulla_fail(&err, BULLA_E_REFUSED, "%s is a root key neither of "
	    "this roster nor of one in force here", key->name);
	return cmd_fail(&k->c, NULL, st, &err);
}

static bool
has_line(const struct bulla_note *n, const struct bulla_vkey *key)
{
	for (unsigned i = 0; i < n->n_sigs; i++) {
		if (bulla_cur_is(&n->sig[i].name, key->name) &&
		    memcmp(n->sig[i].id, key->id, sizeof(key->id)) == 0)
			return true;
	}
	return false;
}

/* The lines of a note signed by this key alone come last. */
enum bulla_status
trust_add_line(struct bulla_buf *note, const struct bulla_cur *text,
    const struct bulla_signer *s, struct bulla_err *err)
{
	struct bulla_buf one = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_cur bytes = bulla_buf_view(note);
	struct bulla_note n;
	enum bulla_status st;

	st = bulla_note_parse(&bytes, &n, err);
	if (st == BULLA_OK && has_line(&n, &s->vkey))
		return bulla_fail(err, BULLA_E_REFUSED, "%s has signed it "
		    "already", s->vkey.name);
	if (st == BULLA_OK)
		st = bulla_note_sign(text, s, 1, &one, err);
	if (st == BULLA_OK) {
		bulla_buf_put(note, one.p + text->len + 1,
		    one.len - text->len - 1);
		st = bulla_buf_status(note);
	}
	bytes = bulla_buf_view(note);
	if (st == BULLA_OK)
		st = bulla_note_parse(&bytes, &n, err);
	bulla_buf_free(&one);
	return st;
}

/* Into the file itself, unless -o says where else. */
int
trust_write_back(struct trust_cmd *k, const char *path,
    const struct bulla_buf *b)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (k->c.common.out != NULL || strcmp(path, "-") == 0)
		return trust_output(k, b);
	st = bulla_file_put(path, b->p, b->len, 0644, true, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

static int
sign(struct trust_cmd *k, const char *path, struct trust_file *f)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_err err = { 0 };
	enum bulla_status st = BULLA_OK;
	unsigned persons = 0;
	struct bulla_cur c;
	int code = CMD_YES;

	bulla_buf_put(&note, f->note.p, f->note.len);
	for (size_t i = 0; i < k->n_signers && code == CMD_YES; i++) {
		code = check_root(k, f, &k->signer[i].vkey);
		if (code != CMD_YES)
			goto out;
		st = trust_add_line(&note, &f->text, &k->signer[i], &err);
		if (st != BULLA_OK)
			code = cmd_fail(&k->c, path, st, &err);
	}
	c = bulla_buf_view(&note);
	if (code == CMD_YES) {
		/* A false line of another root would spoil it: not written */
		st = bulla_trust_signers(&c, f->r, &persons, &err);
		code = st == BULLA_OK ? trust_write_back(k, path, &note) :
		    cmd_fail(&k->c, path, st, &err);
	}
	if (code != CMD_YES)
		goto out;
	cmd_say(&k->c, "%u of the %u persons of its own root keys have "
	    "signed", persons, f->r->threshold);
	if (k->c.common.out == NULL || strcmp(k->c.common.out, "-") != 0)
		code = trust_report(k, "signed", f);
out:
	bulla_buf_free(&note);
	return code;
}

int
trust_sign(struct trust_cmd *k)
{
	struct trust_file f = TRUST_FILE_INIT;
	const char *path = cmd_operand(&k->c);
	int code;

	if (path == NULL || k->c.argc > 0 || k->n_key_paths == 0)
		return cmd_usage(&k->c, "sign takes -i ROOTKEY and one FILE");
	code = trust_load_keys(k, NULL);
	if (code == CMD_YES)
		code = trust_file_read(k, path, &f);
	if (code == CMD_YES)
		code = sign(k, path, &f);
	trust_file_free(&f);
	return code;
}
