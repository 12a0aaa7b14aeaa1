#include "reqdoc_kit.h"

/* What lint said: "E rule field" or "W rule field", one a line. */
struct heard {
	struct bulla_buf b;
	unsigned n;
};

static void
hear(void *ctx, const struct bulla_finding *f)
{
	struct heard *h = ctx;

	h->n++;
	bulla_buf_fmt(&h->b, "%c %s %s\n", f->error ? 'E' : 'W', f->rule,
	    f->field);
	check_finding(f);
}

static void
says(const struct bulla_reqdoc *d, const char *want)
{
	struct heard h = { .b = BULLA_BUF_INIT(65536) };
	const struct bulla_lint l = { .now = NOW, .fn = hear, .ctx = &h };
	unsigned errors = bulla_reqdoc_lint(d, &l), n = 0;
	const char *got = bulla_buf_cstr(&h.b);

	for (const char *p = got; (p = strstr(p, "E ")) != NULL; p++)
		n += p == got || p[-1] == '\n';
	cr_expect_str_eq(got, want);
	cr_expect_eq(errors, n);
	bulla_buf_free(&h.b);
}

/* The good request with one field otherwise (NULL: left out). */
static void
with(const char *label, const char *value, const char *want)
{
	struct bulla_reqdoc d = good();

	set(&d, label, value);
	says(&d, want);
	bulla_reqdoc_free(&d);
}

/* The good request as another type, with what that type needs. */
static struct bulla_reqdoc
as(const char *type, const char *class)
{
	struct bulla_reqdoc d = good();

	set(&d, "type", type);
	set(&d, "class", class);
	set(&d, "necessity", "Subscriber data were asked for in vain.");
	set(&d, "location", "account bee@mail.example");
	if (strcmp(type, "preserve") == 0) {
		set(&d, "volatility", "Deleted after 30 days.");
		set(&d, "formal-request", "Follows by the ministries.");
		set(&d, "formal-request-by", "2027-01-15T00:00:00Z");
	}
	return d;
}

Test(reqdoc_lint, a_good_request)
{
	struct bulla_reqdoc d = good();

	says(&d, "");
	bulla_reqdoc_free(&d);
}

Test(reqdoc_lint, every_type_has_a_good_form)
{
	static const char *const classes[] = { "preserve", "urgent",
	    "routine-traffic", "routine-content", "urgent", "urgent",
	    "urgent", "urgent", "urgent" };

	for (size_t i = 0; bulla_request_types[i] != NULL; i++) {
		struct bulla_reqdoc d = as(bulla_request_types[i],
		    classes[i]);

		set(&d, "related", ID);
		says(&d, "");
		bulla_reqdoc_free(&d);
	}
}

/* What each type cannot do without; what it can is checked by its absence. */
Test(reqdoc_lint, required_fields)
{
	static const char always[] = "type status related class "
	    "justification hearing summary authority person phone email hours "
	    "zone reply-channel second-contact requested-authority "
	    "legal-basis data-sought purpose use-limitation do-not-notify "
	    "language translation reply-keys ";
	static const char case_of[] = "offence category provisions facts "
	    "relation ";
	static const struct {
		const char *type, *more;
		bool of_case;
	} needs[] = {
		{ "preserve", "location range-from range-until volatility "
		    "formal-request formal-request-by ", true },
		{ "subscriber", "location range-from range-until ", true },
		{ "traffic", "location range-from range-until necessity ",
		    true },
		{ "content", "location range-from range-until necessity ",
		    true },
		{ "device-image", "location necessity ", true },
		{ "mitigation", "location ", true },
		{ "indicator-info", "location range-from range-until ", true },
		{ "status", "", false },
		{ "other", "", true },
	};
	struct bulla_reqdoc_field f;
	char all[2048], padded[64];

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		struct bulla_reqdoc d = { 0 };

		set(&d, "type", needs[i].type);
		(void)snprintf(all, sizeof(all), " %s%s%s", always,
		    needs[i].of_case ? case_of : "", needs[i].more);
		for (size_t n = 0; bulla_reqdoc_field(d.kind, n, &f); n++) {
			if (f.tool)
				continue;
			(void)snprintf(padded, sizeof(padded), " %s ",
			    f.label);
			cr_expect_eq(bulla_reqdoc_need(&d, n), strstr(all,
			    padded) != NULL ? BULLA_NEED_MUST :
			    BULLA_NEED_MAY, "%s: %s", needs[i].type, f.label);
		}
		bulla_reqdoc_free(&d);
	}
}

