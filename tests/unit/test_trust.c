#include "trust_home.h"

/* Taking rosters in: which ones, and in what order. */
TestSuite(trust, .init = begin, .fini = end);

Test(trust, a_home_without_rosters)
{
	cr_expect_eq(load(), BULLA_E_NOMATCH);
	expect_msg("bulla-trust init");
	cr_expect_null(t);
	bulla_trust_free(NULL);
}

Test(trust, both_sides)
{
	uint8_t digest[32];

	both_in_force();
	cr_expect_eq(bulla_trust_roster(t, BULLA_OURS, digest)->version, 1);
	cr_expect_arr_eq(digest, a.digest, 32);
	cr_assert_not_null(bulla_trust_roster(t, BULLA_THEIRS, digest));
	cr_expect_arr_eq(digest, b.digest, 32);
	for (unsigned i = 0; i < SIDE_KEYS; i++) {
		cr_expect_eq(bulla_trust_side_of(t, &a.s[i].vkey),
		    BULLA_OURS);
		cr_expect_eq(bulla_trust_side_of(t, &b.s[i].vkey),
		    BULLA_THEIRS);
	}
	a.s[0].vkey.pub[0] ^= 1;
	cr_expect_eq(bulla_trust_side_of(t, &a.s[0].vkey), 0);
	cr_expect_eq(n_entries("home/roster/history"), 2);
	cr_expect_eq(mode_of("home/roster") & 077, 0);
}

Test(trust, ours_alone)
{
	cr_assert_eq(take(BULLA_OURS, &a), BULLA_OK);
	cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
	cr_expect_null(bulla_trust_roster(t, BULLA_THEIRS, NULL));
	cr_expect_eq(bulla_trust_side_of(t, &b.s[0].vkey), 0);
	cr_expect_eq(judge(BULLA_BOTH, &b.s[SEALER], BULLA_ROLE_SEALER,
	    SIDE_TIME), BULLA_E_NOKEY);
}

Test(trust, the_first_needs_the_right_fingerprint)
{
	struct bulla_cur c = bulla_buf_view(&b.note);

	cr_assert_eq(take(BULLA_OURS, &a), BULLA_OK);
	cr_expect_eq(bulla_trust_take("home", BULLA_THEIRS, &c, NULL,
	    SIDE_TIME, &e),
	    BULLA_E_USAGE);
	b.digest[31] ^= 1;
	cr_expect_eq(take(BULLA_THEIRS, &b), BULLA_E_MISMATCH);
	expect_msg("fingerprint is another");
	cr_expect_eq(access("home/roster/theirs.note", F_OK), -1);
	b.digest[31] ^= 1;
	cr_expect_eq(take(BULLA_THEIRS, &b), BULLA_OK);
	/* again: the same one is fine, whatever is said about it */
	cr_expect_eq(bulla_trust_take("home", BULLA_THEIRS, &c, NULL,
	    SIDE_TIME, &e),
	    BULLA_OK);
}

Test(trust, the_first_is_version_1)
{
	cr_assert_eq(take(BULLA_OURS, &a), BULLA_OK);
	side_next(&b);
	side_sign(&b, b.s, 2);
	cr_expect_eq(take(BULLA_THEIRS, &b), BULLA_E_REFUSED);
	expect_msg("version 2 cannot be the first");
}

Test(trust, the_chain_goes_on)
{
	struct bulla_cur c;

	both_in_force();
	for (unsigned v = 2; v <= 4; v++) {
		side_next(&b);
		side_sign(&b, b.s, 2);
		c = bulla_buf_view(&b.note);
		cr_assert_eq(bulla_trust_take("home", BULLA_THEIRS, &c, NULL,
		    b.r->issued, &e), BULLA_OK, "%s", e.msg);
		cr_assert_eq(load(), BULLA_OK, "%s", e.msg);
		cr_expect_eq(bulla_trust_roster(t, BULLA_THEIRS, NULL)
		    ->version, v);
	}
	cr_expect_eq(n_entries("home/roster/history"), 5);
	side_next(&a);
	side_sign(&a, a.s, 2);
	cr_expect_eq(take(BULLA_OURS, &a), BULLA_OK);
}

Test(trust, version_and_previous)
{
	both_in_force();
	side_next(&b);
	b.r->version = 3;
	side_sign(&b, b.s, 2);
	expect_no(BULLA_E_REFUSED, "version 3 skips: version 2");
	b.r->version = 2;
	b.r->previous[0] ^= 1;
	side_sign(&b, b.s, 2);
	expect_no(BULLA_E_MISMATCH, "\"previous\" is not");
	b.r->previous[0] ^= 1;
	b.r->issued = SIDE_TIME - 1;
	side_sign(&b, b.s, 2);
	expect_no(BULLA_E_REFUSED, "issued before the roster in force");
	b.r->issued = SIDE_TIME;
	side_sign(&b, b.s, 2);
	cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	b.r->expires++;
	side_sign(&b, b.s, 2);
	expect_no(BULLA_E_REFUSED, "version 2 is in force with another text");
	b.r->version = 1;
	b.r->has_previous = false;
	side_sign(&b, b.s, 2);
	expect_no(BULLA_E_REFUSED, "version 1 is older");
}

