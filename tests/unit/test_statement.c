#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/statement.h"

#define I1 "11111111111111111111111111111111"
#define I2 "22222222222222222222222222222222"
#define I3 "33333333333333333333333333333333"
#define DA "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DB "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define HEAD(side) "bulla statement v1\nside: " side "\n" \
	"time: 2026-11-22T03:04:05Z\n"

static enum bulla_status
parse(const char *text, struct bulla_statement *out, struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_str(text);

	return bulla_statement_parse(&c, out, err);
}

static const char good[] = HEAD("a.example")
    "sent: - - " I1 " - - - -\n"
    "sent: b.example - " I1 " " DA " " DB " reject " DA "\n"
    "sent: b.example 1 " I1 " " DA " " DB " receive " DB "\n"
    "sent: b.example 1 " I2 " " DA " - - -\n"
    "void: b.example 2 - - - - -\n"
    "received: b.example 7 " I3 " " DA " - - -\n"
    "rejected: - - " I1 " - " DA " reject " DB "\n"
    "rejected: - - " I1 " - " DB " reject " DB "\n";

Test(statement, what_parses_is_written_back)
{
	struct bulla_buf b = BULLA_BUF_INIT(4096);
	struct bulla_err err = { 0 };
	struct bulla_statement s;

	cr_assert_eq(parse(good, &s, &err), BULLA_OK, "%s", err.msg);
	cr_assert_eq(s.n, 8);
	cr_assert_str_eq(s.side, "a.example");
	cr_assert(s.v[2].sequence == 1 && s.v[2].answer ==
	    BULLA_ANSWER_RECEIVE && s.v[2].receipt[0] == 0xbb);
	bulla_statement_put(&b, &s);
	cr_assert_str_eq(bulla_buf_cstr(&b), good);
	bulla_statement_free(&s);
	bulla_buf_free(&b);
}

static const char *const bad[] = {
	    "", "bulla statement v2\n", HEAD("a/b"), HEAD("A"), HEAD("-") "x",
	    "bulla statement v1\nside: a.example\n",
	    "bulla statement v1\nside: a.example\ntime: now\n",
	    HEAD("a") "sent: b 1 " I1 " " DA " " DB " receive\n",
	    HEAD("a") "sent: b 1 " I1 " " DA " " DB " receive " DA " x\n",
	    HEAD("a") "sent: b 1 " I1 " " DA " " DB "  receive " DA "\n",
	    HEAD("a") "sent: b 1 " I1 " " DA " " DB " received " DA "\n",
	    HEAD("a") "sent: b 1 " I1 " " DA " " DB " receive -\n",
	    HEAD("a") "sent: b 1 " I1 " " DA " " DB " - " DA "\n",
	    HEAD("a") "sent: b 0 " I1 " " DA " - - -\n",
	    HEAD("a") "sent: b 01 " I1 " " DA " - - -\n",
	    HEAD("a") "sent: b 9223372036854775808 " I1 " " DA " - - -\n",
	    HEAD("a") "sent: - 1 " I1 " " DA " - - -\n",
	    HEAD("a") "sent: b/c 1 " I1 " " DA " - - -\n",
	    HEAD("a") "sent: b 1 - " DA " - - -\n",
	    HEAD("a") "sent: b 1 111 " DA " - - -\n",
	    HEAD("a") "sent: b 1 " I1 " AA - - -\n",
	    HEAD("a") "sent: b 1 " I1 " - - - -",
	    HEAD("a") "void: - 1 - - - - -\n",
	    HEAD("a") "void: b - - - - - -\n",
	    HEAD("a") "void: b 1 " I1 " - - - -\n",
	    HEAD("a") "void: b 1 - " DA " - - -\n",
	    HEAD("a") "void: b 1 - - " DA " - -\n",
	    HEAD("a") "void: b 1 - - - reject " DA "\n",
	    HEAD("a") "received: - 1 " I1 " " DA " - - -\n",
	    HEAD("a") "received: b 1 - " DA " - - -\n",
	    HEAD("a") "received: b 1 " I1 " - - - -\n",
	    HEAD("a") "received: b 1 " I1 " " DA " - reject " DA "\n",
	    HEAD("a") "rejected: b - " I1 " - " DA " reject " DA "\n",
	    HEAD("a") "rejected: - 1 " I1 " - " DA " reject " DA "\n",
	    HEAD("a") "rejected: - - - - " DA " reject " DA "\n",
	    HEAD("a") "rejected: - - " I1 " " DA " " DA " reject " DA "\n",
	    HEAD("a") "rejected: - - " I1 " - - reject " DA "\n",
	    HEAD("a") "rejected: - - " I1 " - " DA " receive " DA "\n",
	    HEAD("a") "rejected: - - " I1 " - " DA " - -\n",
	    /* twice, and out of order in each column that counts */
	    HEAD("a") "void: b 1 - - - - -\nvoid: b 1 - - - - -\n",
	    HEAD("a") "void: b 2 - - - - -\nvoid: b 1 - - - - -\n",
	    HEAD("a") "void: c 1 - - - - -\nvoid: b 1 - - - - -\n",
	    HEAD("a") "void: b 1 - - - - -\nsent: b 1 " I1 " - - - -\n",
	    HEAD("a") "sent: b 1 " I2 " - - - -\nsent: b 1 " I1 " - - - -\n",
	    HEAD("a") "sent: b 1 " I1 " - - - -\nsent: b 1 " I1 " " DA
	    " - - -\n",
	    HEAD("a") "rejected: - - " I1 " - " DB " reject " DA "\n"
	    "rejected: - - " I1 " - " DA " reject " DA "\n",
	    HEAD("a") "other: b 1 - - - - -\n",
	    HEAD("a") "\n",
};

