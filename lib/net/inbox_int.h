#ifndef BULLA_NET_INBOX_INT_H
#define BULLA_NET_INBOX_INT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/inbox.h"
#include "bulla/tus.h"
#include "pool.h"

/*
 * Inside the inbox. Three kinds of thread:
 *
 *   network	libmicrohttpd's. Parse headers, take body bytes, never wait: a
 *		request that needs the disk is suspended and handed over.
 *   work	everything that waits for the disk but judging.
 *   judge	the finish callback.
 *
 * Locks, in the order in which they may be held together: inbox.mu (the
 * table of uploads, parked requests), upload.mu (owner and writes), conn_mu.
 */
#define LISTEN_URL_MAX 96u

struct MHD_Daemon;
struct MHD_Connection;

#define CLIENT_LEN 32u

/* Why a connection was cut. */
enum cut {
	CUT_NOT, CUT_HANDSHAKE, CUT_IDLE, CUT_TOO_SLOW, CUT_TOO_LONG,
	CUT_TAKEN_OVER, CUT_CROWDED, CUT_CLIENT, CUT_N
};
extern const char *const cut_names[CUT_N];

/* A client or an agency, as a holder of connections; inbox.conn_mu. */
struct party {
	struct party *next;
	char name[BULLA_INBOX_AGENCY_MAX];
	unsigned conns;
	int64_t minute;			/* monotonic: when it began */
	unsigned requests;		/* since then */
};

struct conn {
	struct bulla_inbox *ib;
	struct conn *next, **link;
	int fd;
	char from[46];			/* address as text, or "-" */
	uint8_t net[8];			/* its neighbourhood */
	unsigned net_len;
	bool hello, bare, refused;	/* of a handshake: inbox_tls.c */
	bool known;			/* the certificate was verified */
	struct bulla_inbox_client client;
	int64_t cert_until;		/* POSIX seconds */
	struct party *client_party, *agency_party;	/* or NULL */
	/* the agency, when it was asked for; a connection's request at a time */
	bool asked;
	int64_t asked_at;		/* monotonic */
	char agency[BULLA_INBOX_AGENCY_MAX];	/* or "" */
	/* for the watchdog, under conn_mu; monotonic seconds */
	bool busy, parked, cut;
	int64_t since, window;
	uint64_t window_bytes;
};

enum upload_state {
	UPLOAD_NEW,		/* being made; nobody may find it yet */
	UPLOAD_OPEN,		/* takes bytes */
	UPLOAD_CLOSED,		/* whole; waits for judgement or is judged */
	UPLOAD_DONE,		/* answered; nothing left on disk */
	UPLOAD_GONE,		/* deleted or lost; nothing left on disk */
};

struct request;
struct upload {
	struct upload *next;		/* the table */
	struct bulla_inbox *ib;
	atomic_uint refs;
	char id[BULLA_TUS_ID_LEN + 1];
	struct bulla_inbox_client client;
	char agency[BULLA_INBOX_AGENCY_MAX];	/* or ""; inbox.mu */
	_Atomic uint64_t length;	/* or LENGTH_DEFERRED */
	bool has_hint;
	uint8_t hint[32];		/* sha256 that the client claims */
	int fd;				/* data; -1 when nothing is left */
	_Atomic enum upload_state state;
	pthread_mutex_t mu;
	struct request *owner;		/* whose body may be written; mu */
	_Atomic uint64_t written;	/* under mu when it changes */
	/* Where a piece begins that is kept only if it fits its checksum, or
	 * PIECE_NONE: what is behind it is not acknowledged. Under mu. */
	_Atomic uint64_t piece_at;
	atomic_bool full;		/* the disk was, when last looked */
	atomic_bool expired;		/* GONE because of that */
	_Atomic int64_t touched;	/* monotonic: when a byte came last */
	pthread_mutex_t sync_mu;
	_Atomic uint64_t durable;	/* recorded; <= written */
	atomic_bool sync_queued, judge_queued;
	struct task sync_task, judge_task;
	atomic_uint tries;		/* judgements that could not be had */
	_Atomic int64_t again_at;	/* monotonic; DONE: when to forget */
};

#define LENGTH_DEFERRED UINT64_MAX
#define PIECE_NONE UINT64_MAX

struct reply {
	unsigned status;		/* 0: none yet */
	bool has_offset, has_length, has_free;
	uint64_t offset, length;	/* length: or LENGTH_DEFERRED */
	uint64_t free;			/* bytes that could be taken now */
	int64_t expires;		/* POSIX seconds; 0: not said */
	unsigned retry_after;		/* seconds; 0: not said */
	bool close;			/* nothing more on this connection */
	struct bulla_tus_route at;	/* Location, unless NOWHERE */
	const char *type;		/* of the body; NULL: text/plain */
	struct bulla_buf body;
};

