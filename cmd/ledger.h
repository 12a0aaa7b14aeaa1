#ifndef LEDGER_H
#define LEDGER_H

#include "cmd.h"

#include "bulla/ledger.h"

/* What the verbs of bulla-ledger share. */
struct ledger_cmd {
	struct cmd c;
	const char *name;	/* -n */
	const char *witness;	/* -w: the name of a witness key to make */
	const char *identity;	/* -i: the witness key to cosign with */
	const char *max_age;	/* --max-age */
	bool export;		/* --export */
	bool lines;		/* --lines */
	bool has_index, has_old;
	uint64_t index;		/* --index */
	uint64_t old;		/* --old */
	uint64_t cosigned;	/* --cosigned */
};

int ledger_append(struct ledger_cmd *k);
int ledger_prove(struct ledger_cmd *k);
int ledger_check(struct ledger_cmd *k);
int ledger_cosign(struct ledger_cmd *k);
int ledger_keep(struct ledger_cmd *k);
int ledger_monitor(struct ledger_cmd *k);
int ledger_reconcile(struct ledger_cmd *k);

/* Opens the home's ledger; on failure *code is the exit status. */
struct bulla_ledger *ledger_open(struct ledger_cmd *k, int *code);
/* keys/NAME below the home, into out of 4096 bytes. */
bool ledger_home_path(struct ledger_cmd *k, const char *rest, char *out);
/* A whole input, at most out->max bytes. */
enum bulla_status ledger_input(const char *path, struct bulla_buf *out,
    struct bulla_err *err);
/* Result bytes to -o or stdout. */
int ledger_output(struct ledger_cmd *k, const struct bulla_buf *b);

#endif