Test(trust, a_roster_of_another_side)
{
	struct side c;

	both_in_force();
	side_init(&c, "c.example");
	side_next(&c);
	memcpy(c.r->previous, b.digest, 32);
	side_sign(&c, c.s, 2);
	cr_expect_eq(take(BULLA_THEIRS, &c), BULLA_E_REFUSED);
	expect_msg("a roster of c.example, where that of b.example");
	side_free(&c);
}

Test(trust, both_sides_stay_apart)
{
	struct side c;

	cr_assert_eq(take(BULLA_OURS, &a), BULLA_OK);
	side_init(&c, "a.example");
	cr_expect_eq(take(BULLA_THEIRS, &c), BULLA_E_REFUSED);
	expect_msg("the name of both sides");
	side_free(&c);
	cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK);
}

/* The same public key under a name of theirs. */
Test(trust, a_key_of_both_sides)
{
	struct bulla_cur c;

	cr_assert_eq(take(BULLA_OURS, &a), BULLA_OK);
	memcpy(b.r->key[1].key.pub, a.s[SEALER].vkey.pub, 32);
	side_key_id(&b.r->key[1].key);
	side_sign(&b, b.s, 2);
	cr_expect_eq(take(BULLA_THEIRS, &b), BULLA_E_REFUSED);
	expect_msg("b.example/sealer and a.example/sealer are the same");
	/* found again by who loads both */
	c = bulla_buf_view(&b.note);
	cr_assert_eq(bulla_file_put("home/roster/theirs.note", c.p, c.len,
	    0600, true, NULL), BULLA_OK);
	cr_expect_eq(load(), BULLA_E_REFUSED);
	expect_msg("same public key");
}

Test(trust, too_few_signers)
{
	cr_assert_eq(take(BULLA_OURS, &a), BULLA_OK);
	side_sign(&b, b.s, 1);
	cr_expect_eq(take(BULLA_THEIRS, &b), BULLA_E_REFUSED);
	expect_msg("signed by 1 of 2 persons");
	side_sign(&b, &b.s[LEAD], 2);
	cr_expect_eq(take(BULLA_THEIRS, &b), BULLA_E_REFUSED);
	expect_msg("signed by 0 of 2 persons");
	expect_msg("b.example/lead is none of these keys");
	/* two keys of one person */
	b.r->root[2].key = side_new_key(&b, "root-c", BULLA_SIG_ED25519,
	    &b.s[LEAD]);
	b.r->root[2].person = b.r->root[0].person;
	b.r->n_roots = 3;
	b.s[ROOT_B] = b.s[LEAD];
	b.s[LEAD].seed = (struct bulla_secret){ 0 };
	side_sign(&b, b.s, 2);
	cr_expect_eq(take(BULLA_THEIRS, &b), BULLA_E_REFUSED);
	expect_msg("signed by 1 of 2 persons");
	cr_expect_eq(access("home/roster/theirs.note", F_OK), -1);
}

/* The first signature line once more at the end. */
Test(trust, the_same_key_twice)
{
	struct bulla_cur c, rest, line;

	cr_assert_eq(take(BULLA_OURS, &a), BULLA_OK);
	side_sign(&b, b.s, 1);
	rest = bulla_buf_view(&b.note);
	rest.p += b.text.len + 1;
	rest.len -= b.text.len + 1;
	cr_assert(bulla_cur_line(&rest, &line));
	c = bulla_cur_of(line.p, line.len + 1);
	{
		struct bulla_buf twice = BULLA_BUF_INIT(BULLA_NOTE_MAX);

		bulla_buf_put(&twice, b.note.p, b.note.len);
		bulla_buf_cur(&twice, &c);
		bulla_buf_free(&b.note);
		b.note = twice;
	}
	cr_expect_eq(take(BULLA_THEIRS, &b), BULLA_E_FORMAT);
	expect_msg("the same key as on an earlier line");
}

Test(trust, a_bad_root_signature_refuses_all)
{
	cr_assert_eq(take(BULLA_OURS, &a), BULLA_OK);
	b.r->threshold = 1;
	side_sign(&b, b.s, 2);
	/* a digit of the text: then no line fits */
	b.note.p[b.text.len - 10] ^= 1;
	cr_expect_neq(take(BULLA_THEIRS, &b), BULLA_OK);
	cr_expect_eq(access("home/roster/theirs.note", F_OK), -1);
}

/* On the day that the key comes into a roster its line would refuse all. */
Test(trust, lines_of_strangers_are_not_kept)
{
	const uint8_t junk[BULLA_ED25519_SIG] = { 1 };
	struct bulla_buf is;
	size_t len;

	both_in_force();
	side_next(&b);
	side_sign(&b, b.s, 2);
	len = b.note.len;
	bulla_note_put_sig(&b.note, a.s[LEAD].vkey.name, a.s[LEAD].vkey.id,
	    junk, sizeof(junk));
	cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	is = bytes_of("home/roster/theirs.note");
	cr_assert_eq(is.len, len);
	cr_expect_arr_eq(is.p, b.note.p, len);
	bulla_buf_free(&is);
	is = bytes_of("home/roster/history/b.example-000002.note");
	cr_expect_eq(is.len, len);
	bulla_buf_free(&is);
}

