#include <stdio.h>
#include <string.h>

#include "ledger.h"

#include "bulla/file.h"
#include "bulla/text.h"
#include "bulla/tlogproof.h"
#include "bulla/when.h"

#define RECORD_BUF BULLA_BUF_INIT(BULLA_LEDGER_RECORD_MAX)

/* Others may have died between committing and publishing. */
static struct bulla_ledger *
open_published(struct ledger_cmd *k, int *code)
{
	struct bulla_ledger *l = ledger_open(k, code);
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (l == NULL)
		return NULL;
	st = bulla_ledger_publish(l, &err);
	if (st == BULLA_OK)
		return l;
	*code = cmd_fail(&k->c, NULL, st, &err);
	bulla_ledger_free(l);
	return NULL;
}

static enum bulla_status
find(struct bulla_ledger *l, const char *path, uint64_t *index,
    struct bulla_err *err)
{
	struct bulla_buf b = RECORD_BUF;
	enum bulla_status st = ledger_input(path, &b, err);
	struct bulla_cur record = bulla_buf_view(&b);
	char shown[256];

	if (st == BULLA_OK) {
		st = bulla_ledger_find(l, &record, index, err);
		if (st != BULLA_OK)
			bulla_wrap(err, st, "%s", bulla_text_show_str(shown,
			    sizeof(shown), path));
	}
	bulla_buf_free(&b);
	return st;
}

int
ledger_prove(struct ledger_cmd *k)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_TLOGPROOF_MAX);
	const char *path = cmd_operand(&k->c);
	enum bulla_status st = BULLA_OK;
	struct bulla_err err = { 0 };
	struct bulla_ledger *l;
	int code = CMD_YES;

	if (k->c.argc > 0 || (path != NULL) + k->has_index + k->has_old != 1)
		return cmd_usage(&k->c, "prove what? One RECORD file, or "
		    "--index N, or --old N");
	l = open_published(k, &code);
	if (l == NULL)
		return code;
	if (path != NULL)
		st = find(l, path, &k->index, &err);
	if (st == BULLA_OK)
		st = k->has_old ? bulla_ledger_request(l, k->old, &b, &err) :
		    bulla_ledger_prove(l, k->index, &b, &err);
	code = st == BULLA_OK ? ledger_output(k, &b) :
	    cmd_fail(&k->c, NULL, st, &err);
	bulla_buf_free(&b);
	bulla_ledger_free(l);
	return code;
}

static int
checked(struct ledger_cmd *k, uint64_t index, const struct bulla_tree *t)
{
	struct cmd_json *j;

	if (k->c.common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", true);
		cmd_json_cur(j, "origin", &t->cp.origin);
		cmd_json_u64(j, "index", index);
		cmd_json_u64(j, "size", t->cp.size);
		cmd_json_hex(j, "root", t->cp.root.b, sizeof(t->cp.root.b));
		cmd_json_u64(j, "cosigned", t->n_witnesses);
		if (t->latest > 0 && t->latest <= BULLA_WHEN_MAX)
			cmd_json_when(j, "latest", t->latest);
		return cmd_json_print(&k->c, j, CMD_YES);
	}
	printf("ok record %llu of %llu in %.*s, cosigned by %u\n",
	    (unsigned long long)index, (unsigned long long)t->cp.size,
	    (int)t->cp.origin.len, (const char *)t->cp.origin.p,
	    t->n_witnesses);
	return CMD_YES;
}

static int
check_proof(struct ledger_cmd *k, const char *proof, const char *record)
{
	struct bulla_buf p = BULLA_BUF_INIT(BULLA_TLOGPROOF_MAX);
	struct bulla_buf r = RECORD_BUF;
	struct bulla_tree t = { 0 };
	struct bulla_err err = { 0 };
	struct bulla_cur pc, rc;
	enum bulla_status st;
	uint64_t index = 0;
	int code;

	if (k->c.known.n == 0)
		return cmd_usage(&k->c, "no key to verify with: give the "
		    "log's vkey with -k, or a file of them with -K");
	st = ledger_input(proof, &p, &err);
	if (st == BULLA_OK)
		st = ledger_input(record, &r, &err);
	if (st != BULLA_OK)
		proof = NULL;	/* the message names the file already */
	pc = bulla_buf_view(&p);
	rc = bulla_buf_view(&r);
	if (st == BULLA_OK)
		st = bulla_ledger_proved(&pc, &rc, &k->c.known, &index, &t,
		    &err);
	if (st == BULLA_OK && t.n_witnesses < k->cosigned)
		st = bulla_fail(&err, BULLA_E_REFUSED, "cosigned by %u of the "
		    "known witnesses, not by %llu", t.n_witnesses,
		    (unsigned long long)k->cosigned);
	code = st == BULLA_OK ? checked(k, index, &t) :
	    cmd_fail(&k->c, proof, st, &err);
	bulla_buf_free(&p);
	bulla_buf_free(&r);
	return code;
}

static int
check_home(struct ledger_cmd *k)
{
	struct bulla_err err = { 0 };
	struct bulla_ledger *l;
	enum bulla_status st;
	struct cmd_json *j;
	int code = CMD_YES;

	l = open_published(k, &code);
	if (l == NULL)
		return code;
	st = bulla_ledger_check(l, &err);
	if (st != BULLA_OK) {
		code = cmd_fail(&k->c, NULL, st, &err);
	} else if (k->c.common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", true);
		cmd_json_str(j, "origin", bulla_ledger_vkey(l)->name);
		cmd_json_u64(j, "size", bulla_ledger_size(l));
		code = cmd_json_print(&k->c, j, CMD_YES);
	} else {
		printf("ok %s, %llu records\n", bulla_ledger_vkey(l)->name,
		    (unsigned long long)bulla_ledger_size(l));
	}
	bulla_ledger_free(l);
	return code;
}

int
ledger_check(struct ledger_cmd *k)
{
	const char *proof = cmd_operand(&k->c);
	const char *record = cmd_operand(&k->c);

	if (k->c.argc > 0 || (proof != NULL && record == NULL))
		return cmd_usage(&k->c, "check takes nothing, or a PROOF and "
		    "the RECORD it is about");
	return proof == NULL ? check_home(k) : check_proof(k, proof, record);
}
