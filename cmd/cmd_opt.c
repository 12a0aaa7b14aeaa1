#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "columns.h"

#include "bulla/exercise.h"
#include "bulla/file.h"
#include "bulla/keyfile.h"
#include "bulla/secret.h"
#include "bulla/text.h"

#define OPTS_MAX 64
enum { JSON = CMD_LONG - 16, HOME, PASS_FD };

/* One table drives getopt_long and the help; the man page is compared. */
struct cmd_table {
	struct cmd_opt row[OPTS_MAX + 1];
	size_t n;
	struct option longs[OPTS_MAX + 1];
	char shorts[2 * OPTS_MAX + 3];
};

static const struct cmd_opt opts_out[] = {
	{ 'o', "out", "FILE", "write to FILE, whole or not at all" },
	{ 'f', "force", NULL, "overwrite FILE" },
	{ 0 },
};
static const struct cmd_opt opts_ask[] = {
	{ PASS_FD, "passphrase-fd", "N",
	    "read passphrases from descriptor N, one per line" },
	{ 0 },
};
static const struct cmd_opt opts_known[] = {
	{ 'k', "vkey", "VKEY", "accept signatures of this key (repeat)" },
	{ 'K', "vkeys", "FILE", "the same for each line of FILE (repeat)" },
	{ 0 },
};
static const struct cmd_opt opts_common[] = {
	{ 'h', "help", NULL, "this text" },
	{ 'V', "version", NULL, "the version" },
	{ 'q', "quiet", NULL, "no progress, no remarks" },
	{ 'v', "verbose", NULL, "more remarks" },
	{ JSON, "json", NULL, "one JSON object per result on stdout" },
	{ HOME, "home", "DIR", "instead of $BULLA_HOME or ~/.bulla" },
	{ 0 },
};

static void
table_add(struct cmd_table *t, const struct cmd_opt *rows)
{
	for (; rows->ch != 0; rows++) {
		BULLA_CHECK(t->n < OPTS_MAX && rows->name != NULL);
		for (size_t i = 0; i < t->n; i++)
			BULLA_CHECK(t->row[i].ch != rows->ch);
		t->row[t->n++] = *rows;
	}
}

static void
table_fill(struct cmd_table *t, const struct cmd_tool *tool)
{
	size_t s = 0;

	table_add(t, tool->opts);
	if (tool->groups & CMD_OUT)
		table_add(t, opts_out);
	if (tool->groups & CMD_KNOWN)
		table_add(t, opts_known);
	if (tool->groups & CMD_ASK)
		table_add(t, opts_ask);
	table_add(t, opts_common);
	if (tool->groups & CMD_STOP)
		t->shorts[s++] = '+';
	t->shorts[s++] = ':';	/* a missing argument is told as ':' */
	for (size_t i = 0; i < t->n; i++) {
		const struct cmd_opt *o = &t->row[i];

		t->longs[i].name = o->name;
		t->longs[i].has_arg = o->arg != NULL;
		t->longs[i].val = o->ch;
		if (o->ch >= JSON)
			continue;
		t->shorts[s++] = (char)o->ch;
		if (o->arg != NULL)
			t->shorts[s++] = ':';
	}
}

static int
no_memory(const struct cmd *c)
{
	struct bulla_err err = { 0 };

	return cmd_fail(c, NULL, bulla_fail(&err, BULLA_E_NOMEM,
	    "out of memory"), &err);
}

/*
 * In a list of its own, for getopt moves operands to the end: a last option
 * that lacks its argument would find one there when they are read in earnest.
 */
static void
find_home(struct cmd *c)
{
	const struct cmd_table *t = c->table;
	char **list = calloc((size_t)c->argc + 1, sizeof(*list));
	int ch;

	if (list == NULL)
		exit(no_memory(c));
	memcpy(list, c->argv, (size_t)c->argc * sizeof(*list));
	while ((ch = getopt_long(c->argc, list, t->shorts, t->longs,
	    NULL)) != -1) {
		if (ch == HOME)
			c->common.home = optarg;
	}
	optind = 0;	/* from the start, with all forgotten (glibc) */
	free(list);
}

/*
 * In the home of an exercise it is another time, for all that the options say
 * too: so the home is looked for before they are.
 */
