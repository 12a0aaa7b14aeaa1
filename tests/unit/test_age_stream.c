#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agefile.h"

TestSuite(age_stream, .init = agefile_init, .fini = agefile_fini,
    .timeout = 120);

Test(age_stream, what_is_encrypted_decrypts_whatever_size_and_pieces)
{
	static const size_t sizes[] = { 0, 1, 100, CH - 1, CH, CH + 1,
		2 * CH - 1, 2 * CH, 2 * CH + 1, 7 * CH, 8 * CH - 1, 8 * CH,
		8 * CH + 1, 9 * CH, 16 * CH, 16 * CH + 1, 40 * CH };
	static const size_t pieces[] = { 4093, CH, SIZE_MAX };
	struct bulla_buf file = BULLA_BUF_INIT(8 * MAX);
	struct bulla_buf out = BULLA_BUF_INIT(2 * MAX);
	enum bulla_age_class cls;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (size_t k = 0; k < 6; k++) {
			size_t n = sizes[i], piece = pieces[k % 3], chunks;
			struct bulla_err err = { 0 };

			encrypt(n, piece, k >= 3, &file);
			chunks = n == 0 ? 1 : (n + CH - 1) / CH;
			if (k < 3)
				cr_assert_eq(file.len - payload_at(&file),
				    n + 16 * chunks);
			cr_assert_eq(decrypt(file.p, file.len, piece, &out,
			    &cls, &err), BULLA_OK, "%s", err.msg);
			cr_assert_eq(cls, BULLA_AGE_SUCCESS);
			cr_assert_eq(out.len, n);
			if (n > 0)
				cr_assert_eq(memcmp(out.p, data, n), 0);
		}
	}
	bulla_buf_free(&file);
	bulla_buf_free(&out);
}

Test(age_stream, failures_around_it_are_no_verdict_on_the_file)
{
	struct bulla_buf file = BULLA_BUF_INIT(2 * MAX);
	struct bulla_buf small = BULLA_BUF_INIT(CH);
	struct bulla_age_decrypt p = { .ids = &ids };
	struct bulla_age_encrypt e = { .to = &to };
	struct bulla_writer_buf w;
	struct bulla_err err = { 0 };
	enum bulla_age_class cls;
	struct drip in;

	encrypt(3 * CH, SIZE_MAX, false, &file);
	cr_assert_eq(decrypt(file.p, file.len, SIZE_MAX, &small, &cls, &err),
	    BULLA_E_LIMIT);
	cr_assert_eq(cls, BULLA_AGE_NO_VERDICT);

	for (size_t cut = 0; cut < file.len; cut += 60000) {
		struct bulla_buf out = BULLA_BUF_INIT(2 * MAX);

		in = (struct drip){ .r.read = drip_read, .fail = true,
			.c = bulla_cur_of(file.p, cut), .piece = 50000 };
		bulla_writer_buf_init(&w, &out);
		cr_assert_eq(bulla_age_decrypt(&p, &in.r, &w.w, &cls, &err),
		    BULLA_E_IO, "cut %zu", cut);
		cr_assert_eq(cls, BULLA_AGE_NO_VERDICT);
		cr_assert_str_eq(err.msg, "the disk is gone");
		bulla_buf_free(&out);
	}

	bulla_writer_buf_init(&w, &small);
	bulla_buf_reset(&small);
	in = (struct drip){ .r.read = drip_read, .piece = SIZE_MAX,
		.c = bulla_cur_of(data, 2 * CH) };
	cr_assert_eq(bulla_age_encrypt(&e, &in.r, &w.w, &err), BULLA_E_LIMIT);
	bulla_buf_reset(&file);
	bulla_writer_buf_init(&w, &file);
	in.fail = true;
	cr_assert_eq(bulla_age_encrypt(&e, &in.r, &w.w, &err), BULLA_E_IO);
	bulla_buf_free(&small);
	bulla_buf_free(&file);
}

