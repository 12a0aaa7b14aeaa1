#ifndef BULLA_STIX_H
#define BULLA_STIX_H

#include <stddef.h>

#include "bulla/buf.h"
#include "bulla/cur.h"
#include "bulla/err.h"

/*
 * STIX 2.1 bundles of indicators, judged before they are sealed and after they
 * are opened: types and their required properties, ids, times, references,
 * enumerations, limits, and the grammar of patterns. Open vocabularies and
 * custom types ("x-...", or what an extension defines) are not judged beyond
 * what every object has.
 */
#define BULLA_STIX_MAX (64u << 20)	/* bytes of a bundle */
#define BULLA_STIX_OBJECTS_MAX 100000u
#define BULLA_STIX_PROBLEMS_MAX 100u	/* lines; all are counted */
#define BULLA_STIX_ID_MAX 320u		/* bytes of an id */

struct bulla_stix {
	char id[BULLA_STIX_ID_MAX + 1];	/* the bundle's */
	size_t objects, indicators, observables, relations;
	size_t problems;
};

/*
 * A reference must lead to an object in the bundle, be one of the markings of
 * TLP (1 and 2.0), or stand in known (n_known ids that the other side has).
 * Each problem is a line of plain text in problems: the object, the property,
 * what is wrong and what to write instead.
 * BULLA_E_FORMAT: there are problems, or it is no JSON (err says where; then
 * problems is empty); BULLA_E_LIMIT, BULLA_E_NOMEM. *out is filled in unless
 * it is no bundle at all.
 */
BULLA_NODISCARD enum bulla_status bulla_stix_check(
    const struct bulla_cur *json, const char *const *known, size_t n_known,
    struct bulla_buf *problems, struct bulla_stix *out,
    struct bulla_err *err);

#endif
