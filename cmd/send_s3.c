#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cmd_s3.h"
#include "send_s3.h"

#include "bulla/enc.h"
#include "bulla/package.h"

static enum bulla_status
key_of(const struct bulla_s3_at *at, int fd, char out[BULLA_S3_KEY_MAX + 1],
    struct bulla_err *err)
{
	char id[BULLA_ID_LEN + 1], tail[BULLA_ID_LEN + 32];
	enum bulla_status st;
	bool is;

	if (!at->is_prefix) {
		memcpy(out, at->key, sizeof(at->key));
		return BULLA_OK;
	}
	st = bulla_package_peek(fd, &is, id, err);
	if (st != BULLA_OK)
		return st;
	if (!is)
		return bulla_fail(err, BULLA_E_USAGE, "what is no package has "
		    "no name of its own: give s3://BUCKET/KEY");
	(void)snprintf(tail, sizeof(tail), "packages/%s.bulla", id);
	return bulla_s3_join(at->key, tail, out, err);
}

/* What is known now, and what only the store says. */
static void
tell(const struct cmd *c, const struct bulla_s3_at *at, const char *key,
    const struct bulla_s3_stored *o)
{
	if (o->had > 0)
		cmd_say(c, "%llu bytes were there from an earlier run",
		    (unsigned long long)o->had);
	if (o->was_there)
		cmd_say(c, "s3://%s/%s was there: of the same size, and "
		    "stored as these bytes (by the sha256 in its metadata); "
		    "nothing was sent", at->bucket, key);
	else
		cmd_say(c, "stored as s3://%s/%s: the store has checked the "
		    "SHA-256 of every part; %s", at->bucket, key,
		    o->how == BULLA_S3_CONDITIONAL ? "nothing was there "
		    "before (If-None-Match)" : "nothing was there when we "
		    "looked before");
}

static enum bulla_status
wait_receipt(struct cmd_s3 *x, const struct bulla_send_what *w,
    unsigned secs, struct bulla_buf *receipt, struct bulla_err *err)
{
	char hex[65], tail[96], key[BULLA_S3_KEY_MAX + 1];
	enum bulla_status st;

	bulla_hex(hex, w->sha256, sizeof(w->sha256));
	(void)snprintf(tail, sizeof(tail), "receipts/%s.note", hex);
	st = bulla_s3_join(x->at.key, tail, key, err);
	if (st == BULLA_OK)
		st = bulla_s3_wait_small(x->s, key, secs > 0 ? secs : UINT_MAX,
		    receipt, err);
	return st == BULLA_OK ? st : bulla_wrap(err, st,
	    "all was sent, but the receipt %.80s", tail);
}

enum bulla_status
send_s3(struct cmd *c, const struct bulla_send_config *g,
    const struct bulla_send_what *w, const struct send_s3 *how,
    struct bulla_buf *receipt, struct bulla_err *err)
{
	struct cmd_s3 x = { .s = NULL };
	char key[BULLA_S3_KEY_MAX + 1];
	struct bulla_s3_put p = { .key = key, .what = *w };
	struct bulla_s3_stored o;
	enum bulla_status st;

	st = cmd_s3_open(&x, c, how->conf, g->url, g, err);
	if (st == BULLA_OK && !g->no_receipt && !x.at.is_prefix)
		st = bulla_fail(err, BULLA_E_USAGE, "a receipt is waited for "
		    "below a prefix: give s3://BUCKET/PREFIX/, or "
		    "--no-receipt");
	if (st == BULLA_OK)
		st = key_of(&x.at, w->fd, key, err);
	p.state_dir = x.state_dir[0] != '\0' ? x.state_dir : NULL;
	if (st == BULLA_OK)
		st = bulla_s3_put(x.s, &p, &o, err);
	if (st == BULLA_OK) {
		tell(c, &x.at, key, &o);
		if (!g->no_receipt)
			st = wait_receipt(&x, w, how->wait_secs, receipt, err);
	}
	cmd_s3_close(&x);
	return st;
}
