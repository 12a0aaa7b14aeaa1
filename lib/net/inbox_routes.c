#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "inbox_int.h"

#include "bulla/enc.h"

/* What each request does, on a work thread: r is parked meanwhile. */

static void
not_found(struct request *r)
{
	reply_text(&r->reply, 404, "there is nothing here");
}

void
route_trouble(struct request *r, enum bulla_status st,
    const struct bulla_err *err)
{
	if (err->sys_errno == ENOSPC || err->sys_errno == EDQUOT) {
		reply_text(&r->reply, 507, "%s", err->msg);
		r->reply.retry_after = 60;
	} else if (st == BULLA_E_AGAIN) {
		reply_text(&r->reply, 429, "%s", err->msg);
		r->reply.retry_after = 60;
	} else {
		/* Our paths and limits are none of the client's business. */
		inbox_log(r->ib, "event=trouble client=%s status=%s",
		    r->conn->client.hex, err->msg);
		reply_text(&r->reply, 500, "the server has a problem");
	}
}

static void
located(struct request *r, unsigned status, const struct upload *u)
{
	struct reply *p = &r->reply;

	*p = (struct reply){ .status = status };
	p->at.place = BULLA_TUS_UPLOAD;
	memcpy(p->at.id, u->id, sizeof(p->at.id));
	memcpy(r->route.id, u->id, sizeof(r->route.id)); /* for the log */
}

/* The same package by the same client: where it is already. */
static bool
post_again(struct request *r)
{
	struct bulla_err err = { 0 };
	struct reply *p = &r->reply;
	struct answer a;
	struct upload *u;
	bool there = false;

	if (!r->has_hint)
		return false;
	u = uploads_begun(r->ib, &r->conn->client, r->hint, r->length);
	if (u != NULL) {
		located(r, 201, u);
		there = true;
	}
	upload_put(u);
	if (there || answer_get(r->ib, &r->conn->client, r->hint, &a,
	    &err) != BULLA_OK)
		return there;
	/* What was not taken may be tried again: the answer may be another. */
	if (!a.refused && !a.rejected && a.length == r->length) {
		*p = (struct reply){ .status = 201,
		    .at.place = BULLA_TUS_KNOWN };
		memcpy(p->at.sha256, r->hint, sizeof(r->hint));
		there = true;
	}
	bulla_buf_free(&a.body);
	return there;
}

static struct upload *
upload_of(struct request *r)
{
	struct upload *u = upload_new(r->ib);
	uint8_t id[BULLA_TUS_ID_LEN / 2];

	if (u == NULL)
		return NULL;
	BULLA_CHECK(getrandom(id, sizeof(id), 0) == (ssize_t)sizeof(id));
	bulla_hex(u->id, id, sizeof(id));
	u->client = r->conn->client;
	u->length = r->length;
	u->has_hint = r->has_hint;
	memcpy(u->hint, r->hint, sizeof(u->hint));
	return u;
}

static void
post(struct request *r)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;
	struct upload *u;

	if (r->length == 0) {
		reply_text(&r->reply, 400, "a package is never empty");
		return;
	}
	if (r->length > r->ib->cfg.max_size) {
		reply_text(&r->reply, 413, "over the %llu bytes that this "
		    "server takes", (unsigned long long)r->ib->cfg.max_size);
		return;
	}
	if (post_again(r))
		return;
	u = upload_of(r);
	if (u == NULL) {
		reply_text(&r->reply, 500, "out of memory");
		return;
	}
	st = uploads_admit(r->ib, u, &err);
	if (st != BULLA_OK) {
		route_trouble(r, st, &err);
		upload_put(u);
		return;
	}
	st = disk_create(u, &err);
	if (st != BULLA_OK) {
		route_trouble(r, st, &err);
		atomic_store(&u->state, UPLOAD_GONE);
		return;
	}
	atomic_store(&u->state, UPLOAD_OPEN);
	located(r, 201, u);
	r->reply.has_offset = true;
	inbox_log(r->ib, "event=created client=%s upload=%s length=%llu",
	    u->client.hex, u->id, (unsigned long long)u->length);
}

