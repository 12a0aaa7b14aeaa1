#include <stdio.h>
#include <string.h>

#include "send_int.h"

#include "bulla/enc.h"

#define SMALL (UINT64_C(256) << 10)	/* bytes that go with the creation */
#define POLL_FIRST_MS 8u
#define POLL_SAME 8u	/* questions before the pause between two doubles */
#define POLL_MAX_MS 3000u
#define DELETE_SECS 10
#define ROUNDS_MAX 3u	/* all was sent, and there was no receipt */

static void
tell(const struct sender *s, enum bulla_send_kind kind)
{
	struct bulla_send_event e = { .kind = kind, .text = s->upload_url,
	    .bytes = s->acked, .expires = s->a.expires };

	http_event(s->c, &e);
}

void
send_acknowledged(struct sender *s, uint64_t offset)
{
	s->acked = offset;
	if (offset > s->best) {
		s->best = offset;
		s->again.failures = 0;
	}
	if (s->c->watch.progress != NULL)
		s->c->watch.progress(s->c->watch.ctx, offset);
	if (!s->has_size || !s->declared || offset != s->size)
		return;
	tell(s, BULLA_SEND_SENT);
	s->stage = s->c->no_receipt ? END : RECEIPT;
}

/* A status that none of the stages expects. */
enum bulla_status
send_unexpected(struct sender *s, const char *what, struct bulla_err *err)
{
	unsigned code = s->a.status;

	if (http_passes(code) || code == 409)
		return http_says(&s->a, BULLA_E_AGAIN, what, err);
	if (code >= 300 && code < 400)
		return http_says(&s->a, BULLA_E_REFUSED,
		    "redirects are not followed", err);
	return http_says(&s->a, BULLA_E_REFUSED, what, err);
}

bool
send_is_gone(const struct sender *s)
{
	return s->a.status == 404 || s->a.status == 410;
}

static enum bulla_status
can_it(struct sender *s, struct bulla_err *err)
{
	if (s->has_size && s->can.has_max && s->size > s->can.max_size)
		return bulla_fail(err, BULLA_E_REFUSED, "the package has %llu "
		    "bytes, and the server takes %llu",
		    (unsigned long long)s->size,
		    (unsigned long long)s->can.max_size);
	if (!s->has_size && !s->can.defer_length)
		return bulla_fail(err, BULLA_E_UNSUPPORTED, "the server wants "
		    "to know the length of an upload first");
	s->can.checksum = s->can.checksum && s->can.sha256;
	if (s->c->checksum && !s->can.checksum)
		http_say(s->c, "the server checks no SHA-256 of pieces: only "
		    "the receipt proves what it has");
	return BULLA_OK;
}

enum bulla_status
send_learn(struct sender *s, struct bulla_err *err)
{
	struct http_req q = { .method = "OPTIONS", .url = s->create_url };
	enum bulla_status st = http_do(&s->http, &q, &s->a, err);

	if (st != BULLA_OK)
		return st;
	if (http_passes(s->a.status) && s->a.status != 501)
		return send_unexpected(s, "what the server can", err);
	if (s->a.status == 200 || s->a.status == 204)
		s->can = s->a.can;
	s->stage = s->remembered ? ASK : CREATE;
	return can_it(s, err);
}

/* Where it is, and whether that is a new one. */
static enum bulla_status
created(struct sender *s, const struct http_req *q, struct bulla_err *err)
{
	enum bulla_status st;

	if (s->a.status != 201)
		return send_unexpected(s, "the upload was not created", err);
	if (s->a.location[0] == '\0')
		return bulla_fail(err, BULLA_E_REFUSED,
		    "the server created an upload but does not say where");
	st = url_resolve(s->create_url, s->a.location, s->upload_url, err);
	if (st != BULLA_OK) {
		s->upload_url[0] = '\0';
		return st;
	}
	s->acked = 0;
	s->sent = q->body_len;
	s->declared = q->has_length;
	s->remembered = false;
	tell(s, BULLA_SEND_CREATED);
	/* It may be one that got somewhere before; a new one says 0. */
	s->stage = ASK;
	if (s->a.has_offset && s->a.offset <= q->body_len) {
		s->stage = PUSH;
		send_acknowledged(s, s->a.offset);
	}
	return BULLA_OK;
}

/* Is it one who says that it takes a body here, and then does not? */
static bool
wants_none(const struct sender *s)
{
	return s->a.status == 400 || s->a.status == 411 ||
	    s->a.status == 415 || s->a.status == 501;
}

enum bulla_status
send_create(struct sender *s, struct bulla_err *err)
{
	struct http_req q = { .method = "POST", .url = s->create_url,
	    .has_length = s->has_size, .length = s->size,
	    .defer = !s->has_size, .meta = s->meta[0] != '\0' ? s->meta :
	    NULL };
	enum bulla_status st = BULLA_OK;

	if (s->can.with_upload && s->has_size && s->size <= SMALL &&
	    !s->c->checksum)
		st = send_body(s, 0, SMALL, &q, err);
	if (st == BULLA_OK)
		st = http_do(&s->http, &q, &s->a, err);
	if (st != BULLA_OK)
		return st;
	if (q.body_len > 0 && wants_none(s)) {
		s->can.with_upload = false;
		return BULLA_OK;
	}
	return created(s, &q, err);
}

