#include <stdlib.h>
#include <string.h>

#include "bulla/buf.h"
#include "bulla/num.h"
#include "bulla/when.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Times and decimals: what parses is written again as the same text. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_cur c = bulla_cur_of(data, len), view;
	struct bulla_buf dec = BULLA_BUF_INIT(32);
	char text[BULLA_WHEN_LEN + 1];
	uint64_t v, size;
	int64_t t;

	if (bulla_when_parse(&c, &t)) {
		if (t < 0 || t > BULLA_WHEN_MAX)
			abort();
		bulla_when_text(t, text);
		if (!bulla_cur_is(&c, text))
			abort();
	}
	if (bulla_num_u64(&c, UINT64_MAX, &v)) {
		bulla_buf_dec(&dec, v);
		view = bulla_buf_view(&dec);
		if (!bulla_cur_same(&c, &view))
			abort();
		/* A plain number is a size, too, and its own maximum. */
		if (!bulla_num_size(&c, v, &size) || size != v ||
		    (v > 0 && bulla_num_u64(&c, v - 1, &size)))
			abort();
		bulla_buf_free(&dec);
	}
	return 0;
}
