#include "bulla/enc.h"
#include "trust_home.h"

/* Keys that are suspended at once, until root lifts it. */
TestSuite(trust_suspend, .init = begin, .fini = end);

Test(trust_suspend, suspended_from_its_time_on)
{
	both_in_force();
	cr_assert_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME + 50), BULLA_OK,
	    "%s", e.msg);
	cr_assert_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME + 50), BULLA_OK,
	    "twice: %s", e.msg);
	cr_expect_eq(n_entries("home/roster/suspend"), 1);
	cr_assert_eq(suspend(&a, RECEIVER, LEAD, SIDE_TIME + 50), BULLA_OK,
	    "%s", e.msg);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	cr_expect_eq(judge(BULLA_THEIRS, &b.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 49), BULLA_OK);
	cr_expect_eq(judge(BULLA_THEIRS, &b.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 50), BULLA_E_REFUSED);
	expect_msg("b.example/sealer is suspended since "
	    "2026-11-18T11:07:30Z: laptop stolen");
	cr_expect_eq(judge(BULLA_OURS, &a.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 50), BULLA_OK);
	cr_expect_eq(judge(BULLA_OURS, &a.s[RECEIVER], BULLA_ROLE_RECEIVER,
	    SIDE_TIME + 50), BULLA_E_REFUSED);
}

Test(trust_suspend, who_may_suspend_what)
{
	struct bulla_signer all[SIDE_KEYS];

	both_in_force();
	cr_expect_eq(suspend(&b, SEALER, CUSTODIAN, SIDE_TIME),
	    BULLA_E_REFUSED);
	expect_msg("b.example/custodian is neither a hotline nor a lead");
	cr_expect_eq(suspend(&b, SEALER, ROOT_A, SIDE_TIME), BULLA_E_REFUSED);
	expect_msg("neither a hotline nor a lead");
	cr_expect_eq(suspend(&b, ROOT_A, HOTLINE, SIDE_TIME),
	    BULLA_E_REFUSED);
	expect_msg("is a root key");
	cr_expect_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME - 1),
	    BULLA_E_REFUSED);
	expect_msg("before its roster was issued");
	/* our hotline about their key: the actor must have a name of theirs */
	memcpy(all, b.s, sizeof(all));
	b.s[HOTLINE] = a.s[HOTLINE];
	snprintf(b.s[HOTLINE].vkey.name, sizeof(b.s[HOTLINE].vkey.name),
	    "b.example/hotline");
	cr_expect_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME),
	    BULLA_E_REFUSED);
	expect_msg("only a hotline or lead key of the side itself");
	memcpy(b.s, all, sizeof(all));
	b.digest[0] ^= 1;
	cr_expect_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME),
	    BULLA_E_REFUSED);
	expect_msg("not made under version 1 of b.example");
	cr_expect_eq(n_entries("home/roster/suspend"), 0);
	cr_assert_eq(load(), BULLA_OK);
	cr_expect_eq(judge(BULLA_THEIRS, &b.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 50), BULLA_OK);
}

Test(trust_suspend, an_unknown_side_or_key)
{
	struct side c;

	both_in_force();
	side_init(&c, "c.example");
	cr_expect_eq(suspend(&c, SEALER, HOTLINE, SIDE_TIME), BULLA_E_NOKEY);
	expect_msg("a suspension of c.example");
	side_free(&c);
	side_init(&c, "b.example");
	cr_expect_eq(suspend(&c, SEALER, HOTLINE, SIDE_TIME), BULLA_E_NOKEY);
	expect_msg("stands in no roster here");
	side_free(&c);
}

/* The text of a suspension with these lines below it. */
static void
sign_again(const struct bulla_buf *note, const struct bulla_signer *by,
    size_t n_by, struct bulla_buf *out)
{
	struct bulla_cur c = bulla_buf_view(note);
	struct bulla_note n;

	cr_assert_eq(bulla_note_parse(&c, &n, NULL), BULLA_OK);
	bulla_buf_reset(out);
	cr_assert_eq(bulla_note_sign(&n.text, by, n_by, out, NULL), BULLA_OK);
}

static enum bulla_status
suspend_by(const struct bulla_buf *note)
{
	struct bulla_cur c = bulla_buf_view(note);

	e = (struct bulla_err){ 0 };
	return bulla_trust_suspend("home", &c, SIDE_TIME + 60, &e);
}

static struct bulla_buf
stored(void)
{
	char path[200], hex[65];
	uint8_t digest[32];

	digest_of_suspension(digest);
	bulla_hex(hex, digest, 32);
	snprintf(path, sizeof(path), "home/roster/suspend/%s.note", hex);
	return bytes_of(path);
}

/* The actor's line is the one that counts, and the only one kept. */
Test(trust_suspend, another_actor_than_the_signer)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);

	both_in_force();
	side_suspend_as(&b, &b.s[SEALER].vkey, &b.s[LEAD],
	    "b.example/hotline", SIDE_TIME, &note);
	cr_expect_eq(suspend_by(&note), BULLA_E_REFUSED);
	expect_msg("must have signed as the \"actor\", b.example/hotline");
	bulla_buf_free(&note);
}

