#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "s3_int.h"

#include "bulla/hash.h"

#define WAIT_FIRST_MS 250u
#define WAIT_MAX_MS 60000u
#define RATE_MIN 100u	/* bytes/s, where there is no deadline */

/* The store, its connections, and what takes one question. */
static void
say(void *ctx, const char *line)
{
	struct bulla_s3 *s = ctx;

	BULLA_CHECK(pthread_mutex_lock(&s->mu) == 0);
	if (s->watch.say != NULL)
		s->watch.say(s->watch.ctx, line);
	BULLA_CHECK(pthread_mutex_unlock(&s->mu) == 0);
}

static void
progress(void *ctx, uint64_t acknowledged)
{
	struct bulla_s3 *s = ctx;

	BULLA_CHECK(pthread_mutex_lock(&s->mu) == 0);
	if (s->watch.progress != NULL)
		s->watch.progress(s->watch.ctx, acknowledged);
	BULLA_CHECK(pthread_mutex_unlock(&s->mu) == 0);
}

static void
event(void *ctx, const struct bulla_send_event *e)
{
	struct bulla_s3 *s = ctx;

	BULLA_CHECK(pthread_mutex_lock(&s->mu) == 0);
	if (s->watch.event != NULL)
		s->watch.event(s->watch.ctx, e);
	BULLA_CHECK(pthread_mutex_unlock(&s->mu) == 0);
}

/*
 * libcurl makes the signature, and keeps a copy of the secret in memory of
 * its own until the connection is freed: this process has no core dump.
 */
static enum bulla_status
sign_with(CURL *e, const struct bulla_s3_conf *c, struct bulla_err *err)
{
	struct bulla_secret text = { 0 };
	char provider[BULLA_S3_TEXT_MAX + 16];
	enum bulla_status st = bulla_secret_new(&text, c->secret.len + 1, err);

	if (st != BULLA_OK)
		return st;
	memcpy(text.p, c->secret.p, c->secret.len);
	(void)snprintf(provider, sizeof(provider), "aws:amz:%s:s3",
	    c->region);
	if (curl_easy_setopt(e, CURLOPT_AWS_SIGV4, provider) != CURLE_OK)
		st = bulla_fail(err, BULLA_E_UNSUPPORTED,
		    "this libcurl cannot sign for S3");
	else if (curl_easy_setopt(e, CURLOPT_USERNAME, c->access) !=
	    CURLE_OK || curl_easy_setopt(e, CURLOPT_PASSWORD,
	    (const char *)text.p) != CURLE_OK)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	bulla_secret_free(&text);
	return st;
}

enum bulla_status
s3_conn_open(struct bulla_s3 *s, unsigned n_parallel, struct s3_conn **out,
    struct bulla_err *err)
{
	struct s3_conn *k = calloc(1, sizeof(*k));
	struct bulla_send_config line = s->line;
	enum bulla_status st;

	if (k == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	/* Said once is enough. */
	if (s->main != NULL)
		line.watch.say = NULL;
	st = http_open(&k->http, &line, err);
	if (st != BULLA_OK) {
		free(k);
		return st;
	}
	k->s = s;
	k->n_parallel = n_parallel;
	k->http.c = &s->line;
	k->http.deadline = s->deadline;
	k->again = (struct again){ .c = &s->line, .http = &k->http };
	st = sign_with(k->http.curl, &s->conf, err);
	if (st == BULLA_OK)
		*out = k;
	else
		s3_conn_free(k);
	return st;
}

void
s3_conn_free(struct s3_conn *k)
{
	if (k == NULL)
		return;
	http_close(&k->http);
	free(k);
}

static enum bulla_status
copy(struct bulla_s3 *s, const struct bulla_s3_conf *conf,
    const struct bulla_send_config *line, struct bulla_err *err)
{
	s->conf = *conf;
	s->conf.secret = (struct bulla_secret){ 0 };
	s->watch = line->watch;
	s->line = *line;
	s->line.watch = (struct bulla_send_watch){ .progress = progress,
	    .say = say, .event = event, .ctx = s };
	if (line->ca == NULL && conf->ca[0] != '\0')
		s->line.ca = s->conf.ca;
	s->deadline = line->deadline_secs > 0 ? http_clock() +
	    line->deadline_secs : INT64_MAX;
	s->min_rate = line->deadline_secs > 0 ? 0 : RATE_MIN;
	return bulla_secret_from(&s->conf.secret, conf->secret.p,
	    conf->secret.len, err);
}

enum bulla_status
bulla_s3_open(const struct bulla_s3_conf *conf,
    const struct bulla_send_config *line, const char *bucket,
    struct bulla_s3 **out, struct bulla_err *err)
{
	struct bulla_s3 *s = calloc(1, sizeof(*s));
	enum bulla_status st;

	if (s == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	BULLA_CHECK(pthread_mutex_init(&s->mu, NULL) == 0);
	st = copy(s, conf, line, err);
	if (st == BULLA_OK)
		st = s3_base(conf, bucket, s->base, err);
	if (st == BULLA_OK)
		st = s3_conn_open(s, 1, &s->main, err);
	if (st == BULLA_OK)
		*out = s;
	else
		bulla_s3_free(s);
	return st;
}

void
bulla_s3_free(struct bulla_s3 *s)
{
	if (s == NULL)
		return;
	s3_conn_free(s->main);
	bulla_s3_conf_free(&s->conf);
	(void)pthread_mutex_destroy(&s->mu);
	free(s);
}

enum bulla_status
bulla_s3_get_small(struct bulla_s3 *s, const char *key,
    struct bulla_buf *out, bool *there, struct bulla_err *err)
{
	struct s3_resp a = S3_RESP_INIT;
	struct s3_req q = S3_REQ("GET", key);
	enum bulla_status st;

	s3_no_body(&q);
	st = s3_ask(s->main, &q, &a, err);
	if (st == BULLA_OK && s3_gone(&a)) {
		*there = false;
	} else if (st == BULLA_OK && a.status != 200) {
		st = s3_refused(&a, "the object is not to be had", err);
	} else if (st == BULLA_OK && a.body.len > out->max - out->len) {
		st = bulla_fail(err, BULLA_E_LIMIT, "the object is %zu bytes "
		    "long, that is too much", a.body.len);
	} else if (st == BULLA_OK) {
		bulla_buf_put(out, a.body.p, a.body.len);
		st = bulla_buf_status(out);
		*there = st == BULLA_OK;
	}
	bulla_buf_free(&a.body);
	return st;
}

enum bulla_status
bulla_s3_wait_small(struct bulla_s3 *s, const char *key, unsigned secs,
    struct bulla_buf *out, struct bulla_err *err)
{
	int64_t until = http_clock() + (int64_t)secs;
	uint64_t ms = WAIT_FIRST_MS;
	enum bulla_status st;
	bool there = false;

	for (;;) {
		st = bulla_s3_get_small(s, key, out, &there, err);
		if (st != BULLA_OK || there)
			return st;
		if (http_is_late(&s->main->http, ms) ||
		    http_clock() >= until || http_stopped(&s->line))
			return bulla_fail(err, BULLA_E_AGAIN,
			    "it is not there yet");
		http_pause(&s->main->http, ms);
		ms = ms < WAIT_MAX_MS / 2 ? ms * 2 : WAIT_MAX_MS;
	}
}
