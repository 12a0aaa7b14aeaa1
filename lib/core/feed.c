#include <string.h>

#include "core/feed.h"

enum bulla_status
feed_room(struct feed *f, uint8_t **p, size_t *n, bool *fresh,
    struct bulla_err *err)
{
	bool full = f->slot == NULL || f->slot->in_len == f->cap;
	enum bulla_status st = BULLA_OK;

	if (full) {
		if (f->slot != NULL)
			bulla_ring_put(f->ring, f->slot);
		f->slot = NULL;
		st = bulla_ring_get(f->ring, &f->slot, err);
	}
	if (st != BULLA_OK)
		return st;
	if (fresh != NULL)
		*fresh = full;
	*p = f->slot->in + f->slot->in_len;
	*n = f->cap - f->slot->in_len;
	return BULLA_OK;
}

void
feed_took(struct feed *f, size_t n)
{
	BULLA_CHECK(n <= f->cap - f->slot->in_len);
	f->slot->in_len += n;
	f->total += n;
}

enum bulla_status
feed_put(struct feed *f, const void *p, size_t n, struct bulla_err *err)
{
	const uint8_t *from = p;
	enum bulla_status st;
	uint8_t *to;
	size_t room;

	while (n > 0) {
		st = feed_room(f, &to, &room, NULL, err);
		if (st != BULLA_OK)
			return st;
		if (room > n)
			room = n;
		memcpy(to, from, room);
		feed_took(f, room);
		from += room;
		n -= room;
	}
	return BULLA_OK;
}

void
feed_end(struct feed *f)
{
	BULLA_CHECK(f->slot != NULL && f->slot->in_len > 0);
	f->slot->last = true;
	bulla_ring_put(f->ring, f->slot);
	f->slot = NULL;
}
