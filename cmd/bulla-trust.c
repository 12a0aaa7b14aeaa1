#include <string.h>

#include "trust.h"

#include "bulla/file.h"

enum {
	OPT_PERSON = CMD_LONG + 1, OPT_THRESHOLD, OPT_ROOT, OPT_DROP_ROOT,
	OPT_ADD, OPT_UNTIL, OPT_AGE, OPT_TLS, OPT_LIFT, OPT_EXPIRES,
	OPT_FINGERPRINT, OPT_FROM, OPT_OURS, OPT_KEY, OPT_REASON
};

static const struct cmd_opt opts[] = {
	{ 'n', "name", "NAME",
	    "init: of the side; tls: a host of the certificate (repeat)" },
	{ 'i', "identity", "FILE", "a secret key to sign with (repeat)" },
	{ 'p', "passphrase", NULL, "init: protect the keys of persons" },
	{ OPT_PERSON, "person", "[ROLE=]NAME",
	    "whose keys they are; behind --add: whose key it is" },
	{ OPT_ADD, "add", "ROLE=VKEY", "a key with a role (repeat)" },
	{ OPT_UNTIL, "until", "KEY=TIME", "end a key then (repeat)" },
	{ OPT_AGE, "age", "NAME=age1...",
	    "a recipient with a name; NAME=- removes it (repeat)" },
	{ OPT_TLS, "tls", "SHA256[=TIME]",
	    "the key of a TLS certificate, good until TIME (repeat)" },
	{ OPT_LIFT, "lift", "SHA256", "lift a suspension (repeat)" },
	{ OPT_ROOT, "root", "VKEY=PERSON", "one more root key (repeat)" },
	{ OPT_DROP_ROOT, "drop-root", "KEY", "one root key less (repeat)" },
	{ OPT_THRESHOLD, "threshold", "N",
	    "how many root persons must sign a roster" },
	{ OPT_EXPIRES, "expires", "TIME",
	    "until when the roster or certificate is good" },
	{ OPT_FROM, "from", "TIME",
	    "from when on the agreement is in force (default: now)" },
	{ OPT_FINGERPRINT, "fingerprint", "TEXT",
	    "pin: what the counterpart read out" },
	{ OPT_OURS, "ours", NULL, "pin: the first roster of this home" },
	{ OPT_KEY, "key", "KEY", "suspend: which key" },
	{ OPT_REASON, "reason", "TEXT", "suspend: why" },
	{ 0 },
};
static const char *const synopsis[] = {
	"init -n SIDE --person NAME [-p] [-i ROOTKEY]... "
	    "[--root VKEY=PERSON]... [--threshold N] [-o FILE]",
	"show [ours | theirs | FILE]",
	"fingerprint [ours | theirs | FILE]",
	"propose [-i ROOTKEY]... [--add ROLE=VKEY]... [--until KEY=TIME]... "
	    "[options] [-o FILE]",
	"sign -i ROOTKEY [-o FILE] FILE",
	"pin [--fingerprint TEXT] [--ours] FILE...",
	"suspend [-i KEYFILE] --key KEY --reason TEXT [-o FILE]",
	"tls make | next [-n HOST]... [--expires TIME]",
	"tls switch",
	"tls show [FILE...]",
	"agreement template [-o FILE]",
	"agreement propose [-i LEADKEY] [--from TIME] [-o FILE] [DRAFT]",
	"agreement sign [-i LEADKEY] [-o FILE] FILE",
	"agreement (pin | show) FILE",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-trust",
	.synopsis = synopsis,
	.about = "Rosters: who may sign what, on our side and on the "
	    "counterpart's. A roster is\nsigned by root keys, and taken in "
	    "version by version.",
	.opts = opts,
	.groups = CMD_OUT | CMD_ASK,
};

static int
edit(struct trust_cmd *k, enum trust_edit_kind kind, const char *arg)
{
	if (k->n_edits == TRUST_EDITS_MAX)
		return cmd_usage(&k->c, "more than %u changes at once",
		    TRUST_EDITS_MAX);
	k->edit[k->n_edits++] = (struct trust_edit){ kind, arg, NULL };
	return CMD_YES;
}

