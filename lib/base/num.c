#include "bulla/num.h"

bool
bulla_add_u64(uint64_t a, uint64_t b, uint64_t *out)
{
	uint64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*out = sum;
	return true;
}

bool
bulla_mul_u64(uint64_t a, uint64_t b, uint64_t *out)
{
	uint64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*out = product;
	return true;
}

bool
bulla_num_u64(const struct bulla_cur *text, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (text->len == 0 || (text->len > 1 && text->p[0] == '0'))
		return false;
	for (size_t i = 0; i < text->len; i++) {
		uint8_t c = text->p[i];

		if (c < '0' || c > '9' || !bulla_mul_u64(v, 10, &v) ||
		    !bulla_add_u64(v, (uint64_t)(c - '0'), &v))
			return false;
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

/* The power of two that a suffix stands for; 0 when c is not a suffix. */
static unsigned
suffix_shift(uint8_t c)
{
	switch (c) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	case 'T':
		return 40;
	default:
		return 0;
	}
}

bool
bulla_num_size(const struct bulla_cur *text, uint64_t max, uint64_t *out)
{
	struct bulla_cur digits = *text;
	unsigned shift = 0;
	uint64_t v;

	if (digits.len > 0)
		shift = suffix_shift(digits.p[digits.len - 1]);
	if (shift > 0)
		digits.len--;
	if (!bulla_num_u64(&digits, UINT64_MAX, &v) ||
	    !bulla_mul_u64(v, UINT64_C(1) << shift, &v) || v > max)
		return false;
	*out = v;
	return true;
}
