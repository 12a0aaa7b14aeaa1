#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "s3_int.h"

#include "bulla/enc.h"

#define ANSWER_STALLS 5		/* stall times that an answer may take */
#define ANSWER_ALL 10		/* ... until the last byte of it */
#define LINE_MAX_LEN 512u
#define READ_BUFFER (256L << 10)

/* One request under way. */
struct turn {
	struct s3_conn *k;
	const struct s3_req *q;
	struct s3_resp *a;
	struct bulla_err *err;
	enum bulla_status st;
	struct http_body body;		/* that goes */
	int64_t paced;			/* when the rate was last looked at */
	uint64_t rate;
	int64_t window;			/* when bytes were last counted */
	int64_t sent;			/* when the request had gone, or 0 */
	curl_off_t counted;
};

static size_t
write_cb(char *data, size_t size, size_t n, void *ctx)
{
	struct turn *t = ctx;
	struct s3_resp *a = t->a;
	size_t len = size * n;
	long code = 0;

	curl_easy_getinfo(t->k->http.curl, CURLINFO_RESPONSE_CODE, &code);
	if (t->q->sink != NULL && code >= 200 && code < 300) {
		/* All of it, where a part was asked for: not again. */
		if (code == 200 && a->length != t->q->sink_len) {
			t->st = bulla_fail(t->err, BULLA_E_REFUSED,
			    "the store has no ranges");
			return 0;
		}
		if (len > t->q->sink_len - a->sunk) {
			t->st = bulla_fail(t->err, BULLA_E_AGAIN,
			    "the store sends more than was asked for");
			return 0;
		}
		memcpy(t->q->sink + a->sunk, data, len);
		a->sunk += len;
		return len;
	}
	bulla_buf_put(&a->body, data, len);
	if (bulla_buf_status(&a->body) == BULLA_OK)
		return len;
	t->st = bulla_fail(t->err, BULLA_E_REFUSED,
	    "the store's answer is over %u bytes", S3_XML_MAX);
	return 0;
}

static size_t
header_cb(char *data, size_t size, size_t n, void *ctx)
{
	struct bulla_cur line = bulla_cur_of(data, size * n);
	struct turn *t = ctx;

	t->k->http.answered = true;
	t->st = s3_take_header(t->a, &line, t->err);
	return t->st == BULLA_OK ? size * n : 0;
}

static uint64_t
least(const struct s3_conn *k)
{
	uint64_t rate = k->s->min_rate, max;
	unsigned secs;

	/* Our own limit must not look like a bad line. */
	if (http_rate(&k->s->line, &max, &secs) && max > 0 &&
	    rate > max / (2 * BULLA_S3_PARALLEL_MAX))
		rate = max / (2 * BULLA_S3_PARALLEL_MAX);
	return rate * k->http.stall_secs;
}

/* The rate may change with the time of the day, also within a body. */
static bool
pace(struct turn *t, int64_t now)
{
	struct s3_conn *k = t->k;
	uint64_t rate;
	unsigned secs;

	if (now == t->paced)
		return true;
	t->paced = now;
	k->http.paused = !http_rate(&k->s->line, &rate, &secs);
	if (!k->http.paused && rate != t->rate) {
		t->rate = rate;
		if (rate > 0)
			rate = rate / k->n_parallel + 1;
		curl_easy_setopt(k->http.curl, CURLOPT_MAX_SEND_SPEED_LARGE,
		    (curl_off_t)rate);
		curl_easy_setopt(k->http.curl, CURLOPT_MAX_RECV_SPEED_LARGE,
		    (curl_off_t)rate);
	}
	return !k->http.paused;
}

/* A byte now and then would make an answer last for years. */
static bool
is_overdue(struct turn *t, bool waits, int64_t now)
{
	if (waits && t->sent == 0)
		t->sent = now;
	return waits && now - t->sent > (int64_t)t->k->http.stall_secs *
	    ANSWER_ALL;
}

/* The store may be silent for a while when all has been sent. */
static int
watch_cb(void *ctx, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal,
    curl_off_t ulnow)
{
	struct turn *t = ctx;
	struct s3_conn *k = t->k;
	bool waits = t->body.pos == t->body.len && t->a->sunk == 0;
	int64_t now = http_clock(), limit = (int64_t)k->http.stall_secs *
	    (waits ? ANSWER_STALLS : 1);
	uint64_t moved = (uint64_t)(dlnow + ulnow - t->counted);

	(void)dltotal;
	(void)ultotal;
	if (k->stop != NULL && atomic_load(k->stop)) {
		t->st = bulla_fail(t->err, BULLA_E_AGAIN,
		    "another part has failed");
	} else if (!pace(t, now)) {
		t->st = bulla_fail(t->err, BULLA_E_AGAIN,
		    "nothing is sent in this window");
	} else if (http_stopped(&k->s->line)) {
		t->st = bulla_fail(t->err, BULLA_E_AGAIN, "stopped");
	} else if (now >= k->http.deadline) {
		t->st = bulla_fail(t->err, BULLA_E_AGAIN,
		    "the deadline has passed");
	} else if (is_overdue(t, waits, now)) {
		t->st = bulla_fail(t->err, BULLA_E_AGAIN,
		    "the answer has no end");
	} else if (now - t->window > limit) {
		if (moved == 0)
			t->st = bulla_fail(t->err, BULLA_E_AGAIN, "nothing "
			    "moved for %lld s", (long long)(now - t->window));
		else if ((t->q->sink != NULL || !waits) && moved < least(k))
			t->st = bulla_fail(t->err, BULLA_E_AGAIN,
			    "only %llu bytes in %lld s",
			    (unsigned long long)moved,
			    (long long)(now - t->window));
		t->window = now;
		t->counted = dlnow + ulnow;
	}
	return t->st != BULLA_OK;
}

