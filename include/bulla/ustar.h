#ifndef BULLA_USTAR_H
#define BULLA_USTAR_H

#include <stdint.h>

#include "bulla/cur.h"
#include "bulla/err.h"

/*
 * The canonical ustar headers of a package file (POSIX.1-1988 tar): regular
 * files, mode 0644, uid and gid 0, no owner names, one mtime for all. There
 * is exactly one header for a (name, size, mtime).
 */
#define BULLA_USTAR_BLOCK 512u
#define BULLA_USTAR_NAME_MAX 100u	/* bytes; no prefix field is used */
#define BULLA_USTAR_SIZE_MAX UINT64_C(077777777777)	/* 8 GiB - 1 */
#define BULLA_USTAR_TRAILER 1024u	/* zero bytes at the end */

struct bulla_ustar {
	char name[BULLA_USTAR_NAME_MAX + 1];
	uint64_t size, mtime;
};

/* A header that breaks a limit is a programmer error. */
void bulla_ustar_make(const struct bulla_ustar *u,
    uint8_t out[BULLA_USTAR_BLOCK]);

/*
 * Take name, size and mtime from a header, rebuild the 512 bytes and compare
 * them all. BULLA_E_FORMAT when they differ anywhere.
 */
BULLA_NODISCARD enum bulla_status bulla_ustar_parse(
    const uint8_t block[BULLA_USTAR_BLOCK], struct bulla_ustar *out,
    struct bulla_err *err);

/* Zero bytes that follow size bytes of data, 0..511. */
uint32_t bulla_ustar_padding(uint64_t size);

#endif