enum method {
	M_OTHER, M_OPTIONS, M_POST, M_HEAD, M_PATCH, M_DELETE, M_GET,
};
enum phase { P_NEW, P_WHO, P_JUDGING, P_BODY, P_ALONE, P_FINISHING, P_DONE };

#define BODY_NONE 0u
#define BODY_CHUNKED UINT64_MAX

struct request {
	struct task task;
	struct bulla_inbox *ib;
	struct conn *conn;
	struct MHD_Connection *mhd;
	const char *uri;		/* raw, in the connection's memory */
	size_t uri_len;
	enum method method;
	enum phase phase;
	struct bulla_tus_route route;
	uint64_t body_len;		/* declared, or BODY_CHUNKED */
	bool has_offset, has_length;
	uint64_t offset, length;	/* Upload-Offset, Upload-Length */
	bool has_hint;
	uint8_t hint[32];
	bool has_sum;
	uint8_t sum[32];		/* Upload-Checksum: of the body */
	void *hash;			/* of the body so far */
	void (*work)(struct request *r);
	struct upload *up;		/* a reference */
	uint64_t room;			/* body bytes that still fit */
	uint64_t drained;		/* body bytes thrown away */
	uint8_t *buf;			/* WRITE_MAX bytes, or a small body */
	size_t buf_len;
	struct reply reply;
};

enum verdict { V_RECEIVE, V_REJECT, V_REFUSED, V_N };
#define STATUS_MAX 600u

/* What is counted since the start, for the status page. */
struct stats {
	_Atomic uint64_t conns, tls_refused, bytes, created, expired, dropped,
	    judged_ms, not_judged;
	_Atomic uint64_t cut[CUT_N], verdict[V_N], answer[STATUS_MAX];
};

enum cert { CERT_OURS, CERT_CA, CERT_N };
extern const char *const cert_names[CERT_N];

struct bulla_inbox {
	struct stats stats;
	int64_t started;		/* POSIX seconds */
	int64_t cert_until[CERT_N];	/* POSIX seconds */
	bool warned;
	int64_t warned_at;		/* monotonic */
	char status_url[LISTEN_URL_MAX];
	struct MHD_Daemon *status;
	struct bulla_inbox_config cfg;
	char url[LISTEN_URL_MAX];
	int incoming;			/* directory */
	int lock;
	struct pool work, judge;
	struct MHD_Daemon *mhd;
	pthread_t watchdog;
	bool watching;

	pthread_mutex_t mu;
	pthread_cond_t unparked, tick;
	struct upload *uploads;
	unsigned n_parked;
	bool stopping;

	pthread_mutex_t conn_mu;
	struct conn *conns;
	struct party *clients, *agencies;

	pthread_mutex_t log_mu;
	int64_t log_second;		/* of strangers' lines; log_mu */
	unsigned log_lines, log_left_out;
};

#define WRITE_MAX (256u << 10)		/* bytes gathered before a write */
_Static_assert(BULLA_INBOX_SMALL_MAX < WRITE_MAX, "small bodies are no file");
#define SYNC_EVERY (8u << 20)		/* bytes between records of progress */
#define DRAIN_MAX (1u << 20)		/* bytes read to get an answer across */
#define SPACE_SPARE (64u << 20)		/* bytes that stay free on the disk */

/* inbox_log.c */
int64_t inbox_clock(void);		/* monotonic seconds */
void inbox_log(struct bulla_inbox *ib, const char *fmt, ...)
    BULLA_PRINTF(2, 3);
/* About somebody without a certificate, who could fill the disk: a few lines
 * a second, then only how many there were. */
void inbox_log_stranger(struct bulla_inbox *ib, const char *fmt, ...)
    BULLA_PRINTF(2, 3);
/* A value between quotes that cannot break out of them. */
const char *inbox_quote(char *out, size_t cap, const char *text);

