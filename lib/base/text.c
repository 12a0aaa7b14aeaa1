#include <string.h>

#include "bulla/text.h"

/* The longest escape of one code point: four bytes as \xNN. */
#define PIECE_MAX 16u

struct seq {
	uint8_t mask, lead;	/* first byte: (b & mask) == lead */
	unsigned tail;		/* continuation bytes */
	uint32_t min;		/* smaller values have a shorter form */
};

static const struct seq seqs[] = {
	{ 0x80, 0x00, 0, 0 },
	{ 0xe0, 0xc0, 1, 0x80 },
	{ 0xf0, 0xe0, 2, 0x800 },
	{ 0xf8, 0xf0, 3, 0x10000 },
};

/* The bytes of one sequence, b.len == s->tail + 1, to a code point. */
static bool
decode_seq(const struct seq *s, const struct bulla_cur *b, uint32_t *out)
{
	uint32_t cp = b->p[0] & (uint8_t)~s->mask;

	for (unsigned i = 1; i <= s->tail; i++) {
		if ((b->p[i] & 0xc0) != 0x80)
			return false;
		cp = cp << 6 | (b->p[i] & 0x3fu);
	}
	if (cp < s->min || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return false;
	*out = cp;
	return true;
}

bool
bulla_utf8_next(struct bulla_cur *c, uint32_t *out)
{
	struct bulla_cur rest = *c, b;

	for (size_t i = 0; i < sizeof(seqs) / sizeof(seqs[0]); i++) {
		const struct seq *s = &seqs[i];

		if (c->len == 0 || (c->p[0] & s->mask) != s->lead)
			continue;
		if (!bulla_cur_take(&rest, s->tail + 1u, &b) ||
		    !decode_seq(s, &b, out))
			return false;
		*c = rest;
		return true;
	}
	return false;
}

bool
bulla_text_plain_point(uint32_t cp)
{
	static const struct {
		uint32_t lo, hi;
	} bad[] = {
		{ 0x0000, 0x001f },	/* C0 controls */
		{ 0x007f, 0x009f },	/* DEL, C1 controls */
		{ 0x061c, 0x061c },	/* bidi */
		{ 0x200b, 0x200f },	/* zero width, bidi marks */
		{ 0x2028, 0x2029 },	/* line and paragraph separators */
		{ 0x202a, 0x202e },	/* bidi embeddings, overrides */
		{ 0x2060, 0x2060 },	/* word joiner */
		{ 0x2066, 0x2069 },	/* bidi isolates */
		{ 0xd800, 0xdfff },	/* surrogates */
		{ 0xfdd0, 0xfdef },	/* noncharacters */
		{ 0xfeff, 0xfeff },	/* byte order mark */
	};

	if (cp > 0x10ffff || (cp & 0xfffe) == 0xfffe)
		return false;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (cp >= bad[i].lo && cp <= bad[i].hi)
			return false;
	}
	return true;
}

/* Printable ASCII, which nearly all of a note is, is plain as it stands. */
static void
skip_ascii(struct bulla_cur *c)
{
	size_t n = 0;

	while (n < c->len && c->p[n] >= ' ' && c->p[n] < 0x7f)
		n++;
	if (n == 0)
		return;		/* p may be NULL */
	c->p += n;
	c->len -= n;
	c->off += n;
}

bool
bulla_text_is_plain(const struct bulla_cur *text)
{
	struct bulla_cur c = *text;
	uint32_t cp;

	for (skip_ascii(&c); !bulla_cur_done(&c); skip_ascii(&c)) {
		if (!bulla_utf8_next(&c, &cp) || !bulla_text_plain_point(cp))
			return false;
	}
	return true;
}

bool
bulla_text_is_lines(const struct bulla_cur *text)
{
	struct bulla_cur c = *text, line;

	if (bulla_cur_done(&c))
		return false;
	while (!bulla_cur_done(&c)) {
		if (!bulla_cur_line(&c, &line) || !bulla_text_is_plain(&line))
			return false;
	}
	return true;
}

static size_t
escape_bytes(char *out, const struct bulla_cur *bytes)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (size_t i = 0; i < bytes->len; i++) {
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = hex[bytes->p[i] >> 4];
		out[n++] = hex[bytes->p[i] & 15];
	}
	return n;
}

/*
 * Escape the next code point, or the next byte where there is none; *c is
 * not at its end. Returns the number of characters, at most PIECE_MAX.
 */
static size_t
next_piece(struct bulla_cur *c, char out[PIECE_MAX])
{
	struct bulla_cur ahead = *c, bytes;
	uint32_t cp = 0;
	bool ok = bulla_utf8_next(&ahead, &cp);

	if (!bulla_cur_take(c, ok ? c->len - ahead.len : 1, &bytes))
		return 0;
	if (ok && cp == '\\') {
		memcpy(out, "\\\\", 2);
		return 2;
	}
	if (!ok || !bulla_text_plain_point(cp))
		return escape_bytes(out, &bytes);
	memcpy(out, bytes.p, bytes.len);
	return bytes.len;
}

void
bulla_text_escape(struct bulla_buf *b, const struct bulla_cur *text)
{
	struct bulla_cur c = *text;
	char piece[PIECE_MAX];

	while (!bulla_cur_done(&c))
		bulla_buf_put(b, piece, next_piece(&c, piece));
}

const char *
bulla_text_show(char *out, size_t cap, const struct bulla_cur *text)
{
	static const char dots[] = "...";
	struct bulla_cur c = *text;
	char piece[PIECE_MAX];
	size_t len = 0, cut = 0, n;

	BULLA_CHECK(cap >= sizeof(dots));
	while (!bulla_cur_done(&c)) {
		n = next_piece(&c, piece);
		if (n > cap - 1 - len) {
			memcpy(out + cut, dots, sizeof(dots));
			return out;
		}
		memcpy(out + len, piece, n);
		len += n;
		if (len + sizeof(dots) <= cap)
			cut = len;	/* the dots would still fit here */
	}
	out[len] = '\0';
	return out;
}

const char *
bulla_text_show_str(char *out, size_t cap, const char *s)
{
	struct bulla_cur c = bulla_cur_str(s);

	return bulla_text_show(out, cap, &c);
}
