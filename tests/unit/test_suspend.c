#include "roster_kit.h"

/* What goes with rosters: roles, notes of suspension, fingerprints. */
TestSuite(suspend, .init = begin, .fini = end);

Test(suspend, roles)
{
	static const char *const names[] = { "lead", "sealer", "custodian",
	    "receiver", "hotline", "log", "witness", "root" };
	struct bulla_cur c;
	enum bulla_role role;

	for (unsigned i = 0; i < 8; i++) {
		cr_expect_str_eq(bulla_role_name((enum bulla_role)(1u << i)),
		    names[i]);
		c = bulla_cur_str(names[i]);
		cr_expect_eq(bulla_role_parse(&c, &role), i < 7);
		cr_expect(i == 7 || role == (enum bulla_role)(1u << i));
	}
	cr_expect_null(bulla_role_name((enum bulla_role)3));
	cr_expect_null(bulla_role_name((enum bulla_role)256));
	c = bulla_cur_str("Lead");
	cr_expect_not(bulla_role_parse(&c, &role));
}

Test(suspend, roles_of_events)
{
	static const struct {
		const char *event;
		unsigned roles;
	} want[] = {
		{ "seal", BULLA_ROLE_SEALER },
		{ "receive", BULLA_ROLE_RECEIVER | BULLA_ROLE_CUSTODIAN },
		{ "reject", BULLA_ROLE_RECEIVER | BULLA_ROLE_CUSTODIAN },
		{ "relinquish", BULLA_ROLE_CUSTODIAN },
		{ "dispose", BULLA_ROLE_CUSTODIAN },
		{ "seize", BULLA_ROLE_CUSTODIAN },
	};

	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct bulla_cur c = bulla_cur_str(want[i].event);

		cr_expect_eq(bulla_roles_of_event(&c), want[i].roles, "%s",
		    want[i].event);
	}
}

static enum bulla_status
suspended(const char *what, const char *by)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_suspend s;
	enum bulla_status st;
	struct bulla_cur c;
	const char *text, *at;

	side_suspend(&a, &a.s[SEALER].vkey, &a.s[HOTLINE], SIDE_TIME, &note);
	text = bulla_buf_cstr(&note);
	*strstr((char *)note.p, "\n\n") = '\0';
	at = strstr(text, what);
	cr_assert_not_null(at);
	bulla_buf_put(&b, text, (size_t)(at - text));
	bulla_buf_fmt(&b, "%s%s\n", by, at + strlen(what));
	c = bulla_buf_view(&b);
	e = (struct bulla_err){ 0 };
	st = bulla_suspend_parse(&c, &s, &e);
	if (st == BULLA_OK) {
		cr_expect(bulla_vkey_eq(&s.key, &a.s[SEALER].vkey));
		cr_expect_eq(s.time, SIDE_TIME);
		cr_expect(bulla_cur_is(&s.reason, "laptop stolen"));
		cr_expect(bulla_cur_is(&s.actor, "a.example/hotline"));
		cr_expect_arr_eq(s.roster, a.digest, 32);
		bulla_buf_reset(&note);
		bulla_suspend_put(&note, &s);
		cr_expect_eq(note.len, b.len);
		cr_expect_arr_eq(note.p, b.p, b.len);
	}
	bulla_buf_free(&note);
	bulla_buf_free(&b);
	return st;
}

Test(suspend, suspensions)
{
	cr_expect_eq(suspended("side", "side"), BULLA_OK, "%s", e.msg);
	expect_bad(suspended("suspend v1", "suspend v2"), "must stand");
	expect_bad(suspended("side: a.example", "side: b.example"),
	    "is not a key of this side");
	expect_bad(suspended("side: a.example", "side: a/b"), "side");
	expect_bad(suspended("roster: ", "roster: x"), "hex");
	expect_bad(suspended("key: a.example/sealer", "key: a.example/x"),
	    "the id is not");
	expect_bad(suspended("time: ", "time: x"), "time");
	expect_bad(suspended("actor: a.example/", "actor: b.example/"),
	    "is no key name of this side");
	expect_bad(suspended("laptop stolen", "-"), "is no reason");
	expect_bad(suspended("stolen", "stolen\nmore: x"), "after the last");
}

Test(suspend, fingerprints)
{
	char text[BULLA_FINGERPRINT_TEXT];
	uint8_t digest[32], back_again[32];
	struct bulla_cur c;

	for (unsigned i = 0; i < 32; i++)
		digest[i] = (uint8_t)(i * 11 + 0xa0);
	bulla_fingerprint_text(digest, text);
	cr_expect_str_eq(text,
	    "a0ab b6c1 ccd7 e2ed f803 0e19 242f 3a45\n"
	    "505b 6671 7c87 929d a8b3 bec9 d4df eaf5\n");
	c = bulla_cur_str(text);
	cr_assert(bulla_fingerprint_parse(&c, back_again));
	cr_expect_arr_eq(back_again, digest, 32);
	c = bulla_cur_str("A0ABB6C1 CCD7E2EDF8030E19242F3A45\r\n\t"
	    "505b66717c87929da8b3bec9d4dfeaF5");
	memset(back_again, 0, 32);
	cr_assert(bulla_fingerprint_parse(&c, back_again));
	cr_expect_arr_eq(back_again, digest, 32);
	c.len--;
	cr_expect_not(bulla_fingerprint_parse(&c, back_again));
	c = bulla_cur_str("a0abb6c1ccd7e2edf8030e19242f3a45"
	    "505b66717c87929da8b3bec9d4dfeaf500");
	cr_expect_not(bulla_fingerprint_parse(&c, back_again));
	c.len -= 1;
	cr_expect_not(bulla_fingerprint_parse(&c, back_again));
	c = bulla_cur_str("a0abb6c1ccd7e2edf8030e19242f3a45"
	    "505b66717c87929da8b3bec9d4dfea-5");
	cr_expect_not(bulla_fingerprint_parse(&c, back_again));
}
