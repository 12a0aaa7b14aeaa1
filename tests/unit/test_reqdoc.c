#include "reqdoc_kit.h"

static void
same_again(const char *text)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 20);
	struct bulla_reqdoc d = { 0 };
	struct bulla_err err;

	cr_assert_eq(parse_str(text, &d, &err), BULLA_OK, "%s", err.msg);
	bulla_reqdoc_put(&b, &d);
	cr_assert_str_eq(bulla_buf_cstr(&b), text);
	bulla_buf_free(&b);
	bulla_reqdoc_free(&d);
}

/* Refused as a draft and as a document; each of the words is in the message. */
static void
refused(const char *text, enum bulla_status want, const char *w1,
    const char *w2)
{
	struct bulla_reqdoc d = { .kind = BULLA_REQDOC_HOTLINE };
	struct bulla_err err;

	cr_expect_eq(draft_str(text, &d, &err), want, "%s: %s", text,
	    err.msg);
	cr_expect(strstr(err.msg, w1) != NULL && strstr(err.msg, w2) != NULL,
	    "\"%s\" and \"%s\" in \"%s\"", w1, w2, err.msg);
	cr_expect_eq(parse_str(text, &d, &err), want);
	cr_expect_eq(d.kind, BULLA_REQDOC_HOTLINE, "written on failure");
}

Test(reqdoc, a_request)
{
	struct bulla_reqdoc d = good();
	struct bulla_cur v, line;
	int64_t when = 0;

	cr_assert_eq(d.kind, BULLA_REQDOC_REQUEST);
	cr_assert(bulla_reqdoc_is(&d, "type", "subscriber"));
	cr_assert_not(bulla_reqdoc_is(&d, "type", "traffic"));
	cr_assert(bulla_reqdoc_when(&d, "date", &when));
	cr_assert_eq(when, NOW);
	cr_assert_not(bulla_reqdoc_when(&d, "related", &when));
	cr_assert_not(bulla_reqdoc_get(&d, "necessity", &v), "not there");
	cr_assert_not(bulla_reqdoc_get(&d, "no-such-label", &v));
	cr_assert(bulla_reqdoc_get(&d, "facts", &v));
	cr_assert(bulla_reqdoc_line(&v, &line));
	cr_assert(bulla_cur_starts(&line, "On 3 November"));
	cr_assert(bulla_reqdoc_line(&v, &line) && bulla_cur_is(&line, "."));
	cr_assert(bulla_reqdoc_line(&v, &line));
	cr_assert(bulla_cur_starts(&line, "A ransom was"));
	cr_assert_not(bulla_reqdoc_line(&v, &line));
	bulla_reqdoc_free(&d);
	cr_assert_not(bulla_reqdoc_get(&d, "facts", &v), "freed");
}

Test(reqdoc, what_parses_is_put_as_the_same_bytes)
{
	struct bulla_buf b;

	put_lines(&b, good_request, N_REQUEST);
	same_again(bulla_buf_cstr(&b));
	bulla_buf_free(&b);
	same_again("bulla request v1\n");
	same_again("bulla reply v1\ntype: refused\nrequest: " ID "\n"
	    "ground: human-rights\nreason: one\n  two\n");
	same_again("bulla hotline v1\nrequest: none\nanswers: " ID "\n"
	    "trigger: security-incident\nagreed-action: keys are changed\n");
}

/* Every line but the type line may be left out, no two may change places. */
Test(reqdoc, fields_stand_in_the_order_of_the_table)
{
	const char *line[N_REQUEST];
	struct bulla_reqdoc d = { 0 };
	struct bulla_err err;
	struct bulla_buf b;

	for (size_t i = 1; i + 1 < N_REQUEST; i++) {
		if (good_request[i][0] == ' ' || good_request[i + 1][0] == ' ')
			continue;
		memcpy(line, good_request, sizeof(line));
		line[i] = good_request[i + 1];
		line[i + 1] = good_request[i];
		if (i + 2 < N_REQUEST && line[i + 2][0] == ' ')
			continue;
		put_lines(&b, line, N_REQUEST);
		cr_expect_eq(parse_str(bulla_buf_cstr(&b), &d, &err),
		    BULLA_E_FORMAT, "%s", line[i]);
		cr_expect(strstr(err.msg, "order of fields") != NULL);
		cr_expect_eq(draft_str(bulla_buf_cstr(&b), &d, &err),
		    BULLA_OK, "%s", err.msg);
		bulla_reqdoc_free(&d);
		bulla_buf_free(&b);
	}
}