/*
 * A wrong line of a key that stands in no roster yet: on the day that it does
 * the suspension is as good as before, and everything else too.
 */
Test(trust_suspend, only_the_line_of_its_actor_is_kept)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_buf more = BULLA_BUF_INIT(BULLA_NOTE_MAX), is;
	struct bulla_signer three[3] = { b.s[LEAD], b.s[HOTLINE],
	    b.s[RECEIVER] };
	const uint8_t junk[BULLA_ED25519_SIG] = { 1 };

	both_in_force();
	side_suspend(&b, &b.s[SEALER].vkey, &b.s[HOTLINE], SIDE_TIME + 50,
	    &note);
	sign_again(&note, three, 3, &more);
	bulla_note_put_sig(&more, b.s[SEALER].vkey.name, b.s[SEALER].vkey.id,
	    junk, sizeof(junk));
	cr_assert_eq(suspend_by(&more), BULLA_OK, "%s", e.msg);
	is = stored();
	cr_assert_eq(is.len, note.len);
	cr_expect_arr_eq(is.p, note.p, note.len);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	cr_expect_eq(bulla_trust_skipped(t).len, 0);
	cr_expect_eq(judge(BULLA_THEIRS, &b.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 50), BULLA_E_REFUSED);
	bulla_buf_free(&note);
	bulla_buf_free(&more);
	bulla_buf_free(&is);
}

/* What is damaged is told, all else counts; it can be taken in anew. */
Test(trust_suspend, a_damaged_file_is_skipped_and_told)
{
	char path[200], hex[65];
	struct bulla_buf is;
	uint8_t digest[32];

	both_in_force();
	cr_assert_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME + 50), BULLA_OK);
	cr_assert_eq(suspend(&b, RECEIVER, LEAD, SIDE_TIME + 50), BULLA_OK);
	digest_of_suspension(digest);
	bulla_hex(hex, digest, 32);
	snprintf(path, sizeof(path), "home/roster/suspend/%s.note", hex);
	is = stored();
	*strstr(bulla_buf_cstr(&is), "laptop") = 'L';
	cr_assert_eq(bulla_file_put(path, is.p, is.len, 0644, true, NULL),
	    BULLA_OK);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	bulla_buf_reset(&is);
	is.max += 100;
	bulla_buf_put(&is, bulla_trust_skipped(t).p,
	    bulla_trust_skipped(t).len);
	cr_expect_not_null(strstr(bulla_buf_cstr(&is), hex));
	cr_expect_not_null(strstr(bulla_buf_cstr(&is), ".note: not in force: "
	    "its name is not the sha256 of its text\n"));
	cr_expect_eq(judge(BULLA_THEIRS, &b.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 50), BULLA_OK);
	cr_expect_eq(judge(BULLA_THEIRS, &b.s[RECEIVER],
	    BULLA_ROLE_RECEIVER, SIDE_TIME + 50), BULLA_E_REFUSED);
	cr_assert_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME + 50), BULLA_OK,
	    "%s", e.msg);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	cr_expect_eq(bulla_trust_skipped(t).len, 0);
	cr_expect_eq(judge(BULLA_THEIRS, &b.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 50), BULLA_E_REFUSED);
	bulla_buf_free(&is);
}

Test(trust_suspend, a_suspended_or_ended_hotline_suspends_nobody)
{
	both_in_force();
	cr_assert_eq(suspend(&b, HOTLINE, HOTLINE, SIDE_TIME + 5), BULLA_OK,
	    "its own: %s", e.msg);
	cr_expect_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME + 6),
	    BULLA_E_REFUSED);
	expect_msg("b.example/hotline is suspended");
	side_next(&b);
	b.r->issued = SIDE_TIME;
	b.r->key[0].until = SIDE_TIME + 59;
	side_sign(&b, b.s, 2);
	cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	cr_expect_eq(suspend(&b, SEALER, LEAD, SIDE_TIME + 6),
	    BULLA_E_REFUSED);
	expect_msg("only until");
}

Test(trust_suspend, only_a_roster_lifts)
{
	uint8_t digest[32];

	both_in_force();
	digest_of_suspension(digest);
	cr_assert_eq(suspend(&b, SEALER, HOTLINE, SIDE_TIME + 50), BULLA_OK);
	side_next(&b);
	memcpy(b.r->lift[0], digest, 32);
	b.r->lift[0][0] ^= 1;
	b.r->n_lifts = 1;
	side_sign(&b, b.s, 2);
	cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	cr_expect_eq(judge(BULLA_THEIRS, &b.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 99), BULLA_E_REFUSED, "another one was lifted");
	side_next(&b);
	memcpy(b.r->lift[1], digest, 32);
	b.r->n_lifts = 2;
	side_sign(&b, &b.s[LEAD], 2);
	expect_no(BULLA_E_REFUSED, "0 of 2 persons");
	side_sign(&b, b.s, 2);
	cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	cr_expect_eq(judge(BULLA_THEIRS, &b.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME + 99), BULLA_OK, "%s", e.msg);
}
