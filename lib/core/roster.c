#include <stdlib.h>
#include <string.h>

#include "core/roster_int.h"

static const char type_line[] = "bulla roster v1";

static enum bulla_status
take_head(struct bulla_fields *f, struct bulla_roster *r,
    struct bulla_err *err)
{
	enum bulla_status st = bulla_field_take(f, "side", &r->side, err);

	if (st == BULLA_OK && !roster_side_ok(&r->side))
		return bulla_field_bad(f, "side", &r->side, "is no name of a "
		    "side (a-z 0-9 . _ -)", err);
	if (st == BULLA_OK)
		st = bulla_field_u64(f, "version", BULLA_ROSTER_VERSION_MAX,
		    &r->version, err);
	if (st == BULLA_OK && r->version == 0)
		return bulla_fail(err, BULLA_E_FORMAT, "line %u: version: "
		    "counts from 1", f->line - 1);
	if (st == BULLA_OK)
		st = bulla_field_when(f, "issued", &r->issued, err);
	if (st == BULLA_OK)
		st = bulla_field_when(f, "expires", &r->expires, err);
	if (st == BULLA_OK && r->expires <= r->issued)
		return bulla_fail(err, BULLA_E_FORMAT, "line %u: expires: not "
		    "after issued", f->line - 1);
	if (st == BULLA_OK)
		st = bulla_field_hex_or_none(f, "previous", r->previous,
		    sizeof(r->previous), &r->has_previous, err);
	if (st == BULLA_OK && r->has_previous != (r->version > 1))
		return bulla_fail(err, BULLA_E_FORMAT, "line %u: previous: "
		    "the first version has none, every other one has",
		    f->line - 1);
	return st;
}

unsigned
bulla_roster_persons(const struct bulla_roster *r)
{
	unsigned n = 0;

	for (size_t i = 0; i < r->n_roots; i++) {
		size_t j = 0;

		while (!bulla_cur_same(&r->root[j].person, &r->root[i].person))
			j++;
		n += j == i;
	}
	return n;
}

static enum bulla_status
take_roots(struct bulla_fields *f, struct bulla_roster *r,
    struct bulla_err *err)
{
	uint64_t threshold;
	enum bulla_status st;

	st = bulla_field_u64(f, "threshold", BULLA_ROSTER_ROOTS_MAX,
	    &threshold, err);
	if (st == BULLA_OK && threshold == 0)
		return bulla_fail(err, BULLA_E_FORMAT, "line %u: threshold: "
		    "at least 1", f->line - 1);
	do {
		if (st == BULLA_OK)
			st = roster_take_root(f, r, err);
	} while (st == BULLA_OK && bulla_field_next_is(f, "root"));
	if (st != BULLA_OK)
		return st;
	r->threshold = (unsigned)threshold;
	if (r->threshold > bulla_roster_persons(r))
		return bulla_fail(err, BULLA_E_FORMAT, "threshold: %u persons "
		    "must sign, and the root keys belong to %u", r->threshold,
		    bulla_roster_persons(r));
	return BULLA_OK;
}

static enum bulla_status
parse(const struct bulla_cur *text, struct bulla_roster *r,
    struct bulla_err *err)
{
	static const struct {
		const char *label;
		enum bulla_status (*take)(struct bulla_fields *f,
		    struct bulla_roster *r, struct bulla_err *err);
	} lists[] = {
		{ "key", roster_take_key }, { "age", roster_take_age },
		{ "tls", roster_take_tls }, { "lift", roster_take_lift },
	};
	struct bulla_fields f;
	enum bulla_status st;

	st = bulla_fields_begin(&f, text, type_line, err);
	if (st == BULLA_OK)
		st = take_head(&f, r, err);
	if (st == BULLA_OK)
		st = take_roots(&f, r, err);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		while (st == BULLA_OK && bulla_field_next_is(&f,
		    lists[i].label))
			st = lists[i].take(&f, r, err);
	}
	return st == BULLA_OK ? bulla_fields_end(&f, err) : st;
}

enum bulla_status
bulla_roster_parse(const struct bulla_cur *text, struct bulla_roster *out,
    struct bulla_err *err)
{
	struct bulla_roster *r;
	enum bulla_status st;

	if (text->len > BULLA_ROSTER_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "longer than the %u "
		    "bytes of a roster", BULLA_ROSTER_MAX);
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	st = parse(text, r, err);
	if (st == BULLA_OK)
		*out = *r;
	free(r);
	return st;
}
