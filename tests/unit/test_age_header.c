#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ageheader.h"
#include "bulla/enc.h"

TestSuite(age_header, .init = ageheader_init, .fini = ageheader_fini);

Test(age_header, every_recipient_opens_it_and_nobody_else)
{
	struct bulla_recipients to = { 0 };
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);

	to_first(&to, IDS - 1);
	cr_assert_eq(bulla_age_wrap(&to, &file_key, &b, NULL), BULLA_OK);
	for (size_t i = 0; i < IDS; i++) {
		struct bulla_identities one = { .v = &id[i], .n = 1 };
		const struct bulla_identity *who = NULL;
		struct bulla_err err = { 0 };
		enum bulla_age_class cls;
		enum bulla_status st = unwrap_text(&b, &one, &who, &cls, &err);

		if (i < IDS - 1) {
			cr_assert_eq(st, BULLA_OK);
			cr_assert_eq(who, &id[i]);
			continue;
		}
		cr_assert_eq(st, BULLA_E_NOMATCH);
		cr_assert_eq(cls, BULLA_AGE_NO_MATCH);
		cr_assert_null(who);
		cr_assert_str_eq(err.msg, "none of 1 identities matches any "
		    "of 4 X25519 recipient(s)");
	}
	bulla_recipients_free(&to);
	bulla_buf_free(&b);
}

Test(age_header, several_identities_are_all_tried)
{
	struct bulla_recipients to = { 0 };
	struct bulla_identities all = { .v = id, .n = IDS };
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	const struct bulla_identity *who = NULL;
	enum bulla_age_class cls;

	cr_assert_eq(bulla_recipients_add(&to, id[IDS - 1].recipient, NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_age_wrap(&to, &file_key, &b, NULL), BULLA_OK);
	cr_assert_eq(unwrap_text(&b, &all, &who, &cls, NULL), BULLA_OK);
	cr_assert_eq(who, &id[IDS - 1]);
	bulla_recipients_free(&to);
	bulla_buf_free(&b);
}

Test(age_header, every_flipped_bit_is_noticed)
{
	struct bulla_recipients to = { 0 };
	struct bulla_identities one = { .v = id, .n = 1 };
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	size_t seen[BULLA_AGE_NO_VERDICT + 1] = { 0 };
	enum bulla_age_class cls;

	to_first(&to, 2);
	cr_assert_eq(bulla_age_wrap(&to, &file_key, &b, NULL), BULLA_OK);
	for (size_t i = 0; i < 8 * b.len; i++) {
		b.p[i / 8] ^= (uint8_t)(1 << i % 8);
		cr_assert_neq(unwrap_text(&b, &one, NULL, &cls, NULL),
		    BULLA_OK, "bit %zu", i);
		seen[cls]++;
		b.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	cr_assert_eq(seen[BULLA_AGE_NO_VERDICT], 0);
	cr_assert_gt(seen[BULLA_AGE_NO_MATCH], 0);
	cr_assert_gt(seen[BULLA_AGE_HMAC_FAILURE], 0);
	cr_assert_gt(seen[BULLA_AGE_HEADER_FAILURE], 0);
	printf("COUNT age/header-bit-flips %zu 0\n", 8 * b.len);
	fflush(stdout);
	bulla_recipients_free(&to);
	bulla_buf_free(&b);
}

Test(age_header, refuses_a_recipient_of_low_order_and_nobody_at_all)
{
	static const uint8_t zero[32];
	struct bulla_buf text = BULLA_BUF_INIT(200);
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	struct bulla_recipients to = { 0 };
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_age_wrap(&to, &file_key, &b, &err), BULLA_E_USAGE);
	bulla_bech32_put(&text, "age", zero, sizeof(zero), false);
	cr_assert_eq(bulla_recipients_add(&to, bulla_buf_cstr(&text), NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_age_wrap(&to, &file_key, &b, &err),
	    BULLA_E_FORMAT);
	cr_assert_not_null(strstr(err.msg, "low order"));
	cr_assert_eq(b.len, 0);
	bulla_recipients_free(&to);
	bulla_buf_free(&b);
	bulla_buf_free(&text);
}

Test(age_header, tells_when_the_buffer_is_too_small)
{
	struct bulla_recipients to = { 0 };
	struct bulla_buf b = BULLA_BUF_INIT(100);
	struct bulla_err err = { 0 };

	to_first(&to, 1);
	cr_assert_eq(bulla_age_wrap(&to, &file_key, &b, &err), BULLA_E_LIMIT);
	bulla_recipients_free(&to);
	bulla_buf_free(&b);
}

Test(age_header, a_passphrase_opens_it_and_no_other)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	struct bulla_identities all = { .v = id, .n = IDS };
	struct bulla_secret pass = { 0 }, empty = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_age_class cls;

	cr_assert_eq(bulla_secret_from(&pass, "correct horse", 13, NULL),
	    BULLA_OK);
	cr_assert_eq(bulla_age_wrap_pass(&empty, 4, &file_key, &b, &err),
	    BULLA_E_USAGE);
	cr_assert_eq(bulla_age_wrap_pass(&pass, 4, &file_key, &b, &err),
	    BULLA_OK);
	cr_assert_eq(unwrap_pass(&b, "correct horse", &cls, &err), BULLA_OK);
	cr_assert_eq(cls, BULLA_AGE_SUCCESS);
	cr_assert_eq(unwrap_pass(&b, "correct horsf", &cls, &err),
	    BULLA_E_NOMATCH);
	cr_assert_eq(cls, BULLA_AGE_NO_MATCH);
	cr_assert_str_eq(err.msg, "wrong passphrase");
	cr_assert_eq(unwrap_pass(&b, "", &cls, &err), BULLA_E_NOMATCH);
	cr_assert_eq(unwrap_text(&b, &all, NULL, &cls, &err),
	    BULLA_E_NOMATCH);
	cr_assert_str_eq(err.msg, "the file is encrypted with a passphrase");
	bulla_secret_free(&pass);
	bulla_buf_free(&b);
}

Test(age_header, names_every_class_as_the_kit_does)
{
	static const char *const names[] = { "success", "no match",
		"HMAC failure", "header failure", "payload failure",
		"armor failure", "error" };

	for (int i = 0; i <= BULLA_AGE_NO_VERDICT; i++)
		cr_assert_str_eq(bulla_age_class_name(i), names[i]);
}
