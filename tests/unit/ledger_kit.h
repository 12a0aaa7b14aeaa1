#ifndef TEST_LEDGER_KIT_H
#define TEST_LEDGER_KIT_H

#include "scratch.h"

#include "bulla/ledger.h"

/* Ledgers of tests: made, opened again, appended to. */

static inline void
kit_init(const char *home)
{
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	cr_assert_eq(bulla_ledger_init(home, "a.example/log", NULL, &err),
	    BULLA_OK, "%s", err.msg);
}

static inline struct bulla_ledger *
kit_reopen(struct bulla_ledger *l, const char *home)
{
	struct bulla_err err = { 0 };

	bulla_ledger_free(l);
	l = NULL;
	cr_assert_eq(bulla_ledger_open(home, NULL, &l, &err), BULLA_OK, "%s",
	    err.msg);
	return l;
}

static inline uint64_t
kit_add(struct bulla_ledger *l, const char *text)
{
	struct bulla_cur c = bulla_cur_str(text);
	struct bulla_err err = { 0 };
	uint64_t i = 99;

	cr_assert_eq(bulla_ledger_append(l, &c, 1, &i, &err), BULLA_OK, "%s",
	    err.msg);
	return i;
}

static inline void
kit_publish(struct bulla_ledger *l)
{
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_ledger_publish(l, &err), BULLA_OK, "%s", err.msg);
	cr_assert_eq(bulla_ledger_check(l, &err), BULLA_OK, "%s", err.msg);
}

static inline void
kit_copy(const char *from, const char *to)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s; cp -a %s %s", to, from, to);
	cr_assert_eq(system(cmd), 0);
}

#endif
