#ifndef BULLA_INBOX_H
#define BULLA_INBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"
#include "bulla/tus.h"

/*
 * The receiving server: tus 1.0.0 over TLS 1.3 with client certificates, and
 * receipts. docs/man/bulla-inbox.1 tells what it answers.
 *
 * A client is the SHA-256 of its certificate's SubjectPublicKeyInfo: uploads
 * and receipts belong to it, and nobody else learns that they exist. What
 * arrives is untrusted bytes in HOME/incoming until the finish callback, run
 * on a thread of its own, has judged them. What it said is kept in
 * HOME/answers/<client>/<sha256>.
 */
struct bulla_inbox_client {
	uint8_t spki[32];
	char hex[65];		/* the same as text */
};

/* What the finish callback found. Zeroed before; note is freed for it. */
struct bulla_inbox_verdict {
	uint8_t sha256[32];	/* of every byte of the file */
	bool accepted;		/* the note says receive, else reject */
	bool existed;		/* the same bytes were here before */
	bool followed;		/* it was judged while it came */
	char id[33];		/* of the package, or "" */
	struct bulla_buf note;	/* the signed answer, at most 64 KiB */
};

/*
 * Judge the finished upload behind fd (open for reading; not to be closed).
 * followed is what bulla_inbox_follow has begun for it, which ends here, or
 * NULL. BULLA_OK: out is filled, and what note says is durable. BULLA_E_IO,
 * _NOMEM, _AGAIN, _UNSAFE: nothing can be said now; called again later. Any
 * other status: refused without a note, for the reason in err. Called from
 * several threads at once.
 */
typedef enum bulla_status (*bulla_inbox_finish)(void *ctx, int fd,
    const struct bulla_inbox_client *client, void *followed,
    struct bulla_inbox_verdict *out, struct bulla_err *err);

/*
 * To judge an upload while it comes is quicker, and never necessary. The
 * context is finish's. None of these waits; begin may be called by several
 * threads at once.
 */
struct bulla_inbox_follow {
	/* fd as for finish, which will have length bytes. NULL: not now. */
	void *(*begin)(void *ctx, int fd,
	    const struct bulla_inbox_client *client, uint64_t length);
	/* So many more bytes, which will not change, are behind the others.
	 * What cannot be told now goes with the next ones, or with finish. */
	void (*grown)(void *ctx, void *followed, uint64_t more);
	/* It is not going to be whole, or not soon: followed ends. */
	void (*leave)(void *ctx, void *followed);
};

/*
 * Requests that are no part of tus (bulla_tus_is_exchange): a GET, or a POST
 * with a small body. What they mean is the callback's business.
 */
#define BULLA_INBOX_SMALL_MAX (128u << 10)	/* bytes of a body */
#define BULLA_INBOX_ANSWER_MAX (17u << 20)	/* bytes: a bundle of entries */

/* Untrusted but for client. */
struct bulla_inbox_request {
	struct bulla_tus_route route;
	const struct bulla_inbox_client *client;
	struct bulla_cur body;	/* empty for a GET */
};
/* Zeroed before but for body's limit; body is freed for the callback. */
struct bulla_inbox_answer {
	unsigned status;		/* 200 .. 599 */
	const char *type;		/* NULL: text/plain; not copied */
	unsigned retry_after;		/* seconds; 0: not said */
	struct bulla_buf body;
};
/*
 * BULLA_OK: out is the answer. Any other status: the client hears of a
 * problem (BULLA_E_AGAIN: 429, else 500) and the log has err. Called from
 * several threads at once.
 */
typedef enum bulla_status (*bulla_inbox_small)(void *ctx,
    const struct bulla_inbox_request *q, struct bulla_inbox_answer *out,
    struct bulla_err *err);

/*
 * Which agency does this client's key stand for? Called from several threads,
 * before a body is read, at most once a minute for a connection. BULLA_OK:
 * out says. Anything else: nothing can be said now, 503.
 */
#define BULLA_INBOX_AGENCY_MAX 256u	/* bytes of a name, with its NUL */
enum bulla_inbox_standing {
	BULLA_INBOX_UNKNOWN,	/* nobody we know: 403 */
	BULLA_INBOX_SUSPENDED,	/* known, and not to be let in now: 403 */
	BULLA_INBOX_KNOWN,
};
struct bulla_inbox_agency {	/* zeroed before */
	enum bulla_inbox_standing standing;
	bool pinned;		/* KNOWN by this very key */
	char name[BULLA_INBOX_AGENCY_MAX];	/* plain ASCII; of a KNOWN */
	char reason[256];	/* for the log, of the others; may be empty */
};
typedef enum bulla_status (*bulla_inbox_who)(void *ctx,
    const struct bulla_inbox_client *client, struct bulla_inbox_agency *out,
    struct bulla_err *err);

