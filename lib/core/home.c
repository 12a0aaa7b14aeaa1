#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulla/chain.h"
#include "bulla/file.h"
#include "bulla/home.h"
#include "core/ledger_int.h"

/* A log that has signed must not count as none when its files are lost. */
static bool
has_ledger(const char *home)
{
	static const char *const marks[] = { "ledger/journal",
	    "ledger/public/checkpoint", "keys/log.state" };
	char path[LEDGER_PATH_MAX];

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (ledger_path(path, home, marks[i], NULL) != BULLA_OK ||
		    access(path, F_OK) == 0 ||
		    (errno != ENOENT && errno != ENOTDIR))
			return true;
	}
	return false;
}

enum bulla_status
bulla_home_open(const char *path, const struct bulla_ask *ask,
    struct bulla_home *out, struct bulla_err *err)
{
	struct bulla_home h = { .path = path, .now = bulla_now() };
	enum bulla_status st;

	st = bulla_trust_load(path, &h.trust, err);
	if (st == BULLA_E_NOMATCH)
		st = BULLA_OK;
	if (st == BULLA_OK && has_ledger(path))
		st = bulla_ledger_open(path, ask, &h.ledger, err);
	if (st == BULLA_OK)
		*out = h;
	else
		bulla_trust_free(h.trust);
	return st;
}

void
bulla_home_close(struct bulla_home *h)
{
	bulla_trust_free(h->trust);
	bulla_ledger_free(h->ledger);
	h->trust = NULL;
	h->ledger = NULL;
}

/* Only a whole note with a good text is public; anything else is private. */
static enum bulla_status
entry_kind(const struct bulla_cur *bytes, enum bulla_entry *as,
    struct bulla_err *err)
{
	struct bulla_roster *r;
	struct bulla_suspend s;
	struct bulla_note n;

	*as = BULLA_SALTED;
	if (!bulla_ledger_clear_ok(bytes) ||
	    bulla_note_parse(bytes, &n, NULL) != BULLA_OK)
		return BULLA_OK;
	r = malloc(sizeof(*r));
	if (r == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	if (bulla_roster_parse(&n.text, r, NULL) == BULLA_OK ||
	    bulla_suspend_parse(&n.text, &s, NULL) == BULLA_OK)
		*as = BULLA_CLEAR;
	free(r);
	return BULLA_OK;
}

enum bulla_status
bulla_home_record(struct bulla_home *h, const struct bulla_cur *notes,
    size_t n, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	struct bulla_record *r;
	size_t n_new;

	if (h->ledger == NULL)
		return BULLA_OK;
	r = calloc(n > 0 ? n : 1, sizeof(*r));
	if (r == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	for (size_t i = 0; i < n && st == BULLA_OK; i++) {
		r[i].bytes = notes[i];
		st = entry_kind(&notes[i], &r[i].as, err);
	}
	if (st == BULLA_OK && n > 0)
		st = bulla_ledger_append_notes(h->ledger, r, n, true, &n_new,
		    err);
	if (st == BULLA_OK)
		st = bulla_ledger_publish(h->ledger, err);
	free(r);
	return st;
}

/* Their witnesses; at 0: whatever their times. */
static enum bulla_status
witnesses(const struct bulla_home *h, int64_t at, struct bulla_vkeys *out,
    struct bulla_err *err)
{
	struct bulla_vkeys all = { 0 };
	enum bulla_status st;

	st = bulla_trust_keys(h->trust, BULLA_THEIRS, BULLA_ROLE_WITNESS,
	    at == 0 ? out : &all, err);
	for (size_t i = 0; i < all.n && st == BULLA_OK; i++) {
		if (bulla_trust_judge(h->trust, BULLA_THEIRS, &all.v[i],
		    BULLA_ROLE_WITNESS, at, NULL) == BULLA_OK)
			st = bulla_vkeys_add(out, &all.v[i], err);
	}
	bulla_vkeys_free(&all);
	return st;
}

enum bulla_status
bulla_home_cosigned(struct bulla_home *h, const struct bulla_cur *note,
    uint64_t *size, struct bulla_err *err)
{
	struct bulla_vkeys known = { 0 };
	enum bulla_status st;

	if (h->ledger == NULL)
		return bulla_fail(err, BULLA_E_USAGE, "a cosignature, but "
		    "there is no ledger here");
	if (h->trust == NULL)
		return bulla_fail(err, BULLA_E_NOKEY, "a cosignature, but "
		    "there is no roster that names a witness");
	st = witnesses(h, h->now, &known, err);
	if (st == BULLA_OK)
		st = bulla_cosigned_keep(h->ledger, note,
		    &(struct bulla_cosigners){ &known, h->now }, size, err);
	bulla_vkeys_free(&known);
	return st;
}

enum bulla_status
bulla_home_cosigned_last(struct bulla_home *h, struct bulla_cosigned *out,
    struct bulla_err *err)
{
	struct bulla_vkeys known = { 0 };
	enum bulla_status st;

	if (h->ledger == NULL || h->trust == NULL) {
		*out = (struct bulla_cosigned){ 0 };
		return BULLA_OK;
	}
	st = witnesses(h, 0, &known, err);
	if (st == BULLA_OK)
		st = bulla_cosigned_last(h->ledger, &known, out, err);
	bulla_vkeys_free(&known);
	return st;
}

/*
 * The keys were judged when the cosignatures were kept: one that has ended or
 * was suspended since does not take back what it said before.
 */
int64_t
bulla_home_proven(struct bulla_home *h, const struct bulla_cur *note)
{
	struct bulla_cosigned c = { 0 };
	struct bulla_vkeys known = { 0 };
	enum bulla_status st;
	uint64_t index = 0;

	if (h->ledger == NULL || h->trust == NULL)
		return 0;
	st = witnesses(h, 0, &known, NULL);
	if (st == BULLA_OK)
		st = bulla_ledger_find_first(h->ledger, note, &index, NULL);
	if (st == BULLA_OK)
		st = bulla_cosigned_first(h->ledger, index, &known, &c, NULL);
	bulla_vkeys_free(&known);
	return st == BULLA_OK ? c.time : 0;
}

static int64_t
proven(void *ctx, const struct bulla_cur *note)
{
	return bulla_home_proven(ctx, note);
}

static int64_t
earliest_of(struct bulla_home *h, const char *id, enum bulla_side side,
    const uint8_t seal[32], int64_t best)
{
	struct bulla_chain chain = { 0 };

	if (bulla_chain_load(h->path, id, side, NULL, &chain, NULL) !=
	    BULLA_OK)
		return best;
	for (size_t i = 0; i < chain.n; i++) {
		int64_t t;

		if (!chain.v[i].c.has_seal ||
		    memcmp(chain.v[i].c.seal, seal, 32) != 0)
			continue;
		t = bulla_chain_proven(&chain.v[i], 1, proven, h);
		if (t != 0 && (best == 0 || t < best))
			best = t;
	}
	bulla_chain_free(&chain);
	return best;
}

int64_t
bulla_home_proven_seal(struct bulla_home *h, const char *id,
    const uint8_t seal[32])
{
	int64_t best;

	if (h->ledger == NULL || h->trust == NULL)
		return 0;
	best = earliest_of(h, id, BULLA_OURS, seal, 0);
	return earliest_of(h, id, BULLA_THEIRS, seal, best);
}
