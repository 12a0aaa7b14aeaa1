#ifndef TEST_DRIP_H
#define TEST_DRIP_H

#include <stdbool.h>

#include "bulla/io.h"

/* A reader that gives at most piece bytes at a time. */
struct drip {
	struct bulla_reader r;
	struct bulla_cur c;
	size_t piece;
	bool fail;		/* at the end, instead of ending */
};

static inline enum bulla_status
drip_read(struct bulla_reader *r, void *buf, size_t cap, size_t *n,
    struct bulla_err *err)
{
	struct drip *d = (struct drip *)r;
	size_t k = d->piece < cap ? d->piece : cap;

	if (d->c.len == 0 && d->fail)
		return bulla_fail(err, BULLA_E_IO, "the disk is gone");
	if (k > d->c.len)
		k = d->c.len;
	*n = bulla_cur_copy(&d->c, buf, k) ? k : 0;
	return BULLA_OK;
}

#endif
