#include "bulla/enc.h"
#include "bulla/trust.h"

#define GROUP 4u	/* digits */
#define LINE 8u		/* groups */
#define DIGITS 64u

void
bulla_fingerprint_text(const uint8_t digest[32],
    char out[BULLA_FINGERPRINT_TEXT])
{
	char hex[DIGITS + 1];
	size_t n = 0;

	bulla_hex(hex, digest, DIGITS / 2);
	for (size_t i = 0; i < DIGITS; i++) {
		out[n++] = hex[i];
		if ((i + 1) % GROUP == 0)
			out[n++] = (i + 1) % (GROUP * LINE) == 0 ? '\n' : ' ';
	}
	BULLA_CHECK(n == BULLA_FINGERPRINT_TEXT - 1);
	out[n] = '\0';
}

bool
bulla_fingerprint_parse(const struct bulla_cur *text, uint8_t out[32])
{
	struct bulla_cur c = *text;
	char hex[DIGITS];
	size_t n = 0;
	uint8_t b;

	while (bulla_cur_u8(&c, &b)) {
		if (b == ' ' || b == '\t' || b == '\n' || b == '\r')
			continue;
		if (n == DIGITS)
			return false;
		hex[n++] = (char)(b >= 'A' && b <= 'F' ? b + ('a' - 'A') : b);
	}
	c = bulla_cur_of(hex, n);
	return n == DIGITS && bulla_hex_decode(&c, out, DIGITS / 2);
}