Test(reqdoc, a_draft_is_what_people_write)
{
	static const char text[] = "\r\n# my request\r\n"
	    "bulla request v1\r\n"
	    "facts:\r\n\tone\t1\r\n\r\n\r\n# not this\r\n      two  \r\n\r\n"
	    "person:\n"
	    "type:   traffic   \n"
	    "purpose: # is no comment here\n"
	    "  # nor here";
	static const char same[] = "bulla request v1\ntype: traffic\n"
	    "facts: one 1\n  .\n  two\npurpose: # is no comment here\n"
	    "  # nor here\n";
	struct bulla_buf b = BULLA_BUF_INIT(4096);
	struct bulla_reqdoc d = { 0 };
	struct bulla_err err;
	struct bulla_cur v;

	cr_assert_eq(draft_str(text, &d, &err), BULLA_OK, "%s", err.msg);
	bulla_reqdoc_put(&b, &d);
	cr_assert_str_eq(bulla_buf_cstr(&b), same);
	cr_assert_not(bulla_reqdoc_get(&d, "person", &v), "is empty");
	v = bulla_cur_str("facts");
	cr_assert_eq(d.line[bulla_reqdoc_find(d.kind, &v)], 4);
	bulla_reqdoc_free(&d);
	same_again(same);
	cr_assert_eq(parse_str(text, &d, &err), BULLA_E_FORMAT);
	bulla_buf_free(&b);
}

Test(reqdoc, one_encoding)
{
	static const char *const other[] = {
		"bulla request v1\ntype:  traffic\n",
		"bulla request v1\ntype: traffic \n",
		"bulla request v1\ntype: traffic",
		"bulla request v1\r\ntype: traffic\n",
		"bulla request v1\n\ntype: traffic\n",
		"bulla request v1\n# x\ntype: traffic\n",
		"# x\nbulla request v1\ntype: traffic\n",
		"bulla request v1\ntype:\n  traffic\n",
		"bulla request v1\nfacts: one\n\ttwo\n",
		"bulla request v1\nfacts: one\n   two\n",
		"bulla request v1\nfacts: one\n two\n",
		"bulla request v1\nfacts: one\n\n  two\n",
		"bulla request v1\nfacts: one\ttwo\n",
		"bulla request v1\nperson:\n", "bulla request v1\n\n",
	};
	struct bulla_reqdoc d = { 0 };
	struct bulla_err err;

	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		cr_expect_eq(draft_str(other[i], &d, &err), BULLA_OK, "%s: %s",
		    other[i], err.msg);
		bulla_reqdoc_free(&d);
		cr_expect_eq(parse_str(other[i], &d, &err), BULLA_E_FORMAT,
		    "%s", other[i]);
	}
}

Test(reqdoc, mistakes_are_named_with_their_line)
{
	refused("", BULLA_E_FORMAT, "line 1", "bulla request v1");
	refused("Bulla request v1\n", BULLA_E_FORMAT, "line 1", "first line");
	refused("bulla request v2\n", BULLA_E_FORMAT, "line 1", "first line");
	refused("bulla request v1\nfact: x\n", BULLA_E_FORMAT, "line 2",
	    "\"fact\" is no field of a \"bulla request v1\"; write facts, ");
	refused("bulla reply v1\nfacts: x\n", BULLA_E_FORMAT, "line 2",
	    "\"facts\" is no field");
	refused("bulla request v1\nfacts x\n", BULLA_E_FORMAT, "line 2",
	    "is no \"label: value\"");
	refused("bulla request v1\n  x\n", BULLA_E_FORMAT, "line 2",
	    "nothing went before");
	refused("bulla request v1\nperson: A\nphone: +39 06 5550100\n"
	    "person: B\n", BULLA_E_FORMAT, "line 4: person",
	    "in line 2 already; write it once");
	refused("bulla request v1\nperson: A\n  B\n", BULLA_E_FORMAT,
	    "line 2: person: has 2 lines", "write one line of text");
	refused("bulla request v1\nfacts: a\x01z\n", BULLA_E_FORMAT,
	    "line 2: facts", "not plain text");
	refused("bulla request v1\nfacts: a\n  \xe2\x80\xaez\n",
	    BULLA_E_FORMAT, "line 3: facts", "bidi");
	refused("bulla request v1\nfacts: \xff\n", BULLA_E_FORMAT, "line 2",
	    "UTF-8");
	refused("bulla request v1\nfacts: a\rb\n", BULLA_E_FORMAT, "line 2",
	    "plain text");
}

