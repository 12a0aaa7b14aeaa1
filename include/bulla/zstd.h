#ifndef BULLA_ZSTD_H
#define BULLA_ZSTD_H

#include "bulla/io.h"
#include "bulla/tar.h"

/*
 * The optional compression of a package's plaintext: exactly one zstd frame
 * (RFC 8878), no skippable frames, a window of at most 128 MiB.
 */
#define BULLA_ZSTD_WINDOW_LOG 27	/* log2 of the largest window read */
#define BULLA_ZSTD_LEVEL 3

/* As a writer: what is written goes compressed to out. */
struct bulla_zstdw;
BULLA_NODISCARD enum bulla_status bulla_zstdw_new(struct bulla_writer *out,
    unsigned threads, struct bulla_zstdw **w, struct bulla_err *err);
BULLA_NODISCARD enum bulla_status bulla_zstdw_put(struct bulla_zstdw *w,
    const void *p, size_t n, struct bulla_err *err);
/* Ends the frame and passes on what is left of it. */
BULLA_NODISCARD enum bulla_status bulla_zstdw_end(struct bulla_zstdw *w,
    struct bulla_err *err);
void bulla_zstdw_free(struct bulla_zstdw *w);

/*
 * As a source of blocks: the plain bytes of what in hands out. BULLA_E_FORMAT
 * for what is not exactly one frame, BULLA_E_LIMIT for a larger window or
 * past max bytes (a bomb), BULLA_E_INCOMPLETE when the frame ends early.
 */
struct bulla_zstdr;
BULLA_NODISCARD enum bulla_status bulla_zstdr_new(struct bulla_blocks *in,
    uint64_t max, struct bulla_zstdr **r, struct bulla_err *err);
struct bulla_blocks *bulla_zstdr_blocks(struct bulla_zstdr *r);
void bulla_zstdr_free(struct bulla_zstdr *r);

#endif
