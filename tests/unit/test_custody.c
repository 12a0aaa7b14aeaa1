#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "bulla/custody.h"

#define ID "00112233445566778899aabbccddeeff"
#define HEX ID "0123456789abcdef0123456789abcdef"
#define OTHER "f" ID "123456789abcdef0123456789abcdef"

static const char *const receipt[] = {
	"bulla custody v1", "package: " ID, "seal: " HEX, "event: receive",
	"sequence: 1", "previous: " HEX, "time: 2026-11-22T03:04:05Z",
	"actor: other.example/receiver", "officer: duty officer", "place: -",
	"purpose: to be examined", "authority: REQ-7", "result: -",
	"relinquish: -", "package-sha256: " HEX, "match: yes",
	"seal-intact: yes", "bytes: 4096", "tool: bulla-receive 0.1",
	"seal-no: -", "storage: -", "condition: -", "remarks: -",
};
#define N (sizeof(receipt) / sizeof(receipt[0]))

static enum bulla_status
parse_with(size_t at, const char *line, struct bulla_custody *c,
    struct bulla_buf *b, struct bulla_err *err)
{
	struct bulla_cur text;

	bulla_buf_reset(b);
	for (size_t i = 0; i < N; i++) {
		const char *s = i == at ? line : receipt[i];

		if (s != NULL)
			bulla_buf_fmt(b, "%s\n", s);
	}
	text = bulla_buf_view(b);
	return bulla_custody_parse(&text, c, err);
}

static void
same_again(const struct bulla_buf *was, const struct bulla_custody *c)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);

	bulla_custody_put(&b, c);
	cr_assert_eq(bulla_buf_status(&b), BULLA_OK);
	cr_assert_eq(b.len, was->len);
	cr_assert_arr_eq(b.p, was->p, b.len);
	bulla_buf_free(&b);
}

Test(custody, a_receipt)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	struct bulla_err err = { 0 };
	struct bulla_custody c;
	struct bulla_cur v;

	cr_assert_eq(parse_with(N, NULL, &c, &b, &err), BULLA_OK, "%s",
	    err.msg);
	same_again(&b, &c);
	cr_assert_str_eq(c.id, ID);
	cr_assert(c.has_seal && c.has_previous);
	cr_assert_eq(c.seal[1], 0x11);
	cr_assert_eq(c.sequence, 1);
	cr_assert_eq(c.time, 1795316645);
	cr_assert(bulla_cur_is(&c.event, "receive"));
	cr_assert(bulla_cur_is(&c.actor, "other.example/receiver"));
	cr_assert(bulla_cur_is(&c.officer, "duty officer"));
	cr_assert(bulla_cur_is(&c.authority, "REQ-7"));
	cr_assert_eq(c.place.len + c.result.len, 0);
	cr_assert(bulla_cur_is(&c.extra[0].label, "relinquish"));
	cr_assert_eq(c.extra[0].value.len, 0);
	cr_assert(bulla_custody_get(&c, "match", &v));
	cr_assert(bulla_cur_is(&v, "yes"));
	cr_assert(bulla_custody_get(&c, "bytes", &v));
	cr_assert(bulla_cur_is(&v, "4096"));
	cr_assert_not(bulla_custody_get(&c, "relinquish", &v), "is -");
	cr_assert_not(bulla_custody_get(&c, "reason", &v), "no such field");
	bulla_buf_free(&b);
}

Test(custody, every_line_is_needed_in_its_place)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	struct bulla_custody c = { .n_extra = 99 };
	char twice[300];

	for (size_t i = 0; i < N; i++) {
		cr_assert_eq(parse_with(i, NULL, &c, &b, NULL),
		    BULLA_E_FORMAT, "%s", receipt[i]);
		snprintf(twice, sizeof(twice), "%s\n%s", receipt[i],
		    receipt[i]);
		cr_assert_eq(parse_with(i, twice, &c, &b, NULL),
		    BULLA_E_FORMAT, "%s", receipt[i]);
	}
	cr_assert_eq(parse_with(N - 1, "remarks: -\nmore: x", &c, &b, NULL),
	    BULLA_E_FORMAT);
	cr_assert_eq(c.n_extra, 99, "written on failure");
	bulla_buf_free(&b);
}

