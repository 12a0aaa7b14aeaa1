#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "http.h"

#include "bulla/io.h"
#include "bulla/num.h"
#include "bulla/tus.h"

#define ANSWER_STALLS 5		/* stall times that an answer may take */

/* One request under way. */
struct turn {
	struct http *h;
	const struct http_req *q;
	struct http_resp *a;
	struct bulla_err *err;
	enum bulla_status st;	/* what a callback of ours ran into */
	uint64_t pos;		/* of the body */
	int64_t moved;		/* when a byte last went or came */
	curl_off_t up, down;
};

int64_t
http_clock(void)
{
	struct timespec t;

	BULLA_CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return t.tv_sec;
}

static size_t
read_cb(char *buf, size_t size, size_t n, void *ctx)
{
	struct turn *t = ctx;
	uint64_t left = t->q->body_len - t->pos;
	size_t got = 0, want = size * n;

	if (want > left)
		want = (size_t)left;
	if (want == 0)
		return 0;
	if (t->q->small) {
		memcpy(buf, t->q->text.p + t->pos, want);
		t->pos += want;
		return want;
	}
	t->st = bulla_pread_fd(t->q->fd, buf, want, t->q->offset + t->pos,
	    &got, "the package", t->err);
	if (t->st == BULLA_OK && got < want)
		t->st = bulla_fail(t->err, BULLA_E_INCOMPLETE,
		    "the package got shorter while it was sent");
	if (t->st != BULLA_OK)
		return CURL_READFUNC_ABORT;
	t->pos += got;
	return got;
}

static int
seek_cb(void *ctx, curl_off_t off, int origin)
{
	struct turn *t = ctx;

	if (origin != SEEK_SET || off < 0 || (uint64_t)off > t->q->body_len)
		return CURL_SEEKFUNC_FAIL;
	t->pos = (uint64_t)off;
	return CURL_SEEKFUNC_OK;
}

static size_t
write_cb(char *data, size_t size, size_t n, void *ctx)
{
	struct turn *t = ctx;

	bulla_buf_put(&t->a->body, data, size * n);
	if (bulla_buf_status(&t->a->body) == BULLA_OK)
		return size * n;
	t->st = bulla_fail(t->err, BULLA_E_REFUSED,
	    "the server's answer is over %u bytes", HTTP_BODY_MAX);
	return 0;
}

static bool
name_is(const struct bulla_cur *name, const char *want)
{
	return name->len == strlen(want) &&
	    strncasecmp((const char *)name->p, want, name->len) == 0;
}

static bool
take_size(const struct bulla_cur *v, bool *has, uint64_t *out)
{
	if (*has || bulla_tus_size(v, out, NULL) != BULLA_OK)
		return false;	/* twice, or no number */
	*has = true;
	return true;
}

static bool
take_field(struct http_resp *a, const struct bulla_cur *name,
    const struct bulla_cur *v)
{
	if (name_is(name, "upload-offset"))
		return take_size(v, &a->has_offset, &a->offset);
	if (name_is(name, "upload-length"))
		return take_size(v, &a->has_length, &a->length);
	if (name_is(name, "retry-after")) {
		/* A date is possible too: our own back-off will do then. */
		if (!bulla_num_u64(v, 1u << 30, &a->retry_after))
			a->retry_after = 0;
	} else if (name_is(name, "location")) {
		if (v->len == 0 || v->len >= sizeof(a->location) ||
		    a->location[0] != '\0')
			return false;
		memcpy(a->location, v->p, v->len);
		a->location[v->len] = '\0';
	}
	return true;
}

static void
trim(struct bulla_cur *v)
{
	while (bulla_cur_eat_str(v, " ") || bulla_cur_eat_str(v, "\t"))
		;
	while (v->len > 0 && memchr(" \t\r\n", v->p[v->len - 1], 4) != NULL)
		v->len--;
}

static size_t
header_cb(char *data, size_t size, size_t n, void *ctx)
{
	struct bulla_cur line = bulla_cur_of(data, size * n), name;
	struct turn *t = ctx;

	if (bulla_cur_starts(&line, "HTTP/")) {
		/* After a "100 Continue" the real answer begins anew. */
		t->a->has_offset = t->a->has_length = false;
		t->a->location[0] = '\0';
		t->a->retry_after = 0;
		t->h->answered = true;
		return size * n;
	}
	if (!bulla_cur_until(&line, ':', &name))
		return size * n;
	trim(&line);
	if (memchr(line.p, '\0', line.len) == NULL &&
	    take_field(t->a, &name, &line))
		return size * n;
	t->st = bulla_fail(t->err, BULLA_E_REFUSED,
	    "the server's answer has a malformed header field");
	return 0;
}

