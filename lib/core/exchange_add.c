#include <string.h>

#include "bulla/witness.h"
#include "core/exchange_int.h"

/*
 * A log that stands in the roster and may not sign now is no unknown log:
 * whoever asks has to hear that it is refused, or it would take this for an
 * inbox without a ledger and go on.
 */
static enum bulla_status
judge_log(const struct bulla_exchange *x, const struct bulla_cur *body,
    struct bulla_err *err)
{
	struct bulla_vkeys all = { 0 };
	struct bulla_checkpoint cp;
	struct bulla_addcp r;
	struct bulla_note n;
	enum bulla_status st, verdict = BULLA_OK;

	if (bulla_addcp_parse(body, &r, NULL) != BULLA_OK ||
	    bulla_note_parse(&r.checkpoint, &n, NULL) != BULLA_OK ||
	    bulla_checkpoint_parse(&n.text, &cp, NULL) != BULLA_OK)
		return BULLA_OK;	/* the witness says what is wrong */
	st = bulla_trust_keys(x->home->trust, BULLA_THEIRS, BULLA_ROLE_LOG,
	    &all, err);
	for (size_t i = 0; i < all.n && st == BULLA_OK; i++) {
		if (!bulla_cur_is(&cp.origin, all.v[i].name))
			continue;
		verdict = bulla_trust_judge(x->home->trust, BULLA_THEIRS,
		    &all.v[i], BULLA_ROLE_LOG, x->home->now, err);
		if (verdict == BULLA_OK)
			break;
	}
	bulla_vkeys_free(&all);
	return st != BULLA_OK ? st : verdict;
}

/*
 * With its log's line alone: whoever may connect could add lines of keys that
 * nobody knows, and each would be another record of the same checkpoint.
 */
static enum bulla_status
record_checkpoint(struct bulla_exchange *x, const struct bulla_cur *body,
    const struct bulla_vkeys *logs, struct bulla_err *err)
{
	struct bulla_buf clean = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_addcp r;
	struct bulla_note n;
	struct bulla_cur c;
	enum bulla_status st = bulla_addcp_parse(body, &r, err);

	if (st == BULLA_OK)
		st = bulla_note_parse(&r.checkpoint, &n, err);
	if (st != BULLA_OK)
		return st;
	bulla_buf_cur(&clean, &n.text);
	bulla_buf_str(&clean, "\n");
	for (unsigned i = 0; i < n.n_sigs; i++) {
		if (bulla_vkeys_find(logs, &n.sig[i].name, n.sig[i].id) ==
		    NULL)
			continue;
		bulla_buf_str(&clean, "\xe2\x80\x94 ");
		bulla_buf_cur(&clean, &n.sig[i].name);
		bulla_buf_str(&clean, " ");
		bulla_buf_cur(&clean, &n.sig[i].b64);
		bulla_buf_str(&clean, "\n");
	}
	c = bulla_buf_view(&clean);
	st = bulla_buf_status(&clean);
	if (st == BULLA_OK)
		st = bulla_home_record(x->home, &c, 1, err);
	bulla_buf_free(&clean);
	return st;
}

/* Cosigned: it is a checkpoint, and of a log of theirs. */
static enum bulla_status
remember_peer(struct bulla_exchange *x, const struct bulla_cur *body,
    struct bulla_err *err)
{
	struct bulla_checkpoint cp;
	struct bulla_addcp r;
	struct bulla_note n;
	enum bulla_status st = bulla_addcp_parse(body, &r, err);

	if (st == BULLA_OK)
		st = bulla_note_parse(&r.checkpoint, &n, err);
	if (st == BULLA_OK)
		st = bulla_checkpoint_parse(&n.text, &cp, err);
	return st == BULLA_OK ? exchange_shown(x, &cp.origin, err) : st;
}

/*
 * What was cosigned is recorded before it is answered. So is what was not
 * proved: that may be the fault of whoever asks, but the log has signed it.
 */
static enum bulla_status
after(struct bulla_exchange *x, const struct bulla_cur *body,
    const struct bulla_vkeys *logs, enum bulla_status verdict,
    unsigned *code, struct bulla_err *err)
{
	struct bulla_err why = { 0 };
	enum bulla_status st = BULLA_OK;

	if (*code == 409 || *code == 422)
		st = exchange_two_roots(x, body, logs, &why);
	if (st == BULLA_OK && (*code == 200 || *code == 422))
		st = record_checkpoint(x, body, logs, &why);
	if (st == BULLA_OK && *code == 200)
		st = remember_peer(x, body, &why);
	if (st == BULLA_OK)
		return verdict;
	*code = 500;
	if (err != NULL)
		*err = why;
	return st;
}

enum bulla_status
exchange_witness(struct bulla_exchange *x, const struct bulla_cur *body,
    struct bulla_buf *out, unsigned *code, struct bulla_err *err)
{
	char dir[EXCHANGE_PATH_MAX];
	struct bulla_vkeys logs = { 0 };
	struct bulla_witness w = { .dir = dir, .known = &logs,
	    .key = x->witness, .now = x->home->now };
	enum bulla_status st = judge_log(x, body, err);

