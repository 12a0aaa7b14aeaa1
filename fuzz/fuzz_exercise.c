#include <stdlib.h>
#include <string.h>

#include "bulla/exercise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/*
 * What parses, is written without its comments; that parses too, says the
 * same, and is written bit for bit.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct bulla_exercise x, y;
	struct bulla_buf b = BULLA_BUF_INIT(2 * BULLA_EXERCISE_MAX);
	struct bulla_buf again = BULLA_BUF_INIT(2 * BULLA_EXERCISE_MAX);
	struct bulla_cur c = bulla_cur_of(data, len);
	int64_t now;

	if (bulla_exercise_clock_parse(&c, &now, NULL) == BULLA_OK) {
		bulla_exercise_clock_put(&b, now);
		if (b.len != len || memcmp(b.p, data, len) != 0)
			abort();
	} else if (bulla_exercise_parse(&c, &x, NULL) == BULLA_OK) {
		bulla_exercise_put(&b, &x);
		c = bulla_buf_view(&b);
		/* spans in minutes can make it longer than what was read */
		if (b.len <= BULLA_EXERCISE_MAX) {
			if (bulla_exercise_parse(&c, &y, NULL) != BULLA_OK ||
			    x.n_steps != y.n_steps || x.n_faults != y.n_faults)
				abort();
			bulla_exercise_put(&again, &y);
			if (again.len != b.len ||
			    memcmp(again.p, b.p, b.len) != 0)
				abort();
		}
	}
	bulla_buf_free(&again);
	bulla_buf_free(&b);
	return 0;
}
