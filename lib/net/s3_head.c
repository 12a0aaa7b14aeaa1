#include <string.h>

#include "s3_int.h"

#include "bulla/enc.h"
#include "bulla/num.h"
#include "bulla/text.h"

/*
 * The header fields of an answer, what its status means, and asking again.
 */
static bool
take_length(struct s3_resp *a, const struct bulla_cur *v)
{
	if (a->has_length || !bulla_num_u64(v, INT64_MAX, &a->length))
		return false;
	a->has_length = true;
	return true;
}

/* A weak one, or one that we could not send back, names no version. */
static bool
take_etag(struct s3_resp *a, const struct bulla_cur *v)
{
	struct bulla_cur c = *v;

	if (a->etag[0] != '\0')
		return false;
	if (bulla_cur_eat_str(&c, "\"")) {
		if (c.len == 0 || c.p[c.len - 1] != '"')
			return false;
		c.len--;
	}
	if (!s3_etag_ok(&c))
		return true;
	memcpy(a->etag, c.p, c.len);
	a->etag[c.len] = '\0';
	return true;
}

/* bytes FIRST-LAST/TOTAL */
static bool
take_range(struct s3_resp *a, const struct bulla_cur *v)
{
	struct bulla_cur c = *v, first, last;

	if (a->has_range || !bulla_cur_eat_str(&c, "bytes "))
		return false;
	if (bulla_cur_starts(&c, "*"))
		return true;	/* of a 416 */
	a->has_range = bulla_cur_until(&c, '-', &first) &&
	    bulla_cur_until(&c, '/', &last) &&
	    bulla_num_u64(&first, INT64_MAX, &a->first) &&
	    bulla_num_u64(&last, INT64_MAX, &a->last) &&
	    bulla_num_u64(&c, INT64_MAX, &a->total) &&
	    a->first <= a->last && a->last < a->total;
	return a->has_range;
}

static bool
take_field(struct s3_resp *a, const struct bulla_cur *name,
    const struct bulla_cur *v)
{
	if (http_field_is(name, "content-length"))
		return take_length(a, v);
	if (http_field_is(name, "etag"))
		return take_etag(a, v);
	if (http_field_is(name, "content-range"))
		return take_range(a, v);
	if (http_field_is(name, "x-amz-meta-sha256")) {
		/* Somebody else's, if it is none. */
		a->has_sha256 = !a->has_sha256 &&
		    bulla_hex_decode(v, a->sha256, sizeof(a->sha256));
	} else if (http_field_is(name, "retry-after")) {
		if (!bulla_num_u64(v, 1u << 30, &a->retry_after))
			a->retry_after = 0;
	}
	return true;
}

enum bulla_status
s3_take_header(struct s3_resp *a, const struct bulla_cur *line,
    struct bulla_err *err)
{
	struct bulla_cur v = *line, name;

	if (bulla_cur_starts(&v, "HTTP/")) {
		/* After a "100 Continue" the real answer begins anew. */
		a->has_length = a->has_range = a->has_sha256 = false;
		a->etag[0] = '\0';
		a->retry_after = 0;
		return BULLA_OK;
	}
	if (!bulla_cur_until(&v, ':', &name))
		return BULLA_OK;
	http_field_trim(&v);
	return take_field(a, &name, &v) ? BULLA_OK : bulla_fail(err,
	    BULLA_E_REFUSED, "the store's answer has a malformed header "
	    "field");
}

bool
s3_code_is(const struct s3_resp *a, const char *code)
{
	return strcmp(a->code, code) == 0;
}

bool
s3_gone(const struct s3_resp *a)
{
	return a->status == 404 && !s3_code_is(a, "NoSuchBucket");
}

static enum bulla_status
says(const struct s3_resp *a, enum bulla_status st, const char *what,
    struct bulla_err *err)
{
	return bulla_fail(err, st, "%s: the store answered %u%s%s%s%s", what,
	    a->status, a->code[0] != '\0' ? " " : "", a->code,
	    a->message[0] != '\0' ? ": " : "", a->message);
}

/* 501 never passes; some codes do that have another status. */
static bool
passes(const struct s3_resp *a)
{
	static const char *const codes[] = { "RequestTimeout",
	    "OperationAborted", "ConditionalRequestConflict", "SlowDown",
	    "InternalError", "ServiceUnavailable" };

	if (a->status == 501)
		return false;
	if (http_passes(a->status))
		return true;
	/* Also in an answer that began with 200. */
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (s3_code_is(a, codes[i]))
			return true;
	return false;
}

enum bulla_status
s3_ask(struct s3_conn *k, const struct s3_req *q, struct s3_resp *a,
    struct bulla_err *err)
{
	enum bulla_status st;

	k->again.failures = 0;
	for (;;) {
		st = http_rate_wait(&k->http, err);
		if (st != BULLA_OK)
			return st;
		st = s3_do(k, q, a, err);
		if (st == BULLA_OK && !passes(a))
			return BULLA_OK;
		if (st == BULLA_E_AGAIN && k->http.paused)
			continue;
		if (st == BULLA_OK)
			st = says(a, BULLA_E_AGAIN, "not now", err);
		if (st != BULLA_E_AGAIN ||
		    (k->stop != NULL && atomic_load(k->stop)))
			return st;
		st = http_again(&k->again, a->retry_after, err);
		if (st != BULLA_OK)
			return st;
	}
}

enum bulla_status
s3_refused(const struct s3_resp *a, const char *what, struct bulla_err *err)
{
	if (s3_code_is(a, "NoSuchBucket"))
		return says(a, BULLA_E_REFUSED, "the bucket is not there "
		    "(or no longer)", err);
	if (s3_code_is(a, "RequestTimeTooSkewed"))
		return says(a, BULLA_E_REFUSED, "our clock and the store's "
		    "differ too much", err);
	if (s3_code_is(a, "SignatureDoesNotMatch") ||
	    s3_code_is(a, "InvalidAccessKeyId"))
		return says(a, BULLA_E_REFUSED, "access, secret or region in "
		    "s3.conf are not right", err);
	if (a->status >= 300 && a->status < 400)
		return says(a, BULLA_E_REFUSED, "redirects are not followed: "
		    "give the bucket's own endpoint and region", err);
	return says(a, BULLA_E_REFUSED, what, err);
}
