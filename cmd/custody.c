#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "custody.h"

#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/package.h"

#define FINDINGS_MAX (1u << 20)	/* bytes */

int
custody_home(struct custody_cmd *k)
{
	int code = cmd_home_open(&k->m, &k->c);

	if (code == CMD_YES && !k->m.open)
		return cmd_usage(&k->c, "no home: give --home DIR or set "
		    "BULLA_HOME");
	return code;
}

const char *
custody_id(struct custody_cmd *k, int *code)
{
	const char *id = cmd_operand(&k->c);
	struct bulla_cur text = bulla_cur_str(id != NULL ? id : "");

	if (id != NULL && bulla_id_ok(&text))
		return id;
	*code = cmd_usage(&k->c, "which package? ID is its 32 hex digits");
	return NULL;
}

const char *
custody_only_id(struct custody_cmd *k, int *code)
{
	const char *id = custody_id(k, code);

	if (id == NULL || k->c.argc == 0)
		return id;
	*code = cmd_usage(&k->c, "one ID at a time");
	return NULL;
}

int64_t
custody_proven(void *ctx, const struct bulla_cur *note)
{
	struct custody_cmd *k = ctx;

	return bulla_home_proven(&k->m.h, note);
}

void
custody_pair_free(struct custody_pair *p)
{
	bulla_chain_free(&p->ours);
	bulla_chain_free(&p->theirs);
	bulla_buf_free(&p->findings);
	free(p->step);
}

/* What is made for others says so: a custody note itself has no such mark. */
static bool
is_exercise(struct custody_cmd *k, const struct custody_pair *p)
{
	struct bulla_package pkg = { 0 };
	char path[4096];
	bool is = false;
	int fd = -1;

	for (size_t i = 0; i < p->n_steps && !is; i++)
		is = bulla_keyname_exercise(&p->step[i].l->c.actor);
	if (is || !custody_package_path(k, p->id, path) ||
	    bulla_infile_open(path, &fd, NULL) != BULLA_OK)
		return is;
	if (bulla_package_inspect(fd, &pkg, NULL) == BULLA_OK)
		is = pkg.opening.exercise;
	bulla_package_free(&pkg);
	(void)close(fd);
	return is;
}

int
custody_load(struct custody_cmd *k, const char *id, struct custody_pair *p)
{
	const struct bulla_trust *trust = k->m.h.trust;
	const char *home = k->m.h.path;
	struct bulla_err err = { 0 };
	enum bulla_status st;

	*p = (struct custody_pair){ .id = id,
	    .findings = BULLA_BUF_INIT(FINDINGS_MAX) };
	st = bulla_chain_load(home, id, BULLA_OURS, trust, &p->ours, &err);
	if (st == BULLA_OK)
		st = bulla_chain_load(home, id, BULLA_THEIRS, trust,
		    &p->theirs, &err);
	if (st == BULLA_OK)
		st = bulla_chain_merge(&p->ours, &p->theirs, &p->step,
		    &p->n_steps, &err);
	if (st == BULLA_OK)
		st = bulla_chain_check(&p->ours, &p->theirs, trust,
		    k->m.h.now, custody_proven, k, &p->holder, &p->findings,
		    &err);
	if (st == BULLA_E_MISMATCH)
		st = BULLA_OK;
	if (st == BULLA_OK && k->stamps.cas == NULL)
		st = bulla_stamps_open(home, k->tsa_ca, k->m.h.now,
		    &k->stamps, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	p->exercise = is_exercise(k, p);
	return CMD_YES;
}

/* No notes are no page: whoever asks has another id in mind. */
int
custody_load_notes(struct custody_cmd *k, const char *id,
    struct custody_pair *p)
{
	struct bulla_err err = { 0 };
	int code = custody_load(k, id, p);

	if (code != CMD_YES || p->n_steps > 0)
		return code;
	return cmd_fail(&k->c, NULL, bulla_fail(&err, BULLA_E_NOMATCH,
	    "no notes of package %s in this home", id), &err);
}

static int
load_key(struct custody_cmd *k, const char *path)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	st = bulla_signer_load(path, &k->c.ask, &k->signer[k->n_signers],
	    &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	k->n_signers++;
	return CMD_YES;
}

int
custody_signers(struct custody_cmd *k, const char *const names[2])
{
	const char *path = NULL;
	int code = CMD_YES;

	for (size_t i = 0; i < k->n_keys && code == CMD_YES; i++)
		code = load_key(k, k->key[i]);
	if (k->n_keys > 0)
		return code;
	for (size_t i = 0; i < 2 && path == NULL && names[i] != NULL; i++)
		path = cmd_home_key(&k->m, names[i]);
	if (path == NULL)
		return cmd_usage(&k->c, "no key to sign with: give -i KEY, or "
		    "put it into the home as keys/%s", names[0]);
	return load_key(k, path);
}

bool
custody_package_path(struct custody_cmd *k, const char *id, char *out)
{
	int n = snprintf(out, 4096, "%s/packages/%s.bulla", k->m.h.path, id);

	return n > 0 && n < 4096 && access(out, F_OK) == 0;
}

int
custody_print_note(struct custody_cmd *k, const struct bulla_buf *note)
{
	const char *out = k->c.common.out;
	struct bulla_cur bytes = bulla_buf_view(note);
	struct bulla_err err = { 0 };
	uint8_t digest[BULLA_SHA256_LEN];
	enum bulla_status st;
	struct cmd_json *j;
	struct bulla_note n;

	st = bulla_note_parse(&bytes, &n, &err);
	if (st == BULLA_OK && out != NULL)
		st = bulla_file_put(out, note->p, note->len, 0644,
		    k->c.common.force, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	if (!k->c.common.json) {
		if (out == NULL)
			(void)fwrite(note->p, 1, note->len, stdout);
		return CMD_YES;
	}
	bulla_sha256(n.text.p, n.text.len, digest);
	j = cmd_json_new();
	cmd_json_bool(j, "ok", true);
	cmd_json_hex(j, "digest", digest, sizeof(digest));
	cmd_json_cur(j, "note", &bytes);
	return cmd_json_print(&k->c, j, CMD_YES);
}

int
custody_record(struct custody_cmd *k, const struct bulla_cur *note)
{
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_home_record(&k->m.h, note, 1, &err);

	if (st == BULLA_OK)
		return CMD_YES;
	cmd_say(&k->c, "the note is in the chain, and not in the ledger: when "
	    "that can be written again, give the note's file to bulla-ledger "
	    "append");
	return cmd_fail(&k->c, "ledger", st, &err);
}