static void
cmd_clock(struct cmd *c)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_EXERCISE_CLOCK_MAX);
	struct bulla_err err = { 0 };
	struct bulla_cur text;
	char path[4200];
	int64_t now;

	find_home(c);
	(void)snprintf(path, sizeof(path), "%s/exercise",
	    cmd_home(c) != NULL ? cmd_home(c) : "");
	c->common.home = NULL;
	if (access(path, F_OK) == 0) {
		enum bulla_status st = bulla_file_get(path, &b, &err);

		text = bulla_buf_view(&b);
		if (st == BULLA_OK)
			st = bulla_exercise_clock_parse(&text, &now, &err);
		/* Nothing is wrong with what the tool was asked about */
		if (st != BULLA_OK)
			exit(cmd_fail(c, path, bulla_wrap(&err,
			    BULLA_E_UNSUPPORTED, "the clock of the exercise"),
			    &err));
		bulla_now_exercise(now);
	}
	bulla_buf_free(&b);
}

void
cmd_begin(struct cmd *c, const struct cmd_tool *t, int argc, char **argv)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	bulla_process_harden();
	cmd_guard_exit(t->name);
	*c = (struct cmd){ .tool = t, .argc = argc, .argv = argv };
	bulla_ask_tty(&c->ask);
	c->table = calloc(1, sizeof(*c->table));
	if (c->table == NULL)
		exit(no_memory(c));
	table_fill(c->table, t);
	st = bulla_crypto_init(&err);
	if (st != BULLA_OK)
		exit(cmd_fail(c, NULL, st, &err));
	opterr = 0;
	cmd_clock(c);
}

/* Where the help of options begins: after the longest of most. */
#define HELP_AT 32u
#define HELP_WIDTH 80u
#define HELP_MAX 65536u

/*
 * At spaces, but not inside of what is in brackets: what belongs together
 * stays in one line.
 */
static size_t
form_part(const char *s)
{
	size_t n = 0;
	int deep = 0;

	for (; s[n] != '\0' && (s[n] != ' ' || deep > 0); n++)
		deep += s[n] == '[' || s[n] == '(' ? 1 : s[n] == ']' ||
		    s[n] == ')' ? -1 : 0;
	return n;
}

void
cmd_synopsis(struct bulla_buf *b, const struct cmd_tool *t)
{
	size_t in = 8 + strlen(t->name);

	for (size_t i = 0; t->synopsis[i] != NULL; i++) {
		const char *s = t->synopsis[i];
		size_t at = in - 1;

		bulla_buf_fmt(b, "%s %s", i == 0 ? "usage:" : "      ",
		    t->name);
		for (size_t n; *s != '\0'; s += n + (s[n] == ' ')) {
			n = form_part(s);
			if (at + 1 + n > HELP_WIDTH && at >= in) {
				bulla_buf_fmt(b, "\n%*s", (int)in - 1, "");
				at = in - 1;
			}
			bulla_buf_fmt(b, " %.*s", (int)n, s);
			at += 1 + n;
		}
		bulla_buf_str(b, "\n");
	}
}

static int
help(const struct cmd *c)
{
	struct bulla_buf b = BULLA_BUF_INIT(HELP_MAX);
	const struct cmd_table *t = c->table;
	char about[1024];
	struct bulla_cur text;

	cmd_synopsis(&b, c->tool);
	(void)snprintf(about, sizeof(about), "%s", c->tool->about);
	for (char *s = about; (s = strchr(s, '\n')) != NULL;)
		*s = ' ';
	text = bulla_cur_str(about);
	columns_put(&b, &text, 0, HELP_WIDTH);
	bulla_buf_str(&b, "\n");
	for (size_t i = 0; i < t->n; i++) {
		const struct cmd_opt *o = &t->row[i];
		char left[64], letter[8] = "    ";

		if (o->ch < JSON)
			(void)snprintf(letter, sizeof(letter), "-%c, ", o->ch);
		(void)snprintf(left, sizeof(left), "%s--%s%s%s", letter,
		    o->name, o->arg != NULL ? " " : "",
		    o->arg != NULL ? o->arg : "");
		bulla_buf_fmt(&b, "  %-28s  ", left);
		if (strlen(left) > 28)
			bulla_buf_fmt(&b, "\n%*s", (int)HELP_AT, "");
		text = bulla_cur_str(o->help);
		columns_put(&b, &text, HELP_AT, HELP_WIDTH);
	}
	(void)fwrite(b.p, 1, b.len, stdout);
	bulla_buf_free(&b);
	return cmd_stdout_done(c, CMD_YES);
}

