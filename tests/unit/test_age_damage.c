#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agefile.h"

TestSuite(age_damage, .init = agefile_init, .fini = agefile_fini,
    .timeout = 120);

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

Test(age_damage, every_truncation_of_a_small_file_is_refused)
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

Test(age_damage, truncation_at_chunk_edges_releases_what_verified)
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

Test(age_damage, what_is_appended_is_refused)
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

Test(age_damage, chunks_cannot_be_swapped_dropped_or_doubled)
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

Test(age_damage, every_flipped_byte_of_a_small_file_is_refused)
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

Test(age_damage, says_where_a_payload_is_wrong)
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
