#include <stdio.h>
#include <string.h>

#include "fetch_int.h"

#define TEXT_MAX 1024u		/* bytes of an error's text that we read */
#define BUFFER_SIZE (256L << 10)
#define SPARE (UINT64_C(64) << 20)	/* bytes that stay free, when */
#define LOOK_BYTES (UINT64_C(4) << 20)	/* nobody said how many come */

static uint64_t
least(const struct get *g)
{
	uint64_t rate = g->c->min_rate, max = g->c->line.max_rate;

	/* Our own limit must not look like a bad line. */
	if (max > 0 && rate > max / 2)
		rate = max / 2;
	return rate * g->http->stall_secs;
}

/*
 * A server that sends a byte a second would keep us for years, and a dead
 * line for ever.
 */
static int
watch_cb(void *ctx, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal,
    curl_off_t ulnow)
{
	struct get *g = ctx;
	int64_t now = http_clock();

	(void)dltotal;
	(void)dlnow;
	(void)ultotal;
	(void)ulnow;
	if (now >= g->http->deadline) {
		g->st = bulla_fail(g->err, BULLA_E_AGAIN,
		    "the deadline has passed");
	} else if (now - g->window > (int64_t)g->http->stall_secs) {
		if (g->in_window == 0)
			g->st = bulla_fail(g->err, BULLA_E_AGAIN,
			    "nothing moved for %lld s",
			    (long long)(now - g->window));
		else if (g->in_window < least(g))
			g->st = bulla_fail(g->err, BULLA_E_AGAIN, "only %llu "
			    "bytes in %lld s",
			    (unsigned long long)g->in_window,
			    (long long)(now - g->window));
		g->slow = g->st != BULLA_OK;
		g->window = now;
		g->in_window = 0;
	}
	return g->st != BULLA_OK;
}

static enum bulla_status
check_room(const struct get *g, const struct judgement *j,
    struct bulla_err *err)
{
	uint64_t have = j->verdict == V_REST ? g->part->at : 0;
	uint64_t room, freed = g->part->at - have;
	enum bulla_status st;

	st = bulla_space_free(g->part->file.fd, &room, err);
	if (st != BULLA_OK || !j->has_size || j->size - have <= room + freed)
		return st;
	return bulla_fail(err, BULLA_E_IO, "%llu bytes are to come and there "
	    "is room for %llu", (unsigned long long)(j->size - have),
	    (unsigned long long)(room + freed));
}

/* Without a size no room was asked for, and it may never end. */
static enum bulla_status
check_spare(const struct get *g, size_t len)
{
	uint64_t at = g->part->at, room;
	enum bulla_status st;

	if (g->j.has_size || at / LOOK_BYTES == (at + len) / LOOK_BYTES)
		return BULLA_OK;
	st = bulla_space_free(g->part->file.fd, &room, g->err);
	if (st != BULLA_OK || room >= SPARE)
		return st;
	return bulla_fail(g->err, BULLA_E_IO, "the server does not say how "
	    "much is to come, and there is room for %llu bytes more",
	    (unsigned long long)room);
}

static enum bulla_status
begin_again(struct get *g, bool known, struct bulla_err *err)
{
	const struct bulla_send_watch *w = &g->c->line.watch;
	struct object o = { .has_size = false };
	char line[128];

	memcpy(o.url, g->part->object.url, sizeof(o.url));
	if (known)
		head_object(&g->head, &o);
	if (g->j.why != NULL && w->say != NULL) {
		(void)snprintf(line, sizeof(line), "%s: starting again",
		    g->j.why);
		w->say(w->ctx, line);
	}
	g->restarted = true;
	g->joined = false;
	return part_restart(g->part, &o, err);
}

/* The header is complete: before the first byte of the body. */
static enum bulla_status
judge(struct get *g, struct bulla_err *err)
{
	struct judgement j;
	enum bulla_status st, st2;

	g->judged = true;
	st = head_judge(&g->head, &g->asked, &j, err);
	if (st == BULLA_E_AGAIN) {
		st2 = begin_again(g, false, err);
		return st2 == BULLA_OK ? st : st2;
	}
	if (st == BULLA_OK && (j.verdict == V_ALL || j.verdict == V_REST))
		st = check_room(g, &j, err);
	if (st != BULLA_OK)
		return st;
	g->j = j;
	if (j.verdict == V_ALL)
		st = begin_again(g, true, err);
	if (j.verdict == V_REST)
		g->joined = true;
	if (j.verdict != V_TEXT && j.has_size) {
		g->part->object.has_size = true;
		g->part->object.size = j.size;
		if (g->c->total != NULL)
			g->c->total(g->c->line.watch.ctx, j.size);
	}
	return st;
}

