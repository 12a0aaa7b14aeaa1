#include <string.h>
#include <strings.h>

#include "fetch_int.h"

#include "bulla/field.h"
#include "bulla/num.h"
#include "bulla/text.h"

#define SIZE_LIMIT ((uint64_t)INT64_MAX)	/* what an off_t can hold */

/* A field that may be there once. */
static bool
take_text(const struct bulla_cur *v, char *out, size_t cap)
{
	if (out[0] != '\0' || v->len == 0 || v->len >= cap)
		return false;
	memcpy(out, v->p, v->len);
	out[v->len] = '\0';
	return true;
}

/*
 * RFC 9110, 8.8.3: entity-tag. Only a strong one says that two answers have
 * the same bytes. One that cannot be kept as a line of text is not used.
 */
static bool
take_tag(struct head *h, const struct bulla_cur *v)
{
	bool strong = v->len >= 2 && v->len < TAG_MAX && v->p[0] == '"' &&
	    v->p[v->len - 1] == '"' && bulla_field_value_ok(v);

	if (h->weak || h->etag[0] != '\0')
		return false;
	for (size_t i = 1; strong && i + 1 < v->len; i++)
		strong = v->p[i] > ' ' && v->p[i] != '"' && v->p[i] < 0x7f;
	h->weak = !strong;
	return !strong || take_text(v, h->etag, sizeof(h->etag));
}

/* "bytes 0-9/100"; a star stands for the total, or for the span in a 416. */
static bool
take_range(struct head *h, struct bulla_cur v)
{
	struct bulla_cur first, last;
	bool span = false;

	if (h->has_range || h->has_total)
		return false;
	if (!bulla_cur_eat_str(&v, "bytes "))
		return true;	/* another unit: as if it were not there */
	if (!bulla_cur_eat_str(&v, "*/")) {
		span = bulla_cur_until(&v, '-', &first) &&
		    bulla_cur_until(&v, '/', &last) &&
		    bulla_num_u64(&first, SIZE_LIMIT, &h->first) &&
		    bulla_num_u64(&last, SIZE_LIMIT - 1, &h->last) &&
		    h->first <= h->last;
		if (!span)
			return false;
	}
	if (!span || !bulla_cur_is(&v, "*")) {
		if (!bulla_num_u64(&v, SIZE_LIMIT, &h->total) ||
		    (span && h->last >= h->total))
			return false;
		h->has_total = true;
	}
	h->has_range = span;
	return true;
}

static bool
take_field(struct head *h, const struct bulla_cur *name,
    const struct bulla_cur *v)
{
	if (http_field_is(name, "content-length")) {
		/* Twice, whatever they say: one of them may be for others. */
		if (h->has_length || !bulla_num_u64(v, SIZE_LIMIT, &h->length))
			return false;
		h->has_length = true;
	} else if (http_field_is(name, "content-range")) {
		return take_range(h, *v);
	} else if (http_field_is(name, "etag")) {
		return take_tag(h, v);
	} else if (http_field_is(name, "last-modified")) {
		return take_text(v, h->modified, sizeof(h->modified));
	} else if (http_field_is(name, "date")) {
		return take_text(v, h->date, sizeof(h->date));
	} else if (http_field_is(name, "location")) {
		return take_text(v, h->location, sizeof(h->location));
	} else if (http_field_is(name, "content-encoding")) {
		h->encoded = h->encoded || !http_field_is(v, "identity");
	} else if (http_field_is(name, "transfer-encoding")) {
		if (h->chunked || !http_field_is(v, "chunked"))
			return false;
		h->chunked = true;
	} else if (http_field_is(name, "content-type")) {
		h->many = v->len >= 20 &&
		    strncasecmp((const char *)v->p, "multipart/byteranges",
		    20) == 0;
	}
	return true;
}

/* "HTTP/1.1 206 ..."; libcurl has looked at it already. */
static void
begin(struct head *h, struct bulla_cur line)
{
	struct bulla_cur version, code;
	uint64_t v = 0;

	*h = (struct head){ .bytes = h->bytes };
	if (bulla_cur_until(&line, ' ', &version) &&
	    bulla_cur_take(&line, 3, &code) && bulla_num_u64(&code, 999, &v))
		h->status = (unsigned)v;
}

enum bulla_status
head_line(struct head *h, const struct bulla_cur *line, struct bulla_err *err)
{
	struct bulla_cur rest = *line, name;
	char shown[48];

	h->bytes += line->len;
	if (h->bytes > HEAD_MAX)
		return bulla_fail(err, BULLA_E_REFUSED,
		    "the header of the server's answer is over %u bytes",
		    HEAD_MAX);
	if (bulla_cur_starts(line, "HTTP/")) {
		begin(h, rest);
		return BULLA_OK;
	}
	if (!bulla_cur_until(&rest, ':', &name))
		return BULLA_OK;
	http_field_trim(&rest);
	if (memchr(rest.p, '\0', rest.len) == NULL &&
	    take_field(h, &name, &rest))
		return BULLA_OK;
	return bulla_fail(err, BULLA_E_REFUSED, "the server's answer has a "
	    "malformed or doubled field \"%s\"",
	    bulla_text_show(shown, sizeof(shown), &name));
}

