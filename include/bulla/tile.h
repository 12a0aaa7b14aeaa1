#ifndef BULLA_TILE_H
#define BULLA_TILE_H

#include <stdbool.h>
#include <stdint.h>

#include "bulla/checkpoint.h"

/*
 * Tiles (c2sp.org/tlog-tiles): a Merkle tree as static files. A tile of level
 * L holds up to 256 hashes of 32 bytes, each the root of a full tile of level
 * L - 1, or of one leaf at level 0. A bundle holds the entries of a tile of
 * level 0. A tile that is not full has its width in its name.
 */
#define BULLA_TILE_WIDTH 256u		/* hashes in a full tile */
#define BULLA_TILE_LEVELS 8u		/* more than any tree needs */
#define BULLA_TILE_ENTRIES 255u		/* the level of a bundle */
#define BULLA_ENTRY_MAX 65535u		/* bytes of an entry */
#define BULLA_TILE_PATH_MAX 64u		/* characters, with the NUL */

struct bulla_tile {
	unsigned level;		/* 0..7, or BULLA_TILE_ENTRIES */
	uint64_t index;
	unsigned width;		/* 1..256 */
};

/*
 * "tile/0/x001/067" or "tile/entries/000.p/5". A tile that cannot be (its
 * last leaf would be past BULLA_TREE_MAX) is a programmer error.
 */
void bulla_tile_path(const struct bulla_tile *t,
    char out[BULLA_TILE_PATH_MAX]);
/* False when it is not exactly what bulla_tile_path writes for some tile. */
BULLA_NODISCARD bool bulla_tile_parse(const struct bulla_cur *path,
    struct bulla_tile *out);
/* How wide the tile is in a tree of this size; 0: the tree has none. */
unsigned bulla_tile_width(uint64_t size, unsigned level, uint64_t index);

/* An entry in a bundle: two bytes of length, big-endian, then the bytes. */
void bulla_bundle_put(struct bulla_buf *b, const void *entry, size_t len);
BULLA_NODISCARD bool bulla_bundle_next(struct bulla_cur *bundle,
    struct bulla_cur *entry);
/* Exactly width entries and nothing behind them? BULLA_E_FORMAT if not. */
BULLA_NODISCARD enum bulla_status bulla_bundle_check(
    const struct bulla_cur *bundle, unsigned width, struct bulla_err *err);

#endif
