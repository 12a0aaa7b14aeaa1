#include <stdio.h>
#include <string.h>

#include "s3_int.h"

#include "bulla/text.h"

#define SCHEME "s3://"

static bool
is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/* libcurl and proxies take "." and ".." and "//" for something else. */
bool
s3_key_ok(const struct bulla_cur *key)
{
	size_t start = 0;

	if (key->len == 0 || key->len > BULLA_S3_KEY_MAX)
		return false;
	for (size_t i = 0; i <= key->len; i++) {
		if (i < key->len && key->p[i] != '/') {
			if (!is_plain(key->p[i]))
				return false;
			continue;
		}
		if (i == start || (i - start <= 2 && key->p[start] == '.' &&
		    key->p[i - 1] == '.'))
			return false;
		start = i + 1;
	}
	return true;
}

static bool
bucket_ok(const struct bulla_cur *b)
{
	if (b->len < 3 || b->len > BULLA_S3_BUCKET_MAX)
		return false;
	for (size_t i = 0; i < b->len; i++) {
		uint8_t c = b->p[i];
		bool edge = i == 0 || i + 1 == b->len;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			continue;
		if (edge || (c != '-' && c != '.') ||
		    (c == '.' && b->p[i - 1] == '.'))
			return false;
	}
	return true;
}

bool
bulla_s3_is_url(const char *text)
{
	return strncmp(text, SCHEME, strlen(SCHEME)) == 0;
}

enum bulla_status
bulla_s3_url(const char *text, struct bulla_s3_at *out,
    struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_str(text), bucket;
	struct bulla_s3_at at = { .is_prefix = false };
	char shown[160];

	bulla_text_show_str(shown, sizeof(shown), text);
	if (!bulla_cur_eat_str(&c, SCHEME))
		return bulla_fail(err, BULLA_E_USAGE,
		    "\"%s\" is no s3://BUCKET/KEY", shown);
	if (!bulla_cur_until(&c, '/', &bucket))
		BULLA_CHECK(bulla_cur_take(&c, c.len, &bucket));
	if (!bucket_ok(&bucket))
		return bulla_fail(err, BULLA_E_USAGE, "\"%s\": the bucket's "
		    "name is 3 to 63 of a-z 0-9 . -", shown);
	at.is_prefix = c.len == 0 || c.p[c.len - 1] == '/';
	if (c.len > 1 && at.is_prefix)
		c.len--;
	if (c.len > 0 && !s3_key_ok(&c))
		return bulla_fail(err, BULLA_E_USAGE, "\"%s\": a key has "
		    "A-Z a-z 0-9 . _ - and single /, at most %u bytes", shown,
		    BULLA_S3_KEY_MAX);
	memcpy(at.bucket, bucket.p, bucket.len);
	if (c.len > 0)
		memcpy(at.key, c.p, c.len);
	*out = at;
	return BULLA_OK;
}

enum bulla_status
bulla_s3_join(const char *prefix, const char *tail,
    char out[BULLA_S3_KEY_MAX + 1], struct bulla_err *err)
{
	int n = snprintf(out, BULLA_S3_KEY_MAX + 1, "%s%s%s", prefix,
	    prefix[0] != '\0' ? "/" : "", tail);
	struct bulla_cur c = bulla_cur_str(out);

	if (n > 0 && (unsigned)n <= BULLA_S3_KEY_MAX && s3_key_ok(&c))
		return BULLA_OK;
	return bulla_fail(err, BULLA_E_USAGE,
	    "the prefix and the object's name make no key");
}

enum bulla_status
s3_base(const struct bulla_s3_conf *c, const char *bucket, char *out,
    struct bulla_err *err)
{
	const char *host = c->endpoint + strlen("https://");
	int n;

	if (c->virtual_host)
		n = snprintf(out, HTTP_URL_MAX, "https://%s.%s/", bucket,
		    host);
	else
		n = snprintf(out, HTTP_URL_MAX, "https://%s/%s/", host,
		    bucket);
	if (n > 0 && (unsigned)n < HTTP_URL_MAX)
		return BULLA_OK;
	return bulla_fail(err, BULLA_E_LIMIT, "a URL over %u bytes",
	    HTTP_URL_MAX);
}

void
s3_escape(struct bulla_buf *b, const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (is_plain((uint8_t)*p) || *p == '~')
			bulla_buf_u8(b, (uint8_t)*p);
		else
			bulla_buf_fmt(b, "%%%02X", (unsigned)(uint8_t)*p);
	}
}
