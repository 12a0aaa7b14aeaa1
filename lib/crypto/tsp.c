#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/tsp_int.h"

#define NONCE_LEN 8

static enum bulla_status
no_memory(struct bulla_err *err)
{
	ERR_clear_error();
	return bulla_fail(err, BULLA_E_NOMEM, "no memory for a time stamp");
}

TS_REQ *
tsp_query_make(const uint8_t digest[32])
{
	TS_REQ *q = TS_REQ_new();
	TS_MSG_IMPRINT *m = TS_MSG_IMPRINT_new();
	X509_ALGOR *a = X509_ALGOR_new();
	uint8_t copy[32];
	bool ok;

	memcpy(copy, digest, sizeof(copy));
	ok = q != NULL && m != NULL && a != NULL &&
	    X509_ALGOR_set0(a, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) &&
	    TS_MSG_IMPRINT_set_algo(m, a) &&
	    TS_MSG_IMPRINT_set_msg(m, copy, (int)sizeof(copy)) &&
	    TS_REQ_set_version(q, 1) && TS_REQ_set_msg_imprint(q, m) &&
	    TS_REQ_set_cert_req(q, 1);
	X509_ALGOR_free(a);
	TS_MSG_IMPRINT_free(m);
	if (ok)
		return q;
	TS_REQ_free(q);
	return NULL;
}

/* The first bit is 0 and the second 1: one length, and no negative number. */
static bool
set_nonce(TS_REQ *q)
{
	uint8_t nonce[NONCE_LEN];
	ASN1_INTEGER *n = NULL;
	BIGNUM *b = NULL;
	bool ok;

	if (RAND_bytes(nonce, (int)sizeof(nonce)) != 1)
		return false;
	nonce[0] = (uint8_t)((nonce[0] & 0x3f) | 0x40);
	b = BN_bin2bn(nonce, (int)sizeof(nonce), NULL);
	n = b != NULL ? BN_to_ASN1_INTEGER(b, NULL) : NULL;
	ok = n != NULL && TS_REQ_set_nonce(q, n);
	ASN1_INTEGER_free(n);
	BN_free(b);
	return ok;
}

/* Only digits and dots: no name that this machine's configuration defines. */
static enum bulla_status
set_policy(TS_REQ *q, const char *policy, struct bulla_err *err)
{
	ASN1_OBJECT *o = NULL;
	enum bulla_status st = BULLA_OK;

	if (strspn(policy, "0123456789.") == strlen(policy) &&
	    strlen(policy) <= BULLA_TSP_TEXT_MAX)
		o = OBJ_txt2obj(policy, 1);
	if (o == NULL)
		st = bulla_fail(err, BULLA_E_USAGE, "a policy is numbers with "
		    "dots between them, as 1.2.3.4");
	else if (!TS_REQ_set_policy_id(q, o))
		st = no_memory(err);
	ASN1_OBJECT_free(o);
	ERR_clear_error();
	return st;
}

enum bulla_status
bulla_tsp_query(const uint8_t digest[32], const char *policy,
    struct bulla_buf *out, struct bulla_err *err)
{
	TS_REQ *q = tsp_query_make(digest);
	enum bulla_status st = BULLA_OK;
	unsigned char *der = NULL;
	int n;

	if (q == NULL || !set_nonce(q))
		st = no_memory(err);
	if (st == BULLA_OK && policy != NULL)
		st = set_policy(q, policy, err);
	if (st == BULLA_OK) {
		n = i2d_TS_REQ(q, &der);
		if (n > 0)
			bulla_buf_put(out, der, (size_t)n);
		st = n > 0 ? bulla_buf_status(out) : BULLA_E_NOMEM;
		if (st != BULLA_OK)
			st = no_memory(err);
	}
	OPENSSL_free(der);
	TS_REQ_free(q);
	return st;
}

TS_REQ *
tsp_query_parse(const struct bulla_cur *query)
{
	const unsigned char *p = query->p;
	TS_REQ *q = NULL;

	if (query->len > 0 && query->len <= BULLA_TSP_QUERY_MAX)
		q = d2i_TS_REQ(NULL, &p, (long)query->len);
	if (q != NULL && p != query->p + query->len) {
		TS_REQ_free(q);
		q = NULL;
	}
	ERR_clear_error();
	return q;
}

bool
tsp_is_of(TS_MSG_IMPRINT *imprint, const uint8_t digest[32])
{
	const ASN1_OBJECT *alg = NULL;
	ASN1_OCTET_STRING *msg = TS_MSG_IMPRINT_get_msg(imprint);

	X509_ALGOR_get0(&alg, NULL, NULL, TS_MSG_IMPRINT_get_algo(imprint));
	return OBJ_obj2nid(alg) == NID_sha256 &&
	    ASN1_STRING_length(msg) == 32 &&
	    memcmp(ASN1_STRING_get0_data(msg), digest, 32) == 0;
}

enum bulla_status
bulla_tsp_query_check(const struct bulla_cur *query,
    const uint8_t digest[32], struct bulla_err *err)
{
	TS_REQ *q = tsp_query_parse(query);
	bool is;

	if (q == NULL)
		return bulla_fail(err, BULLA_E_FORMAT, "no time-stamp query");
	is = tsp_is_of(TS_REQ_get_msg_imprint(q), digest);
	TS_REQ_free(q);
	return is ? BULLA_OK : bulla_fail(err, BULLA_E_MISMATCH, "a "
	    "time-stamp query for something else");
}

enum bulla_status
bulla_tsp_cas_new(struct bulla_tsp_cas **out, struct bulla_err *err)
{
	struct bulla_tsp_cas *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->v = sk_X509_new_null();
	if (c == NULL || c->v == NULL) {
		free(c);
		return no_memory(err);
	}
	*out = c;
	return BULLA_OK;
}

void
bulla_tsp_cas_free(struct bulla_tsp_cas *c)
{
	if (c == NULL)
		return;
	sk_X509_pop_free(c->v, X509_free);
	free(c);
}

enum bulla_status
bulla_tsp_cas_add(struct bulla_tsp_cas *c, const struct bulla_cur *pem,
    struct bulla_err *err)
{
	unsigned n = 0;
	bool ended, stored = true;
	X509 *x = NULL;
	BIO *in;

	if (pem->len > BULLA_TSP_CA_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "over %u bytes of "
		    "certificates", BULLA_TSP_CA_MAX);
	in = BIO_new_mem_buf(pem->p, (int)pem->len);
	if (in == NULL)
		return no_memory(err);
	ERR_clear_error();
	while (stored && (x = PEM_read_bio_X509(in, NULL, NULL, NULL)) !=
	    NULL) {
		stored = sk_X509_push(c->v, x) > 0;
		n++;
	}
	ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	BIO_free(in);
	ERR_clear_error();
	if (!stored) {
		X509_free(x);
		return no_memory(err);
	}
	if (n == 0 || !ended)
		return bulla_fail(err, BULLA_E_FORMAT, n == 0 ?
		    "no PEM certificate" : "a damaged PEM certificate");
	return BULLA_OK;
}
