#include <signal.h>

#include "roster_kit.h"

/* Texts are made from a good one by changing a word of it. */
TestSuite(roster, .init = begin, .fini = end);

static enum bulla_status
parse(const char *text, size_t len)
{
	struct bulla_cur c = bulla_cur_of(text, len);

	e = (struct bulla_err){ 0 };
	return bulla_roster_parse(&c, back, &e);
}

/* The text with the n-th occurrence of one string replaced. */
static enum bulla_status
bent_at(unsigned n, const char *what, const char *by)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 20);
	enum bulla_status st;
	const char *s, *at;

	bulla_buf_reset(&a.text);
	bulla_roster_put(&a.text, a.r);
	s = bulla_buf_cstr(&a.text);
	at = strstr(s, what);
	while (n-- > 0 && at != NULL)
		at = strstr(at + 1, what);
	cr_assert_not_null(at, "%s", what);
	bulla_buf_put(&b, s, (size_t)(at - s));
	bulla_buf_str(&b, by);
	bulla_buf_str(&b, at + strlen(what));
	st = parse(bulla_buf_cstr(&b), b.len);
	bulla_buf_free(&b);
	return st;
}

static enum bulla_status
bent(const char *what, const char *by)
{
	return bent_at(0, what, by);
}

/* The roster as it is written now. */
static enum bulla_status
written(void)
{
	bulla_buf_reset(&a.text);
	bulla_roster_put(&a.text, a.r);
	return parse((const char *)a.text.p, a.text.len);
}

static void
same_again(void)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);

	bulla_roster_put(&b, back);
	cr_assert_eq(b.len, a.text.len);
	cr_assert_arr_eq(b.p, a.text.p, b.len);
	bulla_buf_free(&b);
}

Test(roster, all_lines_there_and_back)
{
	struct bulla_roster *r = a.r;

	side_next(&a);
	memset(r->tls[0].spki, 7, 32);
	r->tls[0].from = SIDE_TIME;
	r->tls[0].until = SIDE_UNTIL;
	r->n_tls = 1;
	memset(r->lift[0], 9, 32);
	memset(r->lift[1], 8, 32);
	r->n_lifts = 2;
	cr_assert_eq(written(), BULLA_OK, "%s", e.msg);
	same_again();
	cr_expect_eq(back->version, 2);
	cr_expect(back->has_previous);
	cr_expect_arr_eq(back->previous, a.digest, 32);
	cr_expect_eq(back->issued, SIDE_TIME + 100);
	cr_expect_eq(back->expires, SIDE_UNTIL);
	cr_expect_eq(back->threshold, 2);
	cr_expect_eq(back->n_roots, 2);
	cr_expect(bulla_cur_is(&back->root[1].person, "Bert Birch"));
	cr_expect_eq(back->n_keys, SIDE_KEYS - 2);
	cr_expect(bulla_vkey_eq(&back->key[1].key, &a.s[SEALER].vkey));
	cr_expect_eq(back->key[1].role, BULLA_ROLE_SEALER);
	cr_expect_eq(back->key[1].person.len, 0);
	cr_expect_eq(back->key[6].role, BULLA_ROLE_WITNESS);
	cr_expect(bulla_cur_is(&back->age[0].name, "a.example/desk"));
	cr_expect(bulla_cur_is(&back->age[0].recipient, SIDE_AGE));
	cr_expect_eq(back->tls[0].until, SIDE_UNTIL);
	cr_expect_arr_eq(back->lift[1], r->lift[1], 32);
}

Test(roster, the_smallest)
{
	a.r->n_keys = a.r->n_ages = 0;
	a.r->n_roots = a.r->threshold = 1;
	cr_assert_eq(written(), BULLA_OK, "%s", e.msg);
	same_again();
	a.r->n_roots = 0;
	expect_bad(written(), "want \"root: \"");
}

