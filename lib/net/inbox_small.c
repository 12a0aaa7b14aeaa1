#include <stdlib.h>

#include "inbox_int.h"

/*
 * Small requests: their body is gathered in memory, and a callback on a work
 * thread has all of it. Nothing of a body that was cut short is looked at.
 */
void
small_begin(struct request *r)
{
	size_t room = BULLA_INBOX_SMALL_MAX;

	if (r->body_len != BODY_CHUNKED && r->body_len > room) {
		reply_text(&r->reply, 413, "over the %u bytes that a small "
		    "request may have", BULLA_INBOX_SMALL_MAX);
		return;
	}
	if (r->body_len != BODY_CHUNKED)
		room = (size_t)r->body_len;
	r->room = room;
	r->buf = malloc(room);
	if (r->buf == NULL)
		reply_text(&r->reply, 500, "out of memory");
}

static void
log_it(struct request *r, const char *event, const char *what, uint64_t n)
{
	struct bulla_buf path = BULLA_BUF_INIT(128);
	const char *text;

	bulla_tus_route_put(&path, &r->route);
	text = bulla_buf_cstr(&path);
	inbox_log(r->ib, "event=%s client=%s method=%s path=%s %s=%llu",
	    event, r->conn->client.hex, r->method == M_POST ? "POST" : "GET",
	    text != NULL ? text : "-", what, (unsigned long long)n);
	bulla_buf_free(&path);
}

void
small_cut(struct request *r)
{
	log_it(r, "cut-short", "bytes", r->buf_len);
}

void
small_run(struct request *r)
{
	const struct bulla_inbox_config *cfg = &r->ib->cfg;
	struct bulla_inbox_request q = { .route = r->route,
	    .client = &r->conn->client,
	    .body = bulla_cur_of(r->buf, r->buf_len) };
	struct bulla_inbox_answer a = {
	    .body = BULLA_BUF_INIT(BULLA_INBOX_ANSWER_MAX) };
	struct bulla_err err = { 0 };
	enum bulla_status st = cfg->small(cfg->small_ctx, &q, &a, &err);

	if (st == BULLA_OK)
		st = bulla_buf_status(&a.body);
	if (st == BULLA_OK && a.status >= 200 && a.status < 600) {
		r->reply = (struct reply){ .status = a.status,
		    .type = a.type, .retry_after = a.retry_after,
		    .body = a.body };
	} else {
		bulla_buf_free(&a.body);
		route_trouble(r, st, &err);
	}
	log_it(r, "asked", "status", r->reply.status);
}
