#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "s3_int.h"

#include "bulla/hash.h"
#include "bulla/num.h"

/*
 * An upload in parts: begin it or find the one of a process that died, send
 * what is missing, complete it, and look what came of it. An answer that got
 * lost on the way is made up for by looking.
 */
#define BEGINS_MAX 3u		/* uploads that the store may lose */
#define PART_STEP (UINT64_C(1) << 20)
#define COMPLETE_MAX (2u << 20)	/* bytes of the list of parts */

struct multi {
	struct bulla_s3 *s;
	const struct bulla_s3_put *p;
	struct bulla_s3_stored *out;
	struct s3_state state;
	struct s3_resp a;
	char query[3 * S3_ID_MAX + 64];	/* uploadId=... */
	bool *listed;			/* n_parts: the store has it */
	bool lost;			/* by the store: begin again */
	bool beaten;			/* something is there: ours is not */
};

static enum bulla_status
set_query(struct multi *m, const char *before, uint64_t marker,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(sizeof(m->query) - 1);
	const char *text;

	if (before != NULL)
		bulla_buf_fmt(&b, "%s%llu&", before,
		    (unsigned long long)marker);
	bulla_buf_str(&b, "uploadId=");
	s3_escape(&b, m->state.id);
	text = bulla_buf_cstr(&b);
	if (text != NULL)
		memcpy(m->query, text, strlen(text) + 1);
	bulla_buf_free(&b);
	return text != NULL ? BULLA_OK : bulla_fail(err, BULLA_E_LIMIT,
	    "the store's UploadId is too long");
}

/* Ten thousand parts must do. */
static uint64_t
choose_part_size(const struct multi *m)
{
	uint64_t least = m->state.size / BULLA_S3_PARTS_MAX + 1;
	uint64_t size = m->s->conf.part_size;

	if (least <= size)
		return size;
	return (least + PART_STEP - 1) / PART_STEP * PART_STEP;
}

static enum bulla_status
begin(struct multi *m, struct bulla_err *err)
{
	struct s3_req q = S3_REQ("POST", m->p->key);
	uint64_t part_size = choose_part_size(m);
	char id[S3_ID_MAX + 1];
	struct bulla_cur body;
	enum bulla_status st;

	if (part_size > BULLA_S3_PART_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "the package is larger "
		    "than any object in S3 can be");
	s3_no_body(&q);
	q.query = "uploads=";
	q.meta = m->p->what.sha256;
	st = s3_ask(m->s->main, &q, &m->a, err);
	if (st != BULLA_OK)
		return st;
	if (m->a.status != 200)
		return s3_refused(&m->a, "the upload cannot begin", err);
	body = bulla_buf_view(&m->a.body);
	if (!s3_parse_upload_id(&body, id))
		return bulla_fail(err, BULLA_E_REFUSED,
		    "the store begins an upload but does not say which");
	return s3_state_begin(&m->state, id, part_size, err);
}

static enum bulla_status
found(void *ctx, const struct s3_part *p, struct bulla_err *err)
{
	struct multi *m = ctx;
	const struct s3_state *s = &m->state;
	uint64_t at;

	(void)err;
	if (p->number > s->n_parts)
		return BULLA_OK;
	at = (p->number - 1) * s->part_size;
	m->listed[p->number - 1] = strcmp(p->etag, s->etag[p->number - 1]) ==
	    0 && p->size == (s->size - at < s->part_size ? s->size - at :
	    s->part_size);
	return BULLA_OK;
}

static enum bulla_status
list_page(struct multi *m, struct s3_page *page, uint64_t marker,
    struct bulla_err *err)
{
	struct s3_req q = S3_REQ("GET", m->p->key);
	struct bulla_cur body;
	enum bulla_status st;

	st = set_query(m, "part-number-marker=", marker, err);
	s3_no_body(&q);
	q.query = m->query;
	if (st == BULLA_OK)
		st = s3_ask(m->s->main, &q, &m->a, err);
	if (st == BULLA_OK && s3_gone(&m->a))
		return BULLA_E_NOMATCH;
	if (st == BULLA_OK && m->a.status != 200)
		st = s3_refused(&m->a, "the parts that are there", err);
	body = bulla_buf_view(&m->a.body);
	if (st == BULLA_OK)
		st = s3_parse_page(&body, page, err);
	return st == BULLA_E_FORMAT ? BULLA_E_REFUSED : st;
}

