#include <stdlib.h>

#include "inbox_limits.h"

#include "bulla/num.h"
#include "bulla/text.h"

static bool
one(struct bulla_cur item, struct bulla_inbox_limits *l)
{
	uint64_t n;
	struct bulla_cur name;

	if (!bulla_cur_until(&item, '=', &name) ||
	    !bulla_num_size(&item, INT64_MAX, &n))
		return false;
	if (bulla_cur_is(&name, "bytes")) {
		l->bytes = n;
		return true;
	}
	if (n > 1000000)
		return false;
	if (bulla_cur_is(&name, "uploads"))
		l->uploads = (unsigned)n;
	else if (bulla_cur_is(&name, "connections"))
		l->conns = (unsigned)n;
	else if (bulla_cur_is(&name, "requests"))
		l->requests = (unsigned)n;
	else
		return false;
	return true;
}

void
inbox_limits(const struct cmd *c, const char *opt, const char *arg,
    struct bulla_inbox_limits *out)
{
	struct bulla_cur text = bulla_cur_str(arg), item;
	char shown[128];
	bool more = true;

	while (more) {
		more = bulla_cur_until(&text, ',', &item);
		if (!one(more ? item : text, out))
			exit(cmd_usage(c, "%s: \"%s\" is not of bytes=N, "
			    "uploads=N, connections=N, requests=N with commas "
			    "between", opt, bulla_text_show_str(shown,
			    sizeof(shown), arg)));
	}
}
