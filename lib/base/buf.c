#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/buf.h"

#define FIRST_CAP 64u	/* bytes */

/*
 * Make room for n more bytes and for the NUL of bulla_buf_cstr, so that the
 * latter is always there to be had. Never realloc: it would leave the old
 * bytes behind, unwiped.
 */
static bool
grow(struct bulla_buf *b, size_t n)
{
	size_t top, need, cap;
	uint8_t *p;

	if (b->st != BULLA_OK)
		return false;
	if (n > b->max - b->len || b->len + n == SIZE_MAX) {
		b->st = BULLA_E_LIMIT;
		return false;
	}
	need = b->len + n + 1;
	if (need <= b->cap)
		return true;
	top = b->max < SIZE_MAX ? b->max + 1 : SIZE_MAX;
	cap = b->cap > FIRST_CAP ? b->cap : FIRST_CAP;
	while (cap < need)
		cap = cap > top / 2 ? top : cap * 2;
	if (cap > top)
		cap = top;
	p = malloc(cap);
	if (p == NULL) {
		b->st = BULLA_E_NOMEM;
		return false;
	}
	if (b->len > 0)
		memcpy(p, b->p, b->len);
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	free(b->p);
	b->p = p;
	b->cap = cap;
	return true;
}

void
bulla_buf_put(struct bulla_buf *b, const void *src, size_t n)
{
	if (n == 0 || !grow(b, n))
		return;
	memcpy(b->p + b->len, src, n);
	b->len += n;
}

void
bulla_buf_cur(struct bulla_buf *b, const struct bulla_cur *c)
{
	bulla_buf_put(b, c->p, c->len);
}

void
bulla_buf_str(struct bulla_buf *b, const char *s)
{
	bulla_buf_put(b, s, strlen(s));
}

/* The low n bytes of v, most significant first. */
static void
put_be(struct bulla_buf *b, uint64_t v, size_t n)
{
	uint8_t be[sizeof(v)];

	for (size_t i = 0; i < n; i++)
		be[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	bulla_buf_put(b, be, n);
}

void
bulla_buf_u8(struct bulla_buf *b, uint8_t v)
{
	put_be(b, v, sizeof(v));
}

void
bulla_buf_u16(struct bulla_buf *b, uint16_t v)
{
	put_be(b, v, sizeof(v));
}

void
bulla_buf_u32(struct bulla_buf *b, uint32_t v)
{
	put_be(b, v, sizeof(v));
}

void
bulla_buf_u64(struct bulla_buf *b, uint64_t v)
{
	put_be(b, v, sizeof(v));
}

void
bulla_buf_dec(struct bulla_buf *b, uint64_t v)
{
	char digits[20];	/* UINT64_MAX has 20 */
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	bulla_buf_put(b, digits + at, sizeof(digits) - at);
}

void
bulla_buf_fmt(struct bulla_buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	BULLA_CHECK(n >= 0);	/* a conversion that cannot be written */
	if (!grow(b, (size_t)n))
		return;
	va_start(ap, fmt);
	(void)vsnprintf((char *)b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

struct bulla_cur
bulla_buf_view(const struct bulla_buf *b)
{
	return bulla_cur_of(b->p, b->len);
}

const char *
bulla_buf_cstr(struct bulla_buf *b)
{
	if (!grow(b, 0))
		return NULL;
	b->p[b->len] = '\0';
	return (const char *)b->p;
}

void
bulla_buf_reset(struct bulla_buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	b->len = 0;
	b->st = BULLA_OK;
}

enum bulla_status
bulla_buf_status(const struct bulla_buf *b)
{
	return b->st;
}

void
bulla_buf_free(struct bulla_buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	free(b->p);
	*b = (struct bulla_buf){ .max = b->max };
}
