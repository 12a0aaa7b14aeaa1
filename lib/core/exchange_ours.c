#include <stdio.h>
#include <string.h>

#include "bulla/hash.h"
#include "core/exchange_int.h"

/*
 * The sender has its own log cosigned. What the other side remembers of it
 * decides: a witness that remembers more than there is, or something else,
 * has our log's signature to show for it, or it is lying.
 */
#define TRIES 4u	/* others of this home may be faster */

struct ours {
	struct bulla_exchange *x;
	const struct bulla_peer *peer;
	uint64_t old;
	struct bulla_buf request, answer;
	unsigned status;
};

/* GET what their witness remembers of our log; empty when it has nothing. */
static enum bulla_status
fetch_seen(struct ours *o, struct bulla_buf *out, struct bulla_err *err)
{
	const struct bulla_vkey *log = bulla_ledger_vkey(o->x->home->ledger);
	struct bulla_exchange_request q = { .route.place = BULLA_TUS_SEEN };
	struct bulla_vkeys known = { 0 };
	struct bulla_tree t;
	struct bulla_cur note;
	enum bulla_status st;
	unsigned status = 0;

	bulla_sha256(log->name, strlen(log->name), q.route.sha256);
	st = o->peer->ask(o->peer->ctx, &q, &status, out, err);
	if (st == BULLA_OK)
		st = bulla_vkeys_add(&known, log, err);
	note = bulla_buf_view(out);
	if (st == BULLA_OK && (status != 200 || bulla_tree_verify(&note,
	    &known, &t, NULL) != BULLA_OK))
		bulla_buf_reset(out);
	bulla_vkeys_free(&known);
	return st;
}

/* Stop, with what there is to show. The verdict is in err already. */
static enum bulla_status
stop(struct ours *o, enum bulla_status verdict, struct alarm *a,
    struct bulla_err *err)
{
	struct bulla_buf now = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_buf seen = BULLA_BUF_INIT(BULLA_ADDCP_MAX);
	struct bulla_err why = { 0 };
	enum bulla_status st;

	/* The alarm matters more than what it could also contain. */
	(void)!fetch_seen(o, &seen, &why);
	st = bulla_ledger_checkpoint(o->x->home->ledger, &now, &why);
	a->now = bulla_buf_view(&now);
	a->seen = bulla_buf_view(&seen);
	a->request = bulla_buf_view(&o->request);
	a->answer = bulla_buf_view(&o->answer);
	if (st == BULLA_OK)
		st = exchange_alarm(o->x, a, &why);
	if (st != BULLA_OK && err != NULL)
		*err = why;
	bulla_buf_free(&now);
	bulla_buf_free(&seen);
	return st == BULLA_OK ? verdict : st;
}

static enum bulla_status
rollback(struct ours *o, uint64_t theirs, struct bulla_err *err)
{
	struct alarm a = { .kind = "rollback", .what = "the counterpart has "
	    "cosigned more records of our log than our ledger has: was this "
	    "home restored from a backup?" };

	(void)bulla_fail(err, BULLA_E_REFUSED, "rollback: the other side has "
	    "cosigned %llu records of our ledger, which has only %llu: was "
	    "this home restored from a backup?", (unsigned long long)theirs,
	    (unsigned long long)bulla_ledger_size(o->x->home->ledger));
	return stop(o, BULLA_E_REFUSED, &a, err);
}

static enum bulla_status
refused(struct ours *o, struct bulla_err *err)
{
	struct alarm a = { .kind = "fork", .what = "the counterpart does not "
	    "find our log to be a continuation of what it cosigned last" };

	if (o->status != 422) {
		a.kind = "refused";
		a.what = "the counterpart does not accept our log's signature";
	}
	(void)exchange_said(BULLA_E_REFUSED, o->status == 422 ?
	    "fork: our checkpoint was not cosigned" :
	    "our checkpoint was not cosigned", o->status, &o->answer, err);
	return stop(o, BULLA_E_REFUSED, &a, err);
}

/* 409: ask again from the size that they have. */
static enum bulla_status
other_size(struct ours *o, struct bulla_err *err)
{
	uint64_t size;

	if (!exchange_size(&o->answer, &size) || size == o->old)
		return exchange_said(BULLA_E_REFUSED, "our checkpoint was not "
		    "cosigned", o->status, &o->answer, err);
	o->old = size;
	return BULLA_OK;
}

