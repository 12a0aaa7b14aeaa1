#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch_int.h"
#include "s3_int.h"

/*
 * An object into quarantine. Several connections ask for ranges of one
 * version, each into memory of its own, and put them in order: what is in the
 * file is always the object's beginning, so that all that fetch.c says about
 * parts holds, and memory is bounded by the connections.
 */
#define RANGE (UINT64_C(8) << 20)	/* bytes asked for at once */
#define CHANGES_MAX 5u			/* new versions in one run */

struct pull {
	struct bulla_s3 *s;
	const struct bulla_fetch_config *c;
	const char *key;
	struct bulla_fetch_part *part;
	char etag[S3_ETAG_MAX + 1];
	atomic_bool stop;
	pthread_mutex_t mu;		/* what follows, and part */
	pthread_cond_t turn;
	uint64_t next;			/* where the next range begins */
	uint64_t arrived;
	bool changed;			/* another version is there now */
	enum bulla_status st;		/* the first failure */
	struct bulla_err err;
};

struct range {
	uint64_t first;
	size_t len;
};

static bool
take(struct pull *g, struct range *out)
{
	uint64_t size = g->part->object.size, left;
	bool got;

	BULLA_CHECK(pthread_mutex_lock(&g->mu) == 0);
	left = size - g->next;
	got = left > 0 && g->st == BULLA_OK;
	if (got) {
		out->first = g->next;
		out->len = (size_t)(left < RANGE ? left : RANGE);
		g->next += out->len;
	}
	BULLA_CHECK(pthread_mutex_unlock(&g->mu) == 0);
	return got;
}

/* Is this answer the range that was asked for? */
static bool
fits(const struct pull *g, const struct range *r, const struct s3_resp *a)
{
	uint64_t size = g->part->object.size;

	if (a->sunk != r->len || (a->etag[0] != '\0' &&
	    strcmp(a->etag, g->etag) != 0))
		return false;
	if (a->status == 200)
		return r->first == 0 && r->len == size;
	return a->status == 206 && a->has_range && a->first == r->first &&
	    a->last == r->first + r->len - 1 && a->total == size;
}

static enum bulla_status
judge(struct pull *g, const struct range *r, const struct s3_resp *a,
    struct bulla_err *err)
{
	if (a->status == 412 || a->status == 416 || (a->status / 100 == 2 &&
	    a->etag[0] != '\0' && strcmp(a->etag, g->etag) != 0))
		return bulla_fail(err, BULLA_E_NOMATCH,
		    "the object has changed");
	if (a->status != 200 && a->status != 206)
		return s3_refused(a, "the object is not to be had", err);
	if (a->status == 200 && !fits(g, r, a))
		return bulla_fail(err, BULLA_E_REFUSED,
		    "the store has no ranges");
	return fits(g, r, a) ? BULLA_OK : bulla_fail(err, BULLA_E_AGAIN,
	    "the store did not send the range that was asked for");
}

static enum bulla_status
get(struct pull *g, struct s3_conn *k, const struct range *r, uint8_t *buf,
    struct bulla_err *err)
{
	struct s3_resp a = S3_RESP_INIT;
	struct s3_req q = S3_REQ("GET", g->key);
	enum bulla_status st;
	unsigned failures = 0;

	s3_no_body(&q);
	q.if_match = g->etag;
	q.first = r->first;
	q.sink = buf;
	q.sink_len = r->len;
	do {
		st = s3_ask(k, &q, &a, err);
		if (st != BULLA_OK)
			break;
		st = judge(g, r, &a, err);
		k->again.failures = failures++;
	} while (st == BULLA_E_AGAIN && (st = http_again(&k->again,
	    a.retry_after, err)) == BULLA_OK);
	bulla_buf_free(&a.body);
	return st;
}

/* When all before it has been put. */
static enum bulla_status
put(struct pull *g, const struct range *r, const uint8_t *buf,
    struct bulla_err *err)
{
	enum bulla_status st;
	uint64_t at;

	BULLA_CHECK(pthread_mutex_lock(&g->mu) == 0);
	while (g->part->at != r->first && g->st == BULLA_OK)
		BULLA_CHECK(pthread_cond_wait(&g->turn, &g->mu) == 0);
	st = g->st != BULLA_OK ? g->st : part_put(g->part, buf, r->len, err);
	g->arrived += r->len;
	at = g->part->at;
	BULLA_CHECK(pthread_cond_broadcast(&g->turn) == 0);
	BULLA_CHECK(pthread_mutex_unlock(&g->mu) == 0);
	if (st == BULLA_OK)
		g->s->line.watch.progress(g->s->line.watch.ctx, at);
	return st;
}

static void
failed(struct pull *g, enum bulla_status st, const struct bulla_err *err)
{
	BULLA_CHECK(pthread_mutex_lock(&g->mu) == 0);
	if (g->st == BULLA_OK) {
		g->st = st;
		g->err = *err;
	}
	atomic_store(&g->stop, true);
	BULLA_CHECK(pthread_cond_broadcast(&g->turn) == 0);
	BULLA_CHECK(pthread_mutex_unlock(&g->mu) == 0);
}

static void *
work(void *ctx)
{
	struct pull *g = ctx;
	struct bulla_err err = { 0 };
	struct s3_conn *k = NULL;
	uint8_t *buf = malloc(RANGE);
	struct range r;
	enum bulla_status st;

	st = buf != NULL ? s3_conn_open(g->s, g->s->conf.parallel, &k, &err) :
	    bulla_fail(&err, BULLA_E_NOMEM, "out of memory");
	if (st == BULLA_OK)
		k->stop = &g->stop;
	while (st == BULLA_OK && take(g, &r)) {
		st = get(g, k, &r, buf, &err);
		if (st == BULLA_OK)
			st = put(g, &r, buf, &err);
	}
	if (st != BULLA_OK)
		failed(g, st, &err);
	s3_conn_free(k);
	free(buf);
	return NULL;
}

