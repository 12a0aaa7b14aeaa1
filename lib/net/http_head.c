#include <string.h>

#include "http.h"

#include "bulla/num.h"
#include "bulla/tus.h"

#define DATE_MAX 48u	/* characters of a date */
#define WAIT_MAX (UINT64_C(1) << 30)	/* seconds of a Retry-After */

static bool
take_size(const struct bulla_cur *v, bool *has, uint64_t *out)
{
	if (*has || bulla_tus_size(v, out, NULL) != BULLA_OK)
		return false;	/* twice, or no number */
	*has = true;
	return true;
}

/* Seconds, or a date in one of the three forms of RFC 9110, 5.6.7. */
static uint64_t
wait_of(const struct bulla_cur *v, int64_t now)
{
	char text[DATE_MAX + 1];
	uint64_t secs;
	int64_t t;

	if (bulla_num_u64(v, UINT64_MAX, &secs))
		return secs < WAIT_MAX ? secs : WAIT_MAX;
	/* All of them begin with the day of the week. */
	if (v->len == 0 || v->len > DATE_MAX ||
	    memchr("MTWFS", v->p[0], 5) == NULL)
		return 0;
	memcpy(text, v->p, v->len);
	text[v->len] = '\0';
	t = curl_getdate(text, NULL);
	if (t <= now)	/* -1 too: our own back-off will do then */
		return 0;
	return t - now < (int64_t)WAIT_MAX ? (uint64_t)(t - now) : WAIT_MAX;
}

static void
take_extensions(struct http_can *can, struct bulla_cur list)
{
	struct bulla_cur word;

	for (bool more = true; more;) {
		more = bulla_cur_until(&list, ',', &word);
		if (!more)
			word = list;
		http_field_trim(&word);
		if (http_field_is(&word, "creation-with-upload"))
			can->with_upload = true;
		else if (http_field_is(&word, "creation-defer-length"))
			can->defer_length = true;
		else if (http_field_is(&word, "checksum"))
			can->checksum = true;
		else if (http_field_is(&word, "termination"))
			can->termination = true;
		else if (http_field_is(&word, "expiration"))
			can->expiration = true;
		else if (http_field_is(&word, BULLA_TUS_ALGORITHM))
			can->sha256 = true;
	}
}

static bool
take_location(struct http_resp *a, const struct bulla_cur *v)
{
	if (v->len == 0 || v->len >= sizeof(a->location) ||
	    a->location[0] != '\0')
		return false;
	memcpy(a->location, v->p, v->len);
	a->location[v->len] = '\0';
	return true;
}

static bool
take_field(struct http_resp *a, const struct bulla_cur *name,
    const struct bulla_cur *v, int64_t now)
{
	if (http_field_is(name, "upload-offset"))
		return take_size(v, &a->has_offset, &a->offset);
	if (http_field_is(name, "upload-length"))
		return take_size(v, &a->has_length, &a->length);
	if (http_field_is(name, "tus-max-size"))
		return take_size(v, &a->can.has_max, &a->can.max_size);
	if (http_field_is(name, "bulla-free"))
		return take_size(v, &a->can.has_free, &a->can.free);
	if (http_field_is(name, "location"))
		return take_location(a, v);
	if (http_field_is(name, "retry-after"))
		a->retry_after = wait_of(v, now);
	else if (http_field_is(name, "upload-expires"))
		(void)!bulla_tus_date_parse(v, &a->expires);
	else if (http_field_is(name, "tus-extension") ||
	    http_field_is(name, "tus-checksum-algorithm"))
		take_extensions(&a->can, *v);
	return true;
}

bool
http_line(struct http_resp *a, const struct bulla_cur *line, int64_t now)
{
	struct bulla_cur v = *line, name;
	struct bulla_buf body;

	if (bulla_cur_starts(line, "HTTP/")) {
		/* After a "100 Continue" the real answer begins anew. */
		body = a->body;
		*a = (struct http_resp){ .body = body };
		return true;
	}
	if (!bulla_cur_until(&v, ':', &name))
		return true;
	http_field_trim(&v);
	return memchr(v.p, '\0', v.len) == NULL &&
	    take_field(a, &name, &v, now);
}
