#include <string.h>

#include "bulla/custody.h"
#include "bulla/enc.h"
#include "bulla/field.h"
#include "bulla/note.h"

#include "events.h"

static const char type_line[] = "bulla custody v1";

_Static_assert(EVENT_FIELDS_MAX <= BULLA_CUSTODY_EXTRA_MAX, "room for all");

static enum bulla_status
take_text(struct bulla_fields *f, const char *label, struct bulla_cur *out,
    struct bulla_err *err)
{
	enum bulla_status st = bulla_field_take(f, label, out, err);

	if (st == BULLA_OK && bulla_cur_is(out, "-"))
		out->len = 0;
	return st;
}

/*
 * What a chain hangs on: its first note names the seal where later ones name
 * the note before. Only a reject may lack a seal, when no closing could be
 * trusted.
 */
static bool
chain_ok(const struct bulla_custody *c)
{
	if (c->sequence > 1)
		return c->has_previous;
	return c->sequence == 1 && c->has_previous == c->has_seal &&
	    (!c->has_seal ||
	    memcmp(c->previous, c->seal, sizeof(c->seal)) == 0);
}

static enum bulla_status
take_chain(struct bulla_fields *f, struct bulla_custody *c,
    struct bulla_err *err)
{
	enum bulla_status st;

	st = bulla_field_take(f, "event", &c->event, err);
	if (st != BULLA_OK)
		return st;
	if (!bulla_custody_event_ok(&c->event))
		return bulla_field_bad(f, "event", &c->event, "is not known",
		    err);
	if (!c->has_seal && !bulla_cur_is(&c->event, "reject"))
		return bulla_field_bad(f, "event", &c->event, "needs a seal",
		    err);
	st = bulla_field_u64(f, "sequence", BULLA_CUSTODY_SEQUENCE_MAX,
	    &c->sequence, err);
	if (st == BULLA_OK)
		st = bulla_field_hex_or_none(f, "previous", c->previous,
		    sizeof(c->previous), &c->has_previous, err);
	if (st != BULLA_OK)
		return st;
	if (!chain_ok(c))
		return bulla_fail(err, BULLA_E_FORMAT, "line %u: sequence "
		    "counts from 1, previous is the note before, and the "
		    "seal where sequence is 1", f->line - 1);
	return BULLA_OK;
}

static enum bulla_status
take_people(struct bulla_fields *f, struct bulla_custody *c,
    struct bulla_err *err)
{
	enum bulla_status st;

	st = bulla_field_take(f, "actor", &c->actor, err);
	if (st == BULLA_OK && !bulla_keyname_ok(&c->actor))
		return bulla_field_bad(f, "actor", &c->actor, "is no key name",
		    err);
	if (st == BULLA_OK)
		st = take_text(f, "officer", &c->officer, err);
	if (st == BULLA_OK)
		st = take_text(f, "place", &c->place, err);
	if (st == BULLA_OK)
		st = take_text(f, "purpose", &c->purpose, err);
	if (st == BULLA_OK)
		st = take_text(f, "authority", &c->authority, err);
	if (st == BULLA_OK)
		st = take_text(f, "result", &c->result, err);
	return st;
}

static enum bulla_status
take_extra(struct bulla_fields *f, struct bulla_custody *c,
    struct bulla_err *err)
{
	const struct event *e = bulla_event_find(&c->event);
	enum bulla_status st;

	for (size_t i = 0; e->field[i].kind != EVENT_END; i++) {
		struct bulla_custody_extra *x = &c->extra[c->n_extra];
		const char *label = e->field[i].label;

		st = bulla_field_take(f, label, &x->value, err);
		if (st != BULLA_OK)
			return st;
		if (!bulla_event_value_ok(e->field[i].kind, &x->value))
			return bulla_field_bad(f, label, &x->value, "may not "
			    "stand there", err);
		if (bulla_cur_is(&x->value, "-"))
			x->value.len = 0;
		x->label = bulla_cur_str(label);
		c->n_extra++;
	}
	return BULLA_OK;
}

