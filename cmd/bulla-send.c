#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "send.h"

#include "bulla/s3.h"

#define DAY 86400u

enum {
	CERT = CMD_LONG, KEY, CACERT, PIN, LIMIT_RATE, RECEIPT, NO_RECEIPT,
	NO_PROXY, DEADLINE, ATTEMPTS, STALL, COSIGN, NOTE, WINDOW, CHECKSUM,
	NO_SPOOL, DRY_RUN, EVENTS_FD, S3_CONF, RECEIPT_WAIT
};
static const struct cmd_opt opts[] = {
	{ 'u', "url", "URL", "the inbox: https://HOST[:PORT]/" },
	{ CERT, "cert", "FILE", "our TLS certificate (PEM)" },
	{ KEY, "key", "FILE", "and its key (PEM, mode 0600)" },
	{ CACERT, "cacert", "FILE",
	    "who vouches for the inbox (PEM; default: the system's)" },
	{ PIN, "pin", "PIN", "sha256//BASE64 of the inbox's key (repeat)" },
	{ LIMIT_RATE, "limit-rate", "BYTES", "bytes per second (K, M, G)" },
	{ WINDOW, "window", "WINDOW",
	    "\"08:00-18:00 2M\": each day another rate, 0: none (repeat)" },
	{ CHECKSUM, "checksum", NULL,
	    "send the SHA-256 of each piece, where it is checked" },
	{ NO_SPOOL, "no-spool", NULL,
	    "standard input: keep it in memory, not on the disk" },
	{ DRY_RUN, "dry-run", NULL,
	    "ask whether it would be taken, and send nothing" },
	{ 'i', "identity", "FILE",
	    "the custodian's signing key (default: the home's)" },
	{ COSIGN, "cosign", NULL,
	    "send nothing to an inbox that does not cosign" },
	{ NOTE, "note", "FILE",
	    "send a signed note (roster, suspension) and no package" },
	{ RECEIPT, "receipt", "FILE", "keep the receipt in FILE" },
	{ 'f', "force", NULL, "overwrite that FILE" },
	{ NO_RECEIPT, "no-receipt", NULL,
	    "URL is a tus server that gives none" },
	{ NO_PROXY, "no-proxy", NULL, "ignore the environment's proxies" },
	{ DEADLINE, "deadline", "SECONDS", "give up after (default: a day)" },
	{ ATTEMPTS, "attempts", "N",
	    "give up after N failures in a row (default: 10)" },
	{ STALL, "stall", "SECONDS",
	    "try again when nothing moves (default: 60)" },
	{ EVENTS_FD, "events-fd", "N",
	    "what happens, as JSON lines to this descriptor" },
	{ S3_CONF, "s3-conf", "FILE",
	    "credentials for s3:// (default: s3.conf in the home)" },
	{ RECEIPT_WAIT, "receipt-wait", "SECONDS",
	    "s3://: exit with 5 when no receipt is there by then" },
	{ 0 },
};
static const char *const synopsis[] = {
	"-u URL [-k VKEY]... [-K FILE] [--cert FILE --key FILE] "
	    "[--cacert FILE] [--pin PIN]... [--cosign] [-i KEY] "
	    "[--receipt FILE] [--no-spool] [options] [PACKAGE]",
	"-u URL --dry-run [options] [PACKAGE]",
	"-u URL --note FILE... [options]",
	"-u URL --no-receipt [options] [PACKAGE]",
	"-u s3://BUCKET/PREFIX/ [--s3-conf FILE] [options] [PACKAGE]",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-send",
	.synopsis = synopsis,
	.about = "Send a package to the counterpart's inbox, resuming as often "
	    "as needed, and check\nthe signed receipt. Exit 5: try again "
	    "later, nothing is lost.",
	.opts = opts,
	.groups = CMD_KNOWN | CMD_ASK,
};

