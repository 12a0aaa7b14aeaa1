#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_package.h"
#include "cmd_s3.h"
#include "fetch.h"

#include "bulla/enc.h"
#include "bulla/fetch.h"
#include "bulla/text.h"

#define DAY 86400u
#define NAME_LIMIT 200u		/* of a file named after the URL */

enum {
	CERT = CMD_LONG, KEY, CACERT, PIN, LIMIT_RATE, MIN_RATE, NO_PROXY,
	DEADLINE, ATTEMPTS, STALL, TIMEOUT, SHA256, EXERCISE, S3_CONF, LIST
};
static const struct cmd_opt opts[] = {
	{ SHA256, "sha256", "HEX", "the digest that the file must have" },
	{ CERT, "cert", "FILE", "our TLS certificate (PEM)" },
	{ KEY, "key", "FILE", "and its key (PEM, mode 0600)" },
	{ CACERT, "cacert", "FILE",
	    "who vouches for the server (PEM; default: the system's)" },
	{ PIN, "pin", "PIN", "sha256//BASE64 of the server's key (repeat)" },
	{ LIMIT_RATE, "limit-rate", "BYTES", "bytes per second (K, M, G)" },
	{ MIN_RATE, "min-rate", "BYTES",
	    "try again below this rate (default: 100)" },
	{ STALL, "stall", "SECONDS",
	    "measured over this time (default: 60)" },
	{ TIMEOUT, "timeout", "SECONDS", "the same as --stall" },
	{ DEADLINE, "deadline", "SECONDS", "give up after (default: a day)" },
	{ ATTEMPTS, "attempts", "N",
	    "give up after N failures in a row (default: 10)" },
	{ NO_PROXY, "no-proxy", NULL, "ignore the environment's proxies" },
	{ LIST, "list", NULL, "show what the inbox at URL offers us" },
	{ EXERCISE, "exercise", NULL, "accept an EXERCISE package" },
	{ S3_CONF, "s3-conf", "FILE",
	    "credentials for s3:// (default: s3.conf in the home)" },
	{ 0 },
};
static const char *const synopsis[] = {
	"[-o FILE] [-k VKEY]... [-K FILE] [--sha256 HEX] "
	    "[--cert FILE --key FILE] [--cacert FILE] [--pin PIN]... "
	    "[options] URL",
	"[options] [--s3-conf FILE] s3://BUCKET/KEY",
	"[options] --list URL",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-fetch",
	.synopsis = synopsis,
	.about = "Download a package over HTTPS or from S3, resuming as often "
	    "as needed, and verify\nit before it gets its name. Exit 5: try "
	    "again later, nothing is lost.",
	.opts = opts,
	.groups = CMD_OUT | CMD_KNOWN,
};

struct fetch {
	struct cmd c;
	struct bulla_fetch_config cfg;
	struct bulla_fetched got;
	struct fetch_check check;
	struct cmd_s3 s3;
	const char *s3_conf;
	struct cmd_progress progress;
	uint64_t size, base, last;	/* for progress */
	char name[NAME_LIMIT + 1];
	bool list;
};

static void
say(void *ctx, const char *line)
{
	struct fetch *f = ctx;

	cmd_say(&f->c, "%s", line);
}

static void
total(void *ctx, uint64_t size)
{
	struct fetch *f = ctx;

	f->size = size;
}

/* What was here already took no time: it would spoil the rate. */
static void
progress(void *ctx, uint64_t at)
{
	struct fetch *f = ctx;

	if (f->last == 0 || at < f->last)
		f->base = at;
	f->last = at;
	f->progress.total = f->size > f->base ? f->size - f->base : 0;
	cmd_progress_at(&f->progress, at - f->base);
}

/* Are the bytes to blame, or something on our side? */
static bool
is_verdict(enum bulla_status st)
{
	return st == BULLA_E_FORMAT || st == BULLA_E_LIMIT ||
	    st == BULLA_E_MISMATCH || st == BULLA_E_INCOMPLETE;
}

static void
report_json(struct fetch *f)
{
	struct cmd_json *j = cmd_json_new();

	cmd_json_bool(j, "ok", true);
	cmd_json_str(j, "file", f->cfg.path);
	cmd_json_u64(j, "bytes", f->got.size);
	cmd_json_hex(j, "sha256", f->check.digest, BULLA_SHA256_LEN);
	cmd_json_bool(j, "sha256_demanded", f->check.has_sha256);
	cmd_json_u64(j, "had", f->got.had);
	cmd_json_u64(j, "arrived", f->got.arrived);
	if (f->check.is_package) {
		cmd_package_json(j, &f->check.package);
	} else {
		cmd_json_bool(j, "verified", false);
		cmd_json_null(j, "package");
	}
	/* stdout is checked at the end */
	(void)cmd_json_print(&f->c, j, CMD_YES);
}

