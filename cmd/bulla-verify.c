#include <stdio.h>
#include <unistd.h>

#include "cmd_home.h"
#include "cmd_pack.h"
#include "cmd_package.h"

#include "bulla/file.h"
#include "bulla/ring.h"
#include "bulla/text.h"
#include "bulla/when.h"

enum { OPT_EXERCISE = CMD_LONG + 1 };

static const struct cmd_opt opts[] = {
	{ 'j', "threads", "N", "threads (default: the cores)" },
	{ OPT_EXERCISE, "exercise", NULL, "accept an EXERCISE package" },
	{ 0 },
};
static const char *const synopsis[] = {
	"[-k VKEY]... [-K FILE] [-j N] [--exercise] [PACKAGE]",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-verify",
	.synopsis = synopsis,
	.about = "Check everything about a package that needs no secret key: "
	    "who sealed these\nbytes, and that they are all there.",
	.opts = opts,
	.groups = CMD_KNOWN,
};

static int
report(const struct cmd *c, const struct bulla_package *p)
{
	char when[BULLA_WHEN_LEN + 1];
	struct cmd_json *j;

	if (c->common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", true);
		cmd_package_json(j, p);
		return cmd_json_print(c, j, CMD_YES);
	}
	bulla_when_text(p->closing.closed, when);
	if (c->common.quiet)
		return CMD_YES;
	printf("ok %s %.*s from %.*s", p->opening.id,
	    (int)p->opening.kind.len, (const char *)p->opening.kind.p,
	    (int)p->opening.from.len, (const char *)p->opening.from.p);
	for (size_t i = 0; i < p->opening.n_to; i++)
		printf("%s %.*s", i == 0 ? " to" : ",",
		    (int)p->opening.to[i].len,
		    (const char *)p->opening.to[i].p);
	printf(", sealed by");
	for (size_t i = 0; i < p->n_sealers; i++)
		printf("%s %s", i > 0 ? "," : "", p->sealer[i].name);
	printf(", claimed time %s, %llu bytes\n", when,
	    (unsigned long long)p->size);
	return CMD_YES;
}

static int
run(struct cmd *c, struct cmd_home *home, struct bulla_verify *v)
{
	const char *path = cmd_operand(c);
	struct cmd_progress progress;
	struct bulla_package p = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code;

	if (c->argc > 0)
		return cmd_usage(c, "one PACKAGE at a time");
	code = c->known.n > 0 ? CMD_YES : cmd_home_open(home, c);
	home->c = c;
	if (code == CMD_YES)
		code = cmd_home_known(home, BULLA_ROLE_SEALER,
		    "the sealer's", &v->known, &v->judge);
	if (code != CMD_YES)
		return code;
	if (path == NULL)
		path = "-";
	st = bulla_infile_open(path, &v->fd, &err);
	if (st != BULLA_OK)
		return cmd_fail(c, NULL, st, &err);
	cmd_progress_begin(&progress, c, cmd_file_size(v->fd));
	v->progress = (struct bulla_progress){ cmd_progress_tell, &progress };
	st = bulla_package_verify(v, &p, &err);
	cmd_progress_end(&progress);
	code = st == BULLA_OK ? report(c, &p) : cmd_fail(c, path, st, &err);
	bulla_package_free(&p);
	(void)close(v->fd);
	return code;
}

int
main(int argc, char **argv)
{
	struct cmd c;
	struct bulla_verify v = { .fd = -1, .threads = bulla_cores() };
	struct cmd_home home = { 0 };
	const char *arg;
	int ch, code;

	cmd_begin(&c, &tool, argc, argv);
	while ((ch = cmd_getopt(&c, &arg)) != -1) {
		if (ch == 'j')
			v.threads = cmd_threads(&c, arg);
		else
			v.allow_exercise = true;
	}
	code = run(&c, &home, &v);
	cmd_home_close(&home);
	return cmd_end(&c, code);
}