/* 200: the checkpoint that was sent, with the lines that came. */
static enum bulla_status
keep(struct ours *o, uint64_t *size, struct bulla_err *err)
{
	struct bulla_buf note = BULLA_BUF_INIT(2 * BULLA_NOTE_MAX);
	struct bulla_cur body = bulla_buf_view(&o->request), c;
	struct bulla_addcp r;
	enum bulla_status st = bulla_addcp_parse(&body, &r, err);

	if (st != BULLA_OK)
		return st;
	bulla_buf_cur(&note, &r.checkpoint);
	bulla_buf_put(&note, o->answer.p, o->answer.len);
	c = bulla_buf_view(&note);
	st = bulla_buf_status(&note);
	if (st == BULLA_OK)
		st = exchange_keep(o->x, &c, size, err);
	bulla_buf_free(&note);
	if (st == BULLA_E_FORMAT || st == BULLA_E_NOKEY ||
	    st == BULLA_E_LIMIT)
		st = BULLA_E_MISMATCH;
	return st == BULLA_OK ? st : bulla_wrap(err, st, "the cosignature of "
	    "the other side");
}

static enum bulla_status
ask_once(struct ours *o, bool *done, uint64_t *size, struct bulla_err *err)
{
	struct bulla_ledger *l = o->x->home->ledger;
	struct bulla_cur body;
	enum bulla_status st;

	/* Others of this home may have recorded more meanwhile. */
	st = bulla_ledger_publish(l, err);
	if (st == BULLA_OK && o->old > bulla_ledger_size(l))
		return rollback(o, o->old, err);
	bulla_buf_reset(&o->request);
	if (st == BULLA_OK)
		st = bulla_ledger_request(l, o->old, &o->request, err);
	body = bulla_buf_view(&o->request);
	if (st == BULLA_OK)
		st = exchange_ask(o->peer, BULLA_TUS_ADD, 0, &body,
		    &o->status, &o->answer, err);
	if (st != BULLA_OK)
		return st;
	*done = o->status == 200;
	if (*done)
		return keep(o, size, err);
	if (o->status == 409)
		return other_size(o, err);
	if (o->status == 403 || o->status == 422)
		return refused(o, err);
	return exchange_said(exchange_none(o->status) ? BULLA_E_NOMATCH :
	    BULLA_E_REFUSED, "our checkpoint was not cosigned", o->status,
	    &o->answer, err);
}

/* Where to begin; a wrong guess is corrected by their answer. */
static enum bulla_status
begin(struct ours *o, struct bulla_err *err)
{
	struct bulla_cosigned last = { 0 };
	enum bulla_status st = bulla_home_cosigned_last(o->x->home, &last,
	    err);

	o->old = last.size;
	return st;
}

static enum bulla_status
cosign_ours(struct bulla_exchange *x, const struct bulla_peer *peer,
    uint64_t *size, struct bulla_err *err)
{
	struct ours o = { .x = x, .peer = peer,
	    .request = BULLA_BUF_INIT(BULLA_ADDCP_MAX),
	    .answer = BULLA_BUF_INIT(BULLA_ADDCP_MAX) };
	enum bulla_status st = begin(&o, err);
	bool done = false;

	for (unsigned i = 0; i < TRIES && st == BULLA_OK && !done; i++)
		st = ask_once(&o, &done, size, err);
	if (st == BULLA_OK && !done)
		st = bulla_fail(err, BULLA_E_AGAIN, "the ledger grows faster "
		    "than it can be cosigned");
	bulla_buf_free(&o.request);
	bulla_buf_free(&o.answer);
	return st;
}

enum bulla_status
bulla_exchange_cosign(struct bulla_exchange *x, const struct bulla_peer *peer,
    struct bulla_cosignings *out, struct bulla_err *err)
{
	struct bulla_cosignings c = { 0 };
	enum bulla_status st;

	x->alarm[0] = '\0';
	x->peer = peer->name;
	if (x->witness == NULL)
		return bulla_fail(err, BULLA_E_USAGE, "there is no witness "
		    "key (keys/witness.key) to cosign with");
	st = cosign_ours(x, peer, &c.ours, err);
	if (st == BULLA_OK)
		st = exchange_theirs(x, peer, &c.theirs, err);
	if (st == BULLA_E_NOMATCH)
		st = exchange_absent(x, err);
	if (st == BULLA_OK)
		*out = c;
	return st;
}