/* Take each field of a good request away in turn. */
Test(reqdoc_lint, a_missing_field_is_named)
{
	struct bulla_reqdoc_field f;
	char want[128];

	for (size_t i = 0; bulla_reqdoc_field(BULLA_REQDOC_REQUEST, i, &f);
	    i++) {
		struct bulla_reqdoc d = good();

		if (f.tool || strcmp(f.label, "confidentiality") == 0 ||
		    bulla_reqdoc_need(&d, i) != BULLA_NEED_MUST ||
		    strcmp(f.label, "type") == 0) {
			bulla_reqdoc_free(&d);
			continue;
		}
		(void)snprintf(want, sizeof(want), "E missing %s\n", f.label);
		set(&d, f.label, NULL);
		says(&d, want);
		bulla_reqdoc_free(&d);
	}
	with("type", NULL, "E missing type\n");
}

Test(reqdoc_lint, what_sealing_fills_in_may_be_missing_in_a_draft)
{
	static const char *const filled[] = { "status", "related", "hearing",
	    "do-not-notify", "language", "translation", "reply-keys" };
	struct heard h = { .b = BULLA_BUF_INIT(65536) };
	const struct bulla_lint l = { .now = NOW, .draft = true, .fn = hear,
	    .ctx = &h };
	struct bulla_reqdoc d = good();

	for (size_t i = 0; i < sizeof(filled) / sizeof(filled[0]); i++)
		set(&d, filled[i], NULL);
	cr_expect_eq(bulla_reqdoc_lint(&d, &l), 0);
	cr_expect_eq(h.n, 0);
	set(&d, "purpose", NULL);
	cr_expect_eq(bulla_reqdoc_lint(&d, &l), 1);
	bulla_buf_free(&h.b);
	bulla_reqdoc_free(&d);
}

Test(reqdoc_lint, urgency)
{
	struct bulla_reqdoc d = good();

	with("class", "emergency", "E missing imminent-risk\n");
	set(&d, "class", "emergency");
	set(&d, "imminent-risk", "danger");
	says(&d, "W thin imminent-risk\n");
	set(&d, "imminent-risk", "A child is held by the owner.");
	says(&d, "");
	set(&d, "class", "urgent");
	says(&d, "W class class\n");
	bulla_reqdoc_free(&d);
	with("class", "preserve", "E class class\n");
	with("justification", "urgent", "W thin justification\n");
	with("hearing", "2026-11-22T03:04:04Z", "E past hearing\n");
	with("hearing", "2026-11-22T03:04:05Z", "");
	with("hearing", "none", "");
}

Test(reqdoc_lint, preservation)
{
	struct bulla_reqdoc d = as("preserve", "preserve");

	says(&d, "");
	set(&d, "class", "routine-subscriber");
	says(&d, "W class class\n");
	set(&d, "class", "preserve");
	set(&d, "formal-request", NULL);
	says(&d, "E missing formal-request\n");
	set(&d, "formal-request", "Follows by the ministries.");
	set(&d, "formal-request-by", "2026-11-01T00:00:00Z");
	says(&d, "E past formal-request-by\n");
	set(&d, "location", "ip 198.51.100.7");
	set(&d, "formal-request-by", "2027-01-01T00:00:00Z");
	says(&d, "W no-port-time location\n");
	bulla_reqdoc_free(&d);
}

Test(reqdoc_lint, contacts)
{
	with("second-contact", "Inspector R. Rossi, +39 06 5550109",
	    "E same-contact second-contact\n");
	with("second-contact", "The duty officer",
	    "W no-number second-contact\n");
	with("second-contact", "The duty officer, duty@a.example", "");
	with("confidentiality", NULL, "W until-when confidentiality\n");
}

Test(reqdoc_lint, threads)
{
	struct bulla_reqdoc d = good();

	set(&d, "status", "follow-up");
	says(&d, "E no-related related\n");
	set(&d, "related", ID);
	says(&d, "");
	bulla_reqdoc_free(&d);
	d = as("status", "urgent");
	says(&d, "E no-related related\n");
	bulla_reqdoc_free(&d);
}

Test(reqdoc_lint, too_broad_by_its_words)
{
	with("data-sought", "All data of the account",
	    "E too-broad data-sought\n");
	with("data-sought", "Log lines and any\nand all messages",
	    "E too-broad data-sought\n");
	with("data-sought", "EVERYTHING", "E too-broad data-sought\n");
	with("data-sought", "The entire account.",
	    "E too-broad data-sought\n");
	with("data-sought", "Small database records of not everythings", "");
	with("data-sought", "Call data of the number", "");
	with("facts", "The victim lost everything that was in the account, "
	    "all data too.", "");
	with("facts", "A hospital.", "W thin facts\n");
	with("relation", "see above", "E no-relation relation\n");
	with("relation", "Name and address of the subscriber.",
	    "E no-relation relation\n");
}

