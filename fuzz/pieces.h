#ifndef FUZZ_PIECES_H
#define FUZZ_PIECES_H

#include <stdlib.h>
#include <string.h>

#include "bulla/tar.h"

/* Pieces of memory of their own, so that a stale pointer is seen. */
struct pieces {
	struct bulla_blocks b;
	const uint8_t *p;
	size_t n, size;
	uint8_t *now;
};

static inline enum bulla_status
pieces_next(struct bulla_blocks *b, const uint8_t **p, size_t *n,
    struct bulla_err *err)
{
	struct pieces *s = (struct pieces *)b;
	size_t len = s->n < s->size ? s->n : s->size;

	(void)err;
	free(s->now);
	s->now = malloc(len + 1);
	if (s->now == NULL)
		abort();
	if (len > 0)
		memcpy(s->now, s->p, len);
	s->p += len;
	s->n -= len;
	*p = s->now;
	*n = len;
	return BULLA_OK;
}

#endif
