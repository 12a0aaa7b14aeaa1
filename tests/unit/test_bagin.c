#include "bagin_kit.h"

/* Bags that are read and not extracted. */
static enum bulla_status
run(enum bulla_bagin_mode mode, const struct bulla_buf *b)
{
	struct bulla_bagin p = { .mode = mode, .max_bytes = UINT64_MAX };
	struct bulla_bagin_result out;

	return run_as(&p, b, &out, NULL);
}

Test(bagin, a_good_bag)
{
	struct bulla_bagin p = { .max_bytes = UINT64_MAX };
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bulla_bagin_result out = { 0 };
	uint8_t manifest[32];
	struct bb bag;

	good(&b, &bag, NULL);
	bulla_sha256(bag.manifest.p, bag.manifest.len, manifest);
	for (p.mode = BULLA_BAGIN_SHAPE; p.mode <= BULLA_BAGIN_CHECK;
	    p.mode++) {
		cr_assert_eq(run_as(&p, &b, &out, NULL), BULLA_OK);
		cr_assert_str_eq(out.name, "bag");
		cr_assert_eq(out.files, 3);
		cr_assert_eq(out.bytes, 11);
		cr_assert_arr_eq(out.manifest, manifest, 32);
	}
	bb_free(&bag);
	bulla_buf_free(&b);
}

Test(bagin, original_names_are_optional)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bb bag;

	good(&b, &bag, bulla_names_header);
	cr_assert_eq(run(BULLA_BAGIN_CHECK, &b), BULLA_OK);
	bb_free(&bag);
	bulla_buf_free(&b);
}

Test(bagin, an_empty_payload)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bb bag;

	bb_init(&bag);
	bag.n = 2;
	bb_tags(&bag, NULL);
	bb_put(&b, &bag);
	cr_assert_eq(run(BULLA_BAGIN_CHECK, &b), BULLA_OK);
	bb_free(&bag);
	bulla_buf_free(&b);
}

/*
 * Every bit of a bag counts, but for the mtimes, a few numbers that may be
 * written in two ways, and, where it is not hashed, the payload. Headers have
 * checksums, so a flip there says little; the hostile bags test the fields.
 */
Test(bagin, every_flipped_byte_is_refused)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bb bag;
	unsigned accepted = 0;

	good(&b, &bag, NULL);
	for (size_t i = 0; i < b.len; i++) {
		b.p[i] ^= 0x01;
		cr_expect_neq(run(BULLA_BAGIN_CHECK, &b), BULLA_OK,
		    "byte %zu", i);
		if (i < b.len - 1024)
			accepted += run(BULLA_BAGIN_SHAPE, &b) == BULLA_OK;
		b.p[i] ^= 0x01;
	}
	/* "alpha\n" and "beta\n", and the 192 digits that they are known by */
	cr_assert_eq(accepted, 11, "%u", accepted);
	bb_free(&bag);
	bulla_buf_free(&b);
}

Test(bagin, every_truncation_is_incomplete)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bb bag;
	size_t len;

	good(&b, &bag, NULL);
	len = b.len;
	for (b.len = 0; b.len < len; b.len++)
		cr_expect_eq(run(BULLA_BAGIN_CHECK, &b), BULLA_E_INCOMPLETE,
		    "%zu", b.len);
	bb_free(&bag);
	bulla_buf_free(&b);
}

/* A packer that died: an end marker, but no tagmanifest. */
Test(bagin, a_bag_without_its_end_is_incomplete)
{
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bb bag;
	int n;

	good(&b, &bag, NULL);
	n = bag.n;
	for (bag.n = 0; bag.n < n; bag.n++) {
		bulla_buf_reset(&b);
		bb_put(&b, &bag);
		cr_expect_eq(run(BULLA_BAGIN_CHECK, &b), BULLA_E_INCOMPLETE,
		    "%d members", bag.n);
	}
	bb_free(&bag);
	bulla_buf_free(&b);
}