static enum bulla_status
pull_all(struct pull *g, struct bulla_err *err)
{
	pthread_t thread[BULLA_S3_PARALLEL_MAX];
	uint64_t left = g->part->object.size - g->part->at;
	unsigned n = 0;

	g->next = g->part->at;
	g->st = BULLA_OK;
	atomic_store(&g->stop, false);
	while (n < g->s->conf.parallel && n < left / RANGE + 1 &&
	    pthread_create(&thread[n], NULL, work, g) == 0)
		n++;
	if (n == 0)
		(void)work(g);
	for (unsigned i = 0; i < n; i++)
		BULLA_CHECK(pthread_join(thread[i], NULL) == 0);
	if (g->st != BULLA_OK)
		*err = g->err;
	return g->st;
}

static enum bulla_status
check_room(const struct pull *g, uint64_t size, struct bulla_err *err)
{
	const struct bulla_fetch_part *p = g->part;
	enum bulla_status st;
	uint64_t room;

	st = bulla_space_free(p->file.fd, &room, err);
	if (st != BULLA_OK || size <= p->at || size - p->at <= room)
		return st;
	return bulla_fail(err, BULLA_E_IO, "%llu bytes are to come and there "
	    "is room for %llu", (unsigned long long)(size - p->at),
	    (unsigned long long)room);
}

/* Which version is there? A part of another one is emptied. */
static enum bulla_status
version(struct pull *g, struct bulla_err *err)
{
	struct bulla_fetch_part *p = g->part;
	struct object o = { .has_size = true };
	struct s3_resp a = S3_RESP_INIT;
	enum bulla_status st = s3_look(g->s->main, g->key, &a, err);

	bulla_buf_free(&a.body);
	if (st != BULLA_OK)
		return st;
	if (a.status == 404)
		return bulla_fail(err, BULLA_E_REFUSED,
		    "there is no such object (or no such bucket)");
	if (a.etag[0] == '\0')
		return bulla_fail(err, BULLA_E_REFUSED,
		    "the store gives the object no version (ETag) to go by");
	memcpy(g->etag, a.etag, sizeof(g->etag));
	memcpy(o.url, p->object.url, sizeof(o.url));
	(void)snprintf(o.etag, sizeof(o.etag), "\"%s\"", a.etag);
	o.size = a.length;
	if (g->c->total != NULL)
		g->c->total(g->c->line.watch.ctx, o.size);
	if (p->at == 0 || strcmp(p->object.etag, o.etag) != 0 ||
	    !p->object.has_size || p->object.size != o.size) {
		g->changed = p->at > 0;
		st = part_restart(p, &o, err);
	}
	return st == BULLA_OK ? check_room(g, o.size, err) : st;
}

static enum bulla_status
run(struct pull *g, struct bulla_fetched *out, struct bulla_err *err)
{
	struct bulla_fetch_part *p = g->part;
	struct bulla_err second = { 0 };
	enum bulla_status st = BULLA_OK;
	unsigned i = 0;

	out->had = p->at;
	while (st == BULLA_OK &&
	    !(p->object.has_size && p->at == p->object.size)) {
		st = version(g, err);
		if (g->changed)
			out->had = 0;
		if (st == BULLA_OK)
			st = pull_all(g, err);
		if (st != BULLA_E_NOMATCH)
			continue;
		st = ++i < CHANGES_MAX ? BULLA_OK : BULLA_E_AGAIN;
	}
	/* What arrived counts after a crash too, however this run ended. */
	if (p->at > 0) {
		enum bulla_status sync = part_sync(p, &second);

		if (st == BULLA_OK && sync != BULLA_OK) {
			*err = second;
			st = sync;
		}
	}
	out->fd = p->file.fd;
	out->size = p->at;
	out->arrived = g->arrived;
	out->joined = true;
	return st;
}

enum bulla_status
bulla_s3_fetch(struct bulla_s3 *s, const char *key,
    const struct bulla_fetch_config *c, struct bulla_fetched *out,
    struct bulla_err *err)
{
	struct bulla_fetch_part *p = calloc(1, sizeof(*p));
	struct bulla_fetched made = { .fd = -1, .part = p };
	struct pull g = { .s = s, .c = c, .key = key, .part = p };
	char url[HTTP_URL_MAX];
	enum bulla_status st;

	if (p == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	p->file = (struct bulla_outfile)BULLA_OUTFILE_INIT;
	s->min_rate = c->min_rate;
	atomic_init(&g.stop, false);
	BULLA_CHECK(pthread_mutex_init(&g.mu, NULL) == 0);
	BULLA_CHECK(pthread_cond_init(&g.turn, NULL) == 0);
	if (snprintf(url, sizeof(url), "%s%s", s->base, key) >=
	    (int)sizeof(url))
		st = bulla_fail(err, BULLA_E_LIMIT, "a URL over %u bytes",
		    HTTP_URL_MAX);
	else
		st = part_open(p, c, url, err);
	if (st == BULLA_OK)
		st = run(&g, &made, err);
	(void)pthread_cond_destroy(&g.turn);
	(void)pthread_mutex_destroy(&g.mu);
	if (st == BULLA_OK) {
		*out = made;
		return st;
	}
	part_close(p, p->at == 0);
	free(p);
	return st;
}
