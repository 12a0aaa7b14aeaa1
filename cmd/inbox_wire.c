#include <string.h>

#include "inbox_wire.h"

#include "bulla/enc.h"
#include "bulla/note.h"
#include "bulla/opening.h"
#include "bulla/text.h"

/*
 * Big-endian numbers, each length before its bytes.
 *	request: kind:8 client(32), and of WIRE_SMALL path:16+n body:32+n,
 *	  of WIRE_FOLLOW length:64
 *	answer:  status:8 errno:32 reason:16+n, and with BULLA_OK
 *	  JUDGE, FOLLOW  sha256 accepted:8 existed:8 id:8+n note:32+n
 *	  SMALL  status:16 type:8 retry-after:32 body:32+n
 *	  WHO    standing:8 pinned:8 name:16+n reason:16+n
 */
#define PATH_LIMIT 256u

/* Media types, which the receiving end must have as static text. */
static const char *const types[] = { NULL, "text/x.tlog.size",
    "application/octet-stream" };
enum { N_TYPES = sizeof(types) / sizeof(types[0]) };

static void
put_text(struct bulla_buf *b, const char *s)
{
	size_t n = strlen(s);

	bulla_buf_u16(b, (uint16_t)n);
	bulla_buf_put(b, s, n);
}

static bool
take_bytes(struct bulla_cur *c, size_t max, struct bulla_cur *out)
{
	uint32_t n;

	return bulla_cur_u32(c, &n) && n <= max && bulla_cur_take(c, n, out);
}

/* Text for a buffer of cap bytes, with nothing in it for a terminal. */
static bool
take_text(struct bulla_cur *c, char *out, size_t cap)
{
	struct bulla_cur s;
	uint16_t n;

	if (!bulla_cur_u16(c, &n) || n >= cap || !bulla_cur_take(c, n, &s) ||
	    !bulla_text_is_plain(&s))
		return false;
	memcpy(out, s.p, s.len);
	out[s.len] = '\0';
	return true;
}

static bool
take_bool(struct bulla_cur *c, bool *out)
{
	uint8_t v;

	if (!bulla_cur_u8(c, &v) || v > 1)
		return false;
	*out = v == 1;
	return true;
}

void
wire_put_request(struct bulla_buf *b, const struct wire_request *q)
{
	struct bulla_buf path = BULLA_BUF_INIT(PATH_LIMIT);

	bulla_buf_u8(b, (uint8_t)q->kind);
	bulla_buf_put(b, q->client.spki, sizeof(q->client.spki));
	if (q->kind == WIRE_FOLLOW)
		bulla_buf_u64(b, q->length);
	if (q->kind != WIRE_SMALL)
		return;
	bulla_tus_route_put(&path, &q->small.route);
	/* No memory for a part of it: no question at all */
	if (b->st == BULLA_OK)
		b->st = bulla_buf_status(&path);
	bulla_buf_u16(b, (uint16_t)path.len);
	bulla_buf_put(b, path.p, path.len);
	bulla_buf_u32(b, (uint32_t)q->small.body.len);
	bulla_buf_cur(b, &q->small.body);
	bulla_buf_free(&path);
}

static bool
take_small(struct bulla_cur *c, struct bulla_inbox_request *q)
{
	struct bulla_cur path;
	uint16_t n;

	if (!bulla_cur_u16(c, &n) || n > PATH_LIMIT ||
	    !bulla_cur_take(c, n, &path))
		return false;
	bulla_tus_route(&path, &q->route);
	return bulla_tus_is_exchange(q->route.place) &&
	    take_bytes(c, BULLA_INBOX_SMALL_MAX, &q->body);
}

enum bulla_status
wire_parse_request(const struct bulla_cur *msg, struct wire_request *out,
    struct bulla_err *err)
{
	struct bulla_cur c = *msg;
	uint8_t kind;
	bool ok;

	*out = (struct wire_request){ 0 };
	ok = bulla_cur_u8(&c, &kind) && (kind == WIRE_JUDGE ||
	    kind == WIRE_FOLLOW || kind == WIRE_SMALL || kind == WIRE_WHO) &&
	    bulla_cur_copy(&c, out->client.spki, sizeof(out->client.spki));
	if (ok) {
		out->kind = (enum wire_kind)kind;
		bulla_hex(out->client.hex, out->client.spki,
		    sizeof(out->client.spki));
		out->small.client = &out->client;
	}
	if (ok && kind == WIRE_FOLLOW)
		ok = bulla_cur_u64(&c, &out->length) && out->length > 0 &&
		    out->length <= BULLA_TUS_SIZE_MAX;
	if (ok && kind == WIRE_SMALL)
		ok = take_small(&c, &out->small);
	if (!ok || !bulla_cur_done(&c))
		return bulla_fail(err, BULLA_E_FORMAT, "the network process "
		    "sent what is no request");
	return BULLA_OK;
}

static uint8_t
type_index(const char *type)
{
	for (uint8_t i = 1; type != NULL && i < N_TYPES; i++)
		if (strcmp(types[i], type) == 0)
			return i;
	return 0;
}

