#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inbox_int.h"

/* What each request does, on a work thread: r is parked meanwhile. */

void
route_not_found(struct request *r)
{
	if (r->route.place == BULLA_TUS_UPLOAD && uploads_expired(r->ib,
	    r->route.id, &r->conn->client)) {
		reply_text(&r->reply, 410, "nothing came for too long: it "
		    "was removed");
		return;
	}
	reply_text(&r->reply, 404, "there is nothing here");
}

void
route_trouble(struct request *r, enum bulla_status st,
    const struct bulla_err *err)
{
	char text[600];

	if (err->sys_errno == ENOSPC || err->sys_errno == EDQUOT) {
		reply_text(&r->reply, 507, "%s", err->msg);
		r->reply.retry_after = 60;
	} else if (st == BULLA_E_AGAIN) {
		reply_text(&r->reply, 429, "%s", err->msg);
		r->reply.retry_after = 60;
	} else {
		/* Our paths and limits are none of the client's business. */
		inbox_log(r->ib, "event=trouble client=%s status=\"%s\"",
		    r->conn->client.hex, inbox_quote(text, sizeof(text),
		    err->msg));
		reply_text(&r->reply, 500, "the server has a problem");
	}
}

static void
head(struct request *r)
{
	struct bulla_err err = { 0 };
	struct reply *p = &r->reply;
	enum bulla_status st;

	r->up = uploads_find(r->ib, r->route.id, &r->conn->client);
	if (r->up == NULL) {
		route_not_found(r);
		return;
	}
	/* Whoever asks is about to go on: an older connection must not add
	 * bytes behind the answer. */
	upload_claim(r->up, r);
	upload_release(r->up, r);
	st = upload_sync(r->up, &err);
	if (st != BULLA_OK) {
		route_trouble(r, st, &err);
		return;
	}
	upload_settle(r->up);
	*p = (struct reply){ .status = 200, .has_offset = true,
	    .has_length = true, .length = atomic_load(&r->up->length) };
	p->offset = atomic_load(&r->up->durable);
	p->expires = upload_expires(r->up);
}

/* A package answered before: all of it is here. */
static void
known(struct request *r)
{
	struct bulla_err err = { 0 };
	struct answer a;
	enum bulla_status st;

	st = answer_get(r->ib, &r->conn->client, r->route.sha256, &a, &err);
	if (st == BULLA_E_NOMATCH ||
	    (st == BULLA_OK && (a.refused || a.rejected))) {
		route_not_found(r);
	} else if (st != BULLA_OK) {
		route_trouble(r, st, &err);
	} else if (r->method == M_PATCH && r->offset != a.length) {
		reply_text(&r->reply, 409, "all of it is here");
	} else {
		r->reply = (struct reply){ .status = r->method == M_PATCH ?
		    204 : 200, .has_offset = true, .offset = a.length,
		    .has_length = true, .length = a.length };
	}
	if (st == BULLA_OK)
		bulla_buf_free(&a.body);
}

static void
drop(struct request *r)
{
	struct upload *u = uploads_find(r->ib, r->route.id, &r->conn->client);
	enum upload_state s;

	r->up = u;
	if (u == NULL) {
		route_not_found(r);
		return;
	}
	upload_claim(u, r);
	upload_drop(u, "deleted by the client");
	upload_release(u, r);
	s = atomic_load(&u->state);
	if (s == UPLOAD_CLOSED)
		reply_text(&r->reply, 423, "it is being judged");
	else
		r->reply = (struct reply){ .status = 204 };
}

static void
judging(struct reply *p, bool stuck)
{
	reply_text(p, stuck ? 503 : 202, stuck ? "it could not be judged yet" :
	    "it is being judged");
	p->retry_after = stuck ? 30 : 0;
}

static void
receipt(struct request *r)
{
	bool stuck;
	const struct bulla_inbox_client *who = &r->conn->client;
	struct bulla_err err = { 0 };
	struct reply *p = &r->reply;
	struct upload *u;
	enum bulla_status st;
	struct answer a;

	u = uploads_closed(r->ib, who, r->route.sha256);
	if (u != NULL)
		judging(p, atomic_load(&u->tries) > 0);
	upload_put(u);
	if (p->status != 0)
		return;
	st = answer_get(r->ib, who, r->route.sha256, &a, &err);
	if (st == BULLA_OK) {
		*p = (struct reply){ .status = a.refused ? 422 : 200,
		    .body = a.body };
	} else if (st == BULLA_E_NOMATCH && uploads_nameless(r->ib, who,
	    &stuck)) {
		/* It may be the one whose digest we do not know yet. */
		judging(p, stuck);
	} else if (st == BULLA_E_NOMATCH) {
		route_not_found(r);
	} else {
		route_trouble(r, st, &err);
	}
}

/* What could be taken now is said to those who are let in, so to all. */
static void
options(struct request *r)
{
	struct upload like = { .client = r->conn->client };
	struct bulla_err err = { 0 };

	memcpy(like.agency, r->conn->agency, sizeof(like.agency));
	r->reply = (struct reply){ .status = 204 };
	r->reply.has_free = uploads_free_for(r->ib, &like, &r->reply.free,
	    &err) == BULLA_OK;
}

