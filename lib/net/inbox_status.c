#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <microhttpd.h>

#include "inbox_int.h"

/*
 * GET /healthz and GET /metrics for a monitor on this machine: plain HTTP on
 * a loopback address of its own. Nothing about packages or clients is there.
 */
#define PAGE_MAX (256u << 10)

static enum MHD_Result
answer(struct MHD_Connection *mhd, unsigned status, const char *type,
    const struct bulla_buf *b)
{
	struct MHD_Response *m;
	enum MHD_Result ok;

	if (bulla_buf_status(b) != BULLA_OK)
		return MHD_NO;
	m = MHD_create_response_from_buffer(b->len, b->p,
	    MHD_RESPMEM_MUST_COPY);
	if (m == NULL)
		return MHD_NO;
	(void)MHD_add_response_header(m, "Content-Type", type);
	(void)MHD_add_response_header(m, "Cache-Control", "no-store");
	(void)MHD_add_response_header(m, "Connection", "close");
	ok = MHD_queue_response(mhd, status, m);
	MHD_destroy_response(m);
	return ok;
}

/*
 * A page that somebody's browser has open must not read this one under a
 * name of its own that it had lead to 127.0.0.1.
 */
static bool
is_local(struct MHD_Connection *mhd)
{
	static const char *const names[] = { "localhost", "127.0.0.1",
	    "[::1]" };
	const char *host = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND,
	    "Host");
	size_t n;

	if (host == NULL)
		return true;	/* HTTP/1.0, which no browser speaks */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		n = strlen(names[i]);
		if (strncasecmp(host, names[i], n) == 0 && (host[n] == '\0' ||
		    (host[n] == ':' && strspn(host + n + 1, "0123456789") ==
		    strlen(host + n + 1))))
			return true;
	}
	/* Another of 127.0.0.0/8: no name is made of digits alone. */
	return strncmp(host, "127.", 4) == 0 &&
	    strspn(host, "0123456789.:") == strlen(host);
}

static enum MHD_Result
page(struct bulla_inbox *ib, struct MHD_Connection *mhd, const char *url,
    const char *method)
{
	struct bulla_buf b = BULLA_BUF_INIT(PAGE_MAX);
	const char *type = "text/plain; charset=utf-8";
	unsigned status = 200;
	enum MHD_Result ok;

	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		status = 405;
		bulla_buf_str(&b, "only GET\n");
	} else if (!is_local(mhd)) {
		status = 421;
		bulla_buf_str(&b, "ask for it by a loopback address, or as "
		    "localhost\n");
	} else if (strcmp(url, "/healthz") == 0) {
		status = health_put(ib, &b) ? 200 : 503;
	} else if (strcmp(url, "/metrics") == 0) {
		type = "text/plain; version=0.0.4; charset=utf-8";
		metrics_put(ib, &b);
	} else {
		status = 404;
		bulla_buf_str(&b, "/healthz and /metrics are here\n");
	}
	ok = answer(mhd, status, type, &b);
	bulla_buf_free(&b);
	return ok;
}

static enum MHD_Result
access_page(void *ctx, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *n,
    void **slot)
{
	static char begun;

	(void)version;
	(void)data;
	/* The first call has the header only; bodies are not read. */
	if (*slot == NULL) {
		*slot = &begun;
		return MHD_YES;
	}
	if (*n > 0) {
		*n = 0;
		return MHD_YES;
	}
	return page(ctx, mhd, url, method);
}

enum bulla_status
status_start(struct bulla_inbox *ib, int fd, struct bulla_err *err)
{
	ib->status = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL,
	    NULL, access_page, ib, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_CONNECTION_LIMIT, 16u,
	    MHD_OPTION_CONNECTION_TIMEOUT, 10u,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)8192,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (ib->status != NULL)
		return BULLA_OK;
	(void)close(fd);
	return bulla_fail(err, BULLA_E_IO,
	    "the status page could not be started");
}

void
status_stop(struct bulla_inbox *ib)
{
	if (ib->status != NULL)
		MHD_stop_daemon(ib->status);
	ib->status = NULL;
}
