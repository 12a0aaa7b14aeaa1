#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulla/age.h"
#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/pk.h"

/* A pair of the age specification's test kit. */
#define KEY "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48" \
	"UAWX40Q2P2LM0"
#define PQ_KEY "AGE-SECRET-KEY-PQ-1HZLGZUPT4ETPKDEV8HSGFDCYZ4E522W0A7PU2LHT8" \
	"EH9W6YLNC3SW78XKG"
#define PUB "age1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66mv4q47ryef"
#define PUB2 "age1wwvxn9fcg5tfwuwjg6hper23lejkzzfyfzvpffs7vtlk79jmz4ts88mzrn"

static void
init(void)
{
	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
}
TestSuite(age_keys, .init = init);

static enum bulla_status
add_text(struct bulla_identities *l, const char *text, struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_str(text);

	return bulla_identities_add_text(l, &c, err);
}

Test(age_keys, takes_a_recipient_once)
{
	struct bulla_recipients l = { 0 };
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_recipients_add(&l, PUB, &err), BULLA_OK);
	cr_assert_eq(bulla_recipients_add(&l, PUB2, &err), BULLA_OK);
	cr_assert_eq(bulla_recipients_add(&l, PUB, &err), BULLA_E_USAGE);
	cr_assert_str_eq(err.msg, "recipient " PUB " is given twice");
	cr_assert_eq(l.n, 2);
	cr_assert_str_eq(l.v[0].text, PUB);
	bulla_recipients_free(&l);
	cr_assert_eq(l.n, 0);
}

static const char *const no_recipient[] = {
	"", "age1", "age", "nonsense", "age1\n", PUB "\n", PUB " ", " " PUB,
	"AGE1XMWWC06LY3EE5RYTXM9MFLAZ2U56JJJ36S0MYPDRWSVLUL66MV4Q47RYEF",
	"age1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66mv4q47ryeF",
	"age1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66mv4q47ryeq",
	"age1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66mv4q47rye",
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFFFFFFFFFFF",
	KEY, PQ_KEY,
};

Test(age_keys, refuses_what_is_no_recipient)
{
	for (size_t i = 0; i < sizeof(no_recipient) / sizeof(char *); i++) {
		struct bulla_recipients l = { 0 };
		struct bulla_err err = { 0 };

		cr_assert_eq(bulla_recipients_add(&l, no_recipient[i], &err),
		    BULLA_E_FORMAT, "%s", no_recipient[i]);
		cr_assert_eq(l.n, 0);
		cr_assert_null(strstr(err.msg, "1EGTZV"), "a secret key is "
		    "not shown: %s", err.msg);
		cr_assert_null(strstr(err.msg, "1HZLGZ"));
		bulla_recipients_free(&l);
	}
}

/* 31 and 33 bytes under the right name. */
Test(age_keys, refuses_recipients_of_another_length)
{
	uint8_t pub[33] = { 9 };

	for (size_t n = 31; n <= 33; n++) {
		struct bulla_buf b = BULLA_BUF_INIT(1000);
		struct bulla_recipients l = { 0 };

		bulla_bech32_put(&b, "age", pub, n, false);
		cr_assert_eq(bulla_recipients_add(&l, bulla_buf_cstr(&b),
		    NULL), n == 32 ? BULLA_OK : BULLA_E_FORMAT);
		bulla_recipients_free(&l);
		bulla_buf_free(&b);
	}
}

Test(age_keys, knows_post_quantum_recipients_but_cannot_use_them)
{
	static const uint8_t pub[1217] = { 1 };
	struct bulla_recipients l = { 0 };
	struct bulla_err err = { 0 };
	struct bulla_buf b = BULLA_BUF_INIT(4000);

	bulla_bech32_put(&b, "age1pq", pub, 1216, false);
	cr_assert_eq(bulla_recipients_add(&l, bulla_buf_cstr(&b), &err),
	    BULLA_E_UNSUPPORTED);
	cr_assert_not_null(strstr(err.msg, "libcrypto 3.5"));
	bulla_buf_reset(&b);
	bulla_bech32_put(&b, "age1pq", pub, 1217, false);
	cr_assert_eq(bulla_recipients_add(&l, bulla_buf_cstr(&b), &err),
	    BULLA_E_FORMAT);
	cr_assert_lt(strlen(err.msg), 300);
	bulla_buf_free(&b);
}

