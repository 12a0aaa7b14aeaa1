#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http.h"

#include "bulla/enc.h"
#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/keyfile.h"
#include "bulla/text.h"

#define PEM_MAX (1u << 20)
#define PINS_TEXT_MAX (BULLA_SEND_PINS_MAX * 64u)
#define CONNECT_SECS 30L

enum bulla_status
bulla_send_init(struct bulla_err *err)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		return BULLA_OK;
	return bulla_fail(err, BULLA_E_UNSUPPORTED,
	    "libcurl could not be started");
}

/* curl reads nothing by path: what we checked is what it gets. */
static CURLcode
blob(CURL *curl, CURLoption opt, const struct bulla_buf *b)
{
	struct curl_blob c = { .data = b->p, .len = b->len,
	    .flags = CURL_BLOB_COPY };

	return curl_easy_setopt(curl, opt, &c);
}

static enum bulla_status
set_file(CURL *curl, CURLoption opt, const char *path, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(PEM_MAX);
	enum bulla_status st = bulla_file_get(path, &b, err);

	if (st == BULLA_OK && blob(curl, opt, &b) != CURLE_OK)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	bulla_buf_free(&b);
	return st;
}

static enum bulla_status
set_key(CURL *curl, const char *path, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_KEYFILE_MAX);
	struct bulla_reader_fd in;
	enum bulla_status st;
	size_t size;
	int fd = -1;

	st = bulla_keyfile_open(path, &fd, &size, err);
	if (st != BULLA_OK)
		return st;
	bulla_reader_fd_init(&in, fd, "TLS key");
	st = bulla_read_all(&in.r, &b, err);
	(void)close(fd);
	if (st == BULLA_OK && blob(curl, CURLOPT_SSLKEY_BLOB, &b) != CURLE_OK)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	bulla_buf_free(&b);
	return st;
}

/*
 * "sha256//<base64>", or the 64 hex digits that an inbox shows. Anything
 * else would be taken by libcurl for the name of a file.
 */
static bool
put_pin(struct bulla_buf *b, const char *text, struct bulla_x509_pins *pins)
{
	struct bulla_cur c = bulla_cur_str(text);
	uint8_t *digest = pins->spki[pins->n];
	size_t n;

	if (!bulla_hex_decode(&c, digest, BULLA_X509_SPKI_LEN) &&
	    (!bulla_cur_eat_str(&c, "sha256//") || !bulla_b64_decode(&c,
	    BULLA_B64_PADDED, digest, BULLA_X509_SPKI_LEN, &n) ||
	    n != BULLA_X509_SPKI_LEN))
		return false;
	pins->n++;
	bulla_buf_str(b, b->len > 0 ? ";sha256//" : "sha256//");
	bulla_b64_put(b, digest, BULLA_X509_SPKI_LEN, BULLA_B64_PADDED);
	return true;
}

static CURLcode
trust_pins(CURL *curl, void *ssl_ctx, void *pins)
{
	(void)curl;
	bulla_x509_pin(ssl_ctx, pins);
	return CURLE_OK;
}

/*
 * Only OpenSSL's context is known to us: on another library the chain has to
 * lead to an authority as ever.
 */
static void
set_trust(struct http *h)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	if (v->ssl_version == NULL || strncmp(v->ssl_version, "OpenSSL/",
	    strlen("OpenSSL/")) != 0)
		return;
	curl_easy_setopt(h->curl, CURLOPT_SSL_CTX_FUNCTION, trust_pins);
	curl_easy_setopt(h->curl, CURLOPT_SSL_CTX_DATA, &h->pins);
}

_Static_assert(BULLA_SEND_PINS_MAX <= BULLA_X509_PINS_MAX, "pins");

