#ifndef BULLA_FIELD_H
#define BULLA_FIELD_H

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"

/*
 * The body of our notes: a type line, then "label: value" lines in one fixed
 * order. A value is plain text (bulla/text.h) of 1 to BULLA_FIELD_MAX bytes
 * that neither begins nor ends with a space; "-" stands for "none". Labels
 * are lower-case words with hyphens. docs/FORMAT.md has the grammar.
 */
#define BULLA_FIELD_MAX 8192u	/* bytes of one value */

struct bulla_fields {
	struct bulla_cur c;	/* what is left */
	unsigned line;		/* number of the next line, from 1 */
};

/* Start reading; the first line must be exactly type. BULLA_E_FORMAT if not. */
BULLA_NODISCARD enum bulla_status bulla_fields_begin(struct bulla_fields *f,
    const struct bulla_cur *text, const char *type, struct bulla_err *err);

/* Is the next line a field with this label? Consumes nothing. */
bool bulla_field_next_is(const struct bulla_fields *f, const char *label);

/* The next line must be this label; *value points into the text. */
BULLA_NODISCARD enum bulla_status bulla_field_take(struct bulla_fields *f,
    const char *label, struct bulla_cur *value, struct bulla_err *err);

/* Typed forms: lower-case hex of n bytes, decimal up to max, time. */
BULLA_NODISCARD enum bulla_status bulla_field_hex(struct bulla_fields *f,
    const char *label, void *out, size_t n, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_field_u64(struct bulla_fields *f,
    const char *label, uint64_t max, uint64_t *out, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_field_when(struct bulla_fields *f,
    const char *label, int64_t *out, struct bulla_err *err);

/* hex of n bytes, or "-": then *has is false and out is left alone. */
BULLA_NODISCARD enum bulla_status bulla_field_hex_or_none(
    struct bulla_fields *f, const char *label, void *out, size_t n,
    bool *has, struct bulla_err *err);

/* BULLA_E_FORMAT about the line just taken: 'line N: label: "value" why'. */
enum bulla_status bulla_field_bad(const struct bulla_fields *f,
    const char *label, const struct bulla_cur *value, const char *why,
    struct bulla_err *err);

/* Nothing may be left. */
BULLA_NODISCARD enum bulla_status bulla_fields_end(
    const struct bulla_fields *f, struct bulla_err *err);

/* Is this a value that bulla_field_take would accept? */
bool bulla_field_value_ok(const struct bulla_cur *value);

/* Writing. A value that reading would refuse is a programmer error. */
void bulla_field_put(struct bulla_buf *b, const char *label,
    const struct bulla_cur *value);
void bulla_field_put_str(struct bulla_buf *b, const char *label,
    const char *value);
/* "-" for an empty value. */
void bulla_field_put_or_none(struct bulla_buf *b, const char *label,
    const struct bulla_cur *value);
void bulla_field_put_hex(struct bulla_buf *b, const char *label,
    const void *data, size_t n);
void bulla_field_put_hex_or_none(struct bulla_buf *b, const char *label,
    bool has, const void *data, size_t n);
void bulla_field_put_u64(struct bulla_buf *b, const char *label, uint64_t v);
void bulla_field_put_when(struct bulla_buf *b, const char *label, int64_t t);

#endif
