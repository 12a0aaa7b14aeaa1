#ifndef BULLA_TEXT_H
#define BULLA_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulla/buf.h"
#include "bulla/cur.h"

/*
 * What counts as harmless text, and how other text is shown.
 *
 * "Plain" text is valid UTF-8 (no surrogates, no overlong forms, at most
 * U+10FFFF) without control characters (below U+0020, U+007F-9F), bidi
 * controls (U+061C, U+200E-F, U+202A-E, U+2066-9), zero-width characters
 * (U+200B-D, U+2060, U+FEFF), U+2028, U+2029 and noncharacters.
 */

/* Next code point; false at the end or when the bytes are not UTF-8. */
BULLA_NODISCARD bool bulla_utf8_next(struct bulla_cur *c, uint32_t *out);

/* Is this code point allowed in plain text? LF is not. */
bool bulla_text_plain_point(uint32_t cp);

/* One line of plain text, possibly empty. */
bool bulla_text_is_plain(const struct bulla_cur *text);

/* One or more lines of plain text, each ended by LF, as in a note. */
bool bulla_text_is_lines(const struct bulla_cur *text);

/*
 * Append text so that it can be printed on a terminal or in a log: plain
 * text as it is but for the backslash, every other byte as \xNN and the
 * backslash as \\. Never fails but as bulla_buf_put does.
 */
void bulla_text_escape(struct bulla_buf *b, const struct bulla_cur *text);

/*
 * The same into a fixed buffer, for messages: at most cap - 1 characters,
 * NUL-terminated, with "..." at the end when it had to be cut (between
 * characters). cap is at least 4. Returns out.
 */
const char *bulla_text_show(char *out, size_t cap,
    const struct bulla_cur *text);
const char *bulla_text_show_str(char *out, size_t cap, const char *s);

#endif
