#include <stdio.h>
#include <unistd.h>

#include "cmd_package.h"

#include "bulla/file.h"

static const struct cmd_opt opts[] = {
	{ 0 },
};
static const char *const synopsis[] = {
	"[PACKAGE]",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-inspect",
	.synopsis = synopsis,
	.about = "Show what a package says of itself. Nothing of it is "
	    "verified: use\nbulla-verify before you rely on any line.",
	.opts = opts,
};

static int
run(struct cmd *c)
{
	const char *path = cmd_operand(c);
	struct bulla_package p = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	struct cmd_json *j;
	int fd, code = CMD_YES;

	if (c->argc > 0)
		return cmd_usage(c, "one PACKAGE at a time");
	if (path == NULL)
		path = "-";
	st = bulla_infile_open(path, &fd, &err);
	if (st != BULLA_OK)
		return cmd_fail(c, NULL, st, &err);
	st = bulla_package_inspect(fd, &p, &err);
	(void)close(fd);
	if (st != BULLA_OK)
		return cmd_fail(c, path, st, &err);
	if (!p.has_closing)
		code = cmd_exit(BULLA_E_INCOMPLETE);
	if (c->common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", p.has_closing);
		cmd_package_json(j, &p);
		code = cmd_json_print(c, j, code);
	} else {
		puts("NOT VERIFIED: what the package says of itself");
		cmd_package_print(&p);
	}
	bulla_package_free(&p);
	return code;
}

int
main(int argc, char **argv)
{
	struct cmd c;
	const char *arg;

	cmd_begin(&c, &tool, argc, argv);
	while (cmd_getopt(&c, &arg) != -1)
		;
	return cmd_end(&c, run(&c));
}
