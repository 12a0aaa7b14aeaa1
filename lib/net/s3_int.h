#ifndef BULLA_NET_S3_INT_H
#define BULLA_NET_S3_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "http.h"

#include "bulla/s3.h"

#define S3_ETAG_MAX 96u		/* bytes, without quotes */
#define S3_ID_MAX 1024u		/* of an UploadId */
#define S3_TOKEN_MAX 2048u	/* of a marker */
#define S3_CODE_MAX 64u		/* of an error's code */
#define S3_QUERY_MAX (4u * S3_TOKEN_MAX)
#define S3_URL_MAX (HTTP_URL_MAX + S3_QUERY_MAX)
#define S3_XML_MAX (4u << 20)	/* of an answer */

/* The store, as all connections to it see it. */
struct bulla_s3 {
	struct bulla_s3_conf conf;
	struct bulla_send_config line;	/* watch calls are serialised */
	struct bulla_send_watch watch;	/* the caller's */
	char ca[BULLA_S3_TEXT_MAX + 1];
	char base[HTTP_URL_MAX];	/* of the bucket, with a last "/" */
	char bucket[BULLA_S3_BUCKET_MAX + 1];
	int64_t deadline;
	uint64_t min_rate;	/* bytes/s over stall_secs; 0: any */
	bool no_condition;	/* it said that it knows no If-None-Match */
	pthread_mutex_t mu;	/* watch */
	struct s3_conn *main;
};

/* One connection, for one thread. */
struct s3_conn {
	struct bulla_s3 *s;
	struct http http;
	struct again again;
	unsigned n_parallel;	/* that share the rate */
	atomic_bool *stop;	/* or NULL: others have failed */
};
BULLA_NODISCARD enum bulla_status s3_conn_open(struct bulla_s3 *s,
    unsigned n_parallel, struct s3_conn **out, struct bulla_err *err);
void s3_conn_free(struct s3_conn *k);

struct s3_req {
	const char *method;
	const char *key;	/* "": the bucket */
	const char *query;	/* escaped and sorted by name, or NULL */
	/* the body: of memory when fd is -1 */
	struct bulla_cur text;
	int fd;
	uint64_t offset, len;
	uint8_t sha256[32];	/* of it */
	bool create;		/* If-None-Match: * */
	const uint8_t *meta;	/* x-amz-meta-sha256 */
	/* a GET of a range of one version, into sink */
	const char *if_match;	/* ETag without quotes, or NULL */
	uint64_t first;
	uint8_t *sink;
	size_t sink_len;
};
/* No body. */
#define S3_REQ(m, k) { .method = (m), .key = (k), .fd = -1 }

struct s3_resp {
	unsigned status;
	uint64_t retry_after;
	bool has_length, has_range, has_sha256;
	uint64_t length;
	uint64_t first, last, total;	/* Content-Range */
	char etag[S3_ETAG_MAX + 1];	/* strong, without quotes, or "" */
	uint8_t sha256[32];		/* x-amz-meta-sha256 */
	size_t sunk;			/* bytes in sink */
	struct bulla_buf body;
	/* of an error's XML: escaped, or "" */
	char code[S3_CODE_MAX + 1], message[200];
};
#define S3_RESP_INIT { .body = BULLA_BUF_INIT(S3_XML_MAX) }

/* s3_http.c: one request. As http_do. */
BULLA_NODISCARD enum bulla_status s3_do(struct s3_conn *k,
    const struct s3_req *q, struct s3_resp *a, struct bulla_err *err);
/* The same until there is an answer that does not pass by itself. */
BULLA_NODISCARD enum bulla_status s3_ask(struct s3_conn *k,
    const struct s3_req *q, struct s3_resp *a, struct bulla_err *err);
/* A field of an answer's header. BULLA_E_REFUSED: malformed. */
BULLA_NODISCARD enum bulla_status s3_take_header(struct s3_resp *a,
    const struct bulla_cur *line, struct bulla_err *err);
/* An answer that ends it: BULLA_E_REFUSED, with what the store says. */
BULLA_NODISCARD enum bulla_status s3_refused(const struct s3_resp *a,
    const char *what, struct bulla_err *err);
/* 404, but not of the bucket: Ceph has several codes for it. */
bool s3_gone(const struct s3_resp *a);
bool s3_code_is(const struct s3_resp *a, const char *code);