Test(reqdoc_lint, too_broad_in_time)
{
	struct bulla_reqdoc d = as("traffic", "routine-traffic");

	with("range-until", "2026-11-01T00:00:00Z",
	    "E empty-range range-until\n");
	with("range-until", "2026-10-01T00:00:00Z",
	    "E empty-range range-until\n");
	with("range-until", "2026-11-22T03:04:06Z",
	    "E future range-until\n");
	with("range-until", "2026-11-22T03:04:05Z", "");
	/* 92 days and a second */
	with("range-from", "2026-08-03T23:59:59Z", "W too-broad range-from\n");
	with("range-from", "2026-08-04T00:00:00Z", "");
	set(&d, "range-from", "2026-08-03T23:59:59Z");
	says(&d, "E too-broad range-from\n");
	set(&d, "range-from", "2026-08-04T00:00:00Z");
	says(&d, "");
	bulla_reqdoc_free(&d);
	d = as("content", "routine-content");
	set(&d, "range-from", "2020-01-01T00:00:00Z");
	says(&d, "E too-broad range-from\n");
	bulla_reqdoc_free(&d);
	d = as("mitigation", "urgent");
	set(&d, "range-until", "2027-01-01T00:00:00Z");
	says(&d, "");
	bulla_reqdoc_free(&d);
}

Test(reqdoc_lint, the_longest_range_can_be_said)
{
	struct heard h = { .b = BULLA_BUF_INIT(65536) };
	struct bulla_lint l = { .now = NOW, .max_days = 3, .fn = hear,
	    .ctx = &h };
	struct bulla_reqdoc d = good();

	cr_expect_eq(bulla_reqdoc_lint(&d, &l), 0);
	cr_expect_eq(h.n, 0);
	l.max_days = 2;
	cr_expect_eq(bulla_reqdoc_lint(&d, &l), 0);
	cr_expect_str_eq(bulla_buf_cstr(&h.b), "W too-broad range-from\n");
	l.fn = NULL;
	set(&d, "purpose", NULL);
	cr_expect_eq(bulla_reqdoc_lint(&d, &l), 1);
	bulla_buf_free(&h.b);
	bulla_reqdoc_free(&d);
}

Test(reqdoc_lint, addresses)
{
	static const char at[] = " port 1 at 2026-11-03T04:05:06Z";
	static const struct {
		const char *ip, *want;
	} cases[] = {
		{ "198.51.0.0/16", "E too-broad location\n" },
		{ "198.0.0.0/8", "E too-broad location\n" },
		{ "198.51.128.0/17", "W too-broad location\n" },
		{ "198.51.100.6/31", "W too-broad location\n" },
		{ "198.51.100.7/32", "" },
		{ "2001:db8::/48", "E too-broad location\n" },
		{ "2001:db8::/49", "W too-broad location\n" },
		{ "2001:db8::1/127", "W too-broad location\n" },
		{ "2001:db8::1", "" },
	};
	char value[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(value, sizeof(value), "ip %s%s", cases[i].ip,
		    at);
		with("location", value, cases[i].want);
	}
	with("location", "ip 198.51.100.7", "E no-port-time location\n");
	with("location", "ip 198.51.100.7 port 1",
	    "E no-port-time location\n");
	with("location", "ip 198.51.100.7 at 2026-11-03T04:05:06Z",
	    "E no-port-time location\n");
	with("location", "other the safe of the bank",
	    "E no-identifier location\n");
	with("location", "account *@mail.example", "E too-broad location\n");
	with("location", "domain *.example\nother x", "E too-broad location\n");
}

Test(reqdoc_lint, an_address_of_an_attacker_needs_no_port)
{
	struct bulla_reqdoc d = as("mitigation", "urgent");

	set(&d, "location", "ip 198.51.100.7\nother a botnet");
	says(&d, "");
	bulla_reqdoc_free(&d);
}

static void
reply_says(const char *text, const char *want)
{
	struct bulla_reqdoc d = { 0 };
	struct bulla_err err;
	char whole[1024];

	(void)snprintf(whole, sizeof(whole), "bulla reply v1\nauthority: B\n"
	    "person: C\n%s", text);
	cr_assert_eq(draft_str(whole, &d, &err), BULLA_OK, "%s", err.msg);
	says(&d, want);
	bulla_reqdoc_free(&d);
}

#define LATER "2026-12-01T00:00:00Z\n"
#define EARLIER "2026-11-01T00:00:00Z\n"
#define REASON "reason: The act is no offence here.\n"

