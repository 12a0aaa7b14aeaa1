#include <stdlib.h>
#include <string.h>

#include "bulla/tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
as_path(const struct bulla_cur *c)
{
	char text[BULLA_TILE_PATH_MAX];
	struct bulla_tile t;

	if (!bulla_tile_parse(c, &t))
		return;
	bulla_tile_path(&t, text);
	if (!bulla_cur_is(c, text))
		abort();
}

static void
as_bundle(const struct bulla_cur *c)
{
	struct bulla_buf b = BULLA_BUF_INIT(SIZE_MAX / 2);
	struct bulla_cur left = *c, entry;
	unsigned n = 0;

	while (n < BULLA_TILE_WIDTH && bulla_bundle_next(&left, &entry)) {
		bulla_bundle_put(&b, entry.p, entry.len);
		n++;
	}
	if ((bulla_bundle_check(c, n, NULL) == BULLA_OK) !=
	    (left.len == 0) || b.len + left.len != c->len ||
	    (b.len > 0 && memcmp(b.p, c->p, b.len) != 0))
		abort();
	bulla_buf_free(&b);
}

/* A path and a bundle of entries each have one form. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_cur c = bulla_cur_of(data, len);

	as_path(&c);
	as_bundle(&c);
	return 0;
}
