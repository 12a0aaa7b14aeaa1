#include "core/marks.h"

_Static_assert(BULLA_SEGMENT_SIZE % MARK_SIZE == 0 &&
    BULLA_SEGMENT_SIZE % BULLA_USTAR_BLOCK == 0, "whole stretches, no padding");

enum bulla_status
marks_init(struct marks *m, struct bulla_err *err)
{
	enum bulla_status st;

	*m = (struct marks){ .tags = BULLA_BUF_INIT(BULLA_SEGMENTS_MAX *
	    (size_t)MARKS_IN_SEGMENT * BULLA_MAC_TAG) };
	st = bulla_secret_new(&m->key, BULLA_MAC_KEY, err);
	if (st == BULLA_OK)
		bulla_random(m->key.p, m->key.len);
	return st;
}

void
marks_free(struct marks *m)
{
	bulla_secret_free(&m->key);
	bulla_buf_free(&m->tags);
}

void
marks_place(const struct marks *m, uint64_t index, uint64_t *off, size_t *n)
{
	uint64_t at = index * MARK_SIZE;

	*off = m->first + at +
	    index / MARKS_IN_SEGMENT * (uint64_t)BULLA_USTAR_BLOCK;
	*n = 0;
	if (at < m->size)
		*n = m->size - at < MARK_SIZE ? (size_t)(m->size - at) :
		    MARK_SIZE;
}

bool
marks_know(const struct marks *m, struct bulla_mac *mac, uint64_t index,
    const void *p, size_t n)
{
	uint8_t tag[BULLA_MAC_TAG];

	if (index >= m->tags.len / BULLA_MAC_TAG)
		return false;
	bulla_mac_begin_nth(mac, m->key.p, index);
	bulla_mac_update(mac, p, n);
	bulla_mac_final(mac, tag);
	return bulla_secret_eq(m->tags.p + (size_t)index * BULLA_MAC_TAG,
	    sizeof(tag), tag, sizeof(tag));
}
