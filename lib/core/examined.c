#include <string.h>

#include "bulla/examine.h"
#include "bulla/text.h"

/*
 * The message: big-endian numbers, each length before its bytes.
 *	reached:8 status:8 errno:32 message:16+n
 *	from COPY on: sha256 bytes:64 id(32 hex digits)
 *	from HEAD on: mtime:64 opening:32+n
 *	at END: segments:64 cipher:64 manifest closing:32+n
 */
#define ERRNO_MAX 4095u

static void
put_note(struct bulla_buf *b, const struct bulla_buf *note)
{
	bulla_buf_u32(b, (uint32_t)note->len);
	bulla_buf_put(b, note->p, note->len);
}

void
bulla_examined_put(struct bulla_buf *b, const struct bulla_examined *e)
{
	struct bulla_cur msg = bulla_cur_str(e->end.msg);
	char shown[sizeof(e->end.msg)];

	/* It may have been cut in the middle of a character. */
	if (!bulla_text_is_plain(&msg))
		msg = bulla_cur_str(bulla_text_show_str(shown, sizeof(shown),
		    e->end.msg));
	bulla_buf_u8(b, (uint8_t)e->reached);
	bulla_buf_u8(b, (uint8_t)e->end.st);
	bulla_buf_u32(b, (uint32_t)e->end.sys_errno);
	bulla_buf_u16(b, (uint16_t)msg.len);
	bulla_buf_cur(b, &msg);
	if (e->reached >= BULLA_REACHED_COPY) {
		bulla_buf_put(b, e->sha256, sizeof(e->sha256));
		bulla_buf_u64(b, e->bytes);
		bulla_buf_put(b, e->id, BULLA_ID_LEN);
	}
	if (e->reached >= BULLA_REACHED_HEAD) {
		bulla_buf_u64(b, e->mtime);
		put_note(b, &e->opening);
	}
	if (e->reached == BULLA_REACHED_END) {
		bulla_buf_u64(b, e->segments);
		bulla_buf_u64(b, e->cipher);
		bulla_buf_put(b, e->manifest, sizeof(e->manifest));
		put_note(b, &e->closing);
	}
}

/* What an examination may end with; all else is the other half's to say. */
static bool
is_end(unsigned st)
{
	return st == BULLA_OK || st == BULLA_E_FORMAT || st == BULLA_E_LIMIT ||
	    st == BULLA_E_MISMATCH || st == BULLA_E_INCOMPLETE ||
	    st == BULLA_E_IO || st == BULLA_E_NOMEM ||
	    st == BULLA_E_UNSUPPORTED;
}

/*
 * The reason goes to logs and to the sender: it cannot be anything else. What
 * is broken gets a signed reject: only with the notes whose signatures say who
 * has sealed it.
 */
static bool
take_end(struct bulla_cur *c, struct bulla_examined *e)
{
	uint8_t reached, st;
	uint32_t sys_errno;
	struct bulla_cur msg;
	uint16_t n;

	if (!bulla_cur_u8(c, &reached) || reached > BULLA_REACHED_END ||
	    !bulla_cur_u8(c, &st) || !is_end(st) ||
	    (st == BULLA_OK) != (reached == BULLA_REACHED_END) ||
	    (st == BULLA_E_MISMATCH && reached < BULLA_REACHED_HEAD) ||
	    !bulla_cur_u32(c, &sys_errno) || sys_errno > ERRNO_MAX ||
	    (st != BULLA_E_IO && sys_errno != 0) ||
	    !bulla_cur_u16(c, &n) || n >= sizeof(e->end.msg) ||
	    (st == BULLA_OK && n != 0) ||
	    !bulla_cur_take(c, n, &msg) || !bulla_text_is_plain(&msg))
		return false;
	e->reached = (enum bulla_reached)reached;
	e->end.st = (enum bulla_status)st;
	e->end.sys_errno = (int)sys_errno;
	memcpy(e->end.msg, msg.p, msg.len);
	return true;
}

static bool
take_note(struct bulla_cur *c, struct bulla_buf *out)
{
	struct bulla_cur note;
	uint32_t n;

	if (!bulla_cur_u32(c, &n) || n == 0 || n > BULLA_NOTE_MAX ||
	    !bulla_cur_take(c, n, &note))
		return false;
	bulla_buf_cur(out, &note);
	return true;
}

static bool
take_copy(struct bulla_cur *c, struct bulla_examined *e)
{
	struct bulla_cur id;

	if (!bulla_cur_copy(c, e->sha256, sizeof(e->sha256)) ||
	    !bulla_cur_u64(c, &e->bytes) || e->bytes > INT64_MAX ||
	    !bulla_cur_take(c, BULLA_ID_LEN, &id) || !bulla_id_ok(&id))
		return false;
	memcpy(e->id, id.p, id.len);
	return true;
}

static bool
take(struct bulla_cur *c, struct bulla_examined *e)
{
	if (!take_end(c, e))
		return false;
	if (e->reached >= BULLA_REACHED_COPY && !take_copy(c, e))
		return false;
	if (e->reached >= BULLA_REACHED_HEAD &&
	    (!bulla_cur_u64(c, &e->mtime) || !take_note(c, &e->opening)))
		return false;
	if (e->reached == BULLA_REACHED_END &&
	    (!bulla_cur_u64(c, &e->segments) ||
	    e->segments > BULLA_SEGMENTS_MAX ||
	    !bulla_cur_u64(c, &e->cipher) || e->cipher > e->bytes ||
	    !bulla_cur_copy(c, e->manifest, sizeof(e->manifest)) ||
	    !take_note(c, &e->closing)))
		return false;
	return bulla_cur_done(c);
}

enum bulla_status
bulla_examined_parse(const struct bulla_cur *bytes,
    struct bulla_examined *out, struct bulla_err *err)
{
	struct bulla_examined e = BULLA_EXAMINED_INIT;
	struct bulla_cur c = *bytes;
	enum bulla_status st = BULLA_OK;

	if (!take(&c, &e))
		st = bulla_fail(err, BULLA_E_FORMAT, "not a result of an "
		    "examination");
	if (st == BULLA_OK)
		st = bulla_buf_status(&e.opening);
	if (st == BULLA_OK)
		st = bulla_buf_status(&e.closing);
	if (st != BULLA_OK) {
		bulla_examined_free(&e);
		return st;
	}
	bulla_examined_free(out);
	*out = e;
	return BULLA_OK;
}
