#include <stdio.h>
#include <string.h>
#include <time.h>

#include "http.h"

#include "bulla/file.h"
#include "bulla/tus.h"

#define ANSWER_STALLS 5		/* stall times that an answer may take */

/* One request under way. */
struct turn {
	struct http *h;
	const struct http_req *q;
	struct http_resp *a;
	struct bulla_err *err;
	enum bulla_status st;	/* what a callback of ours ran into */
	struct http_body body;
	int64_t moved;		/* when a byte last went or came */
	int64_t paced;		/* when the rate was last looked at */
	uint64_t rate;
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

static void
tell_connected(struct http *h)
{
	struct bulla_send_event e = { .kind = BULLA_SEND_CONNECTED };
	char text[80], *ip = NULL;
	long port = 0;

	h->answered = true;
	curl_easy_getinfo(h->curl, CURLINFO_PRIMARY_IP, &ip);
	curl_easy_getinfo(h->curl, CURLINFO_PRIMARY_PORT, &port);
	(void)snprintf(text, sizeof(text), "%s port %ld",
	    ip != NULL ? ip : "?", port);
	e.text = text;
	http_event(h->c, &e);
}

static size_t
header_cb(char *data, size_t size, size_t n, void *ctx)
{
	struct bulla_cur line = bulla_cur_of(data, size * n);
	struct turn *t = ctx;

	if (!t->h->answered)
		tell_connected(t->h);
	if (http_line(t->a, &line, bulla_now()))
		return size * n;
	t->st = bulla_fail(t->err, BULLA_E_REFUSED,
	    "the server's answer has a malformed header field");
	return 0;
}

/*
 * libcurl has no other way to tell that the server asked for a certificate,
 * and without one that is all there is to know (see http_fail.c).
 */
static int
debug_cb(CURL *curl, curl_infotype type, char *data, size_t n, void *ctx)
{
	static const char want[] = "Request CERT";
	struct http *h = ctx;

	(void)curl;
	if (type == CURLINFO_TEXT && memmem(data, n, want,
	    sizeof(want) - 1) != NULL)
		h->asked_cert = true;
	return 0;
}

/* The rate may change with the time of the day, also within a body. */
static bool
pace(struct turn *t)
{
	struct http *h = t->h;
	uint64_t rate;
	unsigned secs;

	if (t->q->body_len == 0 || t->q->small)
		return true;
	h->paused = !http_rate(h->c, &rate, &secs);
	if (!h->paused && rate != t->rate) {
		t->rate = rate;
		curl_easy_setopt(h->curl, CURLOPT_MAX_SEND_SPEED_LARGE,
		    (curl_off_t)rate);
	}
	return !h->paused;
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
	bool sent = t->body.pos == t->body.len;

	(void)dltotal;
	(void)ultotal;
	if (dlnow != t->down || ulnow != t->up) {
		t->down = dlnow;
		t->up = ulnow;
		t->moved = now;
	}
	if (http_stopped(t->h->c))
		t->st = bulla_fail(t->err, BULLA_E_AGAIN, "stopped");
	else if (now >= t->h->deadline)
		t->st = bulla_fail(t->err, BULLA_E_AGAIN,
		    "the deadline has passed");
	else if (now != t->paced && !pace(t))
		t->st = bulla_fail(t->err, BULLA_E_AGAIN,
		    "a window without sending has begun");
	else if (now - t->moved > (int64_t)t->h->stall_secs *
	    (sent ? ANSWER_STALLS : 1))
		t->st = bulla_fail(t->err, BULLA_E_AGAIN,
		    "nothing moved for %lld s", (long long)(now - t->moved));
	t->paced = now;
	return t->st != BULLA_OK;
}

static bool
add(struct curl_slist **list, const char *name, const char *value)
{
	char line[512];
	int n = snprintf(line, sizeof(line), "%s: %s", name, value);

	return n > 0 && (size_t)n < sizeof(line) && http_field_add(list, line);
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
	bool patch = strcmp(q->method, "PATCH") == 0;

	if (q->small)
		return add(list, "Content-Type", q->type != NULL ? q->type :
		    "text/plain; charset=utf-8");
	if (strcmp(q->method, "OPTIONS") == 0)
		return true;	/* it asks for the version, too */
	return add(list, "Tus-Resumable", BULLA_TUS_VERSION) &&
	    (!q->has_offset || add_size(list, "Upload-Offset", q->offset)) &&
	    (!q->has_length || add_size(list, "Upload-Length", q->length)) &&
	    (!q->defer || add(list, "Upload-Defer-Length", "1")) &&
	    (q->meta == NULL || add(list, "Upload-Metadata", q->meta)) &&
	    (q->checksum == NULL || add(list, "Upload-Checksum",
	    q->checksum)) &&
	    ((!patch && q->body_len == 0) || add(list, "Content-Type",
	    BULLA_TUS_PATCH_TYPE)) &&
	    ((!patch && strcmp(q->method, "POST") != 0) ||
	    q->body_len > 0 || add_size(list, "Content-Length", 0));
}

/*
 * libcurl sends a bufferful at once and then waits until that was slow enough,
 * which must not look like a line that stalls.
 */
static long
buffer_for(uint64_t rate)
{
	if (rate == 0 || rate > HTTP_SEND_BUFFER)
		return HTTP_SEND_BUFFER;
	return rate > HTTP_SEND_BUFFER_MIN ? (long)rate :
	    HTTP_SEND_BUFFER_MIN;
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
	http_body_set(e, &t->body);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, write_cb);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, header_cb);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, watch_cb);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(e, CURLOPT_DEBUGFUNCTION, debug_cb);
	curl_easy_setopt(e, CURLOPT_DEBUGDATA, t->h);
	curl_easy_setopt(e, CURLOPT_VERBOSE,
	    t->h->has_cert || t->h->answered ? 0L : 1L);
	(void)pace(t);
	curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, buffer_for(t->rate));
}

