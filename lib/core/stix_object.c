#include <stdio.h>
#include <string.h>

#include "core/stix_int.h"

#include "bulla/stixpattern.h"
#include "bulla/text.h"

#define REASON_MAX 320u

bool
stix_id_ok(const char *id, const char *type)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	const size_t uuid = sizeof(form) - 1;
	size_t n = strlen(id), t;

	if (n < uuid + 3 || n > BULLA_STIX_ID_MAX)
		return false;
	t = n - uuid - 2;
	if (memcmp(id + t, "--", 2) != 0 || (type != NULL &&
	    (strlen(type) != t || memcmp(id, type, t) != 0)) ||
	    strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") < n)
		return false;
	for (size_t i = 0; i < uuid; i++) {
		const char c = id[t + 2 + i];

		if (form[i] == '-' ? c != '-' : !(c >= '0' && c <= '9') &&
		    !(c >= 'a' && c <= 'f'))
			return false;
	}
	return true;
}

static void
need(struct stix_check *k, const json_t *o, const char *property)
{
	size_t n = strlen(property);
	const char *what = stix_form_text(stix_form(property));

	if (json_object_get(o, property) != NULL)
		return;
	if (n > 5 && strcmp(property + n - 5, "_refs") == 0)
		what = "a list of ids, [\"TYPE--UUID\"]";
	else if (n > 4 && strcmp(property + n - 4, "_ref") == 0)
		what = "an id, \"TYPE--UUID\"";
	stix_problem(k, property, "is missing: write %s", what);
}

static void
need_all(struct stix_check *k, const json_t *o, const struct stix_type *t)
{
	char list[REASON_MAX] = "";
	size_t n = 0, len = 0;

	for (size_t i = 0; i < STIX_LIST && t->required[i] != NULL; i++)
		need(k, o, t->required[i]);
	for (size_t i = 0; i < STIX_LIST && t->one_of[i] != NULL; i++) {
		n += json_object_get(o, t->one_of[i]) != NULL;
		if (len < sizeof(list))
			len += (size_t)snprintf(list + len, sizeof(list) - len,
			    "%s%s", i > 0 ? ", " : "", t->one_of[i]);
	}
	if (n == 0 && t->one_of[0] != NULL)
		stix_problem(k, t->name, "says nothing: write at least one of "
		    "%s", list);
}

/* Texts of one form compare as times do, but for their decimals. */
static void
ordered(struct stix_check *k, const json_t *o, const char *first,
    const char *then, bool same)
{
	const char *a = json_string_value(json_object_get(o, first));
	const char *b = json_string_value(json_object_get(o, then));
	int d;

	if (a == NULL || b == NULL || strlen(a) < 20 || strlen(b) < 20)
		return;
	d = strncmp(a, b, 19);
	if (d > 0 || (d == 0 && !same && strcmp(a, b) == 0))
		stix_problem(k, then, "is not after %s: write a later time",
		    first);
}

static void
whole_number(struct stix_check *k, const json_t *o, const char *property,
    json_int_t min, json_int_t max)
{
	const json_t *v = json_object_get(o, property);

	if (v != NULL && json_is_number(v) && (!json_is_integer(v) ||
	    json_integer_value(v) < min || json_integer_value(v) > max))
		stix_problem(k, property, "is out of range: write a whole "
		    "number from %lld to %lld", (long long)min,
		    (long long)max);
}

static void
check_pattern(struct stix_check *k, const json_t *o)
{
	const char *type = json_string_value(json_object_get(o,
	    "pattern_type"));
	const json_t *p = json_object_get(o, "pattern");
	struct bulla_err err = { 0 };
	struct bulla_cur text;

	if (type == NULL || strcmp(type, "stix") != 0 || !json_is_string(p))
		return;
	text = bulla_cur_of(json_string_value(p), json_string_length(p));
	if (bulla_stix_pattern(&text, &err) != BULLA_OK)
		stix_problem(k, "pattern", "%.240s", err.msg);
}

static void
check_opinion(struct stix_check *k, const json_t *o)
{
	static const char *const all[] = { "strongly-disagree", "disagree",
	    "neutral", "agree", "strongly-agree" };
	const char *v = json_string_value(json_object_get(o, "opinion"));

	for (size_t i = 0; v != NULL && i < 5; i++) {
		if (strcmp(v, all[i]) == 0)
			return;
	}
	if (v != NULL)
		stix_problem(k, "opinion", "is none: write strongly-disagree, "
		    "disagree, neutral, agree or strongly-agree");
}

/* Hashes of the vocabulary have a length; others are not judged. */
static void
check_hashes(struct stix_check *k, const json_t *o)
{
	static const struct {
		const char *name;
		size_t digits;
	} known[] = { { "MD5", 32 }, { "SHA-1", 40 }, { "SHA-256", 64 },
	    { "SHA-512", 128 }, { "SHA3-256", 64 }, { "SHA3-512", 128 } };
	const json_t *h = json_object_get(o, "hashes");

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const json_t *v = json_object_get(h, known[i].name);
		const char *s = json_string_value(v);

		if (v != NULL && (s == NULL || strlen(s) != known[i].digits ||
		    strspn(s, "0123456789abcdefABCDEF") != known[i].digits))
			stix_problem(k, "hashes", "%s is malformed: write %zu "
			    "hexadecimal digits", known[i].name,
			    known[i].digits);
	}
}

