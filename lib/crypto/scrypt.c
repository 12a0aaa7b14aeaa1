#include <sodium.h>

#include "bulla/pk.h"

#define SCRYPT_R 8u
#define SCRYPT_P 1u
#define SCRYPT_LOG_N_MAX 30u	/* 1 TiB of memory */

enum bulla_status
bulla_scrypt(const void *pass, size_t pass_len, const void *salt,
    size_t salt_len, unsigned log_n, uint8_t out[32], struct bulla_err *err)
{
	if (log_n < 1 || log_n > SCRYPT_LOG_N_MAX)
		return bulla_fail(err, BULLA_E_LIMIT,
		    "scrypt cost 2^%u is not within 2^1 to 2^%u", log_n,
		    SCRYPT_LOG_N_MAX);
	if (crypto_pwhash_scryptsalsa208sha256_ll(pass, pass_len, salt,
	    salt_len, UINT64_C(1) << log_n, SCRYPT_R, SCRYPT_P, out, 32) != 0)
		return bulla_fail(err, BULLA_E_NOMEM,
		    "no memory for scrypt with cost 2^%u: it needs %llu KiB",
		    log_n, 1ULL << log_n);
	return BULLA_OK;
}