/* s3_url.c */
bool s3_key_ok(const struct bulla_cur *key);
/* Of the bucket, with "/" at its end; out has HTTP_URL_MAX bytes. */
BULLA_NODISCARD enum bulla_status s3_base(const struct bulla_s3_conf *c,
    const char *bucket, char *out, struct bulla_err *err);
/* RFC 3986's unreserved bytes as they are, all others as %XX. */
void s3_escape(struct bulla_buf *b, const char *text);

/* s3_answer.c: what stands in the XML. Texts are C strings without NUL. */
void s3_parse_error(const struct bulla_cur *xml, struct s3_resp *a);
BULLA_NODISCARD bool s3_parse_upload_id(const struct bulla_cur *xml,
    char out[S3_ID_MAX + 1]);
/* Does it say that the upload has become an object? */
BULLA_NODISCARD bool s3_parse_completed(const struct bulla_cur *xml);
struct s3_part {
	uint64_t number, size;
	char etag[S3_ETAG_MAX + 1];
};
struct s3_page {
	/* called for each; what it returns ends it */
	enum bulla_status (*part)(void *ctx, const struct s3_part *p,
	    struct bulla_err *err);
	void *ctx;
	/* out */
	bool more;
	char next[S3_TOKEN_MAX + 1];	/* marker of the next page */
};
/* ListParts: BULLA_E_FORMAT. */
BULLA_NODISCARD enum bulla_status s3_parse_page(const struct bulla_cur *xml,
    struct s3_page *p, struct bulla_err *err);
bool s3_etag_ok(const struct bulla_cur *text);

/*
 * s3_state.c: what a process that died knew of its upload. An open one holds
 * a lock; fd is -1 when there is nowhere to keep it.
 */
struct s3_state {
	int fd;
	char *path;
	/* of which object and package */
	const char *url;
	uint64_t size;
	uint8_t sha256[32];
	/* what is known of the upload */
	uint64_t part_size;
	char id[S3_ID_MAX + 1];		/* "": no upload */
	uint32_t n_parts;
	char (*etag)[S3_ETAG_MAX + 1];	/* n_parts; "": not stored */
};
/* The text of the file; torn ends are left out. BULLA_E_FORMAT, _NOMEM. */
BULLA_NODISCARD enum bulla_status s3_state_parse(
    const struct bulla_cur *text, struct s3_state *s, size_t *used,
    struct bulla_err *err);
void s3_state_put(struct bulla_buf *b, const struct s3_state *s);
void s3_state_put_part(struct bulla_buf *b, uint32_t number,
    const char *etag);
/* url, size, sha256 are set. BULLA_E_AGAIN: another process has it. */
BULLA_NODISCARD enum bulla_status s3_state_open(struct s3_state *s,
    const char *dir, struct bulla_err *err);
/* A new upload, with no parts yet. */
BULLA_NODISCARD enum bulla_status s3_state_begin(struct s3_state *s,
    const char *id, uint64_t part_size, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status s3_state_add(struct s3_state *s,
    uint32_t number, const char *etag, struct bulla_err *err);
/* gone: there is nothing to go on with. */
void s3_state_close(struct s3_state *s, bool gone);
uint32_t s3_count_parts(uint64_t size, uint64_t part_size);

/* s3_put.c */
void s3_no_body(struct s3_req *q);	/* its digest */
/* HEAD: BULLA_OK is 200 or 404. */
BULLA_NODISCARD enum bulla_status s3_look(struct s3_conn *k, const char *key,
    struct s3_resp *a, struct bulla_err *err);
/* Is what is there, by its HEAD in a, this? BULLA_E_NOMATCH when not. */
void s3_tell_unconditional(struct bulla_s3 *s);
BULLA_NODISCARD enum bulla_status s3_same(const struct s3_resp *a,
    const struct bulla_send_what *w, struct bulla_err *err);

/* s3_multi.c: it is not there; in parts. BULLA_E_NOMATCH: now it is. */
BULLA_NODISCARD enum bulla_status s3_put_parts(struct bulla_s3 *s,
    const struct bulla_s3_put *p, struct bulla_s3_stored *out,
    struct bulla_err *err);
/* s3_parts.c: send those that have no ETag yet. */
BULLA_NODISCARD enum bulla_status s3_send_parts(struct bulla_s3 *s,
    const struct bulla_s3_put *p, struct s3_state *state,
    struct bulla_err *err);

#endif