/* How often the question was put, and the answer. */
static unsigned asked;
static const char *answer;

static enum bulla_status
give(const struct bulla_ask *a, const char *prompt, bool twice,
    struct bulla_secret *out, struct bulla_err *err)
{
	(void)a;
	cr_assert_str_eq(prompt, "Passphrase: ");
	cr_assert(!twice);
	asked++;
	if (answer == NULL)
		return bulla_fail(err, BULLA_E_IO, "nobody there");
	return bulla_secret_from(out, answer, strlen(answer), err);
}

static enum bulla_status
with_pass(const struct bulla_buf *file, enum bulla_age_class *cls)
{
	struct bulla_ask ask = { .ask = give };
	struct bulla_age_decrypt p = { .ids = &ids, .ask = &ask };
	struct bulla_buf out = BULLA_BUF_INIT(MAX);
	struct bulla_reader_mem in;
	struct bulla_writer_buf w;
	enum bulla_status st;

	bulla_reader_mem_init(&in, file->p, file->len);
	bulla_writer_buf_init(&w, &out);
	st = bulla_age_decrypt(&p, &in.r, &w.w, cls, NULL);
	bulla_buf_free(&out);
	return st;
}

Test(age_stream, asks_for_a_passphrase_only_when_it_is_of_use)
{
	struct bulla_buf file = BULLA_BUF_INIT(MAX);
	struct bulla_secret pass = { 0 };
	struct bulla_age_encrypt e = { .pass = &pass };
	struct bulla_reader_mem in;
	struct bulla_writer_buf w;
	enum bulla_age_class cls;
	uint8_t *p;

	encrypt(10, SIZE_MAX, false, &file);
	cr_assert_eq(with_pass(&file, &cls), BULLA_OK);
	cr_assert_eq(asked, 0);

	cr_assert_eq(bulla_secret_from(&pass, "abc", 3, NULL), BULLA_OK);
	bulla_buf_reset(&file);
	bulla_reader_mem_init(&in, data, 10);
	bulla_writer_buf_init(&w, &file);
	cr_assert_eq(bulla_age_encrypt(&e, &in.r, &w.w, NULL), BULLA_OK);
	p = memmem(file.p, file.len, " 18\n", 4);
	cr_assert_not_null(p, "written with a work factor of 18");

	answer = "abc";
	cr_assert_eq(with_pass(&file, &cls), BULLA_OK);
	cr_assert_eq(cls, BULLA_AGE_SUCCESS);
	cr_assert_eq(asked, 1);
	answer = NULL;
	cr_assert_eq(with_pass(&file, &cls), BULLA_E_IO);
	cr_assert_eq(cls, BULLA_AGE_NO_VERDICT);
	cr_assert_eq(asked, 2);
	/* A cost over the limit is refused before anybody is asked. */
	memcpy(p, " 21\n", 4);
	cr_assert_eq(with_pass(&file, &cls), BULLA_E_LIMIT);
	cr_assert_eq(cls, BULLA_AGE_HEADER_FAILURE);
	cr_assert_eq(asked, 2);
	bulla_secret_free(&pass);
	bulla_buf_free(&file);
}

