#include <stdlib.h>
#include <string.h>

#include "bulla/enc.h"

#define OUT_MAX 4096u	/* bytes; longer data is no finding */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/*
 * hrp, LF, text. What decodes must encode to the same text, in its own case;
 * and as data, any bytes must come back from their own encoding.
 */
static void
text_comes_back(const char *hrp, const struct bulla_cur *text)
{
	struct bulla_buf again = BULLA_BUF_INIT(4 * OUT_MAX);
	uint8_t out[OUT_MAX];
	struct bulla_cur view;
	bool upper;
	size_t n;

	if (!bulla_bech32_decode(text, hrp, out, sizeof(out), &n, &upper))
		return;
	bulla_bech32_put(&again, hrp, out, n, upper);
	view = bulla_buf_view(&again);
	if (bulla_buf_status(&again) != BULLA_OK ||
	    !bulla_cur_same(text, &view))
		abort();
	bulla_buf_free(&again);
}

static void
data_comes_back(const struct bulla_cur *data)
{
	struct bulla_buf text = BULLA_BUF_INIT(4 * OUT_MAX);
	uint8_t out[OUT_MAX];
	struct bulla_cur view;
	bool upper;
	size_t n;

	if (data->len == 0 || data->len > OUT_MAX)
		return;
	bulla_bech32_put(&text, "age", data->p, data->len,
	    (data->p[0] & 1) != 0);
	view = bulla_buf_view(&text);
	if (!bulla_bech32_decode(&view, "age", out, data->len, &n, &upper) ||
	    n != data->len || memcmp(out, data->p, n) != 0 ||
	    upper != ((data->p[0] & 1) != 0))
		abort();
	bulla_buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_cur c = bulla_cur_of(data, len), hrp;
	char name[84] = "";

	if (!bulla_cur_line(&c, &hrp) || hrp.len >= sizeof(name))
		return 0;
	for (size_t i = 0; i < hrp.len; i++) {
		/* hrp comes from our code: in lower case, no NUL */
		if (hrp.p[i] == 0 || (hrp.p[i] >= 'A' && hrp.p[i] <= 'Z'))
			return 0;
	}
	if (!bulla_cur_copy(&hrp, name, hrp.len))
		abort();
	text_comes_back(name, &c);
	data_comes_back(&c);
	return 0;
}
