#include <string.h>
#include <unistd.h>

#include "inbox_limits.h"
#include "inbox_procs.h"

#include "bulla/file.h"

enum {
	LISTEN = CMD_LONG, TLS_CERT, TLS_KEY, CLIENT_CA, MAX_SIZE, EXERCISE,
	TIMEOUT, MIN_RATE, EXPIRE, STATUS,
	CLIENT_LIMIT, AGENCY_LIMIT, STORE, S3_CONF, QUARANTINE
};
static const struct cmd_opt opts[] = {
	{ LISTEN, "listen", "ADDR:PORT",
	    "where to listen; port 0: any; unix:/PATH: behind a proxy" },
	{ TLS_CERT, "tls-cert", "FILE",
	    "our TLS certificate, chain (PEM; default: the home's)" },
	{ TLS_KEY, "tls-key", "FILE", "and its key (PEM, mode 0600)" },
	{ CLIENT_CA, "client-ca", "FILE",
	    "who vouches for senders (PEM; default: their roster)" },
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
	{ QUARANTINE, "quarantine", "LIMITS", "for what is rejected: "
	    "bytes=N,days=N (default: 30 days)" },
	{ STORE, "store", "URL", "s3://BUCKET/PREFIX/ that several inboxes of "
	    "one side share" },
	{ S3_CONF, "s3-conf", "FILE", "its credentials (default: the home's "
	    "s3.conf)" },
	{ STATUS, "status", "ADDR:PORT",
	    "health and metrics over plain HTTP; loopback only" },
	{ 0 },
};
static const char *const synopsis[] = {
	"--listen ADDR:PORT [--tls-cert FILE --tls-key FILE] "
	    "[--client-ca FILE] [-i RECEIVERKEY] [-k VKEY]... [-K FILE] "
	    "[--max-size BYTES] [--exercise] [options]",
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

/* What is in them only the network process reads. */
static enum bulla_status
can_read(const struct bulla_inbox_config *g, struct bulla_err *err)
{
	const bool plain = strncmp(g->listen, "unix:", 5) == 0;
	const char *const path[] = { g->client_ca,
	    plain ? NULL : g->tls_cert, plain ? NULL : g->tls_key };
	enum bulla_status st = BULLA_OK;
	int fd;

	for (size_t i = 0; i < 3 && st == BULLA_OK; i++) {
		if (path[i] == NULL)
			continue;
		st = bulla_infile_open(path[i], &fd, err);
		if (st == BULLA_OK)
			(void)close(fd);
	}
	return st;
}

/*
 * The signer makes a home that is new, and only the network process, later,
 * listens: a port that is taken, or the wrong name for a certificate, must
 * leave no home behind.
 */
static int
run(struct inbox *in)
{
	struct bulla_err err = { 0 };
	enum bulla_status st = BULLA_OK;
	unsigned tries = 0;

	if (access(in->cfg.home, F_OK) != 0) {
		do
			st = bulla_inbox_can_listen(&in->cfg, &err);
		while (inbox_again(st, &tries));
		if (st == BULLA_OK)
			st = can_read(&in->cfg, &err);
	}
	return st == BULLA_OK ? inbox_supervise(in) :
	    cmd_fail(&in->c, NULL, st, &err);
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
	else if (ch == STORE)
		in->store = arg;
	else if (ch == S3_CONF)
		in->s3_conf = arg;
	else if (ch == QUARANTINE)
		cmd_quarantine(&in->c, "--quarantine", arg, &in->quarantine);
}

static int
check(struct inbox *in)
{
	struct bulla_inbox_config *g = &in->cfg;

	if (g->listen == NULL)
		return cmd_usage(&in->c, "--listen ADDR:PORT is needed");
	if ((g->tls_cert != NULL) != (g->tls_key != NULL))
		return cmd_usage(&in->c, "--tls-cert and --tls-key belong "
		    "together");
	if (in->s3_conf != NULL && in->store == NULL)
		return cmd_usage(&in->c, "--s3-conf is for --store");
	if (g->home == NULL)
		return cmd_usage(&in->c, "no home: give --home DIR");
	if (g->tls_cert != NULL || strncmp(g->listen, "unix:", 5) == 0)
		return CMD_YES;
	if (!cmd_tls_find(g->home, &in->tls))
		return cmd_usage(&in->c, "no TLS certificate: give --tls-cert "
		    "and --tls-key, or make one in the home with bulla-trust "
		    "tls make");
	g->tls_cert = in->tls.cert;
	g->tls_key = in->tls.key;
	return CMD_YES;
}

int
main(int argc, char **argv)
{
	struct inbox in = { .quarantine = CMD_QUARANTINE_INIT,
	    .cfg = { .max_size = UINT64_C(16) << 40,
	    .idle_secs = 30, .min_rate = 512, .expire_secs = 7 * 86400,
	    .client = { .uploads = 64, .conns = 64, .requests = 6000 },
	    .agency = { .uploads = 256, .conns = 256 } } };
	const char *arg;
	int ch, code;

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
