#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trust.h"

#include "bulla/field.h"
#include "bulla/file.h"
#include "bulla/text.h"
#include "bulla/when.h"

bool
trust_home_path(struct trust_cmd *k, const char *rest, char *out)
{
	const char *home = cmd_home(&k->c);
	int n;

	if (home == NULL)
		return false;
	n = snprintf(out, 4096, "%s/%s", home, rest);
	return n > 0 && n < 4096;
}

bool
trust_is_there(const char *path)
{
	return access(path, F_OK) == 0 || errno != ENOENT;
}

int
trust_when(struct trust_cmd *k, const char *opt, const char *arg,
    int64_t *out)
{
	struct bulla_cur c = bulla_cur_str(arg);
	char full[BULLA_WHEN_LEN + 1], shown[64];

	if (strcmp(arg, "now") == 0) {
		*out = k->now;
		return CMD_YES;
	}
	if (c.len == strlen("2026-11-22")) {
		(void)snprintf(full, sizeof(full), "%sT00:00:00Z", arg);
		c = bulla_cur_str(full);
	}
	if (bulla_when_parse(&c, out))
		return CMD_YES;
	return cmd_usage(&k->c, "%s: \"%s\" is not a time like 2026-11-22, "
	    "2026-11-22T03:04:05Z or now", opt,
	    bulla_text_show_str(shown, sizeof(shown), arg));
}

bool
trust_pair(const char *arg, struct bulla_cur *name, const char **rest)
{
	const char *eq = strchr(arg, '=');

	if (eq == NULL)
		return false;
	*name = bulla_cur_of(arg, (size_t)(eq - arg));
	*rest = eq + 1;
	return true;
}

int
trust_person(struct trust_cmd *k, const char *arg, struct bulla_cur *out)
{
	struct bulla_cur c = bulla_cur_str(arg);
	char shown[64];

	if (c.len > BULLA_PERSON_MAX || !bulla_field_value_ok(&c) ||
	    bulla_cur_is(&c, "-"))
		return cmd_usage(&k->c, "\"%s\" cannot be the name of a "
		    "person: 1 to %u bytes of plain text",
		    bulla_text_show_str(shown, sizeof(shown), arg),
		    BULLA_PERSON_MAX);
	*out = c;
	return CMD_YES;
}

bool
trust_names(const struct bulla_cur *text, const struct bulla_vkey *key)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_VKEY_MAX);
	size_t name = strlen(key->name);
	struct bulla_cur all;
	bool yes;

	bulla_vkey_put(&b, key);
	all = bulla_buf_view(&b);
	yes = bulla_buf_status(&b) == BULLA_OK &&
	    (text->len == name || text->len == name + 1 + 2 *
	    sizeof(key->id) || text->len == all.len) &&
	    memcmp(all.p, text->p, text->len) == 0;
	bulla_buf_free(&b);
	return yes;
}

enum bulla_status
trust_file_parse(struct trust_file *f, struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(&f->note);
	struct bulla_note n;
	enum bulla_status st = bulla_note_parse(&bytes, &n, err);

	if (st != BULLA_OK)
		return st;
	f->r = malloc(sizeof(*f->r));
	if (f->r == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	st = bulla_roster_parse(&n.text, f->r, err);
	if (st != BULLA_OK) {
		free(f->r);
		f->r = NULL;
		return st;
	}
	f->text = n.text;
	bulla_sha256(n.text.p, n.text.len, f->digest);
	return BULLA_OK;
}

void
trust_file_free(struct trust_file *f)
{
	free(f->r);
	f->r = NULL;
	bulla_buf_free(&f->note);
}

int
trust_file_of(struct trust_cmd *k, enum bulla_side side,
    struct trust_file *f)
{
	const char *home = cmd_home(&k->c);
	struct bulla_trust *t = NULL;
	struct bulla_err err = { 0 };
	struct bulla_cur note;
	enum bulla_status st;

	if (home == NULL)
		return cmd_usage(&k->c, "where is the home? --home DIR");
	st = bulla_trust_load(home, &t, &err);
	if (st == BULLA_E_NOMATCH)
		return CMD_YES;
	note = st == BULLA_OK ? bulla_trust_note(t, side) :
	    bulla_cur_of(NULL, 0);
	if (note.len > 0) {
		bulla_buf_cur(&f->note, &note);
		st = bulla_buf_status(&f->note);
		if (st == BULLA_OK)
			st = trust_file_parse(f, &err);
	}
	bulla_trust_free(t);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

int
trust_file_read(struct trust_cmd *k, const char *what, struct trust_file *f)
{
	bool ours = strcmp(what, "ours") == 0;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code;

	if (ours || strcmp(what, "theirs") == 0) {
		code = trust_file_of(k, ours ? BULLA_OURS : BULLA_THEIRS, f);
		if (code != CMD_YES || f->r != NULL)
			return code;
		st = bulla_fail(&err, BULLA_E_NOMATCH, "no such roster in "
		    "this home (bulla-trust %s)", ours ? "init" : "pin");
		return cmd_fail(&k->c, what, st, &err);
	}
	st = bulla_file_get(what, &f->note, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	st = trust_file_parse(f, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, what, st, &err);
}

int
trust_load_keys(struct trust_cmd *k, const char *fallback)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;
	char path[4096];

	if (k->n_key_paths == 0 && fallback != NULL &&
	    trust_home_path(k, fallback, path) && trust_is_there(path)) {
		st = bulla_signer_load(path, &k->c.ask, &k->signer[0], &err);
		if (st != BULLA_OK)
			return cmd_fail(&k->c, NULL, st, &err);
		k->n_signers = 1;
	}
	for (size_t i = 0; i < k->n_key_paths; i++) {
		if (cmd_spare(&k->c, k->key_path[i]) != CMD_YES)
			return CMD_USE;
		st = bulla_signer_load(k->key_path[i], &k->c.ask,
		    &k->signer[i], &err);
		if (st != BULLA_OK)
			return cmd_fail(&k->c, NULL, st, &err);
		k->n_signers = i + 1;
	}
	return CMD_YES;
}

void
trust_free_keys(struct trust_cmd *k)
{
	for (size_t i = 0; i < TRUST_KEYS_MAX; i++)
		bulla_signer_free(&k->signer[i]);
	k->n_signers = 0;
}

int
trust_output(struct trust_cmd *k, const struct bulla_buf *b)
{
	const char *out = k->c.common.out;
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (out == NULL || strcmp(out, "-") == 0)
		return fwrite(b->p, 1, b->len, stdout) == b->len ? CMD_YES :
		    CMD_TROUBLE;
	st = bulla_file_put(out, b->p, b->len, 0644, k->c.common.force, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}
