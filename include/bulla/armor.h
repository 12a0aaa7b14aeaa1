#ifndef BULLA_ARMOR_H
#define BULLA_ARMOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"

/*
 * age's ASCII armor (c2sp.org/age, "ASCII armor"; RFC 7468 strict): bytes to
 * lines and back, piece by piece, in constant memory. No I/O here.
 *
 *   -----BEGIN AGE ENCRYPTED FILE-----
 *   padded canonical base64, 64 columns, the last line 1 to 64
 *   -----END AGE ENCRYPTED FILE-----
 *
 * Lines end with LF or CR LF, the very last one may lack it. Lines of white
 * space before, and white space after, are let pass up to a limit. Nothing
 * else is: no headers, no empty line inside, no checksum, nothing behind.
 */
#define BULLA_ARMOR_SPACE_MAX 1024u	/* bytes of white space on each side */
#define BULLA_ARMOR_LINE_BYTES 48u	/* what a full line decodes to */
#define BULLA_ARMOR_PEEK 1088u	/* bytes that bulla_armor_detect looks at */

/*
 * Is this the beginning of an armored file? True as well for armor that is
 * wrong in its first lines, so that its errors are called what they are: a
 * binary age file begins with its version line, which has no run of dashes.
 */
bool bulla_armor_detect(const struct bulla_cur *first);

enum bulla_armor_at {
	BULLA_ARMOR_BEFORE,	/* the BEGIN line has not been seen */
	BULLA_ARMOR_BODY,
	BULLA_ARMOR_LAST,	/* a short line was: END must follow */
	BULLA_ARMOR_AFTER,
};

/* Initialise with { 0 }. Nothing to free. */
struct bulla_armor_dec {
	enum bulla_armor_at at;
	size_t space;		/* white space outside so far */
	size_t line_no;		/* complete lines so far */
	size_t line_len;
	uint8_t line[BULLA_ARMOR_SPACE_MAX + 2];	/* an unfinished one */
};
/*
 * Decode some of *in, advancing it, until it is used up or fewer than
 * BULLA_ARMOR_LINE_BYTES bytes of out are free; *out_len says how many were
 * written, on failure too (they were good). BULLA_E_FORMAT names the line.
 */
BULLA_NODISCARD enum bulla_status bulla_armor_decode(
    struct bulla_armor_dec *d, struct bulla_cur *in, uint8_t *out,
    size_t cap, size_t *out_len, struct bulla_err *err);
/* The input has ended: was that all? BULLA_E_INCOMPLETE, BULLA_E_FORMAT. */
BULLA_NODISCARD enum bulla_status bulla_armor_decode_end(
    struct bulla_armor_dec *d, struct bulla_err *err);

/* Initialise with { 0 }. Nothing to free; it held ciphertext only. */
struct bulla_armor_enc {
	bool begun;
	size_t part_len;
	uint8_t part[BULLA_ARMOR_LINE_BYTES];
};
/* Append the lines that n more bytes complete; then the rest and END. */
void bulla_armor_encode(struct bulla_armor_enc *e, const void *data,
    size_t n, struct bulla_buf *out);
void bulla_armor_encode_end(struct bulla_armor_enc *e,
    struct bulla_buf *out);

#endif