/* Field by field: values that may not stand there, and what is said. */
static const struct {
	const char *line, *say;
} bad[] = {
	{ "type: everything", "write one of preserve, subscriber" },
	{ "status: old", "write one of new, follow-up" },
	{ "category: Fraud", "write one of child-exploitation" },
	{ "related: x", "for example \"" ID "\"" },
	{ "related: none\n  " ID, "write the ids alone" },
	{ "date: 2026-11-22", "write a time such as" },
	{ "hearing: soon", "or none" },
	{ "class: Urgent", "a word of a-z" },
	{ "person: -", "write one line of text, for example" },
	{ "phone: 06 5550100", "begins with +" },
	{ "phone: +39", "begins with +" },
	{ "phone: +39 06 call me", "begins with +" },
	{ "phone: +39+06 55501", "begins with +" },
	{ "email: desk", "an e-mail address" },
	{ "email: @a.example", "an e-mail address" },
	{ "email: a@b c.example", "an e-mail address" },
	{ "email: a@b@c.example", "an e-mail address" },
	{ "email: a@localhost", "an e-mail address" },
	{ "do-not-notify: maybe", "yes or no" },
	{ "language: english", "a language's code" },
	{ "language: e", "a language's code" },
	{ "language: EN", "a language's code" },
	{ "language: zh-", "a language's code" },
	{ "language: zh--Hans", "a language's code" },
	{ "translation: yes", "write one of not-needed" },
	{ "location: 198.51.100.7", "one a line: account" },
	{ "location: ip", "one a line: account" },
	{ "location: account ", "one a line: account" },
	{ "location: ip 198.51.100.999", "one a line" },
	{ "location: ip 198.51.100.7/33", "one a line" },
	{ "location: ip 198.51.100.7/", "one a line" },
	{ "location: ip 2001:db8::/129", "one a line" },
	{ "location: ip 198.51.100.7 port 0", "one a line" },
	{ "location: ip 198.51.100.7 port 65536", "one a line" },
	{ "location: ip 198.51.100.7 port", "one a line" },
	{ "location: ip 198.51.100.7 at noon", "one a line" },
	{ "location: ip 198.51.100.7 at 2026-11-03T04:05:06Z port 1",
	    "one a line" },
	{ "location: ip 198.51.100.7  port 1", "one a line" },
	{ "location: ship Titanic", "one a line" },
	{ "reply-keys: A desk", "a name in the roster" },
	{ "reply-keys: age1abc", "age1..." },
	{ "reply-keys: AGE1ETAUTNF6R472Y4NVSETY0MD63XCWF99NMTD68UQRG"
	    "M20XGJE0E3Q4MGG3T", "age1..." },
	{ "attachment: " SHA " 0", "sha256, bytes, name" },
	{ "attachment: " SHA " 00 x", "sha256, bytes, name" },
	{ "attachment: abc 0 x", "sha256, bytes, name" },
	{ "attachment: " SHA " 0 a/b", "sha256, bytes, name" },
};

Test(reqdoc, bad_values)
{
	struct bulla_reqdoc d = { 0 };
	struct bulla_err err;
	char text[512];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "bulla request v1\n%s\n",
		    bad[i].line);
		cr_expect_eq(draft_str(text, &d, &err), BULLA_E_FORMAT, "%s",
		    bad[i].line);
		cr_expect(strncmp(err.msg, "line 2: ", 8) == 0 &&
		    strstr(err.msg, bad[i].say) != NULL, "%s: \"%s\"",
		    bad[i].line, err.msg);
		cr_expect_eq(strncmp(err.msg + 8, bad[i].line,
		    strcspn(bad[i].line, ":")), 0, "names the field");
	}
}

Test(reqdoc, good_values)
{
	static const char *const fine[] = {
		"related: " ID "\n  " OTHER_ID, "hearing: none",
		"phone: +1 (202) 555-0100 x12", "email: a.b+c@d.example",
		"language: zh-Hans-CN", "language: gsw",
		"location: ip 2001:db8::1 port 443 at 2026-11-03T04:05:06Z\n"
		"  ip 198.51.100.0/24\n  ip 2001:db8::/32 port 1\n"
		"  url https://x.example/a b\n  domain x.example\n"
		"  phone +39 06 5550100\n  device IMEI 35\n  other a safe",
	};
	struct bulla_reqdoc d = { 0 };
	struct bulla_err err;
	char text[512];

	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		(void)snprintf(text, sizeof(text), "bulla request v1\n%s\n",
		    fine[i]);
		cr_expect_eq(parse_str(text, &d, &err), BULLA_OK, "%s",
		    err.msg);
		bulla_reqdoc_free(&d);
	}
}