static void
report(struct fetch *f)
{
	const struct bulla_package *p = &f->check.package;
	char shown[256], hex[2 * BULLA_SHA256_LEN + 1];

	if (f->check.is_package && !p->verified)
		cmd_say(&f->c, "NOT VERIFIED: no sealer's key is known (-k, "
		    "-K, or a home with rosters)");
	if (f->c.common.json) {
		report_json(f);
		return;
	}
	bulla_hex(hex, f->check.digest, BULLA_SHA256_LEN);
	printf("%s: %llu bytes, sha256 %s, ",
	    bulla_text_show_str(shown, sizeof(shown), f->cfg.path),
	    (unsigned long long)f->got.size, hex);
	if (!f->check.is_package)
		printf("as demanded, no package\n");
	else if (!p->verified)
		printf("package %s NOT VERIFIED\n", p->opening.id);
	else
		printf("package %s verified, from %.*s\n", p->opening.id,
		    (int)p->opening.from.len,
		    (const char *)p->opening.from.p);
}

static enum bulla_status
pull(struct fetch *f, struct bulla_err *err)
{
	enum bulla_status st;

	f->size = f->base = f->last = 0;
	cmd_progress_begin(&f->progress, &f->c, 0);
	st = f->s3.s == NULL ? bulla_fetch(&f->cfg, &f->got, err) :
	    bulla_s3_fetch(f->s3.s, f->s3.at.key, &f->cfg, &f->got, err);
	cmd_progress_end(&f->progress);
	if (st != BULLA_OK)
		return st;
	if (f->got.had > 0)
		cmd_say(&f->c, "%llu bytes were here from an earlier run",
		    (unsigned long long)f->got.had);
	return fetch_check(&f->check, f->got.fd, f->got.size, err);
}

static enum bulla_status
open_s3(struct fetch *f, struct bulla_err *err)
{
	enum bulla_status st = cmd_s3_open(&f->s3, &f->c, f->s3_conf,
	    f->cfg.line.url, &f->cfg.line, err);

	if (st == BULLA_OK && f->s3.at.is_prefix)
		st = bulla_fail(err, BULLA_E_USAGE,
		    "the URL names no object: give s3://BUCKET/KEY");
	return st;
}

static int
run(struct fetch *f)
{
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_send_init(&err);
	char shown[256];

	if (st == BULLA_OK && bulla_s3_is_url(f->cfg.line.url))
		st = open_s3(f, &err);
	if (st == BULLA_OK && fetch_is_outgoing(f->cfg.line.url))
		st = cmd_tls_connect(&f->check.tls, &f->check.home, true,
		    &f->cfg.line, &err);
	if (st == BULLA_OK)
		st = pull(f, &err);
	/*
	 * What was joined of several pieces may have been spoilt here, by a
	 * disk or by a server that gave two versions one tag.
	 */
	if (is_verdict(st) && f->got.joined) {
		cmd_say(&f->c, "%s; it came in pieces: fetched once more",
		    err.msg);
		bulla_fetched_drop(&f->got);
		st = pull(f, &err);
	}
	if (st != BULLA_OK) {
		if (f->got.part != NULL)
			cmd_say(&f->c, "what came is left in %s"
			    BULLA_FETCH_PART, bulla_text_show_str(shown,
			    sizeof(shown), f->cfg.path));
		return cmd_fail(&f->c, f->got.part != NULL ?
		    f->cfg.line.url : NULL, st, &err);
	}
	st = bulla_fetched_commit(&f->got, &err);
	if (st != BULLA_OK)
		return cmd_fail(&f->c, NULL, st, &err);
	report(f);
	return CMD_YES;
}

/* The last part of the URL's path, where that is a harmless name. */
static int
name_of(struct fetch *f)
{
	const char *url = f->cfg.line.url, *end = url + strcspn(url, "?#");
	const char *start = end;
	size_t least = strlen(bulla_s3_is_url(url) ? "s3://abc/" :
	    "https://x/");
	size_t n;

	while (start > url && start[-1] != '/')
		start--;
	n = (size_t)(end - start);
	if (n == 0 || n > NAME_LIMIT || start[0] == '.' || start[0] == '-' ||
	    start < url + least ||
	    strspn(start, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
	    "yz0123456789._-") < n)
		return cmd_usage(&f->c, "the URL gives no good name for the "
		    "file: -o FILE");
	memcpy(f->name, start, n);
	f->name[n] = '\0';
	f->cfg.path = f->name;
	return CMD_YES;
}