/* A refusal before the body is read makes the write fail, but the response
 * that came says more than the broken pipe. */
static CURLcode
perform(struct turn *t, long *code)
{
	CURLcode rc = curl_easy_perform(t->h->curl);

	curl_easy_getinfo(t->h->curl, CURLINFO_RESPONSE_CODE, code);
	return rc == CURLE_SEND_ERROR && *code >= 400 ? CURLE_OK : rc;
}

static enum bulla_status
turn(struct turn *t, struct curl_slist *list)
{
	struct http *h = t->h;
	enum bulla_status st;
	long code = 0;
	CURLcode rc;

	prepare(t, list);
	rc = perform(t, &code);
	if (t->st == BULLA_OK && http_turned_away(h, rc)) {
		/* Once may be the line; who meets it twice has met a rule. */
		h->turned_away++;
		t->body.pos = 0;
		t->moved = http_clock();
		t->up = t->down = 0;
		rc = perform(t, &code);
		h->turned_away += http_turned_away(h, rc);
	}
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, NULL);
	if (t->st != BULLA_OK)
		return t->st;
	st = rc != CURLE_OK ? http_fail(h, rc, t->err) : BULLA_OK;
	if (st == BULLA_OK)
		t->a->status = code > 0 && code < 1000 ? (unsigned)code : 0;
	return st;
}

enum bulla_status
http_do(struct http *h, const struct http_req *q, struct http_resp *a,
    struct bulla_err *err)
{
	struct turn t = { .h = h, .q = q, .a = a, .err = err,
	    .rate = UINT64_MAX, .moved = http_clock(), .body = { .err = err,
	    .text = q->text.p, .fd = q->fd, .offset = q->offset,
	    .len = q->body_len, .tally = q->tally, .st = &t.st } };
	struct curl_slist *list = NULL;
	enum bulla_status st;

	bulla_buf_free(&a->body);
	*a = (struct http_resp)HTTP_RESP_INIT;
	h->curl_text[0] = '\0';
	h->paused = false;
	if (add_all(&list, q))
		st = turn(&t, list);
	else
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	curl_slist_free_all(list);
	return st;
}
