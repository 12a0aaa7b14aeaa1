#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http.h"

#include "bulla/text.h"

static bool
has_part(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(u, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

static bool
part_is(CURLU *u, CURLUPart part, const char *want)
{
	char *text = NULL;
	bool is = curl_url_get(u, part, &text, CURLU_DEFAULT_PORT) ==
	    CURLUE_OK && strcasecmp(text, want) == 0;

	curl_free(text);
	return is;
}

static bool
same_part(CURLU *a, CURLU *b, CURLUPart part)
{
	char *text = NULL;
	bool same = curl_url_get(a, part, &text, CURLU_DEFAULT_PORT) ==
	    CURLUE_OK && part_is(b, part, text);

	curl_free(text);
	return same;
}

static enum bulla_status
text_of(CURLU *u, char *out, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	char *text = NULL;

	if (curl_url_get(u, CURLUPART_URL, &text, 0) != CURLUE_OK)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	else if (strlen(text) >= HTTP_URL_MAX)
		st = bulla_fail(err, BULLA_E_LIMIT, "a URL over %u bytes",
		    HTTP_URL_MAX);
	else
		memcpy(out, text, strlen(text) + 1);
	curl_free(text);
	return st;
}

static enum bulla_status
check(const char *text, bool query, char *out, struct bulla_err *err)
{
	CURLU *u = curl_url();
	enum bulla_status st;
	char shown[160];

	bulla_text_show_str(shown, sizeof(shown), text);
	if (u == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	if (curl_url_set(u, CURLUPART_URL, text, 0) != CURLUE_OK)
		st = bulla_fail(err, BULLA_E_USAGE,
		    "\"%s\" is no URL: give https://HOST/", shown);
	else if (!part_is(u, CURLUPART_SCHEME, "https"))
		st = bulla_fail(err, BULLA_E_USAGE,
		    "\"%s\": only https is spoken, never without TLS", shown);
	else if (has_part(u, CURLUPART_USER) ||
	    has_part(u, CURLUPART_PASSWORD) ||
	    (!query && has_part(u, CURLUPART_QUERY)) ||
	    has_part(u, CURLUPART_FRAGMENT))
		st = bulla_fail(err, BULLA_E_USAGE, "the URL must have no "
		    "user, password%s or fragment", query ? "" : ", query");
	else
		st = text_of(u, out, err);
	curl_url_cleanup(u);
	return st;
}

enum bulla_status
url_base(const char *text, char *out, struct bulla_err *err)
{
	return check(text, false, out, err);
}

enum bulla_status
url_object(const char *text, char *out, struct bulla_err *err)
{
	return check(text, true, out, err);
}

enum bulla_status
url_join(const char *base, const char *tail, char *out, struct bulla_err *err)
{
	size_t n = strlen(base);
	int len;

	len = snprintf(out, HTTP_URL_MAX, "%s%s%s", base,
	    n > 0 && base[n - 1] == '/' ? "" : "/", tail);
	if (len < 0 || (unsigned)len >= HTTP_URL_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "a URL over %u bytes",
		    HTTP_URL_MAX);
	return BULLA_OK;
}

static bool
leads_home(CURLU *from, CURLU *to)
{
	return part_is(to, CURLUPART_SCHEME, "https") &&
	    same_part(from, to, CURLUPART_HOST) &&
	    same_part(from, to, CURLUPART_PORT) &&
	    !has_part(to, CURLUPART_USER) && !has_part(to, CURLUPART_PASSWORD);
}

/*
 * A server behind a proxy may name itself by http://, and a hostile one may
 * name somebody else: our certificate and our bytes go to neither.
 */
enum bulla_status
url_resolve(const char *url, const char *location, char *out,
    struct bulla_err *err)
{
	CURLU *from = curl_url(), *to = NULL;
	enum bulla_status st;
	char shown[160];

	bulla_text_show_str(shown, sizeof(shown), location);
	if (from != NULL && curl_url_set(from, CURLUPART_URL, url, 0) ==
	    CURLUE_OK)
		to = curl_url_dup(from);
	if (to == NULL)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	else if (curl_url_set(to, CURLUPART_URL, location, 0) != CURLUE_OK)
		st = bulla_fail(err, BULLA_E_REFUSED,
		    "the server's Location \"%s\" is no URL", shown);
	else if (!leads_home(from, to))
		st = bulla_fail(err, BULLA_E_REFUSED, "the server's Location "
		    "\"%s\" leads away from https and its own host", shown);
	else
		st = text_of(to, out, err);
	curl_url_cleanup(from);
	curl_url_cleanup(to);
	return st;
}