static enum bulla_status
with_member(const char *name, const char *inside, char type,
    const char *outside)
{
	struct bulla_bagin p = { .max_bytes = UINT64_MAX };
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bulla_bagin_result out;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	struct bb bag;

	bb_init(&bag);
	bb_tags(&bag, NULL);
	if (inside != NULL)
		bb_insert(&bag, 0, name, type, inside);
	bb_put(&b, &bag);
	p.opening = bulla_cur_str(outside);
	st = run_as(&p, &b, &out, &err);
	bb_free(&bag);
	bulla_buf_free(&b);
	return st;
}

static enum bulla_status
with_note(const char *inside, char type, const char *outside)
{
	return with_member("opening.note", inside, type, outside);
}

Test(bagin, the_opening_note_stands_first)
{
	cr_assert_eq(with_note("note\n", '0', "note\n"), BULLA_OK);
	cr_assert_eq(with_note("note\n", '0', "Note\n"), BULLA_E_MISMATCH);
	cr_assert_eq(with_note("note\n", '0', "note\n\n"), BULLA_E_MISMATCH);
	cr_assert_eq(with_note("note\n", '0', "note"), BULLA_E_MISMATCH);
	cr_assert_eq(with_note(NULL, '0', "note\n"), BULLA_E_FORMAT);
	cr_assert_eq(with_note("", '5', "note\n"), BULLA_E_FORMAT);
	cr_assert_eq(with_member("closing.note", "note\n", '0', "note\n"),
	    BULLA_E_FORMAT);
	/* and where none is expected none may be */
	cr_assert_eq(with_note("note\n", '0', ""), BULLA_E_REFUSED);
}

Test(bagin, max_bytes_counts_members_and_their_headers)
{
	struct bulla_bagin p = { .mode = BULLA_BAGIN_CHECK };
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bulla_bagin_result out;
	uint64_t all = 0;
	struct bb bag;

	good(&b, &bag, NULL);
	for (int i = 0; i < bag.n; i++)
		all += 512 + bag.m[i].len;
	p.max_bytes = all;
	cr_assert_eq(run_as(&p, &b, &out, NULL), BULLA_OK);
	for (p.max_bytes = 0; p.max_bytes < all; p.max_bytes += 97)
		cr_expect_eq(run_as(&p, &b, &out, NULL), BULLA_E_LIMIT);
	p.max_bytes = all - 1;
	cr_assert_eq(run_as(&p, &b, &out, NULL), BULLA_E_LIMIT);
	bb_free(&bag);
	bulla_buf_free(&b);
}

static void
told(void *ctx, uint64_t bytes)
{
	*(uint64_t *)ctx = bytes;
}

Test(bagin, progress_counts_all_contents)
{
	uint64_t seen = 0, all = 0;
	struct bulla_bagin p = {
		.mode = BULLA_BAGIN_SHAPE, .max_bytes = UINT64_MAX,
		.progress = told, .progress_ctx = &seen,
	};
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bulla_bagin_result out;
	struct bb bag;

	good(&b, &bag, NULL);
	for (int i = 0; i < bag.n; i++)
		all += bag.m[i].len;
	cr_assert_eq(run_as(&p, &b, &out, NULL), BULLA_OK);
	cr_assert_eq(seen, all);
	bb_free(&bag);
	bulla_buf_free(&b);
}

Test(bagin, messages_name_the_member)
{
	struct bulla_bagin p = {
		.mode = BULLA_BAGIN_CHECK, .max_bytes = UINT64_MAX,
	};
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bulla_bagin_result out;
	struct bulla_err err = { 0 };
	struct bb bag;

	bb_init(&bag);
	bb_insert(&bag, 3, "bag/data/b\x1b[2Jx", '0', "x");
	bb_tags(&bag, NULL);
	bb_put(&b, &bag);
	cr_assert_eq(run_as(&p, &b, &out, &err), BULLA_E_REFUSED);
	cr_assert_str_eq(err.msg,
	    "bag/data/b\\x1b[2Jx: no name that may stand in a bag");
	bb_free(&bag);
	bulla_buf_free(&b);
}
