#include <stdlib.h>
#include <string.h>

#include "http.h"

#include "bulla/send.h"

/* Small requests over one connection; see bulla/send.h. */
struct bulla_line {
	const struct bulla_send_config *c;
	struct http http;
	struct http_resp a;
	char base[HTTP_URL_MAX];
};

enum bulla_status
bulla_line_open(const struct bulla_send_config *c, struct bulla_line **out,
    struct bulla_err *err)
{
	struct bulla_line *l = calloc(1, sizeof(*l));
	enum bulla_status st;

	if (l == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	l->c = c;
	l->a = (struct http_resp)HTTP_RESP_INIT;
	st = url_base(c->url, l->base, err);
	if (st == BULLA_OK)
		st = http_open(&l->http, c, err);
	if (st == BULLA_OK)
		*out = l;
	else
		bulla_line_free(l);
	return st;
}

void
bulla_line_free(struct bulla_line *l)
{
	if (l == NULL)
		return;
	if (l->http.curl != NULL)
		http_close(&l->http);
	bulla_buf_free(&l->a.body);
	free(l);
}

enum bulla_status
bulla_line_ask(struct bulla_line *l, const struct bulla_line_request *q,
    unsigned *status, struct bulla_buf *out, struct bulla_err *err)
{
	struct again again = { .c = l->c, .http = &l->http };
	struct bulla_err scratch = { 0 };
	char url[HTTP_URL_MAX];
	struct http_req r = { .method = q->post ? "POST" : "GET", .url = url,
	    .small = true, .text = q->body, .body_len = q->body.len,
	    .type = q->type };
	const char *what = q->path != NULL ? q->path : l->base;
	enum bulla_status st;

	if (err == NULL)
		err = &scratch;
	if (q->path == NULL)
		(void)memcpy(url, l->base, sizeof(url));
	st = q->path == NULL ? BULLA_OK : url_join(l->base, q->path, url, err);
	if (st != BULLA_OK)
		return st;
	do {
		l->a.retry_after = 0;
		st = http_do(&l->http, &r, &l->a, err);
		if (st == BULLA_OK && http_passes(l->a.status))
			st = http_says(&l->a, BULLA_E_AGAIN, what, err);
		if (st == BULLA_OK)
			break;
		if (st == BULLA_E_AGAIN)
			st = http_again(&again, l->a.retry_after, err);
	} while (st == BULLA_OK);
	if (st != BULLA_OK)
		return st;
	*status = l->a.status;
	bulla_buf_put(out, l->a.body.p, l->a.body.len);
	st = bulla_buf_status(out);
	return st == BULLA_OK ? st : bulla_fail(err, BULLA_E_REFUSED,
	    "%s: the answer is too long", what);
}