static size_t
header_cb(char *data, size_t size, size_t n, void *ctx)
{
	struct get *g = ctx;
	struct bulla_cur line = bulla_cur_of(data, size * n);

	while (line.len > 0 && memchr("\r\n", line.p[line.len - 1], 2) != NULL)
		line.len--;
	if (g->judged)
		return size * n;	/* fields after a chunked body */
	g->http->answered = true;
	if (line.len > 0)
		g->st = head_line(&g->head, &line, g->err);
	else if (g->head.status >= 200)
		g->st = judge(g, g->err);
	return g->st == BULLA_OK ? size * n : 0;
}

static enum bulla_status
take(struct get *g, const char *data, size_t len)
{
	const struct bulla_send_watch *w = &g->c->line.watch;
	enum bulla_status st;

	if (len > g->j.end - g->part->at)
		return bulla_fail(g->err, BULLA_E_AGAIN,
		    "the server sends more than it said");
	st = check_spare(g, len);
	if (st == BULLA_OK)
		st = part_put(g->part, data, len, g->err);
	g->arrived += len;
	if (st == BULLA_OK && w->progress != NULL)
		w->progress(w->ctx, g->part->at);
	return st;
}

static size_t
write_cb(char *data, size_t size, size_t n, void *ctx)
{
	struct get *g = ctx;
	size_t len = size * n;

	g->in_window += len;
	if (g->j.verdict == V_ALL || g->j.verdict == V_REST) {
		g->st = take(g, data, len);
		return g->st == BULLA_OK ? len : 0;
	}
	if (g->a.body.len + len <= TEXT_MAX)
		bulla_buf_put(&g->a.body, data, len);
	else
		g->enough = true;
	return g->enough ? 0 : len;
}

static bool
add_all(struct curl_slist **list, const struct asked *q)
{
	char line[TAG_MAX + 16];

	if (!http_field_add(list, "Accept-Encoding: identity"))
		return false;
	if (!q->range)
		return true;
	(void)snprintf(line, sizeof(line), "Range: bytes=%llu-",
	    (unsigned long long)q->at);
	if (!http_field_add(list, line))
		return false;
	(void)snprintf(line, sizeof(line), "If-Range: %s",
	    object_version(q->object));
	return http_field_add(list, line);
}

static void
prepare(struct get *g, struct curl_slist *list)
{
	CURL *e = g->http->curl;

	curl_easy_setopt(e, CURLOPT_URL, g->part->object.url);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(e, CURLOPT_HTTP_CONTENT_DECODING, 0L);
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	if (g->c->line.max_rate > 0)
		curl_easy_setopt(e, CURLOPT_MAX_RECV_SPEED_LARGE,
		    (curl_off_t)g->c->line.max_rate);
	else
		curl_easy_setopt(e, CURLOPT_BUFFERSIZE, BUFFER_SIZE);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, write_cb);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, g);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, header_cb);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, g);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, watch_cb);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, g);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
}

static void
reset(struct get *g, struct bulla_err *err)
{
	struct bulla_fetch_part *p = g->part;

	bulla_buf_free(&g->a.body);
	g->a = (struct http_resp)HTTP_RESP_INIT;
	g->head = (struct head){ 0 };
	g->j = (struct judgement){ .verdict = V_TEXT };
	g->judged = g->enough = g->slow = false;
	g->asked = (struct asked){ .object = &p->object, .at = p->at,
	    .range = p->at > 0 };
	g->st = BULLA_OK;
	g->err = err;
	g->window = http_clock();
	g->in_window = 0;
	g->http->curl_text[0] = '\0';
}

/* All was received that the answer announced. */
static enum bulla_status
conclude(struct get *g, struct bulla_err *err)
{
	struct bulla_fetch_part *p = g->part;

	if (!g->judged)
		return bulla_fail(err, BULLA_E_AGAIN,
		    "the server's answer ended early");
	if (g->j.verdict != V_ALL && g->j.verdict != V_REST)
		return BULLA_OK;
	if (g->j.end == UINT64_MAX) {
		p->object.has_size = true;	/* the last chunk was there */
		p->object.size = p->at;
	} else if (p->at != g->j.end) {
		return bulla_fail(err, BULLA_E_AGAIN,
		    "the server sent less than it said");
	}
	return BULLA_OK;
}

enum bulla_status
get_do(struct get *g, struct bulla_err *err)
{
	CURL *e = g->http->curl;
	struct curl_slist *list = NULL;
	curl_off_t pause = 0;
	CURLcode rc;

	reset(g, err);
	if (!add_all(&list, &g->asked)) {
		curl_slist_free_all(list);
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	}
	prepare(g, list);
	rc = curl_easy_perform(e);
	curl_slist_free_all(list);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, NULL);
	g->a.status = g->head.status;
	if (curl_easy_getinfo(e, CURLINFO_RETRY_AFTER, &pause) == CURLE_OK &&
	    pause > 0 && pause <= 1 << 30)
		g->a.retry_after = (uint64_t)pause;
	if (g->st != BULLA_OK)
		return g->st;
	if (rc != CURLE_OK && !g->enough)
		return http_fail(g->http, rc, err);
	return conclude(g, err);
}
