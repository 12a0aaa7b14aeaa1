#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/hash.h"
#include "bulla/io.h"
#include "bulla/opening.h"
#include "bulla/receive.h"
#include "bulla/send.h"
#include "bulla/text.h"
#include "bulla/ustar.h"
#include "bulla/when.h"

#define CHUNK (256u << 10)
#define DAY 86400u

enum {
	CERT = CMD_LONG, KEY, CACERT, PIN, LIMIT_RATE, RECEIPT, NO_RECEIPT,
	NO_PROXY, DEADLINE, ATTEMPTS, STALL
};
static const struct cmd_opt opts[] = {
	{ 'u', "url", "URL", "the inbox: https://HOST[:PORT]/" },
	{ CERT, "cert", "FILE", "our TLS certificate (PEM)" },
	{ KEY, "key", "FILE", "and its key (PEM, mode 0600)" },
	{ CACERT, "cacert", "FILE",
	    "who vouches for the inbox (PEM; default: the system's)" },
	{ PIN, "pin", "PIN", "sha256//BASE64 of the inbox's key (repeat)" },
	{ LIMIT_RATE, "limit-rate", "BYTES", "bytes per second (K, M, G)" },
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
	"-u URL -k VKEY [--cert FILE --key FILE] [--cacert FILE] "
	    "[--pin PIN]... [--receipt FILE] [PACKAGE]",
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
	.groups = CMD_KNOWN,
};

struct send {
	struct cmd c;
	struct bulla_send_config cfg;
	struct bulla_send_what what;
	struct cmd_progress progress;
	const char *receipt_path;
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

/* Hash in, and append to spool unless it is -1. */
static enum bulla_status
hash_all(int in, int spool, const char *name, struct bulla_send_what *w,
    struct bulla_err *err)
{
	struct bulla_sha256 *h = NULL;
	struct bulla_reader_fd r;
	uint8_t *buf = malloc(CHUNK);
	enum bulla_status st;
	size_t n;

	if (buf == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	bulla_reader_fd_init(&r, in, name);
	st = bulla_sha256_new(&h, err);
	for (n = 1; st == BULLA_OK && n > 0;) {
		st = bulla_read_full(&r.r, buf, CHUNK, &n, err);
		if (st != BULLA_OK)
			break;
		bulla_sha256_update(h, buf, n);
		w->size += n;
		if (spool != -1)
			st = bulla_write_fd(spool, buf, n, "spool", err);
	}
	if (st == BULLA_OK)
		bulla_sha256_final(h, w->sha256);
	bulla_sha256_free(h);
	free(buf);
	return st;
}

/* A pipe cannot be read twice, and an interrupted upload has to be. */
static enum bulla_status
take_in(struct send *s, const char *path, struct bulla_err *err)
{
	char name[128];
	struct stat sb;
	enum bulla_status st;
	int fd = -1, spool = -1;

	st = bulla_infile_open(path, &fd, err);
	if (st != BULLA_OK)
		return st;
	bulla_text_show_str(name, sizeof(name), path);
	if (fstat(fd, &sb) != 0)
		st = bulla_fail_sys(err, "%s", name);
	else if (!S_ISREG(sb.st_mode) || lseek(fd, 0, SEEK_CUR) != 0)
		st = bulla_spool_open(NULL, &spool, err);
	if (st == BULLA_OK)
		st = hash_all(fd, spool, name, &s->what, err);
	if (st == BULLA_OK && s->what.size == 0)
		st = bulla_fail(err, BULLA_E_INCOMPLETE, "%s: it is empty",
		    name);
	if (spool != -1) {
		(void)close(fd);
		fd = spool;
	}
	if (st != BULLA_OK)
		(void)close(fd);
	else
		s->what.fd = fd;
	return st;
}

/*
 * Plain evidence must not leave the house by mistake, not even to be refused
 * there: a package begins with the header of <id>/bagit.txt.
 */
static enum bulla_status
check_package(const struct send *s, struct bulla_err *err)
{
	static const char tail[] = "/bagit.txt";
	uint8_t block[BULLA_USTAR_BLOCK];
	struct bulla_ustar u;
	enum bulla_status st;
	size_t n;

	st = bulla_pread_fd(s->what.fd, block, sizeof(block), 0, &n,
	    "the package", err);
	if (st != BULLA_OK)
		return st;
	if (n == sizeof(block) && bulla_ustar_parse(block, &u, NULL) ==
	    BULLA_OK && strlen(u.name) == BULLA_ID_LEN + sizeof(tail) - 1 &&
	    strcmp(u.name + BULLA_ID_LEN, tail) == 0)
		return BULLA_OK;
	if (s->cfg.no_receipt) {
		cmd_say(&s->c, "this is no sealed package; it is sent as it "
		    "is");
		return BULLA_OK;
	}
	return bulla_fail(err, BULLA_E_FORMAT,
	    "not a sealed package, so it is not sent (bulla-seal makes one)");
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

	st = bulla_receipt_check(&text, &s->c.known, s->what.sha256, &r, &err);
	if (st != BULLA_OK) {
		(void)bulla_wrap(&err, st, "the receipt");
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
	return report(s, &r);
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
		st = take_in(s, path, &err);
	if (st == BULLA_OK)
		st = check_package(s, &err);
	if (st == BULLA_OK)
		st = bulla_send_init(&err);
	if (st == BULLA_OK) {
		cmd_progress_begin(&s->progress, &s->c, s->what.size);
		st = bulla_send(&s->cfg, &s->what, &note, &err);
		cmd_progress_end(&s->progress);
	}
	if (st != BULLA_OK)
		code = cmd_fail(&s->c, NULL, st, &err);
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
	if (!s->cfg.no_receipt && s->c.known.n == 0)
		return cmd_usage(&s->c, "whose receipt is trusted? Give the "
		    "receiver's key with -k or -K, or --no-receipt");
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
	else
		code = check(&s);
	if (code == CMD_YES)
		code = run(&s, path != NULL ? path : "-");
	return cmd_end(&s.c, code);
}
