#ifndef BULLA_STIXPATTERN_H
#define BULLA_STIXPATTERN_H

#include <stdbool.h>

#include "bulla/cur.h"
#include "bulla/err.h"

/*
 * The grammar of STIX patterns (STIX 2.1, section 9): observation expressions
 * in brackets, AND, OR, FOLLOWEDBY, qualifiers, comparisons. Nothing is
 * looked up: whether an object has such a property is not judged.
 */
#define BULLA_STIX_PATTERN_MAX 65536u	/* bytes */
#define BULLA_STIX_NEST_MAX 32u		/* parentheses within each other */

/*
 * BULLA_E_FORMAT: the message has the column (in bytes, from 1), what was
 * expected there and what stands there. BULLA_E_LIMIT.
 */
BULLA_NODISCARD enum bulla_status bulla_stix_pattern(
    const struct bulla_cur *pattern, struct bulla_err *err);

/* A time as STIX writes it: RFC 3339 in UTC, any number of decimals. */
bool bulla_stix_time_ok(struct bulla_cur text);

#endif
