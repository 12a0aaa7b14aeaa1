#ifndef BULLA_TSP_H
#define BULLA_TSP_H

#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"

/*
 * Time-stamp tokens (RFC 3161, with ESSCertIDv2 of RFC 5816) on libcrypto:
 * the query for a SHA-256 digest, and the judgement of the reply. A token
 * proves that the digest existed at its time, by the word of the authority
 * that signed it, and nothing else. Offline: no revocation is looked up.
 */
#define BULLA_TSP_QUERY_MAX 1024u	/* bytes */
#define BULLA_TSP_REPLY_MAX 65536u
#define BULLA_TSP_CA_MAX (1u << 20)	/* bytes of a PEM file */
#define BULLA_TSP_TEXT_MAX 255u
#define BULLA_TSP_SKEW 300		/* seconds that clocks may differ */

/*
 * Append the DER of a query with a random nonce that asks for the authority's
 * certificate. policy: dotted decimals, or NULL for the authority's own
 * (BULLA_E_USAGE when it is none).
 */
BULLA_NODISCARD enum bulla_status bulla_tsp_query(const uint8_t digest[32],
    const char *policy, struct bulla_buf *out, struct bulla_err *err);
/* A query for this digest? BULLA_E_FORMAT, BULLA_E_MISMATCH. */
BULLA_NODISCARD enum bulla_status bulla_tsp_query_check(
    const struct bulla_cur *query, const uint8_t digest[32],
    struct bulla_err *err);

/*
 * The certificates where chains may end: roots, or an authority's own. At
 * least one in each text. BULLA_E_FORMAT: no PEM certificate in it, or one
 * that is damaged; BULLA_E_NOMEM.
 */
struct bulla_tsp_cas;
BULLA_NODISCARD enum bulla_status bulla_tsp_cas_new(
    struct bulla_tsp_cas **out, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_tsp_cas_add(struct bulla_tsp_cas *c,
    const struct bulla_cur *pem, struct bulla_err *err);
void bulla_tsp_cas_free(struct bulla_tsp_cas *c);	/* NULL is allowed */

/* A token that has verified; the texts are plain. */
struct bulla_tsp {
	int64_t time;			/* POSIX seconds, rounded down */
	char policy[BULLA_TSP_TEXT_MAX + 1];	/* dotted decimals */
	char serial[BULLA_TSP_TEXT_MAX + 1];	/* hex digits */
	char signer[BULLA_TSP_TEXT_MAX + 1];	/* RFC 4514, escaped */
};

/*
 * Is reply a whole TimeStampResp, granted, with a token over this digest,
 * signed with SHA-2 by a certificate for time-stamping alone that the token
 * binds (ESS), whose chain was valid at the token's time and ends in c, of at
 * least 112 bits? With query, also of its nonce and policy. now: no token is
 * from later than BULLA_TSP_SKEW after it. *out only on success.
 * BULLA_E_FORMAT; BULLA_E_REFUSED: the authority says no; BULLA_E_MISMATCH;
 * BULLA_E_NOKEY: c is empty or NULL; BULLA_E_NOMEM.
 */
struct bulla_tsp_expect {
	uint8_t digest[32];
	struct bulla_cur query;		/* len 0: any nonce and policy */
	const struct bulla_tsp_cas *cas;
	int64_t now;
};
BULLA_NODISCARD enum bulla_status bulla_tsp_verify(
    const struct bulla_cur *reply, const struct bulla_tsp_expect *x,
    struct bulla_tsp *out, struct bulla_err *err);

#endif
