#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "inbox_home.h"
#include "inbox_limits.h"

#include "bulla/file.h"

enum {
	LISTEN = CMD_LONG, TLS_CERT, TLS_KEY, CLIENT_CA, MAX_SIZE, EXERCISE,
	TIMEOUT, MIN_RATE, EXPIRE, STATUS,
	CLIENT_LIMIT, AGENCY_LIMIT
};
static const struct cmd_opt opts[] = {
	{ LISTEN, "listen", "ADDR:PORT", "where to listen; port 0: any" },
	{ TLS_CERT, "tls-cert", "FILE", "our TLS certificate, chain (PEM)" },
	{ TLS_KEY, "tls-key", "FILE", "and its key (PEM, mode 0600)" },
	{ CLIENT_CA, "client-ca", "FILE", "who vouches for senders (PEM)" },
	{ 'i', "identity", "FILE",
	    "the receiver's signing key (default: the home's)" },
	{ MAX_SIZE, "max-size", "BYTES", "of a package (default: 16T)" },
	{ EXERCISE, "exercise", NULL, "take packages marked EXERCISE" },
	{ TIMEOUT, "timeout", "SECONDS", "for a request (default: 30)" },
	{ MIN_RATE, "min-rate", "BYTES",
	    "a body must bring per second (default: 512)" },
	{ EXPIRE, "expire", "SECONDS",
	    "until an upload that stands still is removed (default: 7 days)" },
	{ CLIENT_LIMIT, "client-limit", "LIMITS", "of one client: bytes=N,"
	    "uploads=N,connections=N,requests=N" },
	{ AGENCY_LIMIT, "agency-limit", "LIMITS",
	    "the same for all clients of an agency" },
	{ STATUS, "status", "ADDR:PORT",
	    "health and metrics over plain HTTP; loopback only" },
	{ 0 },
};
static const char *const synopsis[] = {
	"--listen ADDR:PORT --tls-cert FILE --tls-key FILE --client-ca FILE "
	    "[-i RECEIVERKEY] [-k VKEY] [--max-size BYTES] [--exercise]",
	NULL,
};
static const struct cmd_tool tool = {
	.name = "bulla-inbox",
	.synopsis = synopsis,
	.about = "Receive packages over HTTPS, verify their seals, store them "
	    "and give signed receipts.\nRuns until SIGTERM or SIGINT.",
	.opts = opts,
	.groups = CMD_KNOWN | CMD_ASK,
};

struct inbox {
	struct cmd c;
	struct bulla_inbox_config cfg;
	const char *key;
	struct bulla_signer receiver;
	struct inbox_home home;
	bool exercise;
};

/* Where the network meets the core: the only place that knows both. */
static enum bulla_status
finish(void *ctx, int fd, const struct bulla_inbox_client *client,
    struct bulla_inbox_verdict *out, struct bulla_err *err)
{
	struct inbox *in = ctx;
	struct bulla_receive p = { .home = in->cfg.home,
	    .receiver = &in->receiver, .allow_exercise = in->exercise,
	    .now = bulla_now() };
	struct bulla_received r;
	enum bulla_status st;

	(void)client;
	st = inbox_home_receive(&in->home, &p, fd, &r, err);
	if (st != BULLA_OK)
		return st;
	memcpy(out->sha256, r.sha256, sizeof(out->sha256));
	memcpy(out->id, r.id, sizeof(out->id));
	out->accepted = r.accepted;
	out->existed = r.existed;
	out->note = r.receipt;	/* it is the verdict's now */
	return BULLA_OK;
}

static void
log_line(void *ctx, const char *line)
{
	struct inbox *in = ctx;

	if (!in->c.common.quiet)
		fprintf(stderr, "%s\n", line);
}

/* The server holds two descriptors per connection and one per upload. */
static void
raise_limits(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur == r.rlim_max)
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

static int
ready(struct inbox *in, const struct bulla_inbox *ib)
{
	struct cmd_json *j;

	const char *status = bulla_inbox_status_url(ib);

	if (!in->c.common.json) {
		printf("listening on %s\n", bulla_inbox_url(ib));
		if (status[0] != '\0')
			printf("status at %s\n", status);
		return cmd_stdout_done(&in->c, CMD_YES);
	}
	j = cmd_json_new();
	cmd_json_bool(j, "ok", true);
	cmd_json_str(j, "listening", bulla_inbox_url(ib));
	if (status[0] != '\0')
		cmd_json_str(j, "status", status);
	return cmd_stdout_done(&in->c, cmd_json_print(&in->c, j, CMD_YES));
}