void
route_run(struct request *r)
{
	if (bulla_tus_is_exchange(r->route.place))
		small_run(r);
	else if (r->route.place == BULLA_TUS_OUTGOING ||
	    r->route.place == BULLA_TUS_PARCEL)
		outgoing_run(r);
	else if (r->method == M_OPTIONS)
		options(r);
	else if (r->route.place == BULLA_TUS_KNOWN)
		known(r);
	else if (r->method == M_POST)
		route_post(r);
	else if (r->method == M_HEAD)
		head(r);
	else if (r->method == M_DELETE)
		drop(r);
	else if (r->method == M_GET)
		receipt(r);
	else {
		route_judge_patch(r);	/* a PATCH without a body */
		if (r->reply.status == 0)
			route_patch_end(r);
	}
}

/* The body may not lead past the end, wherever that is. */
static bool
fits(struct request *r, uint64_t end, uint64_t at)
{
	r->room = end > at ? end - at : 0;
	if (r->body_len == BODY_CHUNKED || r->body_len <= r->room)
		return true;
	reply_text(&r->reply, 413, "the body is longer than the upload");
	return false;
}

/* Has the upload room for this body, at this place, on this disk? */
static void
judge(struct request *r, struct upload *u)
{
	struct bulla_err err = { 0 };
	uint64_t at, length = atomic_load(&u->length);
	enum bulla_status st = upload_sync(u, &err);

	at = atomic_load(&u->durable);
	if (st != BULLA_OK) {
		route_trouble(r, st, &err);
	} else if (r->offset != at) {
		reply_text(&r->reply, 409, "the upload is at another offset");
		r->reply.has_offset = true;
		r->reply.offset = at;
	} else if (length != LENGTH_DEFERRED) {
		if (r->has_length && r->length != length)
			reply_text(&r->reply, 400,
			    "Upload-Length was another one before");
		else
			(void)fits(r, length, at);
	} else if (!r->has_length) {
		(void)fits(r, uploads_most(r->ib, u), at);
	} else if (fits(r, r->length, at)) {
		route_declare(r, u, at);
	}
	if (r->reply.status != 0)
		return;
	st = uploads_room(r->ib, 0, &err);
	if (st != BULLA_OK)
		route_trouble(r, st, &err);
	else
		atomic_store(&u->full, false);
}

void
route_open(struct request *r, struct upload *u)
{
	struct bulla_err err = { 0 };
	enum bulla_status st = BULLA_OK;

	judge(r, u);
	if (r->reply.status == 0 && r->has_sum)
		st = piece_begin(u, r, &err);
	if (r->reply.status == 0 && r->body_len != BODY_NONE)
		r->buf = malloc(WRITE_MAX);
	if (st != BULLA_OK || (r->reply.status == 0 && r->buf == NULL &&
	    r->body_len != BODY_NONE))
		reply_text(&r->reply, 500, "out of memory");
	if (r->reply.status != 0)
		upload_release(u, r);
	else if (r->body_len != BODY_NONE)
		follow_begin(u);
}

void
route_judge_patch(struct request *r)
{
	struct upload *u;

	if (r->route.place == BULLA_TUS_KNOWN) {
		known(r);
		return;
	}
	u = uploads_find(r->ib, r->route.id, &r->conn->client);
	if (u == NULL) {
		route_not_found(r);
		return;
	}
	r->up = u;
	upload_claim(u, r);
	route_open(r, u);
}

static enum bulla_status
body_end(struct request *r, struct bulla_err *err)
{
	struct upload *u = r->up;
	enum bulla_status st = upload_write(u, r, err);

	if (st == BULLA_OK)
		st = piece_end(u, r, err);
	upload_release(u, r);	/* what did not fit is cut off here */
	return st == BULLA_OK ? upload_sync(u, err) : st;
}

void
route_patch_end(struct request *r)
{
	struct bulla_err err = { 0 };
	struct upload *u = r->up;
	enum bulla_status st = body_end(r, &err);

	if (st == BULLA_E_REFUSED) {
		reply_text(&r->reply, 409, "%s", err.msg);
		return;
	}
	if (st == BULLA_E_MISMATCH) {
		reply_text(&r->reply, BULLA_TUS_MISMATCH, "%s", err.msg);
		return;
	}
	if (st != BULLA_OK) {
		route_trouble(r, st, &err);
		return;
	}
	upload_settle(u);
	r->reply = (struct reply){ .status = 204, .has_offset = true,
	    .offset = atomic_load(&u->durable),
	    .expires = upload_expires(u) };
	if (r->method == M_POST)
		route_located(r, u);
	inbox_log(r->ib, "event=stored client=%s upload=%s offset=%llu "
	    "length=%llu", u->client.hex, u->id,
	    (unsigned long long)r->reply.offset,
	    (unsigned long long)atomic_load(&u->length));
}
