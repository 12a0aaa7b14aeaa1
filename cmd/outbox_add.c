#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "outbox.h"

#include "bulla/file.h"
#include "bulla/num.h"
#include "bulla/text.h"

int
outbox_open(struct outbox_cmd *k)
{
	const char *home = cmd_home(&k->c);
	struct bulla_err err = { 0 };
	enum bulla_status st;
	char cwd[2048] = "";
	int n;

	if (home == NULL)
		return cmd_usage(&k->c, "where is the home? Give --home or "
		    "set BULLA_HOME");
	if (home[0] != '/' && getcwd(cwd, sizeof(cwd)) == NULL)
		return cmd_usage(&k->c, "--home: cannot tell where this is");
	n = snprintf(k->home, sizeof(k->home), "%s%s%s", cwd,
	    cwd[0] != '\0' ? "/" : "", home);
	if (n < 0 || (size_t)n >= sizeof(k->home) - 64)
		return cmd_usage(&k->c, "--home: the path is too long");
	st = bulla_outbox_open(k->home, &k->box, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

static int
when(struct outbox_cmd *k, const char *opt, const char *arg, int64_t *out)
{
	struct bulla_cur c;
	char shown[64];

	if (arg == NULL)
		return CMD_YES;
	c = bulla_cur_str(arg);
	if (bulla_outbox_time(&c, bulla_now(), out))
		return CMD_YES;
	return cmd_usage(&k->c, "%s: \"%s\" is no time "
	    "(2026-11-22T03:04:05Z) and no time from now (90s, 30m, 12h, 2d)",
	    opt, bulla_text_show_str(shown, sizeof(shown), arg));
}

/* The last part of the name, made harmless. */
static void
name_of(const char *path, char out[BULLA_OUTBOX_NOTE_MAX + 1])
{
	struct bulla_outbox_state s;	/* for its rule about texts */
	const char *slash = strrchr(path, '/');
	struct bulla_cur c = bulla_cur_str(strcmp(path, "-") == 0 ?
	    "standard input" : slash != NULL && slash[1] != '\0' ?
	    slash + 1 : path);

	bulla_outbox_say(&s, &c);
	(void)snprintf(out, BULLA_OUTBOX_NOTE_MAX + 1, "%s",
	    s.said[0] != '\0' ? s.said : "-");
}

static int
check(struct outbox_cmd *k, struct bulla_outbox_entry *e)
{
	struct bulla_cur note = bulla_cur_str(k->note != NULL ? k->note :
	    "-");
	int code;

	if (k->url == NULL)
		return cmd_usage(&k->c, "-u is missing: where to send it");
	if (k->cert != k->key)
		return cmd_usage(&k->c, "--cert and --key belong together");
	if (note.len > BULLA_OUTBOX_NOTE_MAX)
		return cmd_usage(&k->c, "--note: longer than %u bytes",
		    BULLA_OUTBOX_NOTE_MAX);
	e->note = note;
	e->added = bulla_now();
	code = when(k, "--deadline", k->deadline, &e->deadline);
	if (code == CMD_YES)
		code = when(k, "--not-before", k->not_before,
		    &e->not_before);
	if (code == CMD_YES && e->deadline != 0 &&
	    e->deadline <= e->not_before)
		code = cmd_usage(&k->c, "--deadline: not behind "
		    "--not-before");
	return code;
}

static int
say(struct outbox_cmd *k, const struct bulla_outbox_entry *e,
    const struct bulla_outbox_added *a)
{
	struct cmd_json *j;

	cmd_verbose(&k->c, "%s", a->copied ? "the package was copied" :
	    "the file has a second name in the outbox");
	if (!k->c.common.json) {
		printf("%" PRIu64 "\n", a->order);
		return CMD_YES;
	}
	j = cmd_json_new();
	cmd_json_bool(j, "ok", true);
	cmd_json_u64(j, "id", a->order);
	cmd_json_cur(j, "to", &e->to);
	cmd_json_cur(j, "what", &e->what);
	cmd_json_str(j, "package", a->id);
	cmd_json_u64(j, "bytes", a->size);
	cmd_json_bool(j, "copied", a->copied);
	return cmd_json_print(&k->c, j, CMD_YES);
}

static int
add(struct outbox_cmd *k, struct bulla_outbox_entry *e, const char *path)
{
	struct bulla_outbox_added a = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int fd = -1;

	e->arg[e->n_args++] = bulla_cur_str("-u");
	e->arg[e->n_args++] = bulla_cur_str(k->url);
	for (size_t i = 0; i < k->n_words; i++)
		e->arg[e->n_args++] = bulla_cur_str(k->word[i]);
	st = bulla_infile_open(path, &fd, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	st = bulla_outbox_add(k->box, e, fd, k->no_receipt, &a, &err);
	(void)close(fd);
	return st == BULLA_OK ? say(k, e, &a) :
	    cmd_fail(&k->c, path, st, &err);
}

/* sudo drops BULLA_HOME, and ~/.bulla takes its place without a word. */
static void
doubt_home(struct outbox_cmd *k)
{
	const char *home = cmd_home(&k->c);
	char roster[4096], queue[4096], shown[1024];

	if (home == NULL || k->known || k->no_receipt ||
	    strlen(home) > sizeof(queue) - sizeof("/outbox/queue"))
		return;
	(void)snprintf(roster, sizeof(roster), "%s/roster", home);
	(void)snprintf(queue, sizeof(queue), "%s/outbox/queue", home);
	if (access(roster, F_OK) != 0 && access(queue, F_OK) != 0)
		cmd_say(&k->c, "%s has no rosters and no queue yet: is this "
		    "the home (--home, BULLA_HOME)? Without rosters -k or -K "
		    "has to say whose receipt is trusted",
		    bulla_text_show_str(shown, sizeof(shown), home));
}

int
outbox_add(struct outbox_cmd *k)
{
	static struct bulla_outbox_entry e;	/* too large for the stack */
	struct bulla_buf host = BULLA_BUF_INIT(256);
	char what[BULLA_OUTBOX_NOTE_MAX + 1];
	const char *path = cmd_operand(&k->c);
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code;

	if (path == NULL || k->c.argc > 0)
		return cmd_usage(&k->c, "add takes one package (\"-\" for "
		    "standard input)");
	code = check(k, &e);
	if (code != CMD_YES)
		return code;
	if (k->n_words + 2 > BULLA_OUTBOX_ARGS_MAX)
		return cmd_usage(&k->c, "too many options");
	name_of(path, what);
	e.what = bulla_cur_str(what);
	st = bulla_outbox_host(k->url, &host, &err);
	if (st != BULLA_OK) {
		code = cmd_fail(&k->c, "-u", st, &err);
		goto out;
	}
	e.to = bulla_buf_view(&host);
	doubt_home(k);
	code = outbox_open(k);
	if (code == CMD_YES)
		code = add(k, &e, path);
out:
	bulla_buf_free(&host);
	return code;
}

static int
drop(struct outbox_cmd *k, const char *id)
{
	struct bulla_cur c = bulla_cur_str(id);
	struct bulla_err err = { 0 };
	struct cmd_json *j;
	enum bulla_status st;
	uint64_t order;
	char shown[64];

	if (!bulla_num_u64(&c, UINT64_MAX, &order))
		return cmd_usage(&k->c, "\"%s\" is no number of an entry "
		    "(bulla-outbox list shows them)",
		    bulla_text_show_str(shown, sizeof(shown), id));
	st = bulla_outbox_drop(k->box, order, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	if (!k->c.common.json) {
		cmd_say(&k->c, "dropped: %" PRIu64, order);
		return CMD_YES;
	}
	j = cmd_json_new();
	cmd_json_bool(j, "ok", true);
	cmd_json_u64(j, "dropped", order);
	return cmd_json_print(&k->c, j, CMD_YES);
}

int
outbox_drop(struct outbox_cmd *k)
{
	const char *id = cmd_operand(&k->c);
	int worst = CMD_YES, code;

	if (id == NULL)
		return cmd_usage(&k->c, "drop which?");
	code = outbox_open(k);
	if (code != CMD_YES)
		return code;
	for (; id != NULL; id = cmd_operand(&k->c)) {
		code = drop(k, id);
		worst = worst != CMD_YES ? worst : code;
	}
	return worst;
}