/* New root keys: the old threshold and the new one must both sign. */
Test(trust, both_thresholds)
{
	struct bulla_signer all[4] = { b.s[ROOT_A], b.s[ROOT_B] };
	struct bulla_signer some[2];

	both_in_force();
	side_next(&b);
	b.r->root[0].key = side_new_key(&b, "root-c", BULLA_SIG_ED25519,
	    &all[2]);
	b.r->root[1].key = side_new_key(&b, "root-d", BULLA_SIG_ED25519,
	    &all[3]);
	side_sign(&b, all + 2, 2);
	expect_no(BULLA_E_REFUSED, "0 of 2 persons with the old");
	side_sign(&b, all, 2);
	expect_no(BULLA_E_REFUSED, "0 of 2 persons with its own");
	some[0] = all[0];
	some[1] = all[2];
	side_sign(&b, some, 2);
	expect_no(BULLA_E_REFUSED, "1 of 2 persons with its own");
	side_sign(&b, all, 3);
	expect_no(BULLA_E_REFUSED, "1 of 2 persons with its own");
	side_sign(&b, all + 1, 3);
	expect_no(BULLA_E_REFUSED, "1 of 2 persons with the old");
	side_sign(&b, all, 4);
	cr_expect_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	cr_expect_eq(load(), BULLA_OK, "%s", e.msg);
	bulla_signer_free(&all[2]);
	bulla_signer_free(&all[3]);
}

Test(trust, keys_stay_as_they_are)
{
	struct bulla_roster_key *k, was;

	both_in_force();
	side_next(&b);
	k = &b.r->key[1];
	was = *k;
	b.r->n_keys--;
	side_sign(&b, b.s, 2);
	expect_no(BULLA_E_REFUSED, "b.example/witness: the key has disap");
	b.r->n_keys++;
	k->role = BULLA_ROLE_RECEIVER;
	side_sign(&b, b.s, 2);
	expect_no(BULLA_E_REFUSED, "b.example/sealer: the key has changed "
	    "its role");
	*k = was;
	k->person = bulla_cur_str("Sue");
	side_sign(&b, b.s, 2);
	expect_no(BULLA_E_REFUSED, "changed its person");
	*k = was;
	k->from--;
	side_sign(&b, b.s, 2);
	expect_no(BULLA_E_REFUSED, "beginning was moved");
	*k = was;
	k->until = b.r->issued - 1;
	side_sign(&b, b.s, 2);
	expect_no(BULLA_E_REFUSED, "end was moved to before this roster");
	k->until = b.r->issued;
	side_sign(&b, b.s, 2);
	cr_expect_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	side_next(&b);
	k->until = SIDE_UNTIL;
	side_sign(&b, b.s, 2);
	expect_no(BULLA_E_REFUSED, "but it had come already");
	k->until = b.r->issued - 100;
	b.r->key[0].until += 500;
	side_sign(&b, b.s, 2);
	cr_expect_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
}

Test(trust, new_keys_begin_with_their_roster)
{
	struct bulla_signer s = { 0 };
	struct bulla_roster_key *k;

	both_in_force();
	side_next(&b);
	k = &b.r->key[b.r->n_keys++];
	*k = b.r->key[1];
	k->key = side_new_key(&b, "sealer", BULLA_SIG_ED25519, &s);
	k->from = b.r->issued - 1;
	side_sign(&b, b.s, 2);
	expect_no(BULLA_E_REFUSED, "a new key begins before this roster");
	k->from = b.r->issued;
	side_sign(&b, b.s, 2);
	cr_expect_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	bulla_signer_free(&s);
}

/* Whoever was root may not come back as something else. */
Test(trust, a_root_key_takes_no_other_role)
{
	struct bulla_signer all[3] = { b.s[ROOT_A], b.s[ROOT_B] };
	struct bulla_roster_key *k;

	both_in_force();
	side_next(&b);
	b.r->root[1].key = side_new_key(&b, "root-c", BULLA_SIG_ED25519,
	    &all[2]);
	k = &b.r->key[b.r->n_keys++];
	*k = b.r->key[0];
	k->key = all[1].vkey;
	k->from = b.r->issued;
	side_sign(&b, all, 3);
	expect_no(BULLA_E_REFUSED, "it was a root key");
	bulla_signer_free(&all[2]);
}

Test(trust, lifts_stay)
{
	both_in_force();
	side_next(&b);
	b.r->n_lifts = 1;
	side_sign(&b, b.s, 2);
	cr_assert_eq(take(BULLA_THEIRS, &b), BULLA_OK, "%s", e.msg);
	side_next(&b);
	b.r->n_lifts = 0;
	side_sign(&b, b.s, 2);
	expect_no(BULLA_E_REFUSED, "a \"lift\" has disappeared");
}
