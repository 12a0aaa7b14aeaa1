#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "inbox_quarantine.h"

#include "bulla/channel.h"
#include "bulla/confine.h"
#include "bulla/file.h"

/* The process that speaks with strangers; what it has to know it asks. */
#define START_TRIES 20u
#define START_WAIT (100 * 1000000L)	/* nanoseconds between them */

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
tell_ready(struct inbox *in, const struct bulla_inbox *ib)
{
	const char *status = bulla_inbox_status_url(ib);
	struct cmd_json *j;

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

/* The directory of the socket, or NULL. */
static const char *
unix_dir(const char *listen, char out[128])
{
	const char *end = strrchr(listen, '/');

	if (strncmp(listen, "unix:/", 6) != 0 || end - listen >= 128)
		return NULL;
	(void)snprintf(out, 128, "%.*s", end == listen + 5 ? 1 :
	    (int)(end - listen - 5), listen + 5);
	return out;
}

static enum bulla_status
confine(struct inbox *in, struct bulla_err *err)
{
	const struct bulla_inbox_config *g = &in->cfg;
	char dir[128];
	const struct bulla_confine_path all[] = {
	    { .path = g->tls_cert }, { .path = g->tls_key },
	    { .path = g->client_ca },
	    { .path = unix_dir(g->listen, dir), .sockets = true } };
	struct bulla_confine_path files[5] = { { .path = NULL } };
	static const char *const dirs[] = { "incoming", "answers",
	    "outgoing" };
	enum bulla_status st = BULLA_OK;
	char path[4096];
	unsigned got;
	int n;

	for (size_t i = 0; i < 3 && st == BULLA_OK; i++) {
		n = snprintf(path, sizeof(path), "%s/%s", g->home, dirs[i]);
		if (n < 0 || (size_t)n >= sizeof(path))
			return bulla_fail(err, BULLA_E_USAGE, "the home's "
			    "path is too long");
		st = bulla_dir_make(path, 0700, err);
	}
	for (size_t i = 0, to = 0; i < 4; i++)
		if (all[i].path != NULL)
			files[to++] = all[i];
	if (st == BULLA_OK)
		st = bulla_confine_network(g->home, files, BULLA_CONFINE_BOTH,
		    &got, err);
	if (st == BULLA_OK)
		inbox_child_confined(in, "network", got);
	return st;
}

bool
inbox_again(enum bulla_status st, unsigned *tries)
{
	const struct timespec wait = { 0, START_WAIT };

	if (st != BULLA_E_AGAIN || ++*tries >= START_TRIES)
		return false;
	(void)nanosleep(&wait, NULL);
	return true;
}

static enum bulla_status
start(struct inbox *in, struct bulla_inbox **ib, struct bulla_err *err)
{
	enum bulla_status st;
	unsigned tries = 0;

	do {
		*err = (struct bulla_err){ 0 };
		st = bulla_inbox_start(&in->cfg, ib, err);
	} while (inbox_again(st, &tries));
	return st == BULLA_OK ? bulla_confine_listening(BULLA_CONFINE_BOTH,
	    err) : st;
}

/* Until the supervisor closes his end, or is gone. */
static void
wait_for_end(int ctl)
{
	struct bulla_buf none = BULLA_BUF_INIT(0);
	enum bulla_status st;

	do
		st = bulla_channel_recv(ctl, -1, &none, NULL, NULL);
	while (st == BULLA_OK);
}

int
inbox_network(struct inbox *in, int ctl, const int channels[LANES])
{
	struct bulla_inbox *ib = NULL;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code;

	inbox_ask_through(in, channels);
	in->cfg.kept = inbox_quarantine_kept;
	in->cfg.kept_ctx = in;
	in->cfg.log = log_line;
	in->cfg.log_ctx = in;
	inbox_child_begin(in->supervisor);
	raise_limits();
	BULLA_CHECK(inbox_quarantine_read_only(in));
	st = confine(in, &err);
	if (st == BULLA_OK)
		st = start(in, &ib, &err);
	if (st == BULLA_OK)
		st = inbox_child_ready(ctl, 0, &err);
	code = st == BULLA_OK ? tell_ready(in, ib) :
	    cmd_fail(&in->c, NULL, st, &err);
	if (code == CMD_YES)
		wait_for_end(ctl);
	bulla_inbox_stop(ib);
	return code;
}
