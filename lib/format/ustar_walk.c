#include <string.h>

#include "bulla/ustar.h"

static bool
is_zero(const uint8_t block[BULLA_USTAR_BLOCK])
{
	static const uint8_t zero[BULLA_USTAR_BLOCK];

	return memcmp(block, zero, sizeof(zero)) == 0;
}

/* A whole block stands where a header or the end has to be. */
static enum bulla_status
block_in(struct bulla_ustar_walk *w, struct bulla_err *err)
{
	enum bulla_status st;

	w->have = 0;
	if (w->n_members > 0 && is_zero(w->block)) {
		w->trailer += BULLA_USTAR_BLOCK;
		if (w->trailer <= BULLA_USTAR_TRAILER)
			return BULLA_OK;
	}
	if (w->trailer > 0)
		return bulla_fail(err, BULLA_E_FORMAT,
		    "tar: something stands behind its end");
	st = bulla_ustar_parse(w->block, &w->last, err);
	if (st != BULLA_OK)
		return st;
	if (w->n_members++ == 0)
		w->first = w->last;
	w->skip = w->last.size + bulla_ustar_padding(w->last.size);
	return BULLA_OK;
}

enum bulla_status
bulla_ustar_walk(struct bulla_ustar_walk *w, const void *data, size_t n,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	const uint8_t *p = data;
	size_t some;

	while (n > 0 && st == BULLA_OK) {
		if (w->skip > 0) {
			some = n < w->skip ? n : (size_t)w->skip;
			w->skip -= some;
		} else {
			some = BULLA_USTAR_BLOCK - w->have;
			some = n < some ? n : some;
			memcpy(w->block + w->have, p, some);
			w->have += some;
			if (w->have == BULLA_USTAR_BLOCK)
				st = block_in(w, err);
		}
		p += some;
		n -= some;
	}
	return st;
}

bool
bulla_ustar_walked(const struct bulla_ustar_walk *w)
{
	return w->trailer == BULLA_USTAR_TRAILER && w->have == 0;
}
