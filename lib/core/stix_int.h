#ifndef BULLA_CORE_STIX_INT_H
#define BULLA_CORE_STIX_INT_H

#include <jansson.h>
#include <stdbool.h>

#include "bulla/stix.h"

enum stix_kind { STIX_DOMAIN, STIX_RELATION, STIX_OBSERVABLE, STIX_META };
#define STIX_LIST 6u

/* A type of the standard (stix_tables.c). */
struct stix_type {
	const char *name;
	enum stix_kind kind;
	const char *required[STIX_LIST];	/* all of these */
	const char *one_of[STIX_LIST];		/* at least one of these */
};
/* NULL: none of the standard's. */
const struct stix_type *stix_type(const char *name);

/* What the value of a property must be, by its name. */
enum stix_form { STIX_ANY, STIX_TEXT, STIX_TIME, STIX_BOOL, STIX_NUMBER,
	STIX_TEXTS, STIX_OBJECTS, STIX_MAP };
enum stix_form stix_form(const char *property);
/* "a time such as ...": what to write. */
const char *stix_form_text(enum stix_form f);
/* Types that a reference may lead to, parted by spaces; NULL: any. */
const char *stix_targets(const char *property);
bool stix_is_tlp(const char *id);

/* A check under way. */
struct stix_check {
	json_t *ids;			/* id: true */
	const char *const *known;
	size_t n_known;
	struct bulla_buf *problems;
	struct bulla_stix *out;
	size_t index;			/* of the object */
	const char *id;			/* its id, or NULL */
};
void stix_problem(struct stix_check *k, const char *property,
    const char *fmt, ...) BULLA_PRINTF(3, 4);
/* "type--uuid"; type (may be NULL): exactly that one. */
bool stix_id_ok(const char *id, const char *type);
/* One object of the bundle (stix_object.c). */
void stix_object(struct stix_check *k, const json_t *o);
/* Every value within it (stix_value.c). */
void stix_values(struct stix_check *k, const json_t *o);

#endif
