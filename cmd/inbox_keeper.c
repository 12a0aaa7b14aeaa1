#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inbox_keeper.h"

#include "bulla/channel.h"
#include "bulla/enc.h"
#include "bulla/opening.h"

/* What the storekeeper does for the signer. */
#define DIGEST_TEXT (2u * BULLA_SHA256_LEN + 1u)	/* with its LF */

struct task {
	enum shelf_kind kind;
	char id[BULLA_ID_LEN + 1];
	uint8_t sha256[BULLA_SHA256_LEN];
	uint64_t bytes;
	struct bulla_cur note;
};

/* A line of the log: text is escaped already, but for quotes. */
void
keeper_tell(const struct keeper *k, const char *event, const char *text)
{
	char line[400];

	(void)snprintf(line, sizeof(line), "%s", text);
	for (char *p = line; (p = strchr(p, '"')) != NULL; p++)
		*p = '\'';
	inbox_tell(k->in, "event=%s reason=\"%s\"", event, line);
}

/* Several inboxes are safe only where the first one wins. */
enum bulla_status
keeper_probe(struct shelf *h, struct bulla_err *err)
{
	struct keeper *k = h->k;
	char key[BULLA_S3_KEY_MAX + 1];
	enum bulla_status st = bulla_s3_join(k->at.key, "probe", key, err);
	bool once = true;

	BULLA_CHECK(pthread_mutex_lock(&k->mu) == 0);
	if (st == BULLA_OK && !k->probed)
		st = bulla_s3_is_write_once(h->s, key, &once, err);
	if (st == BULLA_OK)
		k->probed = true;
	BULLA_CHECK(pthread_mutex_unlock(&k->mu) == 0);
	if (st == BULLA_OK && !once)
		keeper_tell(k, "store-not-shared", "the store knows no \"only "
		    "if it is not there\" (If-None-Match): one inbox at a "
		    "time on this bucket, or a package may be received twice");
	return st;
}

static enum bulla_status
key_of(const struct keeper *k, const char *dir, const char *name,
    const char *end, char out[BULLA_S3_KEY_MAX + 1], struct bulla_err *err)
{
	char tail[128];

	(void)snprintf(tail, sizeof(tail), "%s/%s%s", dir, name, end);
	return bulla_s3_join(k->at.key, tail, out, err);
}

/* Leave data there unless something is; what is there goes to out. */
static enum bulla_status
leave(struct shelf *h, const char *key, const struct bulla_cur *data,
    struct bulla_buf *out, struct bulla_err *err)
{
	struct bulla_s3_stored o;
	bool other = false, there = false;
	enum bulla_status st = bulla_s3_put_small(h->s, key, data, &o, &other,
	    err);

	if (st == BULLA_OK && !other) {
		bulla_buf_cur(out, data);
		return bulla_buf_status(out);
	}
	if (st == BULLA_OK)
		st = bulla_s3_get_small(h->s, key, out, &there, err);
	if (st == BULLA_OK && !there)
		st = bulla_fail(err, BULLA_E_AGAIN, "it is not there any "
		    "more");
	return st;
}

static enum bulla_status
claim(struct shelf *h, const struct task *t, struct bulla_buf *answer,
    struct bulla_err *err)
{
	struct bulla_buf there = BULLA_BUF_INIT(DIGEST_TEXT);
	char text[DIGEST_TEXT + 1], key[BULLA_S3_KEY_MAX + 1];
	uint8_t has[BULLA_SHA256_LEN];
	struct bulla_cur c;
	enum bulla_status st = key_of(h->k, "ids", t->id, "", key, err);

	bulla_hex(text, t->sha256, sizeof(t->sha256));
	text[DIGEST_TEXT - 1] = '\n';
	c = bulla_cur_of(text, DIGEST_TEXT);
	if (st == BULLA_OK)
		st = leave(h, key, &c, &there, err);
	c = bulla_buf_view(&there);
	if (st == BULLA_OK && c.len == DIGEST_TEXT &&
	    c.p[c.len - 1] == '\n')
		c.len--;
	if (st == BULLA_OK && !bulla_hex_decode(&c, has, sizeof(has)))
		st = bulla_fail(err, BULLA_E_FORMAT, "ids/%s is no digest",
		    t->id);
	if (st == BULLA_OK)
		bulla_buf_put(answer, has, sizeof(has));
	bulla_buf_free(&there);
	return st;
}

static enum bulla_status
put(struct shelf *h, const struct task *t, int fd, struct bulla_err *err)
{
	char key[BULLA_S3_KEY_MAX + 1];
	struct bulla_s3_put p = { .key = key, .state_dir = h->k->state,
	    .what = { .fd = fd, .size = t->bytes } };
	struct bulla_s3_stored o;
	enum bulla_status st = key_of(h->k, "packages", t->id, ".bulla", key,
	    err);

	memcpy(p.what.sha256, t->sha256, sizeof(p.what.sha256));
	return st == BULLA_OK ? bulla_s3_put(h->s, &p, &o, err) : st;
}