Test(roster, head)
{
	expect_bad(bent("roster v1", "roster v2"), "\"bulla roster v1\" must");
	expect_bad(bent("side: a.example", "side: a.example/x"), "side");
	expect_bad(bent("side: a.example", "side: A"), "side");
	expect_bad(bent("version: 1", "version: 0"), "counts from 1");
	expect_bad(bent("version: 1", "version: 2"), "every other one has");
	expect_bad(bent("version: 1", "version: 1000000"), "up to 999999");
	expect_bad(bent("previous: -", "previous: 00"), "hex");
	expect_bad(bent("previous: -", "previous: " NO_DIGEST),
	    "the first version");
	expect_bad(bent("issued: 2026", "issued: 2027"), "not after issued");
	expect_bad(bent("threshold: 2", "threshold: 0"), "at least 1");
	expect_bad(bent("threshold: 2", "threshold: 3"), "belong to 2");
	expect_bad(bent("threshold: 2", "threshold: 17"), "up to 16");
	a.r->expires = a.r->issued;
	expect_bad(written(), "not after issued");
}

Test(roster, previous_belongs_to_later_versions)
{
	a.r->version = 2;
	expect_bad(written(), "every other one has");
	a.r->has_previous = true;
	cr_expect_eq(written(), BULLA_OK);
	expect_bad(bent("previous: 0", "previous: Z"), "hex");
}

Test(roster, a_threshold_counts_persons_not_keys)
{
	a.r->root[1].person = a.r->root[0].person;
	expect_bad(written(), "2 persons must sign");
	cr_expect_eq(bulla_roster_persons(a.r), 1);
	a.r->threshold = 1;
	cr_expect_eq(written(), BULLA_OK);
}

Test(roster, root_lines)
{
	expect_bad(bent(" Anna Alder", ""), "is not a key, a space");
	expect_bad(bent("Anna Alder", "-"), "is not a key, a space");
	expect_bad(bent("Anna Alder", " Anna"), "is not a key, a space");
	expect_bad(bent("root: a.example", "root: b.example"),
	    "the id is not that");
	expect_bad(bent("root: a.example/root-a", "root: a.example"), "key");
}

Test(roster, key_lines)
{
	expect_bad(bent("key: lead", "key: root"), "is no role");
	expect_bad(bent("key: lead", "key: leader"), "is no role");
	expect_bad(bent("key: lead ", "key: lead  "), "is not a role, a key");
	expect_bad(bent(" Lea\n", "\n"), "is not a role, a key");
	expect_bad(bent(" Lea\n", " -\n"), "needs a person");
	expect_bad(bent(" Carl\n", " -\n"), "needs a person");
	expect_bad(bent(" Hugo\n", " -\n"), "needs a person");
	expect_bad(bent("key: sealer", "key: witness"), "type 4");
	expect_bad(bent("key: witness", "key: log"), "type 1");
	a.r->key[0].until = a.r->key[0].from;
	cr_expect_eq(written(), BULLA_OK, "never good: %s", e.msg);
	expect_bad(bent("key: lead a.example/lead", "key: lead x"), "key");
}

Test(roster, windows_run_forward)
{
	cr_assert_eq(written(), BULLA_OK);
	expect_bad(bent_at(0, "2026-11-30", "2026-11-10"), "not after issued");
	expect_bad(bent_at(1, "2026-11-30", "2026-11-10"),
	    "ends before it begins");
}

Test(roster, names_begin_with_the_side)
{
	struct bulla_signer x = { 0 };

	cr_assert_eq(bulla_signer_new("b.example/lead", BULLA_SIG_ED25519, &x,
	    NULL), BULLA_OK);
	a.r->key[0].key = x.vkey;
	expect_bad(written(), "does not begin with the side's");
	bulla_signer_free(&x);
	cr_assert_eq(bulla_signer_new("a.example", BULLA_SIG_ED25519, &x,
	    NULL), BULLA_OK);
	a.r->key[0].key = x.vkey;
	expect_bad(written(), "does not begin with the side's");
	bulla_signer_free(&x);
	cr_assert_eq(bulla_signer_new("a.example/", BULLA_SIG_ED25519, &x,
	    NULL), BULLA_OK);
	a.r->key[0].key = x.vkey;
	expect_bad(written(), "does not begin with the side's");
	bulla_signer_free(&x);
	a.r->key[0].key = a.s[LEAD].vkey;
	expect_bad(bent("age: a.example/desk", "age: b.example/desk"),
	    "a name of this side");
	expect_bad(bent("age: a.example/desk", "age: desk"),
	    "a name of this side");
}