/* A URL kept from an earlier run is a hint and no more. */
static enum bulla_status
not_ours(struct sender *s, struct bulla_err *err)
{
	if (s->remembered) {
		s->remembered = false;
		s->upload_url[0] = '\0';
		s->stage = CREATE;
		return BULLA_OK;
	}
	return bulla_fail(err, BULLA_E_REFUSED, "the server's upload is not "
	    "this package: its length or offset does not fit");
}

enum bulla_status
send_ask(struct sender *s, struct bulla_err *err)
{
	struct http_req q = { .method = "HEAD", .url = s->upload_url };
	enum bulla_status st;

	st = http_do(&s->http, &q, &s->a, err);
	if (st != BULLA_OK)
		return st;
	if (send_is_gone(s) && s->remembered)
		return not_ours(s, err);
	if (send_is_gone(s)) {
		s->stage = CREATE;
		return bulla_fail(err, BULLA_E_AGAIN,
		    "the server has lost the upload");
	}
	if (s->a.status != 200 && s->a.status != 204)
		return send_unexpected(s, "how far the upload got", err);
	if (!s->a.has_offset ||
	    s->a.offset > (s->has_size ? s->size : s->sent) ||
	    (s->a.has_length && (!s->has_size || s->a.length != s->size)))
		return not_ours(s, err);
	s->declared = s->declared || s->a.has_length;
	s->remembered = false;
	s->stage = PUSH;
	s->acked = s->a.offset;
	if (s->a.offset > 0)
		tell(s, BULLA_SEND_RESUMED);
	send_acknowledged(s, s->a.offset);
	return BULLA_OK;
}

static enum bulla_status
still_judged(struct sender *s, struct bulla_err *err)
{
	/* So that the answer waits for about an eighth of what it took. */
	unsigned n = s->polls / POLL_SAME;
	uint64_t ms = (uint64_t)POLL_FIRST_MS << (n < 9 ? n : 9);

	s->polls++;
	s->again.failures = 0;
	if (http_is_late(&s->http, ms))
		return bulla_fail(err, BULLA_E_AGAIN, "all was sent, but the "
		    "package has not been judged yet");
	http_pause(&s->http, ms < POLL_MAX_MS ? ms : POLL_MAX_MS);
	return BULLA_OK;
}

enum bulla_status
send_sum_up(struct sender *s, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	if (!s->hashing)
		return BULLA_OK;
	st = tally_read(&s->tally, s->fd, s->size, err);
	if (st != BULLA_OK)
		return st;
	tally_end(&s->tally, s->sha256);
	s->hashing = false;
	/* Should it have to be created again, this is the better name. */
	send_name(s);
	return BULLA_OK;
}

enum bulla_status
send_receipt(struct sender *s, struct bulla_err *err)
{
	char url[HTTP_URL_MAX], tail[80] = "receipts/";
	struct http_req q = { .method = "GET", .url = url };
	enum bulla_status st = send_sum_up(s, err);

	bulla_hex(tail + strlen(tail), s->sha256, sizeof(s->sha256));
	if (st == BULLA_OK)
		st = url_join(s->base, tail, url, err);
	if (st == BULLA_OK)
		st = http_do(&s->http, &q, &s->a, err);
	if (st != BULLA_OK)
		return st;
	if (s->a.status == 200) {
		bulla_buf_put(s->receipt, s->a.body.p, s->a.body.len);
		s->stage = END;
		return bulla_buf_status(s->receipt);
	}
	if (s->a.status == 202)
		return still_judged(s, err);
	if (s->a.status == 422)
		return http_says(&s->a, BULLA_E_REFUSED,
		    "refused, without a signed receipt", err);
	if (send_is_gone(s)) {
		/* Did it lose the upload too? To create it again asks that,
		 * but all of it may have to be sent again then. */
		s->stage = CREATE;
		s->lost = ++s->rounds >= ROUNDS_MAX;
		return bulla_fail(err, BULLA_E_AGAIN,
		    "the server knows no receipt (is this an inbox?)");
	}
	return send_unexpected(s, "the receipt", err);
}

void
send_delete(struct sender *s)
{
	struct bulla_send_config last = *s->c;
	struct http_req q = { .method = "DELETE", .url = s->upload_url };
	struct bulla_err err = { 0 };

	last.stop = NULL;	/* this is what is left to do */
	s->http.c = &last;
	s->http.deadline = http_clock() + DELETE_SECS;
	if (http_do(&s->http, &q, &s->a, &err) == BULLA_OK &&
	    s->a.status >= 200 && s->a.status < 300)
		tell(s, BULLA_SEND_DELETED);
	s->http.c = s->c;
}
