#include <string.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "bulla/x509.h"

#define SERIAL_LEN 16u		/* bytes; RFC 5280 allows 20 */

static enum bulla_status
failed(struct bulla_err *err)
{
	return bulla_fail(err, BULLA_E_UNSUPPORTED,
	    "libcrypto could not make the certificate");
}

/* A name that a client compares: nothing that it could read in two ways. */
static bool
dns_ok(const char *host)
{
	size_t n = strlen(host);

	return n > 0 && n <= 253 && strspn(host, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == n &&
	    host[0] != '.' && host[0] != '-' && host[n - 1] != '.' &&
	    strstr(host, "..") == NULL;
}

static GENERAL_NAME *
host_name(const char *host)
{
	ASN1_OCTET_STRING *ip = a2i_IPADDRESS(host);
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_IA5STRING *dns = NULL;

	if (g != NULL && ip != NULL) {
		GENERAL_NAME_set0_value(g, GEN_IPADD, ip);
		return g;
	}
	if (g != NULL && dns_ok(host))
		dns = ASN1_IA5STRING_new();
	if (dns == NULL || ASN1_STRING_set(dns, host, -1) != 1) {
		ASN1_IA5STRING_free(dns);
		ASN1_OCTET_STRING_free(ip);
		GENERAL_NAME_free(g);
		return NULL;
	}
	GENERAL_NAME_set0_value(g, GEN_DNS, dns);
	return g;
}

static bool
put_hosts(X509 *x, const struct bulla_x509_want *want)
{
	GENERAL_NAMES *all = GENERAL_NAMES_new();
	GENERAL_NAME *g;
	bool ok = all != NULL;

	for (size_t i = 0; i < want->n_hosts && ok; i++) {
		g = host_name(want->host[i]);
		ok = g != NULL && sk_GENERAL_NAME_push(all, g) > 0;
		if (!ok)
			GENERAL_NAME_free(g);
	}
	ok = ok && (want->n_hosts == 0 || X509_add1_ext_i2d(x,
	    NID_subject_alt_name, all, 0, X509V3_ADD_DEFAULT) == 1);
	GENERAL_NAMES_free(all);
	return ok;
}

static bool
put_ext(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;
	bool ok;

	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	e = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	ok = e != NULL && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

/* No authority: it vouches for nobody but itself. */
static bool
put_uses(X509 *x, const struct bulla_x509_want *want)
{
	return put_ext(x, NID_basic_constraints, "critical,CA:FALSE") &&
	    put_ext(x, NID_key_usage, "critical,digitalSignature") &&
	    put_ext(x, NID_ext_key_usage, want->n_hosts > 0 ?
	    "serverAuth,clientAuth" : "clientAuth") &&
	    put_ext(x, NID_subject_key_identifier, "hash");
}

static bool
put_name(X509 *x, const char *name)
{
	X509_NAME *n = X509_NAME_new();
	bool ok = n != NULL && X509_NAME_add_entry_by_NID(n, NID_commonName,
	    MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) == 1 &&
	    X509_set_subject_name(x, n) == 1 &&
	    X509_set_issuer_name(x, n) == 1;

	X509_NAME_free(n);
	return ok;
}

static bool
put_serial(X509 *x)
{
	uint8_t raw[SERIAL_LEN];
	BIGNUM *bn;
	bool ok;

	bulla_random(raw, sizeof(raw));
	raw[0] = (uint8_t)((raw[0] & 0x3f) | 0x40);	/* positive, full */
	bn = BN_bin2bn(raw, sizeof(raw), NULL);
	ok = bn != NULL && BN_to_ASN1_INTEGER(bn,
	    X509_get_serialNumber(x)) != NULL;
	BN_free(bn);
	return ok;
}

static bool
put_dates(X509 *x, const struct bulla_x509_want *want)
{
	return ASN1_TIME_set(X509_getm_notBefore(x),
	    (time_t)want->from) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(x), (time_t)want->until) != NULL;
}

static X509 *
build(const struct bulla_x509_want *want, EVP_PKEY *key)
{
	X509 *x = X509_new();

	if (x != NULL && X509_set_version(x, X509_VERSION_3) == 1 &&
	    put_serial(x) && put_dates(x, want) && put_name(x, want->name) &&
	    X509_set_pubkey(x, key) == 1 && put_uses(x, want) &&
	    put_hosts(x, want) && X509_sign(x, key, EVP_sha256()) > 0)
		return x;
	X509_free(x);
	return NULL;
}

static enum bulla_status
put_key(EVP_PKEY *key, struct bulla_secret *out, struct bulla_err *err)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	enum bulla_status st;
	char *p = NULL;
	long n = 0;

	if (bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL,
	    0, NULL, NULL) == 1)
		n = BIO_get_mem_data(bio, &p);
	st = n > 0 ? bulla_secret_from(out, p, (size_t)n, err) : failed(err);
	BIO_free(bio);
	return st;
}

static enum bulla_status
put_cert(X509 *x, struct bulla_buf *out, struct bulla_err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	enum bulla_status st;
	char *p = NULL;
	long n = 0;

	if (bio != NULL && PEM_write_bio_X509(bio, x) == 1)
		n = BIO_get_mem_data(bio, &p);
	if (n > 0)
		bulla_buf_put(out, p, (size_t)n);
	st = n > 0 ? bulla_buf_status(out) : failed(err);
	BIO_free(bio);
	return st;
}

static enum bulla_status
check(const struct bulla_x509_want *want, struct bulla_err *err)
{
	size_t n = strlen(want->name);
	GENERAL_NAME *g;

	if (n == 0 || n > BULLA_X509_NAME_MAX)
		return bulla_fail(err, BULLA_E_USAGE, "a certificate's name "
		    "has 1 to %u bytes", BULLA_X509_NAME_MAX);
	if (want->until <= want->from)
		return bulla_fail(err, BULLA_E_USAGE,
		    "the certificate would end before it begins");
	for (size_t i = 0; i < want->n_hosts; i++) {
		g = host_name(want->host[i]);
		if (g == NULL)
			return bulla_fail(err, BULLA_E_USAGE, "host %zu is "
			    "neither a DNS name nor a numeric address "
			    "(without port or brackets)", i + 1);
		GENERAL_NAME_free(g);
	}
	return BULLA_OK;
}

enum bulla_status
bulla_x509_make(const struct bulla_x509_want *want, struct bulla_secret *key,
    struct bulla_buf *cert, struct bulla_err *err)
{
	enum bulla_status st = check(want, err);
	EVP_PKEY *pair = NULL;
	X509 *x = NULL;

	if (st != BULLA_OK)
		return st;
	pair = EVP_EC_gen("P-256");
	if (pair != NULL)
		x = build(want, pair);
	st = x != NULL ? put_key(pair, key, err) : failed(err);
	if (st == BULLA_OK)
		st = put_cert(x, cert, err);
	if (st != BULLA_OK)
		bulla_secret_free(key);
	X509_free(x);
	EVP_PKEY_free(pair);
	return st;
}