Test(statement, malformed)
{
	struct bulla_statement s = { .n = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(parse(bad[i], &s, NULL), BULLA_E_FORMAT, "%zu",
		    i);
		cr_assert_eq(s.n, 77);
	}
	printf("COUNT statement/malformed %zu 0\n",
	    sizeof(bad) / sizeof(bad[0]));
	fflush(stdout);
}

Test(statement, no_more_lines_than_the_limit)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_STATEMENT_MAX);
	struct bulla_statement s = { 0 };
	struct bulla_cur c;

	bulla_buf_str(&b, HEAD("a"));
	for (unsigned i = 1; i <= BULLA_STATEMENT_LINES_MAX + 1; i++) {
		bulla_buf_fmt(&b, "void: b %u - - - - -\n", i);
		if (i < BULLA_STATEMENT_LINES_MAX)
			continue;
		c = bulla_buf_view(&b);
		cr_assert_eq(bulla_statement_parse(&c, &s, NULL), i ==
		    BULLA_STATEMENT_LINES_MAX ? BULLA_OK : BULLA_E_LIMIT);
		bulla_statement_free(&s);
	}
	bulla_buf_free(&b);
}

static char told[4096];

static void
tell(void *ctx, const struct bulla_difference *d)
{
	size_t n = strlen(told);

	(void)ctx;
	snprintf(told + n, sizeof(told) - n, "%s>%s %s %.1s;", d->has,
	    d->lacks, d->what, d->line->id);
	cr_assert_not_null(strstr(d->text, " from "));
}

/* What differs, from a's side and from b's: the same either way round. */
static void
expect(const char *a, const char *b, const char *want)
{
	struct bulla_statement x, y;
	struct bulla_err err = { 0 };
	char text[2][4096], first[4096];
	uint64_t n, m;

	snprintf(text[0], sizeof(text[0]), HEAD("a") "%s", a);
	snprintf(text[1], sizeof(text[1]), HEAD("b") "%s", b);
	cr_assert_eq(parse(text[0], &x, &err), BULLA_OK, "%s: %s", a, err.msg);
	cr_assert_eq(parse(text[1], &y, &err), BULLA_OK, "%s: %s", b, err.msg);
	told[0] = '\0';
	cr_assert_eq(bulla_statement_compare(&x, &y, tell, NULL, &n, NULL),
	    BULLA_OK);
	cr_assert_str_eq(told, want);
	snprintf(first, sizeof(first), "%s", told);
	told[0] = '\0';
	cr_assert_eq(bulla_statement_compare(&y, &x, tell, NULL, &m, NULL),
	    BULLA_OK);
	cr_assert_eq(n, m);
	cr_assert_eq(strlen(told), strlen(first));
	bulla_statement_free(&x);
	bulla_statement_free(&y);
}

#define SENT(n, id, rest) "sent: b " n " " id " " rest "\n"
#define GOT(n, id, rest) "received: a " n " " id " " rest "\n"
#define REJ(id, rest) "rejected: - - " id " - " rest "\n"

