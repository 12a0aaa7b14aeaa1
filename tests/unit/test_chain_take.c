#include "chain_home.h"

/* What of the other side's notes is taken in, and what of a note is kept. */
TestSuite(chain_take, .init = begin, .fini = end);

static enum bulla_status
take(const struct ck_side *s, int64_t at)
{
	struct bulla_cur c = bulla_buf_view(&note);

	e = (struct bulla_err){ 0 };
	return bulla_chain_take(s->home, &c, s->trust, KIT_TIME + at, &e);
}

/* A note of this text as B could send it, into note. */
static void
write_note(struct bulla_custody *c, const struct bulla_signer *keys,
    size_t n_keys)
{
	struct bulla_buf text = BULLA_BUF_INIT(KIT_MAX);
	struct bulla_cur v;

	c->has_previous = c->has_seal;
	if (!c->has_seal)
		c->sequence = 1;
	else if (c->sequence == 1)
		memcpy(c->previous, c->seal, sizeof(c->previous));
	bulla_custody_put(&text, c);
	v = bulla_buf_view(&text);
	bulla_buf_reset(&note);
	KIT_OK(bulla_note_sign(&v, keys, n_keys, &note, NULL));
	bulla_buf_free(&text);
}

static void
junk_line(void)
{
	const uint8_t id[4] = { 1 }, sig[64] = { 1 };

	bulla_note_put_sig(&note, "b.example/new", id, sig, sizeof(sig));
}

static void
expect_kept(const char *path, const uint8_t *want, size_t len)
{
	struct bulla_buf b = BULLA_BUF_INIT(KIT_MAX);

	KIT_OK(bulla_file_get(path, &b, NULL));
	cr_assert_eq(b.len, len, "%s: %zu, not %zu", path, b.len, len);
	cr_expect_arr_eq(b.p, want, len);
	bulla_buf_free(&b);
}

Test(chain_take, only_of_packages_that_are_known)
{
	struct bulla_custody c = ck_event(&ck_b, "store", 20);

	c.sequence = 2;
	write_note(&c, &ck_b.key[CK_CUSTODIAN], 1);
	cr_expect_eq(take(&ck_a, 50), BULLA_E_REFUSED);
	cr_expect_not_null(strstr(e.msg, "is not known here"), "%s", e.msg);
	cr_expect_neq(access("a/custody", F_OK), 0, "nothing is made");
	/* a relinquish to somebody else, or signed by nobody, is none to us */
	c = ck_event(&ck_b, "relinquish", 10);
	c.sequence = 1;
	ck_set(&c, "to", "c.example");
	write_note(&c, &ck_b.key[CK_CUSTODIAN], 1);
	cr_expect_eq(take(&ck_a, 50), BULLA_E_REFUSED);
	ck_set(&c, "to", "a.example/desk");
	write_note(&c, &ck_a.key[CK_CUSTODIAN], 1);
	cr_expect_eq(take(&ck_a, 50), BULLA_E_NOKEY);
	c = ck_event(&ck_b, "store", 20);
	c.sequence = 2;
	write_note(&c, &ck_b.key[CK_CUSTODIAN], 1);
	cr_expect_eq(take(&ck_a, 50), BULLA_E_REFUSED, "a directory is no "
	    "note");
	c = ck_event(&ck_b, "relinquish", 10);
	c.sequence = 1;
	write_note(&c, &ck_b.key[CK_CUSTODIAN], 1);
	cr_expect_eq(take(&ck_a, 50), BULLA_OK, "%s", e.msg);
	c = ck_event(&ck_b, "store", 20);
	c.sequence = 2;
	write_note(&c, &ck_b.key[CK_CUSTODIAN], 1);
	cr_expect_eq(take(&ck_a, 50), BULLA_OK, "%s", e.msg);
}

Test(chain_take, of_a_package_that_is_stored_or_ours)
{
	struct bulla_custody c = ck_event(&ck_b, "store", 20);

	c.sequence = 2;
	write_note(&c, &ck_b.key[CK_CUSTODIAN], 1);
	cr_assert_eq(mkdir("a/packages", 0700), 0);
	KIT_OK(put("a/packages/" CK_ID ".bulla", "x", false, &e));
	cr_expect_eq(take(&ck_a, 50), BULLA_OK, "%s", e.msg);
	cr_assert_eq(system("rm -r a/packages a/custody"), 0);
	c = ck_event(&ck_a, "seal", 10);
	bulla_buf_reset(&note);
	cr_assert_eq(ck_try(&ck_a, &c, &note), BULLA_OK, "%s", e.msg);
	c = ck_event(&ck_b, "store", 20);
	c.sequence = 2;
	write_note(&c, &ck_b.key[CK_CUSTODIAN], 1);
	cr_expect_eq(take(&ck_a, 50), BULLA_OK, "%s", e.msg);
}

