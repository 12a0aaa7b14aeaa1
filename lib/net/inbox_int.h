#ifndef BULLA_NET_INBOX_INT_H
#define BULLA_NET_INBOX_INT_H

#include <dirent.h>
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
#define LISTEN_URL_MAX 128u

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
	atomic_bool hello;		/* begun a handshake */
	bool bare, refused;		/* of it: inbox_tls.c */
	bool known;			/* the certificate was verified */
	struct bulla_inbox_client client;
	int64_t cert_until;		/* POSIX seconds */
	struct party *client_party, *agency_party;	/* or NULL */
	/*
	 * the agency, when it was asked for; a connection's request at a time
	 */
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
	bool has_hint, by_ends;
	uint8_t hint[32];		/* sha256 that the client claims; or of
					 * its ends: no more than a name */
	int fd;				/* data; -1 when nothing is left */
	_Atomic enum upload_state state;
	pthread_mutex_t mu;
	struct request *owner;		/* whose body may be written; mu */
	/* of whoever judges it while it comes; mu */
	void *followed;			/* or NULL */
	bool was_followed;
	uint64_t follow_length;		/* bytes that were said there will be */
	_Atomic uint64_t told;		/* bytes; the copy has about as many */
	uint64_t rate_told;		/* the same, a while ago */
	int64_t rate_at;		/* monotonic: when that was */
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

/* An offered package, or a part of it, on its way out. */
struct parcel {
	struct conn *conn;
	int fd;
	uint64_t size, from, len;	/* of the file; what is asked for */
	bool none;			/* a range outside of it */
	char hex[65];			/* sha256 of the file */
};

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
	struct parcel *parcel;		/* in the place of the body */
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
	bool has_hint, by_ends;
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

/* Where the round among old answers is. */
struct forget {
	DIR *all, *one;			/* NULL: not there */
	struct bulla_inbox_client client;	/* whose one is */
	bool begun;
	int64_t at;			/* when, monotonic */
	unsigned n;			/* removed */
};

struct bulla_inbox {
	struct stats stats;
	int64_t started;		/* POSIX seconds */
	int64_t cert_until[CERT_N];	/* POSIX seconds */
	bool warned;
	int64_t warned_at;		/* monotonic */
	struct forget forget;
	char status_url[LISTEN_URL_MAX];
	struct MHD_Daemon *status;
	struct bulla_inbox_config cfg;
	char url[LISTEN_URL_MAX];
	bool plain;			/* a proxy does TLS for us */
	bool named;			/* the unix socket is there */
	struct bulla_buf ca;		/* PEM: who vouches; plain only */
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

#include "inbox_calls.h"

#endif