static bool
add_hex(struct curl_slist **list, const char *name, const uint8_t *digest)
{
	char hex[65], line[LINE_MAX_LEN];

	bulla_hex(hex, digest, 32);
	(void)snprintf(line, sizeof(line), "%s: %s", name, hex);
	return http_field_add(list, line);
}

/* libcurl 7.88 signs all of them, and sorts by name. */
static bool
add_all(struct curl_slist **list, const struct s3_req *q)
{
	char line[LINE_MAX_LEN];
	bool ok = add_hex(list, "x-amz-content-sha256", q->sha256);

	if (ok && q->create)
		ok = http_field_add(list, "If-None-Match: *");
	if (ok && q->meta != NULL)
		ok = add_hex(list, "x-amz-meta-sha256", q->meta);
	if (ok && q->meta != NULL)
		ok = http_field_add(list,
		    "Content-Type: application/octet-stream");
	if (ok && q->sink != NULL) {
		(void)snprintf(line, sizeof(line),
		    "Range: bytes=%llu-%llu", (unsigned long long)q->first,
		    (unsigned long long)(q->first + q->sink_len - 1));
		ok = http_field_add(list, line);
	}
	if (ok && q->if_match != NULL) {
		(void)snprintf(line, sizeof(line), "If-Match: \"%s\"",
		    q->if_match);
		ok = http_field_add(list, line);
	}
	/* A body of nothing has a length too. */
	if (ok && q->len == 0 && q->method[0] == 'P')
		ok = http_field_add(list, "Content-Length: 0");
	return ok;
}

static void
prepare(struct turn *t, const char *url, struct curl_slist *list)
{
	const struct s3_req *q = t->q;
	CURL *e = t->k->http.curl;
	bool head = strcmp(q->method, "HEAD") == 0;

	curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(e, CURLOPT_NOBODY, head ? 1L : 0L);
	curl_easy_setopt(e, CURLOPT_UPLOAD, q->len > 0 ? 1L : 0L);
	if (q->len > 0)
		curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE,
		    (curl_off_t)q->len);
	else if (!head)
		curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, q->method);
	curl_easy_setopt(e, CURLOPT_HTTP_CONTENT_DECODING, 0L);
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(e, CURLOPT_BUFFERSIZE, READ_BUFFER);
	http_body_set(e, &t->body);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, write_cb);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, header_cb);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, watch_cb);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
}

static enum bulla_status
perform(struct turn *t)
{
	struct http *h = &t->k->http;
	CURLcode rc = curl_easy_perform(h->curl);
	long code = 0;

	if (t->st != BULLA_OK)
		return t->st;
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &code);
	/* A refusal that came before all was sent says more than the pipe. */
	if (rc == CURLE_SEND_ERROR && code >= 400)
		rc = CURLE_OK;
	if (rc != CURLE_OK)
		return http_fail(h, rc, t->err);
	t->a->status = code > 0 && code < 1000 ? (unsigned)code : 0;
	return BULLA_OK;
}

enum bulla_status
s3_do(struct s3_conn *k, const struct s3_req *q, struct s3_resp *a,
    struct bulla_err *err)
{
	struct turn t = { .k = k, .q = q, .a = a, .err = err,
	    .paced = -1, .rate = UINT64_MAX, .window = http_clock(),
	    .body = { .text = q->fd == -1 ? q->text.p : NULL, .fd = q->fd,
	    .offset = q->offset, .len = q->len, .st = &t.st, .err = err } };
	struct curl_slist *list = NULL;
	struct bulla_cur body;
	enum bulla_status st;
	char *url = NULL;

	bulla_buf_free(&a->body);
	*a = (struct s3_resp)S3_RESP_INIT;
	k->http.curl_text[0] = '\0';
	if (asprintf(&url, "%s%s%s%s", k->s->base, q->key,
	    q->query != NULL ? "?" : "", q->query != NULL ? q->query :
	    "") < 0) {
		url = NULL;
		st = BULLA_E_NOMEM;
	} else {
		st = add_all(&list, q) ? BULLA_OK : BULLA_E_NOMEM;
	}
	k->http.paused = false;
	if (st == BULLA_OK) {
		prepare(&t, url, list);
		(void)pace(&t, http_clock());
		st = perform(&t);
		curl_easy_setopt(k->http.curl, CURLOPT_HTTPHEADER, NULL);
	} else {
		st = bulla_fail(err, st, "out of memory");
	}
	curl_slist_free_all(list);
	free(url);
	body = bulla_buf_view(&a->body);
	if (st == BULLA_OK && body.len > 0)
		s3_parse_error(&body, a);
	return st;
}
