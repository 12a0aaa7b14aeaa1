#include <stdio.h>
#include <string.h>

#include "ledger.h"

#include "bulla/file.h"
#include "bulla/home.h"
#include "bulla/text.h"
#include "bulla/trust.h"

struct report {
	struct cmd_json *j;		/* NULL: text */
};

/* Whose home is it: what its roster says, else the name of its log. */
static enum bulla_status
own_side(const char *home, const struct bulla_ask *ask,
    char side[BULLA_KEYNAME_MAX + 1], struct bulla_err *err)
{
	const struct bulla_roster *r = NULL;
	uint8_t digest[BULLA_SHA256_LEN];
	struct bulla_ledger *l = NULL;
	struct bulla_trust *t = NULL;
	struct bulla_cur name;
	enum bulla_status st;

	st = bulla_trust_load(home, &t, err);
	if (st == BULLA_OK)
		r = bulla_trust_roster(t, BULLA_OURS, digest);
	if (r != NULL) {
		name = r->side;
	} else if (st == BULLA_E_NOMATCH) {
		st = bulla_ledger_open(home, ask, &l, err);
		if (st == BULLA_OK)
			name = bulla_cur_str(bulla_ledger_vkey(l)->name);
	}
	if (st == BULLA_OK) {
		name = bulla_keyname_agency(&name);
		memcpy(side, name.p, name.len);
		side[name.len] = '\0';
	}
	bulla_trust_free(t);
	bulla_ledger_free(l);
	return st;
}

static enum bulla_status
own_statement(struct ledger_cmd *k, struct bulla_statement *out,
    struct bulla_err *err)
{
	char side[BULLA_KEYNAME_MAX + 1] = "";
	const char *home = cmd_home(&k->c);
	enum bulla_status st;

	if (home == NULL)
		return bulla_fail(err, BULLA_E_USAGE, "where is the home? "
		    "--home DIR");
	st = own_side(home, &k->c.ask, side, err);
	return st == BULLA_OK ? bulla_statement_of_home(home, side,
	    bulla_now(), out, err) : st;
}

static enum bulla_status
read_statement(const char *path, struct bulla_statement *out,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_STATEMENT_MAX);
	enum bulla_status st = ledger_input(path, &b, err);
	struct bulla_cur text = bulla_buf_view(&b);
	char shown[256];

	if (st == BULLA_OK) {
		st = bulla_statement_parse(&text, out, err);
		if (st != BULLA_OK)
			bulla_wrap(err, st, "%s", bulla_text_show_str(shown,
			    sizeof(shown), path));
	}
	bulla_buf_free(&b);
	return st;
}

static int
export(struct ledger_cmd *k, const char *path)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_STATEMENT_MAX);
	struct bulla_statement s = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st = own_statement(k, &s, &err);
	int code;

	if (st == BULLA_OK) {
		bulla_statement_put(&b, &s);
		st = bulla_buf_status(&b);
		if (st != BULLA_OK)
			bulla_fail(&err, st, "the statement is too long");
	}
	if (path != NULL && k->c.common.out == NULL)
		k->c.common.out = path;
	code = st == BULLA_OK ? ledger_output(k, &b) :
	    cmd_fail(&k->c, NULL, st, &err);
	bulla_statement_free(&s);
	bulla_buf_free(&b);
	return code;
}

static void
differs(void *ctx, const struct bulla_difference *d)
{
	struct report *r = ctx;
	struct cmd_json *j;

	if (r->j == NULL) {
		printf("%s\n", d->text);
		return;
	}
	j = cmd_json_new();
	cmd_json_str(j, "what", d->what);
	cmd_json_str(j, "has", d->has);
	cmd_json_str(j, "lacks", d->lacks);
	if (d->line->id[0] != '\0')
		cmd_json_str(j, "package", d->line->id);
	if (d->line->sequence > 0)
		cmd_json_u64(j, "sequence", d->line->sequence);
	cmd_json_str(j, "text", d->text);
	cmd_json_push_obj(r->j, "differences", j);
}

static int
compare(struct ledger_cmd *k, const struct bulla_statement *a,
    const struct bulla_statement *b)
{
	struct report r = { .j = k->c.common.json ? cmd_json_new() : NULL };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	uint64_t n = 0;
	int code;

	st = bulla_statement_compare(a, b, differs, &r, &n, &err);
	if (st != BULLA_OK) {
		if (r.j != NULL)
			cmd_json_free(r.j);
		return cmd_fail(&k->c, NULL, st, &err);
	}
	code = n == 0 ? CMD_YES : CMD_NO;
	if (r.j != NULL) {
		cmd_json_bool(r.j, "ok", n == 0);
		cmd_json_str(r.j, "a", a->side);
		cmd_json_str(r.j, "b", b->side);
		cmd_json_u64(r.j, "n", n);
		return cmd_json_print(&k->c, r.j, code);
	}
	if (n == 0)
		printf("ok %s and %s agree\n", a->side, b->side);
	return code;
}

int
ledger_reconcile(struct ledger_cmd *k)
{
	const char *first = cmd_operand(&k->c);
	const char *second = cmd_operand(&k->c);
	struct bulla_statement a = { 0 }, b = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code;

	if (k->c.argc > 0 || (k->export && second != NULL) ||
	    (!k->export && first == NULL))
		return cmd_usage(&k->c, "reconcile takes the other side's "
		    "STATEMENT, or one of each side, or --export");
	if (k->export)
		return export(k, first);
	st = read_statement(first, &a, &err);
	if (st == BULLA_OK)
		st = second != NULL ? read_statement(second, &b, &err) :
		    own_statement(k, &b, &err);
	code = st != BULLA_OK ? cmd_fail(&k->c, NULL, st, &err) :
	    second != NULL ? compare(k, &a, &b) : compare(k, &b, &a);
	bulla_statement_free(&a);
	bulla_statement_free(&b);
	return code;
}