/* inbox_listen.c: "ADDR:PORT" to a listening socket, and back to a URL. */
BULLA_NODISCARD enum bulla_status listen_open(const char *text, int *fd,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status listen_url(int fd, const char *scheme,
    char out[LISTEN_URL_MAX], struct bulla_err *err);
bool listen_is_loopback(int fd);

/* inbox_tls.c: the client's side of the handshake, then its name. */
struct tls_files {
	struct bulla_buf cert, key, ca;
};
BULLA_NODISCARD enum bulla_status tls_load(struct tls_files *t,
    const struct bulla_inbox_config *c, struct bulla_err *err);
void tls_free(struct tls_files *t);
extern const char tls_priorities[];
void tls_demand_client(struct MHD_Connection *mhd);
/* Who is it? NULL: c says; else why it is nobody. */
const char *tls_client(struct conn *c, struct MHD_Connection *mhd);
/* The connection ends without a verified certificate: log why. */
void tls_failed(struct conn *c);

/* inbox_ends.c: when certificates end. */
void ends_load(struct bulla_inbox *ib, const struct tls_files *t);
void ends_watch(struct bulla_inbox *ib);

/* inbox_status.c: the page for monitors. It takes fd over, also on failure. */
BULLA_NODISCARD enum bulla_status status_start(struct bulla_inbox *ib, int fd,
    struct bulla_err *err);
void status_stop(struct bulla_inbox *ib);

/* inbox_metrics.c: what stands on it. health_put: is all well? */
void metrics_put(struct bulla_inbox *ib, struct bulla_buf *b);
bool health_put(struct bulla_inbox *ib, struct bulla_buf *b);

/* inbox_conn.c: all connections, and the watchdog. */
struct sockaddr;
struct conn *conn_add(struct bulla_inbox *ib, int fd,
    const struct sockaddr *from);
void conn_remove(struct conn *c);
BULLA_NODISCARD bool conn_known(struct conn *c);
void conn_request(struct conn *c, bool begins);
void conn_parked(struct conn *c, bool parked);
void conn_progress(struct conn *c, size_t n);
void conn_cut(struct conn *c, enum cut why);
void conns_watch(struct bulla_inbox *ib);

/* inbox_party.c; conn_mu is held. party_join: NULL: out of memory. */
struct party *party_join(struct party **list, const char *name);
void party_leave(struct party *p);
unsigned party_ask(struct party *p, unsigned max, int64_t now);
void parties_tidy(struct party **list, int64_t now);
void parties_free(struct party **list);

/* inbox_agency.c */
bool agency_is_due(const struct request *r);
void route_who(struct request *r);	/* on a work thread */
void agency_count(struct request *r);

/* inbox_disk.c: an upload's directory. */
BULLA_NODISCARD enum bulla_status disk_create(struct upload *u,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status disk_load(struct upload *u,
    struct bulla_err *err);
/* The state file again, whole or not at all: u's length is known now. */
BULLA_NODISCARD enum bulla_status disk_declare(struct upload *u,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status disk_record(struct upload *u,
    uint64_t offset, struct bulla_err *err);
void disk_remove(struct bulla_inbox *ib, const char *id);
/* Calls add for the name of each upload's directory. */
BULLA_NODISCARD enum bulla_status disk_each(struct bulla_inbox *ib,
    enum bulla_status (*add)(struct bulla_inbox *ib, const char *id,
    struct bulla_err *err), struct bulla_err *err);

/* inbox_uploads.c: the table. Found uploads are references: upload_put. */
struct upload *upload_new(struct bulla_inbox *ib);
void upload_put(struct upload *u);
struct upload *upload_ref(struct upload *u);
void uploads_insert(struct bulla_inbox *ib, struct upload *u);
struct upload *uploads_find(struct bulla_inbox *ib, const char *id,
    const struct bulla_inbox_client *who);
/*
 * This client's upload of this claimed digest and this length, unfinished or
 * unjudged. There may be others of the same digest and of another length.
 */
struct upload *uploads_begun(struct bulla_inbox *ib,
    const struct bulla_inbox_client *who, const uint8_t hint[32],
    uint64_t length);
/* One that is whole and not yet answered, whatever its length. */
struct upload *uploads_closed(struct bulla_inbox *ib,
    const struct bulla_inbox_client *who, const uint8_t hint[32]);
/* Is one of the client's uploads without a claimed digest being judged? */
bool uploads_nameless(struct bulla_inbox *ib,
    const struct bulla_inbox_client *who);
/*
 * May this client begin one more upload of length bytes? Then it is in the
 * table. BULLA_E_AGAIN (too many, disk full: sys_errno ENOSPC), _IO.
 */
BULLA_NODISCARD enum bulla_status uploads_admit(struct bulla_inbox *ib,
    struct upload *u, struct bulla_err *err);
/* Is there room for what is still to come of all uploads? */
BULLA_NODISCARD enum bulla_status uploads_room(struct bulla_inbox *ib,
    uint64_t more, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status uploads_load(struct bulla_inbox *ib,
    struct bulla_err *err);
void uploads_tick(struct bulla_inbox *ib);
void uploads_free(struct bulla_inbox *ib);

/* One that was removed because nothing came for too long. */
bool uploads_expired(struct bulla_inbox *ib, const char *id,
    const struct bulla_inbox_client *who);
bool upload_is_of(const struct upload *u,
    const struct bulla_inbox_client *who);
bool upload_is_pending(struct upload *u);
/* Nothing of it is left on disk: give the blocks back. */
void upload_close(struct upload *u);

/* inbox_room.c: how much may be begun. */
/* Bytes that the client of `like`, which is not in the table, could send. */
BULLA_NODISCARD enum bulla_status uploads_free_for(struct bulla_inbox *ib,
    const struct upload *like, uint64_t *out, struct bulla_err *err);
/* May this one, of deferred length, be so long? _AGAIN, _IO. */
BULLA_NODISCARD enum bulla_status uploads_may_be(struct bulla_inbox *ib,
    const struct upload *u, uint64_t length, struct bulla_err *err);
/* How long may this one, of deferred length, become? */
uint64_t uploads_most(struct bulla_inbox *ib, const struct upload *u);
/* Called while a body arrives: is there still room on the disk? */
void upload_look_at_disk(struct upload *u);

/* inbox_expire.c: uploads that nobody goes on with. */
int64_t upload_expires(struct upload *u);	/* POSIX seconds; 0: never */
void uploads_expire(struct bulla_inbox *ib);

/* inbox_piece.c: bodies with a checksum. u->mu is held for _locked. */
BULLA_NODISCARD enum bulla_status piece_begin(struct upload *u,
    struct request *r, struct bulla_err *err);
void piece_add(struct request *r, const void *p, size_t n);
void piece_drop_locked(struct upload *u);
/* All of the body is written: keep it? BULLA_E_MISMATCH: it is dropped. */
BULLA_NODISCARD enum bulla_status piece_end(struct upload *u,
    struct request *r, struct bulla_err *err);
void piece_free(struct request *r);

/* inbox_post.c: uploads are begun. */
void route_post(struct request *r);		/* without a body */
void route_judge_post(struct request *r);	/* before one */
/* 201 and where it is; keeps the offset that the reply has. */
void route_located(struct request *r, struct upload *u);

/* inbox_sync.c: bytes to the disk, and what follows when all are there. */
void upload_claim(struct upload *u, struct request *r);
void upload_release(struct upload *u, struct request *r);
BULLA_NODISCARD enum bulla_status upload_write(struct upload *u,
    struct request *r, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status upload_sync(struct upload *u,
    struct bulla_err *err);
void upload_sync_later(struct upload *u);
/* When all bytes are durable: hand it to the judges, once. */
void upload_settle(struct upload *u);
void upload_drop(struct upload *u, const char *why);
void upload_expire(struct upload *u);	/* unless somebody writes to it */

/* inbox_judge.c */
void judge_run(struct task *t);

/* inbox_answers.c: what was said, by client and digest. */
struct answer {
	uint64_t length;
	bool refused;			/* body is a reason, not a note */
	bool rejected;			/* body is a note that says no */
	struct bulla_buf body;
};
BULLA_NODISCARD enum bulla_status answer_put(struct bulla_inbox *ib,
    const struct bulla_inbox_client *who, const uint8_t sha256[32],
    const struct answer *a, struct bulla_err *err);
/* BULLA_E_NOMATCH when there is none. Free with bulla_buf_free(&a->body). */
BULLA_NODISCARD enum bulla_status answer_get(struct bulla_inbox *ib,
    const struct bulla_inbox_client *who, const uint8_t sha256[32],
    struct answer *a, struct bulla_err *err);

/* inbox_head.c: from libmicrohttpd's header list to struct request. */
void request_parse(struct request *r, const char *method,
    const char *version);

/* inbox_reply.c: a plain-text answer; p had none, or one to be replaced. */
void reply_text(struct reply *p, unsigned status, const char *fmt, ...)
    BULLA_PRINTF(3, 4);

/* inbox_small.c: what is no part of tus. */
void small_begin(struct request *r);	/* before the body */
void small_run(struct request *r);	/* on a work thread, with all of it */
void small_cut(struct request *r);	/* it ended too early */

/* inbox_routes.c: what each request does, on a work thread. */
void route_trouble(struct request *r, enum bulla_status st,
    const struct bulla_err *err);
void route_not_found(struct request *r);
/* May the body come? r is its upload's owner then. */
void route_open(struct request *r, struct upload *u);
void route_judge_patch(struct request *r);	/* before the body */
void route_patch_end(struct request *r);	/* after it */
void route_run(struct request *r);		/* without a body */

#endif
