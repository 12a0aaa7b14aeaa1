#include <string.h>

#include "bulla/enc.h"

/* BIP 173. The data may be a secret key: no scratch copy of it is made. */
#define SEPARATOR '1'
#define CHECKSUM_LEN 6u		/* characters */

static const char digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static bool
is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_lower(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static uint8_t
lower(uint8_t c)
{
	return is_upper(c) ? (uint8_t)(c - 'A' + 'a') : c;
}

/* 0..31, or -1; c is in lower case. */
static int
digit_value(uint8_t c)
{
	for (int i = 0; i < 32; i++) {
		if ((uint8_t)digits[i] == c)
			return i;
	}
	return -1;
}

/* One step of the BCH code: divide by its generator polynomial. */
static uint32_t
step(uint32_t sum, unsigned v)
{
	static const uint32_t gen[5] = {
		0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3
	};
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ v;
	for (unsigned i = 0; i < 5; i++) {
		if ((top >> i & 1) != 0)
			sum ^= gen[i];
	}
	return sum;
}

/* The checksum's state after the expanded human-readable part. */
static uint32_t
hrp_sum(const char *hrp)
{
	uint32_t sum = 1;

	for (const char *c = hrp; *c != '\0'; c++)
		sum = step(sum, (uint8_t)*c >> 5);
	sum = step(sum, 0);
	for (const char *c = hrp; *c != '\0'; c++)
		sum = step(sum, (uint8_t)*c & 31);
	return sum;
}

/* One case throughout; *upper is false also when there are no letters. */
static bool
one_case(const struct bulla_cur *text, bool *upper)
{
	bool up = false, low = false;

	for (size_t i = 0; i < text->len; i++) {
		up = up || is_upper(text->p[i]);
		low = low || is_lower(text->p[i]);
	}
	*upper = up;
	return !(up && low);
}

/*
 * Split at the last separator and compare what stands before it; *data is
 * the rest, its checksum included.
 */
static bool
split(const struct bulla_cur *text, const char *hrp, struct bulla_cur *data)
{
	struct bulla_cur head, one, c = *text;
	size_t n = c.len, hrp_len = strlen(hrp);

	while (n > 0 && c.p[n - 1] != SEPARATOR)
		n--;
	if (n == 0 || n - 1 != hrp_len || hrp_len == 0)
		return false;
	if (!bulla_cur_take(&c, hrp_len, &head) || !bulla_cur_take(&c, 1, &one))
		return false;
	for (size_t i = 0; i < hrp_len; i++) {
		if (lower(head.p[i]) != (uint8_t)hrp[i])
			return false;
	}
	*data = c;
	return true;
}

/* All digits known, checksum right, padding short and zero. */
static bool
data_ok(const struct bulla_cur *data, const char *hrp, size_t *n_digits)
{
	uint32_t sum = hrp_sum(hrp);
	unsigned spare;
	size_t n;

	if (data->len < CHECKSUM_LEN)
		return false;
	for (size_t i = 0; i < data->len; i++) {
		int v = digit_value(lower(data->p[i]));

		if (v < 0)
			return false;
		sum = step(sum, (unsigned)v);
	}
	n = data->len - CHECKSUM_LEN;
	spare = (unsigned)(n % 8 * 5 % 8);
	if (sum != 1 || spare >= 5)
		return false;
	if (spare > 0 &&
	    (digit_value(lower(data->p[n - 1])) & ((1 << spare) - 1)) != 0)
		return false;
	*n_digits = n;
	return true;
}

bool
bulla_bech32_decode(const struct bulla_cur *text, const char *hrp, void *out,
    size_t cap, size_t *out_len, bool *upper)
{
	struct bulla_cur data;
	uint8_t *p = out;
	unsigned v = 0, bits = 0;
	size_t n, len;
	bool up;

	if (!one_case(text, &up) || !split(text, hrp, &data) ||
	    !data_ok(&data, hrp, &n))
		return false;
	len = n / 8 * 5 + n % 8 * 5 / 8;
	if (len > cap)
		return false;
	for (size_t i = 0; i < n; i++) {
		v = (v << 5 | (unsigned)digit_value(lower(data.p[i]))) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			*p++ = (uint8_t)(v >> bits);
		}
	}
	*out_len = len;
	if (upper != NULL)
		*upper = up;
	return true;
}

static void
put_char(struct bulla_buf *b, char c, bool upper)
{
	if (upper && is_lower((uint8_t)c))
		c = (char)(c - 'a' + 'A');
	bulla_buf_u8(b, (uint8_t)c);
}

static void
put_digit(struct bulla_buf *b, unsigned v, bool upper, uint32_t *sum)
{
	*sum = step(*sum, v & 31);
	put_char(b, digits[v & 31], upper);
}

void
bulla_bech32_put(struct bulla_buf *b, const char *hrp, const void *data,
    size_t n, bool upper)
{
	const uint8_t *p = data;
	uint32_t sum = hrp_sum(hrp);
	unsigned v = 0, bits = 0;

	BULLA_CHECK(hrp[0] != '\0');
	for (const char *c = hrp; *c != '\0'; c++)
		put_char(b, *c, upper);
	put_char(b, SEPARATOR, upper);
	for (size_t i = 0; i < n; i++) {
		v = (v << 8 | p[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			put_digit(b, v >> (bits - 5), upper, &sum);
	}
	if (bits > 0)
		put_digit(b, v << (5 - bits), upper, &sum);
	for (unsigned i = 0; i < CHECKSUM_LEN; i++)
		sum = step(sum, 0);
	sum ^= 1;
	for (unsigned i = 0; i < CHECKSUM_LEN; i++)
		put_char(b, digits[sum >> 5 * (5 - i) & 31], upper);
}
