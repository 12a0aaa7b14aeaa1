#include "core/age_int.h"

/* c2sp.org/age, "Payload": 11 bytes of counter, one of "last" flag. */
static void
chunk_nonce(uint64_t index, bool last, uint8_t nonce[BULLA_AEAD_NONCE])
{
	/* 2^64 chunks are 10^24 bytes: the upper three bytes stay zero. */
	nonce[0] = nonce[1] = nonce[2] = 0;
	for (unsigned i = 0; i < 8; i++)
		nonce[3 + i] = (uint8_t)(index >> (56 - 8 * i));
	nonce[11] = last ? 1 : 0;
}

enum bulla_status
bulla_age_chunk_seal(struct bulla_aead *a, uint64_t index, bool last,
    const void *in, size_t n, void *out, struct bulla_err *err)
{
	uint8_t nonce[BULLA_AEAD_NONCE];

	BULLA_CHECK(n <= BULLA_AGE_CHUNK);
	chunk_nonce(index, last, nonce);
	return bulla_aead_seal(a, nonce, in, n, out, err);
}

enum bulla_status
bulla_age_chunk_open(struct bulla_aead *a, uint64_t index, bool last,
    const void *in, size_t n, void *out, struct bulla_err *err)
{
	uint8_t nonce[BULLA_AEAD_NONCE];

	BULLA_CHECK(n <= BULLA_AGE_CHUNK_ENC);
	if (n < BULLA_AEAD_TAG)
		return bulla_fail(err, BULLA_E_MISMATCH,
		    "too short for a chunk");
	chunk_nonce(index, last, nonce);
	return bulla_aead_open(a, nonce, in, n, out, err);
}

const char *
bulla_age_class_name(enum bulla_age_class c)
{
	switch (c) {
	case BULLA_AGE_SUCCESS:
		return "success";
	case BULLA_AGE_NO_MATCH:
		return "no match";
	case BULLA_AGE_HMAC_FAILURE:
		return "HMAC failure";
	case BULLA_AGE_HEADER_FAILURE:
		return "header failure";
	case BULLA_AGE_PAYLOAD_FAILURE:
		return "payload failure";
	case BULLA_AGE_ARMOR_FAILURE:
		return "armor failure";
	case BULLA_AGE_NO_VERDICT:
		return "error";
	}
	return "error";
}