/* Behind an --add it is that key's; ROLE=NAME only where ROLE is one. */
static void
person(struct trust_cmd *k, const char *arg)
{
	struct trust_edit *last = k->n_edits > 0 ?
	    &k->edit[k->n_edits - 1] : NULL;
	struct bulla_cur role;
	const char *name;
	enum bulla_role bit;

	if (last != NULL && last->kind == EDIT_ADD && last->person == NULL) {
		last->person = arg;
		return;
	}
	if (trust_pair(arg, &role, &name)) {
		if (bulla_cur_is(&role, "root")) {
			k->role_person[7] = name;
			return;
		}
		if (bulla_role_parse(&role, &bit)) {
			k->role_person[__builtin_ctz(bit)] = name;
			return;
		}
	}
	k->person = arg;
}

static int
identity(struct trust_cmd *k, const char *arg)
{
	if (k->n_key_paths == TRUST_KEYS_MAX)
		return cmd_usage(&k->c, "more than %u times -i",
		    TRUST_KEYS_MAX);
	k->key_path[k->n_key_paths++] = arg;
	return CMD_YES;
}

static int
name(struct trust_cmd *k, const char *arg)
{
	k->name = arg;
	if (k->n_hosts == BULLA_X509_HOSTS_MAX)
		return cmd_usage(&k->c, "more than %u times -n",
		    BULLA_X509_HOSTS_MAX);
	k->host[k->n_hosts++] = arg;
	return CMD_YES;
}

static int
option_word(struct trust_cmd *k, int ch, const char *arg)
{
	switch (ch) {
	case 'n':
		return name(k, arg);
	case 'i':
		return identity(k, arg);
	case 'p':
		k->protect = true;
		break;
	case OPT_PERSON:
		person(k, arg);
		break;
	case OPT_THRESHOLD:
		k->threshold = cmd_num(&k->c, "--threshold", arg, 1,
		    BULLA_ROSTER_ROOTS_MAX);
		break;
	case OPT_EXPIRES:
		k->expires = arg;
		break;
	case OPT_FINGERPRINT:
		k->fingerprint = arg;
		break;
	case OPT_FROM:
		k->from = arg;
		break;
	case OPT_OURS:
		k->ours = true;
		break;
	case OPT_KEY:
		k->key = arg;
		break;
	default:
		k->reason = arg;
		break;
	}
	return CMD_YES;
}

static int
option(struct trust_cmd *k, int ch, const char *arg)
{
	static const struct {
		int ch;
		enum trust_edit_kind kind;
	} edits[] = {
		{ OPT_ADD, EDIT_ADD }, { OPT_UNTIL, EDIT_UNTIL },
		{ OPT_AGE, EDIT_AGE }, { OPT_TLS, EDIT_TLS },
		{ OPT_LIFT, EDIT_LIFT }, { OPT_ROOT, EDIT_ROOT },
		{ OPT_DROP_ROOT, EDIT_DROP_ROOT },
	};

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		if (ch == edits[i].ch)
			return edit(k, edits[i].kind, arg);
	}
	return option_word(k, ch, arg);
}

static int
run(struct trust_cmd *k)
{
	static const struct {
		const char *verb;
		int (*run)(struct trust_cmd *k);
	} verbs[] = {
		{ "init", trust_init }, { "show", trust_show },
		{ "fingerprint", trust_fingerprint },
		{ "propose", trust_propose }, { "sign", trust_sign },
		{ "pin", trust_pin }, { "suspend", trust_suspend },
		{ "agreement", trust_agreement },
		{ "tls", trust_tls },
	};
	const char *verb = cmd_operand(&k->c);

	for (size_t i = 0; verb != NULL && i < sizeof(verbs) /
	    sizeof(verbs[0]); i++) {
		if (strcmp(verb, verbs[i].verb) == 0)
			return verbs[i].run(k);
	}
	return cmd_usage(&k->c, "init, show, fingerprint, propose, sign, pin, "
	    "suspend, tls or agreement?");
}

int
main(int argc, char **argv)
{
	static struct trust_cmd k;	/* too large for the stack */
	const char *arg = NULL;
	int ch, code = CMD_YES;

	cmd_begin(&k.c, &tool, argc, argv);
	k.now = bulla_now();
	while ((ch = cmd_getopt(&k.c, &arg)) != -1) {
		if (code == CMD_YES)
			code = option(&k, ch, arg);
	}
	if (code == CMD_YES)
		code = run(&k);
	trust_free_keys(&k);
	return cmd_end(&k.c, code);
}
