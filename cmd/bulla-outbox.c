#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outbox.h"

#include "bulla/text.h"

#define KEEP_DAYS 90u
#define JOBS 4u
#define HOOK_SECS 60u

enum {
	CERT = CMD_LONG, KEY, CACERT, PIN, LIMIT_RATE, WINDOW, CHECKSUM,
	COSIGN, NO_RECEIPT,
	NO_PROXY, STALL, ATTEMPTS, DEADLINE, NOT_BEFORE, NOTE, ONCE, KEEP,
	JOBS_OPT, HOOK_LIMIT, DONE, S3_CONF
};
static const struct cmd_opt opts[] = {
	{ 'u', "url", "URL", "the inbox: https://HOST[:PORT]/" },
	{ 'k', "vkey", "VKEY", "whose receipt is trusted (repeat)" },
	{ 'K', "vkeys", "FILE", "the same for each line of FILE (repeat)" },
	{ CERT, "cert", "FILE", "our TLS certificate (PEM)" },
	{ KEY, "key", "FILE", "and its key (PEM, mode 0600)" },
	{ CACERT, "cacert", "FILE", "who vouches for the inbox (PEM)" },
	{ PIN, "pin", "PIN", "sha256//BASE64 of the inbox's key (repeat)" },
	{ LIMIT_RATE, "limit-rate", "BYTES", "bytes per second (K, M, G)" },
	{ WINDOW, "window", "WINDOW",
	    "\"08:00-18:00 2M\": each day another rate, 0: none (repeat)" },
	{ CHECKSUM, "checksum", NULL,
	    "send the SHA-256 of each piece, where it is checked" },
	{ 'i', "identity", "FILE", "the custodian's signing key" },
	{ COSIGN, "cosign", NULL,
	    "send nothing to an inbox that does not cosign" },
	{ NO_RECEIPT, "no-receipt", NULL,
	    "URL is a tus server that gives none" },
	{ S3_CONF, "s3-conf", "FILE", "credentials for s3:// (mode 0600)" },
	{ NO_PROXY, "no-proxy", NULL, "ignore the environment's proxies" },
	{ STALL, "stall", "SECONDS", "try again when nothing moves" },
	{ ATTEMPTS, "attempts", "N",
	    "failures in a row that end a try (default: 3)" },
	{ DEADLINE, "deadline", "WHEN",
	    "alarm when it is not delivered by then" },
	{ NOT_BEFORE, "not-before", "WHEN", "do not send it earlier" },
	{ NOTE, "note", "TEXT", "a remark, for the list and the hooks" },
	{ ONCE, "once", NULL, "run: one entry at most" },
	{ 'f', "force", NULL, "run: do not wait out pauses after failures" },
	{ JOBS_OPT, "jobs", "N",
	    "run: counterparts served at a time (default: 4)" },
	{ KEEP, "keep", "DAYS",
	    "run: clear away what was done before (default: 90)" },
	{ HOOK_LIMIT, "hook-limit", "SECONDS",
	    "run: end a hook after (default: 60)" },
	{ DONE, "done", NULL, "list: also what was sent" },
	{ 0 },
};
static const char *const synopsis[] = {
	"add -u URL [OPTIONS OF bulla-send] [--deadline WHEN] "
	    "[--not-before WHEN] [--note TEXT] PACKAGE",
	"run [--once] [-f] [--jobs N] [--keep DAYS] [--hook-limit SECONDS]",
	"list [--done]",
	"drop ID...",
	"offer PACKAGE...",
	"withdraw PACKAGE-ID...",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-outbox",
	.synopsis = synopsis,
	.about = "The queue of scheduled transfers: add packages, and let "
	    "cron or a systemd timer\nrun it. WHEN is a time "
	    "(2026-11-22T03:04:05Z) or one from now on (90s, 30m, 12h,\n"
	    "2d).",
	.opts = opts,
};

static void
keep(struct outbox_cmd *k, char *word)
{
	if (word == NULL) {
		fprintf(stderr, "%s: out of memory\n", tool.name);
		exit(CMD_TROUBLE);
	}
	if (k->n_words == BULLA_OUTBOX_ARGS_MAX)
		exit(cmd_usage(&k->c, "too many options"));
	k->word[k->n_words++] = word;
}

static void
option_word(struct outbox_cmd *k, const char *name, const char *arg)
{
	keep(k, strdup(name));
	if (arg != NULL)
		keep(k, strdup(arg));
}

/*
 * The run has another working directory; a link is kept as it is, so that a
 * renewed certificate behind it is found.
 */
static void
option_file(struct outbox_cmd *k, const char *name, const char *arg)
{
	char cwd[4096], shown[200];
	char *path = NULL;

	if (access(arg, R_OK) != 0)
		exit(cmd_usage(&k->c, "%s: %s cannot be read", name,
		    bulla_text_show_str(shown, sizeof(shown), arg)));
	keep(k, strdup(name));
	if (arg[0] == '/')
		path = strdup(arg);
	else if (getcwd(cwd, sizeof(cwd)) == NULL ||
	    asprintf(&path, "%s/%s", cwd, arg) < 0)
		exit(cmd_usage(&k->c, "%s: cannot tell where this is",
		    name));
	keep(k, path);
}

/* A mistake is to be found now, and not at three in the morning. */
static void
option_vkey(struct outbox_cmd *k, bool file, const char *arg)
{
	struct bulla_vkeys scratch = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st = file ?
	    bulla_vkeys_add_file(&scratch, arg, &err) :
	    bulla_vkeys_add_text(&scratch, arg, &err);

	bulla_vkeys_free(&scratch);
	if (st != BULLA_OK)
		exit(cmd_fail(&k->c, file ? NULL : "-k", st, &err));
	if (file)
		option_file(k, "-K", arg);
	else
		option_word(k, "-k", arg);
}

