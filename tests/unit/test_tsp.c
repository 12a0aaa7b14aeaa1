#include <criterion/criterion.h>
#include <string.h>

#include "bulla/file.h"
#include "bulla/hash.h"
#include "bulla/secret.h"
#include "bulla/tsp.h"

#define DIR "tests/vectors/tsp/"
#define AT INT64_C(1795351616)		/* of both tokens */

static struct bulla_buf text = BULLA_BUF_INIT(1024);
static struct bulla_buf query = BULLA_BUF_INIT(BULLA_TSP_QUERY_MAX);
static struct bulla_buf reply[2] = { BULLA_BUF_INIT(BULLA_TSP_REPLY_MAX),
	BULLA_BUF_INIT(BULLA_TSP_REPLY_MAX) };
static struct bulla_tsp_cas *cas;
static struct bulla_tsp_expect good;

static struct bulla_tsp_cas *
ca(const char *path)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_TSP_CA_MAX);
	struct bulla_tsp_cas *c = NULL;
	struct bulla_cur pem;

	cr_assert_eq(bulla_file_get(path, &b, NULL), BULLA_OK);
	pem = bulla_buf_view(&b);
	cr_assert_eq(bulla_tsp_cas_new(&c, NULL), BULLA_OK);
	cr_assert_eq(bulla_tsp_cas_add(c, &pem, NULL), BULLA_OK);
	bulla_buf_free(&b);
	return c;
}

