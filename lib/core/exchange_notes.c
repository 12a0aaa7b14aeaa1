#include <string.h>

#include "bulla/chain.h"
#include "core/exchange_int.h"

/*
 * A note of the counterpart: its first line says what it is. Each kind is
 * verified and kept by the code that owns it; what was kept is recorded.
 */
#define ROSTER "bulla roster v1\n"
#define SUSPEND "bulla suspend v1\n"
#define CUSTODY "bulla custody v1\n"

/* The one in force again is no news, and no error. */
static enum bulla_status
take_roster(struct bulla_exchange *x, const struct bulla_cur *note,
    const struct bulla_cur *text, struct bulla_err *err)
{
	uint8_t have[BULLA_SHA256_LEN], got[BULLA_SHA256_LEN];

	bulla_sha256(text->p, text->len, got);
	if (bulla_trust_roster(x->home->trust, BULLA_THEIRS, have) != NULL &&
	    memcmp(have, got, sizeof(got)) == 0)
		return BULLA_OK;
	/* Never a first one: that takes a voice (NULL is no fingerprint). */
	return bulla_trust_take(x->home->path, BULLA_THEIRS, note, NULL, err);
}

static enum bulla_status
take(struct bulla_exchange *x, const struct bulla_cur *note,
    struct bulla_err *err)
{
	struct bulla_note n;
	enum bulla_status st = bulla_note_parse(note, &n, err);

	if (st != BULLA_OK)
		return st;
	if (bulla_cur_starts(&n.text, ROSTER))
		st = take_roster(x, note, &n.text, err);
	else if (bulla_cur_starts(&n.text, SUSPEND))
		st = bulla_trust_suspend(x->home->path, note, x->home->now,
		    err);
	else if (bulla_cur_starts(&n.text, CUSTODY))
		st = bulla_chain_keep(x->home->path, note, x->home->trust,
		    x->home->now, err);
	else
		st = bulla_fail(err, BULLA_E_FORMAT, "this kind of note is "
		    "not taken here: custody, roster and suspend are");
	if (st == BULLA_OK)
		st = bulla_home_record(x->home, note, 1, err);
	return st;
}

static unsigned
status_of(enum bulla_status st)
{
	switch (st) {
	case BULLA_OK:
		return 204;
	case BULLA_E_FORMAT:
	case BULLA_E_LIMIT:
		return 400;
	case BULLA_E_MISMATCH:
	case BULLA_E_NOKEY:
		return 403;
	case BULLA_E_REFUSED:
	case BULLA_E_NOMATCH:
	case BULLA_E_USAGE:
		return 422;
	case BULLA_E_INCOMPLETE:
	case BULLA_E_AGAIN:
	case BULLA_E_IO:
	case BULLA_E_NOMEM:
	case BULLA_E_UNSUPPORTED:
	case BULLA_E_UNSAFE:
		break;
	}
	return 500;
}

enum bulla_status
exchange_take_note(struct bulla_exchange *x, const struct bulla_cur *body,
    struct bulla_exchange_answer *a, struct bulla_err *err)
{
	enum bulla_status st = take(x, body, err);

	a->status = status_of(st);
	if (a->status == 500)
		return st;
	if (st != BULLA_OK)
		exchange_no(a, a->status, err->msg);
	return BULLA_OK;
}