Test(statement, agreement)
{
	expect("", "", "");
	expect(SENT("1", I1, DA " " DB " receive " DA),
	    GOT("1", I1, DA " " DB " receive " DA), "");
	expect(SENT("1", I1, DA " - - -"), GOT("1", I1, DA " " DB " - -"), "");
	expect(SENT("1", I1, DA " - reject " DB), REJ(I1, DA " reject " DB),
	    "");
	/* rejected once, taken in later */
	expect(SENT("1", I1, DA " " DB " receive " DA), GOT("1", I1, DA " "
	    DB " receive " DA) REJ(I1, DA " reject " DB), "");
	expect("void: b 2 - - - - -\n", GOT("1", I1, DA " - - -"),
	    "b>a package 1;");
	expect("sent: - - " I1 " - - - -\n", "", "");
	/* others are no business of the two */
	expect("sent: c 1 " I1 " - - - -\nvoid: c 2 - - - - -\n",
	    "received: c 2 " I2 " " DA " - - -\n", "");
}

Test(statement, differences)
{
	expect(SENT("1", I1, DA " - - -"), "", "a>b package 1;");
	expect("", GOT("1", I1, DA " - - -"), "b>a package 1;");
	expect("sent: - - " I1 " - - receive " DA "\n", "", "a>b package 1;");
	expect(SENT("1", I1, DA " - - -"), GOT("1", I1, DB " - - -"),
	    "a>b opening 1;");
	expect(SENT("1", I1, DA " - - -"), GOT("2", I1, DA " - - -"),
	    "a>b sequence 1;");
	expect(SENT("1", I1, DA " " DA " - -"), GOT("1", I1, DA " " DB " - -"),
	    "a>b sha256 1;");
	expect(SENT("1", I1, DA " - - -"), GOT("1", I1, DA " " DA " receive "
	    DA), "b>a receipt 1;");
	expect(SENT("1", I1, DA " - receive " DA), GOT("1", I1, DA " - - -"),
	    "a>b receipt 1;");
	expect(SENT("1", I1, DA " - receive " DA), GOT("1", I1, DA " - "
	    "receive " DB), "a>b receipt 1;");
	expect(SENT("1", I1, DA " - reject " DA), GOT("1", I1, DA " - "
	    "receive " DB), "a>b receipt 1;");
	expect(SENT("1", I1, DA " - - -"), REJ(I1, DA " reject " DB),
	    "b>a receipt 1;");
	expect(SENT("1", I1, DA " - reject " DA), REJ(I1, DA " reject " DB),
	    "a>b receipt 1;");
	expect(SENT("1", I1, DA " - receive " DA), REJ(I1, DA " reject " DB),
	    "a>b package 1;");
	expect("", REJ(I1, DA " reject " DB), "b>a package 1;");
	expect("void: b 1 - - - - -\n", GOT("1", I1, DA " - - -"),
	    "b>a void 1;b>a package 1;");
	expect(SENT("1", I1, DA " - - -"), GOT("1", I1, DA " - - -")
	    GOT("2", I1, DA " - - -"), "b>a package 1;");
}

/* The hostile case: every line differs, and the work stays small. */
Test(statement, two_large_ones_are_compared_quickly, .timeout = 20)
{
	struct bulla_statement s[2] = { { .side = "a" }, { .side = "b" } };
	uint64_t n;

	for (unsigned i = 0; i < 2 * BULLA_STATEMENT_LINES_MAX; i++) {
		struct bulla_statement_line l = { .kind = i % 2 == 0 ?
		    BULLA_LINE_VOID : BULLA_LINE_RECEIVED, .sequence = i / 2 +
		    1, .has_opening = i % 2 != 0 };

		snprintf(l.agency, sizeof(l.agency), i % 2 == 0 ? "b" : "a");
		if (i % 2 != 0)
			snprintf(l.id, sizeof(l.id), "%032u", i);
		cr_assert_eq(bulla_statement_add(&s[i % 2], &l, NULL),
		    BULLA_OK);
	}
	bulla_statement_sort(&s[0]);
	bulla_statement_sort(&s[1]);
	told[0] = '\0';
	cr_assert_eq(bulla_statement_compare(&s[0], &s[1], tell, NULL, &n,
	    NULL), BULLA_OK);
	cr_assert_eq(n, 2 * BULLA_STATEMENT_LINES_MAX);
	bulla_statement_free(&s[0]);
	bulla_statement_free(&s[1]);
}

Test(statement, one_side_twice)
{
	struct bulla_statement s;
	uint64_t n;

	cr_assert_eq(parse(good, &s, NULL), BULLA_OK);
	cr_assert_eq(bulla_statement_compare(&s, &s, tell, NULL, &n, NULL),
	    BULLA_E_USAGE);
	bulla_statement_free(&s);
}
