#include <stdio.h>

#include "ledger.h"

#include "bulla/file.h"

bool
ledger_home_path(struct ledger_cmd *k, const char *rest, char *out)
{
	const char *home = cmd_home(&k->c);
	int n;

	if (home == NULL)
		return false;
	n = snprintf(out, 4096, "%s/%s", home, rest);
	return n > 0 && n < 4096;
}

struct bulla_ledger *
ledger_open(struct ledger_cmd *k, int *code)
{
	const char *home = cmd_home(&k->c);
	struct bulla_ledger *l = NULL;
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (home == NULL) {
		*code = cmd_usage(&k->c, "where is the home? --home DIR");
		return NULL;
	}
	st = bulla_ledger_open(home, &k->c.ask, &l, &err);
	if (st != BULLA_OK) {
		*code = cmd_fail(&k->c, home, st, &err);
		return NULL;
	}
	if (bulla_ledger_cut(l) > 0)
		cmd_say(&k->c, "a torn tail of %llu bytes, of a write that "
		    "was never acknowledged, was cut from the journal",
		    (unsigned long long)bulla_ledger_cut(l));
	return l;
}

enum bulla_status
ledger_input(const char *path, struct bulla_buf *out, struct bulla_err *err)
{
	return bulla_file_get(path, out, err);
}

int
ledger_output(struct ledger_cmd *k, const struct bulla_buf *b)
{
	const char *out = k->c.common.out;
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (out == NULL)
		return fwrite(b->p, 1, b->len, stdout) == b->len ? CMD_YES :
		    CMD_TROUBLE;
	st = bulla_file_put(out, b->p, b->len, 0644, k->c.common.force, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}