/* Only parts that both we and the store know of in the same way count. */
static enum bulla_status
resume(struct multi *m, struct bulla_err *err)
{
	struct s3_page page = { .part = found, .ctx = m };
	struct s3_state *s = &m->state;
	enum bulla_status st = BULLA_OK;
	struct bulla_cur next;
	uint64_t marker = 0, before;

	m->listed = calloc(s->n_parts, sizeof(bool));
	if (m->listed == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	do {
		before = marker;
		st = list_page(m, &page, marker, err);
		next = bulla_cur_str(page.next);
	} while (st == BULLA_OK && page.more && bulla_num_u64(&next,
	    BULLA_S3_PARTS_MAX, &marker) && marker > before);
	for (uint32_t i = 0; i < s->n_parts && st == BULLA_OK; i++) {
		if (!m->listed[i])
			s->etag[i][0] = '\0';
		else
			m->out->had += i + 1 < s->n_parts ? s->part_size :
			    s->size - (uint64_t)i * s->part_size;
	}
	free(m->listed);
	m->listed = NULL;
	return st;
}

static enum bulla_status
body_of(const struct s3_state *s, struct bulla_buf *b, struct bulla_err *err)
{
	bulla_buf_str(b, "<CompleteMultipartUpload xmlns=\"http://s3."
	    "amazonaws.com/doc/2006-03-01/\">");
	for (uint32_t i = 0; i < s->n_parts; i++)
		bulla_buf_fmt(b, "<Part><PartNumber>%u</PartNumber><ETag>"
		    "&quot;%s&quot;</ETag></Part>", i + 1, s->etag[i]);
	bulla_buf_str(b, "</CompleteMultipartUpload>");
	return bulla_buf_status(b) == BULLA_OK ? BULLA_OK : bulla_fail(err,
	    BULLA_E_NOMEM, "out of memory");
}

static enum bulla_status
ask_complete(struct multi *m, struct s3_req *q, struct bulla_err *err)
{
	struct bulla_s3 *s = m->s;
	enum bulla_status st;

	q->create = !s->no_condition;
	st = s3_ask(s->main, q, &m->a, err);
	if (st != BULLA_OK || m->a.status != 501 || !q->create)
		return st;
	s3_tell_unconditional(s);
	q->create = false;
	return s3_ask(s->main, q, &m->a, err);
}

/*
 * BULLA_E_NOMATCH: something is there or the upload is gone: look. An answer
 * that got lost looks the same.
 */
static enum bulla_status
complete(struct multi *m, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(COMPLETE_MAX);
	struct s3_req q = S3_REQ("POST", m->p->key);
	enum bulla_status st = body_of(&m->state, &b, err);
	struct bulla_cur body;

	if (st == BULLA_OK)
		st = set_query(m, NULL, 0, err);
	q.query = m->query;
	q.text = bulla_buf_view(&b);
	q.len = b.len;
	bulla_sha256(b.p, b.len, q.sha256);
	if (st == BULLA_OK)
		st = ask_complete(m, &q, err);
	bulla_buf_free(&b);
	if (st != BULLA_OK)
		return st;
	/* Honoured here only by some of those that honour it in a PUT. */
	m->out->how = BULLA_S3_LOOKED;
	body = bulla_buf_view(&m->a.body);
	if (m->a.status == 200 && s3_parse_completed(&body))
		return BULLA_OK;
	m->beaten = m->a.status == 412;
	if (m->beaten)
		return BULLA_E_NOMATCH;
	if (s3_gone(&m->a) || s3_code_is(&m->a, "InvalidPart"))
		return BULLA_E_NOMATCH;
	return s3_refused(&m->a, "the upload was not completed", err);
}

/* What came of it. */
static enum bulla_status
look(struct multi *m, struct bulla_err *err)
{
	enum bulla_status st = s3_look(m->s->main, m->p->key, &m->a, err);

	if (st != BULLA_OK)
		return st;
	m->lost = m->a.status == 404;
	if (m->lost)
		return bulla_fail(err, BULLA_E_AGAIN,
		    "the store has lost the upload");
	return s3_same(&m->a, &m->p->what, err);
}

/* Parts of what nobody will complete cost money: not if it can be helped. */
static void
give_up(struct multi *m)
{
	struct s3_req q = S3_REQ("DELETE", m->p->key);

	if (m->state.id[0] == '\0' || set_query(m, NULL, 0, NULL) != BULLA_OK)
		return;
	s3_no_body(&q);
	q.query = m->query;
	/* A rule of the bucket has to do it when we cannot. */
	(void)!s3_do(m->s->main, &q, &m->a, NULL);
}

static enum bulla_status
once(struct multi *m, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	m->out->had = 0;
	if (m->state.id[0] != '\0')
		st = resume(m, err);
	if (st == BULLA_E_NOMATCH)
		m->state.id[0] = '\0';
	if (m->state.id[0] == '\0')
		st = begin(m, err);
	if (st == BULLA_OK)
		st = s3_send_parts(m->s, m->p, &m->state, err);
	if (st == BULLA_OK)
		st = complete(m, err);
	if (st == BULLA_OK || st == BULLA_E_NOMATCH)
		st = look(m, err);
	return st;
}

enum bulla_status
s3_put_parts(struct bulla_s3 *s, const struct bulla_s3_put *p,
    struct bulla_s3_stored *out, struct bulla_err *err)
{
	struct multi m = { .s = s, .p = p, .out = out, .a = S3_RESP_INIT };
	enum bulla_status st = BULLA_OK;
	char url[HTTP_URL_MAX];

	if (snprintf(url, sizeof(url), "%s%s", s->base, p->key) >=
	    (int)sizeof(url))
		return bulla_fail(err, BULLA_E_LIMIT, "a URL over %u bytes",
		    HTTP_URL_MAX);
	m.state = (struct s3_state){ .fd = -1, .url = url,
	    .size = p->what.size };
	memcpy(m.state.sha256, p->what.sha256, sizeof(m.state.sha256));
	st = s3_state_open(&m.state, p->state_dir, err);
	for (unsigned i = 0; st == BULLA_OK && i < BEGINS_MAX; i++) {
		st = once(&m, err);
		if (!m.lost || i + 1 == BEGINS_MAX)
			break;
		m.lost = false;
		m.state.id[0] = '\0';
		st = BULLA_OK;
	}
	if (m.beaten || st == BULLA_E_NOMATCH)
		give_up(&m);
	out->was_there = m.beaten;
	/* Anything else may still lead there, after an operator's help too. */
	s3_state_close(&m.state, st == BULLA_OK || st == BULLA_E_NOMATCH);
	bulla_buf_free(&m.a.body);
	return st;
}
