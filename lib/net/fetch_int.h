#ifndef BULLA_NET_FETCH_INT_H
#define BULLA_NET_FETCH_INT_H

#include "http.h"

#include "bulla/fetch.h"
#include "bulla/file.h"

#define TAG_MAX 512u		/* bytes of an ETag, with its quotes */
#define DATE_MAX 64u		/* of an HTTP date */
#define HEAD_MAX 65536u		/* of all header fields of an answer */

/* What the part is a part of: that of FILE.part.info. */
struct object {
	char url[HTTP_URL_MAX];
	char etag[TAG_MAX];	/* strong, or "" */
	char modified[DATE_MAX];	/* Last-Modified if it will do, or "" */
	bool has_size;
	uint64_t size;
};
/* If-Range: what the server knows this version by, or "". */
const char *object_version(const struct object *o);

/*
 * fetch_head.c: the header fields of an answer, and what they mean for us.
 * Without I/O.
 */
struct head {
	unsigned status;
	size_t bytes;		/* seen so far */
	bool has_length, has_range, has_total;
	uint64_t length;	/* Content-Length */
	/* Content-Range; of a 416 only the total is there */
	uint64_t first, last, total;
	char etag[TAG_MAX], modified[DATE_MAX], date[DATE_MAX];
	char location[HTTP_URL_MAX];
	bool weak;		/* an ETag that is no use to us */
	bool encoded, chunked, many;
};
/* One line without its CRLF; a status line begins anew. BULLA_E_REFUSED. */
BULLA_NODISCARD enum bulla_status head_line(struct head *h,
    const struct bulla_cur *line, struct bulla_err *err);

enum verdict {
	V_TEXT,		/* no object: an error's text */
	V_ALL,		/* the body is the object from its beginning */
	V_REST,		/* the body goes on where the part ends */
	V_WHOLE,	/* the part is all there is */
};
struct asked {
	const struct object *object;	/* what the part is of */
	uint64_t at;			/* its length; the range begins here */
	bool range;			/* there was one, with If-Range */
};
struct judgement {
	enum verdict verdict;
	bool has_size;
	uint64_t size;		/* of the object, by this answer */
	uint64_t end;		/* where the body ends, or UINT64_MAX */
	const char *why;	/* V_ALL begins again, or NULL */
};
/*
 * BULLA_E_REFUSED: of no use, for good. BULLA_E_AGAIN: the part is of no use,
 * start again without a range.
 */
BULLA_NODISCARD enum bulla_status head_judge(const struct head *h,
    const struct asked *q, struct judgement *out, struct bulla_err *err);
/* The version that this answer is of. */
void head_object(const struct head *h, struct object *o);

/* fetch_part.c: the quarantine. */
struct bulla_fetch_part {
	struct bulla_outfile file;
	char *info;		/* path of FILE.part.info; heap */
	struct object object;
	uint64_t at;		/* bytes there */
	uint64_t durable;	/* of them, after a crash of the machine */
	int64_t synced;		/* when */
};
/* What is there and cannot be used is said to the watch, and cut off. */
BULLA_NODISCARD enum bulla_status part_open(struct bulla_fetch_part *p,
    const struct bulla_fetch_config *c, const char *url,
    struct bulla_err *err);
/* Empty it; from now on it is a part of o. */
BULLA_NODISCARD enum bulla_status part_restart(struct bulla_fetch_part *p,
    const struct object *o, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status part_put(struct bulla_fetch_part *p,
    const void *data, size_t len, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status part_sync(struct bulla_fetch_part *p,
    struct bulla_err *err);
/* drop: it is removed. */
void part_close(struct bulla_fetch_part *p, bool drop);

/* fetch_get.c: one request. */
struct get {
	struct http *http;
	const struct bulla_fetch_config *c;
	struct bulla_fetch_part *part;
	struct http_resp a;	/* for messages: status, body, retry_after */
	struct head head;
	bool judged;		/* the header is complete */
	bool enough;		/* the rest of the body is not wanted */
	bool slow;		/* given up for its rate */
	/* over all requests: was the part emptied; what of it was joined */
	bool restarted, joined;
	struct judgement j;
	uint64_t arrived;	/* over all requests */
	/* of this request */
	struct asked asked;
	enum bulla_status st;
	struct bulla_err *err;
	int64_t window;		/* when the bytes were last counted */
	uint64_t in_window;
};
/*
 * BULLA_OK: part->at is where it should be, the part may be all there is; or
 * V_TEXT, and a is the answer. Otherwise as http_do, and as head_judge.
 */
BULLA_NODISCARD enum bulla_status get_do(struct get *g,
    struct bulla_err *err);

#endif
