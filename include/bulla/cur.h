#ifndef BULLA_CUR_H
#define BULLA_CUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/err.h"

/*
 * bulla_cur: a read-only window on bytes that somebody else owns. Every byte
 * of input is looked at through one of these.
 *
 * A getter returns true and advances, or returns false and leaves both the
 * window and *out as they were. No getter allocates. A window taken from
 * another points into the same bytes and must not outlive them. The bytes
 * are counted: they are never a C string.
 */
struct bulla_cur {
	const uint8_t *p;
	size_t len;	/* bytes left */
	size_t off;	/* bytes before p since the start, for messages */
};

struct bulla_cur bulla_cur_of(const void *data, size_t len);
struct bulla_cur bulla_cur_str(const char *s);

/* The next n bytes as a window of their own; its off goes on from c's. */
BULLA_NODISCARD bool bulla_cur_take(struct bulla_cur *c, size_t n,
    struct bulla_cur *out);
BULLA_NODISCARD bool bulla_cur_copy(struct bulla_cur *c, void *out, size_t n);
BULLA_NODISCARD bool bulla_cur_u8(struct bulla_cur *c, uint8_t *out);
BULLA_NODISCARD bool bulla_cur_u16(struct bulla_cur *c, uint16_t *out);
BULLA_NODISCARD bool bulla_cur_u32(struct bulla_cur *c, uint32_t *out);
BULLA_NODISCARD bool bulla_cur_u64(struct bulla_cur *c, uint64_t *out);

/* Everything before the next byte b; b itself is consumed, not returned. */
BULLA_NODISCARD bool bulla_cur_until(struct bulla_cur *c, uint8_t b,
    struct bulla_cur *out);
/* A line: everything before the next LF. False when there is no LF. */
BULLA_NODISCARD bool bulla_cur_line(struct bulla_cur *c,
    struct bulla_cur *out);
/* Consume exactly these bytes, or nothing. */
BULLA_NODISCARD bool bulla_cur_eat(struct bulla_cur *c, const void *lit,
    size_t n);
BULLA_NODISCARD bool bulla_cur_eat_str(struct bulla_cur *c, const char *lit);

/* Comparisons consume nothing and are not constant-time. */
bool bulla_cur_done(const struct bulla_cur *c);
bool bulla_cur_is(const struct bulla_cur *c, const char *s);
bool bulla_cur_starts(const struct bulla_cur *c, const char *s);
bool bulla_cur_same(const struct bulla_cur *a, const struct bulla_cur *b);
/* memcmp order, shorter first when one is the beginning of the other. */
int bulla_cur_cmp(const struct bulla_cur *a, const struct bulla_cur *b);

#endif
