#include <string.h>

#include "bulla/enc.h"
#include "core/receive_int.h"

/*
 * A package is no worse for damaged notes in the home, and its sender is not
 * to hear that it is.
 */
static enum bulla_status
chain_trouble(enum bulla_status st, struct bulla_err *err)
{
	return st == BULLA_E_FORMAT ? bulla_wrap(err, BULLA_E_IO,
	    "the chain of custody in the home is damaged") : st;
}

static bool
is_for(const struct arrival *a, const struct bulla_link *l)
{
	char hex[2 * BULLA_SHA256_LEN + 1];
	struct bulla_cur sum;

	bulla_hex(hex, a->sha256, BULLA_SHA256_LEN);
	return bulla_custody_get(&l->c, "package-sha256", &sum) &&
	    bulla_cur_is(&sum, hex);
}

/* The receive of these very bytes; NULL: there is none yet. */
static const struct bulla_link *
find_receive(const struct arrival *a, const struct bulla_chain *ours)
{
	for (size_t i = 0; i < ours->n; i++) {
		if (chain_is(&ours->v[i], "receive") &&
		    is_for(a, &ours->v[i]))
			return &ours->v[i];
	}
	return NULL;
}

/* The note of theirs that hands the package over to us. */
static const struct bulla_link *
find_handed(const struct arrival *a, const struct bulla_chain *ours,
    const struct bulla_chain *theirs)
{
	const struct bulla_cur name = bulla_cur_str(
	    a->p->receiver->vkey.name);
	const struct bulla_cur agency = bulla_keyname_agency(&name);

	return chain_handed_to(theirs, ours, &agency);
}

/* What the home's notes say of the package before it is taken in. */
struct handed {
	bool other_bytes;	/* relinquished were others than these */
	bool named;
	uint8_t digest[BULLA_SHA256_LEN];	/* of the relinquish note */
};

static enum bulla_status
look_up(const struct arrival *a, struct handed *out, struct bulla_err *err)
{
	struct bulla_chain ours = { 0 }, theirs = { 0 };
	const struct bulla_link *r = NULL;
	enum bulla_status st;

	*out = (struct handed){ 0 };
	st = bulla_chain_load(a->p->home, a->id, BULLA_OURS, NULL, &ours,
	    err);
	if (st == BULLA_OK)
		st = bulla_chain_load(a->p->home, a->id, BULLA_THEIRS, NULL,
		    &theirs, err);
	if (st == BULLA_OK && find_receive(a, &ours) == NULL)
		r = find_handed(a, &ours, &theirs);
	if (r != NULL) {
		out->named = is_for(a, r);
		out->other_bytes = !out->named;
		memcpy(out->digest, r->digest, sizeof(out->digest));
	}
	bulla_chain_free(&ours);
	bulla_chain_free(&theirs);
	return chain_trouble(st, err);
}

enum bulla_status
receive_other_bytes(const struct arrival *a, bool *out,
    struct bulla_err *err)
{
	struct handed handed;
	enum bulla_status st = look_up(a, &handed, err);

	*out = st == BULLA_OK && handed.other_bytes;
	return st;
}

/* Does a receive of ours name other bytes under this id? */
static bool
names_other(const struct arrival *a, const struct bulla_chain *ours)
{
	struct bulla_cur sum;

	for (size_t i = 0; i < ours->n; i++) {
		const struct bulla_link *l = &ours->v[i];

		if (chain_is(l, "receive") && bulla_custody_get(&l->c,
		    "package-sha256", &sum) && !is_for(a, l))
			return true;
	}
	return false;
}

enum bulla_status
receive_holds_other(const struct arrival *a, bool *out,
    struct bulla_err *err)
{
	struct bulla_chain ours = { 0 };
	enum bulla_status st = bulla_chain_load(a->p->home, a->id, BULLA_OURS,
	    NULL, &ours, err);

	*out = st == BULLA_OK && find_receive(a, &ours) == NULL &&
	    names_other(a, &ours);
	bulla_chain_free(&ours);
	return chain_trouble(st, err);
}

