#include <string.h>

#include "bulla/enc.h"

/*
 * The bytes may be keys: decoders look at the whole text first and then
 * write straight into the caller's memory, encoders wipe their scratch.
 */
static const char hex_digits[] = "0123456789abcdef";

void
bulla_hex(char *out, const void *data, size_t n)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = hex_digits[p[i] >> 4];
		out[2 * i + 1] = hex_digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}

void
bulla_hex_put(struct bulla_buf *b, const void *data, size_t n)
{
	const uint8_t *p = data;
	char two[3];

	for (size_t i = 0; i < n; i++) {
		bulla_hex(two, p + i, 1);
		bulla_buf_put(b, two, 2);
	}
	explicit_bzero(two, sizeof(two));
}

/* 0..15, or -1. */
static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool
bulla_hex_decode(const struct bulla_cur *text, void *out, size_t n)
{
	const uint8_t *t = text->p;
	uint8_t *p = out;

	if (text->len % 2 != 0 || text->len / 2 != n)
		return false;
	for (size_t i = 0; i < text->len; i++) {
		if (hex_value(t[i]) < 0)
			return false;
	}
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(hex_value(t[2 * i]) << 4 |
		    hex_value(t[2 * i + 1]));
	return true;
}

static char
b64_digit(unsigned v)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";

	return digits[v & 63];
}

/*
 * No branch and no table in either: time then says nothing about a key's
 * text, and armor is not slowed by branches that nobody can predict.
 */
static inline unsigned
b64_is_digit(uint8_t c)
{
	return ((unsigned)(c | 0x20) - 'a' < 26u) | ((unsigned)c - '0' < 10u) |
	    (c == '+') | (c == '/');
}

/* 0..63 for a digit: in the order of ASCII + / 0-9 A-Z a-z, the distance. */
static inline unsigned
b64_value(uint8_t c)
{
	int v = c + 62 - '+';

	v += -(c >= '/') & ((63 - '/') - (62 - '+'));
	v += -(c >= '0') & ((52 - '0') - (63 - '/'));
	v += -(c >= 'A') & ((0 - 'A') - (52 - '0'));
	v += -(c >= 'a') & ((26 - 'a') - (0 - 'A'));
	return (unsigned)v;
}

/* Up to three bytes to four characters, '=' where nothing is left. */
static void
b64_group(char out[4], const uint8_t *p, size_t n)
{
	unsigned v = (unsigned)p[0] << 16;

	if (n > 1)
		v |= (unsigned)p[1] << 8;
	if (n > 2)
		v |= p[2];
	out[0] = b64_digit(v >> 18);
	out[1] = b64_digit(v >> 12);
	out[2] = n > 1 ? b64_digit(v >> 6) : '=';
	out[3] = n > 2 ? b64_digit(v) : '=';
}

void
bulla_b64_put(struct bulla_buf *b, const void *data, size_t n,
    enum bulla_b64_kind kind)
{
	const uint8_t *p = data;
	char text[64];
	size_t len = 0;

	while (n > 0) {
		size_t some = n < 3 ? n : 3;

		b64_group(text + len, p, some);
		len += kind == BULLA_B64_RAW ? some + 1 : 4;
		p += some;
		n -= some;
		if (n == 0 || len == sizeof(text)) {
			bulla_buf_put(b, text, len);
			len = 0;
		}
	}
	explicit_bzero(text, sizeof(text));
}

/*
 * The number of digits in front of the padding. A last group of one digit
 * holds no byte; '=' fills groups of four, no more and no less.
 */
static bool
b64_split(const struct bulla_cur *text, enum bulla_b64_kind kind,
    size_t *n_digits)
{
	size_t n = text->len, pads = 0;
	unsigned good = 1;

	if (kind == BULLA_B64_PADDED) {
		if (n % 4 != 0)
			return false;
		while (pads < 2 && pads < n && text->p[n - 1 - pads] == '=')
			pads++;
	}
	n -= pads;
	if (n % 4 == 1)
		return false;
	for (size_t i = 0; i < n; i++)
		good &= b64_is_digit(text->p[i]);
	if (!good)
		return false;
	*n_digits = n;
	return true;
}

/* RFC 4648, 3.5: bits that no byte takes up must be zero. */
static bool
b64_spare_zero(const struct bulla_cur *text, size_t n)
{
	unsigned spare = n % 4 == 2 ? 15 : n % 4 == 3 ? 3 : 0;

	return n == 0 || (b64_value(text->p[n - 1]) & spare) == 0;
}

/* Four digits, all of them good ones. */
static inline unsigned
b64_four(const uint8_t *t)
{
	return b64_value(t[0]) << 18 | b64_value(t[1]) << 12 |
	    b64_value(t[2]) << 6 | b64_value(t[3]);
}

bool
bulla_b64_decode(const struct bulla_cur *text, enum bulla_b64_kind kind,
    void *out, size_t cap, size_t *out_len)
{
	uint8_t last[4] = { 'A', 'A', 'A', 'A' };
	uint8_t *p = out;
	size_t n, len, i;
	unsigned v;

	if (!b64_split(text, kind, &n) || !b64_spare_zero(text, n))
		return false;
	len = n / 4 * 3 + n % 4 * 3 / 4;
	if (len > cap)
		return false;
	for (i = 0; i + 4 <= n; i += 4) {
		v = b64_four(text->p + i);
		*p++ = (uint8_t)(v >> 16);
		*p++ = (uint8_t)(v >> 8);
		*p++ = (uint8_t)v;
	}
	if (i < n) {
		memcpy(last, text->p + i, n - i);
		v = b64_four(last);
		*p++ = (uint8_t)(v >> 16);
		if (n - i == 3)
			*p++ = (uint8_t)(v >> 8);
		explicit_bzero(last, sizeof(last));
	}
	*out_len = len;
	return true;
}
