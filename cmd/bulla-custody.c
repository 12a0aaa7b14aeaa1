#include <string.h>

#include "custody.h"

enum {
	OPT_PACKAGE = CMD_LONG + 1, OPT_QUERY, OPT_REPLY, OPT_URL, OPT_TSA_CA,
	OPT_CACERT, OPT_POLICY,
};

static const struct cmd_opt opts[] = {
	{ 'i', "identity", "KEY", "sign with this key (repeat: two persons)" },
	{ 's', "set", "LABEL=VALUE", "add: a field of the note (repeat)" },
	{ OPT_PACKAGE, "package", "FILE",
	    "add: read package-sha256 and the seal from FILE" },
	{ OPT_QUERY, "query", "FILE", "stamp: write the query to FILE" },
	{ OPT_REPLY, "reply", "FILE", "stamp: take the authority's reply" },
	{ OPT_URL, "url", "URL", "stamp: ask this authority (https)" },
	{ OPT_POLICY, "policy", "OID", "stamp: ask for this policy" },
	{ OPT_CACERT, "cacert", "FILE", "stamp: trust this CA for --url" },
	{ OPT_TSA_CA, "tsa-ca", "FILE",
	    "trust these certificates for time stamps" },
	{ 0 },
};
static const char *const synopsis[] = {
	"add [-i KEY]... [-s LABEL=VALUE]... [--package FILE] ID EVENT",
	"show ID",
	"check ID",
	"countersign [-i KEY] ID (DIGEST | FILE)",
	"take [FILE]",
	"export -o FILE.tar ID",
	"stamp --query FILE [--policy OID] (ID | NOTE)",
	"stamp --reply FILE [--tsa-ca FILE] (ID | NOTE)",
	"stamp --url URL [--cacert FILE] [--tsa-ca FILE] (ID | NOTE)...",
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
		{ "export", custody_export }, { "stamp", custody_stamp },
	};
	const char *verb = cmd_operand(&k->c);

	for (size_t i = 0; verb != NULL && i < sizeof(verbs) /
	    sizeof(verbs[0]); i++) {
		if (strcmp(verb, verbs[i].verb) == 0)
			return verbs[i].run(k);
	}
	return cmd_usage(&k->c, "add, show, check, countersign, take, export "
	    "or stamp?");
}

static const char **
text_option(struct custody_cmd *k, int ch)
{
	switch (ch) {
	case OPT_PACKAGE:
		return &k->package;
	case OPT_QUERY:
		return &k->query;
	case OPT_REPLY:
		return &k->reply;
	case OPT_URL:
		return &k->url;
	case OPT_TSA_CA:
		return &k->tsa_ca;
	case OPT_CACERT:
		return &k->cacert;
	case OPT_POLICY:
		return &k->policy;
	default:
		return NULL;
	}
}

static int
option(struct custody_cmd *k, int ch, const char *arg)
{
	const char **text = text_option(k, ch);

	if (text != NULL)
		*text = arg;
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
	bulla_stamps_free(&k.stamps);
	cmd_home_close(&k.m);
	return cmd_end(&k.c, code);
}
