#ifndef BULLA_USTAR_H
#define BULLA_USTAR_H

#include <stdbool.h>
#include <stddef.h>
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

/*
 * Passing over members whose bytes come by in pieces of any size, to see
 * whether a package is whole without keeping it. Begins zeroed. What the
 * members hold, even padding, is not looked at: nothing is verified.
 */
struct bulla_ustar_walk {
	struct bulla_ustar first, last;	/* of the members begun so far */
	uint64_t n_members;
	uint64_t skip;			/* private, like the rest */
	uint32_t trailer;
	size_t have;
	uint8_t block[BULLA_USTAR_BLOCK];
};
/* BULLA_E_FORMAT: no canonical header, or bytes behind the end. */
BULLA_NODISCARD enum bulla_status bulla_ustar_walk(struct bulla_ustar_walk *w,
    const void *data, size_t n, struct bulla_err *err);
/* Is all of it there, up to the last byte of its end? */
bool bulla_ustar_walked(const struct bulla_ustar_walk *w);

#endif
