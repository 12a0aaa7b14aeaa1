#include <stdlib.h>
#include <string.h>

#include "bulla/bag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* One value, one line: what parses is written again as it was. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_cur c = bulla_cur_of(data, len), line, path;
	uint8_t digest[32];

	while (bulla_cur_line(&c, &line)) {
		struct bulla_buf b = BULLA_BUF_INIT(len + 1);

		if (!bulla_manifest_line(&line, digest, &path))
			continue;
		bulla_manifest_put(&b, digest, &path);
		if (b.len != line.len + 1 ||
		    memcmp(b.p, line.p, b.len) != 0)
			abort();
		bulla_buf_free(&b);
	}
	return 0;
}
