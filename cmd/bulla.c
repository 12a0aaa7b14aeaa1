#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

#include "bulla/text.h"

#define TOOL_MAX 32u

static const struct {
	const char *name, *job;
} tools[] = {
	{ "keygen", "make keys to sign with and to decrypt with" },
	{ "trust", "say who may sign what, on both sides" },
	{ "pack", "put files into a bag, as a tar" },
	{ "seal", "encrypt and sign a package for others" },
	{ "verify", "check a package without any secret key" },
	{ "open", "check a package, decrypt it, check what is inside" },
	{ "inspect", "show what a package says of itself, unverified" },
	{ "send", "deliver a package and bring back the receipt" },
	{ "outbox", "queue packages, and send them until they are there" },
	{ "fetch", "download a package, resuming" },
	{ "inbox", "take packages in over HTTPS" },
	{ "receive", "take a package in and sign the receipt" },
	{ "custody", "keep and show who held a package, and when" },
	{ "certificate", "print the certificate of custody of a package" },
	{ "export", "write what other forensic tools read" },
	{ "request", "ask for assistance, reply, call the hotline" },
	{ "exercise", "play a tabletop exercise, and score what was noticed" },
	{ "review", "recompute timeliness and quality, alike on both sides" },
	{ "ledger", "keep an append-only record that others can check" },
	{ "age", "encrypt and decrypt plain age files" },
};

static const struct cmd_opt opts[] = {
	{ 0 },
};
static const char *const synopsis[] = {
	"TOOL [ARGUMENT ...]",
	"help [TOOL]",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla",
	.synopsis = synopsis,
	.about = "Sealed evidence, exchanged: runs bulla-TOOL. \"bulla help\" "
	    "lists the tools.",
	.opts = opts,
	.groups = CMD_STOP,
};

/* bulla-NAME beside this very program; false when that cannot be told. */
static bool
beside(char *out, size_t cap, const char *name)
{
	char self[4096], *slash;
	ssize_t n;
	int len;

	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return false;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	len = snprintf(out, cap, "%s/bulla-%s", self, name);
	return len > 0 && (size_t)len < cap;
}

static bool
name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= TOOL_MAX &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

/*
 * The tool that was built and installed with this program comes first: what
 * stands earlier in PATH may be another version.
 */
static int
run_tool(const struct cmd *c, const char *name, char **argv)
{
	char path[4200], argv0[TOOL_MAX + 8], shown[64];

	if (!name_ok(name))
		return cmd_usage(c, "\"%s\" names no tool",
		    bulla_text_show_str(shown, sizeof(shown), name));
	(void)snprintf(argv0, sizeof(argv0), "bulla-%s", name);
	argv[0] = argv0;
	errno = ENOENT;
	if (beside(path, sizeof(path), name))
		execv(path, argv);
	if (errno == ENOENT)
		execvp(argv0, argv);
	if (errno == ENOENT)
		return cmd_usage(c, "there is no %s here; \"bulla help\" "
		    "lists the tools", argv0);
	fprintf(stderr, "bulla: %s: %s\n", argv0, strerror(errno));
	return CMD_TROUBLE;
}

static int
list(const struct cmd *c)
{
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		char path[4200];
		struct cmd_json *j;

		if (!beside(path, sizeof(path), tools[i].name) ||
		    access(path, X_OK) != 0)
			continue;
		if (!c->common.json) {
			printf("bulla %-11s %s\n", tools[i].name,
			    tools[i].job);
			continue;
		}
		j = cmd_json_new();
		cmd_json_str(j, "tool", tools[i].name);
		cmd_json_str(j, "job", tools[i].job);
		if (cmd_json_print(c, j, CMD_YES) != CMD_YES)
			return CMD_TROUBLE;
	}
	return CMD_YES;
}

static int
run(struct cmd *c)
{
	static char help[] = "-h";
	const char *name = cmd_operand(c);
	char *argv[3] = { NULL, help, NULL };

	if (name == NULL)
		return cmd_usage(c, "which tool?");
	if (strcmp(name, "help") != 0)
		return run_tool(c, name, c->argv - 1);
	name = cmd_operand(c);
	return name != NULL ? run_tool(c, name, argv) : list(c);
}

int
main(int argc, char **argv)
{
	const char *arg = NULL;
	struct cmd c;

	cmd_begin(&c, &tool, argc, argv);
	while (cmd_getopt(&c, &arg) != -1)
		continue;
	return cmd_end(&c, run(&c));
}
