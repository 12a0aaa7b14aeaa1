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
#define START_TRIES 20u	/* while an inbox that was killed is still dying */
#define START_WAIT (100 * 1000000L)	/* nanoseconds between them */

struct lanes {
	pthread_mutex_t mu;
	pthread_cond_t freed;
	const int *ch;
	bool busy[LANES];
};
static struct lanes lanes = { .mu = PTHREAD_MUTEX_INITIALIZER,
	.freed = PTHREAD_COND_INITIALIZER };

static unsigned
lane_take(bool judges)
{
	unsigned from = judges ? 0 : JUDGE_LANES;
	unsigned to = judges ? JUDGE_LANES : LANES, i;

	pthread_mutex_lock(&lanes.mu);
	for (;;) {
		for (i = from; i < to && lanes.busy[i]; i++)
			;
		if (i < to)
			break;
		pthread_cond_wait(&lanes.freed, &lanes.mu);
	}
	lanes.busy[i] = true;
	pthread_mutex_unlock(&lanes.mu);
	return i;
}

static void
lane_put(unsigned i)
{
	pthread_mutex_lock(&lanes.mu);
	lanes.busy[i] = false;
	pthread_cond_broadcast(&lanes.freed);
	pthread_mutex_unlock(&lanes.mu);
}

struct question {
	enum wire_kind kind;
	const struct bulla_inbox_client *client;
	const struct bulla_inbox_request *small;
	struct bulla_fds fds;
};

static enum bulla_status
ask(const struct question *q, union wire_result *out, struct bulla_err *err)
{
	struct bulla_buf msg = BULLA_BUF_INIT(WIRE_ANSWER_MAX);
	unsigned lane = lane_take(q->kind == WIRE_JUDGE);
	int ch = lanes.ch[lane];
	struct bulla_cur c;
	enum bulla_status st;

	wire_put_request(&msg, q->kind, q->client, q->small);
	c = bulla_buf_view(&msg);
	st = bulla_buf_status(&msg);
	if (st == BULLA_OK)
		st = bulla_channel_send(ch, &c, &q->fds, err);
	bulla_buf_reset(&msg);
	if (st == BULLA_OK)
		st = bulla_channel_recv(ch, -1, &msg, NULL, err);
	lane_put(lane);
	c = bulla_buf_view(&msg);
	/* Whatever is wrong with a channel says nothing about an upload. */
	st = st == BULLA_OK ? wire_parse_answer(&c, q->kind, out, err) :
	    bulla_wrap(err, BULLA_E_IO, "signer");
	bulla_buf_free(&msg);
	return st;
}

/* Nobody needs to write to an upload any more. */
static int
read_only(int fd)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static enum bulla_status
finish(void *ctx, int fd, const struct bulla_inbox_client *client,
    struct bulla_inbox_verdict *out, struct bulla_err *err)
{
	struct question q = { .kind = WIRE_JUDGE, .client = client,
	    .fds = { .v = { read_only(fd) }, .n = 1 } };
	union wire_result r = { .verdict = *out };
	enum bulla_status st;

	(void)ctx;
	if (q.fds.v[0] == -1)
		return bulla_fail_sys(err, "the upload");
	st = ask(&q, &r, err);
	(void)close(q.fds.v[0]);
	*out = r.verdict;
	return st;
}

static enum bulla_status
small(void *ctx, const struct bulla_inbox_request *request,
    struct bulla_inbox_answer *out, struct bulla_err *err)
{
	const struct question q = { .kind = WIRE_SMALL,
	    .client = request->client, .small = request };
	union wire_result r = { .small = *out };
	enum bulla_status st = ask(&q, &r, err);

	(void)ctx;
	*out = r.small;
	return st;
}

static enum bulla_status
who(void *ctx, const struct bulla_inbox_client *client,
    struct bulla_inbox_agency *out, struct bulla_err *err)
{
	const struct question q = { .kind = WIRE_WHO, .client = client };
	union wire_result r = { .who = *out };
	enum bulla_status st = ask(&q, &r, err);

	(void)ctx;
	*out = r.who;
	return st;
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

static enum bulla_status
start(struct inbox *in, struct bulla_inbox **ib, struct bulla_err *err)
{
	const struct timespec wait = { 0, START_WAIT };
	enum bulla_status st = BULLA_E_AGAIN;

	for (unsigned i = 0; i < START_TRIES && st == BULLA_E_AGAIN; i++) {
		if (i > 0)
			(void)nanosleep(&wait, NULL);
		*err = (struct bulla_err){ 0 };
		st = bulla_inbox_start(&in->cfg, ib, err);
	}
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

	lanes.ch = channels;
	in->cfg.finish = finish;
	in->cfg.small = in->has_small ? small : NULL;
	in->cfg.who = in->has_who ? who : NULL;
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
