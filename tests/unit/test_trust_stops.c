#include "trust_home.h"

/* Which suspensions come in, and from when on they act. */
#define DAY 86400
#define NOW (SIDE_TIME + 10 * DAY)

TestSuite(trust_stops, .init = begin, .fini = end);

static enum bulla_status
stop(const struct side *s, const struct bulla_vkey *key, unsigned by,
    int64_t time, int64_t now)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	enum bulla_status st;
	struct bulla_cur c;

	side_suspend(s, key, &s->s[by], time, &note);
	c = bulla_buf_view(&note);
	e = (struct bulla_err){ 0 };
	st = bulla_trust_suspend("home", &c, now, &e);
	bulla_buf_free(&note);
	return st;
}

static void
expect_sealer(int64_t at, bool good)
{
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	cr_expect_eq(judge(BULLA_THEIRS, &b.s[SEALER], ~0u, at), good ?
	    BULLA_OK : BULLA_E_REFUSED, "%+jd",
	    (intmax_t)(at - SIDE_TIME));
}

/* Whoever signs and then suspends the key, dated back, unmakes nothing. */
Test(trust_stops, one_that_is_dated_back)
{
	both_in_force();
	cr_assert_eq(stop(&b, &b.s[SEALER].vkey, HOTLINE, SIDE_TIME, NOW),
	    BULLA_OK, "%s", e.msg);
	expect_sealer(NOW - DAY - 1, true);
	expect_sealer(NOW - DAY, false);
	expect_msg("is suspended since 2026-11-27T11:06:40Z");
	/* the same one later, and anew: it acts from when it came first */
	cr_expect_eq(stop(&b, &b.s[SEALER].vkey, HOTLINE, SIDE_TIME,
	    NOW + DAY), BULLA_OK);
	expect_sealer(NOW - DAY, false);
}

Test(trust_stops, one_that_is_put_right_acts_from_when_it_came_first)
{
	char path[200] = "home/roster/suspend/";
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_note n;
	struct bulla_cur c;
	uint8_t digest[32];
	size_t at = strlen(path);

	both_in_force();
	side_suspend(&b, &b.s[SEALER].vkey, &b.s[HOTLINE], SIDE_TIME, &note);
	c = bulla_buf_view(&note);
	cr_assert_eq(bulla_note_parse(&c, &n, NULL), BULLA_OK);
	bulla_sha256(n.text.p, n.text.len, digest);
	for (unsigned i = 0; i < 32; i++)
		snprintf(path + at + 2 * i, 8, "%02x.note", digest[i]);
	cr_assert_eq(bulla_trust_suspend("home", &c, NOW, &e), BULLA_OK);
	cr_assert_eq(bulla_file_put(path, "x", 1, 0600, true, NULL),
	    BULLA_OK);
	expect_sealer(NOW - DAY, true);
	cr_assert_eq(bulla_trust_suspend("home", &c, NOW + DAY, &e),
	    BULLA_OK, "%s", e.msg);
	expect_sealer(NOW - DAY - 1, true);
	expect_sealer(NOW - DAY, false);
	bulla_buf_free(&note);
}

Test(trust_stops, too_old_or_ahead)
{
	const struct bulla_vkey *key = &b.s[SEALER].vkey;

	b.r->expires += 99 * DAY;
	b.r->key[HOTLINE - LEAD].until += 99 * DAY;
	side_sign(&b, b.s, 2);
	both_in_force();
	cr_expect_eq(stop(&b, key, HOTLINE, NOW, NOW + 30 * DAY + 1),
	    BULLA_E_REFUSED);
	expect_msg("more than 30 days ago: let it be made again");
	cr_expect_eq(stop(&b, key, HOTLINE, NOW, NOW - DAY - 1),
	    BULLA_E_REFUSED);
	expect_msg("more than a day ahead");
	cr_expect_eq(n_entries("home/roster/suspend"), 0);
	cr_expect_eq(stop(&b, key, HOTLINE, NOW, NOW - DAY), BULLA_OK);
	cr_expect_eq(stop(&b, key, HOTLINE, NOW - 1, NOW - 1 + 30 * DAY),
	    BULLA_OK);
}