/* What has to be known before the first byte goes. */
static enum bulla_status
prepare(struct send *s, const char *path, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	/* A custodian signs for its digest, and others are asked by it. */
	s->what.hash = !s->home.has_custodian && !s->home.carrier &&
	    !s->cfg.no_receipt;
	if (!s->no_spool)
		st = send_take_in(path, &s->what, err);
	if (st == BULLA_OK && !s->no_spool)
		st = send_check(&s->c, &s->cfg, s->what.fd, err);
	if (st == BULLA_OK)
		st = bulla_send_init(err);
	if (s->home.carrier)
		return st;
	if (st == BULLA_OK && s->cfg.no_receipt && !s->no_spool)
		send_state_open(s);
	if (st == BULLA_OK && !s->cfg.no_receipt)
		st = send_home_pins(&s->home, &s->cfg, err);
	if (st == BULLA_OK && !s->cfg.no_receipt)
		st = send_home_before(&s->home, &s->cfg, &s->what, err);
	return st;
}

static enum bulla_status
transfer(struct send *s, struct bulla_buf *note, struct bulla_err *err)
{
	enum bulla_status st;

	cmd_progress_begin(&s->progress, &s->c, s->what.size);
	if (s->home.carrier)
		st = send_s3(&s->c, &s->cfg, &s->what, &s->s3, note, err);
	else
		st = s->no_spool ? send_stream(s, note, err) :
		    bulla_send(&s->cfg, &s->what, note, err);
	cmd_progress_end(&s->progress);
	return st;
}

static int
run(struct send *s, const char *path)
{
	struct bulla_buf note = BULLA_BUF_INIT(BULLA_SEND_RECEIPT_MAX);
	struct bulla_outfile o = BULLA_OUTFILE_INIT;
	struct bulla_err err = { 0 };
	enum bulla_status st = BULLA_OK;
	int code;

	/* Before anything is sent: it could not be kept afterwards. */
	if (s->receipt_path != NULL)
		st = bulla_outfile_open(&o, s->receipt_path, 0644, s->force,
		    false, &err);
	if (st == BULLA_OK)
		st = prepare(s, path, &err);
	if (st == BULLA_OK)
		st = transfer(s, &note, &err);
	if (st != BULLA_OK) {
		code = send_fail(s, st, &err);
	} else if (s->cfg.no_receipt) {
		send_state_drop(s);
		code = send_report(s, NULL);
	} else {
		code = send_conclude(s, &note, &o);
	}
	bulla_outfile_free(&o);
	bulla_buf_free(&note);
	return code;
}

static int
deliver(struct send *s, const char *path)
{
	int code = CMD_YES;

	if (!s->cfg.no_receipt)
		code = send_home_open(&s->home, &s->c, s->custodian);
	else
		s->home.c = &s->c;
	if (code == CMD_YES)
		code = s->dry_run ? send_dry_run(s, path) : run(s, path);
	send_home_close(&s->home);
	if (s->what.fd != -1)
		(void)close(s->what.fd);
	if (s->events != NULL)
		(void)fclose(s->events);
	return code;
}

/* How long it is tried. */
static bool
option_patience(struct send *s, int ch, const char *arg)
{
	struct bulla_send_config *g = &s->cfg;
	const struct cmd *c = &s->c;

	if (ch == DEADLINE)
		g->deadline_secs = (unsigned)cmd_num(c, "--deadline", arg, 1,
		    365 * DAY);
	else if (ch == ATTEMPTS)
		g->attempts = (unsigned)cmd_num(c, "--attempts", arg, 1,
		    1000000);
	else if (ch == STALL)
		g->stall_secs = (unsigned)cmd_num(c, "--stall", arg, 1, DAY);
	else if (ch == RECEIPT_WAIT)
		s->s3.wait_secs = (unsigned)cmd_num(c, "--receipt-wait", arg,
		    1, 365 * DAY);
	else
		return false;
	return true;
}

/* How it is sent, not what and where. */
static void
option_way(struct send *s, int ch, const char *arg)
{
	struct bulla_send_config *g = &s->cfg;
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (ch == LIMIT_RATE) {
		g->max_rate = cmd_size(&s->c, "--limit-rate", arg, INT64_MAX);
	} else if (ch == WINDOW) {
		st = bulla_send_windows_add(&g->windows, arg, &err);
		if (st != BULLA_OK)
			exit(cmd_usage(&s->c, "--window: %s", err.msg));
	} else if (ch == CHECKSUM) {
		g->checksum = true;
	} else if (ch == NO_PROXY) {
		g->no_proxy = true;
	} else if (ch == NO_SPOOL) {
		s->no_spool = s->home.streams = true;
	} else if (ch == DRY_RUN) {
		s->dry_run = true;
	} else if (ch == S3_CONF) {
		s->s3.conf = arg;
	} else if (ch == EVENTS_FD) {
		int code = send_events_open(s, (int)cmd_num(&s->c,
		    "--events-fd", arg, 1, 65535));

		if (code != CMD_YES)
			exit(code);
	}
}

