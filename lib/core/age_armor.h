#ifndef BULLA_CORE_AGE_ARMOR_H
#define BULLA_CORE_AGE_ARMOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/armor.h"
#include "bulla/io.h"

/* bulla/armor.h as filters: behind a reader and in front of a writer. */

/*
 * Gives the decoded bytes of src, which must outlive it. What stands before
 * a mistake is given first. failed tells a mistake in the armor (always
 * BULLA_E_FORMAT) from an error of src.
 */
struct bulla_armor_reader {
	struct bulla_reader r;
	struct bulla_reader *src;
	struct bulla_armor_dec dec;
	struct bulla_cur ready;		/* decoded, not given yet */
	uint8_t *text, *plain;		/* heap */
	bool done, failed;
	enum bulla_status st;		/* sticks */
	struct bulla_err why;
};
BULLA_NODISCARD enum bulla_status bulla_armor_reader_init(
    struct bulla_armor_reader *a, struct bulla_reader *src,
    struct bulla_err *err);
/* Accepts one that is { 0 }. */
void bulla_armor_reader_free(struct bulla_armor_reader *a);

/* Armors what is written to it; finish writes the END line to dst. */
struct bulla_armor_writer {
	struct bulla_writer w;
	struct bulla_writer *dst;
	struct bulla_armor_enc enc;
	struct bulla_buf text;
};
void bulla_armor_writer_init(struct bulla_armor_writer *a,
    struct bulla_writer *dst);
BULLA_NODISCARD enum bulla_status bulla_armor_writer_finish(
    struct bulla_armor_writer *a, struct bulla_err *err);
void bulla_armor_writer_free(struct bulla_armor_writer *a);

#endif
