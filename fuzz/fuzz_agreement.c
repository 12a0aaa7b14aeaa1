#include <stdlib.h>
#include <string.h>

#include "bulla/agreement.h"
#include "bulla/when.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A deadline is never before its start, and as long as what counts in it. */
static void
check_duration(const struct bulla_agreement *a, const struct bulla_duration *d,
    int side)
{
	const int64_t start = INT64_C(1795219200) + a->from % 1000000;
	struct bulla_calendar cal = { 0 };
	int64_t end, want;

	if (d->unit == BULLA_NO_TIME || d->n > 400)
		return;
	if (!bulla_agreement_calendar(a, side, &cal) &&
	    d->unit == BULLA_WORKDAYS)
		abort();
	end = bulla_duration_end(d, &cal, start, NULL, 0);
	want = (int64_t)d->n * (d->unit == BULLA_HOURS ? 3600 : 86400);
	if (end <= start || (end < BULLA_WHEN_MAX &&
	    bulla_duration_counted(d->unit, &cal, start, end) != want))
		abort();
}

/* What parses is written back bit for bit. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct bulla_agreement a;
	struct bulla_buf b = BULLA_BUF_INIT(SIZE_MAX / 2);
	struct bulla_cur text = bulla_cur_of(data, len);

	if (bulla_agreement_parse(&text, &a, NULL) != BULLA_OK)
		return 0;
	bulla_agreement_put(&b, &a);
	if (bulla_buf_status(&b) != BULLA_OK || b.len != len ||
	    memcmp(b.p, data, len) != 0)
		abort();
	bulla_buf_free(&b);
	for (size_t i = 0; i < a.n_classes; i++) {
		check_duration(&a, &a.class[i].first, 0);
		check_duration(&a, &a.class[i].first, 1);
		check_duration(&a, &a.class[i].hold, 0);
	}
	return 0;
}
