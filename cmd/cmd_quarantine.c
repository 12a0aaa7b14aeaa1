#include <stdlib.h>

#include "cmd_quarantine.h"

#include "bulla/num.h"
#include "bulla/text.h"

#define DAYS_MAX 3660u

static bool
one(struct bulla_cur item, struct bulla_quarantine *q)
{
	struct bulla_cur name;
	uint64_t n;

	if (!bulla_cur_until(&item, '=', &name))
		return false;
	if (bulla_cur_is(&name, "bytes"))
		return bulla_num_size(&item, INT64_MAX, &q->bytes);
	if (!bulla_cur_is(&name, "days") ||
	    !bulla_num_u64(&item, DAYS_MAX, &n) || n == 0)
		return false;
	q->secs = (int64_t)n * 86400;
	return true;
}

void
cmd_quarantine(const struct cmd *c, const char *opt, const char *arg,
    struct bulla_quarantine *out)
{
	struct bulla_cur text = bulla_cur_str(arg), item;
	char shown[128];
	bool more = true;

	while (more) {
		more = bulla_cur_until(&text, ',', &item);
		if (!one(more ? item : text, out))
			exit(cmd_usage(c, "%s: \"%s\" is not of bytes=N, "
			    "days=N (1 to %u) with a comma between", opt,
			    bulla_text_show_str(shown, sizeof(shown), arg),
			    DAYS_MAX));
	}
}
