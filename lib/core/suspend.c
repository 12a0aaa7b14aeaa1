#include <string.h>

#include "core/roster_int.h"

static const char type_line[] = "bulla suspend v1";

/* Key and actor are of the side itself: nobody suspends another's keys. */
static enum bulla_status
take_key(struct bulla_fields *f, struct bulla_suspend *s,
    struct bulla_err *err)
{
	struct bulla_cur v, name;
	struct bulla_vkey k;
	enum bulla_status st = bulla_field_take(f, "key", &v, err);

	if (st != BULLA_OK)
		return st;
	if (bulla_vkey_parse(&v, &k, err) != BULLA_OK)
		return bulla_wrap(err, BULLA_E_FORMAT, "line %u", f->line - 1);
	name = bulla_cur_str(k.name);
	if (!roster_name_of(&name, &s->side))
		return bulla_field_bad(f, "key", &v, "is not a key of this "
		    "side", err);
	s->key = k;
	return BULLA_OK;
}

static enum bulla_status
take_why(struct bulla_fields *f, struct bulla_suspend *s,
    struct bulla_err *err)
{
	enum bulla_status st = bulla_field_take(f, "actor", &s->actor, err);

	if (st == BULLA_OK && !roster_name_of(&s->actor, &s->side))
		return bulla_field_bad(f, "actor", &s->actor, "is no key name "
		    "of this side", err);
	if (st == BULLA_OK)
		st = bulla_field_take(f, "reason", &s->reason, err);
	if (st == BULLA_OK && bulla_cur_is(&s->reason, "-"))
		return bulla_field_bad(f, "reason", &s->reason, "is no reason",
		    err);
	return st;
}

enum bulla_status
bulla_suspend_parse(const struct bulla_cur *text, struct bulla_suspend *out,
    struct bulla_err *err)
{
	struct bulla_suspend s = { 0 };
	struct bulla_fields f;
	enum bulla_status st;

	st = bulla_fields_begin(&f, text, type_line, err);
	if (st == BULLA_OK)
		st = bulla_field_take(&f, "side", &s.side, err);
	if (st == BULLA_OK && !roster_side_ok(&s.side))
		return bulla_field_bad(&f, "side", &s.side, "is no name of a "
		    "side", err);
	if (st == BULLA_OK)
		st = bulla_field_hex(&f, "roster", s.roster, sizeof(s.roster),
		    err);
	if (st == BULLA_OK)
		st = take_key(&f, &s, err);
	if (st == BULLA_OK)
		st = bulla_field_when(&f, "time", &s.time, err);
	if (st == BULLA_OK)
		st = take_why(&f, &s, err);
	if (st == BULLA_OK)
		st = bulla_fields_end(&f, err);
	if (st == BULLA_OK)
		*out = s;
	return st;
}

void
bulla_suspend_put(struct bulla_buf *b, const struct bulla_suspend *s)
{
	BULLA_CHECK(roster_side_ok(&s->side));
	bulla_buf_str(b, type_line);
	bulla_buf_str(b, "\n");
	bulla_field_put(b, "side", &s->side);
	bulla_field_put_hex(b, "roster", s->roster, sizeof(s->roster));
	bulla_buf_str(b, "key: ");
	bulla_vkey_put(b, &s->key);
	bulla_buf_str(b, "\n");
	bulla_field_put_when(b, "time", s->time);
	bulla_field_put(b, "actor", &s->actor);
	bulla_field_put(b, "reason", &s->reason);
}
