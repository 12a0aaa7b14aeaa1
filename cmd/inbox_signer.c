#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inbox_quarantine.h"
#include "inbox_shelf.h"

#include "bulla/channel.h"
#include "bulla/confine.h"
#include "bulla/file.h"

/* The process that has the keys, and what it does for the network process. */
struct lane {
	struct inbox *in;
	struct inbox_verifiers *verifiers;
	int ch;
	int shelf;		/* with a store, of one that judges */
	bool judges;
	pthread_t thread;
	struct bulla_err err;	/* why it ended, when it should not have */
};

static enum bulla_status
judge(struct lane *l, int fd, struct inbox_exam *x,
    struct bulla_inbox_verdict *out, struct bulla_err *err)
{
	struct inbox *in = l->in;
	struct bulla_receive p = { .home = in->cfg.home,
	    .receiver = &in->receiver, .allow_exercise = in->exercise,
	    .examiner = inbox_examiner(x),
	    .quarantine = in->quarantine };
	struct inbox_shelf shelf = { .ch = l->shelf, .home = &in->home,
	    .own = &in->receiver.vkey };
	struct bulla_received r;
	enum bulla_status st = BULLA_OK;

	if (in->store != NULL) {
		st = inbox_shelf_open(&shelf, err);
		p.shared = &shelf.shared;
	}
	if (st == BULLA_OK)
		st = inbox_home_receive(&in->home, &p, fd, &r, err);
	inbox_shelf_close(&shelf);
	if (st != BULLA_OK)
		return st;
	inbox_quarantine_tell(in, &r);
	memcpy(out->sha256, r.sha256, sizeof(out->sha256));
	memcpy(out->id, r.id, sizeof(out->id));
	out->accepted = r.accepted;
	out->existed = r.existed;
	out->note = r.receipt;	/* it is the verdict's now */
	return BULLA_OK;
}

static void
answer(struct lane *l, const struct wire_request *q,
    const struct bulla_fds *fds, struct bulla_buf *out)
{
	struct inbox_exam x = { .v = l->verifiers, .lane = l->ch };
	union wire_result r;
	struct bulla_err err = { 0 };
	struct bulla_buf *body = NULL;
	enum bulla_status st;

	memset(&r, 0, sizeof(r));
	if (q->kind == WIRE_FOLLOW) {
		x.grows = true;
		x.growing = (struct bulla_growing){ fds->v[1], q->length };
	}
	if (l->judges) {
		body = &r.verdict.note;
		st = judge(l, fds->v[0], &x, &r.verdict, &err);
	} else if (q->kind == WIRE_SMALL) {
		body = &r.small.body;
		body->max = BULLA_INBOX_ANSWER_MAX;
		st = inbox_home_small(&l->in->home, &q->small, &r.small, &err);
	} else {
		st = inbox_home_who(&l->in->home, &q->client, &r.who, &err);
	}
	wire_put_answer(out, q->kind, st, &err, &r);
	if (body != NULL)
		bulla_buf_free(body);
}

static unsigned
fds_of(enum wire_kind kind)
{
	return kind == WIRE_FOLLOW ? 2 : kind == WIRE_JUDGE ? 1 : 0;
}

/* One question. A lane that judges brings an upload each time. */
static enum bulla_status
serve(struct lane *l, struct bulla_err *err)
{
	struct bulla_buf msg = BULLA_BUF_INIT(WIRE_REQUEST_MAX);
	struct bulla_buf out = BULLA_BUF_INIT(WIRE_ANSWER_MAX);
	struct bulla_fds fds = { .n = 0 };
	struct wire_request q;
	struct bulla_cur c;
	enum bulla_status st;

	st = bulla_channel_recv(l->ch, -1, &msg, &fds, err);
	c = bulla_buf_view(&msg);
	if (st == BULLA_OK)
		st = wire_parse_request(&c, &q, err);
	if (st == BULLA_OK && (fds.n != fds_of(q.kind) ||
	    (fds.n > 0) != l->judges))
		st = bulla_fail(err, BULLA_E_FORMAT, "the network process "
		    "asked in the wrong place");
	if (st == BULLA_OK) {
		answer(l, &q, &fds, &out);
		st = bulla_buf_status(&out);
		c = bulla_buf_view(&out);
	}
	if (st == BULLA_OK)
		st = bulla_channel_send(l->ch, &c, NULL, err);
	for (unsigned i = 0; i < fds.n; i++)
		(void)close(fds.v[i]);
	bulla_buf_free(&msg);
	bulla_buf_free(&out);
	return st;
}

