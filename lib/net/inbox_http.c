#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "inbox_http.h"
#include "inbox_int.h"

/*
 * The flow of a request through libmicrohttpd, which calls access_cb
 *
 *	once when the headers are there, without data,
 *	for each piece of a body, with data,
 *	and once at the end, without data.
 *
 * A response can be queued only in the first call (the body is then not read
 * and the connection closed) or in the last. Requests wait for the disk
 * suspended ("parked"); the call is made again when they are resumed.
 */

static void
run(struct task *t)
{
	struct request *r = (struct request *)((char *)t -
	    offsetof(struct request, task));
	struct bulla_inbox *ib = r->ib;
	struct MHD_Connection *mhd = r->mhd;

	r->work(r);
	conn_parked(r->conn, false);
	MHD_resume_connection(mhd);	/* r is not ours from here on */
	pthread_mutex_lock(&ib->mu);
	ib->n_parked--;
	pthread_cond_signal(&ib->unparked);
	pthread_mutex_unlock(&ib->mu);
}

/* Hand the request to a work thread; libmicrohttpd calls again after. */
static enum MHD_Result
park(struct request *r, void (*work)(struct request *r), enum phase next)
{
	struct bulla_inbox *ib = r->ib;

	pthread_mutex_lock(&ib->mu);
	if (ib->stopping) {
		pthread_mutex_unlock(&ib->mu);
		return MHD_NO;
	}
	ib->n_parked++;
	pthread_mutex_unlock(&ib->mu);
	r->work = work;
	r->phase = next;
	r->task.run = run;
	conn_parked(r->conn, true);
	MHD_suspend_connection(r->mhd);
	pool_push(&ib->work, &r->task);
	return MHD_YES;
}

/*
 * A refusal while a body is on its way: when it is short, read it, so that
 * the connection lives on; else answer now, and libmicrohttpd closes it.
 */
static enum MHD_Result
refuse_early(struct request *r)
{
	if (r->body_len > DRAIN_MAX)
		return reply_send(r);
	r->phase = P_BODY;
	return MHD_YES;
}

static bool
is_small(const struct request *r)
{
	return bulla_tus_is_exchange(r->route.place);
}

/* Whoever it is may ask: the body, or the work when there is none. */
static enum MHD_Result
admitted(struct request *r)
{
	if (r->reply.status == 0)
		agency_count(r);
	if (r->body_len == BODY_NONE) {
		r->phase = P_ALONE;	/* called again at once */
		return MHD_YES;
	}
	if (r->reply.status == 0 && is_small(r))
		small_begin(r);
	if (r->reply.status != 0)
		return refuse_early(r);
	if (is_small(r)) {
		r->phase = P_BODY;
		return MHD_YES;
	}
	return park(r, r->method == M_POST ? route_judge_post :
	    route_judge_patch, P_JUDGING);
}

static enum MHD_Result
begin(struct request *r, const char *method, const char *version)
{
	const char *why = r->ib->plain ? NULL : tls_client(r->conn, r->mhd);
	bool proven = r->conn->known || why == NULL;

	if (!proven)
		return MHD_NO;
	/* Only a whole header ends the time that a client has for it. */
	conn_request(r->conn, true);
	request_parse(r, method, version);
	if (why != NULL) {
		reply_text(&r->reply, 403, "%s", why);
		r->reply.close = true;
	}
	if (r->ib->plain)
		client_of_proxy(r);
	if (r->reply.status == 0 && agency_is_due(r))
		return park(r, route_who, P_WHO);
	return admitted(r);
}

static enum MHD_Result
flush(struct request *r)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	if (r->buf_len == 0)
		return MHD_YES;
	st = upload_write(r->up, r, &err);
	if (st == BULLA_OK)
		return MHD_YES;
	if (st == BULLA_E_REFUSED)
		reply_text(&r->reply, 409, "%s", err.msg);
	else
		route_trouble(r, st, &err);
	upload_release(r->up, r);
	upload_sync_later(r->up);	/* what came before it is kept */
	return MHD_YES;
}

/* More than was announced: the answer is no, but what came before is kept. */
static void
too_long(struct request *r)
{
	if (r->up != NULL) {
		(void)flush(r);
		upload_release(r->up, r);
	}
	if (r->reply.status == 0)
		reply_text(&r->reply, 413, is_small(r) ?
		    "the body is longer than this server takes" :
		    "the body is longer than the upload");
}

