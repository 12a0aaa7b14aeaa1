#include <stdio.h>
#include <stdlib.h>

#include "cmd.h"

#include "bulla/num.h"
#include "bulla/text.h"

static _Noreturn void
bad_number(const struct cmd *c, const char *opt, const char *arg,
    const char *want)
{
	char shown[64];

	bulla_text_show_str(shown, sizeof(shown), arg);
	exit(cmd_usage(c, "%s: \"%s\" is not %s", opt, shown, want));
}

uint64_t
cmd_num(const struct cmd *c, const char *opt, const char *arg, uint64_t min,
    uint64_t max)
{
	struct bulla_cur text = bulla_cur_str(arg);
	char want[96];
	uint64_t v;

	if (bulla_num_u64(&text, max, &v) && v >= min)
		return v;
	(void)snprintf(want, sizeof(want), "a number from %llu to %llu",
	    (unsigned long long)min, (unsigned long long)max);
	bad_number(c, opt, arg, want);
}

uint64_t
cmd_size(const struct cmd *c, const char *opt, const char *arg, uint64_t max)
{
	struct bulla_cur text = bulla_cur_str(arg);
	uint64_t v;

	if (bulla_num_size(&text, max, &v))
		return v;
	bad_number(c, opt, arg, "a size (digits, then K, M, G or T if needed)");
}
