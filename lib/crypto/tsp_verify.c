#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/tserr.h>
#include <openssl/x509_vfy.h>
#include <string.h>
#include <time.h>

#include "crypto/tsp_int.h"

#include "bulla/text.h"

#define LEVEL_112_BITS 2	/* X509_VERIFY_PARAM_set_auth_level */

/* What is being judged. */
struct judged {
	TS_RESP *resp;
	TS_REQ *req;
	PKCS7 *token;
	TS_TST_INFO *info;
	struct bulla_tsp t;
};

/* The authority's own words, if it gave any. */
static enum bulla_status
not_granted(TS_STATUS_INFO *s, long status, struct bulla_err *err)
{
	const STACK_OF(ASN1_UTF8STRING) *all = TS_STATUS_INFO_get0_text(s);
	const ASN1_UTF8STRING *first = NULL;
	struct bulla_cur text;
	char shown[160] = "";

	if (all != NULL && sk_ASN1_UTF8STRING_num(all) > 0) {
		first = sk_ASN1_UTF8STRING_value(all, 0);
		text = bulla_cur_of(ASN1_STRING_get0_data(first),
		    (size_t)ASN1_STRING_length(first));
		bulla_text_show(shown, sizeof(shown), &text);
	}
	return bulla_fail(err, BULLA_E_REFUSED, "the authority did not grant "
	    "a time stamp (status %ld)%s%s", status, shown[0] != '\0' ? ": " :
	    "", shown);
}

static enum bulla_status
parse(const struct bulla_cur *reply, struct judged *j, struct bulla_err *err)
{
	const unsigned char *p = reply->p;
	TS_STATUS_INFO *s;
	long status;

	if (reply->len > 0 && reply->len <= BULLA_TSP_REPLY_MAX)
		j->resp = d2i_TS_RESP(NULL, &p, (long)reply->len);
	if (j->resp == NULL || p != reply->p + reply->len)
		return bulla_fail(err, BULLA_E_FORMAT, "no time-stamp reply "
		    "(a DER TimeStampResp of at most %u bytes, and nothing "
		    "after it)", BULLA_TSP_REPLY_MAX);
	s = TS_RESP_get_status_info(j->resp);
	status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(s));
	if (status != TS_STATUS_GRANTED && status !=
	    TS_STATUS_GRANTED_WITH_MODS)
		return not_granted(s, status, err);
	j->token = TS_RESP_get_token(j->resp);
	j->info = TS_RESP_get_tst_info(j->resp);
	if (j->token == NULL || j->info == NULL)
		return bulla_fail(err, BULLA_E_FORMAT, "the reply says granted "
		    "and has no token");
	return BULLA_OK;
}

static enum bulla_status
take_time(struct judged *j, int64_t now, struct bulla_err *err)
{
	const ASN1_GENERALIZEDTIME *g = TS_TST_INFO_get_time(j->info);
	struct tm tm;

	if (g == NULL || ASN1_TIME_to_tm(g, &tm) != 1)
		return bulla_fail(err, BULLA_E_FORMAT, "a token without a "
		    "time");
	j->t.time = timegm(&tm);
	if (j->t.time <= 0 || j->t.time > now + BULLA_TSP_SKEW)
		return bulla_fail(err, BULLA_E_MISMATCH, "the token is from "
		    "the future: is this machine's clock right?");
	return BULLA_OK;
}

/* What it must answer: the query, or at least the digest. */
static enum bulla_status
take_query(const struct bulla_tsp_expect *x, struct judged *j,
    struct bulla_err *err)
{
	j->req = x->query.len > 0 ? tsp_query_parse(&x->query) :
	    tsp_query_make(x->digest);
	if (j->req == NULL)
		return bulla_fail(err, x->query.len > 0 ? BULLA_E_FORMAT :
		    BULLA_E_NOMEM, "no time-stamp query");
	if (!tsp_is_of(TS_REQ_get_msg_imprint(j->req), x->digest))
		return bulla_fail(err, BULLA_E_MISMATCH, "the query is for "
		    "another digest");
	if (!tsp_is_of(TS_TST_INFO_get_msg_imprint(j->info), x->digest))
		return bulla_fail(err, BULLA_E_MISMATCH, "the token is over "
		    "another digest");
	return BULLA_OK;
}

/*
 * RFC 3161 leaves the algorithms open, and libcrypto checks what it can:
 * nobody could say what a signature with MD5 or SHA-1 proves.
 */
static enum bulla_status
check_digest(const struct judged *j, struct bulla_err *err)
{
	STACK_OF(PKCS7_SIGNER_INFO) *all = PKCS7_get_signer_info(j->token);
	const PKCS7_SIGNER_INFO *s;
	int nid;

	if (all == NULL || sk_PKCS7_SIGNER_INFO_num(all) != 1)
		return bulla_fail(err, BULLA_E_FORMAT, "a token without, or "
		    "with more than, one signature");
	s = sk_PKCS7_SIGNER_INFO_value(all, 0);
	nid = OBJ_obj2nid(s->digest_alg->algorithm);
	if (nid != NID_sha256 && nid != NID_sha384 && nid != NID_sha512)
		return bulla_fail(err, BULLA_E_MISMATCH, "the token is signed "
		    "with another hash than SHA-256, SHA-384 or SHA-512");
	return BULLA_OK;
}