static enum bulla_status
receipt(struct shelf *h, const struct task *t, struct bulla_buf *answer,
    struct bulla_err *err)
{
	struct bulla_buf there = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	char hex[2 * BULLA_SHA256_LEN + 1], key[BULLA_S3_KEY_MAX + 1];
	bool is_there;
	enum bulla_status st;

	bulla_hex(hex, t->sha256, sizeof(t->sha256));
	st = key_of(h->k, "receipts", hex, ".note", key, err);
	if (st == BULLA_OK && t->note.len > 0)
		st = leave(h, key, &t->note, &there, err);
	else if (st == BULLA_OK)
		st = bulla_s3_get_small(h->s, key, &there, &is_there, err);
	if (st == BULLA_OK) {
		bulla_buf_u32(answer, (uint32_t)there.len);
		bulla_buf_put(answer, there.p, there.len);
	}
	bulla_buf_free(&there);
	return st;
}

static bool
task_parse(const struct bulla_cur *msg, unsigned n_fds, struct task *t)
{
	struct bulla_cur c = *msg, id;
	uint32_t n;
	uint8_t kind;

	*t = (struct task){ 0 };
	if (!bulla_cur_u8(&c, &kind) || !bulla_cur_take(&c, BULLA_ID_LEN,
	    &id) || !bulla_id_ok(&id) || !bulla_cur_copy(&c, t->sha256,
	    sizeof(t->sha256)) || n_fds != (kind == SHELF_PUT ? 1u : 0u))
		return false;
	memcpy(t->id, id.p, id.len);
	t->kind = (enum shelf_kind)kind;
	if (kind == SHELF_PUT && !bulla_cur_u64(&c, &t->bytes))
		return false;
	if (kind == SHELF_RECEIPT && (!bulla_cur_u32(&c, &n) ||
	    n > BULLA_NOTE_MAX || !bulla_cur_take(&c, n, &t->note)))
		return false;
	return bulla_cur_done(&c) && (kind == SHELF_CLAIM ||
	    kind == SHELF_PUT || kind == SHELF_RECEIPT);
}

static enum bulla_status
work(struct shelf *h, const struct task *t, int fd, struct bulla_buf *answer,
    struct bulla_err *err)
{
	enum bulla_status st = keeper_probe(h, err);

	if (st != BULLA_OK)
		return st;
	switch (t->kind) {
	case SHELF_CLAIM:
		return claim(h, t, answer, err);
	case SHELF_PUT:
		return put(h, t, fd, err);
	case SHELF_RECEIPT:
		return receipt(h, t, answer, err);
	}
	return BULLA_E_FORMAT;
}

static enum bulla_status
reply(struct shelf *h, enum bulla_status st, const struct bulla_err *why,
    const struct bulla_buf *answer)
{
	struct bulla_buf msg = BULLA_BUF_INIT(SHELF_MAX);
	const char *text = st == BULLA_OK ? "" : why->msg;
	struct bulla_cur c;

	bulla_buf_u8(&msg, (uint8_t)st);
	bulla_buf_u16(&msg, (uint16_t)strlen(text));
	bulla_buf_str(&msg, text);
	if (st == BULLA_OK)
		bulla_buf_put(&msg, answer->p, answer->len);
	c = bulla_buf_view(&msg);
	st = bulla_buf_status(&msg);
	if (st == BULLA_OK)
		st = bulla_channel_send(h->ch, &c, NULL, NULL);
	bulla_buf_free(&msg);
	return st;
}

enum bulla_status
keeper_serve(struct shelf *h)
{
	struct bulla_buf msg = BULLA_BUF_INIT(SHELF_MAX);
	struct bulla_buf answer = BULLA_BUF_INIT(SHELF_MAX);
	struct bulla_fds fds = { .n = 0 };
	struct bulla_err err = { 0 };
	struct bulla_cur c;
	struct task t;
	enum bulla_status st;

	st = bulla_channel_recv(h->ch, -1, &msg, &fds, NULL);
	c = bulla_buf_view(&msg);
	if (st == BULLA_OK && !task_parse(&c, fds.n, &t))
		st = BULLA_E_FORMAT;
	if (st == BULLA_OK) {
		st = work(h, &t, fds.v[0], &answer, &err);
		if (st == BULLA_OK)
			st = bulla_buf_status(&answer);
		st = reply(h, st, &err, &answer);
	}
	for (unsigned i = 0; i < fds.n; i++)
		(void)close(fds.v[i]);
	bulla_buf_free(&msg);
	bulla_buf_free(&answer);
	return st;
}
