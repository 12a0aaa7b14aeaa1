#ifndef BULLA_NET_HTTP_H
#define BULLA_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#include "bulla/buf.h"
#include "bulla/send.h"
#include "bulla/x509.h"
#include "tally.h"

/*
 * One HTTP request after another over one verified HTTPS connection, on
 * libcurl. No retries in here: each failure is told apart and handed up.
 */
#define HTTP_URL_MAX 2048u
#define HTTP_SEND_BUFFER (512L << 10)
#define HTTP_SEND_BUFFER_MIN (16L << 10)	/* libcurl has no smaller one */
#define HTTP_BODY_MAX (BULLA_SEND_SMALL_MAX + 1u)

struct http {
	CURL *curl;
	const struct bulla_send_config *c;
	struct bulla_x509_pins pins;
	char curl_text[CURL_ERROR_SIZE];
	int64_t deadline;	/* monotonic seconds, or INT64_MAX */
	unsigned stall_secs;
	bool answered;		/* the server ever sent a response */
	bool has_cert;		/* we show a certificate */
	bool asked_cert;	/* we have none, and it asked for one */
	unsigned turned_away;	/* ... and closed without an answer */
	bool paused;		/* http_do was ended by a window of rate 0 */
};

struct http_req {
	const char *method, *url;
	bool has_offset, has_length;
	uint64_t offset, length;	/* Upload-Offset, Upload-Length */
	bool defer;			/* Upload-Defer-Length: 1 */
	const char *meta;		/* Upload-Metadata, or NULL */
	const char *checksum;		/* Upload-Checksum, or NULL */
	bool small;			/* no part of tus; the body is text */
	const char *type;		/* of that; NULL: text/plain */
	struct bulla_cur text;		/* the body, when p is not NULL */
	int fd;				/* else body_len bytes at offset */
	uint64_t body_len;		/* 0: none; of text too */
	struct tally *tally;		/* sees what is read of fd; or NULL */
};

/* What the server can do, as it says in the answer to OPTIONS. */
struct http_can {
	bool with_upload, defer_length, checksum, termination, expiration;
	bool sha256;			/* as checksum */
	bool has_max, has_free;
	uint64_t max_size, free;	/* Tus-Max-Size, Bulla-Free */
};

struct http_resp {
	unsigned status;
	bool has_offset, has_length;
	uint64_t offset, length;
	char location[HTTP_URL_MAX];	/* as sent; "" when missing */
	uint64_t retry_after;		/* seconds; 0 when missing */
	int64_t expires;		/* Upload-Expires; 0 when missing */
	struct http_can can;
	struct bulla_buf body;		/* at most HTTP_BODY_MAX bytes */
};
#define HTTP_RESP_INIT { .body = BULLA_BUF_INIT(HTTP_BODY_MAX) }

int64_t http_clock(void);	/* monotonic seconds */

/*
 * http_body.c: what libcurl reads as the body of a request. *b stays where
 * it is until the request is over.
 */
struct http_body {
	const uint8_t *text;	/* it, or NULL: */
	int fd;			/* len bytes of this file, from offset */
	uint64_t offset, len;
	uint64_t pos;		/* how far libcurl has read */
	struct tally *tally;	/* of the file, or NULL */
	enum bulla_status *st;	/* what that ran into: as http_do */
	struct bulla_err *err;
};
void http_body_set(CURL *curl, struct http_body *b);

/* http_field.c: is this the name, in upper or lower case? */
bool http_field_is(const struct bulla_cur *name, const char *want);
/* Without the white space around it and the line's end. */
void http_field_trim(struct bulla_cur *v);
/* A line of a request's header. False: out of memory. */
BULLA_NODISCARD bool http_field_add(struct curl_slist **list,
    const char *line);

/*
 * http_head.c: one header line into *a; a status line starts anew. False for
 * a field that is malformed, or twice there and ambiguous. now is the time
 * that a Retry-After with a date counts from.
 */
BULLA_NODISCARD bool http_line(struct http_resp *a,
    const struct bulla_cur *line, int64_t now);

/* http_tls.c: files, pins and the rules of the connection. */
BULLA_NODISCARD enum bulla_status http_open(struct http *h,
    const struct bulla_send_config *c, struct bulla_err *err);
void http_close(struct http *h);
/* That libcurl takes for https, and of which variable; NULL: none. */
const char *http_proxy(const char **variable);

/*
 * BULLA_OK when there is a response, whatever its status. BULLA_E_AGAIN: the
 * network failed; BULLA_E_MISMATCH: it is not the server that we want;
 * BULLA_E_REFUSED: it does not take our certificate, or sends nonsense;
 * BULLA_E_INCOMPLETE: the file is shorter than the body; BULLA_E_IO.
 */
BULLA_NODISCARD enum bulla_status http_do(struct http *h,
    const struct http_req *q, struct http_resp *a, struct bulla_err *err);

/*
 * http_again.c: attempts, pauses, the deadline. What err says has failed for
 * now: BULLA_OK after a pause (at least that of retry_after, in seconds) when
 * it is to be tried again, else BULLA_E_AGAIN.
 */
struct again {
	const struct bulla_send_config *c;
	const struct http *http;
	unsigned failures;	/* in a row */
};
BULLA_NODISCARD enum bulla_status http_again(struct again *g,
    uint64_t retry_after, struct bulla_err *err);
bool http_is_late(const struct http *h, uint64_t ms);
void http_pause(const struct http *h, uint64_t ms);	/* less when stopped */
bool http_stopped(const struct bulla_send_config *c);
void http_event(const struct bulla_send_config *c,
    const struct bulla_send_event *e);
void http_say(const struct bulla_send_config *c, const char *line);
/* Does this status pass by itself? */
bool http_passes(unsigned status);
/* What the server wrote first about its refusal: a wrapped message. */
BULLA_NODISCARD enum bulla_status http_says(const struct http_resp *a,
    enum bulla_status st, const char *what, struct bulla_err *err);

/*
 * http_rate.c: the rate in force now, 0 for none; false in a window in which
 * nothing is sent, with the seconds until it may end.
 */
bool http_rate(const struct bulla_send_config *c, uint64_t *rate,
    unsigned *secs);
/*
 * Wait such a window out. BULLA_E_AGAIN: stopped, or it ends after the
 * deadline.
 */
BULLA_NODISCARD enum bulla_status http_rate_wait(const struct http *h,
    struct bulla_err *err);

/* http_fail.c: what libcurl's code means for us. */
/*
 * Did the server ask for a certificate, which we have not, and close the
 * connection without an answer?
 */
bool http_turned_away(const struct http *h, CURLcode rc);
BULLA_NODISCARD enum bulla_status http_fail(const struct http *h,
    CURLcode rc, struct bulla_err *err);

/*
 * http_url.c. base: https, no user, query or fragment; BULLA_E_USAGE.
 * object: the same, but a query is allowed. join: base, "/" where missing,
 * tail. resolve: a Location relative to url;
 * BULLA_E_REFUSED when it leads to another host, port or to plain http.
 * out has HTTP_URL_MAX bytes.
 */
BULLA_NODISCARD enum bulla_status url_base(const char *text, char *out,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status url_object(const char *text, char *out,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status url_join(const char *base,
    const char *tail, char *out, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status url_resolve(const char *url,
    const char *location, char *out, struct bulla_err *err);

#endif