Test(age_keys, limits_the_number_of_recipients)
{
	struct bulla_recipients l = { 0 };
	enum bulla_status st = BULLA_OK;
	uint8_t pub[32] = { 9 };

	for (unsigned i = 0; i <= BULLA_AGE_STANZAS_MAX; i++) {
		struct bulla_buf b = BULLA_BUF_INIT(1000);

		pub[1] = (uint8_t)i;
		bulla_bech32_put(&b, "age", pub, sizeof(pub), false);
		st = bulla_recipients_add(&l, bulla_buf_cstr(&b), NULL);
		bulla_buf_free(&b);
		cr_assert_eq(st, i < BULLA_AGE_STANZAS_MAX ? BULLA_OK :
		    BULLA_E_LIMIT);
	}
	cr_assert_eq(l.n, BULLA_AGE_STANZAS_MAX);
	bulla_recipients_free(&l);
}

/* Writes text to a temporary file and adds that. */
static enum bulla_status
add_file(struct bulla_recipients *l, const char *text, struct bulla_err *err)
{
	char path[] = "/tmp/test_age_keys.XXXXXX";
	int fd = mkstemp(path);
	enum bulla_status st;

	cr_assert_neq(fd, -1);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	st = bulla_recipients_add_file(l, path, err);
	unlink(path);
	return st;
}

Test(age_keys, reads_a_file_of_recipients)
{
	struct bulla_recipients l = { 0 };
	struct bulla_err err = { 0 };

	cr_assert_eq(add_file(&l, "# ours\n\n" PUB "\n" PUB2, &err),
	    BULLA_OK, "%s", err.msg);
	cr_assert_eq(l.n, 2);
	cr_assert_eq(add_file(&l, "# x\n" PUB "\n", &err), BULLA_E_USAGE);
	cr_assert_not_null(strstr(err.msg, ": line 2: recipient age1xm"));
	bulla_recipients_free(&l);
	cr_assert_eq(add_file(&l, "# nobody\n", &err), BULLA_E_FORMAT);
	cr_assert_not_null(strstr(err.msg, ": no recipient in it"));
	cr_assert_eq(add_file(&l, "", &err), BULLA_E_FORMAT);
	cr_assert_eq(add_file(&l, PUB "\r\n", &err), BULLA_E_FORMAT);
	cr_assert_not_null(strstr(err.msg, ": line 1: "));
	cr_assert_eq(add_file(&l, PUB "\n" KEY "\n", &err), BULLA_E_FORMAT);
	cr_assert_null(strstr(err.msg, "1EGTZV"));
	bulla_recipients_free(&l);
	cr_assert_eq(bulla_recipients_add_file(&l, "/nonexistent", &err),
	    BULLA_E_IO);
	bulla_recipients_free(&l);
}

Test(age_keys, reads_identities_as_age_keygen_writes_them)
{
	struct bulla_identities l = { 0 };
	struct bulla_err err = { 0 };

	cr_assert_eq(add_text(&l, "# created: 2026-11-22T03:04:05+01:00\n"
	    "# public key: " PUB "\n" KEY "\n", &err), BULLA_OK, "%s",
	    err.msg);
	cr_assert_eq(l.n, 1);
	cr_assert_str_eq(l.v[0].recipient, PUB);
	cr_assert_eq(add_text(&l, KEY, &err), BULLA_OK);
	cr_assert_eq(l.n, 2);
	cr_assert_eq(add_text(&l, PQ_KEY "\n", &err), BULLA_OK);
	cr_assert_eq(l.n, 2);
	cr_assert_eq(l.n_pq, 1);
	bulla_identities_free(&l);
}

Test(age_keys, refuses_post_quantum_identities_of_another_length)
{
	uint8_t seed[33] = { 9 };

	for (size_t n = 31; n <= 33; n++) {
		struct bulla_buf b = BULLA_BUF_INIT(1000);
		struct bulla_identities l = { 0 };

		bulla_bech32_put(&b, "age-secret-key-pq-", seed, n, true);
		cr_assert_eq(add_text(&l, bulla_buf_cstr(&b), NULL),
		    n == 32 ? BULLA_OK : BULLA_E_FORMAT);
		bulla_buf_reset(&b);
		bulla_bech32_put(&b, "age-secret-key-", seed, n, true);
		cr_assert_eq(add_text(&l, bulla_buf_cstr(&b), NULL),
		    n == 32 ? BULLA_OK : BULLA_E_FORMAT);
		bulla_identities_free(&l);
		bulla_buf_free(&b);
	}
}

