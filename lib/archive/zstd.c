#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "bulla/zstd.h"

#define OUT_SIZE 131072u	/* bytes handed on at a time */

struct bulla_zstdw {
	ZSTD_CCtx *ctx;
	struct bulla_writer *out;
	uint8_t buf[OUT_SIZE];
};

enum bulla_status
bulla_zstdw_new(struct bulla_writer *out, unsigned threads,
    struct bulla_zstdw **w, struct bulla_err *err)
{
	struct bulla_zstdw *z = calloc(1, sizeof(*z));

	if (z != NULL)
		z->ctx = ZSTD_createCCtx();
	if (z == NULL || z->ctx == NULL) {
		free(z);
		return bulla_fail(err, BULLA_E_NOMEM, "no memory for zstd");
	}
	z->out = out;
	(void)ZSTD_CCtx_setParameter(z->ctx, ZSTD_c_compressionLevel,
	    BULLA_ZSTD_LEVEL);
	(void)ZSTD_CCtx_setParameter(z->ctx, ZSTD_c_checksumFlag, 1);
	/* Refused by a libzstd without threads: then it works in one. */
	if (threads > 1)
		(void)ZSTD_CCtx_setParameter(z->ctx, ZSTD_c_nbWorkers,
		    (int)threads - 1);
	*w = z;
	return BULLA_OK;
}

static enum bulla_status
compress(struct bulla_zstdw *w, ZSTD_inBuffer *in, ZSTD_EndDirective how,
    size_t *left, struct bulla_err *err)
{
	ZSTD_outBuffer out = { w->buf, sizeof(w->buf), 0 };

	*left = ZSTD_compressStream2(w->ctx, &out, in, how);
	if (ZSTD_isError(*left))	/* nothing else can fail here */
		return bulla_fail(err, BULLA_E_NOMEM, "zstd: %s",
		    ZSTD_getErrorName(*left));
	if (out.pos == 0)
		return BULLA_OK;
	return w->out->write(w->out, w->buf, out.pos, err);
}

enum bulla_status
bulla_zstdw_put(struct bulla_zstdw *w, const void *p, size_t n,
    struct bulla_err *err)
{
	ZSTD_inBuffer in = { p, n, 0 };
	enum bulla_status st = BULLA_OK;
	size_t left;

	while (in.pos < in.size && st == BULLA_OK)
		st = compress(w, &in, ZSTD_e_continue, &left, err);
	return st;
}

enum bulla_status
bulla_zstdw_end(struct bulla_zstdw *w, struct bulla_err *err)
{
	ZSTD_inBuffer in = { NULL, 0, 0 };
	enum bulla_status st = BULLA_OK;
	size_t left = 1;

	while (left > 0 && st == BULLA_OK)
		st = compress(w, &in, ZSTD_e_end, &left, err);
	return st;
}

void
bulla_zstdw_free(struct bulla_zstdw *w)
{
	if (w == NULL)
		return;
	(void)ZSTD_freeCCtx(w->ctx);
	free(w);
}

struct bulla_zstdr {
	struct bulla_blocks b;
	struct bulla_blocks *src;
	ZSTD_DCtx *ctx;
	ZSTD_inBuffer in;
	uint64_t total, max;
	unsigned long long claim;	/* of the frame's header,
					 * if it has one */
	bool begun, ended;
	uint8_t buf[OUT_SIZE];
};

/* The frame's first four bytes; skippable frames have another number. */
static const uint8_t magic[] = { 0x28, 0xb5, 0x2f, 0xfd };

static enum bulla_status
fill(struct bulla_zstdr *r, struct bulla_err *err)
{
	const uint8_t *p = NULL;
	size_t n = 0;
	enum bulla_status st = r->src->next(r->src, &p, &n, err);

	if (st != BULLA_OK)
		return st;
	r->in = (ZSTD_inBuffer){ p, n, 0 };
	if (!r->begun && n > 0) {
		/* The first block is a whole chunk, or all there is. */
		if (n < sizeof(magic) || memcmp(p, magic, sizeof(magic)) != 0)
			return bulla_fail(err, BULLA_E_FORMAT, "the opening "
			    "note says zstd, the plaintext is none");
		r->begun = true;
		r->claim = ZSTD_getFrameContentSize(p, n);
	}
	return BULLA_OK;
}

