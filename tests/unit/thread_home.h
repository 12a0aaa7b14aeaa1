#ifndef TEST_THREAD_HOME_H
#define TEST_THREAD_HOME_H

#include "thread_kit.h"

#include "bulla/enc.h"

/*
 * Two homes, whose packages went the whole way: both see the same threads.
 * "h" counts hours from NOW.
 */
static struct end a, b;
static struct bulla_err err;
#define h(n) (NOW + (n) * INT64_C(3600))

static inline void
begin(void)
{
	world_enter();
	end_open(&a, "A", &side_a);
	end_open(&b, "B", &side_b);
	kit_agree(&a, &b);
}

static inline void
end(void)
{
	end_close(&a);
	end_close(&b);
	world_leave();
}

static inline const char *
from_a(const char *kind, const char *ref, const char *class, int64_t at)
{
	return kit_send(&(struct parcel){ .from = &a, .to = &b, .kind = kind,
	    .ref = ref, .class = class, .created = at - 60, .received = at,
	    .how_far = COUNTERSIGNED });
}

static inline const char *
from_b(const char *kind, const char *ref, int64_t at)
{
	return kit_send(&(struct parcel){ .from = &b, .to = &a, .kind = kind,
	    .ref = ref, .created = at - 60, .received = at,
	    .how_far = COUNTERSIGNED });
}

static inline void
load_as(struct end *e, int64_t now, bool exercise, struct bulla_threads *t)
{
	const struct bulla_threads_from from = { &e->h, now, exercise, true };

	err = (struct bulla_err){ 0 };
	cr_assert_eq(bulla_threads_load(&from, t, &err), BULLA_OK, "%s",
	    err.msg);
}

static inline void
load(struct end *e, int64_t now, struct bulla_threads *t)
{
	load_as(e, now, false, t);
}

#endif