/* A wrong line of a key that is known one day would refuse the note then. */
Test(chain_take, only_lines_that_verified_are_kept)
{
	struct bulla_custody c = ck_event(&ck_b, "relinquish", 10);
	struct bulla_buf got = BULLA_BUF_INIT(KIT_MAX);
	uint8_t digest[32];
	size_t len;

	c.sequence = 1;
	write_note(&c, &ck_b.key[CK_CUSTODIAN], 1);
	len = note.len;
	junk_line();
	ck_digest(&note, digest);
	cr_expect_eq(ck_keep(&ck_a, &note), BULLA_OK, "%s", e.msg);
	expect_kept("a/custody/" CK_ID "/theirs/0001-relinquish.note",
	    note.p, len);
	KIT_OK(bulla_chain_get("a", CK_ID, digest, &got, NULL));
	cr_expect_eq(got.len, len);
	digest[0] ^= 1;
	cr_expect_eq(bulla_chain_get("a", CK_ID, digest, &got, NULL),
	    BULLA_E_NOMATCH);
	bulla_buf_free(&got);
}

/*
 * A note that is kept comes again when its key has ended, with the line of
 * another key: what was kept stays, and a line that may not is not added.
 */
Test(chain_take, a_kept_note_comes_again)
{
	const struct bulla_signer more[] = { ck_b.key[CK_OLD],
	    ck_b.key[CK_SECOND], ck_b.key[CK_HOTLINE] };
	struct bulla_custody c = ck_event(&ck_b, "relinquish", 10);
	size_t one, two;

	c.sequence = 1;
	write_note(&c, more, 1);
	one = note.len;
	cr_expect_eq(take(&ck_a, 50), BULLA_OK, "%s", e.msg);
	cr_expect_eq(take(&ck_a, 200), BULLA_OK, "%s", e.msg);
	expect_kept("a/custody/" CK_ID "/theirs/0001-relinquish.note",
	    note.p, one);
	write_note(&c, more, 2);
	two = note.len;
	write_note(&c, more, 3);
	cr_expect_eq(take(&ck_a, 200), BULLA_OK, "%s", e.msg);
	expect_kept("a/custody/" CK_ID "/theirs/0001-relinquish.note",
	    note.p, two);
	/* a new one of an ended key is refused as before */
	c.sequence = 2;
	write_note(&c, more, 1);
	cr_expect_eq(take(&ck_a, 200), BULLA_E_REFUSED);
}

/* What nobody asked for may be good, and beyond what the event needs. */
Test(chain_take, a_line_that_is_not_needed_refuses_nothing)
{
	const struct bulla_signer two[] = { ck_b.key[CK_CUSTODIAN],
	    ck_b.key[CK_SEALER] };
	struct bulla_custody c = ck_event(&ck_b, "relinquish", 10);

	c.sequence = 1;
	write_note(&c, &two[1], 1);
	cr_expect_eq(take(&ck_a, 50), BULLA_E_REFUSED);
	write_note(&c, two, 2);
	cr_expect_eq(take(&ck_a, 50), BULLA_OK, "%s", e.msg);
}

Test(chain_take, as_many_as_there_is_room_for)
{
	struct bulla_custody c = ck_event(&ck_b, "relinquish", 10);
	char path[200];

	c.sequence = 1;
	write_note(&c, &ck_b.key[CK_CUSTODIAN], 1);
	cr_assert_eq(take(&ck_a, 50), BULLA_OK, "%s", e.msg);
	c = ck_event(&ck_b, "store", 20);
	for (unsigned i = 2; i <= BULLA_CHAIN_THEIRS_MAX; i++) {
		c.sequence = i;
		write_note(&c, &ck_b.key[CK_CUSTODIAN], 1);
		snprintf(path, sizeof(path), "a/custody/" CK_ID
		    "/theirs/%04u-store.note", i);
		KIT_OK(put(path, bulla_buf_cstr(&note), false, &e));
	}
	cr_expect_eq(take(&ck_a, 50), BULLA_OK, "again: %s", e.msg);
	c.sequence++;
	write_note(&c, &ck_b.key[CK_CUSTODIAN], 1);
	cr_expect_eq(take(&ck_a, 50), BULLA_E_REFUSED);
	cr_expect_not_null(strstr(e.msg, "there are 512 notes of theirs"),
	    "%s", e.msg);
	c = ck_event(&ck_b, "reject", 20);
	c.has_seal = false;
	for (unsigned i = 0; i <= BULLA_CHAIN_LOOSE_MAX; i++) {
		enum bulla_status st;

		c.time++;
		write_note(&c, &ck_b.key[CK_CUSTODIAN], 1);
		st = take(&ck_a, 50);
		cr_expect_eq(st, i < BULLA_CHAIN_LOOSE_MAX ? BULLA_OK :
		    BULLA_E_REFUSED, "%u: %s", i, e.msg);
	}
	cr_expect_not_null(strstr(e.msg, "64 rejects"), "%s", e.msg);
}
