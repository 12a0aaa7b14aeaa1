#include <stdlib.h>
#include <string.h>

#include "request.h"

#include "bulla/file.h"
#include "bulla/text.h"
#include "bulla/when.h"

enum { OPT_TYPE = CMD_LONG + 1, OPT_TEMPLATE, OPT_ASK, OPT_TIME,
    OPT_EXERCISE, OPT_DAYS, OPT_HOTLINE_KEY, OPT_ALL, OPT_OURS, OPT_WITHIN,
    OPT_HOOK, OPT_REF, OPT_CHECK };

static const struct cmd_opt opts[] = {
	{ 'F', "field", "LABEL=VALUE", "a field of the document (repeat)" },
	{ 'a', "attach", "PATH", "a file that goes along (repeat)" },
	{ OPT_TYPE, "type", "T", "type of the request or reply" },
	{ OPT_TEMPLATE, "template", "T",
	    "print the form of this type, with guidance" },
	{ OPT_ASK, "ask", NULL, "ask for what is missing on the terminal" },
	{ 'i', "identity", "SIGNKEY",
	    "seal with this key (default: keys/sealer.key)" },
	{ OPT_HOTLINE_KEY, "hotline-key", "SIGNKEY",
	    "sign a hotline call (default: keys/hotline.key, lead.key)" },
	{ 'r', "recipient", "AGE1...|NAME",
	    "for whom, instead of the other side's roster (repeat)" },
	{ OPT_TIME, "time", "T", "the time to record and to judge by" },
	{ OPT_DAYS, "max-days", "N",
	    "longest time range that is not too broad (default: 92)" },
	{ OPT_EXERCISE, "exercise", NULL,
	    "mark it as an EXERCISE; list, show, due: only those" },
	{ OPT_ALL, "all", NULL, "list: also what has ended" },
	{ OPT_WITHIN, "within", "N", "due: from now, 24h or 7d" },
	{ OPT_OURS, "ours", NULL, "due: only what our side owes" },
	{ OPT_REF, "ref", "ID", "indicators, notice: of this request" },
	{ OPT_CHECK, "check", NULL, "indicators, notice: do not seal" },
	{ OPT_HOOK, "hook", "PROGRAM", "due: run it for each that is new" },
	{ 0 },
};
static const char *const synopsis[] = {
	"new [options] [DRAFT]... [-o FILE]",
	"reply [options] --type T ID [DRAFT]... [-o FILE]",
	"hotline [options] [ID [DRAFT]...] [-o FILE]",
	"(new | reply | hotline) --template T [-o FILE]",
	"lint [--max-days N] [--time T] DRAFT",
	"list [--all]",
	"show ID",
	"due [--within N] [--ours] [--hook PROGRAM]",
	"indicators [--check] [--ref ID] [-r NAME]... [-o FILE] BUNDLE.json",
	"notice [--check] [--ref ID] [-r NAME]... [-o FILE] TEXT.txt",
	"(indicators | notice) [--exercise]",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-request",
	.synopsis = synopsis,
	.about = "Requests for assistance, the replies to them, and the "
	    "hotline: written with\nguidance, checked, and sealed.",
	.opts = opts,
	.groups = CMD_OUT | CMD_ASK,
};

static const struct {
	const char *verb;
	int (*run)(struct request_cmd *k);
} verbs[] = {
	{ "new", request_new }, { "reply", request_reply },
	{ "hotline", request_hotline }, { "lint", request_lint },
	{ "list", request_list }, { "show", request_show },
	{ "due", request_due }, { "indicators", request_indicators },
	{ "notice", request_notice },
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static int
run(struct request_cmd *k)
{
	const char *verb = cmd_operand(&k->c);

	for (size_t i = 0; verb != NULL && i < N_VERBS; i++) {
		if (strcmp(verb, verbs[i].verb) == 0)
			return verbs[i].run(k);
	}
	return cmd_usage(&k->c, "new, reply, hotline, lint, list, show, due, "
	    "indicators or notice?");
}

static void
add(struct request_cmd *k, const char *opt, const char **list, size_t *n,
    size_t max, const char *arg)
{
	if (*n == max)
		exit(cmd_usage(&k->c, "%s: at most %zu", opt, max));
	list[(*n)++] = arg;
}

static void
set_time(struct request_cmd *k, const char *arg)
{
	struct bulla_cur c = bulla_cur_str(arg);
	char shown[64];

	if (!bulla_when_parse(&c, &k->now))
		exit(cmd_usage(&k->c, "--time: \"%s\" is not a time such as "
		    "2026-11-22T03:04:05Z", bulla_text_show(shown,
		    sizeof(shown), &c)));
}

/* What list and due are to show. */
static bool
option_listing(struct request_cmd *k, int ch, const char *arg)
{
	if (ch == OPT_ALL)
		k->all = true;
	else if (ch == OPT_OURS)
		k->ours = true;
	else if (ch == OPT_WITHIN)
		k->within = arg;
	else if (ch == OPT_HOOK)
		k->hook = arg;
	else
		return false;
	return true;
}

/* By whom it is signed, and for whom it is sealed. */
static bool
option_keys(struct request_cmd *k, int ch, const char *arg)
{
	if (ch == 'i')
		k->key = arg;
	else if (ch == OPT_HOTLINE_KEY)
		k->hotline_key = arg;
	else if (ch == 'r')
		add(k, "-r", k->recipient, &k->n_recipients,
		    REQUEST_FILES_MAX, arg);
	else
		return false;
	return true;
}

static void
option(struct request_cmd *k, int ch, const char *arg)
{
	switch (ch) {
	case 'F':
		add(k, "-F", k->field, &k->n_fields, REQUEST_FIELDS_MAX, arg);
		break;
	case 'a':
		add(k, "-a", k->attach, &k->n_attach, REQUEST_FILES_MAX, arg);
		break;
	case OPT_TYPE:
		k->type = arg;
		break;
	case OPT_TEMPLATE:
		k->template = arg;
		break;
	case OPT_ASK:
		k->ask = true;
		break;
	case OPT_TIME:
		set_time(k, arg);
		break;
	case OPT_DAYS:
		k->max_days = (unsigned)cmd_num(&k->c, "--max-days", arg, 1,
		    36500);
		break;
	case OPT_REF:
		k->ref = arg;
		break;
	case OPT_CHECK:
		k->check = true;
		break;
	case OPT_EXERCISE:
		k->exercise = true;
		break;
	default:
		break;
	}
}

int
main(int argc, char **argv)
{
	struct request_cmd k = { .draft_lock = -1,
	    .remarks = BULLA_BUF_INIT(8192) };
	const char *arg = NULL;
	int ch, code;

	cmd_begin(&k.c, &tool, argc, argv);
	k.now = bulla_now();
	while ((ch = cmd_getopt(&k.c, &arg)) != -1)
		if (!option_listing(&k, ch, arg) && !option_keys(&k, ch, arg))
			option(&k, ch, arg);
	k.c.common.data_out = k.c.common.out != NULL &&
	    strcmp(k.c.common.out, "-") == 0;
	code = run(&k);
	bulla_identities_free(&k.desk);
	bulla_buf_free(&k.remarks);
	request_tty_free(&k.tty);
	cmd_home_close(&k.m);
	return cmd_end(&k.c, code);
}
