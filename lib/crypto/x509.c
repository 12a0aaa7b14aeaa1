#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "bulla/hash.h"
#include "bulla/x509.h"

static bool
spki_of(X509_PUBKEY *key, uint8_t out[BULLA_X509_SPKI_LEN])
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(key, &der);

	if (n <= 0)
		return false;
	bulla_sha256(der, (size_t)n, out);
	OPENSSL_free(der);
	return true;
}

static bool
time_of(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = (int64_t)timegm(&tm);
	return true;
}

/* Appends with a space between; a cut one ends in "...". */
static void
add_text(char *out, size_t cap, const void *p, size_t n)
{
	size_t at = strlen(out);

	if (at > 0 && at + 1 < cap)
		out[at++] = ' ';
	if (n > cap - 4 - at || memchr(p, '\0', n) != NULL) {
		(void)snprintf(out + at, cap - at, "...");
		return;
	}
	memcpy(out + at, p, n);
	out[at + n] = '\0';
}

static void
add_host(const GENERAL_NAME *g, char *out, size_t cap)
{
	const ASN1_STRING *s;
	const unsigned char *p;
	char text[INET6_ADDRSTRLEN];
	int n;

	if (strlen(out) + 5 > cap)
		return;
	if (g->type == GEN_DNS) {
		s = g->d.dNSName;
		add_text(out, cap, ASN1_STRING_get0_data(s),
		    (size_t)ASN1_STRING_length(s));
		return;
	}
	if (g->type != GEN_IPADD)
		return;
	p = ASN1_STRING_get0_data(g->d.iPAddress);
	n = ASN1_STRING_length(g->d.iPAddress);
	if ((n == 4 || n == 16) && inet_ntop(n == 4 ? AF_INET : AF_INET6, p,
	    text, sizeof(text)) != NULL)
		add_text(out, cap, text, strlen(text));
}

static void
hosts_of(X509 *x, struct bulla_x509 *out)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(x, NID_subject_alt_name, NULL,
	    NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++)
		add_host(sk_GENERAL_NAME_value(all, i), out->hosts,
		    sizeof(out->hosts));
	GENERAL_NAMES_free(all);
}

static void
name_of(X509 *x, struct bulla_x509 *out)
{
	X509_NAME *n = X509_get_subject_name(x);
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	long len = 0;

	if (bio != NULL && X509_NAME_print_ex(bio, n, 0, XN_FLAG_RFC2253 &
	    ~ASN1_STRFLGS_ESC_MSB) >= 0)
		len = BIO_get_mem_data(bio, &p);
	if (len > 0)
		add_text(out->name, sizeof(out->name), p, (size_t)len);
	BIO_free(bio);
	/* check_purpose has looked at all extensions before. */
	out->self = (X509_get_extension_flags(x) & EXFLAG_SI) != 0;
}

static bool
describe(X509 *x, struct bulla_x509 *out)
{
	out->client = X509_check_purpose(x, X509_PURPOSE_SSL_CLIENT, 0) == 1;
	out->server = X509_check_purpose(x, X509_PURPOSE_SSL_SERVER, 0) == 1;
	out->authority = X509_check_ca(x) != 0;
	if (!spki_of(X509_get_X509_PUBKEY(x), out->spki) ||
	    !time_of(X509_get0_notBefore(x), &out->from) ||
	    !time_of(X509_get0_notAfter(x), &out->until))
		return false;
	name_of(x, out);
	hosts_of(x, out);
	return true;
}

static BIO *
bio_of(const struct bulla_cur *pem)
{
	return pem->len > 0 && pem->len <= INT_MAX ?
	    BIO_new_mem_buf(pem->p, (int)pem->len) : NULL;
}

enum bulla_status
bulla_x509_read(const struct bulla_cur *pem, struct bulla_x509 *out,
    struct bulla_err *err)
{
	struct bulla_x509 all = { 0 };
	BIO *bio = bio_of(pem);
	bool ok = true;
	X509 *x;

	while (bio != NULL && ok &&
	    (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		ok = all.n > 0 || describe(x, &all);
		all.n++;
		X509_free(x);
	}
	BIO_free(bio);
	ERR_clear_error();
	if (all.n == 0 || !ok)
		return bulla_fail(err, BULLA_E_FORMAT, all.n == 0 ?
		    "no PEM certificate in it" :
		    "its certificate is malformed");
	*out = all;
	return BULLA_OK;
}

/* Nobody is asked for a passphrase: such a key is no key here. */
static int
no_passphrase(char *buf, int cap, int writing, void *ctx)
{
	(void)buf;
	(void)cap;
	(void)writing;
	(void)ctx;
	return -1;
}

enum bulla_status
bulla_x509_key(const struct bulla_cur *pem,
    uint8_t spki[BULLA_X509_SPKI_LEN], struct bulla_err *err)
{
	BIO *bio = bio_of(pem);
	X509_PUBKEY *pub = NULL;
	EVP_PKEY *key = NULL;
	bool ok;

	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	ok = key != NULL && X509_PUBKEY_set(&pub, key) == 1 &&
	    spki_of(pub, spki);
	X509_PUBKEY_free(pub);
	EVP_PKEY_free(key);
	BIO_free(bio);
	ERR_clear_error();
	return ok ? BULLA_OK : bulla_fail(err, BULLA_E_FORMAT,
	    "no PEM secret key in it that could be read without a "
	    "passphrase");
}