static void
put_result(struct bulla_buf *b, enum wire_kind kind,
    const union wire_result *r)
{
	const struct bulla_inbox_verdict *v = &r->verdict;
	struct bulla_cur body = bulla_buf_view(kind == WIRE_SMALL ?
	    &r->small.body : &v->note);

	if (kind == WIRE_WHO) {
		bulla_buf_u8(b, (uint8_t)r->who.standing);
		bulla_buf_u8(b, r->who.pinned ? 1 : 0);
		put_text(b, r->who.name);
		put_text(b, r->who.reason);
		return;
	}
	if (kind != WIRE_SMALL) {
		bulla_buf_put(b, v->sha256, sizeof(v->sha256));
		bulla_buf_u8(b, v->accepted);
		bulla_buf_u8(b, v->existed);
		put_text(b, v->id);
	} else {
		bulla_buf_u16(b, (uint16_t)r->small.status);
		bulla_buf_u8(b, type_index(r->small.type));
		bulla_buf_u32(b, r->small.retry_after);
	}
	bulla_buf_u32(b, (uint32_t)body.len);
	bulla_buf_cur(b, &body);
}

void
wire_put_answer(struct bulla_buf *b, enum wire_kind kind,
    enum bulla_status st, const struct bulla_err *why,
    const union wire_result *r)
{
	struct bulla_cur msg = bulla_cur_str(why->msg);
	char shown[sizeof(why->msg)];

	bulla_buf_u8(b, (uint8_t)st);
	bulla_buf_u32(b, st == BULLA_OK ? 0 : (uint32_t)why->sys_errno);
	/* It may have been cut in the middle of a character. */
	put_text(b, st == BULLA_OK ? "" : bulla_text_is_plain(&msg) ?
	    why->msg : bulla_text_show_str(shown, sizeof(shown), why->msg));
	if (st == BULLA_OK)
		put_result(b, kind, r);
}

static bool
take_verdict(struct bulla_cur *c, struct bulla_inbox_verdict *v)
{
	struct bulla_cur note, id;

	if (!bulla_cur_copy(c, v->sha256, sizeof(v->sha256)) ||
	    !take_bool(c, &v->accepted) || !take_bool(c, &v->existed) ||
	    !take_text(c, v->id, sizeof(v->id)) ||
	    !take_bytes(c, BULLA_NOTE_MAX, &note))
		return false;
	id = bulla_cur_str(v->id);
	bulla_buf_cur(&v->note, &note);
	return id.len == 0 || bulla_id_ok(&id);
}

static bool
take_answer(struct bulla_cur *c, struct bulla_inbox_answer *a)
{
	struct bulla_cur body;
	uint16_t status;
	uint32_t again;
	uint8_t type;

	if (!bulla_cur_u16(c, &status) || status < 200 || status > 599 ||
	    !bulla_cur_u8(c, &type) || type >= N_TYPES ||
	    !bulla_cur_u32(c, &again) ||
	    !take_bytes(c, BULLA_INBOX_ANSWER_MAX, &body))
		return false;
	a->status = status;
	a->type = types[type];
	a->retry_after = again;
	bulla_buf_cur(&a->body, &body);
	return true;
}

static bool
take_who(struct bulla_cur *c, struct bulla_inbox_agency *w)
{
	uint8_t standing, pinned;

	if (!bulla_cur_u8(c, &standing) || standing > BULLA_INBOX_KNOWN ||
	    !bulla_cur_u8(c, &pinned) || pinned > 1 ||
	    !take_text(c, w->name, sizeof(w->name)) ||
	    !take_text(c, w->reason, sizeof(w->reason)))
		return false;
	w->standing = (enum bulla_inbox_standing)standing;
	w->pinned = pinned == 1;
	return true;
}

static bool
take_result(struct bulla_cur *c, enum wire_kind kind, union wire_result *r)
{
	switch (kind) {
	case WIRE_JUDGE:
	case WIRE_FOLLOW:
		return take_verdict(c, &r->verdict);
	case WIRE_SMALL:
		return take_answer(c, &r->small);
	case WIRE_WHO:
		return take_who(c, &r->who);
	}
	return false;
}

enum bulla_status
wire_parse_answer(const struct bulla_cur *msg, enum wire_kind kind,
    union wire_result *out, struct bulla_err *err)
{
	struct bulla_err why = { 0 };
	struct bulla_cur c = *msg;
	uint32_t sys_errno;
	uint8_t st;

	if (!bulla_cur_u8(&c, &st) || st > BULLA_E_UNSAFE ||
	    !bulla_cur_u32(&c, &sys_errno) || sys_errno > 4095 ||
	    !take_text(&c, why.msg, sizeof(why.msg)) ||
	    (st == BULLA_OK && !take_result(&c, kind, out)) ||
	    !bulla_cur_done(&c))
		return bulla_fail(err, BULLA_E_IO, "the signer sent what is "
		    "no answer");
	why.st = (enum bulla_status)st;
	why.sys_errno = (int)sys_errno;
	if (st != BULLA_OK && err != NULL)
		*err = why;
	return why.st;
}
