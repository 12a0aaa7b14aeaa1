#include "bulla/hash.h"
#include "core/exchange_int.h"

/*
 * The sender is the witness of the other side's log: it asks for a request,
 * judges it as a server would, records the checkpoint and hands its
 * cosignature over.
 */
#define TRIES 4u	/* an inbox of this home may cosign meanwhile */

struct theirs {
	struct bulla_exchange *x;
	const struct bulla_peer *peer;
	struct bulla_vkeys logs;
	struct bulla_buf origin;	/* which of them this inbox has */
	struct bulla_buf seen;		/* what we cosigned last */
	uint64_t old;			/* its size */
	struct bulla_buf request, line, answer;
	unsigned status;
};

/*
 * Several inboxes of one side have a log each: this one says which is its
 * own, with that log's signature. What it says is judged later; here it
 * chooses what we compare it with.
 */
static enum bulla_status
choose(struct theirs *t, struct bulla_err *err)
{
	struct bulla_tree tree = { 0 };
	struct bulla_cur note;
	enum bulla_status st;

	if (t->logs.n == 0)
		return bulla_fail(err, BULLA_E_REFUSED, "the other side's "
		    "roster has no log key that may sign now");
	if (t->logs.n == 1) {
		bulla_buf_str(&t->origin, t->logs.v[0].name);
		return bulla_buf_status(&t->origin);
	}
	st = exchange_ask(t->peer, BULLA_TUS_CHECKPOINT, 0, NULL, &t->status,
	    &t->answer, err);
	if (st != BULLA_OK)
		return st;
	if (t->status != 200)
		return exchange_said(exchange_none(t->status) ?
		    BULLA_E_NOMATCH : BULLA_E_REFUSED, "the other side's "
		    "checkpoint", t->status, &t->answer, err);
	note = bulla_buf_view(&t->answer);
	st = bulla_tree_verify(&note, &t->logs, &tree, err);
	if (st != BULLA_OK)
		return st == BULLA_E_NOMEM ? st : bulla_wrap(err,
		    BULLA_E_REFUSED, "the other side's checkpoint is of no "
		    "log of its roster that may sign now");
	bulla_buf_cur(&t->origin, &tree.cp.origin);
	return bulla_buf_status(&t->origin);
}

/* The size of what our witness remembers; 0 when it is nothing. */
static enum bulla_status
recall(struct theirs *t, struct bulla_err *err)
{
	struct bulla_checkpoint cp;
	struct bulla_cur origin, bytes;
	struct bulla_note n;
	enum bulla_status st;

	origin = bulla_buf_view(&t->origin);
	bulla_buf_reset(&t->seen);
	t->old = 0;
	st = exchange_seen(t->x, &origin, &t->seen, err);
	if (st == BULLA_E_NOMATCH)
		return BULLA_OK;
	bytes = bulla_buf_view(&t->seen);
	if (st == BULLA_OK)
		st = bulla_note_parse(&bytes, &n, err);
	if (st == BULLA_OK)
		st = bulla_checkpoint_parse(&n.text, &cp, err);
	if (st == BULLA_OK)
		t->old = cp.size;
	else if (st == BULLA_E_FORMAT || st == BULLA_E_LIMIT)
		st = bulla_fail(err, BULLA_E_IO, "what our witness remembers "
		    "of the other side's log is damaged");
	return st;
}

/*
 * Their ledger is said to be shorter than what they once signed: have them
 * sign that too, because a number proves nothing.
 */
static enum bulla_status
rollback(struct theirs *t, uint64_t said, struct bulla_err *err)
{
	struct alarm a = { .kind = "rollback", .what = "the counterpart's "
	    "ledger has become shorter than a checkpoint that it signed" };
	struct bulla_cur note, origin = bulla_buf_view(&t->origin);
	struct bulla_tree tree = { 0 };
	enum bulla_status st;
	bool is_signed;

	st = exchange_ask(t->peer, BULLA_TUS_CHECKPOINT, 0, NULL, &t->status,
	    &t->answer, err);
	if (st != BULLA_OK)
		return st;
	note = bulla_buf_view(&t->answer);
	is_signed = t->status == 200 && bulla_tree_verify(&note, &t->logs,
	    &tree, NULL) == BULLA_OK && bulla_cur_same(&tree.cp.origin,
	    &origin);
	if (is_signed && tree.cp.size >= t->old)
		return BULLA_OK;	/* it has grown meanwhile: ask again */
	a.seen = bulla_buf_view(&t->seen);
	if (is_signed)
		a.now = note;
	else {
		a.kind = "refused";
		a.what = "the counterpart says that its ledger is shorter "
		    "than a checkpoint that it signed, and signs nothing "
		    "that shows it";
	}
	a.answer = note;
	st = exchange_alarm(t->x, &a, err);
	if (st != BULLA_OK)
		return st;
	return bulla_fail(err, BULLA_E_REFUSED, "rollback: the other side's "
	    "ledger had %llu records and has %llu now",
	    (unsigned long long)t->old, (unsigned long long)said);
}

