#include <stdio.h>
#include <string.h>

#include "http.h"

#include "bulla/enc.h"
#include "bulla/send.h"
#include "bulla/tus.h"

/*
 * A package's way over: create (or find again), ask how far it got, push
 * pieces, fetch the receipt. Each failure that may pass leads back to the
 * question, after a pause.
 */
#define PIECE_FIRST (UINT64_C(8) << 20)	/* bytes of one PATCH */
#define PIECE_MIN (UINT64_C(1) << 20)
#define PIECE_MAX (UINT64_C(256) << 20)
#define PIECE_FAST 2	/* seconds: a piece that was quicker grows */
#define PIECE_SLOW 20	/* one that was slower shrinks */
#define POLL_FIRST_MS 30u
#define POLL_MAX_MS 3000u

enum stage { CREATE, ASK, PUSH, RECEIPT, END };

struct sender {
	const struct bulla_send_config *c;
	const struct bulla_send_what *w;
	struct bulla_buf *receipt;
	struct http http;
	struct http_resp a;	/* the last response */
	enum stage stage;
	char create_url[HTTP_URL_MAX], receipt_url[HTTP_URL_MAX];
	char upload_url[HTTP_URL_MAX];
	char meta[160];
	uint64_t acked, best;
	uint64_t piece;
	struct again again;
	unsigned polls;
};

static void
acknowledged(struct sender *s, uint64_t offset)
{
	s->acked = offset;
	if (offset > s->best) {
		s->best = offset;
		s->again.failures = 0;
	}
	if (s->c->watch.progress != NULL)
		s->c->watch.progress(s->c->watch.ctx, offset);
}

/* A status that none of the stages expects. */
static enum bulla_status
unexpected(struct sender *s, const char *what, struct bulla_err *err)
{
	unsigned code = s->a.status;

	if (http_passes(code) || code == 409)
		return http_says(&s->a, BULLA_E_AGAIN, what, err);
	if (code >= 300 && code < 400)
		return http_says(&s->a, BULLA_E_REFUSED,
		    "redirects are not followed", err);
	return http_says(&s->a, BULLA_E_REFUSED, what, err);
}

static bool
is_gone(const struct sender *s)
{
	return s->a.status == 404 || s->a.status == 410;
}

static enum bulla_status
create(struct sender *s, struct bulla_err *err)
{
	struct http_req q = { .method = "POST", .url = s->create_url,
	    .has_length = true, .length = s->w->size, .meta = s->meta };
	enum bulla_status st;

	st = http_do(&s->http, &q, &s->a, err);
	if (st != BULLA_OK)
		return st;
	if (s->a.status != 201)
		return unexpected(s, "the upload was not created", err);
	if (s->a.location[0] == '\0')
		return bulla_fail(err, BULLA_E_REFUSED,
		    "the server created an upload but does not say where");
	st = url_resolve(s->create_url, s->a.location, s->upload_url, err);
	if (st != BULLA_OK)
		return st;
	/* It may be one that got somewhere before; a new one says 0. */
	s->stage = ASK;
	if (s->a.has_offset && s->a.offset == 0) {
		acknowledged(s, 0);
		s->stage = PUSH;
	}
	return BULLA_OK;
}

static void
all_there(struct sender *s)
{
	if (s->acked == s->w->size)
		s->stage = s->c->no_receipt ? END : RECEIPT;
}

static enum bulla_status
ask(struct sender *s, struct bulla_err *err)
{
	struct http_req q = { .method = "HEAD", .url = s->upload_url };
	enum bulla_status st;

	st = http_do(&s->http, &q, &s->a, err);
	if (st != BULLA_OK)
		return st;
	if (is_gone(s)) {
		s->stage = CREATE;
		return bulla_fail(err, BULLA_E_AGAIN,
		    "the server has lost the upload");
	}
	if (s->a.status != 200 && s->a.status != 204)
		return unexpected(s, "how far the upload got", err);
	if (!s->a.has_offset || s->a.offset > s->w->size ||
	    (s->a.has_length && s->a.length != s->w->size))
		return bulla_fail(err, BULLA_E_REFUSED,
		    "the server's upload is not this package: its length "
		    "or offset does not fit");
	acknowledged(s, s->a.offset);
	s->stage = PUSH;
	all_there(s);
	return BULLA_OK;
}

/* Big pieces cost fewer round trips, small ones lose less and show more. */
static void
adapt(struct sender *s, int64_t took)
{
	if (took < PIECE_FAST && s->piece < PIECE_MAX)
		s->piece *= 2;
	else if (took > PIECE_SLOW && s->piece > PIECE_MIN)
		s->piece /= 2;
}

