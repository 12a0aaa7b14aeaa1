#include "bulla/num.h"
#include "bulla/text.h"
#include "core/exchange_int.h"

enum bulla_status
exchange_ask(const struct bulla_peer *peer, enum bulla_tus_place place,
    uint64_t old, const struct bulla_cur *body, unsigned *status,
    struct bulla_buf *out, struct bulla_err *err)
{
	struct bulla_exchange_request q = { .route.place = place,
	    .route.old = old };

	if (body != NULL)
		q.body = *body;
	bulla_buf_reset(out);
	return peer->ask(peer->ctx, &q, status, out, err);
}

bool
exchange_none(unsigned status)
{
	return status == 404 || status == 405 || status == 501;
}

enum bulla_status
exchange_said(enum bulla_status st, const char *what, unsigned status,
    const struct bulla_buf *body, struct bulla_err *err)
{
	struct bulla_cur all = bulla_buf_view(body), line = all;
	char text[256];

	if (!bulla_cur_line(&all, &line))
		line = all;
	bulla_text_show(text, sizeof(text), &line);
	return bulla_fail(err, st, "%s: the other side answered %u%s%s", what,
	    status, text[0] != '\0' ? ": " : "", text);
}

bool
exchange_size(const struct bulla_buf *body, uint64_t *size)
{
	struct bulla_cur all = bulla_buf_view(body), line;

	return bulla_cur_line(&all, &line) && bulla_cur_done(&all) &&
	    bulla_num_u64(&line, BULLA_TREE_MAX, size);
}

enum bulla_status
bulla_exchange_tell(struct bulla_exchange *x, const struct bulla_peer *peer,
    const struct bulla_cur *note, struct bulla_err *err)
{
	struct bulla_buf out = BULLA_BUF_INIT(BULLA_ADDCP_MAX);
	enum bulla_status st;
	unsigned status = 0;

	st = exchange_ask(peer, BULLA_TUS_NOTES, 0, note, &status, &out, err);
	if (st == BULLA_OK && status != 204 && status != 200)
		st = exchange_said(exchange_none(status) ? BULLA_E_NOMATCH :
		    BULLA_E_REFUSED, "a note was not taken", status, &out,
		    err);
	if (st == BULLA_E_NOMATCH && x != NULL)
		st = exchange_absent(x, err);
	bulla_buf_free(&out);
	return st;
}
