#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "review.h"

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/hash.h"
#include "bulla/text.h"
#include "bulla/when.h"

#define DAY INT64_C(86400)

enum { OPT_FROM = CMD_LONG + 1, OPT_TO, OPT_TSV, OPT_HTML, OPT_STATEMENT,
    OPT_EXERCISE, OPT_TIME };

static const struct cmd_opt opts[] = {
	{ OPT_FROM, "from", "T", "the first day or time of the period" },
	{ OPT_TO, "to", "T", "its end: the first day or time after it" },
	{ OPT_TSV, "tsv", NULL, "tab-separated values, one figure a line" },
	{ OPT_HTML, "html", NULL, "one page with plots" },
	{ OPT_STATEMENT, "statement", "FILE",
	    "name the records that differ from this statement of theirs" },
	{ OPT_EXERCISE, "exercise", NULL, "review the EXERCISE packages" },
	{ OPT_TIME, "time", "T", "the time that it is now" },
	{ 0 },
};
static const char *const synopsis[] = {
	"[--from T] [--to T] [--tsv | --html | --json] [--statement FILE] "
	    "[--exercise] [--time T] [-o FILE]",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-review",
	.synopsis = synopsis,
	.about = "Timeliness and quality of the exchange in a period, "
	    "recomputed alike by both\nsides from the records that both hold.",
	.opts = opts,
	.groups = CMD_OUT | CMD_ASK,
};

/* A time, or a day: its beginning in UTC. */
static int64_t
when(struct review_cmd *k, const char *opt, const char *arg)
{
	struct bulla_cur c = bulla_cur_str(arg);
	char shown[64];
	int64_t t;

	if (bulla_when_parse(&c, &t))
		return t;
	if (bulla_day_parse(&c, &t) && t >= 0)
		return t * DAY;
	exit(cmd_usage(&k->c, "%s: \"%s\" is neither a day such as "
	    "2026-12-15 nor a time such as 2026-12-15T00:00:00Z", opt,
	    bulla_text_show(shown, sizeof(shown), &c)));
}

static void
option(struct review_cmd *k, int ch, const char *arg)
{
	switch (ch) {
	case OPT_FROM:
		k->from = when(k, "--from", arg);
		break;
	case OPT_TO:
		k->to = when(k, "--to", arg);
		break;
	case OPT_TIME:
		k->now = when(k, "--time", arg);
		break;
	case OPT_TSV:
		k->tsv = true;
		break;
	case OPT_HTML:
		k->html = true;
		break;
	case OPT_STATEMENT:
		k->statement = arg;
		break;
	default:
		k->exercise = true;
		break;
	}
}

static int
open_home(struct review_cmd *k)
{
	uint8_t digest[32];
	int code = cmd_home_open(&k->m, &k->c);
	const struct bulla_trust *t = k->m.h.trust;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	const char *desk;

	if (code != CMD_YES)
		return code;
	if (!k->m.open || t == NULL ||
	    bulla_trust_roster(t, BULLA_OURS, digest) == NULL ||
	    bulla_trust_roster(t, BULLA_THEIRS, digest) == NULL)
		return cmd_usage(&k->c, "this needs a home with the rosters "
		    "of both sides: give --home DIR (bulla-trust init, "
		    "bulla-trust pin)");
	k->m.h.now = k->now;
	desk = cmd_home_key(&k->m, "desk.age");
	if (desk == NULL)
		return CMD_YES;
	st = bulla_identities_add_file(&k->desk, desk, &k->c.ask, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

static int
set_period(struct review_cmd *k)
{
	struct bulla_agreements a = { 0 };
	struct bulla_err err = { 0 };
	bool given = k->to != 0;
	enum bulla_status st;

	st = bulla_agreements_load(k->m.h.path, k->m.h.trust, &a, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, k->m.h.path, st, &err);
	bulla_review_period(&a, k->now, &k->from, &k->to, &k->agreed);
	if (a.n == 0)
		cmd_say(&k->c, "there is no agreement in this home, so "
		    "nothing was ever due (bulla-trust agreement)");
	bulla_agreements_free(&a);
	if (k->to > k->now)
		return cmd_usage(&k->c, "--to lies ahead: what is not over "
		    "cannot be reviewed");
	if (k->from >= k->to)
		return cmd_usage(&k->c, "the period must begin before it "
		    "ends: --from before --to");
	if (!given && !k->agreed)
		cmd_say(&k->c, "no review day of an agreement has passed: "
		    "this is until now; give --to for tables that the other "
		    "side can repeat");
	return CMD_YES;
}

static int
read_statement(struct review_cmd *k, struct bulla_statement *out)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_STATEMENT_MAX);
	struct bulla_err err = { 0 };
	struct bulla_cur c;
	enum bulla_status st;

	if (k->statement == NULL)
		return CMD_YES;
	st = bulla_file_get(k->statement, &b, &err);
	c = bulla_buf_view(&b);
	if (st == BULLA_OK)
		st = bulla_statement_parse(&c, out, &err);
	bulla_buf_free(&b);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, k->statement, st,
	    &err);
}

