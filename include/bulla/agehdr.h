#ifndef BULLA_AGEHDR_H
#define BULLA_AGEHDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"

/* The text header of an age v1 file (c2sp.org/age). No cryptography here. */
#define BULLA_AGE_HEADER_MAX 65536u	/* bytes */
#define BULLA_AGE_STANZAS_MAX 64u

struct bulla_age_stanza {
	struct bulla_cur args;		/* "X25519 <share>", one space apart */
	size_t n_args;			/* at least 1, the type */
	const uint8_t *body;		/* decoded; into the header's pool */
	size_t body_len;
};

/* Initialise with { 0 }. Windows point into the bytes parsed. */
struct bulla_age_header {
	size_t n_stanzas;		/* 1 .. BULLA_AGE_STANZAS_MAX */
	struct bulla_age_stanza stanza[BULLA_AGE_STANZAS_MAX];
	struct bulla_cur covered;	/* what the MAC covers, through "---" */
	uint8_t mac[32];
	uint8_t *pool;			/* heap */
};

/*
 * Parse a header at the beginning of *in and advance past it. *in is left
 * alone on failure: BULLA_E_FORMAT, BULLA_E_LIMIT, BULLA_E_NOMEM, or
 * BULLA_E_INCOMPLETE when the bytes end before the header does.
 */
BULLA_NODISCARD enum bulla_status bulla_age_header_parse(
    struct bulla_cur *in, struct bulla_age_header *out,
    struct bulla_err *err);
void bulla_age_header_free(struct bulla_age_header *h);

/* Argument i (0 is the type) of a stanza; false when it has fewer. */
BULLA_NODISCARD bool bulla_age_arg(const struct bulla_age_stanza *s, size_t i,
    struct bulla_cur *out);

/* Writing: the version line, a stanza, and "---" without what follows. */
void bulla_age_put_version(struct bulla_buf *b);
void bulla_age_put_stanza(struct bulla_buf *b, const char *const *args,
    size_t n_args, const void *body, size_t body_len);
void bulla_age_put_dashes(struct bulla_buf *b);
/* After the dashes: space, MAC in base64, LF. */
void bulla_age_put_mac(struct bulla_buf *b, const uint8_t mac[32]);

#endif
