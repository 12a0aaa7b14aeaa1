#include <stdio.h>
#include <string.h>

#include "inbox_home.h"
#include "inbox_who.h"

#include "bulla/file.h"
#include "bulla/when.h"

#define BATCH_MAX 16u	/* notes; there are fewer threads that judge */

static int
load_witness(struct inbox_home *h)
{
	const char *path = cmd_home_key(&h->m, "witness.key");
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (path == NULL) {
		cmd_say(h->c, "no keys/witness.key in the home: nothing is "
		    "cosigned for the other side");
		return CMD_YES;
	}
	st = bulla_signer_load(path, &h->c->ask, &h->witness, &err);
	if (st == BULLA_OK && h->witness.vkey.type != BULLA_SIG_COSIGNATURE)
		st = bulla_fail(&err, BULLA_E_USAGE, "it is no witness key: "
		    "bulla-ledger init -w makes one");
	if (st != BULLA_OK)
		return cmd_fail(h->c, path, st, &err);
	h->x.witness = &h->witness;
	return CMD_YES;
}

int
inbox_home_open(struct inbox_home *h, struct cmd *c)
{
	const struct bulla_vkeys *known;
	int code;

	/* What our own side sealed did not come from anybody. */
	*h = (struct inbox_home){ .c = c, .m.side = BULLA_THEIRS,
	    .mu = PTHREAD_MUTEX_INITIALIZER,
	    .waiting_mu = PTHREAD_MUTEX_INITIALIZER };
	code = cmd_home_open(&h->m, c);
	if (code != CMD_YES)
		return code;
	if (c->known.n == 0 && h->m.h.trust == NULL)
		return cmd_usage(c, "whose seals are accepted? Give the "
		    "senders' keys with -k or -K, or a home with rosters "
		    "(bulla-trust)");
	code = cmd_home_known(&h->m, BULLA_ROLE_SEALER, "the senders'",
	    &known, &h->judge);
	h->x.home = &h->m.h;
	h->records = h->m.h.ledger != NULL;
	h->exchange = c->known.n == 0 && bulla_exchange_can(&h->m.h);
	if (code == CMD_YES && h->exchange)
		code = load_witness(h);
	return code;
}

void
inbox_home_close(struct inbox_home *h)
{
	bulla_signer_free(&h->witness);
	cmd_home_close(&h->m);
}

/*
 * After an I/O error a ledger does nothing any more. What failed may have
 * passed (a full disk): open it again, which finds out what is there.
 */
static enum bulla_status
revive(struct inbox_home *h, struct bulla_err *err)
{
	struct bulla_home fresh = { 0 };
	enum bulla_status st = bulla_home_open(h->x.home->path, &h->c->ask,
	    &fresh, err);

	if (st != BULLA_OK)
		return st;
	if (fresh.ledger == NULL) {
		bulla_home_close(&fresh);
		return bulla_fail(err, BULLA_E_IO, "the ledger is gone");
	}
	bulla_home_close(&h->m.h);
	h->m.h = fresh;
	return BULLA_OK;
}

/*
 * Rosters change while an inbox runs. One that is damaged says nothing about
 * who asks or about a package: no answer can be had until it is repaired.
 */
static enum bulla_status
enter(struct inbox_home *h, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	pthread_mutex_lock(&h->mu);
	if (h->m.h.trust != NULL)
		st = bulla_exchange_refresh(&h->x, err);
	return st == BULLA_OK || st == BULLA_E_NOMEM ? st :
	    bulla_wrap(err, BULLA_E_IO, "rosters");
}

static void
leave(struct inbox_home *h)
{
	pthread_mutex_unlock(&h->mu);
}

static void
tell_alarm(struct inbox_home *h, const struct bulla_inbox_client *who)
{
	char when[BULLA_WHEN_LEN + 1];

	if (h->x.alarm[0] == '\0')
		return;
	bulla_when_text(h->m.h.now, when);
	/* Also with -q: this is no remark. */
	fprintf(stderr, "time=%s event=alarm client=%s evidence=%s\n", when,
	    who->hex, h->x.alarm);
}

enum bulla_status
inbox_home_small(void *ctx, const struct bulla_inbox_request *q,
    struct bulla_inbox_answer *out, struct bulla_err *err)
{
	struct inbox_home *h = ctx;
	struct bulla_exchange_request xq = { .route = q->route,
	    .client = q->client->spki, .body = q->body };
	struct bulla_exchange_answer xa = {
	    .body = BULLA_BUF_INIT(BULLA_INBOX_ANSWER_MAX) };
	struct bulla_err why = { 0 };
	enum bulla_status st = enter(h, err);

	if (st == BULLA_OK) {
		st = bulla_exchange_answer(&h->x, &xq, &xa, err);
		tell_alarm(h, q->client);
		if (st == BULLA_E_IO)
			(void)!revive(h, &why);
	}
	leave(h);
	if (st != BULLA_OK) {
		bulla_buf_free(&xa.body);
		return st;
	}
	out->status = xa.status;
	out->type = xa.type;
	out->body = xa.body;	/* it is the answer's now */
	return BULLA_OK;
}

enum bulla_status
inbox_home_who(void *ctx, const struct bulla_inbox_client *client,
    struct bulla_inbox_agency *out, struct bulla_err *err)
{
	struct inbox_home *h = ctx;
	enum bulla_status st = enter(h, err);

	if (st == BULLA_OK)
		inbox_who(h->m.h.trust, client->spki, bulla_now(), out);
	leave(h);
	return st;
}