Test(reqdoc_lint, replies_need_what_their_type_says)
{
	reply_says("", "E missing type\n");
	reply_says("type: acknowledge\n", "");
	reply_says("type: clarification\n",
	    "E missing code\nE missing question\n");
	reply_says("type: clarification\ncode: incomplete\n  overly-broad\n"
	    "question: Which port was used then?\nfields: location\n", "");
	reply_says("type: accepted\n", "E missing estimate\n");
	reply_says("type: preserved\n",
	    "E missing preserved\nE missing preserved-until\n");
	reply_says("type: partial\n", "E missing given\nE missing missing\n");
	reply_says("type: full\n", "E missing given\n");
	reply_says("type: refused\n", "E missing ground\nE missing reason\n");
	reply_says("type: refused\nground: human-rights\n" REASON, "");
	reply_says("type: postponed\n",
	    "E missing reason\nE missing postponed-until\n");
	reply_says("type: conditional\n", "E missing conditions\n");
	reply_says("type: transferred\n",
	    "E missing transferred-to\nE missing reason\n");
	reply_says("type: status-update\n",
	    "E missing state\nE missing progress\n");
	reply_says("type: result\n", "E missing achieved\n");
	reply_says("type: extension\n",
	    "E missing reason\nE missing extended-until\n");
	reply_says("type: withdrawn\n", "E missing reason\n");
	reply_says("type: closed\n", "");
}

Test(reqdoc_lint, a_field_of_another_type)
{
	reply_says("type: full\ngiven: data\nground: human-rights\n",
	    "E not-here ground\n");
	reply_says("type: acknowledge\n" REASON, "E not-here reason\n");
	reply_says("type: closed\nestimate: " LATER, "E not-here estimate\n");
}

Test(reqdoc_lint, no_deadline_lies_in_the_past)
{
	reply_says("type: accepted\nestimate: " LATER, "");
	reply_says("type: accepted\nestimate: " EARLIER, "E past estimate\n");
	reply_says("type: preserved\npreserved: logs\npreserved-until: "
	    EARLIER, "E past preserved-until\n");
	reply_says("type: postponed\n" REASON "postponed-until: " EARLIER,
	    "E past postponed-until\n");
	reply_says("type: extension\n" REASON "extended-until: " EARLIER,
	    "E past extended-until\n");
	reply_says("type: status-update\nstate: x\nprogress: y\nnext-update: "
	    EARLIER, "E past next-update\n");
}

Test(reqdoc_lint, a_reason_is_a_sentence)
{
	reply_says("type: withdrawn\nreason: no\n", "W thin reason\n");
	reply_says("type: clarification\ncode: incomplete\nquestion: what?\n",
	    "W thin question\n");
}

static void
call_says(const char *text, const char *want)
{
	struct bulla_reqdoc d = { 0 };
	struct bulla_err err;
	char whole[1024];

	(void)snprintf(whole, sizeof(whole), "bulla hotline v1\n"
	    "level: contact-point\nraised-by: A\nraised-to: B\n%s", text);
	cr_assert_eq(draft_str(whole, &d, &err), BULLA_OK, "%s", err.msg);
	says(&d, want);
	bulla_reqdoc_free(&d);
}

#define SAID "summary: No answer since a month.\n"
#define CALL "trigger: overdue\nrequest: " ID "\n" SAID

Test(reqdoc_lint, hotline_calls)
{
	call_says(CALL "wanted: an answer\n", "");
	call_says("trigger: overdue\nrequest: " ID "\n", "E missing summary\n");
	call_says("trigger: overdue\nrequest: " ID "\nsummary: late\n",
	    "W thin summary\n");
	call_says("trigger: overdue\nrequest: none\n" SAID,
	    "E no-request request\n");
	call_says("trigger: security-incident\nrequest: none\n" SAID, "");
	call_says("trigger: emergency\nrequest: none\n" SAID, "");
	call_says(CALL "agreed-action: It will be done today.\n",
	    "E not-here agreed-action\n");
	call_says(CALL "due: " LATER, "E not-here due\n");
	call_says(CALL "answers: " OTHER_ID "\n",
	    "E missing agreed-action\nE missing due\n");
	call_says(CALL "answers: " OTHER_ID "\nagreed-action: It will be "
	    "done today.\ndue: " LATER, "");
	call_says(CALL "answers: " OTHER_ID "\nagreed-action: yes\ndue: "
	    EARLIER "wanted: more\n",
	    "E not-here wanted\nE past due\nW thin agreed-action\n");
}

Test(reqdoc_lint, nothing_is_shown_raw)
{
	struct bulla_reqdoc d = { 0 };
	const struct bulla_lint l = { .now = NOW };
	char value[300];

	/* A pattern of letters outside ASCII, and one as long as it can be. */
	memset(value, 'x', sizeof(value) - 1);
	memcpy(value, "domain *", 8);
	value[sizeof(value) - 1] = '\0';
	set(&d, "type", "subscriber");
	set(&d, "location", value);
	set(&d, "data-sought", "\xc3\xa4ll data");
	cr_expect_gt(bulla_reqdoc_lint(&d, &l), 0);
	bulla_reqdoc_free(&d);
}
