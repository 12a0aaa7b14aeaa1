#include <string.h>

#include "ends.h"
#include "send_int.h"

#include "bulla/enc.h"
#include "bulla/send.h"
#include "bulla/tus.h"

#define SMALL (UINT64_C(256) << 10)

static enum bulla_status
step(struct sender *s, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	if (s->stage == CREATE || s->stage == PUSH)
		st = http_rate_wait(&s->http, err);
	if (st != BULLA_OK) {
		s->lost = true;
		return st;
	}
	switch (s->stage) {
	case LEARN:
		return send_learn(s, err);
	case CREATE:
		return send_create(s, err);
	case ASK:
		return send_ask(s, err);
	case PUSH:
		return send_push(s, err);
	case RECEIPT:
		return send_receipt(s, err);
	case END:
		break;
	}
	return BULLA_OK;
}

static enum bulla_status
run(struct sender *s, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	while (s->stage != END && st == BULLA_OK) {
		st = step(s, err);
		if (st == BULLA_E_AGAIN && s->http.paused)
			st = BULLA_OK;	/* no failure: step waits */
		else if (st == BULLA_E_AGAIN && !s->lost)
			st = http_again(&s->again, s->a.retry_after, err);
	}
	return st;
}

/*
 * Can anybody still finish what was begun? A stream is gone with us; a file
 * can be sent again, unless the server, or the file itself, is against it.
 */
static bool
is_dead(const struct sender *s, enum bulla_status st)
{
	if (s->upload_url[0] == '\0' || s->remembered ||
	    (s->has_size && s->declared && s->best == s->size))
		return false;
	return st == BULLA_E_REFUSED || st == BULLA_E_INCOMPLETE ||
	    (s->flow != NULL && st != BULLA_E_MISMATCH);
}

/* A digest is all that is told about the package: no name, no path. */
void
send_name(struct sender *s)
{
	struct bulla_buf meta = BULLA_BUF_INIT(sizeof(s->meta));
	const char *text;
	char hex[65];

	bulla_hex(hex, s->hashing ? s->ends : s->sha256, sizeof(s->sha256));
	bulla_tus_meta_put(&meta, s->hashing ? BULLA_TUS_ENDS : "sha256", hex,
	    64);
	text = bulla_buf_cstr(&meta);
	BULLA_CHECK(text != NULL && strlen(text) < sizeof(s->meta));
	memcpy(s->meta, text, strlen(text) + 1);
	bulla_buf_free(&meta);
}

static enum bulla_status
prepare(struct sender *s, struct bulla_err *err)
{
	const struct bulla_send_config *c = s->c;
	enum bulla_status st = url_base(c->url, s->base, err);

	s->again = (struct again){ .c = c, .http = &s->http };
	s->piece = SEND_PIECE_FIRST;
	if (st == BULLA_OK && c->no_receipt)
		memcpy(s->create_url, s->base, sizeof(s->base));
	else if (st == BULLA_OK)
		st = url_join(s->base, "packages", s->create_url, err);
	if (st == BULLA_OK)
		st = http_open(&s->http, c, err);
	return st;
}

/* All is known about the package but, for a stream, its end. */
static enum bulla_status
deliver(struct sender *s, struct bulla_err *err)
{
	enum bulla_status st;

	if (s->has_size)
		send_name(s);
	s->stage = s->remembered ? ASK : CREATE;
	if (s->c->checksum || !s->has_size || s->size <= SMALL)
		s->stage = LEARN;
	st = run(s, err);
	if (st != BULLA_OK && is_dead(s, st))
		send_delete(s);
	return st;
}

static void
finish(struct sender *s)
{
	if (s->http.curl != NULL)
		http_close(&s->http);
	bulla_buf_free(&s->a.body);
	flow_free(s->flow);
	tally_free(&s->tally);
}

enum bulla_status
bulla_send(const struct bulla_send_config *c, struct bulla_send_what *what,
    struct bulla_buf *receipt, struct bulla_err *err)
{
	struct bulla_err scratch = { 0 };
	struct sender s = { .c = c, .receipt = receipt, .a = HTTP_RESP_INIT,
	    .fd = what->fd, .has_size = true, .size = what->size,
	    .declared = true, .hashing = what->hash };
	enum bulla_status st;

	if (err == NULL)
		err = &scratch;
	memcpy(s.sha256, what->sha256, sizeof(s.sha256));
	st = prepare(&s, err);
	/*
	 * A file of ours can be old, or somebody else's: no more than a hint.
	 */
	s.remembered = st == BULLA_OK && what->resume != NULL &&
	    url_resolve(s.create_url, what->resume, s.upload_url, NULL) ==
	    BULLA_OK;
	if (st == BULLA_OK && s.hashing)
		st = tally_new(&s.tally, err);
	if (st == BULLA_OK && s.hashing)
		st = ends_of(s.fd, s.size, s.ends, err);
	if (st == BULLA_OK)
		st = deliver(&s, err);
	/* With no receipt to ask for nobody has wanted it yet. */
	if (st == BULLA_OK)
		st = send_sum_up(&s, err);
	if (st == BULLA_OK)
		memcpy(what->sha256, s.sha256, sizeof(s.sha256));
	finish(&s);
	return st;
}

enum bulla_status
bulla_send_stream(const struct bulla_send_config *c,
    struct bulla_send_stream *stream, struct bulla_buf *receipt,
    struct bulla_err *err)
{
	struct bulla_err scratch = { 0 };
	struct sender s = { .c = c, .receipt = receipt, .a = HTTP_RESP_INIT };
	struct http_req q = { 0 };
	enum bulla_status st;

	if (err == NULL)
		err = &scratch;
	st = prepare(&s, err);
	if (st == BULLA_OK)
		st = flow_new(stream, &s.flow, err);
	/* What ends within the first block is known before it is sent. */
	if (st == BULLA_OK)
		st = send_body(&s, 0, UINT64_MAX, &q, err);
	if (st == BULLA_OK && s.has_size && s.size == 0)
		st = bulla_fail(err, BULLA_E_INCOMPLETE, "nothing came");
	if (st == BULLA_OK)
		st = deliver(&s, err);
	if (st == BULLA_OK) {
		stream->size = s.size;
		memcpy(stream->sha256, s.sha256, sizeof(s.sha256));
	}
	finish(&s);
	return st;
}
