#ifndef BULLA_NET_SEND_INT_H
#define BULLA_NET_SEND_INT_H

#include "http.h"

/*
 * A package's way over: learn what the server can, create the upload (or find
 * it again), ask how far it got, push pieces, fetch the receipt. Each failure
 * that may pass leads back to a question, after a pause.
 */
enum stage { LEARN, CREATE, ASK, PUSH, RECEIPT, END };

struct flow;

struct sender {
	const struct bulla_send_config *c;
	struct bulla_buf *receipt;
	int fd;			/* a file, or */
	struct flow *flow;	/* ... a stream */
	bool has_size;		/* of a stream: at its end */
	uint64_t size;
	uint8_t sha256[32];	/* of a stream: known with the size; of */
	bool hashing;		/* ... a file: not known yet, but */
	struct tally tally;	/* ... growing */
	uint8_t ends[32];	/* what it is called meanwhile */
	struct http http;
	struct http_resp a;	/* the last response */
	struct http_can can;
	enum stage stage;
	char base[HTTP_URL_MAX];
	char create_url[HTTP_URL_MAX], upload_url[HTTP_URL_MAX];
	char meta[160];		/* "" for none: send_name */
	bool remembered;	/* upload_url is from an earlier run */
	bool declared;		/* the server knows the size */
	bool lost;		/* of no use to try again */
	uint64_t acked, best, piece;
	uint64_t sent;		/* no more than this can be there */
	struct again again;
	unsigned polls, rounds;
};

/* send_steps.c: what is done in each stage. */
BULLA_NODISCARD enum bulla_status send_learn(struct sender *s,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status send_create(struct sender *s,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status send_ask(struct sender *s,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status send_receipt(struct sender *s,
    struct bulla_err *err);
/* So much is there: tell it, and see whether that is all. */
void send_acknowledged(struct sender *s, uint64_t offset);
bool send_is_gone(const struct sender *s);
/* The digest of all of it, if that is not known yet. */
BULLA_NODISCARD enum bulla_status send_sum_up(struct sender *s,
    struct bulla_err *err);
/* In meta: what the package is called, by its digest when that is known. */
void send_name(struct sender *s);
BULLA_NODISCARD enum bulla_status send_unexpected(struct sender *s,
    const char *what, struct bulla_err *err);
/* The upload is of no use any more: delete it, once, if that works. */
void send_delete(struct sender *s);

/* send_push.c: the next piece. */
#define SEND_PIECE_FIRST (UINT64_C(8) << 20)	/* bytes of one PATCH */
BULLA_NODISCARD enum bulla_status send_push(struct sender *s,
    struct bulla_err *err);
/* Let the request carry these bytes of the package: has_size is set. */
BULLA_NODISCARD enum bulla_status send_body(struct sender *s, uint64_t at,
    uint64_t max, struct http_req *q, struct bulla_err *err);

/*
 * send_flow.c: a thread reads the stream into two blocks of memory, hashes
 * it and shows it to the caller. BULLA_E_NOMEM, _UNSUPPORTED, _IO.
 */
BULLA_NODISCARD enum bulla_status flow_new(const struct bulla_send_stream *s,
    struct flow **out, struct bulla_err *err);
void flow_free(struct flow *f);
/*
 * The bytes from at to the end of their block; what comes before may be
 * overwritten from now on. Waits until they are there. *last: the stream ends
 * with them (they may be none). BULLA_E_AGAIN: the deadline, or stopped;
 * BULLA_E_LIMIT: they are not kept any more; what see has returned; _IO.
 */
BULLA_NODISCARD enum bulla_status flow_get(struct flow *f,
    const struct http *h, uint64_t at, struct bulla_cur *out, bool *last,
    struct bulla_err *err);
/* Of all of it, after *last. */
void flow_digest(const struct flow *f, uint8_t out[32]);

#endif
