#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/hash.h"
#include "bulla/witness.h"
#include "core/exchange_int.h"

enum bulla_status
exchange_path(char out[EXCHANGE_PATH_MAX], const struct bulla_exchange *x,
    const char *dir, const char *name, struct bulla_err *err)
{
	int n = snprintf(out, EXCHANGE_PATH_MAX, "%s/ledger/%s%s%s",
	    x->home->path, dir, name[0] != '\0' ? "/" : "", name);

	if (n < 0 || (size_t)n >= EXCHANGE_PATH_MAX)
		return bulla_fail(err, BULLA_E_USAGE, "the path of the home "
		    "is too long");
	return BULLA_OK;
}

enum bulla_status
exchange_get(const struct bulla_exchange *x, const char *dir,
    const char *name, struct bulla_buf *out, struct bulla_err *err)
{
	char path[EXCHANGE_PATH_MAX];
	struct bulla_err why = { 0 };
	enum bulla_status st = exchange_path(path, x, dir, name, err);

	if (st != BULLA_OK)
		return st;
	st = bulla_file_get(path, out, &why);
	if (st == BULLA_E_IO && (why.sys_errno == ENOENT ||
	    why.sys_errno == ENOTDIR))
		return bulla_fail(err, BULLA_E_NOMATCH, "there is no %s",
		    name);
	if (st != BULLA_OK && err != NULL)
		*err = why;
	return st;
}

bool
bulla_exchange_can(const struct bulla_home *h)
{
	uint8_t digest[BULLA_SHA256_LEN];

	return h->ledger != NULL && h->trust != NULL &&
	    bulla_trust_roster(h->trust, BULLA_THEIRS, digest) != NULL;
}

enum bulla_status
bulla_exchange_refresh(struct bulla_exchange *x, struct bulla_err *err)
{
	struct bulla_trust *t = NULL;
	enum bulla_status st = bulla_trust_load(x->home->path, &t, err);

	x->home->now = bulla_now();
	if (st != BULLA_OK)
		return st;
	bulla_trust_free(x->home->trust);
	x->home->trust = t;
	return BULLA_OK;
}

enum bulla_status
exchange_keys(const struct bulla_exchange *x, enum bulla_side side,
    enum bulla_role role, struct bulla_vkeys *out, struct bulla_err *err)
{
	struct bulla_vkeys all = { 0 };
	enum bulla_status st;

	st = bulla_trust_keys(x->home->trust, side, role, &all, err);
	for (size_t i = 0; i < all.n && st == BULLA_OK; i++) {
		st = bulla_trust_judge(x->home->trust, side, &all.v[i], role,
		    x->home->now, NULL);
		if (st == BULLA_OK)
			st = bulla_vkeys_add(out, &all.v[i], err);
		else if (st == BULLA_E_REFUSED || st == BULLA_E_NOKEY)
			st = BULLA_OK;
	}
	bulla_vkeys_free(&all);
	return st;
}

enum bulla_status
exchange_seen(const struct bulla_exchange *x, const struct bulla_cur *origin,
    struct bulla_buf *note, struct bulla_err *err)
{
	uint8_t digest[BULLA_SHA256_LEN];
	char hex[2 * BULLA_SHA256_LEN + 1];

	bulla_sha256(origin->p, origin->len, digest);
	bulla_hex(hex, digest, sizeof(digest));
	return exchange_get(x, "witness", hex, note, err);
}

void
exchange_no(struct bulla_exchange_answer *a, unsigned status,
    const char *why)
{
	a->status = status;
	a->type = NULL;
	bulla_buf_reset(&a->body);
	bulla_buf_str(&a->body, why);
	bulla_buf_str(&a->body, "\n");
}

/* Files that any web server could serve. */
static enum bulla_status
serve(struct bulla_exchange *x, const char *dir, const char *name,
    struct bulla_exchange_answer *a, struct bulla_err *err)
{
	enum bulla_status st = exchange_get(x, dir, name, &a->body, err);

	if (st == BULLA_E_NOMATCH) {
		exchange_no(a, 404, "there is nothing here");
		return BULLA_OK;
	}
	a->status = 200;
	return st;
}

