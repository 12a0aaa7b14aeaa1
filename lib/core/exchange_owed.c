#include <string.h>

#include "bulla/enc.h"
#include "bulla/hash.h"
#include "core/exchange_int.h"
#include "core/kept.h"

/*
 * Who has once cosigned with the other side owes it that the log goes on, and
 * is owed the same. To fall silent, or to begin again under another name,
 * would be the cheapest way out of a log that was rewritten.
 */

/* HOME/ledger/witness/<sha256 of origin>: the first but that of origin. */
static enum bulla_status
remembered(const struct bulla_exchange *x, const struct bulla_cur *origin,
    struct bulla_buf *note, struct bulla_err *err)
{
	uint8_t self[BULLA_SHA256_LEN] = { 0 }, other[BULLA_SHA256_LEN];
	struct kept_names names = { 0 };
	enum bulla_status st;
	bool found = false;

	if (origin != NULL)
		bulla_sha256(origin->p, origin->len, self);
	st = kept_names(x->home->path, "ledger/witness", &names, err);
	for (size_t i = 0; i < names.n && st == BULLA_OK && !found; i++) {
		struct bulla_cur hex = bulla_cur_str(names.v[i]);

		if (!bulla_hex_decode(&hex, other, sizeof(other)) ||
		    memcmp(self, other, sizeof(self)) == 0)
			continue;
		st = exchange_get(x, "witness", names.v[i], note, err);
		found = st == BULLA_OK;
	}
	kept_names_free(&names);
	return st == BULLA_OK && !found ? BULLA_E_NOMATCH : st;
}

enum bulla_status
exchange_absent(struct bulla_exchange *x, struct bulla_err *err)
{
	struct bulla_buf seen = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct alarm a = { .kind = "refused", .what = "the counterpart, which "
	    "has cosigned with us before, says now that it keeps no ledger" };
	struct bulla_cosigned last = { 0 };
	struct bulla_err why = { 0 };
	enum bulla_status st = remembered(x, NULL, &seen, &why);

	if (st == BULLA_E_NOMATCH) {
		st = bulla_home_cosigned_last(x->home, &last, &why);
		if (st == BULLA_OK && last.size == 0)
			return BULLA_E_NOMATCH;
	}
	a.seen = bulla_buf_view(&seen);
	if (st == BULLA_OK)
		st = exchange_alarm(x, &a, &why);
	bulla_buf_free(&seen);
	if (st == BULLA_OK)
		return bulla_wrap(err, BULLA_E_REFUSED, "it has cosigned with "
		    "us before");
	if (err != NULL)
		*err = why;
	return st;
}

/* Only what its log has signed is worth an alarm. */
static enum bulla_status
is_signed(const struct bulla_cur *body, const struct bulla_vkeys *logs,
    struct bulla_addcp *r, struct bulla_tree *t)
{
	enum bulla_status st = bulla_addcp_parse(body, r, NULL);

	return st == BULLA_OK ? bulla_tree_verify(&r->checkpoint, logs, t,
	    NULL) : st;
}

static enum bulla_status
alarm_other(struct bulla_exchange *x, const struct bulla_cur *request,
    const struct bulla_cur *now, const struct bulla_buf *seen,
    struct bulla_err *err)
{
	struct alarm a = { .kind = "refused", .what = "the counterpart shows "
	    "a log with another name than the one that we have cosigned",
	    .seen = bulla_buf_view(seen), .now = *now, .request = *request };
	enum bulla_status st = exchange_alarm(x, &a, err);

	return st != BULLA_OK ? st : bulla_fail(err, BULLA_E_REFUSED,
	    "another log than the one that was cosigned before: when that is "
	    "agreed, cosign its first checkpoint by hand (bulla-ledger "
	    "cosign)");
}

enum bulla_status
exchange_same_log(struct bulla_exchange *x, const struct bulla_cur *body,
    const struct bulla_vkeys *logs, struct bulla_err *err)
{
	struct bulla_buf seen = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct bulla_tree t = { 0 };
	struct bulla_addcp r;
	enum bulla_status st;

	if (is_signed(body, logs, &r, &t) != BULLA_OK)
		return BULLA_OK;	/* the witness says what is wrong */
	st = exchange_seen(x, &t.cp.origin, &seen, err);
	if (st == BULLA_E_NOMATCH) {
		st = remembered(x, &t.cp.origin, &seen, err);
		if (st == BULLA_OK)
			st = alarm_other(x, body, &r.checkpoint, &seen, err);
		else if (st == BULLA_E_NOMATCH)
			st = BULLA_OK;		/* the first one ever */
	}
	bulla_buf_free(&seen);
	return st;
}

static bool
same_size_other_root(const struct bulla_buf *seen, const struct bulla_tree *t)
{
	struct bulla_cur bytes = bulla_buf_view(seen);
	struct bulla_checkpoint cp;
	struct bulla_note n;

	return bulla_note_parse(&bytes, &n, NULL) == BULLA_OK &&
	    bulla_checkpoint_parse(&n.text, &cp, NULL) == BULLA_OK &&
	    cp.size == t->cp.size && !bulla_hash_eq(&cp.root, &t->cp.root);
}

enum bulla_status
exchange_two_roots(struct bulla_exchange *x, const struct bulla_cur *body,
    const struct bulla_vkeys *logs, struct bulla_err *err)
{
	struct bulla_buf seen = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct alarm a = { .kind = "fork", .what = "the counterpart's log has "
	    "signed two trees of one size", .request = *body };
	struct bulla_tree t = { 0 };
	struct bulla_addcp r;
	enum bulla_status st;

	if (is_signed(body, logs, &r, &t) != BULLA_OK)
		return BULLA_OK;
	st = exchange_seen(x, &t.cp.origin, &seen, err);
	if (st == BULLA_OK && same_size_other_root(&seen, &t)) {
		a.now = r.checkpoint;
		a.seen = bulla_buf_view(&seen);
		st = exchange_alarm(x, &a, err);
	}
	bulla_buf_free(&seen);
	return st == BULLA_E_NOMATCH ? BULLA_OK : st;
}
