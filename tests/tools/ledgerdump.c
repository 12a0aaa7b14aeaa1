/* ledgerdump HOME: "index record" for each published record, a line each. */
#include <stdio.h>

#include "bulla/ledger.h"

static enum bulla_status
show(void *ctx, uint64_t index, const struct bulla_cur *record,
    struct bulla_err *err)
{
	(void)ctx;
	(void)err;
	printf("%llu %.*s\n", (unsigned long long)index, (int)record->len,
	    (const char *)record->p);
	return BULLA_OK;
}

int
main(int argc, char **argv)
{
	struct bulla_ledger *l = NULL;
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (argc != 2) {
		fprintf(stderr, "usage: ledgerdump HOME\n");
		return 2;
	}
	st = bulla_crypto_init(&err);
	if (st == BULLA_OK)
		st = bulla_ledger_open(argv[1], NULL, &l, &err);
	if (st == BULLA_OK)
		st = bulla_ledger_publish(l, &err);
	if (st == BULLA_OK)
		st = bulla_ledger_each(l, show, NULL, &err);
	bulla_ledger_free(l);
	if (st == BULLA_OK && fflush(stdout) == 0)
		return 0;
	fprintf(stderr, "%s: %s\n", argv[1], err.msg);
	return 1;
}
