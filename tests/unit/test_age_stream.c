#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/age.h"
#include "bulla/enc.h"
#include "core/age_int.h"

#define CH BULLA_AGE_CHUNK
#define ENC BULLA_AGE_CHUNK_ENC
#define MAX (40u * CH)

static struct bulla_identity me;
static struct bulla_identities ids;
static struct bulla_recipients to;
static uint8_t *data;		/* MAX random bytes */

static void
init(void)
{
	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
	cr_assert_eq(bulla_identity_new(&me, NULL), BULLA_OK);
	ids = (struct bulla_identities){ .v = &me, .n = 1 };
	cr_assert_eq(bulla_recipients_add(&to, me.recipient, NULL), BULLA_OK);
	data = malloc(MAX);
	cr_assert_not_null(data);
	bulla_random(data, MAX);
}

static void
fini(void)
{
	bulla_recipients_free(&to);
	bulla_secret_free(&me.key);
	free(data);
}
TestSuite(age_stream, .init = init, .fini = fini, .timeout = 120);

/* A reader that gives at most piece bytes at a time. */
struct drip {
	struct bulla_reader r;
	struct bulla_cur c;
	size_t piece;
	bool fail;		/* at the end, instead of ending */
};

static enum bulla_status
drip_read(struct bulla_reader *r, void *buf, size_t cap, size_t *n,
    struct bulla_err *err)
{
	struct drip *d = (struct drip *)r;
	size_t k = d->piece < cap ? d->piece : cap;

	if (d->c.len == 0 && d->fail)
		return bulla_fail(err, BULLA_E_IO, "the disk is gone");
	if (k > d->c.len)
		k = d->c.len;
	*n = bulla_cur_copy(&d->c, buf, k) ? k : 0;
	return BULLA_OK;
}

/* The age file of the first n bytes of data. */
static void
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

static enum bulla_status
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
static size_t
payload_at(const struct bulla_buf *file)
{
	struct bulla_age_header h = { 0 };
	struct bulla_cur c = bulla_buf_view(file);

	cr_assert_eq(bulla_age_header_parse(&c, &h, NULL), BULLA_OK);
	bulla_age_header_free(&h);
	return file->len - c.len + AGE_NONCE;
}

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

/* A refused file releases whole chunks from the front, or nothing. */
static void
refused(const void *file, size_t len, size_t want, const char *what)
{
	struct bulla_buf out = BULLA_BUF_INIT(2 * MAX);
	struct bulla_err err = { 0 };
	enum bulla_age_class cls;
	enum bulla_status st;

	st = decrypt(file, len, SIZE_MAX, &out, &cls, &err);
	cr_assert(st == BULLA_E_FORMAT || st == BULLA_E_MISMATCH ||
	    st == BULLA_E_NOMATCH, "%s: status %d, %s", what, st, err.msg);
	cr_assert(cls != BULLA_AGE_SUCCESS && cls != BULLA_AGE_NO_VERDICT);
	cr_assert_neq(err.msg[0], '\0');
	cr_assert_eq(out.len, want, "%s: %zu bytes released", what, out.len);
	if (out.len > 0)
		cr_assert_eq(memcmp(out.p, data, out.len), 0);
	bulla_buf_free(&out);
}

Test(age_stream, every_truncation_of_a_small_file_is_refused)
{
	struct bulla_buf file = BULLA_BUF_INIT(MAX);

	encrypt(100, SIZE_MAX, false, &file);
	for (size_t n = 0; n < file.len; n++)
		refused(file.p, n, 0, "truncated");
	printf("COUNT age/truncations %zu 0\n", file.len);
	encrypt(100, SIZE_MAX, true, &file);
	/* The LF at the very end is not needed. */
	for (size_t n = 0; n + 1 < file.len; n++) {
		struct bulla_buf out = BULLA_BUF_INIT(MAX);
		enum bulla_age_class cls;

		cr_assert_neq(decrypt(file.p, n, SIZE_MAX, &out, &cls, NULL),
		    BULLA_OK, "armor cut at %zu", n);
		bulla_buf_free(&out);
	}
	printf("COUNT age/armor-truncations %zu 0\n", file.len - 1);
	fflush(stdout);
	bulla_buf_free(&file);
}

Test(age_stream, truncation_at_chunk_edges_releases_what_verified)
{
	struct bulla_buf file = BULLA_BUF_INIT(2 * MAX);
	size_t at;

	encrypt(3 * CH, SIZE_MAX, false, &file);
	at = payload_at(&file);
	refused(file.p, at, 0, "no chunk");
	refused(file.p, at + ENC - 1, 0, "first chunk short");
	refused(file.p, at + ENC, CH, "one chunk");
	refused(file.p, at + ENC + 1, CH, "one chunk and a byte");
	refused(file.p, at + ENC + 16, CH, "one chunk and an empty one");
	refused(file.p, at + 2 * ENC, 2 * CH, "two chunks");
	refused(file.p, at + 3 * ENC - 1, 2 * CH, "last chunk short");
	encrypt(20 * CH + 5, SIZE_MAX, false, &file);
	refused(file.p, at + 20 * ENC, 20 * CH, "twenty chunks");
	bulla_buf_free(&file);
}