/* One public key, one role: under another role, name or type as well. */
Test(roster, a_key_in_two_roles)
{
	struct bulla_signer x = { 0 };

	a.r->key[1].key = a.r->key[0].key;
	expect_bad(written(), "the same public key");
	a.r->key[1].key = a.s[ROOT_A].vkey;
	expect_bad(written(), "the same public key");
	a.r->key[1].key = a.s[SEALER].vkey;
	a.r->root[1].key = a.r->root[0].key;
	expect_bad(written(), "the same public key");
	a.r->root[1].key = a.s[ROOT_B].vkey;
	/* the bytes of the sealer's key as a cosignature key */
	side_new_key(&a, "witness", BULLA_SIG_COSIGNATURE, &x);
	memcpy(x.vkey.pub, a.s[SEALER].vkey.pub, 32);
	side_key_id(&x.vkey);
	a.r->key[6].key = x.vkey;
	expect_bad(written(), "the same public key");
	bulla_signer_free(&x);
}

Test(roster, age_lines)
{
	struct bulla_roster_age *g = a.r->age;

	expect_bad(bent(SIDE_AGE, "age1"), "is no age1");
	expect_bad(bent("age13cjvk", "age13cjvb"), "is no age1");
	expect_bad(bent("desk age1", "desk AGE1"), "is no age1");
	a.r->n_ages = 2;
	g[1] = g[0];
	expect_bad(written(), "of an earlier line");
	g[1].name = bulla_cur_str("a.example/other");
	expect_bad(written(), "of an earlier line");
}

Test(roster, tls_and_lift_lines)
{
	a.r->n_tls = 2;
	a.r->tls[0].from = a.r->tls[1].from = SIDE_TIME;
	a.r->tls[0].until = a.r->tls[1].until = SIDE_UNTIL;
	expect_bad(written(), "twice");
	a.r->tls[1].spki[0] = 1;
	cr_expect_eq(written(), BULLA_OK);
	expect_bad(bent("tls: 0", "tls: g"), "is not a sha256");
	expect_bad(bent("tls: 0", "tls: "), "is not a sha256");
	expect_bad(bent("tls: 00", "tls: "), "is not a sha256");
	a.r->n_lifts = 2;
	expect_bad(written(), "twice");
	a.r->lift[1][0] = 1;
	cr_expect_eq(written(), BULLA_OK);
	expect_bad(bent("lift: 0", "lift: G"), "hex");
}

Test(roster, tls_windows_run_forward)
{
	a.r->n_tls = 1;
	a.r->tls[0].from = SIDE_TIME;
	a.r->tls[0].until = SIDE_TIME;
	cr_expect_eq(written(), BULLA_OK);
	expect_bad(bent_at(9, "2026-11-18", "2026-11-17"), "ends before");
}

Test(roster, order_and_end)
{
	expect_bad(bent("age: ", "lift: "), "hex");
	expect_bad(bent("side:", "issued:"), "\"side: \" must stand");
	bulla_buf_str(&a.text, "more: x\n");
	expect_bad(parse((const char *)a.text.p, a.text.len),
	    "after the last field");
	expect_bad(parse((const char *)a.text.p, a.text.len - 1), "more");
}

