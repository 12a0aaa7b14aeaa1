#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "send_home.h"
#include "send_package.h"

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/receive.h"
#include "bulla/text.h"
#include "bulla/when.h"

#define NOTES_MAX 16u	/* --note */
#define DAY 86400u

enum {
	CERT = CMD_LONG, KEY, CACERT, PIN, LIMIT_RATE, RECEIPT, NO_RECEIPT,
	NO_PROXY, DEADLINE, ATTEMPTS, STALL, COSIGN, NOTE
};
static const struct cmd_opt opts[] = {
	{ 'u', "url", "URL", "the inbox: https://HOST[:PORT]/" },
	{ CERT, "cert", "FILE", "our TLS certificate (PEM)" },
	{ KEY, "key", "FILE", "and its key (PEM, mode 0600)" },
	{ CACERT, "cacert", "FILE",
	    "who vouches for the inbox (PEM; default: the system's)" },
	{ PIN, "pin", "PIN", "sha256//BASE64 of the inbox's key (repeat)" },
	{ LIMIT_RATE, "limit-rate", "BYTES", "bytes per second (K, M, G)" },
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
	{ 0 },
};
static const char *const synopsis[] = {
	"-u URL [-k VKEY] [--cert FILE --key FILE] [--cacert FILE] "
	    "[--pin PIN]... [--cosign] [-i KEY] [--receipt FILE] [PACKAGE]",
	"-u URL --note FILE... [...]",
	"-u URL --no-receipt [...] [PACKAGE]",
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

struct send {
	struct cmd c;
	struct bulla_send_config cfg;
	struct bulla_send_what what;
	struct cmd_progress progress;
	struct send_home home;
	const char *receipt_path, *custodian;
	const char *note[NOTES_MAX];
	size_t n_notes;
	bool force;
};

static void
say(void *ctx, const char *line)
{
	struct send *s = ctx;

	cmd_say(&s->c, "%s", line);
}

static void
progress(void *ctx, uint64_t done)
{
	struct send *s = ctx;

	cmd_progress_at(&s->progress, done);
}

static void
json_exchange(struct cmd_json *j, const struct send_home *h)
{
	if (!h->exchange)
		return;
	cmd_json_bool(j, "cosigned", h->cosigned);
	if (h->cosigned) {
		cmd_json_u64(j, "cosigned-ours", h->sizes.ours);
		cmd_json_u64(j, "cosigned-theirs", h->sizes.theirs);
	}
	cmd_json_bool(j, "handed-over", h->handed_over);
}

static int
report(struct send *s, const struct bulla_receipt *r)
{
	char hex[65], when[BULLA_WHEN_LEN + 1], actor[300];
	struct cmd_json *j;
	int code = r == NULL || r->accepted ? CMD_YES : CMD_NO;

	bulla_hex(hex, s->what.sha256, sizeof(s->what.sha256));
	if (s->c.common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", code == CMD_YES);
		cmd_json_str(j, "sha256", hex);
		cmd_json_u64(j, "bytes", s->what.size);
		cmd_json_bool(j, "receipt", r != NULL);
		if (r != NULL) {
			cmd_json_bool(j, "accepted", r->accepted);
			if (!r->accepted)
				cmd_json_str(j, "reason", r->reason);
			cmd_json_str(j, "actor", r->actor);
			cmd_json_when(j, "time", r->time);
		}
		json_exchange(j, &s->home);
		return cmd_json_print(&s->c, j, code);
	}
	if (r == NULL) {
		printf("sent, no receipt: sha256 %s\n", hex);
		return code;
	}
	bulla_when_text(r->time, when);
	bulla_text_show_str(actor, sizeof(actor), r->actor);
	if (r->accepted)
		printf("received by %s at %s: sha256 %s\n", actor, when, hex);
	else
		fprintf(stderr, "%s: rejected by %s at %s: %s\n",
		    s->c.tool->name, actor, when, r->reason);
	return code;
}

/* Only a note that verifies is kept, and only then anything is claimed. */
static int
conclude(struct send *s, const struct bulla_buf *note, struct bulla_outfile *o)
{
	struct bulla_cur text = bulla_buf_view(note);
	struct bulla_receipt r;
	struct bulla_err err = { 0 };
	enum bulla_status st;

	st = bulla_receipt_check(&text, s->home.known, s->what.sha256, &r,
	    &err);
	if (st != BULLA_OK) {
		(void)bulla_wrap(&err, st, "all bytes are there, but what "
		    "came back is not accepted (run it again when that is "
		    "settled: nothing is sent twice)");
		return cmd_fail(&s->c, NULL, st, &err);
	}
	if (s->receipt_path != NULL) {
		st = bulla_write_fd(o->fd, note->p, note->len,
		    s->receipt_path, &err);
		if (st == BULLA_OK)
			st = bulla_outfile_commit(o, &err);
		if (st != BULLA_OK)
			return cmd_fail(&s->c, NULL, st, &err);
	}
	st = send_home_after(&s->home, &text, &err);
	if (st == BULLA_OK)
		return report(s, &r);
	(void)bulla_wrap(&err, st, "the package is there (%s), but",
	    r.accepted ? "received" : "rejected");
	return send_home_fail(&s->home, st, &err);
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
		st = send_take_in(path, &s->what, &err);
	if (st == BULLA_OK)
		st = send_check(&s->c, &s->cfg, s->what.fd, &err);
	if (st == BULLA_OK)
		st = bulla_send_init(&err);
	if (st == BULLA_OK && !s->cfg.no_receipt) {
		st = send_home_pins(&s->home, &s->cfg, &err);
		if (st == BULLA_OK)
			st = send_home_before(&s->home, &s->cfg, &s->what,
			    &err);
	}
	if (st == BULLA_OK) {
		cmd_progress_begin(&s->progress, &s->c, s->what.size);
		st = bulla_send(&s->cfg, &s->what, &note, &err);
		cmd_progress_end(&s->progress);
	}
	if (st != BULLA_OK)
		code = send_home_fail(&s->home, st, &err);
	else if (s->cfg.no_receipt)
		code = report(s, NULL);
	else
		code = conclude(s, &note, &o);
	bulla_outfile_free(&o);
	bulla_buf_free(&note);
	if (s->what.fd != -1)
		(void)close(s->what.fd);
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
		code = run(s, path);
	send_home_close(&s->home);
	return code;
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
	else if (ch == LIMIT_RATE)
		g->max_rate = cmd_size(&s->c, "--limit-rate", arg, INT64_MAX);
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
	else if (ch == NOTE && s->n_notes < NOTES_MAX)
		s->note[s->n_notes++] = arg;
	else if (ch == NOTE)
		exit(cmd_usage(&s->c, "more than %u notes", NOTES_MAX));
	else if (ch == NO_PROXY)
		g->no_proxy = true;
	else if (ch == DEADLINE)
		g->deadline_secs = (unsigned)cmd_num(&s->c, "--deadline", arg,
		    1, 365 * DAY);
	else if (ch == ATTEMPTS)
		g->attempts = (unsigned)cmd_num(&s->c, "--attempts", arg, 1,
		    1000000);
	else if (ch == STALL)
		g->stall_secs = (unsigned)cmd_num(&s->c, "--stall", arg, 1,
		    DAY);
}

static int
check(struct send *s)
{
	if (s->cfg.url == NULL)
		return cmd_usage(&s->c, "-u is missing: where to send it");
	if (s->cfg.no_receipt && s->receipt_path != NULL)
		return cmd_usage(&s->c, "--receipt and --no-receipt exclude "
		    "each other");
	if (s->cfg.no_receipt && (s->home.demanded || s->custodian != NULL))
		return cmd_usage(&s->c, "--no-receipt is for servers that "
		    "neither cosign nor take custody");
	if ((s->cfg.cert != NULL) != (s->cfg.key != NULL))
		return cmd_usage(&s->c, "--cert and --key belong together");
	if (s->cfg.no_receipt)
		cmd_say(&s->c, "--no-receipt: nobody will confirm what "
		    "arrived");
	return CMD_YES;
}

int
main(int argc, char **argv)
{
	struct send s = { .what.fd = -1,
	    .cfg = { .deadline_secs = DAY, .attempts = 10, .stall_secs = 60,
	    .watch = { .say = say, .progress = progress } } };
	const char *arg, *path;
	int ch, code;

	s.cfg.watch.ctx = &s;
	cmd_begin(&s.c, &tool, argc, argv);
	while ((ch = cmd_getopt(&s.c, &arg)) != -1)
		option(&s, ch, arg);
	path = cmd_operand(&s.c);
	if (s.c.argc > 0)
		code = cmd_usage(&s.c, "one package at a time");
	else if (s.n_notes > 0 && path != NULL)
		code = cmd_usage(&s.c, "--note sends no package");
	else
		code = check(&s);
	if (code == CMD_YES && s.n_notes > 0)
		code = send_notes(&s.c, &s.cfg, s.note, s.n_notes);
	else if (code == CMD_YES)
		code = deliver(&s, path != NULL ? path : "-");
	return cmd_end(&s.c, code);
}
