#include <stdio.h>

#include "ledger.h"

#include "bulla/addcp.h"
#include "bulla/cosigned.h"
#include "bulla/file.h"
#include "bulla/trust.h"
#include "bulla/witness.h"

static int
answer(struct ledger_cmd *k, enum bulla_status st, unsigned code,
    const struct bulla_buf *out, const struct bulla_err *err)
{
	struct bulla_cur body = bulla_buf_view(out);
	struct cmd_json *j;
	int rc = cmd_exit(st);

	if (k->c.common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", st == BULLA_OK);
		cmd_json_u64(j, "answer", code);
		cmd_json_cur(j, "body", &body);
		if (st != BULLA_OK)
			cmd_json_str(j, "message", err->msg);
		return cmd_json_print(&k->c, j, rc);
	}
	if (st == BULLA_OK)
		return ledger_output(k, out);
	/* The size with which to ask again is an answer too */
	if (out->len > 0 && fwrite(out->p, 1, out->len, stdout) != out->len)
		rc = CMD_TROUBLE;
	(void)cmd_fail(&k->c, NULL, st, err);
	return rc;
}

/* Keys of theirs that may sign so now, when no -k says whose. */
static enum bulla_status
roster_keys(struct ledger_cmd *k, enum bulla_role role,
    struct bulla_vkeys *out, struct bulla_err *err)
{
	struct bulla_trust *t = NULL;
	struct bulla_vkeys all = { 0 };
	enum bulla_status st;

	st = bulla_trust_load(cmd_home(&k->c), &t, err);
	if (st == BULLA_E_NOMATCH)
		return BULLA_OK;
	if (st == BULLA_OK)
		st = bulla_trust_keys(t, BULLA_THEIRS, role, &all, err);
	for (size_t i = 0; i < all.n && st == BULLA_OK; i++) {
		if (bulla_trust_judge(t, BULLA_THEIRS, &all.v[i],
		    role, bulla_now(), NULL) == BULLA_OK)
			st = bulla_vkeys_add(out, &all.v[i], err);
	}
	bulla_vkeys_free(&all);
	bulla_trust_free(t);
	return st;
}

static int
cosign(struct ledger_cmd *k, const char *path, const char *file,
    const char *dir)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_ADDCP_MAX);
	struct bulla_buf out = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_signer key = { 0 };
	struct bulla_err err = { 0 };
	struct bulla_cur body;
	enum bulla_status st;
	unsigned code = 0;
	int rc;

	st = ledger_input(path, &b, &err);
	if (st == BULLA_OK)
		st = bulla_signer_load(file, &k->c.ask, &key, &err);
	body = bulla_buf_view(&b);
	if (st == BULLA_OK)
		st = bulla_witness_add(&(struct bulla_witness){ dir,
		    &k->c.known, &key, bulla_now() }, &body, &out, &code,
		    &err);
	rc = code != 0 ? answer(k, st, code, &out, &err) :
	    cmd_fail(&k->c, NULL, st, &err);
	bulla_signer_free(&key);
	bulla_buf_free(&b);
	bulla_buf_free(&out);
	return rc;
}

int
ledger_cosign(struct ledger_cmd *k)
{
	const char *path = cmd_operand(&k->c);
	enum bulla_status st = BULLA_OK;
	struct bulla_err err = { 0 };
	char file[4096], dir[4096];

	if (k->c.argc > 0)
		return cmd_usage(&k->c, "one REQUEST at a time");
	if (!ledger_home_path(k, "keys/witness.key", file) ||
	    !ledger_home_path(k, "ledger/witness", dir))
		return cmd_usage(&k->c, "where is the home? --home DIR");
	if (k->c.known.n == 0)
		st = roster_keys(k, BULLA_ROLE_LOG, &k->c.known, &err);
	else
		cmd_verbose(&k->c, "-k and -K are used instead of the rosters");
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	if (k->c.known.n == 0)
		return cmd_usage(&k->c, "whose checkpoints? Give the log's "
		    "vkey with -k, or a file of them with -K, or a home "
		    "whose rosters name a log of theirs");
	return cosign(k, path != NULL ? path : "-", k->identity != NULL ?
	    k->identity : file, dir);
}

/* What was asked, with the answered lines behind it. */
static enum bulla_status
cosigned_note(const char *request, const char *reply, struct bulla_buf *out,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_ADDCP_MAX);
	struct bulla_addcp r;
	enum bulla_status st = ledger_input(request, &b, err);
	struct bulla_cur body = bulla_buf_view(&b);

	if (st == BULLA_OK)
		st = bulla_addcp_parse(&body, &r, err);
	if (st == BULLA_OK) {
		bulla_buf_cur(out, &r.checkpoint);
		st = ledger_input(reply, out, err);
	}
	if (st == BULLA_OK)
		st = bulla_buf_status(out);
	bulla_buf_free(&b);
	return st;
}

static int
kept(struct ledger_cmd *k, uint64_t size)
{
	struct cmd_json *j;

	if (k->c.common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", true);
		cmd_json_u64(j, "size", size);
		return cmd_json_print(&k->c, j, CMD_YES);
	}
	printf("ok %llu records are cosigned\n", (unsigned long long)size);
	return CMD_YES;
}

int
ledger_keep(struct ledger_cmd *k)
{
	struct bulla_buf note = BULLA_BUF_INIT(2 * BULLA_NOTE_MAX);
	const char *request = cmd_operand(&k->c);
	const char *reply = cmd_operand(&k->c);
	struct bulla_err err = { 0 };
	struct bulla_ledger *l;
	struct bulla_cur c;
	enum bulla_status st = BULLA_OK;
	int code = CMD_YES;
	uint64_t size = 0;

	if (k->c.argc > 0 || reply == NULL)
		return cmd_usage(&k->c, "keep takes the REQUEST that was "
		    "cosigned and the REPLY");
	l = ledger_open(k, &code);
	if (l == NULL)
		return code;
	if (k->c.known.n == 0)
		st = roster_keys(k, BULLA_ROLE_WITNESS, &k->c.known, &err);
	if (st == BULLA_OK)
		st = cosigned_note(request, reply, &note, &err);
	c = bulla_buf_view(&note);
	if (st == BULLA_OK)
		st = bulla_cosigned_keep(l, &c, &(struct bulla_cosigners){
		    &k->c.known, bulla_now() }, &size, &err);
	code = st == BULLA_OK ? kept(k, size) : cmd_fail(&k->c, NULL, st,
	    &err);
	bulla_ledger_free(l);
	bulla_buf_free(&note);
	return code;
}
