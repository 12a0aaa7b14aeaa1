#ifndef TEST_AGEFILE_H
#define TEST_AGEFILE_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "bulla/age.h"
#include "core/age_int.h"
#include "drip.h"

/* Age files of random data for one recipient, and their decryption. */
#define CH BULLA_AGE_CHUNK
#define ENC BULLA_AGE_CHUNK_ENC
#define MAX (40u * CH)

static struct bulla_identity me;
static struct bulla_identities ids;
static struct bulla_recipients to;
static uint8_t *data;		/* MAX random bytes */

static inline void
agefile_init(void)
{
	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	cr_assert_eq(bulla_identity_new(&me, NULL), BULLA_OK);
	ids = (struct bulla_identities){ .v = &me, .n = 1 };
	cr_assert_eq(bulla_recipients_add(&to, me.recipient, NULL), BULLA_OK);
	data = malloc(MAX);
	cr_assert_not_null(data);
	bulla_random(data, MAX);
}

static inline void
agefile_fini(void)
{
	bulla_recipients_free(&to);
	bulla_secret_free(&me.key);
	free(data);
}
/* The age file of the first n bytes of data. */
static inline void
encrypt(size_t n, size_t piece, bool armor, struct bulla_buf *out)
{
	struct drip in = { .r.read = drip_read, .c = bulla_cur_of(data, n),
		.piece = piece };
	struct bulla_age_encrypt p = { .to = &to, .armor = armor };
	struct bulla_writer_buf w;
	struct bulla_err err = { 0 };

	bulla_buf_reset(out);
	bulla_writer_buf_init(&w, out);
	cr_assert_eq(bulla_age_encrypt(&p, &in.r, &w.w, &err), BULLA_OK, "%s",
	    err.msg);
}

static inline enum bulla_status
decrypt(const void *file, size_t len, size_t piece, struct bulla_buf *out,
    enum bulla_age_class *cls, struct bulla_err *err)
{
	struct drip in = { .r.read = drip_read, .c = bulla_cur_of(file, len),
		.piece = piece };
	struct bulla_age_decrypt p = { .ids = &ids };
	struct bulla_writer_buf w;

	bulla_buf_reset(out);
	bulla_writer_buf_init(&w, out);
	return bulla_age_decrypt(&p, &in.r, &w.w, cls, err);
}

/* Where the chunks begin in a file for one recipient. */
static inline size_t
payload_at(const struct bulla_buf *file)
{
	struct bulla_age_header h = { 0 };
	struct bulla_cur c = bulla_buf_view(file);

	cr_assert_eq(bulla_age_header_parse(&c, &h, NULL), BULLA_OK);
	bulla_age_header_free(&h);
	return file->len - c.len + AGE_NONCE;
}

#endif