static void
check_lists(struct stix_check *k, const json_t *o)
{
	const json_t *v = json_object_get(o, "external_references"), *e;
	size_t i;

	json_array_foreach(v, i, e) {
		if (!json_is_string(json_object_get(e, "source_name")))
			stix_problem(k, "external_references", "lacks "
			    "source_name: write where it is from");
		else if (json_object_get(e, "description") == NULL &&
		    json_object_get(e, "url") == NULL &&
		    json_object_get(e, "external_id") == NULL)
			stix_problem(k, "external_references", "says nothing: "
			    "write description, url or external_id");
	}
	v = json_object_get(o, "kill_chain_phases");
	json_array_foreach(v, i, e) {
		if (!json_is_string(json_object_get(e, "kill_chain_name")) ||
		    !json_is_string(json_object_get(e, "phase_name")))
			stix_problem(k, "kill_chain_phases", "is not whole: "
			    "write kill_chain_name and phase_name");
	}
}

/* What single types ask for beyond a property that is there. */
static void
check_special(struct stix_check *k, const json_t *o, const char *type)
{
	if (strcmp(type, "indicator") == 0)
		check_pattern(k, o);
	if (strcmp(type, "opinion") == 0)
		check_opinion(k, o);
	if (strcmp(type, "malware") == 0 &&
	    json_is_true(json_object_get(o, "is_family")))
		need(k, o, "name");
	if (strcmp(type, "location") == 0 &&
	    (json_object_get(o, "latitude") == NULL) !=
	    (json_object_get(o, "longitude") == NULL))
		stix_problem(k, "latitude", "stands without its other half: "
		    "write latitude and longitude, or neither");
	if (strcmp(type, "artifact") == 0 && json_object_get(o, "url") != NULL)
		need(k, o, "hashes");
	if (strcmp(type, "extension-definition") == 0)
		need(k, o, "created_by_ref");
	if (strcmp(type, "marking-definition") == 0 &&
	    json_object_get(o, "definition") != NULL)
		need(k, o, "definition_type");
}

/* What a property of a name means in every type that has it. */
static void
check_any(struct stix_check *k, const json_t *o)
{
	whole_number(k, o, "confidence", 0, 100);
	whole_number(k, o, "number_observed", 1, 999999999);
	whole_number(k, o, "src_port", 0, 65535);
	whole_number(k, o, "dst_port", 0, 65535);
	ordered(k, o, "created", "modified", true);
	ordered(k, o, "valid_from", "valid_until", false);
	ordered(k, o, "first_seen", "last_seen", true);
	ordered(k, o, "first_observed", "last_observed", true);
	ordered(k, o, "start", "end", true);
	check_hashes(k, o);
	check_lists(k, o);
}

/* What every object of a kind has (STIX 2.1, 3.2). */
static void
check_common(struct stix_check *k, const json_t *o, enum stix_kind kind)
{
	const char *v = json_string_value(json_object_get(o, "spec_version"));

	if (kind == STIX_OBSERVABLE) {
		if (json_object_get(o, "created") != NULL ||
		    json_object_get(o, "modified") != NULL)
			stix_problem(k, "created", "is no property of an "
			    "observable: leave created and modified out");
	} else {
		need(k, o, "spec_version");
		need(k, o, "created");
		if (kind != STIX_META)
			need(k, o, "modified");
	}
	if (v != NULL && strcmp(v, "2.1") != 0)
		stix_problem(k, "spec_version", "is another one: write "
		    "\"2.1\"");
}

static void
count(struct stix_check *k, const struct stix_type *t)
{
	if (t == NULL)
		return;
	k->out->indicators += strcmp(t->name, "indicator") == 0;
	k->out->observables += t->kind == STIX_OBSERVABLE;
	k->out->relations += t->kind == STIX_RELATION;
}

void
stix_object(struct stix_check *k, const json_t *o)
{
	const char *type = json_string_value(json_object_get(o, "type"));
	const char *id = json_string_value(json_object_get(o, "id"));
	const struct stix_type *t;

	k->id = id;
	if (type == NULL) {
		stix_problem(k, "type", "is missing: write one of the "
		    "standard's, as \"indicator\"");
		return;
	}
	if (id == NULL)
		stix_problem(k, "id", "is missing: write \"%.64s--UUID\"",
		    strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
		    strlen(type) ? type : "TYPE");
	else if (!stix_id_ok(id, type))
		stix_problem(k, "id", "is not TYPE--UUID with the object's "
		    "own type: write a UUID in lower case after the type and "
		    "two hyphens");
	t = stix_type(type);
	count(k, t);
	if (t != NULL)
		check_common(k, o, t->kind);
	else if (strncmp(type, "x-", 2) != 0 &&
	    json_object_get(o, "extensions") == NULL)
		stix_problem(k, "type", "is none of STIX 2.1: write one that "
		    "is, begin it with x-, or define it in extensions");
	stix_values(k, o);
	check_any(k, o);
	if (t != NULL) {
		need_all(k, o, t);
		check_special(k, o, type);
	}
}
