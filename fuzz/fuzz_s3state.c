#include <stdlib.h>
#include <string.h>

#include "net/s3_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define URL "https://h:1/abc/k"

static struct s3_state
blank(void)
{
	return (struct s3_state){ .fd = -1, .url = URL, .size = 25 };
}

/* The part of the file that counts is what would be written for it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_buf b = BULLA_BUF_INIT(4u << 20);
	struct bulla_cur c = bulla_cur_of(data, len);
	struct s3_state s = blank(), again = blank();
	size_t used = 0, used2 = 0;

	if (s3_state_parse(&c, &s, &used, NULL) != BULLA_OK)
		goto out;
	if (used > len || s.n_parts == 0)
		abort();
	s3_state_put(&b, &s);
	if (b.len > used || memcmp(b.p, data, b.len) != 0)
		abort();
	for (uint32_t i = 0; i < s.n_parts; i++)
		if (s.etag[i][0] != '\0')
			s3_state_put_part(&b, i + 1, s.etag[i]);
	c = bulla_buf_view(&b);
	if (b.len != used || s3_state_parse(&c, &again, &used2, NULL) !=
	    BULLA_OK || used2 != used || memcmp(s.etag, again.etag,
	    s.n_parts * sizeof(s.etag[0])) != 0)
		abort();
out:
	free(s.etag);
	free(again.etag);
	bulla_buf_free(&b);
	return 0;
}
