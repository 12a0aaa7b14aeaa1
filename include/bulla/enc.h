#ifndef BULLA_ENC_H
#define BULLA_ENC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"

/*
 * Text encodings of bytes. Each decoder accepts exactly one text for each
 * value: what decodes encodes to the same text again. A decoder looks at the
 * whole text before it writes anything, straight to out and nowhere else, so
 * that no copy of a key is left behind.
 */

/* Lower-case hex (no prefix). out takes 2n characters and a NUL. */
void bulla_hex(char *out, const void *data, size_t n);
void bulla_hex_put(struct bulla_buf *b, const void *data, size_t n);
/* True when text is exactly 2n lower-case digits; out takes n bytes. */
BULLA_NODISCARD bool bulla_hex_decode(const struct bulla_cur *text, void *out,
    size_t n);

/*
 * Base64, RFC 4648 section 4 alphabet: padded as signed notes write it, or
 * unpadded as age headers do. Decoding refuses white space, missing or extra
 * padding and spare bits that are not zero. *out_len is set only on success;
 * false also when the value is longer than cap bytes.
 */
enum bulla_b64_kind { BULLA_B64_PADDED, BULLA_B64_RAW };
void bulla_b64_put(struct bulla_buf *b, const void *data, size_t n,
    enum bulla_b64_kind kind);
BULLA_NODISCARD bool bulla_b64_decode(const struct bulla_cur *text,
    enum bulla_b64_kind kind, void *out, size_t cap, size_t *out_len);

/*
 * Bech32 (BIP 173) without its length limit, as age uses it. The text is
 * split at the last '1'; mixed case is refused; the five-bit padding must be
 * zero and shorter than five bits. hrp is given in lower case; an upper-case
 * text matches it too and *upper says so. out is written only on success.
 */
BULLA_NODISCARD bool bulla_bech32_decode(const struct bulla_cur *text,
    const char *hrp, void *out, size_t cap, size_t *out_len, bool *upper);
void bulla_bech32_put(struct bulla_buf *b, const char *hrp, const void *data,
    size_t n, bool upper);

#endif