/* Does the stored note say the very same, and by the same key? */
static bool
says_same(const struct arrival *a, const struct receipt_of *of,
    const struct bulla_buf *note)
{
	const struct bulla_vkey *key = &a->p->receiver->vkey;
	struct bulla_cur bytes = bulla_buf_view(note), v;
	uint8_t named[BULLA_SHA256_LEN];
	struct bulla_custody c;
	struct bulla_note n;

	if (bulla_note_parse(&bytes, &n, NULL) != BULLA_OK ||
	    bulla_custody_parse(&n.text, &c, NULL) != BULLA_OK ||
	    strcmp(c.id, of->id) != 0 ||
	    !bulla_cur_is(&n.sig[0].name, key->name) ||
	    memcmp(n.sig[0].id, key->id, sizeof(key->id)) != 0 ||
	    !bulla_custody_get(&c, "reason", &v) ||
	    !bulla_cur_is(&v, of->reason))
		return false;
	if (!chain_named(&c, "relinquish", named))
		return of->relinquish == NULL;
	return of->relinquish != NULL &&
	    memcmp(named, of->relinquish, sizeof(named)) == 0;
}

/* The same bytes for the same reason: the note of the first time. */
static enum bulla_status
find_reject(const struct arrival *a, const struct receipt_of *of,
    struct bulla_buf *note, bool *found, struct bulla_err *err)
{
	bool accepted = false;
	enum bulla_status st = bulla_receipt_find(a->p->home, a->sha256, note,
	    &accepted, err);

	*found = st == BULLA_OK && !accepted && says_same(a, of, note);
	if (!*found)
		bulla_buf_reset(note);
	return st == BULLA_E_NOMATCH ? BULLA_OK : st;
}

/*
 * Answer with a signed reject, which is kept. It stands alone: what is
 * refused has no place in the chain of the package that has this id.
 */
enum bulla_status
receive_reject(const struct arrival *a, const char *reason,
    struct bulla_received *out, struct bulla_err *err)
{
	struct receipt_of of = { .id = a->id, .sha256 = a->sha256,
	    .bytes = a->bytes, .reason = reason,
	    .exercise = a->opened && a->pkg.opening.exercise };
	struct handed handed;
	enum bulla_status st;
	bool found = false;

	st = look_up(a, &handed, err);
	if (st != BULLA_OK)
		return st;
	if (handed.named || handed.other_bytes)
		of.relinquish = handed.digest;
	st = find_reject(a, &of, &out->receipt, &found, err);
	if (st == BULLA_OK && !found)
		st = receipt_make(a->p, &of, &out->receipt, err);
	if (st == BULLA_OK && !found)
		st = receipt_store(a->p->home, a->sha256, &out->receipt, true,
		    err);
	out->accepted = false;
	out->reason = reason;
	return st;
}

bool
receive_has(const struct arrival *a, const struct chain_pair *chain)
{
	return find_receive(a, &chain->ours) != NULL;
}

/* Under the lock: the first receive of these bytes is the receipt. */
enum bulla_status
receive_put(const struct arrival *a, struct chain_pair *chain,
    struct bulla_buf *note, struct bulla_err *err)
{
	const struct bulla_link *l = find_receive(a, &chain->ours);
	struct receipt_of of = { .id = a->id, .sha256 = a->sha256,
	    .bytes = a->bytes, .seal = a->pkg.closing_digest };

	if (l != NULL) {
		bulla_buf_put(note, l->bytes.p, l->bytes.len);
		return bulla_buf_status(note);
	}
	l = find_handed(a, &chain->ours, &chain->theirs);
	if (l != NULL && is_for(a, l))
		of.relinquish = l->digest;
	return receipt_add(a->p, &of, chain, note, err);
}

/*
 * The receipt, once the package is stored under its name. Another process
 * may have been here with the same bytes.
 */
static enum bulla_status
receive_alone(const struct arrival *a, struct bulla_received *out,
    struct bulla_err *err)
{
	struct chain_pair chain;
	enum bulla_status st;

	st = chain_pair_open(&chain, a->p->home, a->id, true, err);
	if (st != BULLA_OK)
		return st;
	st = receive_put(a, &chain, &out->receipt, err);
	chain_pair_close(&chain);
	return st;
}

enum bulla_status
receive_accept(const struct arrival *a, struct bulla_received *out,
    struct bulla_err *err)
{
	enum bulla_status st = a->p->shared != NULL ?
	    receive_first(a, out, err) : receive_alone(a, out, err);

	st = chain_trouble(st, err);
	if (st == BULLA_OK)
		st = receipt_store(a->p->home, a->sha256, &out->receipt,
		    false, err);
	out->accepted = true;
	return st;
}
