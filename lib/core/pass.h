#ifndef BULLA_CORE_PASS_H
#define BULLA_CORE_PASS_H

#include "bulla/ring.h"
#include "bulla/tar.h"
#include "core/pkg_int.h"

/*
 * One pass over a package's segments: each is read whole into a slot, hashed
 * and, when keys are set, decrypted where it lies. Segments are independent
 * of each other, so every stage but the reading runs on all cores.
 */
struct pass {
	struct pkgr r;
	unsigned threads;
	const struct bulla_secret *payload_key;	/* NULL: only verify */
	/* Digests that an earlier pass proved: bytes that differ now are
	 * refused before anything is decrypted. NULL: none yet. */
	const struct bulla_buf *proved;
	struct bulla_progress progress;

	struct bulla_buf digests;	/* in order, 00000000.age first */
	struct bulla_ring *ring;
	struct bulla_sha256 *hash[BULLA_RING_THREADS_MAX];
	struct bulla_sha256x2 *pair[BULLA_RING_THREADS_MAX];
	struct bulla_aead *aead[BULLA_RING_THREADS_MAX];
	/* As a source of blocks: one decrypted chunk at a time. */
	struct bulla_blocks blocks;
	struct bulla_slot *slot;
	size_t at;			/* of the next chunk in slot */
	bool ended;			/* the last slot was used up */
};

void pass_init(struct pass *p, int fd, unsigned threads);
/* After pkgr_head and the checks: start reading segments. */
BULLA_NODISCARD enum bulla_status pass_begin(struct pass *p,
    struct bulla_err *err);
/* Verify only, from a pipe: take all segments. */
BULLA_NODISCARD enum bulla_status pass_run(struct pass *p,
    struct bulla_err *err);
/* Verify only, from what can seek: instead of pass_begin and pass_run. */
BULLA_NODISCARD enum bulla_status pass_scan(struct pass *p,
    struct bulla_err *err);
/* Between pass.c and scan.c: the digest of data/00000000.age. */
void pass_note_head(struct pass *p);
/* The plaintext chunk by chunk; for struct bulla_bagin. */
struct bulla_blocks *pass_blocks(struct pass *p);
/* The ring is gone; then the manifest and what follows it. */
BULLA_NODISCARD enum bulla_status pass_end(struct pass *p,
    uint8_t manifest[BULLA_SHA256_LEN], struct bulla_err *err);
void pass_free(struct pass *p);

#endif
