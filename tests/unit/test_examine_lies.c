#include "examine_kit.h"

/* What the half that signs makes of it, when it is a lie or comes late. */
static struct bulla_buf other = BULLA_BUF_INIT(KIT_MAX);

static void
begin_lies(void)
{
	begin();
	kit_seal(&kit, &other);
}

static void
end_lies(void)
{
	bulla_examined_free(&found);
	bulla_buf_free(&other);
	end();
}

TestSuite(examine_lies, .init = begin_lies, .fini = end_lies);

/* An examiner that was taken over: it has read bytes, and says lie. */
static struct bulla_examined lie = BULLA_EXAMINED_INIT;

static enum bulla_status
liar(void *ctx, int in, int copy, struct bulla_examined *out,
    struct bulla_err *err)
{
	(void)ctx;
	(void)err;
	bulla_examine(in, copy, 1, NULL, out);
	lie.bytes = out->bytes;
	bulla_examined_free(out);
	*out = lie;
	lie = (struct bulla_examined)BULLA_EXAMINED_INIT;
	return BULLA_OK;
}

/* Everything that would be true of the other package, about this one. */
static void
tell_of(const struct bulla_buf *b)
{
	look(b, b->len);
	bulla_examined_free(&lie);
	lie = found;
	found = (struct bulla_examined)BULLA_EXAMINED_INIT;
	how.examiner.examine = liar;
}

static void
expect_packages(unsigned n)
{
	cr_expect_eq(n_entries("home/packages"), n);
}

Test(examine_lies, a_liar_replaces_nothing)
{
	struct bulla_buf was = BULLA_BUF_INIT(KIT_MAX);
	char path[100];

	cr_assert_eq(receive_these(&bytes), BULLA_OK);
	cr_expect(got.accepted);
	snprintf(path, sizeof(path), "home/packages/%s.bulla", got.id);
	/* under the id that is stored, with another digest */
	tell_of(&bytes);
	lie.sha256[0] ^= 1;
	cr_assert_eq(receive_these(&other), BULLA_OK);
	cr_expect(!got.accepted);
	cr_expect_str_eq(got.reason, "duplicate-id");
	KIT_OK(bulla_file_get(path, &was, NULL));
	cr_expect_eq(was.len, bytes.len);
	cr_expect_arr_eq(was.p, bytes.p, was.len);
	expect_packages(1);
	bulla_buf_free(&was);
}

Test(examine_lies, a_liar_signs_for_nobody)
{
	/* notes that nobody signed */
	tell_of(&bytes);
	lie.opening.p[lie.opening.len - 3] ^= 1;
	cr_expect(receive_these(&other) != BULLA_OK || !got.accepted);
	/* the notes of one package with the id of another */
	tell_of(&bytes);
	lie.id[0] = lie.id[0] == '0' ? '1' : '0';
	cr_assert_eq(receive_these(&other), BULLA_OK);
	cr_expect(!got.accepted);
	cr_expect_str_eq(got.reason, "seal-broken");
	/* the closing of another */
	look(&other, other.len);
	tell_of(&bytes);
	look(&other, other.len);
	bulla_buf_free(&lie.closing);
	lie.closing = found.closing;
	found.closing = (struct bulla_buf)BULLA_BUF_INIT(BULLA_NOTE_MAX);
	cr_assert_eq(receive_these(&other), BULLA_OK);
	cr_expect(!got.accepted);
	/* figures that the closing does not have */
	tell_of(&bytes);
	lie.manifest[5] ^= 1;
	cr_assert_eq(receive_these(&other), BULLA_OK);
	cr_expect(!got.accepted);
	tell_of(&bytes);
	lie.segments++;
	cr_assert_eq(receive_these(&other), BULLA_OK);
	cr_expect(!got.accepted);
	expect_packages(0);
}

static enum bulla_status
gone(void *ctx, int in, int copy, struct bulla_examined *out,
    struct bulla_err *err)
{
	(void)ctx;
	(void)in;
	(void)out;
	KIT_OK(bulla_write_fd(copy, "x", 1, "copy", NULL));
	return bulla_fail(err, BULLA_E_AGAIN, "nobody came back");
}

static enum bulla_status
other_length(void *ctx, int in, int copy, struct bulla_examined *out,
    struct bulla_err *err)
{
	(void)ctx;
	(void)err;
	bulla_examine(in, copy, 1, NULL, out);
	out->bytes--;
	return BULLA_OK;
}

/* What holds when all of it is there counts, not what held at its start. */
static enum bulla_status
now_known(void *ctx, struct bulla_receive *p, struct bulla_err *err)
{
	if (ctx == NULL)
		return bulla_fail(err, BULLA_E_AGAIN, "not now");
	p->known = ctx;
	p->now = KIT_TIME + 3605;
	return BULLA_OK;
}

Test(examine_lies, who_is_known_when_it_has_arrived)
{
	struct bulla_vkeys nobody = { 0 };

	how.known = &nobody;
	how.arrived = (struct bulla_arrived){ now_known, NULL };
	cr_expect_eq(receive_these(&bytes), BULLA_E_AGAIN);
	expect_packages(0);
	how.arrived.ctx = &kit.known;
	cr_assert_eq(receive_these(&bytes), BULLA_OK, "%s", e.msg);
	cr_expect(got.accepted);
	cr_expect(strstr(bulla_buf_cstr(&got.receipt),
	    "time: 2026-11-22T04:04:10Z") != NULL, "%s",
	    bulla_buf_cstr(&got.receipt));
	cr_expect_eq(how.known, &nobody);
}

Test(examine_lies, no_result_at_all)
{
	how.examiner.examine = gone;
	cr_expect_eq(receive_these(&bytes), BULLA_E_AGAIN);
	how.examiner.examine = other_length;
	cr_expect_eq(receive_these(&bytes), BULLA_E_IO, "%s", e.msg);
	expect_packages(0);
	how.examiner.examine = NULL;
	cr_expect_eq(receive_these(&bytes), BULLA_OK);
	cr_expect(got.accepted);
}