static enum bulla_status
set_pins(struct http *h, const struct bulla_send_config *c,
    struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(PINS_TEXT_MAX);
	enum bulla_status st = BULLA_OK;
	const char *text;
	char shown[96];

	for (size_t i = 0; i < c->n_pins && st == BULLA_OK; i++)
		if (!put_pin(&b, c->pins[i], &h->pins))
			st = bulla_fail(err, BULLA_E_USAGE, "\"%s\" is no pin: "
			    "give sha256//BASE64 or 64 hex digits",
			    bulla_text_show_str(shown, sizeof(shown),
			    c->pins[i]));
	if (st == BULLA_OK && c->n_pins > 0) {
		text = bulla_buf_cstr(&b);
		if (text == NULL || curl_easy_setopt(h->curl,
		    CURLOPT_PINNEDPUBLICKEY, text) != CURLE_OK)
			st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	}
	if (st == BULLA_OK && c->pinned && c->n_pins > 0 && c->ca == NULL)
		set_trust(h);
	bulla_buf_free(&b);
	return st;
}

static enum bulla_status
set_files(struct http *h, const struct bulla_send_config *c,
    struct bulla_err *err)
{
	CURL *curl = h->curl;
	enum bulla_status st = BULLA_OK;

	if ((c->cert != NULL) != (c->key != NULL))
		return bulla_fail(err, BULLA_E_USAGE,
		    "a certificate and its key belong together");
	if (c->cert != NULL)
		st = set_file(curl, CURLOPT_SSLCERT_BLOB, c->cert, err);
	if (st == BULLA_OK && c->key != NULL)
		st = set_key(curl, c->key, err);
	if (st == BULLA_OK && c->ca != NULL)
		st = set_file(curl, CURLOPT_CAINFO_BLOB, c->ca, err);
	if (st == BULLA_OK)
		st = set_pins(h, c, err);
	return st;
}

const char *
http_proxy(const char **variable)
{
	static const char *const names[] = { "https_proxy", "HTTPS_PROXY",
	    "all_proxy", "ALL_PROXY" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *v = getenv(names[i]);

		if (v == NULL || v[0] == '\0')
			continue;
		*variable = names[i];
		return v;
	}
	return NULL;
}

/* A proxy sees where we talk to and when: that has to be noticed. */
static void
tell_proxy(const struct bulla_send_config *c)
{
	const char *name;
	char line[96];

	if (http_proxy(&name) == NULL)
		return;
	(void)snprintf(line, sizeof(line),
	    "the proxy of $%s is used (--no-proxy ignores it)", name);
	http_say(c, line);
}

static void
set_rules(struct http *h, const struct bulla_send_config *c)
{
	CURL *e = h->curl;

	/* The return value says only that the option is known. */
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, h->curl_text);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	/* What a proxy says, in the clear, is no word of the server's. */
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_1_1);
	/* An inbox speaks nothing older; other servers may. */
	curl_easy_setopt(e, CURLOPT_SSLVERSION, c->no_receipt ?
	    (long)CURL_SSLVERSION_TLSv1_2 : (long)CURL_SSLVERSION_TLSv1_3);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, CONNECT_SECS);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, HTTP_SEND_BUFFER);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "bulla/" BULLA_VERSION);
	if (c->max_rate > 0)
		curl_easy_setopt(e, CURLOPT_MAX_SEND_SPEED_LARGE,
		    (curl_off_t)c->max_rate);
	if (c->no_proxy)
		curl_easy_setopt(e, CURLOPT_PROXY, "");
	else
		tell_proxy(c);
}

enum bulla_status
http_open(struct http *h, const struct bulla_send_config *c,
    struct bulla_err *err)
{
	enum bulla_status st;

	*h = (struct http){ .curl = curl_easy_init(), .c = c,
	    .stall_secs = c->stall_secs, .deadline = INT64_MAX,
	    .has_cert = c->cert != NULL };
	if (h->curl == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	if (c->deadline_secs > 0)
		h->deadline = http_clock() + c->deadline_secs;
	set_rules(h, c);
	st = set_files(h, c, err);
	if (st != BULLA_OK)
		http_close(h);
	return st;
}

void
http_close(struct http *h)
{
	curl_easy_cleanup(h->curl);
	h->curl = NULL;
}
