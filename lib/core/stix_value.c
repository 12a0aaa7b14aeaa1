#include <string.h>

#include "core/stix_int.h"

#include "bulla/stixpattern.h"

#define DEEP_MAX 32u	/* values within values */

static bool
ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

static bool
in_list(const char *list, const char *id)
{
	struct bulla_cur rest = bulla_cur_str(list), w;
	struct bulla_cur type = bulla_cur_str(id), dashes;
	size_t n = 0;

	while (n + 1 < type.len && memcmp(type.p + n, "--", 2) != 0)
		n++;
	if (!bulla_cur_take(&type, n, &dashes))
		return false;
	while (bulla_cur_until(&rest, ' ', &w)) {
		if (bulla_cur_same(&w, &dashes))
			return true;
	}
	return bulla_cur_same(&rest, &dashes);
}

static void
reference(struct stix_check *k, const char *property, const json_t *v)
{
	const char *id = json_string_value(v), *targets;

	if (id == NULL || !stix_id_ok(id, NULL)) {
		stix_problem(k, property, "is no id: write TYPE--UUID, as "
		    "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff");
		return;
	}
	targets = stix_targets(property);
	if (targets != NULL && !in_list(targets, id))
		stix_problem(k, property, "leads to something else: write the "
		    "id of one of: %s", targets);
	if (json_object_get(k->ids, id) != NULL || stix_is_tlp(id))
		return;
	for (size_t i = 0; i < k->n_known; i++) {
		if (strcmp(k->known[i], id) == 0)
			return;
	}
	stix_problem(k, property, "leads to an object that is not in the "
	    "bundle: add it, or leave the reference out");
}

static void
references(struct stix_check *k, const char *property, const json_t *v)
{
	const json_t *e;
	size_t i;

	if (!json_is_array(v) || json_array_size(v) == 0) {
		stix_problem(k, property, "must be a list of ids that is not "
		    "empty: write [\"TYPE--UUID\"]");
		return;
	}
	json_array_foreach(v, i, e)
		reference(k, property, e);
}

static bool
all_are(const json_t *v, json_type type)
{
	const json_t *e;
	size_t i;

	if (!json_is_array(v) || json_array_size(v) == 0)
		return false;
	json_array_foreach(v, i, e) {
		if (json_typeof(e) != type)
			return false;
	}
	return true;
}

static bool
has_form(enum stix_form f, const json_t *v)
{
	switch (f) {
	case STIX_TEXT:
		return json_is_string(v) && json_string_length(v) > 0;
	case STIX_TIME:
		return json_is_string(v) && bulla_stix_time_ok(bulla_cur_of(
		    json_string_value(v), json_string_length(v)));
	case STIX_BOOL:
		return json_is_boolean(v);
	case STIX_NUMBER:
		return json_is_number(v);
	case STIX_TEXTS:
		return all_are(v, JSON_STRING);
	case STIX_OBJECTS:
		return all_are(v, JSON_OBJECT);
	case STIX_MAP:
		return json_is_object(v) && json_object_size(v) > 0;
	case STIX_ANY:
		break;
	}
	return true;
}

/* Nothing is null or an empty list (STIX 2.1, 3.1 and 2.13). */
static void
inside(struct stix_check *k, const char *top, const json_t *v, unsigned deep)
{
	const char *key;
	const json_t *e;
	size_t i;

	if (deep > DEEP_MAX)
		stix_problem(k, top, "has values more than %u deep: make it "
		    "flatter", DEEP_MAX);
	else if (json_is_null(v))
		stix_problem(k, top, "is null: leave the property out");
	else if (json_is_array(v) && json_array_size(v) == 0)
		stix_problem(k, top, "is an empty list: leave the property "
		    "out");
	else if (json_is_array(v))
		json_array_foreach(v, i, e)
			inside(k, top, e, deep + 1);
	else if (json_is_object(v))
		/* jansson's iterator wants no const; nothing is changed */
		for (void *it = json_object_iter((json_t *)(uintptr_t)v);
		    it != NULL; it = json_object_iter_next(
		    (json_t *)(uintptr_t)v, it)) {
			key = json_object_iter_key(it);
			e = json_object_iter_value(it);
			if (ends_in(key, "_refs"))
				references(k, key, e);
			else if (ends_in(key, "_ref"))
				reference(k, key, e);
			else
				inside(k, top, e, deep + 1);
		}
}

static bool
name_ok(const char *s)
{
	size_t n = strlen(s);

	return n >= 2 && n <= 250 &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

void
stix_values(struct stix_check *k, const json_t *o)
{
	json_t *all = (json_t *)(uintptr_t)o;
	enum stix_form form;

	for (void *it = json_object_iter(all); it != NULL;
	    it = json_object_iter_next(all, it)) {
		const char *key = json_object_iter_key(it);
		const json_t *v = json_object_iter_value(it);

		form = stix_form(key);
		if (!name_ok(key))
			stix_problem(k, key, "is no name of a property: write "
			    "2 to 250 of a-z, 0-9 and _");
		else if (ends_in(key, "_refs"))
			references(k, key, v);
		else if (ends_in(key, "_ref"))
			reference(k, key, v);
		else if (!json_is_null(v) && !has_form(form, v))
			stix_problem(k, key, "is malformed: write %s",
			    stix_form_text(form));
		else
			inside(k, key, v, 1);
	}
}
