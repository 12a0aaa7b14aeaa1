#include <stdlib.h>
#include <string.h>

#include "send_int.h"

#include "bulla/hash.h"
#include "bulla/io.h"
#include "bulla/tus.h"

#define PIECE_MIN (UINT64_C(1) << 20)
#define PIECE_MAX (UINT64_C(256) << 20)
#define PIECE_FAST 2	/* seconds: a piece that was quicker grows */
#define PIECE_LEAP 8	/* times, when it took no second */
#define PIECE_SLOW 20	/* one that was slower shrinks */
#define PIECE_SECS 10	/* what a limited rate should take for one */
#define PACED_MIN (UINT64_C(64) << 10)	/* with a limited rate */
#define SUMMED_MAX (UINT64_C(8) << 20)	/* with a checksum */
#define CHUNK (256u << 10)

/* Big pieces cost fewer round trips, small ones lose less and show more. */
static void
adapt(struct sender *s, int64_t took)
{
	if (took < PIECE_FAST)
		s->piece *= took == 0 ? PIECE_LEAP : 2;
	else if (took > PIECE_SLOW && s->piece > PIECE_MIN)
		s->piece /= 2;
	if (s->piece > PIECE_MAX)
		s->piece = PIECE_MAX;
}

static uint64_t
piece_max(const struct sender *s)
{
	uint64_t max = s->piece, rate;
	unsigned secs;

	/* It is read twice and should be in the cache then. */
	if (s->c->checksum && max > SUMMED_MAX)
		max = SUMMED_MAX;
	if (http_rate(s->c, &rate, &secs) && rate > 0 &&
	    rate < max / PIECE_SECS)
		max = rate * PIECE_SECS > PACED_MIN ? rate * PIECE_SECS :
		    PACED_MIN;
	return max;
}

enum bulla_status
send_body(struct sender *s, uint64_t at, uint64_t max, struct http_req *q,
    struct bulla_err *err)
{
	enum bulla_status st;
	struct bulla_cur c;
	bool last;

	if (s->flow == NULL) {
		q->fd = s->fd;
		q->body_len = s->size - at < max ? s->size - at : max;
		q->tally = s->hashing ? &s->tally : NULL;
		/* What an earlier run has sent, this one has not seen. */
		return s->hashing ? tally_read(&s->tally, s->fd, at, err) :
		    BULLA_OK;
	}
	st = flow_get(s->flow, &s->http, at, &c, &last, err);
	if (st != BULLA_OK) {
		s->lost = true;
		return st == BULLA_E_LIMIT ? BULLA_E_AGAIN : st;
	}
	if (last && !s->has_size) {
		s->has_size = true;
		s->size = at + c.len;
		flow_digest(s->flow, s->sha256);
	}
	q->text = c;
	q->body_len = c.len < max ? c.len : max;
	return BULLA_OK;
}

static enum bulla_status
sum_file(const struct http_req *q, struct bulla_sha256 *h,
    struct bulla_err *err)
{
	uint8_t *buf = malloc(CHUNK);
	enum bulla_status st = BULLA_OK;
	uint64_t pos = 0;
	size_t n;

	if (buf == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	while (st == BULLA_OK && pos < q->body_len) {
		n = q->body_len - pos < CHUNK ? (size_t)(q->body_len - pos) :
		    CHUNK;
		st = bulla_pread_fd(q->fd, buf, n, q->offset + pos, &n,
		    "the package", err);
		if (st == BULLA_OK && n == 0)
			st = bulla_fail(err, BULLA_E_INCOMPLETE,
			    "the package got shorter while it was sent");
		bulla_sha256_update(h, buf, st == BULLA_OK ? n : 0);
		pos += n;
	}
	free(buf);
	return st;
}

/* Text for Upload-Checksum into b, which has to outlive the request. */
static enum bulla_status
put_sum(struct http_req *q, struct bulla_buf *b, struct bulla_err *err)
{
	struct bulla_sha256 *h = NULL;
	uint8_t digest[BULLA_SHA256_LEN];
	enum bulla_status st = bulla_sha256_new(&h, err);

	if (st == BULLA_OK && q->text.p == NULL)
		st = sum_file(q, h, err);
	else if (st == BULLA_OK)
		bulla_sha256_update(h, q->text.p, (size_t)q->body_len);
	if (st == BULLA_OK) {
		bulla_sha256_final(h, digest);
		bulla_tus_checksum_put(b, digest);
		q->checksum = bulla_buf_cstr(b);
		if (q->checksum == NULL)
			st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	}
	bulla_sha256_free(h);
	return st;
}

/* The answer to a piece: how far the upload is. */
static enum bulla_status
take_in(struct sender *s, const struct http_req *q, struct bulla_err *err)
{
	if (send_is_gone(s)) {
		s->stage = CREATE;
		return bulla_fail(err, BULLA_E_AGAIN,
		    "the server has lost the upload");
	}
	if (s->a.status == BULLA_TUS_MISMATCH)
		return bulla_fail(err, BULLA_E_AGAIN, "a piece was changed on "
		    "its way: its checksum does not fit");
	if (s->a.status != 204 && s->a.status != 200)
		return send_unexpected(s, "a piece was not stored", err);
	/* 204 does not say that all was stored: the offset does. */
	if (!s->a.has_offset || s->a.offset > s->acked + q->body_len ||
	    (s->a.offset <= s->acked && q->body_len > 0))
		return bulla_fail(err, BULLA_E_AGAIN,
		    "the server did not say how much it stored");
	s->declared = s->declared || q->has_length;
	s->stage = PUSH;
	send_acknowledged(s, s->a.offset);
	return BULLA_OK;
}

enum bulla_status
send_push(struct sender *s, struct bulla_err *err)
{
	struct http_req q = { .method = "PATCH", .url = s->upload_url,
	    .has_offset = true, .offset = s->acked };
	struct bulla_buf sum = BULLA_BUF_INIT(128);
	int64_t start = http_clock();
	enum bulla_status st;

	st = send_body(s, s->acked, piece_max(s), &q, err);
	if (st != BULLA_OK)
		return st;
	/* The end of a stream is declared with its last piece. */
	q.has_length = s->has_size && !s->declared &&
	    s->acked + q.body_len == s->size;
	q.length = s->size;
	if (s->can.checksum && s->c->checksum && q.body_len > 0)
		st = put_sum(&q, &sum, err);
	s->stage = ASK;		/* where every failure leads */
	if (st == BULLA_OK) {
		if (s->acked + q.body_len > s->sent)
			s->sent = s->acked + q.body_len;
		st = http_do(&s->http, &q, &s->a, err);
	}
	bulla_buf_free(&sum);
	if (st == BULLA_OK)
		st = take_in(s, &q, err);
	if (st == BULLA_OK && q.body_len >= s->piece)
		adapt(s, http_clock() - start);
	return st;
}
