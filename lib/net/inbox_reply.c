#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <microhttpd.h>

#include "inbox_http.h"
#include "inbox_int.h"

#include "bulla/when.h"

#define REPLY_MAX 70000u

void
reply_text(struct reply *p, unsigned status, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	bulla_buf_free(&p->body);
	*p = (struct reply){ .status = status,
	    .body = BULLA_BUF_INIT(REPLY_MAX) };
	bulla_buf_str(&p->body, text);
	bulla_buf_str(&p->body, "\n");
}

static void
header(struct MHD_Response *m, const char *name, const char *fmt, ...)
    BULLA_PRINTF(3, 4);

static void
header(struct MHD_Response *m, const char *name, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* Out of memory: the client misses it and says so. */
	(void)MHD_add_response_header(m, name, text);
}

/* What this server can do. */
static void
able_headers(struct MHD_Response *m, const struct request *r)
{
	header(m, "Tus-Extension", "creation,creation-with-upload,"
	    "creation-defer-length,checksum,termination,expiration");
	header(m, "Tus-Checksum-Algorithm", "%s", BULLA_TUS_ALGORITHM);
	header(m, "Tus-Max-Size", "%llu",
	    (unsigned long long)r->ib->cfg.max_size);
}

/* How far the upload is. */
static void
upload_headers(struct MHD_Response *m, const struct reply *p)
{
	char date[BULLA_TUS_DATE_LEN + 1];

	if (p->has_offset)
		header(m, "Upload-Offset", "%llu",
		    (unsigned long long)p->offset);
	if (p->has_length && p->length == LENGTH_DEFERRED)
		header(m, "Upload-Defer-Length", "1");
	else if (p->has_length)
		header(m, "Upload-Length", "%llu",
		    (unsigned long long)p->length);
	if (p->has_free)
		header(m, "Bulla-Free", "%llu", (unsigned long long)p->free);
	if (p->expires > 0 && p->expires <= BULLA_WHEN_MAX) {
		bulla_tus_date_text(p->expires, date);
		header(m, "Upload-Expires", "%s", date);
	}
}

static void
headers(struct MHD_Response *m, const struct request *r)
{
	const struct reply *p = &r->reply;
	struct bulla_buf at = BULLA_BUF_INIT(128);
	const char *text;

	header(m, "Tus-Resumable", "%s", BULLA_TUS_VERSION);
	header(m, "Cache-Control", "no-store");
	header(m, "X-Content-Type-Options", "nosniff");
	if (r->method == M_OPTIONS || p->status == 412)
		header(m, "Tus-Version", "%s", BULLA_TUS_VERSION);
	if (r->method == M_OPTIONS)
		able_headers(m, r);
	upload_headers(m, p);
	/* libmicrohttpd takes a LF alone for the end of a chunk's line, which
	 * others do not: what follows such a body is not looked at. */
	if (p->close || r->body_len == BODY_CHUNKED)
		header(m, "Connection", "close");
	if (p->retry_after > 0)
		header(m, "Retry-After", "%u", p->retry_after);
	if (p->body.len > 0)
		header(m, "Content-Type", "%s", p->type != NULL ? p->type :
		    "text/plain; charset=utf-8");
	bulla_tus_route_put(&at, &p->at);
	text = bulla_buf_cstr(&at);
	if (text != NULL && text[0] != '\0')
		header(m, "Location", "%s", text);
	bulla_buf_free(&at);
}

static void
log_refusal(struct request *r)
{
	const char *why = bulla_buf_cstr(&r->reply.body);
	char text[600];
	size_t n;

	(void)inbox_quote(text, sizeof(text), why != NULL ? why : "");
	n = strcspn(text, "\n");
	text[n] = '\0';
	inbox_log_of(r->conn)(r->ib, "event=refused client=%s upload=%s "
	    "status=%u reason=\"%s\"", r->conn->client.hex,
	    r->route.id[0] != '\0' ? r->route.id : "-", r->reply.status,
	    text);
}

enum MHD_Result
reply_send(struct request *r)
{
	struct reply *p = &r->reply;
	struct MHD_Response *m;
	enum MHD_Result ok;

	if (p->status < STATUS_MAX)
		atomic_fetch_add(&r->ib->stats.answer[p->status], 1);
	if (p->status >= 400)
		log_refusal(r);
	m = p->parcel != NULL ? parcel_response(r) :
	    MHD_create_response_from_buffer(p->body.len, p->body.p,
	    MHD_RESPMEM_MUST_COPY);
	if (m == NULL)
		return MHD_NO;
	headers(m, r);
	ok = MHD_queue_response(r->mhd, p->status, m);
	MHD_destroy_response(m);
	r->phase = P_DONE;
	return ok;
}
