#ifndef TEST_WHEN_KIT_H
#define TEST_WHEN_KIT_H

#include <criterion/criterion.h>

#include "bulla/when.h"

static inline int64_t
at(const char *text)
{
	struct bulla_cur c = bulla_cur_str(text);
	int64_t t = -1;

	cr_assert(bulla_when_parse(&c, &t), "%s", text);
	return t;
}

#endif