static int
load(struct review_cmd *k)
{
	struct bulla_statement theirs = { 0 };
	struct bulla_review_from from = { .home = &k->m.h, .from = k->from,
	    .to = k->to, .exercise = k->exercise,
	    .ids = k->desk.n > 0 ? &k->desk : NULL };
	struct bulla_err err = { 0 };
	int code = read_statement(k, &theirs);
	enum bulla_status st;
	uint8_t digest[32];

	if (code != CMD_YES)
		return code;
	if (k->statement != NULL)
		from.theirs = &theirs;
	st = bulla_review_load(&from, &k->r, &err);
	bulla_statement_free(&theirs);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, st == BULLA_E_USAGE ? k->statement :
		    NULL, st, &err);
	bulla_review_put(&k->out, &k->r, false);
	bulla_sha256(k->out.p, k->out.len, digest);
	bulla_hex(k->sha256, digest, sizeof(digest));
	if (bulla_buf_status(&k->out) != BULLA_OK)
		return cmd_fail(&k->c, NULL, bulla_fail(&err,
		    bulla_buf_status(&k->out), "no memory for all of it"),
		    &err);
	return CMD_YES;
}

static int
put(struct review_cmd *k)
{
	const char *out = k->c.common.out != NULL ? k->c.common.out : "-";
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (k->tsv) {
		bulla_review_put(&k->out, &k->r, true);
	} else {
		bulla_buf_reset(&k->out);
		if (k->html)
			review_page(k);
		else
			review_text(k);
	}
	st = bulla_buf_status(&k->out);
	if (st != BULLA_OK)
		(void)bulla_fail(&err, st, "no memory for all of it");
	else
		st = bulla_file_put(out, k->out.p, k->out.len, 0644,
		    k->c.common.force, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

static int
run(struct review_cmd *k)
{
	int code;

	if (k->c.argc > 0 || (k->tsv && k->html) ||
	    (k->c.common.json && (k->tsv || k->html ||
	    k->c.common.out != NULL)))
		return cmd_usage(&k->c, k->c.argc > 0 ? "options only" :
		    "one form at a time: --tsv, --html, or --json on "
		    "standard output");
	if (k->c.common.out != NULL && k->statement != NULL &&
	    strcmp(k->c.common.out, k->statement) == 0)
		return cmd_usage(&k->c, "-o would replace the statement");
	code = open_home(k);
	if (code == CMD_YES)
		code = set_period(k);
	if (code == CMD_YES)
		code = load(k);
	if (code != CMD_YES)
		return code;
	if (k->r.threads.n_left_out > 0)
		cmd_say(&k->c, "%llu packages of %s are left out",
		    (unsigned long long)k->r.threads.n_left_out,
		    k->exercise ? "no exercise" : "exercises (--exercise)");
	return k->c.common.json ? cmd_json_print(&k->c, review_json(k),
	    CMD_YES) : put(k);
}

int
main(int argc, char **argv)
{
	struct review_cmd k = { .out = BULLA_BUF_INIT(BULLA_REVIEW_MAX) };
	const char *arg = NULL;
	int ch, code;

	cmd_begin(&k.c, &tool, argc, argv);
	k.now = bulla_now();
	while ((ch = cmd_getopt(&k.c, &arg)) != -1)
		option(&k, ch, arg);
	/* now, as --home has it: an exercise has a time of its own */
	if (k.now == 0)
		k.now = bulla_now();
	code = run(&k);
	bulla_review_free(&k.r);
	bulla_identities_free(&k.desk);
	bulla_buf_free(&k.out);
	cmd_home_close(&k.m);
	return cmd_end(&k.c, code);
}
