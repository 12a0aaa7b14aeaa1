#include <criterion/criterion.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "bulla/x509.h"

#define NOW INT64_C(1795316645)

static struct bulla_x509_want
want_of(const char *a, const char *b)
{
	struct bulla_x509_want w = { .name = "a.example", .host = { a, b },
	    .from = NOW, .until = NOW + 86400 };

	w.n_hosts = (a != NULL) + (b != NULL);
	return w;
}

/* Makes one, and what it says of itself. */
static enum bulla_status
make(const struct bulla_x509_want *w, struct bulla_secret *key,
    struct bulla_buf *pem, struct bulla_x509 *x)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;
	struct bulla_cur c;

	cr_assert_eq(bulla_crypto_init(&err), BULLA_OK);
	st = bulla_x509_make(w, key, pem, &err);
	if (st != BULLA_OK)
		return st;
	c = bulla_buf_view(pem);
	return bulla_x509_read(&c, x, &err);
}

Test(x509, what_was_asked_for_is_in_it)
{
	struct bulla_x509_want w = want_of("inbox.a.example", "::1");
	struct bulla_buf pem = BULLA_BUF_INIT(BULLA_X509_PEM_MAX);
	struct bulla_secret key = { 0 };
	struct bulla_err err = { 0 };
	uint8_t spki[BULLA_X509_SPKI_LEN];
	struct bulla_x509 x;
	struct bulla_cur c;

	cr_assert_eq(make(&w, &key, &pem, &x), BULLA_OK);
	cr_assert_str_eq(x.name, "CN=a.example");
	cr_assert_str_eq(x.hosts, "inbox.a.example ::1");
	cr_assert_eq(x.from, NOW);
	cr_assert_eq(x.until, NOW + 86400);
	cr_assert(x.client && x.server && x.self);
	cr_assert_not(x.authority);
	cr_assert_eq(x.n, 1);
	c = bulla_secret_view(&key);
	cr_assert_eq(bulla_x509_key(&c, spki, &err), BULLA_OK);
	cr_assert_arr_eq(spki, x.spki, sizeof(spki));
	bulla_secret_free(&key);
	bulla_buf_free(&pem);
}

/* By the other library's words: it verifies under itself, for its hosts. */
Test(x509, openssl_takes_it)
{
	struct bulla_x509_want w = want_of("inbox.a.example", "192.0.2.7");
	struct bulla_buf pem = BULLA_BUF_INIT(BULLA_X509_PEM_MAX);
	struct bulla_secret key = { 0 };
	struct bulla_x509 said;
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *p;
	BIO *bio;
	X509 *x;

	cr_assert_eq(make(&w, &key, &pem, &said), BULLA_OK);
	bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	cr_assert_not_null(x);
	cr_assert_eq(X509_get_version(x), X509_VERSION_3);
	cr_assert_eq(X509_check_host(x, "inbox.a.example", 0, 0, NULL), 1);
	cr_assert_eq(X509_check_ip_asc(x, "192.0.2.7", 0), 1);
	cr_assert_eq(X509_check_host(x, "a.example", 0, 0, NULL), 0);
	cr_assert_eq(X509_verify(x, X509_get0_pubkey(x)), 1);
	cr_assert_eq(X509_STORE_add_cert(store, x), 1);
	cr_assert_eq(X509_STORE_CTX_init(ctx, store, x, NULL), 1);
	p = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(p, NOW + 10);
	X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_X509_STRICT);
	X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_SSL_SERVER);
	cr_assert_eq(X509_verify_cert(ctx), 1, "%s",
	    X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	X509_free(x);
	BIO_free(bio);
	bulla_secret_free(&key);
	bulla_buf_free(&pem);
}

Test(x509, without_hosts_it_is_no_servers)
{
	struct bulla_x509_want w = want_of(NULL, NULL);
	struct bulla_buf pem = BULLA_BUF_INIT(BULLA_X509_PEM_MAX);
	struct bulla_secret key = { 0 };
	struct bulla_x509 x;

	cr_assert_eq(make(&w, &key, &pem, &x), BULLA_OK);
	cr_assert(x.client);
	cr_assert_not(x.server);
	cr_assert_str_eq(x.hosts, "");
	bulla_secret_free(&key);
	bulla_buf_free(&pem);
}

Test(x509, hosts_and_names_that_are_none)
{
	static const char *const hosts[] = { "", "a b", "a..b", ".a", "-a",
	    "a.", "*.a", "[::1]", "a:1", "a/b", "a\nb", "::g", "a_b" };
	struct bulla_buf pem = BULLA_BUF_INIT(BULLA_X509_PEM_MAX);
	struct bulla_secret key = { 0 };
	struct bulla_x509_want w;
	struct bulla_x509 x;
	char name[BULLA_X509_NAME_MAX + 2];

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		w = want_of("a.example", hosts[i]);
		cr_assert_eq(make(&w, &key, &pem, &x), BULLA_E_USAGE, "%s",
		    hosts[i]);
	}
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	w = want_of(NULL, NULL);
	w.name = name;
	cr_assert_eq(make(&w, &key, &pem, &x), BULLA_E_USAGE);
	w.name = "";
	cr_assert_eq(make(&w, &key, &pem, &x), BULLA_E_USAGE);
	w = want_of(NULL, NULL);
	w.until = w.from;
	cr_assert_eq(make(&w, &key, &pem, &x), BULLA_E_USAGE);
	cr_assert_eq(pem.len, 0);
	cr_assert_null(key.p);
}

Test(x509, what_is_no_certificate_or_key)
{
	struct bulla_x509_want w = want_of(NULL, NULL);
	struct bulla_buf pem = BULLA_BUF_INIT(BULLA_X509_PEM_MAX);
	struct bulla_secret key = { 0 };
	struct bulla_err err = { 0 };
	uint8_t spki[BULLA_X509_SPKI_LEN];
	struct bulla_x509 x;
	struct bulla_cur c, empty = bulla_cur_of(NULL, 0);

	cr_assert_eq(make(&w, &key, &pem, &x), BULLA_OK);
	cr_assert_eq(bulla_x509_read(&empty, &x, &err), BULLA_E_FORMAT);
	cr_assert_eq(bulla_x509_key(&empty, spki, &err), BULLA_E_FORMAT);
	c = bulla_secret_view(&key);
	cr_assert_eq(bulla_x509_read(&c, &x, &err), BULLA_E_FORMAT);
	c = bulla_buf_view(&pem);
	cr_assert_eq(bulla_x509_key(&c, spki, &err), BULLA_E_FORMAT);
	for (size_t n = 0; n < pem.len - 2; n++) {
		c = bulla_cur_of(pem.p, n);
		cr_assert_eq(bulla_x509_read(&c, &x, &err), BULLA_E_FORMAT,
		    "%zu", n);
	}
	bulla_secret_free(&key);
	bulla_buf_free(&pem);
}

Test(x509, two_in_a_file_are_counted_and_the_first_is_told)
{
	struct bulla_x509_want w = want_of("first", NULL);
	struct bulla_buf pem = BULLA_BUF_INIT(BULLA_X509_PEM_MAX);
	struct bulla_secret key = { 0 }, other = { 0 };
	struct bulla_x509 x;

	cr_assert_eq(make(&w, &key, &pem, &x), BULLA_OK);
	w = want_of("second", NULL);
	cr_assert_eq(make(&w, &other, &pem, &x), BULLA_OK);
	cr_assert_eq(x.n, 2);
	cr_assert_str_eq(x.hosts, "first");
	bulla_secret_free(&key);
	bulla_secret_free(&other);
	bulla_buf_free(&pem);
}
