#include <stdlib.h>
#include <string.h>

#include "bulla/addcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* One value, one encoding: what parses is written back bit for bit. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_buf b = BULLA_BUF_INIT(SIZE_MAX / 2);
	struct bulla_cur bytes = bulla_cur_of(data, len);
	struct bulla_addcp v;

	if (bulla_addcp_parse(&bytes, &v, NULL) != BULLA_OK)
		return 0;
	bulla_addcp_put(&b, &v);
	if (bulla_buf_status(&b) != BULLA_OK || b.len != len ||
	    memcmp(b.p, data, len) != 0)
		abort();
	bulla_buf_free(&b);
	return 0;
}
