#include <stdlib.h>

#include "bulla/buf.h"
#include "bulla/stixpattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A good pattern is good twice, in parentheses; a bad one says where. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 20);
	struct bulla_cur c = bulla_cur_of(data, len);
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_stix_pattern(&c, &err);

	if ((st == BULLA_OK) != (err.msg[0] == '\0'))
		abort();
	if (st == BULLA_OK && len < BULLA_STIX_PATTERN_MAX / 4) {
		bulla_buf_str(&b, "(");
		bulla_buf_put(&b, data, len);
		bulla_buf_str(&b, ") FOLLOWEDBY (");
		bulla_buf_put(&b, data, len);
		bulla_buf_str(&b, ")");
		c = bulla_buf_view(&b);
		st = bulla_stix_pattern(&c, NULL);
		if (st != BULLA_OK && st != BULLA_E_LIMIT)
			abort();
	}
	bulla_buf_free(&b);
	return 0;
}