static enum bulla_status
push(struct sender *s, struct bulla_err *err)
{
	struct http_req q = { .method = "PATCH", .url = s->upload_url,
	    .has_offset = true, .offset = s->acked, .fd = s->w->fd };
	uint64_t left = s->w->size - s->acked;
	int64_t start = http_clock();
	enum bulla_status st;

	q.body_len = left < s->piece ? left : s->piece;
	s->stage = ASK;		/* where every failure leads */
	st = http_do(&s->http, &q, &s->a, err);
	if (st != BULLA_OK)
		return st;
	if (is_gone(s)) {
		s->stage = CREATE;
		return bulla_fail(err, BULLA_E_AGAIN,
		    "the server has lost the upload");
	}
	if (s->a.status != 204 && s->a.status != 200)
		return unexpected(s, "a piece was not stored", err);
	/* 204 does not say that all was stored: the offset does. */
	if (!s->a.has_offset || s->a.offset <= s->acked ||
	    s->a.offset > s->acked + q.body_len)
		return bulla_fail(err, BULLA_E_AGAIN,
		    "the server did not say how much it stored");
	acknowledged(s, s->a.offset);
	adapt(s, http_clock() - start);
	s->stage = PUSH;
	all_there(s);
	return BULLA_OK;
}

static enum bulla_status
receipt(struct sender *s, struct bulla_err *err)
{
	struct http_req q = { .method = "GET", .url = s->receipt_url };
	uint64_t ms = (uint64_t)POLL_FIRST_MS << (s->polls < 8 ? s->polls : 8);
	enum bulla_status st;

	st = http_do(&s->http, &q, &s->a, err);
	if (st != BULLA_OK)
		return st;
	if (s->a.status == 200) {
		bulla_buf_put(s->receipt, s->a.body.p, s->a.body.len);
		s->stage = END;
		return bulla_buf_status(s->receipt);
	}
	if (s->a.status == 202) {
		s->polls++;
		s->again.failures = 0;
		if (http_is_late(&s->http, ms))
			return bulla_fail(err, BULLA_E_AGAIN, "all was sent, "
			    "but the package has not been judged yet");
		http_pause(&s->http, ms < POLL_MAX_MS ? ms :
		    POLL_MAX_MS);
		return BULLA_OK;
	}
	if (s->a.status == 422)
		return http_says(&s->a, BULLA_E_REFUSED,
		    "refused, without a signed receipt", err);
	if (is_gone(s)) {
		/* Did it lose the upload too? To create it again asks that. */
		s->stage = CREATE;
		return bulla_fail(err, BULLA_E_AGAIN,
		    "the server knows no receipt (is this an inbox?)");
	}
	return unexpected(s, "the receipt", err);
}

static enum bulla_status
run(struct sender *s, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	while (s->stage != END) {
		switch (s->stage) {
		case CREATE:
			st = create(s, err);
			break;
		case ASK:
			st = ask(s, err);
			break;
		case PUSH:
			st = push(s, err);
			break;
		case RECEIPT:
			st = receipt(s, err);
			break;
		case END:
			break;
		}
		if (st == BULLA_E_AGAIN)
			st = http_again(&s->again, s->a.retry_after, err);
		if (st != BULLA_OK)
			return st;
	}
	return BULLA_OK;
}

/* The digest is all that is told about the package: no name, no path. */
static enum bulla_status
prepare(struct sender *s, struct bulla_err *err)
{
	struct bulla_buf meta = BULLA_BUF_INIT(sizeof(s->meta));
	char base[HTTP_URL_MAX], hex[65], tail[80];
	const char *text;
	enum bulla_status st;

	bulla_hex(hex, s->w->sha256, sizeof(s->w->sha256));
	bulla_tus_meta_put(&meta, "sha256", hex, 64);
	text = bulla_buf_cstr(&meta);
	BULLA_CHECK(text != NULL && strlen(text) < sizeof(s->meta));
	memcpy(s->meta, text, strlen(text) + 1);
	bulla_buf_free(&meta);
	st = url_base(s->c->url, base, err);
	if (st != BULLA_OK)
		return st;
	if (s->c->no_receipt) {
		memcpy(s->create_url, base, sizeof(base));
		return BULLA_OK;
	}
	(void)snprintf(tail, sizeof(tail), "receipts/%s", hex);
	st = url_join(base, tail, s->receipt_url, err);
	if (st == BULLA_OK)
		st = url_join(base, "packages", s->create_url, err);
	return st;
}

enum bulla_status
bulla_send(const struct bulla_send_config *c,
    const struct bulla_send_what *what, struct bulla_buf *receipt,
    struct bulla_err *err)
{
	struct bulla_err scratch = { 0 };
	struct sender s = { .c = c, .w = what, .receipt = receipt,
	    .a = HTTP_RESP_INIT, .piece = PIECE_FIRST, .again.c = c };
	enum bulla_status st;

	if (err == NULL)
		err = &scratch;
	s.again.http = &s.http;
	st = prepare(&s, err);
	if (st == BULLA_OK)
		st = http_open(&s.http, c, err);
	if (st != BULLA_OK)
		return st;
	st = run(&s, err);
	http_close(&s.http);
	bulla_buf_free(&s.a.body);
	return st;
}
