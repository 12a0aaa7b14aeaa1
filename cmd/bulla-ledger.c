#include <stdio.h>
#include <string.h>

#include "ledger.h"

enum { OPT_LINES = CMD_LONG + 1, OPT_INDEX, OPT_OLD, OPT_COSIGNED,
	OPT_MAX_AGE, OPT_EXPORT };

static const struct cmd_opt opts[] = {
	{ 'n', "name", "NAME", "init: the log's name, such as agency/log" },
	{ 'w', "witness", "NAME", "init: make a witness key too" },
	{ OPT_LINES, "lines", NULL, "append: each input line is a record" },
	{ OPT_INDEX, "index", "N", "prove: record number N, from 0" },
	{ OPT_OLD, "old", "N", "prove: to a witness that saw N records" },
	{ OPT_COSIGNED, "cosigned", "N",
	    "check: at least N known witnesses must have cosigned" },
	{ 'i', "identity", "FILE",
	    "cosign: the witness key (default: keys/witness.key)" },
	{ OPT_MAX_AGE, "max-age", "AGE",
	    "monitor: how old a cosignature may be, as 36h (default: 7d)" },
	{ OPT_EXPORT, "export", NULL,
	    "reconcile: write what this home has, for the other side" },
	{ 0 },
};
static const char *const synopsis[] = {
	"init -n NAME [-w NAME]",
	"append [--lines] [FILE...]",
	"prove [-o FILE] (RECORD | --index N | --old N)",
	"check [[-k VKEY]... [-K FILE] [--cosigned N] PROOF RECORD]",
	"cosign [-i FILE] [-k VKEY]... [-K FILE] [-o FILE] [REQUEST]",
	"keep [-k VKEY]... [-K FILE] REQUEST REPLY",
	"monitor [--max-age AGE] [-k VKEY]... [-K FILE] [THEIRS]",
	"reconcile (--export [-o FILE] | STATEMENT [STATEMENT])",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-ledger",
	.synopsis = synopsis,
	.about = "An append-only record that others can check: append to it, "
	    "prove that a record\nis in it, check proofs, cosign the "
	    "checkpoints of others,\nwatch over both sides' ledgers, compare "
	    "what each side has.",
	.opts = opts,
	.groups = CMD_OUT | CMD_ASK | CMD_KNOWN,
};

static enum bulla_status
make_witness(struct ledger_cmd *k, struct bulla_buf *line,
    struct bulla_err *err)
{
	struct bulla_secret text = { 0 };
	struct bulla_signer s = { 0 };
	enum bulla_status st;
	char path[4096];

	if (!ledger_home_path(k, "keys/witness.key", path))
		return bulla_fail(err, BULLA_E_USAGE, "no home");
	st = bulla_signer_new(k->witness, BULLA_SIG_COSIGNATURE, &s, err);
	if (st == BULLA_OK)
		st = bulla_signer_text(&s, &text, err);
	if (st == BULLA_OK) {
		bulla_vkey_put(line, &s.vkey);
		st = bulla_buf_cstr(line) == NULL ? BULLA_E_NOMEM :
		    bulla_keyfile_write(path, &text, (const char *)line->p,
		    NULL, false, err);
	}
	bulla_secret_free(&text);
	bulla_signer_free(&s);
	return st;
}

static int
init_done(struct ledger_cmd *k, const struct bulla_vkey *log,
    struct bulla_buf *witness)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_VKEY_MAX);
	const char *vkey;
	struct cmd_json *j;
	int code = CMD_YES;

	bulla_vkey_put(&b, log);
	vkey = bulla_buf_cstr(&b);
	if (vkey == NULL) {
		code = CMD_TROUBLE;
	} else if (k->c.common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", true);
		cmd_json_str(j, "log", vkey);
		if (witness->len > 0)
			cmd_json_str(j, "witness", (const char *)witness->p);
		code = cmd_json_print(&k->c, j, CMD_YES);
	} else {
		printf("%s\n", vkey);
		if (witness->len > 0)
			printf("%s\n", (const char *)witness->p);
	}
	bulla_buf_free(&b);
	return code;
}

static int
init(struct ledger_cmd *k)
{
	struct bulla_buf witness = BULLA_BUF_INIT(BULLA_VKEY_MAX);
	const char *home = cmd_home(&k->c);
	struct bulla_ledger *l = NULL;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code = CMD_YES;

	if (k->c.argc > 0 || k->name == NULL)
		return cmd_usage(&k->c, "init takes -n NAME, such as "
		    "agency/log");
	if (home == NULL)
		return cmd_usage(&k->c, "where is the home? --home DIR");
	st = bulla_ledger_init(home, k->name, &k->c.ask, &err);
	if (st == BULLA_OK && k->witness != NULL)
		st = make_witness(k, &witness, &err);
	if (st != BULLA_OK)
		code = cmd_fail(&k->c, home, st, &err);
	else
		l = ledger_open(k, &code);
	if (l != NULL)
		code = init_done(k, bulla_ledger_vkey(l), &witness);
	bulla_ledger_free(l);
	bulla_buf_free(&witness);
	return code;
}

static int
run(struct ledger_cmd *k)
{
	static const struct {
		const char *verb;
		int (*run)(struct ledger_cmd *k);
	} verbs[] = {
		{ "init", init }, { "append", ledger_append },
		{ "prove", ledger_prove }, { "check", ledger_check },
		{ "cosign", ledger_cosign }, { "keep", ledger_keep },
		{ "monitor", ledger_monitor },
		{ "reconcile", ledger_reconcile },
	};
	const char *verb = cmd_operand(&k->c);

	for (size_t i = 0; verb != NULL && i < sizeof(verbs) /
	    sizeof(verbs[0]); i++) {
		if (strcmp(verb, verbs[i].verb) == 0)
			return verbs[i].run(k);
	}
	return cmd_usage(&k->c, "init, append, prove, check, cosign, keep, "
	    "monitor or reconcile?");
}

static void
option(struct ledger_cmd *k, int ch, const char *arg)
{
	const uint64_t max = BULLA_TREE_MAX;

	switch (ch) {
	case 'n':
		k->name = arg;
		break;
	case 'w':
		k->witness = arg;
		break;
	case 'i':
		k->identity = arg;
		break;
	case OPT_MAX_AGE:
		k->max_age = arg;
		break;
	case OPT_EXPORT:
		k->export = true;
		break;
	case OPT_LINES:
		k->lines = true;
		break;
	case OPT_INDEX:
		k->index = cmd_num(&k->c, "--index", arg, 0, max);
		k->has_index = true;
		break;
	case OPT_OLD:
		k->old = cmd_num(&k->c, "--old", arg, 0, max);
		k->has_old = true;
		break;
	default:
		k->cosigned = cmd_num(&k->c, "--cosigned", arg, 0,
		    BULLA_NOTE_SIGS_MAX);
		break;
	}
}

int
main(int argc, char **argv)
{
	struct ledger_cmd k = { 0 };
	const char *arg = NULL;
	int ch;

	cmd_begin(&k.c, &tool, argc, argv);
	while ((ch = cmd_getopt(&k.c, &arg)) != -1)
		option(&k, ch, arg);
	return cmd_end(&k.c, run(&k));
}
