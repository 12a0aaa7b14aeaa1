#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/stix_int.h"

#include "bulla/text.h"

void
stix_problem(struct stix_check *k, const char *property, const char *fmt, ...)
{
	char what[512], id[160], name[64];
	va_list ap;

	if (k->out->problems++ >= BULLA_STIX_PROBLEMS_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	bulla_text_show_str(id, sizeof(id), k->id != NULL ? k->id : "no id");
	bulla_text_show_str(name, sizeof(name), property);
	bulla_buf_fmt(k->problems, "object %zu (%s): %s %s\n", k->index + 1,
	    id, name, what);
}

static enum bulla_status
no_bundle(struct bulla_err *err, const char *why)
{
	return bulla_fail(err, BULLA_E_FORMAT, "no bundle of STIX 2.1: %s",
	    why);
}

static enum bulla_status
check_bundle(const json_t *b, struct bulla_stix *out, struct bulla_err *err)
{
	const char *type = json_string_value(json_object_get(b, "type"));
	const char *id = json_string_value(json_object_get(b, "id"));
	const json_t *all = json_object_get(b, "objects");

	if (!json_is_object(b) || type == NULL || strcmp(type, "bundle") != 0)
		return no_bundle(err, "write {\"type\":\"bundle\", \"id\":"
		    "\"bundle--UUID\", \"objects\":[...]}");
	if (json_object_get(b, "spec_version") != NULL)
		return no_bundle(err, "spec_version in the bundle itself is "
		    "of STIX 2.0: leave it out there, and give each object "
		    "its own \"2.1\"");
	if (id == NULL || !stix_id_ok(id, "bundle"))
		return no_bundle(err, "id is missing or malformed: write "
		    "\"bundle--UUID\", in lower case");
	if (!json_is_array(all) || json_array_size(all) == 0)
		return no_bundle(err, "objects is missing or empty: write a "
		    "list of at least one object");
	if (json_array_size(all) > BULLA_STIX_OBJECTS_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "more than %u objects: "
		    "make several bundles", BULLA_STIX_OBJECTS_MAX);
	memcpy(out->id, id, strlen(id) + 1);
	out->objects = json_array_size(all);
	return BULLA_OK;
}

/* Two versions of an object differ in modified; the same twice is one. */
static bool
collect(struct stix_check *k, const json_t *all)
{
	const json_t *o;
	size_t i;

	json_array_foreach(all, i, o) {
		const char *id = json_string_value(json_object_get(o, "id"));
		const char *at = json_string_value(json_object_get(o,
		    "modified"));
		json_t *seen = id != NULL ? json_object_get(k->ids, id) : NULL;

		k->index = i;
		k->id = id;
		if (id == NULL)
			continue;
		at = at != NULL ? at : "";
		if (json_object_get(seen, at) != NULL)
			stix_problem(k, "id", "stands there twice with one "
			    "modified time: leave one out");
		if (seen == NULL) {
			seen = json_object();
			if (json_object_set_new(k->ids, id, seen) != 0)
				return false;
		}
		if (json_object_set_new(seen, at, json_true()) != 0)
			return false;
	}
	return true;
}

static enum bulla_status
check_all(struct stix_check *k, const json_t *all, struct bulla_err *err)
{
	struct bulla_cur lines, first;
	const json_t *o;
	size_t i;

	if (!collect(k, all))
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	json_array_foreach(all, i, o) {
		k->index = i;
		k->id = NULL;
		if (json_is_object(o))
			stix_object(k, o);
		else
			stix_problem(k, "objects", "has something else in it: "
			    "write objects, {...}");
	}
	if (bulla_buf_status(k->problems) != BULLA_OK)
		return bulla_fail(err, bulla_buf_status(k->problems),
		    "no memory for what is wrong");
	if (k->out->problems == 0)
		return BULLA_OK;
	lines = bulla_buf_view(k->problems);
	if (!bulla_cur_line(&lines, &first))
		first = lines;
	return bulla_fail(err, BULLA_E_FORMAT, "%zu problem%s; %.*s",
	    k->out->problems, k->out->problems == 1 ? "" : "s, the first: ",
	    first.len < 400 ? (int)first.len : 400, (const char *)first.p);
}

enum bulla_status
bulla_stix_check(const struct bulla_cur *json, const char *const *known,
    size_t n_known, struct bulla_buf *problems, struct bulla_stix *out,
    struct bulla_err *err)
{
	struct stix_check k = { .known = known, .n_known = n_known,
	    .problems = problems, .out = out };
	enum bulla_status st;
	json_error_t why;
	char shown[200];
	json_t *b;

	*out = (struct bulla_stix){ 0 };
	if (json->len > BULLA_STIX_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "over %u bytes: make "
		    "several bundles", BULLA_STIX_MAX);
	b = json_loadb((const char *)json->p, json->len,
	    JSON_REJECT_DUPLICATES, &why);
	if (b == NULL && json_error_code(&why) == json_error_out_of_memory)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	if (b == NULL)
		return bulla_fail(err, BULLA_E_FORMAT, "no JSON: line %d, "
		    "column %d: %s", why.line, why.column,
		    bulla_text_show_str(shown, sizeof(shown), why.text));
	k.ids = json_object();
	st = check_bundle(b, out, err);
	if (st == BULLA_OK)
		st = check_all(&k, json_object_get(b, "objects"), err);
	json_decref(k.ids);
	json_decref(b);
	return st;
}
