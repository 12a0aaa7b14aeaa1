#include <stdlib.h>
#include <string.h>

#include "bulla/examine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/*
 * What a verifier that was taken over may write to the process that has the
 * keys. One value, one encoding.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_EXAMINED_MAX);
	struct bulla_cur bytes = bulla_cur_of(data, len);
	struct bulla_examined v = BULLA_EXAMINED_INIT;

	if (bulla_examined_parse(&bytes, &v, NULL) != BULLA_OK)
		return 0;
	bulla_examined_put(&b, &v);
	if (bulla_buf_status(&b) != BULLA_OK || b.len != len ||
	    memcmp(b.p, data, len) != 0)
		abort();
	bulla_buf_free(&b);
	bulla_examined_free(&v);
	return 0;
}