/* A receipt that has to be recorded before it may be given. */
struct inbox_waiting {
	struct inbox_waiting *next;
	struct bulla_cur note;
	bool done;
	enum bulla_status st;
	struct bulla_err err;
};

/* Everything that waits, with one sync of the disk; mu is held. */
static void
record_all(struct inbox_home *h)
{
	struct inbox_waiting *list, *w;
	struct bulla_cur note[BATCH_MAX];
	struct bulla_err err = { 0 }, why = { 0 };
	enum bulla_status st;
	size_t n = 0;

	pthread_mutex_lock(&h->waiting_mu);
	list = h->waiting;
	for (w = list; w != NULL && n < BATCH_MAX; w = w->next)
		note[n++] = w->note;
	h->waiting = w;
	pthread_mutex_unlock(&h->waiting_mu);
	st = bulla_home_record(&h->m.h, note, n, &err);
	if (st == BULLA_E_IO && revive(h, &why) == BULLA_OK) {
		err = (struct bulla_err){ 0 };
		st = bulla_home_record(&h->m.h, note, n, &err);
	}
	for (w = list; n-- > 0; w = w->next) {
		w->st = st;
		w->err = err;
		w->done = true;
	}
}

static enum bulla_status
record(struct inbox_home *h, const struct bulla_buf *note,
    struct bulla_err *err)
{
	struct inbox_waiting me = { .note = bulla_buf_view(note) };

	if (!h->records)
		return BULLA_OK;
	pthread_mutex_lock(&h->waiting_mu);
	me.next = h->waiting;
	h->waiting = &me;
	pthread_mutex_unlock(&h->waiting_mu);
	pthread_mutex_lock(&h->mu);
	/* Whoever was here meanwhile has recorded it, or it is for us. */
	while (!me.done)
		record_all(h);
	pthread_mutex_unlock(&h->mu);
	if (me.st != BULLA_OK && err != NULL)
		*err = me.err;
	return me.st;
}

static enum bulla_status
judge(void *ctx, const struct bulla_package *p, struct bulla_err *err)
{
	struct inbox_home *h = ctx;
	enum bulla_status st = enter(h, err);

	if (st == BULLA_OK)
		st = h->judge.ask(h->judge.ctx, p, err);
	leave(h);
	return st;
}

/* A copy: the rosters may be read anew while the package is verified. */
static enum bulla_status
sealers(struct inbox_home *h, struct bulla_vkeys *out, struct bulla_err *err)
{
	enum bulla_status st = enter(h, err);

	if (st == BULLA_OK)
		st = bulla_trust_keys(h->m.h.trust, h->m.side,
		    BULLA_ROLE_SEALER, out, err);
	leave(h);
	return st;
}

enum bulla_status
inbox_home_receivers(struct inbox_home *h, const struct bulla_vkey *own,
    struct bulla_vkeys *out, struct bulla_err *err)
{
	enum bulla_status st = bulla_vkeys_add(out, own, err);

	if (st != BULLA_OK || h->judge.ask == NULL)
		return st;
	st = enter(h, err);
	if (st == BULLA_OK)
		st = bulla_trust_keys(h->m.h.trust, BULLA_OURS,
		    BULLA_ROLE_RECEIVER, out, err);
	leave(h);
	return st;
}

enum bulla_status
inbox_home_may(struct inbox_home *h, const struct bulla_vkey *own,
    const struct bulla_verified *v, int64_t at, struct bulla_err *err)
{
	enum bulla_status st;

	for (unsigned i = 0; i < v->n_by; i++)
		if (bulla_vkey_same_key(v->by[i], own))
			return BULLA_OK;
	/* Without rosters there are no others. */
	st = enter(h, err);
	if (st == BULLA_OK)
		st = bulla_trust_judge_note(h->m.h.trust, BULLA_OURS, v,
		    BULLA_ROLE_RECEIVER, at, 1, err);
	leave(h);
	return st;
}

static enum bulla_status
may_sign(void *ctx, const struct bulla_signer *receiver, int64_t now,
    struct bulla_err *err)
{
	struct inbox_home *h = ctx;
	enum bulla_status st = enter(h, err);

	if (st == BULLA_OK)
		st = cmd_home_may_sign(&h->m, receiver, now, err);
	leave(h);
	return st;
}

struct arrival {
	struct inbox_home *h;
	struct bulla_vkeys known;
};

/* The rosters, and the time, are those of now: it may have come for hours. */
static enum bulla_status
arrived(void *ctx, struct bulla_receive *p, struct bulla_err *err)
{
	struct arrival *a = ctx;

	p->now = bulla_now();
	return a->h->judge.ask != NULL ? sealers(a->h, &a->known, err) :
	    BULLA_OK;
}

enum bulla_status
inbox_home_receive(struct inbox_home *h, struct bulla_receive *p, int fd,
    struct bulla_received *out, struct bulla_err *err)
{
	struct arrival a = { .h = h };
	struct bulla_received r = { 0 };
	enum bulla_status st;

	p->arrived = (struct bulla_arrived){ arrived, &a };
	p->known = &h->c->known;
	if (h->judge.ask != NULL) {
		p->known = &a.known;
		p->judge = (struct bulla_judge){ judge, h };
		p->may_sign = (struct bulla_may_sign){ may_sign, h };
	}
	st = bulla_receive_fd(p, fd, &r, err);
	bulla_vkeys_free(&a.known);
	if (st != BULLA_OK)
		return st;
	st = record(h, &r.receipt, err);
	if (st == BULLA_OK)
		*out = r;
	else
		bulla_buf_free(&r.receipt);
	/* Nothing but a failure of now: it is judged again. */
	return st == BULLA_OK ? st : BULLA_E_IO;
}