const char *
object_version(const struct object *o)
{
	return o->etag[0] != '\0' ? o->etag : o->modified;
}

/*
 * RFC 9110, 8.8.2.2: a date of whole seconds is a strong validator when it
 * was past already as the answer was made; else the object may have changed
 * twice within it.
 */
static bool
date_is_strong(const struct head *h)
{
	struct bulla_cur m = bulla_cur_str(h->modified);
	time_t modified, date;

	if (!bulla_field_value_ok(&m))
		return false;
	modified = curl_getdate(h->modified, NULL);
	date = curl_getdate(h->date, NULL);
	return modified != -1 && date != -1 && date > modified;
}

void
head_object(const struct head *h, struct object *o)
{
	o->etag[0] = o->modified[0] = '\0';
	if (h->etag[0] != '\0')
		memcpy(o->etag, h->etag, sizeof(o->etag));
	else if (date_is_strong(h))
		memcpy(o->modified, h->modified, sizeof(o->modified));
	o->has_size = h->status == 200 && h->has_length && !h->chunked;
	o->size = o->has_size ? h->length : 0;
}

/* Does the answer say outright that it is of another version? */
static bool
is_other(const struct head *h, const struct object *o)
{
	if (o->etag[0] != '\0')
		return h->weak || (h->etag[0] != '\0' &&
		    strcmp(h->etag, o->etag) != 0);
	return h->modified[0] != '\0' && strcmp(h->modified, o->modified) != 0;
}

static enum bulla_status
judge_all(const struct head *h, const struct asked *q, struct judgement *j,
    struct bulla_err *err)
{
	if (h->chunked && h->has_length)
		return bulla_fail(err, BULLA_E_REFUSED,
		    "the server's answer has both chunks and a length");
	if (!h->chunked && !h->has_length)
		return bulla_fail(err, BULLA_E_REFUSED, "the server's answer "
		    "has neither a length nor chunks: its end cannot be told "
		    "from a cut line");
	j->verdict = V_ALL;
	j->has_size = h->has_length;
	j->size = h->length;
	j->end = h->has_length ? h->length : UINT64_MAX;
	if (q->range)
		j->why = is_other(h, q->object) ?
		    "the object has changed on the server" :
		    "the server sends no ranges of it";
	return BULLA_OK;
}

static bool
rest_fits(const struct head *h, const struct asked *q)
{
	return h->has_range && !h->many && h->first == q->at &&
	    !(h->chunked && h->has_length) &&
	    (h->chunked || h->has_length) &&
	    (!h->has_length || h->length - 1 == h->last - h->first) &&
	    (!q->object->has_size || (h->last < q->object->size &&
	    (!h->has_total || h->total == q->object->size)));
}

static enum bulla_status
judge_rest(const struct head *h, const struct asked *q, struct judgement *j,
    struct bulla_err *err)
{
	if (!q->range)
		return bulla_fail(err, BULLA_E_REFUSED,
		    "the server sent a part where all was asked for");
	if (is_other(h, q->object))
		return bulla_fail(err, BULLA_E_AGAIN,
		    "the object has changed on the server, it is fetched "
		    "anew");
	if (!rest_fits(h, q))
		return bulla_fail(err, BULLA_E_AGAIN, "the server sent "
		    "another range than the one asked for, it is fetched "
		    "anew");
	j->verdict = V_REST;
	j->has_size = q->object->has_size || h->has_total;
	j->size = h->has_total ? h->total : q->object->size;
	j->end = h->last + 1;
	return BULLA_OK;
}

/*
 * 416: the part is all there is, or more than there is. When the size was
 * known, there was no need to ask: then this is another object.
 */
static enum bulla_status
judge_none(const struct head *h, const struct asked *q, struct judgement *j,
    struct bulla_err *err)
{
	if (!h->has_total || h->has_range || h->total != q->at ||
	    q->object->has_size || is_other(h, q->object))
		return bulla_fail(err, BULLA_E_AGAIN, "the server has not the "
		    "range asked for, it is fetched anew");
	j->verdict = V_WHOLE;
	j->has_size = true;
	j->size = h->total;
	return BULLA_OK;
}

enum bulla_status
head_judge(const struct head *h, const struct asked *q, struct judgement *out,
    struct bulla_err *err)
{
	struct judgement j = { .verdict = V_TEXT, .end = UINT64_MAX };
	enum bulla_status st = BULLA_OK;

	if (h->encoded && (h->status == 200 || h->status == 206))
		st = bulla_fail(err, BULLA_E_REFUSED, "the server encodes the "
		    "object (Content-Encoding), which was not asked for");
	else if (h->status == 200)
		st = judge_all(h, q, &j, err);
	else if (h->status == 206)
		st = judge_rest(h, q, &j, err);
	else if (h->status == 416 && q->range)
		st = judge_none(h, q, &j, err);
	if (st == BULLA_OK)
		*out = j;
	return st;
}
