#include <stdio.h>
#include <string.h>

#include "http.h"

#include "bulla/enc.h"
#include "bulla/send.h"

struct probe {
	struct http http;
	struct http_resp a;
	struct again again;
	char base[HTTP_URL_MAX];
	char hex[65];
};

/* method on base/place[/digest], until there is an answer. */
static enum bulla_status
ask(struct probe *p, const char *method, const char *place, bool digest,
    struct bulla_err *err)
{
	char url[HTTP_URL_MAX], tail[96];
	struct http_req q = { .method = method, .url = url };
	enum bulla_status st;

	(void)snprintf(tail, sizeof(tail), "%s%s%s", place,
	    digest ? "/" : "", digest ? p->hex : "");
	if (place[0] == '\0')
		memcpy(url, p->base, sizeof(url));
	st = place[0] == '\0' ? BULLA_OK : url_join(p->base, tail, url, err);
	while (st == BULLA_OK) {
		st = http_do(&p->http, &q, &p->a, err);
		if (st == BULLA_OK && http_passes(p->a.status) &&
		    p->a.status != 501 && !digest)
			st = http_says(&p->a, BULLA_E_AGAIN, tail, err);
		if (st == BULLA_OK)
			break;
		if (st == BULLA_E_AGAIN)
			st = http_again(&p->again, p->a.retry_after, err);
	}
	return st;
}

static enum bulla_status
judge_options(const struct probe *p, struct bulla_send_probe *out,
    struct bulla_err *err)
{
	const struct http_can *can = &p->a.can;
	unsigned code = p->a.status;

	if (code == 401 || code == 403)
		return http_says(&p->a, BULLA_E_REFUSED,
		    "it takes nothing from us", err);
	if (code != 200 && code != 204)
		return http_says(&p->a, BULLA_E_REFUSED,
		    "this is no place for uploads", err);
	*out = (struct bulla_send_probe){ .has_max = can->has_max,
	    .max_size = can->max_size, .has_free = can->has_free,
	    .free = can->free, .with_upload = can->with_upload,
	    .defer_length = can->defer_length,
	    .checksum = can->checksum && can->sha256,
	    .termination = can->termination, .expiration = can->expiration };
	return BULLA_OK;
}

/* What became of it, if it was there before. */
static enum bulla_status
ask_known(struct probe *p, struct bulla_send_probe *out,
    struct bulla_err *err)
{
	enum bulla_status st = ask(p, "HEAD", "packages", true, err);

	if (st != BULLA_OK)
		return st;
	out->known = p->a.status == 200 || p->a.status == 204;
	if (out->known)
		return BULLA_OK;
	st = ask(p, "GET", "receipts", true, err);
	if (st != BULLA_OK)
		return st;
	out->answered_no = p->a.status == 200 || p->a.status == 422;
	out->judging = p->a.status == 202 || p->a.status == 503;
	return BULLA_OK;
}

static enum bulla_status
has_room(const struct bulla_send_probe *o, uint64_t size,
    struct bulla_err *err)
{
	if (o->known || o->judging)
		return BULLA_OK;
	if (o->has_max && size > o->max_size)
		return bulla_fail(err, BULLA_E_REFUSED, "the package has %llu "
		    "bytes, and the server takes %llu",
		    (unsigned long long)size,
		    (unsigned long long)o->max_size);
	if (o->has_free && size > o->free)
		return bulla_fail(err, BULLA_E_AGAIN, "the package has %llu "
		    "bytes, and the server has room for %llu now",
		    (unsigned long long)size, (unsigned long long)o->free);
	return BULLA_OK;
}

enum bulla_status
bulla_send_probe(const struct bulla_send_config *c, uint64_t size,
    const uint8_t sha256[32], struct bulla_send_probe *out,
    struct bulla_err *err)
{
	struct probe p = { .a = HTTP_RESP_INIT, .again = { .c = c } };
	struct bulla_err scratch = { 0 };
	enum bulla_status st;

	if (err == NULL)
		err = &scratch;
	p.again.http = &p.http;
	bulla_hex(p.hex, sha256, 32);
	st = url_base(c->url, p.base, err);
	if (st == BULLA_OK)
		st = http_open(&p.http, c, err);
	if (st != BULLA_OK)
		return st;
	st = ask(&p, "OPTIONS", c->no_receipt ? "" : "packages", false, err);
	if (st == BULLA_OK)
		st = judge_options(&p, out, err);
	if (st == BULLA_OK && !c->no_receipt)
		st = ask_known(&p, out, err);
	if (st == BULLA_OK)
		st = has_room(out, size, err);
	http_close(&p.http);
	bulla_buf_free(&p.a.body);
	return st;
}