/*
 * What one client, or all clients of one agency, may have at a time; 0: no
 * limit of its own.
 */
struct bulla_inbox_limits {
	uint64_t bytes;		/* of unfinished uploads */
	unsigned uploads;	/* in progress */
	unsigned conns;
	unsigned requests;	/* in a minute */
};

#define BULLA_INBOX_UPLOADS_MAX 1024u	/* in progress, all clients */
#define BULLA_INBOX_CONNS_MAX 2048u
/* Connections whose certificate was not seen yet: one of them makes way. */
#define BULLA_INBOX_UNVERIFIED_MAX 512u
#define BULLA_INBOX_IP_UNVERIFIED_MAX 64u	/* from one address */

struct bulla_inbox_config {
	const char *home;	/* existing directory, 0700 */
	/*
	 * ADDR:PORT, [ADDR6]:PORT (port 0: any), or unix:/PATH, a socket of
	 * mode 0660 for a proxy that does TLS: it must put the client's
	 * certificate, in PEM and %XX, into X-Bulla-Client-Cert, and let no
	 * such field of a client through. tls_cert and tls_key are not looked
	 * at then.
	 */
	const char *listen;
	const char *tls_cert;	/* PEM: our certificate, then its chain */
	const char *tls_key;	/* PEM; a secret file (bulla/keyfile.h) */
	/*
	 * PEM: who may vouch for clients. NULL: nobody need; clients are
	 * those whose key `who` says is pinned, with any certificate that is
	 * in its dates and meant for a client.
	 */
	const char *client_ca;
	uint64_t max_size;	/* bytes of a package */
	unsigned idle_secs;	/* until a silent connection is closed */
	uint64_t min_rate;	/* bytes/s that a body must keep up */
	unsigned expire_secs;	/* an upload without a new byte; 0: never */
	/* ADDR:PORT of a loopback address for /healthz and /metrics, plain
	 * HTTP; NULL: none. */
	const char *status;
	struct bulla_inbox_limits client, agency;
	bulla_inbox_who who;	/* NULL: clients have no agency */
	void *who_ctx;
	bulla_inbox_finish finish;
	struct bulla_inbox_follow follow;	/* or empty */
	void *finish_ctx;
	bulla_inbox_small small;	/* NULL: those are 404 */
	void *small_ctx;
	/* How much is in quarantine; NULL: the metrics do not say. */
	void (*kept)(void *ctx, uint64_t *bytes, uint64_t *packages);
	void *kept_ctx;
	/* One line without its LF; any thread, one at a time. May be NULL. */
	void (*log)(void *ctx, const char *line);
	void *log_ctx;
};

/*
 * Start the server's threads. Uploads that an earlier run left are taken up
 * again. BULLA_E_USAGE (listen), BULLA_E_FORMAT (certificates, keys),
 * BULLA_E_UNSAFE (tls_key), BULLA_E_AGAIN (another inbox runs on this home,
 * or the address is taken), BULLA_E_IO, BULLA_E_NOMEM. The strings and
 * contexts must outlive it. The caller blocks SIGTERM and the like first.
 */
struct bulla_inbox;
BULLA_NODISCARD enum bulla_status bulla_inbox_start(
    const struct bulla_inbox_config *c, struct bulla_inbox **out,
    struct bulla_err *err);

/*
 * Would bulla_inbox_start get its addresses (listen, status) now? They are
 * free again afterwards; statuses as there. For before a home is made.
 */
BULLA_NODISCARD enum bulla_status bulla_inbox_can_listen(
    const struct bulla_inbox_config *c, struct bulla_err *err);

/* "https://ADDR:PORT" with the real port, or "unix:/PATH". */
const char *bulla_inbox_url(const struct bulla_inbox *ib);
/* "http://ADDR:PORT" of the status page, or "". */
const char *bulla_inbox_status_url(const struct bulla_inbox *ib);

/*
 * Close all connections, make what came durable, wait for judgements under
 * way, free everything. Uploads stay on disk. Accepts NULL.
 */
void bulla_inbox_stop(struct bulla_inbox *ib);

#endif