Test(custody, every_bad_value_is_refused)
{
	static const struct { size_t at; const char *line; } bad[] = {
		{ 0, "bulla custody v2" }, { 1, "package: -" },
		{ 2, "seal: -" },	/* only a reject may lack it */
		{ 2, "seal: " OTHER },	/* previous is another */
		{ 3, "event: eat" }, { 3, "event: -" }, { 3, "event: reject" },
		{ 3, "event: receiv" }, { 3, "event: receive2" },
		{ 4, "sequence: 0" }, { 4, "sequence: 10000" },
		{ 4, "sequence: -" }, { 5, "previous: -" },
		{ 5, "previous: " OTHER }, { 6, "time: -" },
		{ 7, "actor: -x y" }, { 7, "actor: Other" }, { 7, "actor: " },
		{ 8, "officer: " }, { 8, "officer: \xe2\x80\xae" },
		{ 13, "relinquish: no" }, { 14, "package-sha256: -" },
		{ 14, "package-sha256: " ID }, { 15, "match: -" },
		{ 15, "match: YES" }, { 16, "seal-intact: -" },
		{ 16, "seal-intact: maybe" }, { 17, "bytes: -1" },
		{ 17, "bytes: 007" }, { 17, "bytes: 4 KiB" },
		{ 18, "tool:" },
	};
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	struct bulla_custody c;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bulla_err err = { 0 };

		cr_assert_eq(parse_with(bad[i].at, bad[i].line, &c, &b, &err),
		    BULLA_E_FORMAT, "%s", bad[i].line);
		cr_assert(strncmp(err.msg, "line ", 5) == 0, "%s", err.msg);
	}
	bulla_buf_free(&b);
}

static struct bulla_custody_extra
extra(const char *label, const char *value)
{
	struct bulla_custody_extra x;

	x.label = bulla_cur_str(label);
	x.value = bulla_cur_str(value);
	return x;
}

static struct bulla_custody
event(const char *name)
{
	struct bulla_custody c = { .id = ID, .has_seal = true,
		.sequence = 2, .has_previous = true };

	c.event = bulla_cur_str(name);
	c.actor = bulla_cur_str("a/b");
	return c;
}

/* What stands in DOMAIN's list, with all that each event needs. */
static const struct {
	const char *name;
	const char *need[8];	/* label, value, ... */
} events[] = {
	{ "seize", { "item", "phone" } },
	{ "acquire", { "item", "x", "method", "y", "after", HEX } },
	{ "verify", { "package-sha256", HEX, "match", "no" } },
	{ "seal", { NULL } },
	{ "relinquish", { "to", "other/desk", "transport", "courier",
	    "package-sha256", HEX, "recipients", "desk" } },
	{ "receive", { "seal-intact", "no", "match", "yes",
	    "package-sha256", HEX } },
	{ "reject", { "reason", "duplicate-id", "package-sha256", HEX } },
	{ "open", { "before", HEX, "after", HEX, "justification", "x" } },
	{ "access", { "justification", "x" } },
	{ "copy", { "before", HEX, "after", HEX, "justification", "x" } },
	{ "derive", { "before", HEX, "after", HEX, "justification", "x" } },
	{ "redact", { "before", HEX, "after", HEX, "justification", "x" } },
	{ "store", { "storage", "safe 4" } },
	{ "return", { "to", "other", "transport", "x", "package-sha256",
	    HEX } },
	{ "dispose", { "second-officer", "y", "before", HEX,
	    "justification", "x" } },
	{ "correct", { "note", HEX, "correction", "x" } },
	{ "dispute", { "grounds", "x" } },
};

static size_t
fill(struct bulla_custody *c, size_t i)
{
	size_t n = 0;

	for (; n < 8 && events[i].need[n] != NULL; n += 2)
		c->extra[c->n_extra++] = extra(events[i].need[n],
		    events[i].need[n + 1]);
	return n / 2;
}

Test(custody, every_event_is_written_and_read_back)
{
	cr_assert_eq(sizeof(events) / sizeof(events[0]), 17);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		struct bulla_custody c = event(events[i].name), back;
		struct bulla_buf b = BULLA_BUF_INIT(65536);
		struct bulla_err err = { 0 };
		size_t n = fill(&c, i);
		struct bulla_cur text, v;

		bulla_custody_put(&b, &c);
		text = bulla_buf_view(&b);
		cr_assert_eq(bulla_custody_parse(&text, &back, &err),
		    BULLA_OK, "%s: %s", events[i].name, err.msg);
		same_again(&b, &back);
		cr_assert_geq(back.n_extra, n + 2);
		for (size_t k = 0; k < n; k++) {
			cr_assert(bulla_custody_get(&back,
			    events[i].need[2 * k], &v));
			cr_assert(bulla_cur_is(&v, events[i].need[2 * k + 1]));
		}
		cr_assert(bulla_cur_is(&back.extra[back.n_extra - 1].label,
		    "remarks"));
		bulla_buf_free(&b);
	}
}

