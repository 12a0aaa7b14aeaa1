#include "reqdoc_kit.h"

/* What lint said: "LINE rule field", one a line. */
struct heard {
	struct bulla_buf b;
	const char *rule;	/* wait for this one */
	unsigned n, of_rule;
};

static void
hear(void *ctx, const struct bulla_finding *f)
{
	struct heard *h = ctx;

	h->n++;
	h->of_rule += h->rule != NULL && strcmp(h->rule, f->rule) == 0;
	bulla_buf_fmt(&h->b, "%u %s %s\n", f->line, f->rule,
	    f->field != NULL ? f->field : "-");
	check_finding(f);
}

static unsigned
lint(const char *text, struct heard *h, struct bulla_reqdoc *rest)
{
	const struct bulla_cur c = bulla_cur_str(text);
	const struct bulla_lint l = { .now = NOW, .fn = hear, .ctx = h };
	struct bulla_err err = { 0 };
	unsigned errors = 0;

	h->b = (struct bulla_buf)BULLA_BUF_INIT(65536);
	cr_assert_eq(bulla_reqdoc_lint_text(&c, &l, rest, &errors, &err),
	    BULLA_OK, "%s", err.msg);
	return errors;
}

/* The good request, with another line in place of this field's first. */
static void
good_but(struct bulla_buf *b, const char *label, const char *line)
{
	*b = (struct bulla_buf)BULLA_BUF_INIT(1u << 20);
	for (size_t i = 0; i < N_REQUEST; i++) {
		if (strncmp(good_request[i], label, strlen(label)) == 0)
			bulla_buf_fmt(b, "%s\n", line);
		else
			bulla_buf_fmt(b, "%s\n", good_request[i]);
	}
	cr_assert_not_null(bulla_buf_cstr(b));
}

static void
says(const char *text, unsigned errors, const char *want)
{
	struct bulla_reqdoc rest = { 0 };
	struct heard h = { 0 };

	cr_expect_eq(lint(text, &h, &rest), errors);
	cr_expect_str_eq(bulla_buf_cstr(&h.b), want);
	bulla_buf_free(&h.b);
	bulla_reqdoc_free(&rest);
}

Test(reqdoc_faults, all_of_them_in_one_run)
{
	says("bulla hotline v1\n"
	    "trigger: war\n"			/* 2 */
	    "colour: red\n"
	    "  and what goes on there is no fault of its own\n"
	    "raised-by: A\n"			/* 5 */
	    "raised-by: B\n"
	    "  nor here\n"
	    "phone: 112\n"			/* 8 */
	    "no label\n"
	    "  nor here\n"
	    "raised-to: C\n"			/* 11 */
	    "  D\n"
	    "summary: \x01\n"			/* 13 */
	    "  \x02\n"
	    "wanted: That the data be preserved.\n"
	    "due: 2000-01-01T00:00:00Z\n", 12,
	    "2 bad-value trigger\n3 unknown -\n6 twice -\n"
	    "8 bad-value phone\n9 no-label -\n11 bad-value raised-to\n"
	    "13 not-plain summary\n14 not-plain summary\n"
	    "0 missing request\n0 missing level\n"
	    "16 not-here due\n16 past due\n");
}

Test(reqdoc_faults, each_line_of_a_value)
{
	struct bulla_buf b;

	good_but(&b, "location", "location: ip 198.51.100.7 port 0\n"
	    "  # this is a line of the value\n"
	    "# and this is none\n"
	    "  account bee@mail.example\n"
	    "  ship Titanic");
	says((const char *)b.p, 3, "28 bad-value location\n"
	    "29 bad-value location\n32 bad-value location\n");
	bulla_buf_free(&b);
}

Test(reqdoc_faults, the_rest_is_judged_as_ever)
{
	struct bulla_reqdoc rest = { 0 };
	struct heard h = { 0 };
	struct bulla_buf b;
	struct bulla_cur v;

	good_but(&b, "phone", "phone: 112\ndata-sought: all data");
	cr_expect_eq(lint((const char *)b.p, &h, &rest), 3);
	cr_expect_str_eq(bulla_buf_cstr(&h.b), "12 bad-value phone\n"
	    "27 twice -\n13 too-broad data-sought\n");
	/* what has a fault is not in it, what has none is */
	cr_expect_not(bulla_reqdoc_get(&rest, "phone", &v));
	cr_expect(bulla_reqdoc_is(&rest, "person", "Inspector R. Rossi"));
	bulla_buf_free(&h.b);
	bulla_buf_free(&b);
	bulla_reqdoc_free(&rest);
}

