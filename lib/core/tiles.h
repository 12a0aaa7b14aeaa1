#ifndef BULLA_CORE_TILES_H
#define BULLA_CORE_TILES_H

#include "bulla/merkle.h"
#include "bulla/tile.h"

#define TILES_DIR_MAX 4096u

/*
 * The tiles below a directory as the nodes of a tree of a given size; one
 * tile of each level is kept. Nothing here is verified: who reads nodes
 * compares what comes of them with a signed root.
 */
struct tiles {
	struct bulla_nodes nodes;	/* first: what get is called with */
	const char *dir;
	uint64_t size;
	bool have[BULLA_TILE_LEVELS];
	struct bulla_tile at[BULLA_TILE_LEVELS];
	struct bulla_hash h[BULLA_TILE_LEVELS][BULLA_TILE_WIDTH];
};
void tiles_init(struct tiles *t, const char *dir, uint64_t size);

/*
 * Append the bytes of a tile or bundle; when a partial one is missing, of the
 * full one that took its place: *full says so. BULLA_E_INCOMPLETE: neither.
 */
BULLA_NODISCARD enum bulla_status tile_read(const char *dir,
    const struct bulla_tile *tile, struct bulla_buf *out, bool *full,
    struct bulla_err *err);
/* tile->width hashes of a tile; BULLA_E_MISMATCH for a wrong length. */
BULLA_NODISCARD enum bulla_status tile_hashes(const char *dir,
    const struct bulla_tile *tile, struct bulla_hash *out,
    struct bulla_err *err);

#endif
