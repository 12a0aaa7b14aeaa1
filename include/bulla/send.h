#ifndef BULLA_SEND_H
#define BULLA_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"

/*
 * The sending side: one package to an inbox (or any tus 1.0.0 server) over
 * HTTPS, resumed as often as it takes. TLS verification cannot be turned
 * off; plain http is not spoken; redirects are not followed.
 */
#define BULLA_SEND_PINS_MAX 8u
#define BULLA_SEND_RECEIPT_MAX 65536u	/* bytes */

/* What happens, for people. */
struct bulla_send_watch {
	/* Bytes that the other side has acknowledged; may step back. */
	void (*progress)(void *ctx, uint64_t acknowledged);
	/* One line: a retry, a proxy in use. Text is escaped. */
	void (*say)(void *ctx, const char *line);
	void *ctx;
};

struct bulla_send_config {
	/*
	 * The inbox's base URL: "packages" and "receipts" are appended to
	 * its path. With no_receipt: the creation URL itself, of any server.
	 */
	const char *url;
	bool no_receipt;
	const char *cert, *key;	/* PEM files, both or neither; key is secret */
	const char *ca;		/* PEM file, or NULL: the system's */
	/* "sha256//" and base64 of an SPKI digest; any one of them must fit. */
	const char *pins[BULLA_SEND_PINS_MAX];
	size_t n_pins;
	bool no_proxy;		/* ignore the proxies of the environment */
	uint64_t max_rate;	/* bytes/s; 0: as fast as it goes */
	unsigned deadline_secs;	/* for all of it; 0: none */
	unsigned attempts;	/* failures in a row without progress */
	unsigned stall_secs;	/* without a byte leaving: try again */
	struct bulla_send_watch watch;
};

/*
 * Send the first size bytes of fd (a regular file, read by offset). sha256
 * is of these bytes: it finds an earlier upload of the same package, and its
 * receipt.
 *
 * BULLA_OK: everything is stored there and, unless no_receipt, the note that
 * the inbox gave is in receipt; nobody has checked it yet. BULLA_E_USAGE
 * (url, pins), BULLA_E_FORMAT, _IO, _UNSAFE (files), BULLA_E_MISMATCH (the
 * server's certificate, name or pin), BULLA_E_REFUSED (the server says no,
 * for good: err quotes it), BULLA_E_AGAIN (attempts or deadline used up),
 * BULLA_E_INCOMPLETE (fd is shorter), BULLA_E_NOMEM.
 */
struct bulla_send_what {
	int fd;
	uint64_t size;
	uint8_t sha256[32];
};
BULLA_NODISCARD enum bulla_status bulla_send(
    const struct bulla_send_config *c, const struct bulla_send_what *what,
    struct bulla_buf *receipt, struct bulla_err *err);

/*
 * Requests with small bodies to the same inbox, one after another over one
 * connection. Each may be sent more than once: what it does must bear that.
 */
#define BULLA_SEND_SMALL_MAX (128u * 1024u)	/* bytes of an answer */

struct bulla_line;
/* As bulla_send; the deadline begins here. c must outlive it. */
BULLA_NODISCARD enum bulla_status bulla_line_open(
    const struct bulla_send_config *c, struct bulla_line **out,
    struct bulla_err *err);
void bulla_line_free(struct bulla_line *l);	/* NULL is allowed */

struct bulla_line_request {
	const char *path;	/* below the base URL, without a first "/" */
	bool post;		/* else GET */
	struct bulla_cur body;	/* of a POST */
};
/*
 * BULLA_OK: the server has answered with *status, its body is in out (whose
 * limit is at least BULLA_SEND_SMALL_MAX). Server errors (5xx) and those
 * that pass (408, 423, 425, 429) are tried again like failures of the
 * network, until BULLA_E_AGAIN. Otherwise as bulla_send.
 */
BULLA_NODISCARD enum bulla_status bulla_line_ask(struct bulla_line *l,
    const struct bulla_line_request *q, unsigned *status,
    struct bulla_buf *out, struct bulla_err *err);

/* Once in a process, before any thread: curl_global_init. */
BULLA_NODISCARD enum bulla_status bulla_send_init(struct bulla_err *err);

#endif