/* As of the token's time: a certificate that ended since was good then. */
static X509_STORE *
store_of(const struct bulla_tsp_cas *c, int64_t when)
{
	X509_STORE *s = X509_STORE_new();
	X509_VERIFY_PARAM *p;

	if (s == NULL)
		return NULL;
	for (int i = 0; i < sk_X509_num(c->v); i++) {
		if (X509_STORE_add_cert(s, sk_X509_value(c->v, i)) != 1) {
			X509_STORE_free(s);
			return NULL;
		}
	}
	p = X509_STORE_get0_param(s);
	X509_VERIFY_PARAM_set_time(p, (time_t)when);
	X509_VERIFY_PARAM_set_auth_level(p, LEVEL_112_BITS);
	(void)X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN);
	return s;
}

/* libcrypto's reasons in words of ours. */
static const struct {
	int reason;
	const char *text;
} reasons[] = {
	{ TS_R_NONCE_MISMATCH,
	    "the token answers another query: its nonce differs" },
	{ TS_R_NONCE_NOT_RETURNED,
	    "the token has no nonce, and the query has one" },
	{ TS_R_POLICY_MISMATCH,
	    "the token is under another policy than was asked for" },
	{ TS_R_SIGNATURE_FAILURE, "the token's signature is wrong" },
};
static const char not_bound[] =
    "the token does not bind the certificate that it is signed with";

static enum bulla_status
why_not(struct bulla_err *err)
{
	const char *data = "", *text = "the token does not verify";
	char shown[200];
	unsigned long e;
	int flags = 0;

	while ((e = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
		if (ERR_GET_LIB(e) == ERR_LIB_ESS)
			text = not_bound;
		if (ERR_GET_LIB(e) != ERR_LIB_TS)
			continue;
		if (ERR_GET_REASON(e) == TS_R_CERTIFICATE_VERIFY_ERROR) {
			bulla_text_show_str(shown, sizeof(shown),
			    (flags & ERR_TXT_STRING) != 0 ? data : "wrong");
			return bulla_fail(err, BULLA_E_MISMATCH, "the "
			    "authority's certificate: %s", shown);
		}
		for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]);
		    i++) {
			if (ERR_GET_REASON(e) == reasons[i].reason)
				text = reasons[i].text;
		}
	}
	return bulla_fail(err, BULLA_E_MISMATCH, "%s", text);
}

static enum bulla_status
check(const struct bulla_tsp_expect *x, struct judged *j,
    struct bulla_err *err)
{
	TS_VERIFY_CTX *v = TS_REQ_to_TS_VERIFY_CTX(j->req, NULL);
	X509_STORE *s = store_of(x->cas, j->t.time);
	enum bulla_status st = BULLA_OK;

	if (v == NULL || s == NULL) {
		X509_STORE_free(s);
		st = bulla_fail(err, BULLA_E_NOMEM,
		    "no memory for a time stamp");
		goto out;
	}
	(void)TS_VERIFY_CTX_set_store(v, s);	/* transferred */
	(void)TS_VERIFY_CTX_add_flags(v, TS_VFY_VERSION | TS_VFY_SIGNATURE);
	ERR_clear_error();
	if (TS_RESP_verify_response(v, j->resp) != 1)
		st = why_not(err);
out:
	TS_VERIFY_CTX_free(v);
	ERR_clear_error();
	return st;
}

static enum bulla_status
take_names(struct judged *j, struct bulla_err *err)
{
	STACK_OF(X509) *by = PKCS7_get0_signers(j->token, NULL, 0);
	BIGNUM *n = ASN1_INTEGER_to_BN(TS_TST_INFO_get_serial(j->info), NULL);
	char *hex = n != NULL ? BN_bn2hex(n) : NULL;
	BIO *out = BIO_new(BIO_s_mem());
	struct bulla_cur text;
	char *p = NULL;
	long len = 0;
	bool ok;

	ok = by != NULL && hex != NULL && out != NULL &&
	    X509_NAME_print_ex(out, X509_get_subject_name(sk_X509_value(by,
	    0)), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0 &&
	    OBJ_obj2txt(j->t.policy, (int)sizeof(j->t.policy),
	    TS_TST_INFO_get_policy_id(j->info), 1) > 0;
	if (ok)
		len = BIO_get_mem_data(out, &p);
	if (ok && len > 0) {
		text = bulla_cur_of(p, (size_t)len);
		bulla_text_show(j->t.signer, sizeof(j->t.signer), &text);
		text = bulla_cur_str(hex);
		bulla_text_show(j->t.serial, sizeof(j->t.serial), &text);
	}
	BIO_free(out);
	OPENSSL_free(hex);
	BN_free(n);
	sk_X509_free(by);
	ERR_clear_error();
	return ok ? BULLA_OK : bulla_fail(err, BULLA_E_NOMEM,
	    "no memory for a time stamp");
}

enum bulla_status
bulla_tsp_verify(const struct bulla_cur *reply,
    const struct bulla_tsp_expect *x, struct bulla_tsp *out,
    struct bulla_err *err)
{
	struct judged j = { 0 };
	enum bulla_status st = parse(reply, &j, err);

	if (st == BULLA_OK)
		st = take_time(&j, x->now, err);
	if (st == BULLA_OK)
		st = take_query(x, &j, err);
	if (st == BULLA_OK && (x->cas == NULL || sk_X509_num(x->cas->v) == 0))
		st = bulla_fail(err, BULLA_E_NOKEY, "no certificate of a "
		    "time-stamp authority is known to verify with");
	if (st == BULLA_OK)
		st = check_digest(&j, err);
	if (st == BULLA_OK)
		st = check(x, &j, err);
	if (st == BULLA_OK)
		st = take_names(&j, err);
	if (st == BULLA_OK)
		*out = j.t;
	TS_REQ_free(j.req);
	TS_RESP_free(j.resp);
	ERR_clear_error();
	return st;
}
