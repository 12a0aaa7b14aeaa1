#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "inbox_keeper.h"
#include "inbox_quarantine.h"

#include "bulla/channel.h"
#include "bulla/confine.h"
#include "bulla/file.h"

/*
 * The storekeeper: the process that has the S3 secret and goes out to the
 * network with it. It is asked by the signer, on a channel for each package
 * that is judged at once.
 */
#define ATTEMPTS 3u	/* for one question; then the signer asks later */
#define STALL_SECS 60u

static volatile sig_atomic_t stopping;

static void
say(void *ctx, const char *line)
{
	keeper_tell(ctx, "store", line);
}

/* Until the signer closes its end, or is gone. */
static void *
shelf_run(void *arg)
{
	struct shelf *h = arg;

	while (keeper_serve(h) == BULLA_OK)
		;
	(void)close(h->ch);
	return NULL;
}

/* With the secret it goes where the store is, and nowhere else. */
static enum bulla_status
confine(struct keeper *k, struct bulla_err *err)
{
	uint16_t port[BULLA_S3_PORTS_MAX];
	struct bulla_confine_store s = { .state = k->state, .port = port,
	    .ca = k->conf.ca[0] != '\0' ? k->conf.ca : NULL };
	enum bulla_status st = bulla_s3_ports(&k->conf, &k->line, port,
	    &s.n_ports, err);
	unsigned got;

	if (st == BULLA_OK)
		st = bulla_confine_storekeeper(&s, BULLA_CONFINE_BOTH, &got,
		    err);
	if (st == BULLA_OK)
		inbox_child_confined(k->in, "storekeeper", got);
	return st;
}

static enum bulla_status
open_all(struct keeper *k, struct shelf h[JUDGE_LANES], struct bulla_err *err)
{
	struct inbox *in = k->in;
	char path[4200];
	enum bulla_status st = bulla_s3_url(in->store, &k->at, err);

	if (st == BULLA_OK && !k->at.is_prefix)
		st = bulla_fail(err, BULLA_E_USAGE, "a store is a prefix: "
		    "s3://BUCKET/PREFIX/");
	(void)snprintf(path, sizeof(path), "%s/s3.conf", in->cfg.home);
	(void)snprintf(k->state, sizeof(k->state), "%s/s3", in->cfg.home);
	if (st == BULLA_OK)
		st = bulla_s3_conf_load(in->s3_conf != NULL ? in->s3_conf :
		    path, &k->conf, err);
	if (st == BULLA_OK)
		st = bulla_dir_make(k->state, 0700, err);
	if (st == BULLA_OK)
		st = bulla_send_init(err);
	if (st == BULLA_OK)
		st = confine(k, err);
	for (unsigned i = 0; i < JUDGE_LANES && st == BULLA_OK; i++)
		st = bulla_s3_open(&k->conf, &k->line, k->at.bucket,
		    &h[i].s, err);
	return st;
}

/* It may be away now, as at any time; what will not pass ends the start. */
static enum bulla_status
look(struct shelf *h, struct bulla_err *err)
{
	enum bulla_status st = keeper_probe(h, err);

	if (st != BULLA_E_AGAIN && st != BULLA_E_IO)
		return st;
	keeper_tell(h->k, "store-away", err->msg);
	return BULLA_OK;
}

static int
serve_all(struct inbox *in, struct shelf h[JUDGE_LANES], int ctl)
{
	struct bulla_buf none = BULLA_BUF_INIT(0);
	unsigned n;

	for (n = 0; n < JUDGE_LANES; n++)
		if (pthread_create(&h[n].thread, NULL, shelf_run, &h[n]) !=
		    0) {
			fprintf(stderr, "%s: no thread could be started\n",
			    in->c.tool->name);
			_exit(CMD_TROUBLE);
		}
	(void)!bulla_channel_recv(ctl, -1, &none, NULL, NULL);
	stopping = 1;
	while (n-- > 0)
		(void)pthread_join(h[n].thread, NULL);
	return CMD_YES;
}

int
inbox_storekeeper(struct inbox *in, int ctl, const int ends[JUDGE_LANES])
{
	struct keeper k = { .in = in, .mu = PTHREAD_MUTEX_INITIALIZER,
	    .line = { .attempts = ATTEMPTS, .stall_secs = STALL_SECS,
	    .stop = &stopping, .watch = { .say = say, .ctx = &k } } };
	struct shelf h[JUDGE_LANES];
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code;

	for (unsigned i = 0; i < JUDGE_LANES; i++)
		h[i] = (struct shelf){ .k = &k, .ch = ends[i] };
	inbox_child_begin(in->supervisor);
	inbox_quarantine_forget(in);
	st = open_all(&k, h, &err);
	if (st == BULLA_OK)
		st = look(&h[0], &err);
	if (st == BULLA_OK)
		st = inbox_child_ready(ctl, 0, &err);
	code = st == BULLA_OK ? serve_all(in, h, ctl) :
	    cmd_fail(&in->c, in->store, st, &err);
	for (unsigned i = 0; i < JUDGE_LANES; i++)
		bulla_s3_free(h[i].s);
	bulla_s3_conf_free(&k.conf);
	return code;
}
