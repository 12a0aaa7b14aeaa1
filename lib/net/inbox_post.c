#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "inbox_int.h"

#include "bulla/enc.h"

/*
 * Uploads are begun: POST, with the first bytes in its body or without; and a
 * length that was not known then.
 */

void
route_located(struct request *r, struct upload *u)
{
	struct reply *p = &r->reply;

	p->status = 201;
	p->at.place = BULLA_TUS_UPLOAD;
	memcpy(p->at.id, u->id, sizeof(p->at.id));
	p->expires = upload_expires(u);
	memcpy(r->route.id, u->id, sizeof(r->route.id)); /* for the log */
}

/*
 * The same package by the same client: where it is already. What comes with
 * it is taken when nothing came before, else the offset says where to go on.
 */
static bool
begun(struct request *r)
{
	struct upload *u = uploads_begun(r->ib, &r->conn->client, r->hint,
	    r->length);

	if (u == NULL)
		return false;
	if (r->body_len != BODY_NONE && atomic_load(&u->state) ==
	    UPLOAD_OPEN && atomic_load(&u->written) == 0) {
		r->up = u;	/* the reference is the request's */
		return true;
	}
	route_located(r, u);
	r->reply.has_offset = true;
	r->reply.offset = atomic_load(&u->durable);
	upload_put(u);
	return true;
}

static bool
answered(struct request *r)
{
	struct bulla_err err = { 0 };
	struct answer a;
	bool there;

	if (answer_get(r->ib, &r->conn->client, r->hint, &a, &err) !=
	    BULLA_OK)
		return false;
	/* What was not taken may be tried again: the answer may be another. */
	there = !a.refused && !a.rejected && a.length == r->length;
	if (there) {
		r->reply = (struct reply){ .status = 201,
		    .has_offset = true, .offset = a.length,
		    .at.place = BULLA_TUS_KNOWN };
		memcpy(r->reply.at.sha256, r->hint, sizeof(r->hint));
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
	memcpy(u->agency, r->conn->agency, sizeof(u->agency));
	atomic_store(&u->length, r->length);
	u->has_hint = r->has_hint;
	u->by_ends = r->by_ends;
	memcpy(u->hint, r->hint, sizeof(u->hint));
	return u;
}

static bool
length_ok(struct request *r)
{
	uint64_t max = r->ib->cfg.max_size;

	if (r->length == 0)
		reply_text(&r->reply, 400, "a package is never empty");
	else if (r->length != LENGTH_DEFERRED && r->length > max)
		reply_text(&r->reply, 413, "over the %llu bytes that this "
		    "server takes", (unsigned long long)max);
	else if (r->body_len != BODY_NONE && r->body_len != BODY_CHUNKED &&
	    r->body_len > (r->length < max ? r->length : max))
		reply_text(&r->reply, 413,
		    "the body is longer than the upload");
	return r->reply.status == 0;
}

static void
create(struct request *r)
{
	struct bulla_err err = { 0 };
	struct upload *u = upload_of(r);
	enum bulla_status st;

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
	/* Before it is open, when the table could let go of it. */
	r->up = upload_ref(u);
	atomic_store(&u->state, UPLOAD_OPEN);
	atomic_fetch_add(&r->ib->stats.created, 1);
	inbox_log(r->ib, "event=created client=%s upload=%s length=%lld",
	    u->client.hex, u->id, r->length != LENGTH_DEFERRED ?
	    (long long)r->length : -1);
}

/* r->up is where the body goes, or the reply is there already. */
static void
begin(struct request *r)
{
	if (!length_ok(r))
		return;
	if (r->has_hint && (begun(r) || answered(r)))
		return;
	create(r);
}

void
route_post(struct request *r)
{
	begin(r);
	if (r->reply.status != 0)
		return;
	r->reply = (struct reply){ .has_offset = true };
	route_located(r, r->up);
}

void
route_judge_post(struct request *r)
{
	begin(r);
	if (r->reply.status != 0)
		return;
	/* As a PATCH at the beginning, but for the answer. */
	r->offset = 0;
	r->has_length = false;
	upload_claim(r->up, r);
	route_open(r, r->up);
}

/*
 * Not when somebody else has come for the upload: what is cut off here could
 * be bytes that were acknowledged to him.
 */
static enum bulla_status
take_length(struct request *r, struct upload *u, uint64_t at,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	pthread_mutex_lock(&u->mu);
	if (u->owner != r || u->fd == -1)
		st = bulla_fail(err, BULLA_E_REFUSED,
		    "the upload was continued elsewhere");
	else if (ftruncate(u->fd, (off_t)at) != 0)
		st = bulla_fail_sys(err, "upload: data");
	else
		atomic_store(&u->length, r->length);
	pthread_mutex_unlock(&u->mu);
	return st;
}

/* The length of one that was begun without: said once. */
void
route_declare(struct request *r, struct upload *u, uint64_t at)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (r->length < at || r->length == 0) {
		reply_text(&r->reply, 400, "Upload-Length is less than what "
		    "has arrived, or 0");
		return;
	}
	if (r->length > r->ib->cfg.max_size) {
		reply_text(&r->reply, 413, "over the %llu bytes that this "
		    "server takes", (unsigned long long)r->ib->cfg.max_size);
		return;
	}
	st = uploads_may_be(r->ib, u, r->length, &err);
	if (st != BULLA_OK) {
		route_trouble(r, st, &err);
		return;
	}
	pthread_mutex_lock(&u->sync_mu);
	st = take_length(r, u, at, &err);
	if (st == BULLA_OK) {
		st = disk_declare(u, &err);
		if (st != BULLA_OK)
			atomic_store(&u->length, LENGTH_DEFERRED);
	}
	pthread_mutex_unlock(&u->sync_mu);
	if (st == BULLA_E_REFUSED)
		reply_text(&r->reply, 409, "%s", err.msg);
	else if (st != BULLA_OK)
		route_trouble(r, st, &err);
	else
		inbox_log(r->ib, "event=declared client=%s upload=%s "
		    "length=%llu", u->client.hex, u->id,
		    (unsigned long long)r->length);
}
