#ifndef BULLA_OPENING_H
#define BULLA_OPENING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"

/*
 * The two statements of a package, as text: "bulla opening v1", signed
 * before the first segment, and "bulla closing v1", signed after the last.
 * Parsing proves nothing about who wrote them. docs/FORMAT.md has the
 * grammar; what parses encodes to the same bytes.
 */
#define BULLA_ID_LEN 32u		/* hex digits of a package id */
#define BULLA_SEALERS_MAX 16u
#define BULLA_TO_MAX 64u
#define BULLA_RECIPIENTS_MAX 64u	/* of them 16 post-quantum */
#define BULLA_RECIPIENTS_PQ_MAX 16u
#define BULLA_SEGMENT_PLAIN 16777216u	/* plaintext bytes of a full segment */
#define BULLA_SEGMENT_SIZE 16781312u	/* the same with 256 tags */
#define BULLA_SEGMENTS_MAX 1048576u	/* data segments after 00000000.age */
#define BULLA_AGE_NONCE_LEN 16u

/* Windows point into the text; an optional field that is "-" has len 0. */
struct bulla_opening {
	char id[BULLA_ID_LEN + 1];
	struct bulla_cur kind;		/* [a-z][a-z0-9-]{0,31} */
	struct bulla_cur ref;		/* [A-Za-z0-9._-]{1,64} or none */
	struct bulla_cur urgency;	/* class: like kind, or none */
	bool exercise;
	int64_t created;
	struct bulla_cur from;		/* a key name */
	struct bulla_cur to[BULLA_TO_MAX];
	size_t n_to;			/* 0 for the line "to: -" */
	struct bulla_cur sealer[BULLA_SEALERS_MAX];	/* vkey texts */
	size_t n_sealers;		/* at least 1 */
	bool has_sequence;		/* both or neither of the two */
	uint64_t sequence;		/* from 1 */
	bool has_previous;		/* false for the first of a pair */
	uint8_t previous[32];
	struct bulla_cur recipient[BULLA_RECIPIENTS_MAX];	/* age1... */
	size_t n_recipients;		/* at least 1 */
	bool zstd;
	uint8_t age_header[32];
	uint8_t age_nonce[BULLA_AGE_NONCE_LEN];
	bool has_roster;
	uint8_t roster[32];
	bool has_checkpoint;
	uint64_t checkpoint_size;
	uint8_t checkpoint_root[32];
};

/* BULLA_E_FORMAT or BULLA_E_LIMIT; *out only on success. */
BULLA_NODISCARD enum bulla_status bulla_opening_parse(
    const struct bulla_cur *text, struct bulla_opening *out,
    struct bulla_err *err);
void bulla_opening_put(struct bulla_buf *b, const struct bulla_opening *o);

struct bulla_closing {
	char id[BULLA_ID_LEN + 1];
	uint8_t opening[32];		/* sha256 of the opening's text */
	uint64_t segments;		/* data files after 00000000.age */
	uint64_t size;			/* bytes of the whole age file */
	uint8_t manifest[32];		/* sha256 of manifest-sha256.txt */
	int64_t closed;
};
BULLA_NODISCARD enum bulla_status bulla_closing_parse(
    const struct bulla_cur *text, struct bulla_closing *out,
    struct bulla_err *err);
void bulla_closing_put(struct bulla_buf *b, const struct bulla_closing *c);

/* Is this 32 lower-case hex digits? */
bool bulla_id_ok(const struct bulla_cur *id);
/* [a-z][a-z0-9-]{0,31}: what kind and class may say. */
bool bulla_kind_ok(const struct bulla_cur *kind);
/* [A-Za-z0-9._-]{1,64}, and not "-" alone, which stands for none. */
bool bulla_ref_ok(const struct bulla_cur *ref);

#endif