static const struct {
	const char *text, *msg;
} no_identity[] = {
	{ "", "no AGE-SECRET-KEY-1... in it" },
	{ "# nothing\n\n", "no AGE-SECRET-KEY-1... in it" },
	{ PUB "\n", "line 1: neither a comment nor an AGE-SECRET-KEY-1... "
	    "as age-keygen writes it" },
	{ "# x\n" KEY "x\n", "line 2: neither a comment nor an "
	    "AGE-SECRET-KEY-1... as age-keygen writes it" },
	{ KEY "\r\n", NULL },
	{ " " KEY "\n", NULL },
	{ KEY " # mine\n", NULL },
	{ "age-secret-key-1egtzvffv20835nwyv6270lxyvk2vknx2mmdkwyklmgr48uawx"
	    "40q2p2lm0\n", NULL },
	{ "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX"
	    "40Q2P2LM2\n", NULL },
	{ KEY "\n" KEY "X\n", NULL },
};

Test(age_keys, refuses_other_lines_and_never_shows_them)
{
	for (size_t i = 0; i < sizeof(no_identity) / sizeof(no_identity[0]);
	    i++) {
		struct bulla_identities l = { 0 };
		struct bulla_err err = { 0 };

		cr_assert_eq(add_text(&l, no_identity[i].text, &err),
		    BULLA_E_FORMAT, "%s", no_identity[i].text);
		if (no_identity[i].msg != NULL)
			cr_assert_str_eq(err.msg, no_identity[i].msg);
		cr_assert_null(strcasestr(err.msg, "1egtzv"));
		bulla_identities_free(&l);
	}
}

Test(age_keys, writes_what_it_reads)
{
	struct bulla_identity i = { 0 };
	struct bulla_identities l = { 0 };
	struct bulla_secret text = { 0 };
	struct bulla_cur c, line;
	uint8_t pub[32];

	cr_assert_eq(bulla_identity_new(&i, NULL), BULLA_OK);
	cr_assert_eq(bulla_identity_text(&i, "north/desk", 0, &text, NULL),
	    BULLA_OK);
	c = bulla_secret_view(&text);
	cr_assert(bulla_cur_line(&c, &line));
	cr_assert(bulla_cur_is(&line, "# created: 1970-01-01T00:00:00Z"));
	cr_assert(bulla_cur_line(&c, &line));
	cr_assert(bulla_cur_is(&line, "# name: north/desk"));
	cr_assert(bulla_cur_line(&c, &line));
	cr_assert(bulla_cur_eat_str(&line, "# public key: "));
	cr_assert(bulla_cur_is(&line, i.recipient));
	cr_assert(bulla_cur_line(&c, &line));
	cr_assert(bulla_cur_done(&c));
	cr_assert_eq(line.len, 74);

	c = bulla_secret_view(&text);
	cr_assert_eq(bulla_identities_add_text(&l, &c, NULL), BULLA_OK);
	cr_assert_eq(l.n, 1);
	cr_assert(bulla_secret_eq(l.v[0].key.p, 32, i.key.p, 32));
	cr_assert_str_eq(l.v[0].recipient, i.recipient);
	bulla_x25519_public(i.key.p, pub);
	bulla_secret_free(&text);
	/* A name that would add a line is refused. */
	cr_assert_eq(bulla_identity_text(&i, "a\nb", 0, &text, NULL),
	    BULLA_E_USAGE);
	cr_assert_eq(bulla_identity_text(&i, NULL, 0, &text, NULL), BULLA_OK);
	c = bulla_secret_view(&text);
	cr_assert(bulla_cur_line(&c, &line) && bulla_cur_line(&c, &line));
	cr_assert(bulla_cur_starts(&line, "# public key: "));
	bulla_secret_free(&text);
	bulla_identities_free(&l);
	bulla_secret_free(&i.key);
}

Test(age_keys, two_new_identities_differ)
{
	struct bulla_identity a = { 0 }, b = { 0 };

	cr_assert_eq(bulla_identity_new(&a, NULL), BULLA_OK);
	cr_assert_eq(bulla_identity_new(&b, NULL), BULLA_OK);
	cr_assert(!bulla_secret_eq(a.key.p, 32, b.key.p, 32));
	cr_assert_str_neq(a.recipient, b.recipient);
	bulla_secret_free(&a.key);
	bulla_secret_free(&b.key);
}