static void
option(struct send *s, int ch, const char *arg)
{
	struct bulla_send_config *g = &s->cfg;

	if (ch == 'u')
		g->url = arg;
	else if (ch == CERT)
		g->cert = arg;
	else if (ch == KEY)
		g->key = arg;
	else if (ch == CACERT)
		g->ca = arg;
	else if (ch == PIN && g->n_pins < BULLA_SEND_PINS_MAX)
		g->pins[g->n_pins++] = arg;
	else if (ch == PIN)
		exit(cmd_usage(&s->c, "more than %u pins",
		    BULLA_SEND_PINS_MAX));
	else if (ch == RECEIPT)
		s->receipt_path = arg;
	else if (ch == 'f')
		s->force = true;
	else if (ch == NO_RECEIPT)
		g->no_receipt = true;
	else if (ch == 'i')
		s->custodian = arg;
	else if (ch == COSIGN)
		s->home.demanded = true;
	else if (ch == NOTE && s->n_notes < SEND_NOTES_MAX)
		s->note[s->n_notes++] = arg;
	else if (ch == NOTE)
		exit(cmd_usage(&s->c, "more than %u notes", SEND_NOTES_MAX));
	else if (!option_patience(s, ch, arg))
		option_way(s, ch, arg);
}

static int
check(struct send *s)
{
	if (s->cfg.url == NULL)
		return cmd_usage(&s->c, "-u is missing: where to send it");
	s->home.carrier = bulla_s3_is_url(s->cfg.url);
	if (s->cfg.no_receipt && s->receipt_path != NULL)
		return cmd_usage(&s->c, "--receipt and --no-receipt exclude "
		    "each other");
	if (s->cfg.no_receipt && (s->home.demanded || s->custodian != NULL))
		return cmd_usage(&s->c, "--no-receipt is for servers that "
		    "neither cosign nor take custody");
	if ((s->cfg.cert != NULL) != (s->cfg.key != NULL))
		return cmd_usage(&s->c, "--cert and --key belong together");
	if (s->home.carrier && (s->home.demanded || s->custodian != NULL ||
	    s->n_notes > 0 || s->no_spool || s->dry_run))
		return cmd_usage(&s->c, "a bucket is no inbox: --cosign, -i, "
		    "--note, --no-spool and --dry-run are not for s3://");
	if (s->dry_run && (s->no_spool || s->receipt_path != NULL))
		return cmd_usage(&s->c, "--dry-run gives no receipt and "
		    "streams nothing");
	if (s->cfg.no_receipt && !s->dry_run)
		cmd_say(&s->c, "--no-receipt: nobody will confirm what "
		    "arrived");
	return CMD_YES;
}

int
main(int argc, char **argv)
{
	struct send s = { .what.fd = -1,
	    .cfg = { .deadline_secs = DAY, .attempts = 10,
	    .stall_secs = 60 } };
	const char *arg, *path;
	int ch, code;

	send_events_begin(&s);
	cmd_begin(&s.c, &tool, argc, argv);
	while ((ch = cmd_getopt(&s.c, &arg)) != -1)
		option(&s, ch, arg);
	path = cmd_operand(&s.c);
	if (s.c.argc > 0)
		code = cmd_usage(&s.c, "one package at a time");
	else if (s.n_notes > 0 && (path != NULL || s.dry_run || s.no_spool))
		code = cmd_usage(&s.c, "--note sends no package");
	else if (s.no_spool && path != NULL && strcmp(path, "-") != 0)
		code = cmd_usage(&s.c, "--no-spool is for standard input");
	else
		code = check(&s);
	if (code == CMD_YES && s.n_notes > 0)
		code = send_notes(&s.c, &s.cfg, s.note, s.n_notes);
	else if (code == CMD_YES)
		code = deliver(&s, path != NULL ? path : "-");
	return cmd_end(&s.c, code);
}