Test(reqdoc_faults, without_its_first_line_nothing_is_known)
{
	says("type: subscriber\nphone: 112\n", 1, "1 type-line -\n");
	says("", 1, "1 type-line -\n");
	says("\n# x\nbulla request v2\n", 1, "3 type-line -\n");
}

/* The parser's own message is the first of them. */
Test(reqdoc_faults, the_first_one_is_the_parsers)
{
	static const char text[] = "bulla reply v1\ntype: maybe\nphone: 1\n";
	struct bulla_reqdoc d = { 0 };
	struct bulla_err err;

	cr_assert_eq(draft_str(text, &d, &err), BULLA_E_FORMAT);
	cr_assert(strncmp(err.msg, "line 2: type: \"maybe\" is not known; "
	    "write one of acknowledge, ", 60) == 0, "%s", err.msg);
}

Test(reqdoc_faults, what_is_too_long_is_said_once)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 20);
	struct bulla_reqdoc rest = { 0 };
	struct bulla_err err = { 0 };
	const struct bulla_lint l = { .now = NOW };
	struct bulla_cur c;
	unsigned errors;

	bulla_buf_str(&b, "bulla hotline v1\ntrigger: overdue\nsummary: a\n");
	for (unsigned i = 0; i < 80; i++)
		bulla_buf_fmt(&b, "  %01000d\n", 1);
	says(bulla_buf_cstr(&b), 5, "63 too-long summary\n"
	    "0 missing request\n0 missing level\n"
	    "0 missing raised-by\n0 missing raised-to\n");
	while (b.len <= 2 * BULLA_REQDOC_MAX)
		bulla_buf_fmt(&b, "  %01000d\n", 1);
	c = bulla_buf_view(&b);
	cr_expect_eq(bulla_reqdoc_lint_text(&c, &l, &rest, &errors, &err),
	    BULLA_E_LIMIT);
	bulla_buf_free(&b);
}

/* Codes are listed, all of them, wherever one of them is wanted. */
Test(reqdoc_faults, codes_are_listed)
{
	static const enum bulla_reqdoc_kind kinds[] = { BULLA_REQDOC_REQUEST,
	    BULLA_REQDOC_REPLY, BULLA_REQDOC_HOTLINE };
	const struct bulla_cur odd = bulla_cur_str("\x01");
	const struct bulla_cur word = bulla_cur_str("No such thing");
	struct bulla_reqdoc_field f;
	struct bulla_err err;
	unsigned n = 0;

	for (size_t k = 0; k < 3; k++) {
		struct bulla_reqdoc d = { .kind = kinds[k] };

		for (size_t i = 0; bulla_reqdoc_field(d.kind, i, &f); i++) {
			const struct bulla_cur l = bulla_cur_str(f.label);

			err = (struct bulla_err){ 0 };
			cr_expect_eq(bulla_reqdoc_set(&d, &l, &odd, &err),
			    BULLA_E_FORMAT);
			cr_expect(strstr(err.msg, "; write ") != NULL, "%s",
			    err.msg);
			if (f.codes == NULL)
				continue;
			n++;
			cr_expect_eq(bulla_reqdoc_set(&d, &l, &word, &err),
			    BULLA_E_FORMAT);
			for (size_t c = 0; f.codes[c] != NULL; c++)
				cr_expect(strstr(err.msg, f.codes[c]) != NULL,
				    "%s: %s", err.msg, f.codes[c]);
		}
		bulla_reqdoc_free(&d);
	}
	cr_expect_eq(n, 9);
}

Test(reqdoc_faults, the_fields_most_like_it)
{
	static const struct {
		const char *line, *near;
	} words[] = {
		{ "telephone: x", "write phone, " },
		{ "Phone: x", "write phone, " },
		{ "mail: x", "write email, " },
		{ "reply-key: x", "write reply-keys, " },
		{ "juristiction: x", "write justification, " },
		{ "range-to: x", "write range-from, " },
	};
	struct bulla_reqdoc d = { 0 };
	struct bulla_err err;
	char text[128];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		(void)snprintf(text, sizeof(text), "bulla request v1\n%s\n",
		    words[i].line);
		cr_expect_eq(draft_str(text, &d, &err), BULLA_E_FORMAT);
		cr_expect(strstr(err.msg, words[i].near) != NULL, "%s",
		    err.msg);
		cr_expect(strstr(err.msg, "bulla-request new --template TYPE "
		    "prints") != NULL, "not cut: %s", err.msg);
	}
	cr_expect_eq(draft_str("bulla reply v1\ntype: clarification\n"
	    "fields: locations\n", &d, &err), BULLA_E_FORMAT);
	cr_expect(strstr(err.msg, "line 3: fields: \"locations\" is no field "
	    "of a \"bulla request v1\"; write location, ") != NULL, "%s",
	    err.msg);
}

