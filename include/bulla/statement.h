#ifndef BULLA_STATEMENT_H
#define BULLA_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/note.h"
#include "bulla/opening.h"

/*
 * "bulla statement v1": what one side has of the exchange, as text, for
 * comparing it with what the other side has. It is signed by nobody and proves
 * nothing: each digest in it can be asked for. docs/FORMAT.md has the grammar.
 */
#define BULLA_STATEMENT_MAX (32u << 20)	/* bytes */
#define BULLA_STATEMENT_LINES_MAX 65536u

enum bulla_line_kind {		/* in the order of the text */
	BULLA_LINE_SENT,	/* sealed for an agency, and numbered or sent */
	BULLA_LINE_VOID,	/* a number that no package has */
	BULLA_LINE_RECEIVED,	/* taken in and kept */
	BULLA_LINE_REJECTED,	/* answered with a signed reject */
};
enum bulla_answer { BULLA_ANSWER_NONE, BULLA_ANSWER_RECEIVE,
	BULLA_ANSWER_REJECT };

/* A digest that is not known has has_... false; sequence 0: none. */
struct bulla_statement_line {
	enum bulla_line_kind kind;
	char agency[BULLA_KEYNAME_MAX + 1];	/* the other one; "": none */
	uint64_t sequence;
	char id[BULLA_ID_LEN + 1];		/* "" of a void one */
	bool has_opening, has_sha256;
	uint8_t opening[32];			/* sha256 of its text */
	uint8_t sha256[32];			/* of the package file */
	enum bulla_answer answer;		/* of the receiver, signed */
	uint8_t receipt[32];			/* sha256 of its text */
};
struct bulla_statement {
	char side[BULLA_KEYNAME_MAX + 1];
	int64_t time;
	struct bulla_statement_line *v;		/* owned, strictly ascending */
	size_t n, cap;
};
void bulla_statement_free(struct bulla_statement *s);

/* BULLA_E_FORMAT, BULLA_E_LIMIT, BULLA_E_NOMEM; *out only on success. */
BULLA_NODISCARD enum bulla_status bulla_statement_parse(
    const struct bulla_cur *text, struct bulla_statement *out,
    struct bulla_err *err);
/* What parsing would refuse is a programmer error. */
void bulla_statement_put(struct bulla_buf *b,
    const struct bulla_statement *s);
/* Append a line; bulla_statement_sort before it is put or compared. */
BULLA_NODISCARD enum bulla_status bulla_statement_add(
    struct bulla_statement *s, const struct bulla_statement_line *l,
    struct bulla_err *err);
/* Of lines with the same place the first that was added stays. */
void bulla_statement_sort(struct bulla_statement *s);

/*
 * What two sides' statements do not agree on. fn gets one difference: the
 * side that has something, the side that lacks it or has it otherwise (both
 * are names from the statements), the line, and one line of plain text.
 * *n counts them. BULLA_E_USAGE: both are of the same side.
 */
struct bulla_difference {
	const char *has, *lacks;
	const struct bulla_statement_line *line;
	const char *what;	/* package, opening, sha256, sequence, ... */
	const char *text;
};
BULLA_NODISCARD enum bulla_status bulla_statement_compare(
    const struct bulla_statement *a, const struct bulla_statement *b,
    void (*fn)(void *ctx, const struct bulla_difference *d), void *ctx,
    uint64_t *n, struct bulla_err *err);

#endif