/* The example of each field is a value that the field takes. */
Test(reqdoc, examples_and_presets_are_good)
{
	struct bulla_reqdoc_field f;
	struct bulla_err err = { 0 };
	unsigned n = 0;

	for (int kind = 0; kind < 3; kind++) {
		struct bulla_reqdoc d = { .kind = (enum bulla_reqdoc_kind)
		    kind };

		for (size_t i = 0; bulla_reqdoc_field(d.kind, i, &f); i++) {
			const struct bulla_cur l = bulla_cur_str(f.label);
			const struct bulla_cur v = bulla_cur_str(f.instead);
			const struct bulla_cur p = bulla_cur_str(f.preset !=
			    NULL ? f.preset : f.instead);

			cr_expect_eq(bulla_reqdoc_find(d.kind, &l), i);
			cr_expect_eq(bulla_reqdoc_set(&d, &l, &v, &err),
			    BULLA_OK, "%s", err.msg);
			cr_expect_eq(bulla_reqdoc_set(&d, &l, &p, &err),
			    BULLA_OK, "%s", err.msg);
			cr_expect(strlen(f.guide) > 5 && strlen(f.form) > 3);
			n++;
		}
		bulla_reqdoc_free(&d);
	}
	cr_assert_eq(n, 44 + 29 + 12);
}

Test(reqdoc, setting_a_field)
{
	struct bulla_reqdoc d = { .kind = BULLA_REQDOC_REPLY };
	const struct bulla_cur label = bulla_cur_str("reason");
	const struct bulla_cur none = bulla_cur_str("facts");
	struct bulla_cur v = bulla_cur_str("\n one\n\n two \n\n");
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_reqdoc_set(&d, &label, &v, &err), BULLA_OK);
	cr_assert(bulla_reqdoc_is(&d, "reason", "one\n.\ntwo"));
	cr_assert_eq(bulla_reqdoc_set(&d, &none, &v, &err), BULLA_E_FORMAT);
	cr_assert(strstr(err.msg, "bulla reply v1") != NULL);
	v = bulla_cur_str("a\x7f");
	cr_assert_eq(bulla_reqdoc_set(&d, &label, &v, &err), BULLA_E_FORMAT);
	cr_assert(strncmp(err.msg, "reason: ", 8) == 0, "%s", err.msg);
	cr_assert(bulla_reqdoc_is(&d, "reason", "one\n.\ntwo"), "as before");
	v.len = 0;
	cr_assert_eq(bulla_reqdoc_set(&d, &label, &v, &err), BULLA_OK);
	cr_assert_not(bulla_reqdoc_get(&d, "reason", &v));
	bulla_reqdoc_free(&d);
}

Test(reqdoc, limits)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 20);
	struct bulla_reqdoc d = { 0 };
	struct bulla_err err = { 0 };
	struct bulla_cur c;

	/* one line of 8192 bytes, and of one more */
	for (unsigned more = 0; more < 2; more++) {
		bulla_buf_reset(&b);
		bulla_buf_str(&b, "bulla request v1\nfacts: ");
		for (unsigned i = 0; i < 8192 + more; i++)
			bulla_buf_u8(&b, 'x');
		bulla_buf_str(&b, "\n");
		c = bulla_buf_view(&b);
		cr_expect_eq(bulla_reqdoc_parse(&c, &d, &err), more == 0 ?
		    BULLA_OK : BULLA_E_LIMIT, "%s", err.msg);
		bulla_reqdoc_free(&d);
	}
	/* 1024 lines of a value, and one more */
	for (unsigned more = 0; more < 2; more++) {
		bulla_buf_reset(&b);
		bulla_buf_str(&b, "bulla request v1\nfacts: 1\n");
		for (unsigned i = 1; i < BULLA_REQDOC_LINES_MAX + more; i++)
			bulla_buf_str(&b, "  x\n");
		c = bulla_buf_view(&b);
		cr_expect_eq(bulla_reqdoc_parse(&c, &d, &err), more == 0 ?
		    BULLA_OK : BULLA_E_LIMIT, "%s", err.msg);
		bulla_reqdoc_free(&d);
	}
	/* the whole */
	bulla_buf_reset(&b);
	bulla_buf_str(&b, "bulla request v1\nfacts: 1\n");
	while (b.len <= BULLA_REQDOC_MAX)
		bulla_buf_fmt(&b, "  %0900d\n", 1);
	c = bulla_buf_view(&b);
	cr_expect_eq(bulla_reqdoc_parse(&c, &d, &err), BULLA_E_LIMIT);
	c.len = BULLA_REQDOC_MAX;
	cr_expect_eq(bulla_reqdoc_draft(&c, &d, &err), BULLA_OK, "%s",
	    err.msg);
	bulla_reqdoc_free(&d);
	bulla_buf_free(&b);
}

