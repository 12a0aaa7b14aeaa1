#include <stdio.h>

#include "bulla/num.h"
#include "bulla/tile.h"

#define DIGITS 3u	/* of each part of an index */
#define INDEX_PARTS 7u	/* 1000^7 is more than any index */

static unsigned
leaf_bits(unsigned level)
{
	BULLA_CHECK(level < BULLA_TILE_LEVELS || level == BULLA_TILE_ENTRIES);
	return level == BULLA_TILE_ENTRIES ? 0 : 8 * level;
}

/* Can a tree of at most BULLA_TREE_MAX leaves have this tile? */
static bool
possible(const struct bulla_tile *t)
{
	if (t->level >= BULLA_TILE_LEVELS && t->level != BULLA_TILE_ENTRIES)
		return false;
	return t->width >= 1 && t->width <= bulla_tile_width(BULLA_TREE_MAX,
	    t->level, t->index);
}

unsigned
bulla_tile_width(uint64_t size, unsigned level, uint64_t index)
{
	uint64_t hashes = size >> leaf_bits(level);

	if (index > hashes / BULLA_TILE_WIDTH)
		return 0;
	hashes -= index * BULLA_TILE_WIDTH;
	return hashes < BULLA_TILE_WIDTH ? (unsigned)hashes :
	    BULLA_TILE_WIDTH;
}

void
bulla_tile_path(const struct bulla_tile *t, char out[BULLA_TILE_PATH_MAX])
{
	unsigned part[INDEX_PARTS];
	uint64_t left = t->index;
	size_t n = 0, cap = BULLA_TILE_PATH_MAX, len;

	BULLA_CHECK(possible(t));
	do {
		part[n++] = (unsigned)(left % 1000);
		left /= 1000;
	} while (left > 0);
	if (t->level == BULLA_TILE_ENTRIES)
		len = (size_t)snprintf(out, cap, "tile/entries");
	else
		len = (size_t)snprintf(out, cap, "tile/%u", t->level);
	while (n-- > 0)
		len += (size_t)snprintf(out + len, cap - len, "/%s%03u",
		    n > 0 ? "x" : "", part[n]);
	if (t->width < BULLA_TILE_WIDTH)
		len += (size_t)snprintf(out + len, cap - len, ".p/%u",
		    t->width);
	BULLA_CHECK(len < cap);
}

/* "067", "x001/x234/067": three digits a part. */
static bool
take_index(struct bulla_cur *c, uint64_t *out)
{
	uint64_t index = 0;
	bool more;

	for (unsigned parts = 0; parts < INDEX_PARTS; parts++) {
		struct bulla_cur part;

		more = bulla_cur_eat_str(c, "x");
		if (!bulla_cur_take(c, DIGITS, &part))
			return false;
		for (size_t i = 0; i < DIGITS; i++) {
			if (part.p[i] < '0' || part.p[i] > '9')
				return false;
			if (!bulla_mul_u64(index, 10, &index) ||
			    !bulla_add_u64(index, part.p[i] - '0', &index))
				return false;
		}
		if (!more) {
			*out = index;
			return true;
		}
		if (!bulla_cur_eat_str(c, "/"))
			return false;
	}
	return false;
}

bool
bulla_tile_parse(const struct bulla_cur *path, struct bulla_tile *out)
{
	struct bulla_tile t = { .width = BULLA_TILE_WIDTH };
	struct bulla_cur c = *path, again;
	char text[BULLA_TILE_PATH_MAX];
	uint64_t v;

	if (!bulla_cur_eat_str(&c, "tile/"))
		return false;
	if (bulla_cur_eat_str(&c, "entries/")) {
		t.level = BULLA_TILE_ENTRIES;
	} else {
		struct bulla_cur level;

		if (!bulla_cur_until(&c, '/', &level) ||
		    !bulla_num_u64(&level, BULLA_TILE_LEVELS - 1, &v))
			return false;
		t.level = (unsigned)v;
	}
	if (!take_index(&c, &t.index))
		return false;
	if (bulla_cur_eat_str(&c, ".p/")) {
		if (!bulla_num_u64(&c, BULLA_TILE_WIDTH - 1, &v) || v == 0)
			return false;
		t.width = (unsigned)v;
	} else if (!bulla_cur_done(&c)) {
		return false;
	}
	if (!possible(&t))
		return false;
	/* "x000/005" is another way to write 005: one form only */
	bulla_tile_path(&t, text);
	again = bulla_cur_str(text);
	if (!bulla_cur_same(&again, path))
		return false;
	*out = t;
	return true;
}

void
bulla_bundle_put(struct bulla_buf *b, const void *entry, size_t len)
{
	BULLA_CHECK(len <= BULLA_ENTRY_MAX);
	bulla_buf_u16(b, (uint16_t)len);
	bulla_buf_put(b, entry, len);
}

bool
bulla_bundle_next(struct bulla_cur *bundle, struct bulla_cur *entry)
{
	struct bulla_cur c = *bundle;
	uint16_t len;

	if (!bulla_cur_u16(&c, &len) || !bulla_cur_take(&c, len, entry))
		return false;
	*bundle = c;
	return true;
}

enum bulla_status
bulla_bundle_check(const struct bulla_cur *bundle, unsigned width,
    struct bulla_err *err)
{
	struct bulla_cur c = *bundle, entry;

	for (unsigned i = 0; i < width; i++) {
		if (!bulla_bundle_next(&c, &entry))
			return bulla_fail(err, BULLA_E_FORMAT, "bundle: ends "
			    "in entry %u of %u", i + 1, width);
	}
	if (!bulla_cur_done(&c))
		return bulla_fail(err, BULLA_E_FORMAT, "bundle: more than "
		    "its %u entries", width);
	return BULLA_OK;
}
