#ifndef TEST_ROSTER_KIT_H
#define TEST_ROSTER_KIT_H

#include "trust_kit.h"

/* A side, whose notes are changed by a word here and there. */
static struct side a;
static struct bulla_roster *back;
static struct bulla_err e;

static inline void
begin(void)
{
	side_init(&a, "a.example");
	back = calloc(1, sizeof(*back));
	cr_assert_not_null(back);
}

static inline void
end(void)
{
	side_free(&a);
	free(back);
}

static inline void
expect_bad(enum bulla_status got, const char *why)
{
	cr_expect_eq(got, BULLA_E_FORMAT, "%s: %d", why, got);
	cr_expect(strstr(e.msg, why) != NULL, "want \"%s\", is \"%s\"", why,
	    e.msg);
}

#endif