static void
head(struct request *r)
{
	struct bulla_err err = { 0 };
	struct reply *p = &r->reply;
	enum bulla_status st;

	r->up = uploads_find(r->ib, r->route.id, &r->conn->client);
	if (r->up == NULL) {
		not_found(r);
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
	    .has_length = true, .length = r->up->length };
	p->offset = atomic_load(&r->up->durable);
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
		not_found(r);
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
		not_found(r);
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
receipt(struct request *r)
{
	const struct bulla_inbox_client *who = &r->conn->client;
	struct bulla_err err = { 0 };
	struct reply *p = &r->reply;
	struct upload *u;
	enum bulla_status st;
	struct answer a;

	u = uploads_closed(r->ib, who, r->route.sha256);
	if (u != NULL) {
		if (atomic_load(&u->tries) == 0)
			reply_text(p, 202, "it is being judged");
		else
			reply_text(p, 503, "it could not be judged yet");
		p->retry_after = atomic_load(&u->tries) == 0 ? 0 : 30;
	}
	upload_put(u);
	if (p->status != 0)
		return;
	st = answer_get(r->ib, who, r->route.sha256, &a, &err);
	if (st == BULLA_OK) {
		*p = (struct reply){ .status = a.refused ? 422 : 200,
		    .body = a.body };
	} else if (st == BULLA_E_NOMATCH && uploads_nameless(r->ib, who)) {
		/* It may be the one whose digest we do not know yet. */
		reply_text(p, 202, "it is being judged");
	} else if (st == BULLA_E_NOMATCH) {
		not_found(r);
	} else {
		route_trouble(r, st, &err);
	}
}

void
route_run(struct request *r)
{
	if (bulla_tus_is_exchange(r->route.place))
		small_run(r);
	else if (r->method == M_OPTIONS)
		r->reply = (struct reply){ .status = 204 };
	else if (r->route.place == BULLA_TUS_KNOWN)
		known(r);
	else if (r->method == M_POST)
		post(r);
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

/* Has the upload room for this body, at this place, on this disk? */
static void
judge(struct request *r, struct upload *u)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;
	uint64_t at;

	st = upload_sync(u, &err);
	if (st != BULLA_OK) {
		route_trouble(r, st, &err);
		return;
	}
	at = atomic_load(&u->durable);
	if (r->offset != at) {
		reply_text(&r->reply, 409, "the upload is at another offset");
		r->reply.has_offset = true;
		r->reply.offset = at;
		return;
	}
	r->room = u->length - at;
	if (r->body_len != BODY_CHUNKED && r->body_len > r->room) {
		reply_text(&r->reply, 413,
		    "the body is longer than the upload");
		return;
	}
	st = uploads_room(r->ib, 0, &err);
	if (st != BULLA_OK)
		route_trouble(r, st, &err);
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
		not_found(r);
		return;
	}
	r->up = u;
	upload_claim(u, r);
	judge(r, u);
	if (r->reply.status == 0 && r->body_len != BODY_NONE) {
		r->buf = malloc(WRITE_MAX);
		if (r->buf == NULL)
			reply_text(&r->reply, 500, "out of memory");
	}
	if (r->reply.status != 0)
		upload_release(u, r);
}

void
route_patch_end(struct request *r)
{
	struct bulla_err err = { 0 };
	struct upload *u = r->up;
	enum bulla_status st;

	st = upload_write(u, r, &err);
	upload_release(u, r);
	if (st == BULLA_OK)
		st = upload_sync(u, &err);
	if (st == BULLA_E_REFUSED) {
		reply_text(&r->reply, 409, "%s", err.msg);
		return;
	}
	if (st != BULLA_OK) {
		route_trouble(r, st, &err);
		return;
	}
	upload_settle(u);
	r->reply = (struct reply){ .status = 204, .has_offset = true,
	    .offset = atomic_load(&u->durable) };
	inbox_log(r->ib, "event=stored client=%s upload=%s offset=%llu "
	    "length=%llu", u->client.hex, u->id,
	    (unsigned long long)r->reply.offset,
	    (unsigned long long)u->length);
}
