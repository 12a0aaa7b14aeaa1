#include <stdlib.h>
#include <string.h>

#include "bulla/roster.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
same(struct bulla_buf *b, const uint8_t *data, size_t len)
{
	if (bulla_buf_status(b) != BULLA_OK || b->len != len ||
	    memcmp(b->p, data, len) != 0)
		abort();
	bulla_buf_free(b);
}

/*
 * Rosters and suspensions. One value, one encoding: what parses is written
 * back bit for bit, and no text is both.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct bulla_roster r;
	struct bulla_buf b = BULLA_BUF_INIT(SIZE_MAX / 2);
	struct bulla_cur text = bulla_cur_of(data, len);
	struct bulla_suspend s;

	if (bulla_roster_parse(&text, &r, NULL) == BULLA_OK) {
		if (bulla_suspend_parse(&text, &s, NULL) == BULLA_OK ||
		    r.threshold > bulla_roster_persons(&r))
			abort();
		bulla_roster_put(&b, &r);
		same(&b, data, len);
	} else if (bulla_suspend_parse(&text, &s, NULL) == BULLA_OK) {
		bulla_suspend_put(&b, &s);
		same(&b, data, len);
	}
	return 0;
}