	*code = 500;
	if (st == BULLA_OK)
		st = exchange_path(dir, x, "witness", "", err);
	if (st == BULLA_OK)
		st = exchange_keys(x, BULLA_THEIRS, BULLA_ROLE_LOG, &logs,
		    err);
	if (st == BULLA_OK)
		st = exchange_same_log(x, body, &logs, err);
	if (st == BULLA_E_REFUSED || st == BULLA_E_NOKEY)
		*code = 403;
	if (st == BULLA_OK) {
		st = bulla_witness_add(&w, body, out, code, err);
		st = after(x, body, &logs, st, code, err);
	}
	bulla_vkeys_free(&logs);
	return st;
}

enum bulla_status
exchange_take_add(struct bulla_exchange *x, const struct bulla_cur *body,
    struct bulla_exchange_answer *a, struct bulla_err *err)
{
	enum bulla_status st;

	if (x->witness == NULL) {
		exchange_no(a, 404, "nothing is cosigned here");
		return BULLA_OK;
	}
	st = exchange_witness(x, body, &a->body, &a->status, err);
	if (a->status == 500)
		return st;
	if (a->status == 409)
		a->type = TYPE_SIZE;
	else if (st != BULLA_OK)
		exchange_no(a, a->status, err->msg);
	return BULLA_OK;
}

/* Our log has signed it, and this ledger does not have it. */
static enum bulla_status
alarm_ours(struct bulla_exchange *x, const struct bulla_cur *note,
    struct bulla_err *err)
{
	struct bulla_buf cp = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct alarm a = { .kind = "fork", .what = "the counterpart has a "
	    "checkpoint with our log's signature that is not of our ledger: "
	    "was this home restored from a backup, or does another copy of "
	    "it run?", .seen = *note };
	enum bulla_status st = bulla_ledger_checkpoint(x->home->ledger, &cp,
	    err);

	a.now = bulla_buf_view(&cp);
	if (st == BULLA_OK)
		st = exchange_alarm(x, &a, err);
	bulla_buf_free(&cp);
	return st;
}

static enum bulla_status
judge_fresh(const struct bulla_exchange *x, const struct bulla_tree *t,
    struct bulla_err *err)
{
	int64_t now = x->home->now;

	if (t->n_witnesses == 0)
		return bulla_fail(err, BULLA_E_NOKEY, "no cosignature by a "
		    "witness key of the roster that may sign now");
	if (t->first < now - BULLA_EXCHANGE_SKEW ||
	    t->latest > now + BULLA_EXCHANGE_SKEW)
		return bulla_fail(err, BULLA_E_MISMATCH, "a cosignature that "
		    "is of another time than now (more than %d s: stale, or "
		    "a clock is wrong)", BULLA_EXCHANGE_SKEW);
	return BULLA_OK;
}

enum bulla_status
exchange_keep(struct bulla_exchange *x, const struct bulla_cur *note,
    uint64_t *size, struct bulla_err *err)
{
	struct bulla_vkeys known = { 0 };
	struct bulla_err why = { 0 };
	struct bulla_tree t = { 0 };
	enum bulla_status st;

	st = exchange_keys(x, BULLA_THEIRS, BULLA_ROLE_WITNESS, &known, err);
	if (st == BULLA_OK)
		st = bulla_vkeys_add(&known,
		    bulla_ledger_vkey(x->home->ledger), err);
	if (st == BULLA_OK)
		st = bulla_tree_verify(note, &known, &t, err);
	if (st == BULLA_OK)
		st = judge_fresh(x, &t, err);
	if (st == BULLA_OK)
		st = bulla_home_cosigned(x->home, note, size, err);
	if (st == BULLA_E_REFUSED && alarm_ours(x, note, &why) != BULLA_OK) {
		st = why.st;
		if (err != NULL)
			*err = why;
	}
	bulla_vkeys_free(&known);
	return st;
}

enum bulla_status
exchange_take_cosignature(struct bulla_exchange *x,
    const struct bulla_cur *body, struct bulla_exchange_answer *a,
    struct bulla_err *err)
{
	uint64_t size;
	enum bulla_status st = exchange_keep(x, body, &size, err);

	switch (st) {
	case BULLA_OK:
		a->status = 204;
		return st;
	case BULLA_E_FORMAT:
	case BULLA_E_LIMIT:
		exchange_no(a, 400, err->msg);
		return BULLA_OK;
	case BULLA_E_MISMATCH:
	case BULLA_E_NOKEY:
		exchange_no(a, 403, err->msg);
		return BULLA_OK;
	case BULLA_E_REFUSED:
		exchange_no(a, 422, err->msg);
		return BULLA_OK;
	case BULLA_E_NOMATCH:
	case BULLA_E_USAGE:
	case BULLA_E_INCOMPLETE:
	case BULLA_E_AGAIN:
	case BULLA_E_IO:
	case BULLA_E_NOMEM:
	case BULLA_E_UNSUPPORTED:
	case BULLA_E_UNSAFE:
		break;
	}
	return st;
}