/* Our witness says no to what they sent. */
static enum bulla_status
refused(struct theirs *t, unsigned code, struct bulla_err *err)
{
	struct bulla_cur body = bulla_buf_view(&t->request);
	struct alarm a = { .kind = "refused", .what = "the counterpart's "
	    "checkpoint is not signed as its roster demands",
	    .request = body };
	struct bulla_err why = { 0 };
	struct bulla_addcp r;
	enum bulla_status st;

	if (code == 422) {
		a.kind = "fork";
		a.what = "the counterpart's log has shown a tree that it "
		    "could not prove to be a continuation of the one that "
		    "we cosigned last";
	}
	if (bulla_addcp_parse(&body, &r, NULL) == BULLA_OK)
		a.now = r.checkpoint;
	a.seen = bulla_buf_view(&t->seen);
	/* Two roots, or another log than before, have raised theirs. */
	st = t->x->alarm[0] != '\0' ? BULLA_OK :
	    exchange_alarm(t->x, &a, &why);
	if (st == BULLA_OK)
		return bulla_wrap(err, BULLA_E_REFUSED, code != 403 ?
		    "fork: the other side's ledger" :
		    "the other side's ledger");
	if (err != NULL)
		*err = why;
	return st;
}

static enum bulla_status
hand_over(struct theirs *t, uint64_t *size, struct bulla_err *err)
{
	struct bulla_buf note = BULLA_BUF_INIT(2 * BULLA_NOTE_MAX);
	struct bulla_cur body = bulla_buf_view(&t->request), c;
	struct bulla_tree tree = { 0 };
	struct bulla_addcp r;
	enum bulla_status st = bulla_addcp_parse(&body, &r, err);

	if (st != BULLA_OK)
		return st;
	bulla_buf_cur(&note, &r.checkpoint);
	bulla_buf_put(&note, t->line.p, t->line.len);
	c = bulla_buf_view(&note);
	st = bulla_buf_status(&note);
	if (st == BULLA_OK)
		st = bulla_tree_verify(&r.checkpoint, &t->logs, &tree, err);
	if (st == BULLA_OK)
		st = exchange_ask(t->peer, BULLA_TUS_COSIGNATURE, 0, &c,
		    &t->status, &t->answer, err);
	if (st == BULLA_OK && t->status != 204 && t->status != 200)
		st = exchange_said(exchange_none(t->status) ?
		    BULLA_E_NOMATCH : BULLA_E_REFUSED, "our cosignature was "
		    "not taken", t->status, &t->answer, err);
	if (st == BULLA_OK)
		*size = tree.cp.size;
	bulla_buf_free(&note);
	return st;
}

static enum bulla_status
judge(struct theirs *t, bool *done, uint64_t *size, struct bulla_err *err)
{
	struct bulla_cur body = bulla_buf_view(&t->request);
	enum bulla_status st;
	unsigned code = 0;

	bulla_buf_reset(&t->line);
	st = exchange_witness(t->x, &body, &t->line, &code, err);
	*done = code == 200;
	if (code == 200)
		return hand_over(t, size, err);
	if (code == 403 || code == 422 || t->x->alarm[0] != '\0')
		return refused(t, code, err);
	if (code == 409)
		return BULLA_OK;	/* somebody of ours was faster */
	if (code == 500)
		return st;
	return bulla_wrap(err, BULLA_E_REFUSED, "the other side's ledger");
}

static enum bulla_status
ask_once(struct theirs *t, bool *done, uint64_t *size, struct bulla_err *err)
{
	uint64_t said = 0;
	enum bulla_status st = recall(t, err);

	if (st == BULLA_OK)
		st = exchange_ask(t->peer, BULLA_TUS_ASK, t->old, NULL,
		    &t->status, &t->request, err);
	if (st != BULLA_OK)
		return st;
	if (t->status == 200)
		return judge(t, done, size, err);
	if (t->status == 409 && exchange_size(&t->request, &said) &&
	    said < t->old)
		return rollback(t, said, err);
	return exchange_said(exchange_none(t->status) ? BULLA_E_NOMATCH :
	    BULLA_E_REFUSED, "the other side's checkpoint", t->status,
	    &t->request, err);
}

enum bulla_status
exchange_theirs(struct bulla_exchange *x, const struct bulla_peer *peer,
    uint64_t *size, struct bulla_err *err)
{
	struct theirs t = { .x = x, .peer = peer,
	    .origin = BULLA_BUF_INIT(BULLA_KEYNAME_MAX),
	    .seen = BULLA_BUF_INIT(BULLA_NOTE_MAX),
	    .request = BULLA_BUF_INIT(BULLA_ADDCP_MAX),
	    .line = BULLA_BUF_INIT(BULLA_NOTE_MAX),
	    .answer = BULLA_BUF_INIT(BULLA_ADDCP_MAX) };
	enum bulla_status st;
	bool done = false;

	st = exchange_keys(x, BULLA_THEIRS, BULLA_ROLE_LOG, &t.logs, err);
	if (st == BULLA_OK)
		st = choose(&t, err);
	for (unsigned i = 0; i < TRIES && st == BULLA_OK && !done; i++)
		st = ask_once(&t, &done, size, err);
	if (st == BULLA_OK && !done)
		st = bulla_fail(err, BULLA_E_AGAIN, "the other side's ledger "
		    "grows faster than it can be cosigned");
	bulla_vkeys_free(&t.logs);
	bulla_buf_free(&t.origin);
	bulla_buf_free(&t.seen);
	bulla_buf_free(&t.request);
	bulla_buf_free(&t.line);
	bulla_buf_free(&t.answer);
	return st;
}