Test(roster, limits)
{
	static char person[BULLA_PERSON_MAX + 2];
	struct bulla_signer x = { 0 };

	memset(person, 'x', BULLA_PERSON_MAX + 1);
	a.r->root[0].person = bulla_cur_of(person, BULLA_PERSON_MAX);
	cr_expect_eq(written(), BULLA_OK);
	expect_bad(bent("xxxx", "xxxxx"), "is not a key, a space");
	a.r->root[0].person = bulla_cur_str("Anna Alder");
	while (a.r->n_keys < BULLA_ROSTER_KEYS_MAX) {
		struct bulla_roster_key *k = &a.r->key[a.r->n_keys];

		*k = a.r->key[1];
		k->key = side_new_key(&a, "sealer", BULLA_SIG_ED25519, &x);
		bulla_signer_free(&x);
		a.r->n_keys++;
	}
	cr_expect_eq(written(), BULLA_OK, "%s", e.msg);
	same_again();
	cr_expect_eq(bent("\nage: ", "\nkey: x\nage: "), BULLA_E_LIMIT);
	cr_expect(strstr(e.msg, "more than 128 \"key\" lines") != NULL);
	a.r->n_lifts = BULLA_ROSTER_LIFTS_MAX;
	for (unsigned i = 0; i < a.r->n_lifts; i++)
		a.r->lift[i][0] = (uint8_t)i;
	cr_expect_eq(written(), BULLA_OK);
	bulla_buf_str(&a.text, "lift: x\n");
	cr_expect_eq(parse((const char *)a.text.p, a.text.len),
	    BULLA_E_LIMIT);
}

Test(roster, more_limits)
{
	char line[200];

	a.r->n_tls = BULLA_ROSTER_TLS_MAX;
	for (unsigned i = 0; i < a.r->n_tls; i++)
		a.r->tls[i].spki[0] = (uint8_t)i;
	cr_expect_eq(written(), BULLA_OK);
	bulla_buf_str(&a.text, "tls: x\n");
	cr_expect_eq(parse((const char *)a.text.p, a.text.len),
	    BULLA_E_LIMIT);
	a.r->n_tls = 0;
	for (unsigned i = 0; i < BULLA_ROSTER_MAX / 100 + 1; i++) {
		snprintf(line, sizeof(line), "x: %099u\n", i);
		bulla_buf_str(&a.text, line);
	}
	cr_assert_gt(a.text.len, BULLA_ROSTER_MAX);
	cr_expect_eq(parse((const char *)a.text.p, a.text.len),
	    BULLA_E_LIMIT);
	cr_expect(strstr(e.msg, "60000") != NULL);
}

Test(roster, too_many_roots)
{
	struct bulla_signer x = { 0 };

	while (a.r->n_roots < BULLA_ROSTER_ROOTS_MAX) {
		a.r->root[a.r->n_roots] = a.r->root[1];
		a.r->root[a.r->n_roots++].key = side_new_key(&a, "root",
		    BULLA_SIG_ED25519, &x);
		bulla_signer_free(&x);
	}
	cr_expect_eq(written(), BULLA_OK, "%s", e.msg);
	cr_expect_eq(bent("\nkey: ", "\nroot: x\nkey: "), BULLA_E_LIMIT);
}

/* Nothing is written to the result of a failure. */
Test(roster, out_only_on_success)
{
	struct bulla_roster *zero = calloc(1, sizeof(*zero));

	memset(back, 0, sizeof(*back));
	cr_assert_neq(bent("age: ", "aga: "), BULLA_OK);
	cr_assert_eq(memcmp(back, zero, sizeof(*back)), 0);
	free(zero);
}

static void
put_roster(void)
{
	bulla_buf_reset(&a.text);
	bulla_roster_put(&a.text, a.r);
}

Test(roster, writing_a_role_that_is_none_aborts, .signal = SIGABRT)
{
	a.r->key[0].role = (enum bulla_role)3;
	put_roster();
}

Test(roster, writing_a_window_backwards_aborts, .signal = SIGABRT)
{
	a.r->key[0].until = a.r->key[0].from - 1;
	put_roster();
}

Test(roster, writing_a_root_without_a_person_aborts, .signal = SIGABRT)
{
	a.r->root[0].person.len = 0;
	put_roster();
}
