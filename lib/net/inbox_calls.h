#ifndef BULLA_NET_INBOX_CALLS_H
#define BULLA_NET_INBOX_CALLS_H

#include "inbox_int.h"

/* What each file of the inbox offers to the others. */

/* inbox_log.c */
int64_t inbox_clock(void);		/* monotonic seconds */
void inbox_log(struct bulla_inbox *ib, const char *fmt, ...)
    BULLA_PRINTF(2, 3);
/* About somebody who was not let in (yet), and could fill the disk: a few
 * lines a second, then only how many there were. */
void inbox_log_stranger(struct bulla_inbox *ib, const char *fmt, ...)
    BULLA_PRINTF(2, 3);
/* About whoever is at the other end of this connection. */
#define inbox_log_of(c) ((c)->known ? inbox_log : inbox_log_stranger)
/* A value between quotes that cannot break out of them. */
const char *inbox_quote(char *out, size_t cap, const char *text);

/* inbox_listen.c: "ADDR:PORT" to a listening socket, and back to a URL. */
BULLA_NODISCARD enum bulla_status listen_open(const char *text, int *fd,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status listen_url(int fd, const char *scheme,
    char out[LISTEN_URL_MAX], struct bulla_err *err);
bool listen_is_loopback(int fd);

/* inbox_unix.c: "unix:/PATH". close takes its name away. */
bool unix_is(const char *listen);
BULLA_NODISCARD enum bulla_status unix_open(struct bulla_inbox *ib, int *fd,
    struct bulla_err *err);
void unix_close(struct bulla_inbox *ib);

/*
 * inbox_client.c, about a gnutls_x509_crt_t. Why can it be no client's now?
 * NULL: it can; *dated: it is the dates.
 */
const char *client_judge(void *crt, bool *dated);
/* The connection is this certificate's client's, whether let in or not. */
BULLA_NODISCARD bool client_take(struct conn *c, void *crt);
/* A request of a proxy: by its header field; else the reply says no. */
void client_of_proxy(struct request *r);

/* inbox_tls.c: the client's side of the handshake, then its name. */
struct tls_files {
	struct bulla_buf cert, key, ca;
};
BULLA_NODISCARD enum bulla_status tls_load(struct tls_files *t,
    struct bulla_inbox *ib, struct bulla_err *err);
void tls_free(struct tls_files *t);
extern char tls_priorities[];	/* libmicrohttpd wants no const */
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
/* A proxy's connection: another client from here on, not known yet. */
void conn_other(struct conn *c, const struct bulla_inbox_client *client);
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
/* Is one of the client's uploads without a claimed digest being judged?
 * *stuck: they all could not be, yet. */
bool uploads_nameless(struct bulla_inbox *ib,
    const struct bulla_inbox_client *who, bool *stuck);
/*
 * May this client begin one more upload of length bytes? Then it is in the
 * table. BULLA_E_AGAIN (too many, disk full: sys_errno ENOSPC), _IO.
 */
BULLA_NODISCARD enum bulla_status uploads_admit(struct bulla_inbox *ib,
    struct upload *u, struct bulla_err *err);
/* Is there room for what is still to come of all uploads? */
BULLA_NODISCARD enum bulla_status uploads_room(struct bulla_inbox *ib,
    uint64_t more, struct bulla_err *err);
/* May it be n bytes longer? _AGAIN: the limits say no. */
BULLA_NODISCARD enum bulla_status uploads_grow(struct upload *u, size_t n,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status uploads_load(struct bulla_inbox *ib,
    struct bulla_err *err);
void uploads_tick(struct bulla_inbox *ib);
void uploads_free(struct bulla_inbox *ib);

/* inbox_follow.c: judged while it comes. _locked: upload.mu is held. */
uint64_t upload_sure_locked(struct upload *u);
void follow_begin(struct upload *u);
void follow_tell_locked(struct upload *u);
void follow_leave_locked(struct upload *u);
void follow_watch(struct upload *u, int64_t now);
void *follow_take(struct upload *u);

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
/* Upload-Length in a PATCH at this offset, of one that had none. */
void route_declare(struct request *r, struct upload *u, uint64_t at);

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
/* inbox_forget.c: old ones that say no go; a few each second. */
void answers_forget(struct bulla_inbox *ib);
void forget_end(struct forget *f);
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

/* inbox_outgoing.c: packages that are fetched. */
struct MHD_Response;
void outgoing_run(struct request *r);	/* on a work thread */
struct MHD_Response *parcel_response(struct request *r);
void parcel_free(struct parcel *p);	/* NULL is allowed */

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
