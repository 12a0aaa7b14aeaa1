#include <string.h>

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/hash.h"
#include "core/exchange_int.h"
#include "core/kept.h"

/*
 * Who has once cosigned with the other side owes it that the log goes on, and
 * is owed the same. To fall silent, or to begin again under another name,
 * would be the cheapest way out of a log that was rewritten.
 */

static bool
is_one_of(const uint8_t origin[BULLA_SHA256_LEN],
    const struct bulla_vkeys *logs)
{
	uint8_t digest[BULLA_SHA256_LEN];

	for (size_t i = 0; logs != NULL && i < logs->n; i++) {
		bulla_sha256(logs->v[i].name, strlen(logs->v[i].name), digest);
		if (memcmp(digest, origin, sizeof(digest)) == 0)
			return true;
	}
	return false;
}

/* HOME/ledger/witness/<sha256 of origin>: the first that is of none of logs. */
static enum bulla_status
remembered(const struct bulla_exchange *x, const struct bulla_vkeys *logs,
    struct bulla_buf *note, struct bulla_err *err)
{
	uint8_t other[BULLA_SHA256_LEN];
	struct kept_names names = { 0 };
	enum bulla_status st;
	bool found = false;

	st = kept_names(x->home->path, "ledger/witness", &names, err);
	for (size_t i = 0; i < names.n && st == BULLA_OK && !found; i++) {
		struct bulla_cur hex = bulla_cur_str(names.v[i]);

		if (!bulla_hex_decode(&hex, other, sizeof(other)) ||
		    is_one_of(other, logs))
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

/* HOME/ledger/shown/<sha256 of the peer>: the name of a log, and LF. */
static void
shown_name(const struct bulla_exchange *x, char hex[2 * BULLA_SHA256_LEN + 1])
{
	uint8_t digest[BULLA_SHA256_LEN];

	bulla_sha256(x->peer, strlen(x->peer), digest);
	bulla_hex(hex, digest, sizeof(digest));
}

/* The log that this peer showed last; BULLA_E_NOMATCH: none yet. */
static enum bulla_status
last_shown(const struct bulla_exchange *x, struct bulla_buf *origin,
    struct bulla_err *err)
{
	char hex[2 * BULLA_SHA256_LEN + 1];
	enum bulla_status st;

	if (x->peer == NULL)
		return BULLA_E_NOMATCH;
	shown_name(x, hex);
	st = exchange_get(x, "shown", hex, origin, err);
	if (st == BULLA_OK && origin->len > 0)
		origin->len--;
	return st;
}

enum bulla_status
exchange_shown(struct bulla_exchange *x, const struct bulla_cur *origin,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_KEYNAME_MAX + 1);
	char path[EXCHANGE_PATH_MAX], hex[2 * BULLA_SHA256_LEN + 1];
	enum bulla_status st = last_shown(x, &b, err);
	struct bulla_cur old = bulla_buf_view(&b);

	if (x->peer == NULL || (st == BULLA_OK && bulla_cur_same(&old,
	    origin)) || (st != BULLA_OK && st != BULLA_E_NOMATCH)) {
		bulla_buf_free(&b);
		return x->peer == NULL ? BULLA_OK : st;
	}
	bulla_buf_reset(&b);
	bulla_buf_cur(&b, origin);
	bulla_buf_str(&b, "\n");
	shown_name(x, hex);
	st = exchange_path(path, x, "shown", "", err);
	if (st == BULLA_OK)
		st = bulla_dir_make(path, 0700, err);
	if (st == BULLA_OK)
		st = exchange_path(path, x, "shown", hex, err);
	if (st == BULLA_OK)
		st = bulla_buf_status(&b);
	if (st == BULLA_OK)
		st = bulla_file_put(path, b.p, b.len, 0600, true, err);
	bulla_buf_free(&b);
	return st;
}

/*
 * Several inboxes of one side have a log each: another one in force is a
 * second log, not the end of the first. But each of them keeps to its own.
 */
static enum bulla_status
first_of_its_own(struct bulla_exchange *x, const struct bulla_cur *origin,
    const struct bulla_vkeys *logs, struct bulla_buf *seen,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_KEYNAME_MAX + 1);
	enum bulla_status st = last_shown(x, &b, err);
	struct bulla_cur before = bulla_buf_view(&b);

	if (st == BULLA_OK && !bulla_cur_same(&before, origin))
		st = exchange_seen(x, &before, seen, err);
	else if (st == BULLA_OK || st == BULLA_E_NOMATCH)
		st = remembered(x, logs, seen, err);
	bulla_buf_free(&b);
	return st;
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
		st = first_of_its_own(x, &t.cp.origin, logs, &seen, err);
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
