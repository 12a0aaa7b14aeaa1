#include <string.h>

#include "inbox_shelf.h"

#include "bulla/channel.h"
#include "bulla/enc.h"
#include "bulla/text.h"

static void
put_head(struct bulla_buf *b, enum shelf_kind kind, const char *id,
    const uint8_t sha256[BULLA_SHA256_LEN])
{
	bulla_buf_u8(b, (uint8_t)kind);
	bulla_buf_put(b, id, BULLA_ID_LEN);
	bulla_buf_put(b, sha256, BULLA_SHA256_LEN);
}

/* Its status with its reason; c is left at what follows. */
static enum bulla_status
take_status(struct bulla_cur *c, struct bulla_err *err)
{
	struct bulla_cur why;
	char text[300];
	uint8_t st;
	uint16_t n;

	if (!bulla_cur_u8(c, &st) || st > BULLA_E_UNSAFE ||
	    !bulla_cur_u16(c, &n) || !bulla_cur_take(c, n, &why))
		return bulla_fail(err, BULLA_E_IO, "the storekeeper sent what "
		    "is no answer");
	if (st == BULLA_OK)
		return BULLA_OK;
	bulla_text_show(text, sizeof(text), &why);
	return bulla_fail(err, (enum bulla_status)st, "%s", text);
}

/* msg goes, and the answer comes in its place; *c is what follows a yes. */
static enum bulla_status
ask(const struct inbox_shelf *s, struct bulla_buf *msg, int fd,
    struct bulla_cur *c, struct bulla_err *err)
{
	const struct bulla_fds fds = { .v = { fd }, .n = fd != -1 ? 1 : 0 };
	enum bulla_status st = bulla_buf_status(msg);

	*c = bulla_buf_view(msg);
	if (st == BULLA_OK)
		st = bulla_channel_send(s->ch, c, &fds, err);
	bulla_buf_reset(msg);
	if (st == BULLA_OK)
		st = bulla_channel_recv(s->ch, -1, msg, NULL, err);
	*c = bulla_buf_view(msg);
	return st == BULLA_OK ? take_status(c, err) : st;
}

static enum bulla_status
is_done(enum bulla_status st, bool ok, struct bulla_err *err)
{
	return st != BULLA_OK || ok ? st : bulla_fail(err, BULLA_E_IO,
	    "the storekeeper sent what is no answer");
}

static enum bulla_status
claim(void *ctx, const char *id, uint8_t sha256[BULLA_SHA256_LEN],
    struct bulla_err *err)
{
	struct bulla_buf msg = BULLA_BUF_INIT(SHELF_MAX);
	uint8_t has[BULLA_SHA256_LEN];
	struct bulla_cur c;
	enum bulla_status st;

	put_head(&msg, SHELF_CLAIM, id, sha256);
	st = ask(ctx, &msg, -1, &c, err);
	st = is_done(st, st == BULLA_OK && bulla_cur_copy(&c, has,
	    sizeof(has)) && bulla_cur_done(&c), err);
	if (st == BULLA_OK)
		memcpy(sha256, has, sizeof(has));
	bulla_buf_free(&msg);
	return st;
}

static enum bulla_status
put(void *ctx, const char *id, const uint8_t sha256[BULLA_SHA256_LEN],
    int fd, uint64_t bytes, struct bulla_err *err)
{
	struct bulla_buf msg = BULLA_BUF_INIT(SHELF_MAX);
	struct bulla_cur c;
	enum bulla_status st;

	put_head(&msg, SHELF_PUT, id, sha256);
	bulla_buf_u64(&msg, bytes);
	st = ask(ctx, &msg, fd, &c, err);
	st = is_done(st, bulla_cur_done(&c), err);
	bulla_buf_free(&msg);
	return st;
}

static enum bulla_status
receipt(void *ctx, const uint8_t sha256[BULLA_SHA256_LEN],
    const struct bulla_cur *note, struct bulla_buf *out,
    struct bulla_err *err)
{
	static const char no_id[] = "00000000000000000000000000000000";
	struct bulla_buf msg = BULLA_BUF_INIT(SHELF_MAX);
	struct bulla_cur c, there;
	uint32_t n = 0;
	enum bulla_status st;

	put_head(&msg, SHELF_RECEIPT, no_id, sha256);
	bulla_buf_u32(&msg, (uint32_t)note->len);
	bulla_buf_cur(&msg, note);
	st = ask(ctx, &msg, -1, &c, err);
	st = is_done(st, st == BULLA_OK && bulla_cur_u32(&c, &n) &&
	    n <= BULLA_NOTE_MAX && bulla_cur_take(&c, n, &there) &&
	    bulla_cur_done(&c) && (n > 0 || note->len == 0), err);
	if (st == BULLA_OK) {
		bulla_buf_cur(out, &there);
		st = bulla_buf_status(out);
	}
	bulla_buf_free(&msg);
	return st;
}

static enum bulla_status
may(void *ctx, const struct bulla_verified *v, int64_t at,
    struct bulla_err *err)
{
	struct inbox_shelf *s = ctx;

	return inbox_home_may(s->home, s->own, v, at, err);
}

enum bulla_status
inbox_shelf_open(struct inbox_shelf *s, struct bulla_err *err)
{
	s->shared = (struct bulla_shared){ .claim = claim, .put = put,
	    .receipt = receipt, .receivers = &s->receivers, .may = may,
	    .ctx = s };
	return inbox_home_receivers(s->home, s->own, &s->receivers, err);
}

void
inbox_shelf_close(struct inbox_shelf *s)
{
	bulla_vkeys_free(&s->receivers);
}
