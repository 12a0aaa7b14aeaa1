#include <stdlib.h>
#include <string.h>

#include "bulla/armor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Decode in pieces; what was decoded before a failure is kept. */
static enum bulla_status
decode(const uint8_t *data, size_t len, size_t piece, struct bulla_buf *out)
{
	struct bulla_cur all = bulla_cur_of(data, len), part;
	struct bulla_armor_dec d = { 0 };
	enum bulla_status st = BULLA_OK;
	uint8_t plain[2 * BULLA_ARMOR_LINE_BYTES];
	size_t n;

	while (st == BULLA_OK && all.len > 0) {
		n = all.len < piece ? all.len : piece;
		if (!bulla_cur_take(&all, n, &part))
			abort();
		while (st == BULLA_OK && part.len > 0) {
			st = bulla_armor_decode(&d, &part, plain,
			    sizeof(plain), &n, NULL);
			bulla_buf_put(out, plain, n);
		}
	}
	return st == BULLA_OK ? bulla_armor_decode_end(&d, NULL) : st;
}

/*
 * The one form of what was decoded is the input itself but for CR before
 * LF, white space around it and the very last LF.
 */
static void
compare(const uint8_t *data, size_t len, struct bulla_cur form)
{
	size_t all = form.len;
	uint8_t c;

	for (size_t i = 0; i < len; i++) {
		if (form.len > 0 && data[i] == form.p[0]) {
			if (!bulla_cur_u8(&form, &c))
				abort();
			continue;
		}
		if (data[i] == '\r' && (i + 1 == len || data[i + 1] == '\n'))
			continue;
		if ((form.len != all && form.len != 0) ||
		    memchr(" \t\r\n", data[i], 4) == NULL)
			abort();
	}
	if (form.len > 1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_buf whole = BULLA_BUF_INIT(1 << 20);
	struct bulla_buf split = BULLA_BUF_INIT(1 << 20);
	struct bulla_buf text = BULLA_BUF_INIT(1 << 21);
	struct bulla_cur in = bulla_cur_of(data, len);
	struct bulla_armor_enc e = { 0 };
	enum bulla_status st;
	size_t piece = len > 0 ? 1 + data[len - 1] % 70u : 1;

	st = decode(data, len, SIZE_MAX, &whole);
	/* The pieces do not matter. */
	if (decode(data, len, piece, &split) != st ||
	    whole.len != split.len || (whole.len > 0 &&
	    memcmp(whole.p, split.p, whole.len) != 0))
		abort();
	if (st == BULLA_OK) {
		if (!bulla_armor_detect(&in))
			abort();
		bulla_armor_encode(&e, whole.p, whole.len, &text);
		bulla_armor_encode_end(&e, &text);
		compare(data, len, bulla_buf_view(&text));
	}
	bulla_buf_free(&text);
	bulla_buf_free(&split);
	bulla_buf_free(&whole);
	return 0;
}
