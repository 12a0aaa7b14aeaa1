#include <stdlib.h>
#include <string.h>

#include "s3_int.h"

#include "bulla/num.h"

/* Where libcurl connects to, by its rules. */
#define PORT_DNS 53u
#define PORT_HTTPS 443u
#define PORT_PROXY 1080u	/* that libcurl takes when none is given */

static bool
is_https(CURLU *u)
{
	char *scheme = NULL;
	bool is = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    strcmp(scheme, "https") == 0;

	curl_free(scheme);
	return is;
}

/* False: libcurl will not take it either. */
static bool
port_of(const char *url, uint16_t *out)
{
	CURLU *u = curl_url();
	char *text = NULL;
	bool ok = u != NULL && curl_url_set(u, CURLUPART_URL, url,
	    CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME) == CURLUE_OK;
	uint64_t n = PORT_PROXY;

	if (ok && curl_url_get(u, CURLUPART_PORT, &text, 0) == CURLUE_OK) {
		struct bulla_cur c = bulla_cur_str(text);

		ok = bulla_num_u64(&c, UINT16_MAX, &n);
	} else if (ok && is_https(u)) {
		n = PORT_HTTPS;
	}
	if (ok)
		*out = (uint16_t)n;
	curl_free(text);
	curl_url_cleanup(u);
	return ok;
}

enum bulla_status
bulla_s3_ports(const struct bulla_s3_conf *conf,
    const struct bulla_send_config *line, uint16_t out[BULLA_S3_PORTS_MAX],
    size_t *n, struct bulla_err *err)
{
	const char *name, *proxy = line->no_proxy ? NULL : http_proxy(&name);

	if (!port_of(conf->endpoint, &out[0]))
		return bulla_fail(err, BULLA_E_USAGE,
		    "the store's endpoint is no URL");
	out[1] = PORT_DNS;
	*n = 2;
	if (proxy != NULL && port_of(proxy, &out[*n]))
		++*n;
	return BULLA_OK;
}
