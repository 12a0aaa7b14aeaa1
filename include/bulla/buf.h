#ifndef BULLA_BUF_H
#define BULLA_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "bulla/cur.h"
#include "bulla/err.h"

/*
 * bulla_buf: bytes being built, up to a stated maximum. The first failure
 * sticks: later calls do nothing and bulla_buf_status reports it, so that an
 * encoder is checked once, at its end. Memory is wiped when it moves and when
 * it is freed, but it is ordinary memory: long-lived secrets belong into
 * struct bulla_secret. What is put must not lie in the buffer itself.
 */
struct bulla_buf {
	uint8_t *p;
	size_t len, cap;
	size_t max;		/* bytes; set by BULLA_BUF_INIT */
	enum bulla_status st;	/* BULLA_OK, BULLA_E_LIMIT or BULLA_E_NOMEM */
};
#define BULLA_BUF_INIT(limit) { .max = (limit) }

void bulla_buf_put(struct bulla_buf *b, const void *src, size_t n);
void bulla_buf_cur(struct bulla_buf *b, const struct bulla_cur *c);
void bulla_buf_str(struct bulla_buf *b, const char *s);
void bulla_buf_u8(struct bulla_buf *b, uint8_t v);
void bulla_buf_u16(struct bulla_buf *b, uint16_t v);	/* big-endian */
void bulla_buf_u32(struct bulla_buf *b, uint32_t v);
void bulla_buf_u64(struct bulla_buf *b, uint64_t v);
void bulla_buf_dec(struct bulla_buf *b, uint64_t v);	/* decimal digits */
void bulla_buf_fmt(struct bulla_buf *b, const char *fmt, ...)
    BULLA_PRINTF(2, 3);

/* A window on what has been built; valid until the next put or free. */
struct bulla_cur bulla_buf_view(const struct bulla_buf *b);
/* Append a NUL that len does not count and return the text; NULL on failure. */
const char *bulla_buf_cstr(struct bulla_buf *b);
/* Forget the contents (wiped), keep the memory, clear the status. */
void bulla_buf_reset(struct bulla_buf *b);
BULLA_NODISCARD enum bulla_status bulla_buf_status(const struct bulla_buf *b);
void bulla_buf_free(struct bulla_buf *b);

#endif