static int
check(struct fetch *f)
{
	const struct bulla_send_config *g = &f->cfg.line;
	const char *const reads[] = { g->cert, g->key, g->ca, f->s3_conf };
	int code = CMD_YES;

	if (g->url == NULL || f->c.argc > 0)
		return cmd_usage(&f->c, "one URL at a time");
	if ((g->cert != NULL) != (g->key != NULL))
		return cmd_usage(&f->c, "--cert and --key belong together");
	f->cfg.path = f->c.common.out;
	f->cfg.force = f->c.common.force;
	if (f->list)
		return CMD_YES;
	if (f->cfg.path == NULL)
		return name_of(f);
	if (strcmp(f->cfg.path, "-") == 0)
		return cmd_usage(&f->c, "-o -: nothing is given away before "
		    "it was checked, so it needs a file");
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
		if (code == CMD_YES && reads[i] != NULL)
			code = cmd_spare(&f->c, reads[i]);
	return code;
}

static void
digest(struct fetch *f, const char *arg)
{
	struct bulla_cur c = bulla_cur_str(arg);

	f->check.has_sha256 = bulla_hex_decode(&c, f->check.sha256,
	    sizeof(f->check.sha256));
	if (!f->check.has_sha256)
		exit(cmd_usage(&f->c, "--sha256 takes 64 hex digits in lower "
		    "case"));
}

static void
option(struct fetch *f, int ch, const char *arg)
{
	struct bulla_send_config *g = &f->cfg.line;

	if (ch == CERT)
		g->cert = arg;
	else if (ch == KEY)
		g->key = arg;
	else if (ch == CACERT)
		g->ca = arg;
	else if (ch == PIN && g->n_pins < BULLA_SEND_PINS_MAX)
		g->pins[g->n_pins++] = arg;
	else if (ch == PIN)
		exit(cmd_usage(&f->c, "more than %u pins",
		    BULLA_SEND_PINS_MAX));
	else if (ch == LIMIT_RATE)
		g->max_rate = cmd_size(&f->c, "--limit-rate", arg, INT64_MAX);
	else if (ch == MIN_RATE)
		f->cfg.min_rate = cmd_size(&f->c, "--min-rate", arg,
		    UINT64_C(1) << 40);
	else if (ch == NO_PROXY)
		g->no_proxy = true;
	else if (ch == DEADLINE)
		g->deadline_secs = (unsigned)cmd_num(&f->c, "--deadline", arg,
		    1, 365 * DAY);
	else if (ch == ATTEMPTS)
		g->attempts = (unsigned)cmd_num(&f->c, "--attempts", arg, 1,
		    1000000);
	else if (ch == STALL || ch == TIMEOUT)
		g->stall_secs = (unsigned)cmd_num(&f->c, "--stall", arg, 1,
		    DAY);
	else if (ch == SHA256)
		digest(f, arg);
	else if (ch == S3_CONF)
		f->s3_conf = arg;
	else if (ch == LIST)
		f->list = true;
	else
		f->check.allow_exercise = true;
}

int
main(int argc, char **argv)
{
	struct fetch f = { .got.fd = -1, .cfg = { .min_rate = 100,
	    .total = total, .line = { .deadline_secs = DAY, .attempts = 10,
	    .stall_secs = 60, .no_receipt = true,
	    .watch = { .say = say, .progress = progress } } } };
	const char *arg;
	int ch, code;

	f.cfg.line.watch.ctx = &f;
	cmd_begin(&f.c, &tool, argc, argv);
	while ((ch = cmd_getopt(&f.c, &arg)) != -1)
		option(&f, ch, arg);
	f.cfg.line.url = cmd_operand(&f.c);
	code = check(&f);
	if (code == CMD_YES)
		code = fetch_check_begin(&f.check, &f.c);
	if (code == CMD_YES)
		code = f.list ? fetch_list(&f.check, &f.cfg.line) : run(&f);
	bulla_fetched_free(&f.got);
	cmd_s3_close(&f.s3);
	fetch_check_end(&f.check);
	return cmd_end(&f.c, code);
}