Test(age_stream, what_is_appended_is_refused)
{
	static const size_t sizes[] = { 0, 5, CH, 2 * CH, 8 * CH };
	struct bulla_buf file = BULLA_BUF_INIT(2 * MAX);
	static const uint8_t more[ENC];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		/* Behind a full last chunk it has been released already. */
		size_t n = sizes[i], kept = n;

		encrypt(n, SIZE_MAX, false, &file);
		if (n % CH != 0 || n == 0)
			kept = n / CH * CH;
		bulla_buf_put(&file, more, 1);
		refused(file.p, file.len, kept, "a byte appended");
		bulla_buf_put(&file, more, ENC - 1);
		refused(file.p, file.len, kept, "a chunk appended");
	}
	bulla_buf_free(&file);
}

Test(age_stream, chunks_cannot_be_swapped_dropped_or_doubled)
{
	struct bulla_buf file = BULLA_BUF_INIT(2 * MAX);
	uint8_t *c, *copy;
	size_t at;

	encrypt(4 * CH, SIZE_MAX, false, &file);
	at = payload_at(&file);
	copy = malloc(file.len + ENC);
	cr_assert_not_null(copy);
	c = copy + at;

	memcpy(copy, file.p, file.len);
	memcpy(c + ENC, file.p + at + 2 * ENC, ENC);
	memcpy(c + 2 * ENC, file.p + at + ENC, ENC);
	refused(copy, file.len, CH, "swapped");

	memcpy(copy, file.p, file.len);
	memmove(c + ENC, c + 2 * ENC, 2 * ENC);
	refused(copy, file.len - ENC, CH, "dropped");

	memcpy(copy, file.p, file.len);
	memmove(c + ENC, c, 4 * ENC);
	refused(copy, file.len + ENC, CH, "doubled");

	memcpy(copy, file.p, file.len);
	memcpy(c + 4 * ENC, c + 3 * ENC, ENC);
	refused(copy, file.len + ENC, 4 * CH, "last one doubled");
	free(copy);
	bulla_buf_free(&file);
}

Test(age_stream, every_flipped_byte_of_a_small_file_is_refused)
{
	struct bulla_buf file = BULLA_BUF_INIT(MAX);

	encrypt(200, SIZE_MAX, false, &file);
	for (size_t i = 0; i < file.len; i++) {
		file.p[i] ^= 0x20;
		refused(file.p, file.len, 0, "flipped");
		file.p[i] ^= 0x20;
	}
	printf("COUNT age/byte-flips %zu 0\n", file.len);
	fflush(stdout);
	bulla_buf_free(&file);
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

Test(age_stream, says_where_a_payload_is_wrong)
{
	struct bulla_buf file = BULLA_BUF_INIT(2 * MAX);
	struct bulla_buf out = BULLA_BUF_INIT(2 * MAX);
	struct bulla_err err = { 0 };
	enum bulla_age_class cls;
	size_t at;

	encrypt(3 * CH, SIZE_MAX, false, &file);
	at = payload_at(&file);
	file.p[at + ENC + 5] ^= 1;
	cr_assert_eq(decrypt(file.p, file.len, CH, &out, &cls, &err),
	    BULLA_E_MISMATCH);
	cr_assert_eq(cls, BULLA_AGE_PAYLOAD_FAILURE);
	cr_assert_str_eq(err.msg, "payload: chunk 1: does not decrypt: "
	    "altered, or made with another key");
	file.p[at + ENC + 5] ^= 1;
	cr_assert_eq(decrypt(file.p, at + 2 * ENC, CH, &out, &cls, &err),
	    BULLA_E_MISMATCH);
	cr_assert_str_eq(err.msg, "payload: chunk 2: cut short: the last "
	    "chunk is missing");
	cr_assert_eq(decrypt(file.p, at - 1, CH, &out, &cls, &err),
	    BULLA_E_FORMAT);
	cr_assert_eq(cls, BULLA_AGE_HEADER_FAILURE);
	cr_assert_str_eq(err.msg, "cut short after the age header");
	bulla_buf_free(&file);
	bulla_buf_free(&out);
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

/* Two files of the same bytes share nothing. */
Test(age_stream, every_file_has_its_own_keys)
{
	struct bulla_buf one = BULLA_BUF_INIT(MAX), two = BULLA_BUF_INIT(MAX);
	size_t same = 0;

	encrypt(1000, SIZE_MAX, false, &one);
	encrypt(1000, SIZE_MAX, false, &two);
	cr_assert_eq(one.len, two.len);
	for (size_t i = payload_at(&one) - AGE_NONCE; i < one.len; i++)
		same += one.p[i] == two.p[i];
	cr_assert_lt(same, 50);
	bulla_buf_free(&one);
	bulla_buf_free(&two);
}