/* Each field that an event needs is refused when it is "-". */
Test(custody, what_is_needed_cannot_be_none)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		struct bulla_custody c = event(events[i].name), back;
		struct bulla_buf b = BULLA_BUF_INIT(65536);
		size_t n = fill(&c, i);

		bulla_custody_put(&b, &c);
		for (size_t k = 0; k < n; k++) {
			char line[200];
			struct bulla_buf bent = BULLA_BUF_INIT(65536);
			struct bulla_cur text;
			const char *s = bulla_buf_cstr(&b), *at;

			snprintf(line, sizeof(line), "\n%s: %s\n",
			    events[i].need[2 * k], events[i].need[2 * k + 1]);
			at = strstr(s, line);
			cr_assert_not_null(at);
			bulla_buf_put(&bent, s, (size_t)(at - s));
			bulla_buf_fmt(&bent, "\n%s: -\n%s",
			    events[i].need[2 * k], at + strlen(line));
			text = bulla_buf_view(&bent);
			cr_assert_eq(bulla_custody_parse(&text, &back, NULL),
			    BULLA_E_FORMAT, "%s%s", events[i].name, line);
			bulla_buf_free(&bent);
		}
		bulla_buf_free(&b);
	}
}

Test(custody, a_reject_may_lack_the_seal)
{
	struct bulla_custody c = event("reject"), back;
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	struct bulla_cur text;

	(void)fill(&c, 6);
	c.has_seal = false;
	for (unsigned n = 1; n <= 2; n++) {
		c.sequence = n;
		c.has_previous = n > 1;
		bulla_buf_reset(&b);
		bulla_custody_put(&b, &c);
		text = bulla_buf_view(&b);
		cr_assert_eq(bulla_custody_parse(&text, &back, NULL),
		    BULLA_OK);
		cr_assert_not(back.has_seal);
		same_again(&b, &back);
	}
	bulla_buf_free(&b);
}

Test(custody, nothing_else_may_lack_the_seal)
{
	struct bulla_custody c = event("receive"), back;
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	struct bulla_err err = { 0 };
	struct bulla_cur text;

	(void)fill(&c, 5);
	c.has_seal = c.has_previous = false;
	c.sequence = 1;
	bulla_custody_put(&b, &c);
	text = bulla_buf_view(&b);
	cr_assert_eq(bulla_custody_parse(&text, &back, &err),
	    BULLA_E_FORMAT);
	cr_assert(strstr(err.msg, "needs a seal") != NULL, "%s", err.msg);
	bulla_buf_free(&b);
}

Test(custody, reasons)
{
	static const char *const good[] = { "hash-mismatch", "undecryptable",
	    "bag-invalid", "wrong-recipient", "seal-broken", "duplicate-id",
	    "not-authorised", "out-of-scope" };
	struct bulla_cur c;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		c = bulla_cur_str(good[i]);
		cr_assert(bulla_custody_reason_ok(&c));
		c.len--;
		cr_assert_not(bulla_custody_reason_ok(&c));
	}
}

/* "What it is: what to do", of each, and nothing twice */
Test(custody, advice)
{
	static const char *const all[] = { "hash-mismatch", "undecryptable",
	    "bag-invalid", "wrong-recipient", "seal-broken", "duplicate-id",
	    "not-authorised", "out-of-scope" };
	enum { COUNT = sizeof(all) / sizeof(all[0]) };

	for (size_t i = 0; i < COUNT; i++) {
		const char *a = bulla_custody_advice(all[i]);

		cr_assert_not_null(a, "%s", all[i]);
		cr_expect_leq(strlen(a), BULLA_CUSTODY_ADVICE_MAX);
		cr_expect_not_null(strstr(a, ": "), "%s", a);
		for (size_t k = 0; k < i; k++)
			cr_expect_str_neq(a, bulla_custody_advice(all[k]));
	}
	cr_expect_null(bulla_custody_advice("seal-broke"));
	cr_expect_null(bulla_custody_advice(""));
}

static void
put(const struct bulla_custody *c)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);

	bulla_custody_put(&b, c);
	bulla_buf_free(&b);
}

Test(custody, writing_a_field_of_another_event_aborts, .signal = SIGABRT)
{
	struct bulla_custody c = event("receive");

	(void)fill(&c, 5);
	c.extra[c.n_extra++] = extra("reason", "duplicate-id");
	put(&c);
}

Test(custody, writing_without_a_needed_field_aborts, .signal = SIGABRT)
{
	struct bulla_custody c = event("receive");

	(void)fill(&c, 5);
	c.n_extra--;
	put(&c);
}

Test(custody, writing_a_broken_chain_aborts, .signal = SIGABRT)
{
	struct bulla_custody c = event("access");

	(void)fill(&c, 8);
	c.sequence = 1;
	c.previous[0] = 1;
	put(&c);
}
