#ifndef TEST_AGEHEADER_H
#define TEST_AGEHEADER_H

#include <criterion/criterion.h>
#include <string.h>

#include "bulla/age.h"
#include "core/age_int.h"

/* Five identities and a file key; headers made and opened with them. */
#define IDS 5u

static struct bulla_identity id[IDS];
static struct bulla_secret file_key;

static inline void
ageheader_init(void)
{
	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	for (size_t i = 0; i < IDS; i++)
		cr_assert_eq(bulla_identity_new(&id[i], NULL), BULLA_OK);
	cr_assert_eq(bulla_secret_from(&file_key, "YELLOW SUBMARINE", 16,
	    NULL), BULLA_OK);
}

static inline void
ageheader_fini(void)
{
	for (size_t i = 0; i < IDS; i++)
		bulla_secret_free(&id[i].key);
	bulla_secret_free(&file_key);
}
static inline enum bulla_status
unwrap_text(const struct bulla_buf *text, const struct bulla_identities *ids,
    const struct bulla_identity **who, enum bulla_age_class *cls,
    struct bulla_err *err)
{
	struct bulla_age_header h = { 0 };
	struct bulla_secret key = { 0 };
	struct bulla_cur c = bulla_buf_view(text);
	enum bulla_status st = bulla_age_header_parse(&c, &h, err);

	*cls = BULLA_AGE_HEADER_FAILURE;
	if (st != BULLA_OK)
		return st;
	st = bulla_age_unwrap(&h, ids, &key, who, cls, err);
	if (st == BULLA_OK)
		cr_assert(bulla_secret_eq(key.p, key.len, file_key.p,
		    file_key.len));
	else
		cr_assert_null(key.p);
	cr_assert_eq(st == BULLA_OK, *cls == BULLA_AGE_SUCCESS);
	bulla_secret_free(&key);
	bulla_age_header_free(&h);
	return st;
}

static inline void
to_first(struct bulla_recipients *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(bulla_recipients_add(to, id[i].recipient, NULL),
		    BULLA_OK);
}

static inline enum bulla_status
unwrap_pass(const struct bulla_buf *text, const char *pass,
    enum bulla_age_class *cls, struct bulla_err *err)
{
	struct bulla_age_header h = { 0 };
	struct bulla_secret key = { 0 }, p = { 0 };
	struct bulla_cur c = bulla_buf_view(text);
	enum bulla_status st;

	cr_assert_eq(bulla_age_header_parse(&c, &h, err), BULLA_OK, "%s",
	    err->msg);
	cr_assert_eq(bulla_secret_from(&p, pass, strlen(pass), NULL),
	    BULLA_OK);
	st = bulla_age_unwrap_pass(&h, &p, &key, cls, err);
	if (st == BULLA_OK)
		cr_assert(bulla_secret_eq(key.p, key.len, file_key.p,
		    file_key.len));
	bulla_secret_free(&p);
	bulla_secret_free(&key);
	bulla_age_header_free(&h);
	return st;
}

/* A header of these stanzas, with the MAC of our file key. */
static inline void
put_header(struct bulla_buf *b, const char *stanzas)
{
	struct bulla_cur covered;
	uint8_t mac[32];

	bulla_buf_reset(b);
	bulla_age_put_version(b);
	bulla_buf_str(b, stanzas);
	bulla_age_put_dashes(b);
	covered = bulla_buf_view(b);
	cr_assert_eq(bulla_age_mac(&file_key, &covered, mac, NULL), BULLA_OK);
	bulla_age_put_mac(b, mac);
}

#endif