static int
serve(struct inbox *in)
{
	struct bulla_inbox *ib = NULL;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	sigset_t ends;
	int sig, code;

	/* Before any thread: all of them leave these to sigwait. */
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, &ends, NULL);
	raise_limits();
	st = bulla_inbox_start(&in->cfg, &ib, &err);
	if (st != BULLA_OK)
		return cmd_fail(&in->c, NULL, st, &err);
	code = ready(in, ib);
	if (code == CMD_YES)
		(void)sigwait(&ends, &sig);
	/* A second signal ends it at once; uploads are safe all the same. */
	(void)pthread_sigmask(SIG_UNBLOCK, &ends, NULL);
	cmd_say(&in->c, "stopping; uploads in progress are kept");
	bulla_inbox_stop(ib);
	return code;
}

static int
load_receiver(struct inbox *in)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (in->key == NULL)
		in->key = cmd_home_key(&in->home.m, "receiver.key");
	if (in->key == NULL)
		return cmd_usage(&in->c, "no key to sign receipts with: give "
		    "-i RECEIVERKEY, or put one into the home as "
		    "keys/receiver.key");
	st = bulla_signer_load(in->key, &in->c.ask, &in->receiver, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&in->c, NULL, st, &err);
}

static int
run(struct inbox *in)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code;

	st = bulla_dir_make(in->cfg.home, 0700, &err);
	if (st != BULLA_OK)
		return cmd_fail(&in->c, NULL, st, &err);
	code = inbox_home_open(&in->home, &in->c);
	if (code == CMD_YES)
		code = load_receiver(in);
	if (code == CMD_YES && in->home.exchange) {
		in->cfg.small = inbox_home_small;
		in->cfg.small_ctx = &in->home;
	}
	if (code == CMD_YES && in->home.judge.ask != NULL) {
		in->cfg.who = inbox_home_who;
		in->cfg.who_ctx = &in->home;
	}
	if (code == CMD_YES)
		code = serve(in);
	inbox_home_close(&in->home);
	bulla_signer_free(&in->receiver);
	return code;
}

static void
option(struct inbox *in, int ch, const char *arg)
{
	struct bulla_inbox_config *g = &in->cfg;

	if (ch == LISTEN)
		g->listen = arg;
	else if (ch == TLS_CERT)
		g->tls_cert = arg;
	else if (ch == TLS_KEY)
		g->tls_key = arg;
	else if (ch == CLIENT_CA)
		g->client_ca = arg;
	else if (ch == 'i')
		in->key = arg;
	else if (ch == EXERCISE)
		in->exercise = true;
	else if (ch == MAX_SIZE)
		g->max_size = cmd_size(&in->c, "--max-size", arg, INT64_MAX);
	else if (ch == TIMEOUT)
		g->idle_secs = (unsigned)cmd_num(&in->c, "--timeout", arg, 1,
		    3600);
	else if (ch == MIN_RATE)
		g->min_rate = cmd_size(&in->c, "--min-rate", arg,
		    UINT64_C(1) << 40);
	else if (ch == EXPIRE)
		g->expire_secs = (unsigned)cmd_num(&in->c, "--expire", arg, 1,
		    366 * 86400);
	else if (ch == CLIENT_LIMIT)
		inbox_limits(&in->c, "--client-limit", arg, &g->client);
	else if (ch == AGENCY_LIMIT)
		inbox_limits(&in->c, "--agency-limit", arg, &g->agency);
	else if (ch == STATUS)
		g->status = arg;
}

static int
check(struct inbox *in)
{
	const struct bulla_inbox_config *g = &in->cfg;

	if (g->listen == NULL || g->tls_cert == NULL || g->tls_key == NULL ||
	    g->client_ca == NULL)
		return cmd_usage(&in->c, "--listen, --tls-cert, --tls-key "
		    "and --client-ca are all needed");
	if (g->home == NULL)
		return cmd_usage(&in->c, "no home: give --home DIR");
	return CMD_YES;
}

int
main(int argc, char **argv)
{
	struct inbox in = { .cfg = { .max_size = UINT64_C(16) << 40,
	    .idle_secs = 30, .min_rate = 512, .expire_secs = 7 * 86400,
	    .client = { .uploads = 64, .conns = 64, .requests = 6000 },
	    .agency = { .uploads = 256, .conns = 256 }, .finish = finish, .log = log_line } };
	const char *arg;
	int ch, code;

	in.cfg.finish_ctx = in.cfg.log_ctx = &in;
	cmd_begin(&in.c, &tool, argc, argv);
	while ((ch = cmd_getopt(&in.c, &arg)) != -1)
		option(&in, ch, arg);
	in.cfg.home = cmd_home(&in.c);
	if (cmd_operand(&in.c) != NULL)
		code = cmd_usage(&in.c, "no operands are taken");
	else
		code = check(&in);
	if (code == CMD_YES)
		code = run(&in);
	return cmd_end(&in.c, code);
}