Test(reqdoc, kinds_of_packages)
{
	enum bulla_reqdoc_kind kind;
	struct bulla_cur c = bulla_cur_str("request");

	cr_assert(bulla_reqdoc_kind_of(&c, &kind));
	cr_assert_eq(kind, BULLA_REQDOC_REQUEST);
	cr_assert_str_eq(bulla_reqdoc_file(kind), "request.txt");
	c = bulla_cur_str("hotline");
	cr_assert(bulla_reqdoc_kind_of(&c, &kind));
	cr_assert_str_eq(bulla_reqdoc_file(kind), "hotline.txt");
	for (size_t i = 0; bulla_reply_types[i] != NULL; i++) {
		c = bulla_cur_str(bulla_reply_types[i]);
		cr_assert(bulla_reqdoc_kind_of(&c, &kind));
		cr_assert_str_eq(bulla_reqdoc_file(kind), "reply.txt");
		cr_assert(bulla_kind_ok(&c));
	}
	c = bulla_cur_str("evidence");
	cr_assert_not(bulla_reqdoc_kind_of(&c, &kind));
	c = bulla_cur_str("indicators");
	cr_assert_not(bulla_reqdoc_kind_of(&c, &kind));
}

static struct bulla_opening
opening_of(const struct bulla_reqdoc *d)
{
	struct bulla_opening o = { .created = NOW,
	    .kind = bulla_reqdoc_package_kind(d),
	    .ref = bulla_reqdoc_ref(d) };

	if (d->kind == BULLA_REQDOC_REQUEST)
		o.urgency = bulla_cur_str("routine-subscriber");
	return o;
}

static void
disagrees(const struct bulla_reqdoc *d, const struct bulla_opening *o,
    const char *field)
{
	struct bulla_err err = { 0 };

	cr_expect_eq(bulla_reqdoc_agrees(d, o, &err), BULLA_E_MISMATCH);
	cr_expect(strncmp(err.msg, field, strlen(field)) == 0, "%s: %s",
	    field, err.msg);
}

Test(reqdoc, the_opening_note_must_agree)
{
	struct bulla_reqdoc d = good();
	struct bulla_opening o = opening_of(&d), x = o;

	cr_assert_eq(bulla_reqdoc_agrees(&d, &o, NULL), BULLA_OK);
	cr_assert_eq(o.ref.len, 0);
	x.kind = bulla_cur_str("refused");
	disagrees(&d, &x, "type:");
	x = o;
	x.ref = bulla_cur_str(ID);
	disagrees(&d, &x, "ref:");
	x = o;
	x.urgency = bulla_cur_str("urgent");
	disagrees(&d, &x, "class:");
	x = o;
	x.created++;
	disagrees(&d, &x, "date:");
	set(&d, "date", NULL);
	disagrees(&d, &o, "date:");
	bulla_reqdoc_free(&d);
}

Test(reqdoc, what_a_document_refers_to)
{
	struct bulla_reqdoc d = good();
	struct bulla_err err;
	struct bulla_cur v;

	set(&d, "related", OTHER_ID "\n" ID);
	v = bulla_reqdoc_ref(&d);
	cr_assert_eq(v.len, 0, "a new one follows nothing up");
	set(&d, "status", "follow-up");
	v = bulla_reqdoc_ref(&d);
	cr_assert(bulla_cur_is(&v, OTHER_ID));
	bulla_reqdoc_free(&d);
	cr_assert_eq(parse_str("bulla reply v1\ntype: full\nrequest: " ID
	    "\n", &d, &err), BULLA_OK);
	v = bulla_reqdoc_ref(&d);
	cr_assert(bulla_cur_is(&v, ID));
	v = bulla_reqdoc_package_kind(&d);
	cr_assert(bulla_cur_is(&v, "full"));
	bulla_reqdoc_free(&d);
	cr_assert_eq(parse_str("bulla hotline v1\nrequest: " ID "\n", &d,
	    &err), BULLA_OK);
	v = bulla_reqdoc_ref(&d);
	cr_assert(bulla_cur_is(&v, ID));
	set(&d, "answers", OTHER_ID);
	v = bulla_reqdoc_ref(&d);
	cr_assert(bulla_cur_is(&v, OTHER_ID));
	set(&d, "answers", NULL);
	set(&d, "request", "none");
	v = bulla_reqdoc_ref(&d);
	cr_assert_eq(v.len, 0);
	bulla_reqdoc_free(&d);
}
