#include <string.h>

#include "s3_int.h"

#include "bulla/hash.h"

/*
 * Storing what is not there yet. "If-None-Match: *" makes that one step where
 * the store honours it (412 when something is there). Some answer 501, some
 * ignore it: so we always look first as well, and where the store is known to
 * have no such thing that is all there is.
 */
void
s3_no_body(struct s3_req *q)
{
	bulla_sha256(NULL, 0, q->sha256);
}

/* An answer to HEAD has no body that could say why. */
static enum bulla_status
ask_why(struct s3_conn *k, const char *key, struct s3_resp *a,
    struct bulla_err *err)
{
	struct s3_req q = S3_REQ("GET", key);
	enum bulla_status st;
	uint8_t byte;

	s3_no_body(&q);
	q.sink = &byte;
	q.sink_len = sizeof(byte);
	st = s3_ask(k, &q, a, err);
	return st != BULLA_OK ? st : s3_refused(a,
	    "the store does not tell what is there", err);
}

enum bulla_status
s3_look(struct s3_conn *k, const char *key, struct s3_resp *a,
    struct bulla_err *err)
{
	struct s3_req q = S3_REQ("HEAD", key);
	enum bulla_status st;

	s3_no_body(&q);
	st = s3_ask(k, &q, a, err);
	if (st != BULLA_OK || a->status == 404)
		return st;
	if (a->status != 200)
		return ask_why(k, key, a, err);
	return a->has_length ? BULLA_OK : bulla_fail(err, BULLA_E_REFUSED,
	    "the store does not tell how long the object is");
}

enum bulla_status
s3_same(const struct s3_resp *a, const struct bulla_send_what *w,
    struct bulla_err *err)
{
	if (a->length == w->size && a->has_sha256 &&
	    memcmp(a->sha256, w->sha256, sizeof(w->sha256)) == 0)
		return BULLA_OK;
	if (a->length == w->size && !a->has_sha256)
		return bulla_fail(err, BULLA_E_NOMATCH, "an object of this "
		    "size is there, but nothing says of which bytes: it is "
		    "not overwritten");
	return bulla_fail(err, BULLA_E_NOMATCH, "another object is there, of "
	    "%llu bytes: it is not overwritten",
	    (unsigned long long)a->length);
}

void
s3_tell_unconditional(struct bulla_s3 *s)
{
	s->no_condition = true;
	s->line.watch.say(s->line.watch.ctx, "the store knows no \"only if it "
	    "is not there\" (If-None-Match): we look before we store");
}

/* One PUT. *there: 412, somebody else was first, or the answer got lost. */
static enum bulla_status
put_once(struct bulla_s3 *s, struct s3_req *q, bool *there,
    struct bulla_err *err)
{
	struct s3_resp a = S3_RESP_INIT;
	enum bulla_status st;

	*there = false;
	q->create = !s->no_condition;
	st = s3_ask(s->main, q, &a, err);
	if (st == BULLA_OK && a.status == 501 && q->create) {
		s3_tell_unconditional(s);
		q->create = false;
		st = s3_ask(s->main, q, &a, err);
	}
	if (st == BULLA_OK && a.status == 412)
		*there = true;
	else if (st == BULLA_OK && a.status != 200)
		st = s3_refused(&a, "the object was not stored", err);
	bulla_buf_free(&a.body);
	return st;
}

static enum bulla_status
put_and_look(struct bulla_s3 *s, struct s3_req *q,
    const struct bulla_send_what *w, struct bulla_s3_stored *out,
    struct bulla_err *err)
{
	struct s3_resp a = S3_RESP_INIT;
	enum bulla_status st;
	bool there;

	st = put_once(s, q, &there, err);
	out->how = q->create ? BULLA_S3_CONDITIONAL : BULLA_S3_LOOKED;
	out->was_there = there;
	if (st == BULLA_OK)
		st = s3_look(s->main, q->key, &a, err);
	if (st == BULLA_OK && a.status == 404)
		st = bulla_fail(err, BULLA_E_AGAIN, "the store took the object "
		    "and does not have it");
	if (st == BULLA_OK)
		st = s3_same(&a, w, err);
	bulla_buf_free(&a.body);
	return st;
}

enum bulla_status
bulla_s3_put(struct bulla_s3 *s, const struct bulla_s3_put *p,
    struct bulla_s3_stored *out, struct bulla_err *err)
{
	const struct bulla_send_what *w = &p->what;
	struct bulla_s3_stored o = { .was_there = true };
	struct bulla_send_event sent = { .kind = BULLA_SEND_SENT,
	    .bytes = w->size };
	struct s3_resp a = S3_RESP_INIT;
	struct s3_req q = { .method = "PUT", .key = p->key, .fd = w->fd,
	    .len = w->size, .meta = w->sha256 };
	enum bulla_status st = s3_look(s->main, p->key, &a, err);

	memcpy(q.sha256, w->sha256, sizeof(q.sha256));
	if (st == BULLA_OK && a.status == 200)
		st = s3_same(&a, w, err);
	else if (st == BULLA_OK && w->size > s->conf.part_size)
		st = s3_put_parts(s, p, &o, err);
	else if (st == BULLA_OK)
		st = put_and_look(s, &q, w, &o, err);
	bulla_buf_free(&a.body);
	if (st != BULLA_OK)
		return st == BULLA_E_NOMATCH ? BULLA_E_REFUSED : st;
	s->line.watch.progress(s->line.watch.ctx, w->size);
	http_event(&s->line, &sent);
	*out = o;
	return BULLA_OK;
}

enum bulla_status
bulla_s3_put_small(struct bulla_s3 *s, const char *key,
    const struct bulla_cur *data, struct bulla_s3_stored *out, bool *other,
    struct bulla_err *err)
{
	struct bulla_send_what w = { .fd = -1, .size = data->len };
	struct bulla_s3_stored o = { .was_there = true };
	struct s3_resp a = S3_RESP_INIT;
	struct s3_req q = { .method = "PUT", .key = key, .fd = -1,
	    .text = *data, .len = data->len, .meta = w.sha256 };
	enum bulla_status st;

	bulla_sha256(data->p, data->len, w.sha256);
	memcpy(q.sha256, w.sha256, sizeof(q.sha256));
	st = s3_look(s->main, key, &a, err);
	if (st == BULLA_OK && a.status == 404)
		st = put_and_look(s, &q, &w, &o, err);
	else if (st == BULLA_OK)
		st = s3_same(&a, &w, err);
	bulla_buf_free(&a.body);
	if (st != BULLA_OK && st != BULLA_E_NOMATCH)
		return st;
	*other = st == BULLA_E_NOMATCH;
	*out = o;
	return BULLA_OK;
}

enum bulla_status
bulla_s3_is_write_once(struct bulla_s3 *s, const char *key, bool *out,
    struct bulla_err *err)
{
	struct s3_resp a = S3_RESP_INIT;
	struct s3_req q = S3_REQ("PUT", key);
	enum bulla_status st = BULLA_OK;

	s3_no_body(&q);
	q.create = true;
	/* Where it is there from earlier, the first answer will do. */
	for (unsigned i = 0; i < 2 && st == BULLA_OK && a.status != 412; i++) {
		st = s3_ask(s->main, &q, &a, err);
		if (st == BULLA_OK && a.status == 501)
			break;
		if (st == BULLA_OK && a.status != 200 && a.status != 412)
			st = s3_refused(&a, "nothing can be stored", err);
	}
	if (st == BULLA_OK)
		*out = a.status == 412;
	bulla_buf_free(&a.body);
	return st;
}
