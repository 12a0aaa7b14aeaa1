#ifndef BULLA_CORE_SEAL_INT_H
#define BULLA_CORE_SEAL_INT_H

#include "bulla/bagin.h"
#include "core/feed.h"
#include "core/pack_int.h"
#include "core/pkg_int.h"

/* What one run of bulla_seal_run keeps. */
struct sealer {
	const struct bulla_seal *s;
	struct bulla_opening opening;
	char sealer_text[BULLA_SEALERS_MAX][BULLA_VKEY_MAX];
	char id[BULLA_ID_LEN + 1];
	uint8_t opening_digest[BULLA_SHA256_LEN];
	struct bulla_buf opening_note, closing_note, age0;
	struct bulla_secret payload_key;
	struct bulla_aead *aead[BULLA_RING_THREADS_MAX];
	struct pkgw w;
	struct packer k;	/* when s->pack is set */
	struct bulla_sha256x2 *pair;	/* files and segments in step;
					 * or NULL */
};

/* Keys, age header, opening note; nothing is written yet. */
BULLA_NODISCARD enum bulla_status sealer_begin(struct sealer *r,
    struct bulla_err *err);
/* The plaintext, through the ring, into segments. */
BULLA_NODISCARD enum bulla_status sealer_payload(struct sealer *r,
    struct bulla_sealed *out, struct bulla_err *err);
/* Two of its ways: the packer's tar compressed, and a bag tar from a pipe. */
BULLA_NODISCARD enum bulla_status sealer_squeeze(struct sealer *r,
    struct bulla_ring *ring, const struct bulla_cur *first,
    struct bulla_err *err);
BULLA_NODISCARD enum bulla_status sealer_pipe(struct sealer *r,
    struct bulla_ring *ring, const struct bulla_cur *first,
    struct bulla_bagin_result *bag, struct bulla_err *err);

#endif
