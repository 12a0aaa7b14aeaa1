#include <stdlib.h>
#include <string.h>

#include "bulla/enc.h"

#define IN_MAX 4096u	/* bytes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
b64_text_comes_back(const struct bulla_cur *text, enum bulla_b64_kind kind)
{
	struct bulla_buf again = BULLA_BUF_INIT(2 * IN_MAX);
	uint8_t out[IN_MAX];
	struct bulla_cur view;
	size_t n;

	if (!bulla_b64_decode(text, kind, out, sizeof(out), &n))
		return;
	bulla_b64_put(&again, out, n, kind);
	view = bulla_buf_view(&again);
	if (!bulla_cur_same(text, &view))
		abort();
	/* A byte less room: refused, not cut. */
	if (n > 0 && bulla_b64_decode(text, kind, out, n - 1, &n))
		abort();
	bulla_buf_free(&again);
}

static void
b64_data_comes_back(const struct bulla_cur *data, enum bulla_b64_kind kind)
{
	struct bulla_buf text = BULLA_BUF_INIT(2 * IN_MAX);
	uint8_t out[IN_MAX];
	struct bulla_cur view;
	size_t n;

	bulla_b64_put(&text, data->p, data->len, kind);
	view = bulla_buf_view(&text);
	if (!bulla_b64_decode(&view, kind, out, data->len, &n) ||
	    n != data->len || (n > 0 && memcmp(out, data->p, n) != 0))
		abort();
	bulla_buf_free(&text);
}

static void
hex(const struct bulla_cur *c)
{
	char text[2 * IN_MAX + 1];
	uint8_t out[IN_MAX];
	struct bulla_cur t;

	if (bulla_hex_decode(c, out, c->len / 2)) {
		bulla_hex(text, out, c->len / 2);
		if (c->len > 0 && memcmp(text, c->p, c->len) != 0)
			abort();
	}
	bulla_hex(text, c->p, c->len);
	t = bulla_cur_str(text);
	if (!bulla_hex_decode(&t, out, c->len) ||
	    (c->len > 0 && memcmp(out, c->p, c->len) != 0))
		abort();
}

/*
 * Both kinds of base64 and hex: text to data and back, data to text and back.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_cur c = bulla_cur_of(data, len);

	if (len > IN_MAX)
		return 0;
	b64_text_comes_back(&c, BULLA_B64_PADDED);
	b64_text_comes_back(&c, BULLA_B64_RAW);
	b64_data_comes_back(&c, BULLA_B64_PADDED);
	b64_data_comes_back(&c, BULLA_B64_RAW);
	hex(&c);
	return 0;
}