/*
 * libcurl's own low-speed limit would also fire while the server makes the
 * bytes durable and says nothing, so we look ourselves.
 */
static int
watch_cb(void *ctx, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal,
    curl_off_t ulnow)
{
	struct turn *t = ctx;
	int64_t now = http_clock();
	bool sent = t->pos == t->q->body_len;

	(void)dltotal;
	(void)ultotal;
	if (dlnow != t->down || ulnow != t->up) {
		t->down = dlnow;
		t->up = ulnow;
		t->moved = now;
	}
	if (now >= t->h->deadline)
		t->st = bulla_fail(t->err, BULLA_E_AGAIN,
		    "the deadline has passed");
	else if (now - t->moved > (int64_t)t->h->stall_secs *
	    (sent ? ANSWER_STALLS : 1))
		t->st = bulla_fail(t->err, BULLA_E_AGAIN,
		    "nothing moved for %lld s", (long long)(now - t->moved));
	return t->st != BULLA_OK;
}

static bool
add(struct curl_slist **list, const char *name, const char *value)
{
	struct curl_slist *more;
	char line[512];
	int n = snprintf(line, sizeof(line), "%s: %s", name, value);

	if (n < 0 || (size_t)n >= sizeof(line))
		return false;
	more = curl_slist_append(*list, line);
	if (more != NULL)
		*list = more;
	return more != NULL;
}

static bool
add_size(struct curl_slist **list, const char *name, uint64_t v)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	return add(list, name, text);
}

static bool
add_all(struct curl_slist **list, const struct http_req *q)
{
	if (q->small)
		return add(list, "Content-Type", "text/plain; charset=utf-8");
	return add(list, "Tus-Resumable", BULLA_TUS_VERSION) &&
	    (!q->has_offset || add_size(list, "Upload-Offset", q->offset)) &&
	    (!q->has_length || add_size(list, "Upload-Length", q->length)) &&
	    (q->meta == NULL || add(list, "Upload-Metadata", q->meta)) &&
	    (strcmp(q->method, "PATCH") != 0 || add(list, "Content-Type",
	    BULLA_TUS_PATCH_TYPE)) &&
	    (strcmp(q->method, "POST") != 0 || add_size(list,
	    "Content-Length", 0));
}

static void
prepare(struct turn *t, struct curl_slist *list)
{
	const struct http_req *q = t->q;
	CURL *e = t->h->curl;
	bool body = q->body_len > 0;

	curl_easy_setopt(e, CURLOPT_URL, q->url);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(e, CURLOPT_NOBODY, strcmp(q->method, "HEAD") == 0 ?
	    1L : 0L);
	curl_easy_setopt(e, CURLOPT_UPLOAD, body ? 1L : 0L);
	if (body)
		curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE,
		    (curl_off_t)q->body_len);
	else if (strcmp(q->method, "HEAD") != 0)
		curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, q->method);
	curl_easy_setopt(e, CURLOPT_READFUNCTION, read_cb);
	curl_easy_setopt(e, CURLOPT_READDATA, t);
	curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, seek_cb);
	curl_easy_setopt(e, CURLOPT_SEEKDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, write_cb);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, header_cb);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, watch_cb);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
}

enum bulla_status
http_do(struct http *h, const struct http_req *q, struct http_resp *a,
    struct bulla_err *err)
{
	struct turn t = { .h = h, .q = q, .a = a, .err = err,
	    .moved = http_clock() };
	struct curl_slist *list = NULL;
	enum bulla_status st;
	CURLcode rc;
	long code = 0;

	bulla_buf_free(&a->body);
	*a = (struct http_resp)HTTP_RESP_INIT;
	h->curl_text[0] = '\0';
	if (!add_all(&list, q)) {
		curl_slist_free_all(list);
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	}
	prepare(&t, list);
	rc = curl_easy_perform(h->curl);
	curl_slist_free_all(list);
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, NULL);
	if (t.st != BULLA_OK)
		return t.st;
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &code);
	/*
	 * A refusal before the body is read makes the write fail, but the
	 * response that came says more than the broken pipe.
	 */
	if (rc == CURLE_SEND_ERROR && code >= 400)
		rc = CURLE_OK;
	st = rc != CURLE_OK ? http_fail(h, rc, err) : BULLA_OK;
	if (st == BULLA_OK)
		a->status = code > 0 && code < 1000 ? (unsigned)code : 0;
	return st;
}