/* What libzstd says of itself is no verdict on the frame. */
static enum bulla_status
status_of(size_t code)
{
	switch ((int)ZSTD_getErrorCode(code)) {
	case ZSTD_error_memory_allocation:
		return BULLA_E_NOMEM;
	case ZSTD_error_frameParameter_windowTooLarge:
		return BULLA_E_LIMIT;
	default:
		return BULLA_E_FORMAT;
	}
}

/* After the frame nothing may follow. */
static enum bulla_status
check_end(struct bulla_zstdr *r, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	if (r->in.pos == r->in.size)
		st = fill(r, err);
	if (st == BULLA_OK && r->in.size != r->in.pos)
		st = bulla_fail(err, BULLA_E_FORMAT,
		    "bytes after the end of the zstd frame");
	return st;
}

static enum bulla_status
next(struct bulla_blocks *b, const uint8_t **p, size_t *n,
    struct bulla_err *err)
{
	struct bulla_zstdr *r = (struct bulla_zstdr *)(void *)b;
	ZSTD_outBuffer out = { r->buf, sizeof(r->buf), 0 };
	enum bulla_status st;
	size_t left;

	while (!r->ended && out.pos == 0) {
		if (r->in.pos == r->in.size) {
			st = fill(r, err);
			if (st != BULLA_OK)
				return st;
			if (r->in.size == 0)
				return bulla_fail(err, BULLA_E_INCOMPLETE,
				    "the zstd frame ends early");
		}
		left = ZSTD_decompressStream(r->ctx, &out, &r->in);
		if (ZSTD_isError(left))
			return bulla_fail(err, status_of(left), "zstd: %s",
			    ZSTD_getErrorName(left));
		r->ended = left == 0;
		if (r->ended) {
			st = check_end(r, err);
			if (st != BULLA_OK)
				return st;
		}
	}
	if (out.pos > r->max - r->total)
		return bulla_fail(err, BULLA_E_LIMIT, "decompresses to more "
		    "than %llu bytes: see --max-plain",
		    (unsigned long long)r->max);
	r->total += out.pos;
	/* libzstd sees this only when it has the whole frame at once. */
	if (r->ended && r->claim < ZSTD_CONTENTSIZE_ERROR &&
	    r->claim != r->total)
		return bulla_fail(err, BULLA_E_FORMAT, "the zstd frame is not "
		    "as long as it says");
	*p = r->buf;
	*n = out.pos;
	return BULLA_OK;
}

enum bulla_status
bulla_zstdr_new(struct bulla_blocks *in, uint64_t max,
    struct bulla_zstdr **r, struct bulla_err *err)
{
	struct bulla_zstdr *z = calloc(1, sizeof(*z));

	if (z != NULL)
		z->ctx = ZSTD_createDCtx();
	if (z == NULL || z->ctx == NULL) {
		free(z);
		return bulla_fail(err, BULLA_E_NOMEM, "no memory for zstd");
	}
	(void)ZSTD_DCtx_setParameter(z->ctx, ZSTD_d_windowLogMax,
	    BULLA_ZSTD_WINDOW_LOG);
	z->b.next = next;
	z->src = in;
	z->max = max;
	*r = z;
	return BULLA_OK;
}

struct bulla_blocks *
bulla_zstdr_blocks(struct bulla_zstdr *r)
{
	return &r->b;
}

void
bulla_zstdr_free(struct bulla_zstdr *r)
{
	if (r == NULL)
		return;
	(void)ZSTD_freeDCtx(r->ctx);
	free(r);
}
