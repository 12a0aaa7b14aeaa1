#include <string.h>

#include "custody.h"

enum { OPT_PACKAGE = CMD_LONG + 1 };

static const struct cmd_opt opts[] = {
	{ 'i', "identity", "KEY", "sign with this key (repeat: two persons)" },
	{ 's', "set", "LABEL=VALUE", "add: a field of the note (repeat)" },
	{ OPT_PACKAGE, "package", "FILE",
	    "add: read package-sha256 and the seal from FILE" },
	{ 0 },
};
static const char *const synopsis[] = {
	"add [-i KEY]... [-s LABEL=VALUE]... [--package FILE] ID EVENT",
	"show ID",
	"check ID",
	"countersign [-i KEY] ID (DIGEST | FILE)",
	"take [FILE]",
	"export -o FILE.tar ID",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-custody",
	.synopsis = synopsis,
	.about = "The chain of custody of a package: who had it when, what "
	    "for, and who says so.",
	.opts = opts,
	.groups = CMD_OUT | CMD_ASK,
};

static int
run(struct custody_cmd *k)
{
	static const struct {
		const char *verb;
		int (*run)(struct custody_cmd *k);
	} verbs[] = {
		{ "add", custody_add }, { "show", custody_show },
		{ "check", custody_check }, { "take", custody_take },
		{ "countersign", custody_countersign },
		{ "export", custody_export },
	};
	const char *verb = cmd_operand(&k->c);

	for (size_t i = 0; verb != NULL && i < sizeof(verbs) /
	    sizeof(verbs[0]); i++) {
		if (strcmp(verb, verbs[i].verb) == 0)
			return verbs[i].run(k);
	}
	return cmd_usage(&k->c, "add, show, check, countersign, take or "
	    "export?");
}

static int
option(struct custody_cmd *k, int ch, const char *arg)
{
	if (ch == OPT_PACKAGE)
		k->package = arg;
	else if (ch == 'i' && k->n_keys < CUSTODY_KEYS_MAX)
		k->key[k->n_keys++] = arg;
	else if (ch == 's' && k->n_set < CUSTODY_SET_MAX)
		k->set[k->n_set++] = arg;
	else
		return cmd_usage(&k->c, "too many -%c", ch);
	return CMD_YES;
}

int
main(int argc, char **argv)
{
	struct custody_cmd k = { 0 };
	const char *arg = NULL;
	int ch, code = CMD_YES;

	cmd_begin(&k.c, &tool, argc, argv);
	while ((ch = cmd_getopt(&k.c, &arg)) != -1 && code == CMD_YES)
		code = option(&k, ch, arg);
	if (code == CMD_YES)
		code = run(&k);
	for (size_t i = 0; i < k.n_signers; i++)
		bulla_signer_free(&k.signer[i]);
	cmd_home_close(&k.m);
	return cmd_end(&k.c, code);
}
