#include <string.h>
#include <strings.h>

#include "bulla/text.h"

#include "reqdoc_int.h"

#define DAY 86400
#define RELATION_THIN 20u	/* bytes */

/* A request for these names a person, an account or a machine. */
static const char *const of_somebody[] = { "subscriber", "traffic",
    "content", NULL };
static const char *const of_the_past[] = { "preserve", "subscriber",
    "traffic", "content", NULL };
static const char *const intrusive[] = { "traffic", "content", NULL };

/* What can mean anything, and so is refused by whoever reads it. */
static const char *const phrases[] = { "all data", "all the data",
    "all available", "all information", "all records", "all content",
    "all messages", "all accounts", "all users", "all customers",
    "any and all", "any data", "any information", "everything",
    "entire account", "entire content", "entire history",
    "complete history", "full contents", "whole account", };

static bool
letter(uint8_t b)
{
	return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b >= 0x80;
}

/* The phrase as whole words; a line's end counts as a space. */
static bool
says(const struct bulla_cur *v, const char *phrase)
{
	const size_t n = strlen(phrase);

	for (size_t i = 0; i + n <= v->len; i++) {
		size_t k = 0;

		while (k < n && (v->p[i + k] == '\n' ? phrase[k] == ' ' :
		    strncasecmp((const char *)&v->p[i + k], &phrase[k],
		    1) == 0))
			k++;
		if (k == n && (i == 0 || !letter(v->p[i - 1])) &&
		    (i + n == v->len || !letter(v->p[i + n])))
			return true;
	}
	return false;
}

static void
lint_phrases(struct reqdoc_linter *t)
{
	struct bulla_cur v;

	if (!bulla_reqdoc_get(t->d, "data-sought", &v))
		return;
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (!says(&v, phrases[i]))
			continue;
		reqdoc_error(t, "too-broad", "data-sought", "\"%s\" is no "
		    "description of data\nname each kind of data, such as: "
		    "name and address of the subscriber; log lines with time, "
		    "source address and port", phrases[i]);
		return;
	}
}

static void
lint_relation(struct reqdoc_linter *t)
{
	struct bulla_cur relation, data;

	if (!bulla_reqdoc_get(t->d, "relation", &relation))
		return;
	if (relation.len < RELATION_THIN ||
	    (bulla_reqdoc_get(t->d, "data-sought", &data) &&
	    bulla_cur_same(&relation, &data)))
		reqdoc_error(t, "no-relation", "relation", "does not say how "
		    "the data bear on the offence\nwrite what they would "
		    "prove, and why you think that they are there");
}

static void
lint_range(struct reqdoc_linter *t)
{
	const unsigned max = t->l->max_days != 0 ? t->l->max_days :
	    BULLA_LINT_DAYS;
	int64_t from, until;

	if (!bulla_reqdoc_when(t->d, "range-from", &from) ||
	    !bulla_reqdoc_when(t->d, "range-until", &until))
		return;
	if (from >= until) {
		reqdoc_error(t, "empty-range", "range-until", "is not after "
		    "range-from\nwrite the later time here, and the earlier "
		    "one as range-from");
		return;
	}
	if (until > t->l->now && reqdoc_type_is(t->d, of_the_past))
		reqdoc_error(t, "future", "range-until", "lies in the future, "
		    "where there are no data yet\nwrite a time that has "
		    "passed; ask again for what comes later");
	if (until - from <= (int64_t)max * DAY)
		return;
	if (reqdoc_type_is(t->d, intrusive))
		reqdoc_error(t, "too-broad", "range-from", "asks for %lld "
		    "days of data, more than %u\nwrite the days that the "
		    "facts speak of, or make several requests",
		    (long long)((until - from) / DAY), max);
	else
		reqdoc_warning(t, "too-broad", "range-from", "asks for %lld "
		    "days of data, more than %u\nwrite the days that the "
		    "facts speak of", (long long)((until - from) / DAY), max);
}

static void
lint_address(struct reqdoc_linter *t, const struct reqdoc_location *l)
{
	static const char *const exact[] = { "subscriber", NULL };
	char shown[64];

	(void)bulla_text_show(shown, sizeof(shown), &l->what);
	if (l->prefix <= (l->v6 ? 48u : 16u)) {
		reqdoc_error(t, "too-broad", "location", "%s is a whole "
		    "network\nwrite the single addresses that the facts speak "
		    "of", shown);
		return;
	}
	if (l->prefix < (l->v6 ? 128u : 32u))
		reqdoc_warning(t, "too-broad", "location", "%s is a range of "
		    "addresses\nwrite the single addresses, if they are "
		    "known", shown);
	if ((l->has_port && l->has_time) ||
	    !reqdoc_type_is(t->d, of_the_past))
		return;
	if (reqdoc_type_is(t->d, exact))
		reqdoc_error(t, "no-port-time", "location", "%s without %s: "
		    "an address is shared by many\nwrite: ip %s port 50122 at "
		    "2026-11-03T04:05:06Z", shown, l->has_port ? "a time" :
		    l->has_time ? "a source port" : "source port and time",
		    shown);
	else
		reqdoc_warning(t, "no-port-time", "location", "%s without %s: "
		    "an address is shared by many\nif they are known, write: "
		    "ip %s port 50122 at 2026-11-03T04:05:06Z", shown,
		    l->has_port ? "a time" : l->has_time ? "a source port" :
		    "source port and time", shown);
}

static void
lint_locations(struct reqdoc_linter *t)
{
	struct reqdoc_location l;
	struct bulla_cur v, line;
	unsigned named = 0;

	if (!bulla_reqdoc_get(t->d, "location", &v))
		return;
	while (bulla_reqdoc_line(&v, &line)) {
		if (!reqdoc_location(&line, &l))
			continue;
		named += l.place != PLACE_OTHER;
		if (l.place == PLACE_IP)
			lint_address(t, &l);
		else if (memchr(l.what.p, '*', l.what.len) != NULL)
			reqdoc_error(t, "too-broad", "location", "a pattern "
			    "with * stands for any number of people\nwrite "
			    "each name in full");
	}
	if (named == 0 && reqdoc_type_is(t->d, of_somebody))
		reqdoc_error(t, "no-identifier", "location", "names nobody: "
		    "no account, address, number or device\nwrite for "
		    "example: account bee@mail.example");
}

void
reqdoc_lint_broad(struct reqdoc_linter *t)
{
	lint_phrases(t);
	lint_relation(t);
	lint_locations(t);
	lint_range(t);
}
