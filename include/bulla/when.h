#ifndef BULLA_WHEN_H
#define BULLA_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "bulla/cur.h"

/*
 * Times are POSIX seconds in an int64_t and, as text, RFC 3339 in UTC with
 * whole seconds and a capital T and Z: 2026-11-22T03:04:05Z, 20 characters.
 * Years 1970 to 9999; no leap second (:60), no other zone, no fraction.
 */
#define BULLA_WHEN_LEN 20u	/* characters, without the NUL */
#define BULLA_WHEN_MAX INT64_C(253402300799)	/* 9999-12-31T23:59:59Z */

/* t must be in 0 .. BULLA_WHEN_MAX. */
void bulla_when_text(int64_t t, char out[BULLA_WHEN_LEN + 1]);
BULLA_NODISCARD bool bulla_when_parse(const struct bulla_cur *text,
    int64_t *out);
/*
 * What keeps it from being one, said of it: "its month is not one of 01 to
 * 12"; static. NULL: nothing.
 */
const char *bulla_when_why(const struct bulla_cur *text);

/*
 * Whoever relies on something that ends must hear of it in time: does it end
 * within BULLA_WHEN_WARN_DAYS of now, or has it? Then out says which: "ends in
 * 12 days (2026-12-04)", "ended on 2026-11-20". until is the first second that
 * is not good any more.
 */
#define BULLA_WHEN_WARN_DAYS 30
#define BULLA_WHEN_ENDS_LEN 48u		/* with the NUL */
bool bulla_when_ends(int64_t until, int64_t now,
    char out[BULLA_WHEN_ENDS_LEN]);

/*
 * How long so many seconds are, for people: "less than a minute", "5 minutes",
 * "36 hours" (under two days), "7 days 2 hours", "41 days" (from 30 on without
 * hours). What is left over is dropped. Below 0 it is nothing.
 */
#define BULLA_WHEN_SPAN_LEN 48u		/* with the NUL */
const char *bulla_when_span(int64_t secs, char out[BULLA_WHEN_SPAN_LEN]);

#endif