static void
init(void)
{
	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	cr_assert_eq(bulla_file_get(DIR "text", &text, NULL), BULLA_OK);
	cr_assert_eq(bulla_file_get(DIR "text.tsq", &query, NULL), BULLA_OK);
	cr_assert_eq(bulla_file_get(DIR "p256.tsr", &reply[0], NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_file_get(DIR "rsa.tsr", &reply[1], NULL),
	    BULLA_OK);
	cas = ca(DIR "ca.pem");
	good = (struct bulla_tsp_expect){ .cas = cas, .now = AT + 86400,
	    .query = bulla_buf_view(&query) };
	bulla_sha256(text.p, text.len, good.digest);
}

static void
fini(void)
{
	bulla_buf_free(&text);
	bulla_buf_free(&query);
	bulla_buf_free(&reply[0]);
	bulla_buf_free(&reply[1]);
	bulla_tsp_cas_free(cas);
}

TestSuite(tsp, .init = init, .fini = fini);

static enum bulla_status
judge(const struct bulla_buf *b, const struct bulla_tsp_expect *x,
    struct bulla_tsp *out)
{
	struct bulla_cur c = bulla_buf_view(b);

	return bulla_tsp_verify(&c, x, out, NULL);
}

Test(tsp, good)
{
	static const char *const who[2] = { "CN=TEST ONLY p256",
		"CN=TEST ONLY rsa" };

	for (int i = 0; i < 2; i++) {
		struct bulla_tsp t = { 0 };

		cr_assert_eq(judge(&reply[i], &good, &t), BULLA_OK);
		cr_expect_eq(t.time, AT);
		cr_expect_str_eq(t.policy, "1.2.3.4.1");
		cr_expect_str_eq(t.signer, who[i]);
		cr_expect_gt(strlen(t.serial), 0);
	}
}

/* Years later, when all certificates have ended; and never before. */
Test(tsp, times)
{
	struct bulla_tsp_expect x = good;
	struct bulla_tsp t = { 0 };

	x.now = AT + INT64_C(3000000000);
	cr_expect_eq(judge(&reply[0], &x, &t), BULLA_OK);
	x.now = AT - BULLA_TSP_SKEW;
	cr_expect_eq(judge(&reply[0], &x, &t), BULLA_OK);
	x.now--;
	t.time = 0;
	cr_expect_eq(judge(&reply[0], &x, &t), BULLA_E_MISMATCH);
	cr_expect_eq(t.time, 0);
}

Test(tsp, others)
{
	struct bulla_buf other = BULLA_BUF_INIT(BULLA_TSP_QUERY_MAX);
	struct bulla_tsp_expect x = good;
	struct bulla_tsp t = { 0 };

	x.digest[0] ^= 1;
	cr_expect_eq(judge(&reply[0], &x, &t), BULLA_E_MISMATCH);
	x.query.len = 0;
	cr_expect_eq(judge(&reply[0], &x, &t), BULLA_E_MISMATCH);
	x = good;
	x.query.len = 0;
	cr_expect_eq(judge(&reply[0], &x, &t), BULLA_OK);
	/* a new nonce */
	cr_assert_eq(bulla_tsp_query(good.digest, NULL, &other, NULL),
	    BULLA_OK);
	x.query = bulla_buf_view(&other);
	cr_expect_eq(bulla_tsp_query_check(&x.query, good.digest, NULL),
	    BULLA_OK);
	cr_expect_eq(judge(&reply[0], &x, &t), BULLA_E_MISMATCH);
	x.query.len--;
	cr_expect_eq(bulla_tsp_query_check(&x.query, good.digest, NULL),
	    BULLA_E_FORMAT);
	cr_expect_eq(judge(&reply[0], &x, &t), BULLA_E_FORMAT);
	x = good;
	x.cas = NULL;
	cr_expect_eq(judge(&reply[0], &x, &t), BULLA_E_NOKEY);
	x.cas = ca(DIR "other-ca.pem");
	cr_expect_eq(judge(&reply[0], &x, &t), BULLA_E_MISMATCH);
	bulla_tsp_cas_free((struct bulla_tsp_cas *)(uintptr_t)x.cas);
	bulla_buf_free(&other);
}

/* Two queries for one digest differ in the nonce, and only there. */
Test(tsp, queries)
{
	struct bulla_buf a = BULLA_BUF_INIT(BULLA_TSP_QUERY_MAX);
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_TSP_QUERY_MAX);
	size_t differ = 0;

	cr_assert_eq(bulla_tsp_query(good.digest, "1.2.3", &a, NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_tsp_query(good.digest, "1.2.3", &b, NULL),
	    BULLA_OK);
	cr_assert_eq(a.len, b.len);
	for (size_t i = 0; i < a.len; i++)
		differ += a.p[i] != b.p[i];
	cr_expect_gt(differ, 0);
	cr_expect_leq(differ, 8);
	cr_expect_eq(bulla_tsp_query(good.digest, "1.2.x", &a, NULL),
	    BULLA_E_USAGE);
	cr_expect_eq(bulla_tsp_query(good.digest, "", &a, NULL),
	    BULLA_E_USAGE);
	bulla_buf_free(&a);
	bulla_buf_free(&b);
}

Test(tsp, cut)
{
	for (int i = 0; i < 2; i++) {
		for (size_t n = 0; n < reply[i].len; n++) {
			struct bulla_cur c = bulla_cur_of(reply[i].p, n);
			struct bulla_tsp t;

			cr_expect_eq(bulla_tsp_verify(&c, &good, &t, NULL),
			    BULLA_E_FORMAT, "%zu", n);
		}
	}
}

/*
 * Every bit of every byte: what still verifies says the same. Few do: the
 * status and the outer lists of algorithms and versions are signed by nobody.
 */
Test(tsp, flipped)
{
	size_t still = 0;

	for (size_t i = 0; i < reply[0].len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			struct bulla_tsp t = { 0 };

			reply[0].p[i] ^= (uint8_t)(1 << bit);
			if (judge(&reply[0], &good, &t) == BULLA_OK) {
				still++;
				cr_expect_eq(t.time, AT);
			}
			reply[0].p[i] ^= (uint8_t)(1 << bit);
		}
	}
	cr_expect_lt(still, reply[0].len * 8 / 20, "%zu", still);
}

Test(tsp, certificates)
{
	struct bulla_cur none = bulla_cur_str("no certificate\n");
	struct bulla_cur cut = bulla_cur_str("-----BEGIN CERTIFICATE-----\n"
	    "MIIB\n");
	struct bulla_tsp_cas *c = NULL;

	cr_assert_eq(bulla_tsp_cas_new(&c, NULL), BULLA_OK);
	cr_expect_eq(bulla_tsp_cas_add(c, &none, NULL), BULLA_E_FORMAT);
	cr_expect_eq(bulla_tsp_cas_add(c, &cut, NULL), BULLA_E_FORMAT);
	bulla_tsp_cas_free(c);
	bulla_tsp_cas_free(NULL);
}