enum bulla_status
bulla_custody_parse(const struct bulla_cur *text, struct bulla_custody *out,
    struct bulla_err *err)
{
	uint8_t id[BULLA_ID_LEN / 2];
	struct bulla_custody c = { 0 };
	struct bulla_fields f;
	enum bulla_status st;

	st = bulla_fields_begin(&f, text, type_line, err);
	if (st == BULLA_OK)
		st = bulla_field_hex(&f, "package", id, sizeof(id), err);
	if (st == BULLA_OK)
		st = bulla_field_hex_or_none(&f, "seal", c.seal,
		    sizeof(c.seal), &c.has_seal, err);
	if (st == BULLA_OK)
		st = take_chain(&f, &c, err);
	if (st == BULLA_OK)
		st = bulla_field_when(&f, "time", &c.time, err);
	if (st == BULLA_OK)
		st = take_people(&f, &c, err);
	if (st == BULLA_OK)
		st = take_extra(&f, &c, err);
	if (st == BULLA_OK)
		st = bulla_fields_end(&f, err);
	if (st != BULLA_OK)
		return st;
	bulla_hex(c.id, id, sizeof(id));
	*out = c;
	return BULLA_OK;
}

bool
bulla_custody_get(const struct bulla_custody *c, const char *label,
    struct bulla_cur *value)
{
	for (size_t i = 0; i < c->n_extra; i++) {
		if (!bulla_cur_is(&c->extra[i].label, label))
			continue;
		if (c->extra[i].value.len == 0 ||
		    bulla_cur_is(&c->extra[i].value, "-"))
			return false;
		*value = c->extra[i].value;
		return true;
	}
	return false;
}

static bool
has_label(const struct event *e, const struct bulla_cur *label)
{
	for (size_t i = 0; e->field[i].kind != EVENT_END; i++) {
		if (bulla_cur_is(label, e->field[i].label))
			return true;
	}
	return false;
}

static void
put_extra(struct bulla_buf *b, const struct bulla_custody *c)
{
	const struct event *e = bulla_event_find(&c->event);

	BULLA_CHECK(e != NULL);
	for (size_t i = 0; i < c->n_extra; i++)
		BULLA_CHECK(has_label(e, &c->extra[i].label));
	for (size_t i = 0; e->field[i].kind != EVENT_END; i++) {
		struct bulla_cur v;

		if (!bulla_custody_get(c, e->field[i].label, &v))
			v = bulla_cur_str("-");
		BULLA_CHECK(bulla_event_value_ok(e->field[i].kind, &v));
		bulla_field_put(b, e->field[i].label, &v);
	}
}

void
bulla_custody_put(struct bulla_buf *b, const struct bulla_custody *c)
{
	BULLA_CHECK(c->sequence <= BULLA_CUSTODY_SEQUENCE_MAX && chain_ok(c));
	bulla_buf_str(b, type_line);
	bulla_buf_str(b, "\n");
	bulla_field_put_str(b, "package", c->id);
	bulla_field_put_hex_or_none(b, "seal", c->has_seal, c->seal,
	    sizeof(c->seal));
	bulla_field_put(b, "event", &c->event);
	bulla_field_put_u64(b, "sequence", c->sequence);
	bulla_field_put_hex_or_none(b, "previous", c->has_previous,
	    c->previous, sizeof(c->previous));
	bulla_field_put_when(b, "time", c->time);
	bulla_field_put(b, "actor", &c->actor);
	bulla_field_put_or_none(b, "officer", &c->officer);
	bulla_field_put_or_none(b, "place", &c->place);
	bulla_field_put_or_none(b, "purpose", &c->purpose);
	bulla_field_put_or_none(b, "authority", &c->authority);
	bulla_field_put_or_none(b, "result", &c->result);
	put_extra(b, c);
}