/* The roster that it names is the newest one, neither older nor unknown. */
Test(trust_stops, under_the_newest_roster)
{
	uint8_t newest[32], old[32];

	both_in_force();
	memcpy(old, b.digest, 32);
	side_next(&b);
	side_sign(&b, b.s, 2);
	cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	memcpy(newest, b.digest, 32);
	memcpy(b.digest, old, 32);
	cr_expect_eq(stop(&b, &b.s[SEALER].vkey, HOTLINE, NOW, NOW),
	    BULLA_E_REFUSED);
	expect_msg("not made under version 2 of b.example, the newest");
	memcpy(b.digest, newest, 32);
	cr_expect_eq(stop(&b, &b.s[SEALER].vkey, HOTLINE, NOW, NOW),
	    BULLA_OK, "%s", e.msg);
}

/* One for each key; another only when it acts earlier. */
Test(trust_stops, the_same_key_again)
{
	const struct bulla_vkey *key = &b.s[SEALER].vkey;

	both_in_force();
	cr_expect_eq(stop(&b, key, HOTLINE, NOW - 50, NOW), BULLA_OK);
	cr_expect_eq(stop(&b, key, HOTLINE, NOW - 49, NOW), BULLA_OK);
	cr_expect_eq(stop(&b, key, LEAD, NOW - 50, NOW), BULLA_OK);
	cr_expect_eq(n_entries("home/roster/suspend"), 1);
	cr_expect_eq(stop(&b, key, LEAD, NOW - 51, NOW), BULLA_OK);
	cr_expect_eq(n_entries("home/roster/suspend"), 2);
	expect_sealer(NOW - 51, false);
	/* dated back further, but acting later: needless */
	cr_expect_eq(stop(&b, key, LEAD, NOW - 52, NOW + DAY), BULLA_OK);
	cr_expect_eq(n_entries("home/roster/suspend"), 2);
	cr_expect_eq(stop(&b, &b.s[RECEIVER].vkey, LEAD, NOW, NOW),
	    BULLA_OK);
	cr_expect_eq(n_entries("home/roster/suspend"), 3);
}

/* 70 more keys, so that a side can have more than 64 of them suspended. */
static void
many_keys(struct side *s)
{
	struct bulla_signer none = { 0 };
	char name[20];

	for (unsigned i = 0; i < 70; i++) {
		struct bulla_roster_key *k = &s->r->key[s->r->n_keys++];

		snprintf(name, sizeof(name), "sealer%u", i);
		*k = s->r->key[SEALER - LEAD];
		k->key = side_new_key(s, name, BULLA_SIG_ED25519, &none);
		bulla_signer_free(&none);
	}
	side_sign(s, s->s, 2);
}

static void
lift_one(struct side *s)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_note n;
	struct bulla_cur c;

	side_suspend(s, &s->r->key[SIDE_KEYS - LEAD].key, &s->s[HOTLINE],
	    NOW, &note);
	c = bulla_buf_view(&note);
	cr_assert_eq(bulla_note_parse(&c, &n, NULL), BULLA_OK);
	side_next(s);
	bulla_sha256(n.text.p, n.text.len, s->r->lift[0]);
	s->r->n_lifts = 1;
	side_sign(s, s->s, 2);
	cr_assert_eq(take(BULLA_THEIRS, s), BULLA_OK, "%s", e.msg);
	bulla_buf_free(&note);
}

/* One side has 64 in force; it takes no room of the other, nor do lifted. */
Test(trust_stops, room_for_64_of_each_side)
{
	struct side *const both[] = { &a, &b };

	many_keys(&a);
	many_keys(&b);
	both_in_force();
	for (unsigned k = 0; k < 2; k++) {
		const struct bulla_roster_key *key =
		    &both[k]->r->key[SIDE_KEYS - LEAD];

		for (unsigned i = 0; i < 64; i++)
			cr_assert_eq(stop(both[k], &key[i].key, HOTLINE, NOW,
			    NOW), BULLA_OK, "%u: %s", i, e.msg);
		cr_expect_eq(stop(both[k], &key[64].key, HOTLINE, NOW, NOW),
		    BULLA_E_LIMIT);
		expect_msg("64 suspensions of");
		/* that one is known is said also without room */
		cr_expect_eq(stop(both[k], &key[5].key, LEAD, NOW, NOW),
		    BULLA_OK, "%s", e.msg);
	}
	lift_one(&b);
	cr_expect_eq(stop(&b, &b.r->key[SIDE_KEYS - LEAD + 64].key, HOTLINE,
	    NOW, NOW), BULLA_OK, "%s", e.msg);
	cr_expect_eq(stop(&b, &b.r->key[SIDE_KEYS - LEAD + 65].key, HOTLINE,
	    NOW, NOW), BULLA_E_LIMIT);
}
