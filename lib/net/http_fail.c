#include <string.h>

#include "http.h"

#include "bulla/text.h"

static bool
says(const struct http *h, const char *what)
{
	return strstr(h->curl_text, what) != NULL;
}

/*
 * In TLS 1.3 the client has finished before the server has looked at its
 * certificate: a refusal arrives late, as an alert or as a closed
 * connection.
 */
static bool
refuses_us(const struct http *h)
{
	return says(h, "alert") && (says(h, "certificate") ||
	    says(h, "unknown ca") || says(h, "access denied"));
}

static const char *
words(const struct http *h, CURLcode rc, char *out, size_t cap)
{
	return bulla_text_show_str(out, cap, h->curl_text[0] != '\0' ?
	    h->curl_text : curl_easy_strerror(rc));
}

static bool
is_silent(const struct http *h, CURLcode rc)
{
	return !h->answered && (rc == CURLE_GOT_NOTHING ||
	    rc == CURLE_SEND_ERROR || rc == CURLE_RECV_ERROR);
}

bool
http_turned_away(const struct http *h, CURLcode rc)
{
	return !h->has_cert && h->asked_cert && is_silent(h, rc);
}

/* A connection that was made and then closed without a word. */
static const char *
guess(const struct http *h, CURLcode rc)
{
	if (!is_silent(h, rc))
		return "";
	return h->has_cert ? " (was our certificate refused?)" :
	    " (does the server want a certificate? Give one with --cert and "
	    "--key)";
}

static enum bulla_status
lost(const struct http *h, CURLcode rc, struct bulla_err *err)
{
	char text[256];

	(void)words(h, rc, text, sizeof(text));
	if (!h->has_cert && (refuses_us(h) || h->turned_away > 1))
		return bulla_fail(err, BULLA_E_REFUSED, "the server wants a "
		    "certificate of ours: give one with --cert and --key "
		    "(%s)", text);
	if (refuses_us(h))
		return bulla_fail(err, BULLA_E_REFUSED,
		    "the server refused our certificate: %s", text);
	return bulla_fail(err, BULLA_E_AGAIN, "%s%s", text, guess(h, rc));
}

/* Somebody who has just begun with this meets these. */
static const char *
whom_to_trust(const struct http *h, CURLcode rc)
{
	if (rc == CURLE_SSL_PINNEDPUBKEYNOTMATCH ||
	    (h->pins.n > 0 && says(h, "not trusted")))
		return " (its key is none of those that --pin or their "
		    "roster names: ask them for the one that is good now)";
	if (says(h, "subject name"))
		return " (is that the host that they told you?)";
	if (!says(h, "issuer") && !says(h, "self-signed") &&
	    !says(h, "self signed") && !says(h, "first certificate"))
		return "";
	if (h->c->ca != NULL)
		return " (no certificate in the CA file given vouches for "
		    "it)";
	return " (no public authority vouches for it: give who does, or its "
	    "own certificate, with --cacert FILE; or --home DIR where their "
	    "roster lists its key)";
}

enum bulla_status
http_fail(const struct http *h, CURLcode rc, struct bulla_err *err)
{
	char text[256];

	(void)words(h, rc, text, sizeof(text));
	/* The rest is the network's: a list of all that libcurl has would
	 * rot, and attempts and deadline bound what we got wrong. */
	if (rc == CURLE_PEER_FAILED_VERIFICATION ||
	    rc == CURLE_SSL_PINNEDPUBKEYNOTMATCH ||
	    rc == CURLE_SSL_ISSUER_ERROR)
		return bulla_fail(err, BULLA_E_MISMATCH,
		    "this is not the server that we trust: %s%s", text,
		    whom_to_trust(h, rc));
	if (rc == CURLE_SSL_CERTPROBLEM || rc == CURLE_SSL_CACERT_BADFILE)
		return bulla_fail(err, BULLA_E_FORMAT,
		    "our certificate, key or CA file cannot be used: %s",
		    text);
	if (rc == CURLE_URL_MALFORMAT || rc == CURLE_UNSUPPORTED_PROTOCOL)
		return bulla_fail(err, BULLA_E_USAGE, "%s", text);
	if (rc == CURLE_OUT_OF_MEMORY)
		return bulla_fail(err, BULLA_E_NOMEM, "%s", text);
	return lost(h, rc, err);
}
