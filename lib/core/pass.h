#ifndef BULLA_CORE_PASS_H
#define BULLA_CORE_PASS_H

#include "bulla/ring.h"
#include "bulla/tar.h"
#include "core/marks.h"
#include "core/pkg_int.h"

/*
 * One pass over a package's segments: each is read whole into a slot, hashed
 * and, when keys are set, decrypted where it lies. Segments are independent
 * of each other, so every stage but the reading runs on all cores. Of a file
 * that can seek there may be two passes instead: pass_scan, which only
 * hashes, and pass_again, which only decrypts what the first one saw.
 */
struct pass {
	struct pkgr r;
	unsigned threads;
	const struct bulla_secret *payload_key;	/* NULL: only verify */
	struct marks *marks;	/* pass_scan: make them; or NULL */
	/* pass_again: bytes that an earlier pass marked, and no others. */
	const struct marks *known;
	struct bulla_progress progress;

	struct bulla_buf digests;	/* in order, 00000000.age first */
	struct bulla_ring *ring;
	struct bulla_sha256 *hash[BULLA_RING_THREADS_MAX];
	struct bulla_sha256x2 *pair[BULLA_RING_THREADS_MAX];
	struct bulla_mac *mac[BULLA_RING_THREADS_MAX][2];
	struct bulla_aead *aead[BULLA_RING_THREADS_MAX];
	size_t slot_size;		/* bytes of all slots but the last */
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
/* Between pass.c and again.c: each chunk's plaintext takes the place of its
 * ciphertext. */
BULLA_NODISCARD enum bulla_status pass_decrypt(struct pass *p,
    struct bulla_slot *s, unsigned worker, struct bulla_err *err);
/* Decrypt what is known: instead of pass_begin, and without pkgr_head. */
BULLA_NODISCARD enum bulla_status pass_again(struct pass *p,
    struct bulla_err *err);
/* The plaintext chunk by chunk; for struct bulla_bagin. */
struct bulla_blocks *pass_blocks(struct pass *p);
/* The ring is gone; then the manifest and what follows it. */
BULLA_NODISCARD enum bulla_status pass_end(struct pass *p,
    uint8_t manifest[BULLA_SHA256_LEN], struct bulla_err *err);
void pass_free(struct pass *p);

#endif