/* The nonce: 11 bytes of counter, big-endian, then the flag. */
Test(age_stream, chunk_nonces_are_counter_and_flag)
{
	static const uint8_t key[32] = { 1 };
	uint8_t nonce[12] = { 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1 };
	uint8_t want[21], got[21];
	struct bulla_aead *a = NULL;

	cr_assert_eq(bulla_aead_new(key, &a, NULL), BULLA_OK);
	cr_assert_eq(bulla_aead_seal(a, nonce, "hello", 5, want, NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_age_chunk_seal(a, UINT64_C(0x0102030405060708),
	    true, "hello", 5, got, NULL), BULLA_OK);
	cr_assert_arr_eq(got, want, 21);
	nonce[11] = 0;
	cr_assert_eq(bulla_aead_seal(a, nonce, "hello", 5, want, NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_age_chunk_seal(a, UINT64_C(0x0102030405060708),
	    false, "hello", 5, got, NULL), BULLA_OK);
	cr_assert_arr_eq(got, want, 21);
	cr_assert_eq(bulla_age_chunk_open(a, 1, false, got, 21, want, NULL),
	    BULLA_E_MISMATCH);
	cr_assert_eq(bulla_age_chunk_open(a, 1, false, got, 15, want, NULL),
	    BULLA_E_MISMATCH);
	cr_assert_eq(bulla_age_chunk_open(a, UINT64_C(0x0102030405060708),
	    false, got, 21, want, NULL), BULLA_OK);
	cr_assert_arr_eq(want, "hello", 5);
	bulla_aead_free(a);
}

/* The parts of a file that come from the random number generator. */
struct random_parts {
	struct bulla_secret file_key;
	uint8_t share[64], nonce[AGE_NONCE];
};

static void
parts_of(const struct bulla_buf *file, const struct bulla_secret *pass,
    struct random_parts *out)
{
	struct bulla_age_header h = { 0 };
	struct bulla_cur c = bulla_buf_view(file), arg;
	enum bulla_age_class cls;

	*out = (struct random_parts){ 0 };
	cr_assert_eq(bulla_age_header_parse(&c, &h, NULL), BULLA_OK);
	if (pass != NULL)
		cr_assert_eq(bulla_age_unwrap_pass(&h, pass, &out->file_key,
		    &cls, NULL), BULLA_OK);
	else
		cr_assert_eq(bulla_age_unwrap(&h, &ids, &out->file_key, NULL,
		    &cls, NULL), BULLA_OK);
	cr_assert(bulla_age_arg(&h.stanza[0], 1, &arg));
	cr_assert(bulla_cur_copy(&arg, out->share, arg.len));
	cr_assert(bulla_cur_copy(&c, out->nonce, AGE_NONCE));
	bulla_age_header_free(&h);
}

static void
differ(const struct bulla_buf *one, const struct bulla_buf *two,
    const struct bulla_secret *pass)
{
	struct random_parts a, b;

	parts_of(one, pass, &a);
	parts_of(two, pass, &b);
	cr_assert(!bulla_secret_eq(a.file_key.p, 16, b.file_key.p, 16));
	cr_assert_neq(memcmp(a.share, b.share, sizeof(a.share)), 0);
	cr_assert_neq(memcmp(a.nonce, b.nonce, sizeof(a.nonce)), 0);
	bulla_secret_free(&a.file_key);
	bulla_secret_free(&b.file_key);
}

static void
with_secret(const struct bulla_secret *pass, struct bulla_buf *out)
{
	struct bulla_age_encrypt e = { .pass = pass };
	struct bulla_reader_mem in;
	struct bulla_writer_buf w;

	bulla_reader_mem_init(&in, data, 10);
	bulla_writer_buf_init(&w, out);
	cr_assert_eq(bulla_age_encrypt(&e, &in.r, &w.w, NULL), BULLA_OK);
}

Test(age_stream, two_files_of_the_same_bytes_share_nothing)
{
	struct bulla_buf one = BULLA_BUF_INIT(MAX), two = BULLA_BUF_INIT(MAX);
	struct bulla_secret pass = { 0 };

	encrypt(1000, SIZE_MAX, false, &one);
	encrypt(1000, SIZE_MAX, false, &two);
	differ(&one, &two, NULL);
	bulla_buf_reset(&one);
	bulla_buf_reset(&two);
	cr_assert_eq(bulla_secret_from(&pass, "abc", 3, NULL), BULLA_OK);
	with_secret(&pass, &one);
	with_secret(&pass, &two);
	differ(&one, &two, &pass);
	bulla_secret_free(&pass);
	bulla_buf_free(&one);
	bulla_buf_free(&two);
}