static enum MHD_Result
body(struct request *r, const char *data, size_t n)
{
	size_t take;

	conn_progress(r->conn, n);
	atomic_fetch_add(&r->ib->stats.bytes, n);
	if (r->reply.status == 0 && n > r->room)
		too_long(r);
	while (n > 0 && r->reply.status == 0) {
		take = WRITE_MAX - r->buf_len < n ? WRITE_MAX - r->buf_len : n;
		memcpy(r->buf + r->buf_len, data, take);
		r->buf_len += take;
		r->room -= take;
		data += take;
		n -= take;
		if (r->buf_len == WRITE_MAX)
			(void)flush(r);
	}
	r->drained += n;
	if (r->drained <= DRAIN_MAX)
		return MHD_YES;
	inbox_log_of(r->conn)(r->ib, "event=refused client=%s upload=%s "
	    "status=%u reason=\"%s\"", r->conn->client.hex, r->route.id,
	    r->reply.status, "the body went on after a refusal");
	return MHD_NO;
}

static enum MHD_Result
step(struct request *r, const char *method, const char *version)
{
	switch (r->phase) {
	case P_NEW:
		return begin(r, method, version);
	case P_WHO:
		return admitted(r);
	case P_JUDGING:
		if (r->reply.status != 0)
			return refuse_early(r);
		r->phase = P_BODY;
		return MHD_YES;
	case P_BODY:
		if (r->reply.status != 0)
			return reply_send(r);
		return park(r, is_small(r) ? small_run : route_patch_end,
		    P_FINISHING);
	case P_ALONE:
		if (r->reply.status != 0)
			return reply_send(r);
		return park(r, route_run, P_FINISHING);
	case P_FINISHING:
		return reply_send(r);
	case P_DONE:
		break;
	}
	return MHD_NO;
}

enum MHD_Result
http_access(void *ctx, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *n,
    void **slot)
{
	struct request *r = *slot;
	size_t len = *n;

	(void)ctx;
	(void)mhd;
	(void)url;
	if (r == NULL || r->conn == NULL)
		return MHD_NO;
	if (len == 0)
		return step(r, method, version);
	*n = 0;
	return body(r, data, len);
}

/* The path as it was sent, before libmicrohttpd changes it. */
void *
http_uri(void *ctx, const char *uri, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(mhd,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct request *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->ib = ctx;
	r->mhd = mhd;
	r->conn = i != NULL ? i->socket_context : NULL;
	r->uri = uri;
	r->uri_len = strlen(uri);
	return r;
}

/* The last call for a request: also when its connection was cut. */
void
http_completed(void *ctx, struct MHD_Connection *mhd, void **slot,
    enum MHD_RequestTerminationCode how)
{
	struct request *r = *slot;

	(void)ctx;
	(void)mhd;
	(void)how;
	if (r == NULL)
		return;
	*slot = NULL;
	if (r->up != NULL && r->phase == P_BODY && r->reply.status == 0) {
		(void)flush(r);		/* what came is kept */
		upload_release(r->up, r);
		upload_sync_later(r->up);
		inbox_log(r->ib, "event=cut-short client=%s upload=%s "
		    "offset=%llu", r->up->client.hex, r->up->id,
		    (unsigned long long)atomic_load(&r->up->written));
	}
	if (r->up != NULL)
		upload_release(r->up, r);
	else if (is_small(r) && r->phase == P_BODY && r->reply.status == 0)
		small_cut(r);
	if (r->conn != NULL)
		conn_request(r->conn, false);
	upload_put(r->up);
	bulla_buf_free(&r->reply.body);
	parcel_free(r->reply.parcel);
	piece_free(r);
	free(r->buf);
	free(r);
}

void
http_connection(void *ctx, struct MHD_Connection *mhd, void **slot,
    enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *i;
	const struct sockaddr *from;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		tls_demand_client(mhd);
		i = MHD_get_connection_info(mhd,
		    MHD_CONNECTION_INFO_CLIENT_ADDRESS);
		from = i != NULL ? i->client_addr : NULL;
		i = MHD_get_connection_info(mhd,
		    MHD_CONNECTION_INFO_CONNECTION_FD);
		*slot = i != NULL ? conn_add(ctx, i->connect_fd, from) : NULL;
	} else if (*slot != NULL) {
		conn_remove(*slot);
		*slot = NULL;
	}
}
