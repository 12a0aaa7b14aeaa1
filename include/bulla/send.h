#ifndef BULLA_SEND_H
#define BULLA_SEND_H

#include <signal.h>
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

/*
 * A part of each day in which another rate holds: minutes of the local day
 * (TZ), from 0 .. 1439, to 0 .. 1440; from > to goes past midnight, unless
 * to is 0, which ends the day as 1440 does.
 */
#define BULLA_SEND_WINDOWS_MAX 16u
struct bulla_send_window {
	unsigned from, to;
	uint64_t rate;		/* bytes/s; 0: nothing is sent meanwhile */
};
struct bulla_send_windows {
	size_t n;
	struct bulla_send_window w[BULLA_SEND_WINDOWS_MAX];
};
/*
 * Add "08:00-18:00 2M". BULLA_E_USAGE: that is no window, or it overlaps one
 * that is there; BULLA_E_LIMIT: too many.
 */
BULLA_NODISCARD enum bulla_status bulla_send_windows_add(
    struct bulla_send_windows *ws, const char *text, struct bulla_err *err);
/*
 * The window in force at a minute of the day, NULL for none, and how many
 * minutes that lasts: 1 .. 1440.
 */
const struct bulla_send_window *bulla_send_windows_at(
    const struct bulla_send_windows *ws, unsigned minute, unsigned *left);

/* What happened, for programs. */
enum bulla_send_kind {
	BULLA_SEND_CONNECTED,	/* text: the address; it has answered */
	BULLA_SEND_CREATED,	/* text: the upload's URL */
	BULLA_SEND_RESUMED,	/* the same; bytes: where it goes on */
	BULLA_SEND_RETRY,	/* text: why; wait_ms; asked */
	BULLA_SEND_PAUSED,	/* by a window: wait_ms, at the most */
	BULLA_SEND_GIVEN_UP,	/* text: why; asked */
	BULLA_SEND_SENT,	/* bytes: all of them are acknowledged */
	BULLA_SEND_DELETED,	/* text: the upload's URL, which is given up */
};
struct bulla_send_event {
	enum bulla_send_kind kind;
	const char *text;	/* as the other side gave it, but one line */
	uint64_t bytes;
	int64_t expires;	/* CREATED: Upload-Expires; 0: not said */
	uint64_t wait_ms;
	uint64_t asked;		/* Retry-After in seconds; 0: none */
};

/* What happens, for people. */
struct bulla_send_watch {
	/* Bytes that the other side has acknowledged; may step back. */
	void (*progress)(void *ctx, uint64_t acknowledged);
	/* One line: a retry, a proxy in use. Text is escaped. */
	void (*say)(void *ctx, const char *line);
	void (*event)(void *ctx, const struct bulla_send_event *e);
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
	/*
	 * The pins are the counterpart's own word, of its roster: a server
	 * with one of these keys needs no authority to vouch for it, and ca
	 * is NULL. Dates, purpose and host name are checked all the same.
	 */
	bool pinned;
	bool no_proxy;		/* ignore the proxies of the environment */
	bool checksum;		/* of each piece, where the server takes it */
	uint64_t max_rate;	/* bytes/s; 0: as fast as it goes */
	struct bulla_send_windows windows;	/* ... outside of these */
	unsigned deadline_secs;	/* for all of it; 0: none */
	unsigned attempts;	/* failures in a row without progress */
	unsigned stall_secs;	/* without a byte leaving: try again */
	const volatile sig_atomic_t *stop;	/* not 0: give up;
						 * may be NULL */
	struct bulla_send_watch watch;
};

/*
 * Send the first size bytes of fd (a regular file, read by offset). sha256
 * is of these bytes: it finds an earlier upload of the same package, and its
 * receipt. With hash it is not known yet, but computed of what is sent, and
 * set on BULLA_OK: an earlier upload to an inbox is found by the file's ends
 * then (bulla/tus.h). Other servers do not know either: for them resume is the
 * URL of BULLA_SEND_CREATED, of an earlier run, or NULL. It is not trusted:
 * the upload must be on the same server and have this length.
 *
 * BULLA_OK: everything is stored there and, unless no_receipt, the note that
 * the inbox gave is in receipt; nobody has checked it yet. BULLA_E_USAGE
 * (url, pins), BULLA_E_FORMAT, _IO, _UNSAFE (files), BULLA_E_MISMATCH (the
 * server's certificate, name or pin), BULLA_E_REFUSED (the server says no,
 * for good: err quotes it), BULLA_E_AGAIN (attempts or deadline used up, or
 * stopped), BULLA_E_INCOMPLETE (fd is shorter), BULLA_E_NOMEM. What was
 * begun and can never be finished is deleted there, as far as possible.
 */
struct bulla_send_what {
	int fd;
	uint64_t size;
	uint8_t sha256[32];
	bool hash;
	const char *resume;
};
BULLA_NODISCARD enum bulla_status bulla_send(
    const struct bulla_send_config *c, struct bulla_send_what *what,
    struct bulla_buf *receipt, struct bulla_err *err);

/*
 * The same for what comes through a pipe and is kept nowhere but in memory,
 * twice BULLA_SEND_STREAM_PIECE, until it is acknowledged. Cut lines are
 * resumed; when the process ends the upload is lost, and deleted.
 *
 * see, unless NULL, is given all bytes in their order, and at the end n = 0;
 * what it returns other than BULLA_OK ends the sending before the last piece
 * has gone. It runs in another thread. size and sha256 are set on BULLA_OK.
 * Besides: BULLA_E_UNSUPPORTED (a server that wants to know the length
 * first), BULLA_E_INCOMPLETE (nothing came), BULLA_E_AGAIN also when bytes
 * were lost that the server had acknowledged.
 */
#define BULLA_SEND_STREAM_PIECE (UINT32_C(8) << 20)	/* bytes */
struct bulla_send_stream {
	int fd;
	enum bulla_status (*see)(void *ctx, const void *p, size_t n,
	    struct bulla_err *err);
	void *ctx;
	uint64_t size;
	uint8_t sha256[32];
};
BULLA_NODISCARD enum bulla_status bulla_send_stream(
    const struct bulla_send_config *c, struct bulla_send_stream *s,
    struct bulla_buf *receipt, struct bulla_err *err);

/*
 * Send nothing, but find out what would come of it: the server's certificate
 * and pin, whether it takes ours, whether it wants this package and has room.
 * BULLA_E_REFUSED: over its limit, or it takes no uploads of ours;
 * BULLA_E_AGAIN: no room now; otherwise as bulla_send. *out is set on BULLA_OK
 * and, as far as it is known, on these two.
 */
struct bulla_send_probe {
	bool known;		/* it has it: nothing would be sent */
	bool judging;		/* it has it, but no receipt yet */
	bool answered_no;	/* it was not taken; that may be tried again */
	bool has_max, has_free;
	uint64_t max_size, free;	/* bytes */
	/* Extensions of tus 1.0.0 that we use. */
	bool with_upload, defer_length, checksum, termination, expiration;
};
BULLA_NODISCARD enum bulla_status bulla_send_probe(
    const struct bulla_send_config *c, uint64_t size,
    const uint8_t sha256[32], struct bulla_send_probe *out,
    struct bulla_err *err);

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
	/* Below the base URL, without a first "/"; NULL: the URL itself. */
	const char *path;
	bool post;		/* else GET */
	struct bulla_cur body;	/* of a POST */
	const char *type;	/* of the body; NULL: text/plain */
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