static void
option_window(struct outbox_cmd *k, const char *arg)
{
	struct bulla_err err = { 0 };

	if (bulla_send_windows_add(&k->windows, arg, &err) != BULLA_OK)
		exit(cmd_usage(&k->c, "--window: %s", err.msg));
	option_word(k, "--window", arg);
}

/* The name of an option whose value is a file; else NULL. */
static const char *
file_option(int ch)
{
	return ch == CERT ? "--cert" : ch == KEY ? "--key" :
	    ch == CACERT ? "--cacert" : ch == S3_CONF ? "--s3-conf" :
	    ch == 'i' ? "-i" : NULL;
}

/* Of bulla-send, kept for it. */
static bool
option_send(struct outbox_cmd *k, int ch, const char *arg)
{
	const struct cmd *c = &k->c;
	const char *file = file_option(ch);

	if (ch == 'k' || ch == 'K')
		option_vkey(k, ch == 'K', arg);
	else if (file != NULL)
		option_file(k, file, arg);
	else if (ch == PIN)
		option_word(k, "--pin", arg);
	else if (ch == WINDOW)
		option_window(k, arg);
	else if (ch == CHECKSUM)
		option_word(k, "--checksum", NULL);
	else if (ch == COSIGN)
		option_word(k, "--cosign", NULL);
	else if (ch == NO_RECEIPT)
		option_word(k, "--no-receipt", NULL);
	else if (ch == NO_PROXY)
		option_word(k, "--no-proxy", NULL);
	else if (ch == LIMIT_RATE && cmd_size(c, "--limit-rate", arg,
	    INT64_MAX) <= INT64_MAX)
		option_word(k, "--limit-rate", arg);
	else if (ch == STALL && cmd_num(c, "--stall", arg, 1, 86400) > 0)
		option_word(k, "--stall", arg);
	else if (ch == ATTEMPTS && cmd_num(c, "--attempts", arg, 1,
	    1000000) > 0)
		option_word(k, "--attempts", arg);
	else
		return false;
	k->known = k->known || ch == 'k' || ch == 'K';
	k->cert = k->cert || ch == CERT;
	k->key = k->key || ch == KEY;
	k->no_receipt = k->no_receipt || ch == NO_RECEIPT;
	return true;
}

static void
option_run(struct outbox_cmd *k, int ch, const char *arg)
{
	if (ch == ONCE)
		k->once = true;
	else if (ch == 'f')
		k->force = true;
	else if (ch == JOBS_OPT)
		k->jobs = (unsigned)cmd_num(&k->c, "--jobs", arg, 1,
		    OUTBOX_JOBS_MAX);
	else if (ch == KEEP)
		k->keep_days = (unsigned)cmd_num(&k->c, "--keep", arg, 0,
		    36500);
	else if (ch == HOOK_LIMIT)
		k->hook_secs = (unsigned)cmd_num(&k->c, "--hook-limit", arg,
		    1, 86400);
	k->run_opts = true;
}

static void
option(struct outbox_cmd *k, int ch, const char *arg)
{
	if (ch == 'u')
		k->url = arg;
	else if (ch == DEADLINE)
		k->deadline = arg;
	else if (ch == NOT_BEFORE)
		k->not_before = arg;
	else if (ch == NOTE)
		k->note = arg;
	else if (ch == DONE)
		k->done = true;
	else if (!option_send(k, ch, arg))
		option_run(k, ch, arg);
}

static int
run(struct outbox_cmd *k)
{
	static const char of_another[] =
	    "an option that does not belong to %s";
	const char *verb = cmd_operand(&k->c);
	bool add = k->n_words > 0 || k->url != NULL || k->deadline != NULL ||
	    k->not_before != NULL || k->note != NULL;

	if (verb == NULL)
		return cmd_usage(&k->c, "add, run, list, drop, offer or "
		    "withdraw?");
	if ((add && strcmp(verb, "add") != 0) ||
	    (k->run_opts && strcmp(verb, "run") != 0) ||
	    (k->done && strcmp(verb, "list") != 0))
		return cmd_usage(&k->c, of_another, strcmp(verb, "add") == 0 ||
		    strcmp(verb, "run") == 0 || strcmp(verb, "list") == 0 ?
		    verb : "this");
	if (strcmp(verb, "add") == 0)
		return outbox_add(k);
	if (strcmp(verb, "drop") == 0)
		return outbox_drop(k);
	if (strcmp(verb, "offer") == 0)
		return outbox_offer(k);
	if (strcmp(verb, "withdraw") == 0)
		return outbox_withdraw(k);
	if (k->c.argc > 0)
		return cmd_usage(&k->c, "only add and drop take more words");
	if (strcmp(verb, "run") == 0)
		return outbox_run(k);
	if (strcmp(verb, "list") == 0)
		return outbox_list(k);
	return cmd_usage(&k->c, "add, run, list, drop, offer or "
		    "withdraw?");
}

int
main(int argc, char **argv)
{
	static struct outbox_cmd k;	/* too large for the stack */
	const char *arg;
	int ch, code;

	cmd_begin(&k.c, &tool, argc, argv);
	k.keep_days = KEEP_DAYS;
	k.jobs = JOBS;
	k.hook_secs = HOOK_SECS;
	while ((ch = cmd_getopt(&k.c, &arg)) != -1)
		option(&k, ch, arg);
	code = run(&k);
	bulla_outbox_free(k.box);
	for (size_t i = 0; i < k.n_words; i++)
		free(k.word[i]);
	return cmd_end(&k.c, code);
}