static enum bulla_status
serve_seen(struct bulla_exchange *x, const uint8_t digest[BULLA_SHA256_LEN],
    struct bulla_exchange_answer *a, struct bulla_err *err)
{
	char hex[2 * BULLA_SHA256_LEN + 1];

	bulla_hex(hex, digest, BULLA_SHA256_LEN);
	return serve(x, "witness", hex, a, err);
}

/* What others appended and have not published belongs to it too. */
static enum bulla_status
serve_request(struct bulla_exchange *x, uint64_t old,
    struct bulla_exchange_answer *a, struct bulla_err *err)
{
	struct bulla_ledger *l = x->home->ledger;
	enum bulla_status st = bulla_ledger_publish(l, err);

	if (st != BULLA_OK)
		return st;
	if (old <= bulla_ledger_size(l)) {
		a->status = 200;
		return bulla_ledger_request(l, old, &a->body, err);
	}
	a->status = 409;
	a->type = TYPE_SIZE;
	bulla_buf_dec(&a->body, bulla_ledger_size(l));
	bulla_buf_str(&a->body, "\n");
	return BULLA_OK;
}

/*
 * A roster that lists TLS keys means these and no others, whoever else the
 * authority of the certificates vouches for.
 */
static bool
client_may(const struct bulla_exchange *x, const uint8_t *client)
{
	uint8_t digest[BULLA_SHA256_LEN];
	const struct bulla_roster *r = bulla_trust_roster(x->home->trust,
	    BULLA_THEIRS, digest);
	int64_t now = x->home->now;

	for (size_t i = 0; r != NULL && i < r->n_tls; i++)
		if (client != NULL && memcmp(r->tls[i].spki, client,
		    BULLA_SHA256_LEN) == 0 && r->tls[i].from <= now &&
		    now < r->tls[i].until)
			return true;
	return r != NULL && r->n_tls == 0;
}

static enum bulla_status
answer(struct bulla_exchange *x, const struct bulla_exchange_request *q,
    struct bulla_exchange_answer *a, struct bulla_err *err)
{
	switch (q->route.place) {
	case BULLA_TUS_CHECKPOINT:
		return serve(x, "public", "checkpoint", a, err);
	case BULLA_TUS_TILE:
		a->type = TYPE_TILE;
		return serve(x, "public", q->route.tile, a, err);
	case BULLA_TUS_SEEN:
		return serve_seen(x, q->route.sha256, a, err);
	case BULLA_TUS_ASK:
		return serve_request(x, q->route.old, a, err);
	case BULLA_TUS_ADD:
		return exchange_take_add(x, &q->body, a, err);
	case BULLA_TUS_COSIGNATURE:
		return exchange_take_cosignature(x, &q->body, a, err);
	case BULLA_TUS_NOTES:
		return exchange_take_note(x, &q->body, a, err);
	case BULLA_TUS_NOWHERE:
	case BULLA_TUS_PACKAGES:
	case BULLA_TUS_UPLOAD:
	case BULLA_TUS_KNOWN:
	case BULLA_TUS_RECEIPT:
	case BULLA_TUS_OUTGOING:
	case BULLA_TUS_PARCEL:
		break;
	}
	exchange_no(a, 404, "there is nothing here");
	return BULLA_OK;
}

enum bulla_status
bulla_exchange_answer(struct bulla_exchange *x,
    const struct bulla_exchange_request *q, struct bulla_exchange_answer *a,
    struct bulla_err *err)
{
	char hex[2 * BULLA_SHA256_LEN + 1];
	struct bulla_err scratch = { 0 };
	enum bulla_status st = BULLA_OK;

	if (err == NULL)
		err = &scratch;
	x->alarm[0] = '\0';
	if (q->client != NULL)
		bulla_hex(hex, q->client, BULLA_SHA256_LEN);
	x->peer = q->client != NULL ? hex : NULL;
	if (!bulla_exchange_can(x->home))
		exchange_no(a, 404, "no ledger is kept here");
	else if (!client_may(x, q->client))
		exchange_no(a, 403, "this TLS key is none of those in the "
		    "roster");
	else
		st = answer(x, q, a, err);
	x->peer = NULL;
	if (st == BULLA_OK)
		st = bulla_buf_status(&a->body);
	return st;
}