static void
known(struct cmd *c, bool is_file, const char *arg)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	st = is_file ? bulla_vkeys_add_file(&c->known, arg, &err) :
	    bulla_vkeys_add_text(&c->known, arg, &err);
	if (st == BULLA_E_USAGE && !is_file && access(arg, F_OK) == 0)
		exit(cmd_usage(c, "-k takes a vkey, written out; a file of "
		    "them goes with -K"));
	if (st != BULLA_OK)
		exit(cmd_fail(c, is_file ? NULL : "-k", st, &err));
}

/* True when ch was one of the options that all tools share. */
static bool
common(struct cmd *c, int ch, const char *arg)
{
	struct cmd_common *o = &c->common;
	unsigned groups = c->tool->groups;

	if (ch == 'h')
		exit(help(c));
	if (ch == 'V') {
		printf("%s %s\n", c->tool->name, BULLA_VERSION);
		exit(cmd_stdout_done(c, CMD_YES));
	}
	if (ch == 'q')
		o->quiet = true;
	else if (ch == 'v')
		o->verbose++;
	else if (ch == JSON)
		o->json = true;
	else if (ch == HOME)
		o->home = arg;
	else if (ch == PASS_FD)
		bulla_ask_fd(&c->ask, (int)cmd_num(c, "--passphrase-fd", arg,
		    0, 65535));
	else if (ch == 'o' && (groups & CMD_OUT))
		o->out = arg;
	else if (ch == 'f' && (groups & CMD_OUT))
		o->force = true;
	else if ((ch == 'k' || ch == 'K') && (groups & CMD_KNOWN))
		known(c, ch == 'K', arg);
	else
		return false;
	return true;
}

static int
mistake(const struct cmd *c, int ch)
{
	char shown[128], letter[3] = { '-', (char)optopt, '\0' };
	const char *what = c->argv[optind - 1];

	/* A letter inside -abc: argv does not say which one it is. */
	if (optopt > 0 && optopt < 128)
		what = letter;
	bulla_text_show_str(shown, sizeof(shown), what);
	if (ch == ':')
		return cmd_usage(c, "%s needs an argument", shown);
	return cmd_usage(c, "%s: no such option, or not unique, or it takes "
	    "no argument", shown);
}

/*
 * "-u -K FILE": to getopt -K is the URL, and FILE an operand too many, which
 * is what would be complained about.
 */
static bool
is_option(const struct cmd *c, const char *arg)
{
	const struct cmd_table *t = c->table;
	bool is = false;

	if (arg == NULL || arg != c->argv[optind - 1] || arg[0] != '-')
		return false;
	for (size_t i = 0; i < t->n && !is; i++)
		is = arg[1] == '-' ? strcmp(arg + 2, t->row[i].name) == 0 :
		    arg[1] == t->row[i].ch && arg[2] == '\0';
	return is;
}

static int
forgotten(const struct cmd *c, int ch, const char *arg)
{
	const struct cmd_opt *o = c->table->row;
	char letter[6] = "";

	while (o->ch != ch)
		o++;
	if (ch < JSON)
		(void)snprintf(letter, sizeof(letter), "-%c, ", ch);
	return cmd_usage(c, "%s--%s: its argument is missing, for %s is an "
	    "option (if it is meant: --%s=%s)", letter, o->name, arg, o->name,
	    arg);
}

int
cmd_getopt(struct cmd *c, const char **arg)
{
	int ch;

	for (;;) {
		ch = getopt_long(c->argc, c->argv, c->table->shorts,
		    c->table->longs, NULL);
		if (ch == '?' || ch == ':')
			exit(mistake(c, ch));
		if (ch == -1)
			break;
		if (is_option(c, optarg))
			exit(forgotten(c, ch, optarg));
		if (common(c, ch, optarg))
			continue;
		*arg = optarg;
		return ch;
	}
	c->argc -= optind;
	c->argv += optind;
	return -1;
}

const char *
cmd_operand(struct cmd *c)
{
	if (c->argc == 0)
		return NULL;
	c->argc--;
	return *c->argv++;
}

int
cmd_end(struct cmd *c, int code)
{
	code = cmd_stdout_done(c, code);
	bulla_vkeys_free(&c->known);
	free(c->table);
	c->table = NULL;
	return code;
}