static void *
lane_run(void *arg)
{
	struct lane *l = arg;
	enum bulla_status st;

	do
		st = serve(l, &l->err);
	while (st == BULLA_OK);
	l->err.st = st;
	/* Closed is how it ends; all else ends the inbox, at once. */
	if (st != BULLA_E_INCOMPLETE) {
		fprintf(stderr, "%s: the signer ends: %s\n",
		    l->in->c.tool->name, l->err.msg);
		_exit(CMD_TROUBLE);
	}
	return NULL;
}

static int
serve_all(struct inbox *in, int ctl, const int lanes[LANES],
    const int shelves[JUDGE_LANES])
{
	struct inbox_verifiers v = { ctl, PTHREAD_MUTEX_INITIALIZER };
	struct lane l[LANES];
	int code = CMD_YES;
	unsigned n;

	for (n = 0; n < LANES; n++) {
		l[n] = (struct lane){ .in = in, .verifiers = &v,
		    .ch = lanes[n], .judges = n < JUDGE_LANES,
		    .shelf = n < JUDGE_LANES ? shelves[n] : -1 };
		if (pthread_create(&l[n].thread, NULL, lane_run, &l[n]) != 0) {
			fprintf(stderr, "%s: no thread could be started\n",
			    in->c.tool->name);
			_exit(CMD_TROUBLE);
		}
	}
	while (n-- > 0)
		(void)pthread_join(l[n].thread, NULL);
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

/* Whom the network process lets in by itself, and what ends soon. */
static int
look_at_tls(struct inbox *in)
{
	const struct bulla_roster *r = NULL;
	uint8_t digest[32];

	if (in->home.judge.ask != NULL)
		r = bulla_trust_roster(in->home.m.h.trust, BULLA_THEIRS,
		    digest);
	if (in->cfg.client_ca == NULL && (r == NULL || r->n_tls == 0))
		return cmd_usage(&in->c, "which clients are let in? Give "
		    "--client-ca, or have TLS keys listed in the roster of "
		    "the other side (bulla-trust)");
	cmd_tls_warn(&in->c, in->cfg.tls_cert, in->home.m.h.trust,
	    bulla_now());
	return CMD_YES;
}

/* What is to be reached has to be there before. */
static enum bulla_status
confine(struct inbox *in, struct bulla_err *err)
{
	static const char *const dirs[] = { "packages", "custody",
	    "receipts", "quarantine" };
	enum bulla_status st = BULLA_OK;
	char path[4096];
	unsigned got;
	int n;

	for (size_t i = 0; i < 4 && st == BULLA_OK; i++) {
		n = snprintf(path, sizeof(path), "%s/%s", in->cfg.home,
		    dirs[i]);
		if (n < 0 || (size_t)n >= sizeof(path))
			return bulla_fail(err, BULLA_E_USAGE, "the home's "
			    "path is too long");
		st = bulla_dir_make(path, 0700, err);
	}
	if (st == BULLA_OK)
		st = bulla_confine_signer(in->cfg.home, BULLA_CONFINE_BOTH,
		    &got, err);
	if (st == BULLA_OK)
		inbox_child_confined(in, "signer", got);
	return st;
}

int
inbox_signer(struct inbox *in, int ctl, const int lanes[LANES],
    const int shelves[JUDGE_LANES])
{
	struct bulla_err err = { 0 };
	enum bulla_status st = BULLA_OK;
	int code;

	/* Passphrases are asked for here: until then ^C is for this process. */
	code = inbox_home_open(&in->home, &in->c);
	if (code == CMD_YES)
		code = look_at_tls(in);
	if (code == CMD_YES)
		code = load_receiver(in);
	if (code == CMD_YES) {
		inbox_child_begin(in->supervisor);
		st = confine(in, &err);
		if (st == BULLA_OK)
			st = inbox_quarantine_start(in, &err);
		if (st == BULLA_OK)
			st = inbox_child_ready(ctl,
			    (in->home.exchange ? 1 : 0) |
			    (in->home.judge.ask != NULL ? 2 : 0), &err);
		code = st == BULLA_OK ? serve_all(in, ctl, lanes, shelves) :
		    cmd_fail(&in->c, NULL, st, &err);
		if (st == BULLA_OK)
			inbox_quarantine_stop();
	}
	inbox_home_close(&in->home);
	bulla_signer_free(&in->receiver);
	return code;
}
