#ifndef BULLA_CRYPTO_TSP_INT_H
#define BULLA_CRYPTO_TSP_INT_H

#include <openssl/ts.h>

#include "bulla/tsp.h"

struct bulla_tsp_cas {
	STACK_OF(X509) *v;
};

/* A query of all of these bytes; NULL: it is none. */
TS_REQ *tsp_query_parse(const struct bulla_cur *query);
/* SHA-256 and this digest? */
bool tsp_is_of(TS_MSG_IMPRINT *imprint, const uint8_t digest[32]);
/* Of the digest alone; NULL: no memory. */
TS_REQ *tsp_query_make(const uint8_t digest[32]);

#endif