/* A document for each rule; there is none without. */
static const struct {
	const char *rule, *label, *line;	/* in the good request */
} breaks[] = {
	{ "type-line", "bulla", "bulla request v9" },
	{ "no-label", "hours", "always" },
	{ "unknown", "hours", "opening-hours: always" },
	{ "twice", "hours", "zone: UTC" },
	{ "not-plain", "hours", "hours: \xff" },
	{ "bad-value", "phone", "phone: 112" },
	{ "missing", "hours", "# no hours" },
	{ "thin", "justification", "justification: soon" },
	{ "past", "hearing", "hearing: 2000-01-01T00:00:00Z" },
	{ "class", "class", "class: preserve" },
	{ "same-contact", "second-contact",
	    "second-contact: Inspector R. Rossi, +39 06 5550101" },
	{ "no-number", "second-contact", "second-contact: M. Bianchi" },
	{ "no-related", "status", "status: follow-up" },
	{ "until-when", "confidentiality", "# none" },
	{ "too-broad", "data-sought", "data-sought: everything" },
	{ "no-relation", "relation", "relation: yes" },
	{ "empty-range", "range-until",
	    "range-until: 2026-11-01T00:00:00Z" },
	{ "future", "range-until", "range-until: 2026-11-23T00:00:00Z" },
	{ "no-port-time", "location", "location: ip 198.51.100.7" },
	/* and whole documents */
	{ "not-here", NULL, "bulla reply v1\ntype: full\nestimate: "
	    "2026-12-01T00:00:00Z\n" },
	{ "no-identifier", NULL, "bulla request v1\ntype: subscriber\n"
	    "location: other the desk in the hall\n" },
	{ "no-request", NULL, "bulla hotline v1\ntrigger: overdue\n"
	    "request: none\n" },
	{ "too-long", NULL, NULL },
};

static void
text_for(const char *rule, struct bulla_buf *b)
{
	size_t i = 0;

	while (i < sizeof(breaks) / sizeof(breaks[0]) &&
	    strcmp(breaks[i].rule, rule) != 0)
		i++;
	cr_assert(i < sizeof(breaks) / sizeof(breaks[0]), "%s", rule);
	if (breaks[i].label != NULL) {
		good_but(b, breaks[i].label, breaks[i].line);
		return;
	}
	*b = (struct bulla_buf)BULLA_BUF_INIT(1u << 20);
	bulla_buf_str(b, breaks[i].line != NULL ? breaks[i].line :
	    "bulla request v1\nfacts: ");
	if (breaks[i].line == NULL)
		bulla_buf_fmt(b, "%09000d", 1);
	cr_assert_not_null(bulla_buf_cstr(b));
}

Test(reqdoc_faults, every_rule_says_what_to_write_instead)
{
	for (size_t i = 0; bulla_lint_rules[i] != NULL; i++) {
		struct heard h = { .rule = bulla_lint_rules[i] };
		struct bulla_reqdoc rest = { 0 };
		struct bulla_buf b;

		text_for(h.rule, &b);
		(void)lint((const char *)b.p, &h, &rest);	/* checks all */
		cr_expect(h.of_rule > 0, "%s: %s", h.rule,
		    bulla_buf_cstr(&h.b));
		bulla_buf_free(&h.b);
		bulla_buf_free(&b);
		bulla_reqdoc_free(&rest);
	}
}

/* What is missing, in every type of every document. */
Test(reqdoc_faults, nothing_in_any_type)
{
	char text[128];

	for (size_t i = 0; bulla_request_types[i] != NULL; i++) {
		struct bulla_reqdoc rest = { 0 };
		struct heard h = { .rule = "missing" };

		(void)snprintf(text, sizeof(text), "bulla request v1\n"
		    "type: %s\n", bulla_request_types[i]);
		cr_expect_gt(lint(text, &h, &rest), 15);
		bulla_buf_free(&h.b);
		bulla_reqdoc_free(&rest);
	}
	for (size_t i = 0; bulla_reply_types[i] != NULL; i++) {
		struct bulla_reqdoc rest = { 0 };
		struct heard h = { .rule = "missing" };

		(void)snprintf(text, sizeof(text), "bulla reply v1\n"
		    "type: %s\n", bulla_reply_types[i]);
		cr_expect_geq(lint(text, &h, &rest), 2);
		bulla_buf_free(&h.b);
		bulla_reqdoc_free(&rest);
	}
}
