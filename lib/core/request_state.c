#include <string.h>

#include "bulla/request.h"
#include "core/kept.h"

struct look {
	struct bulla_cur side;		/* ours */
	struct bulla_request_state *s;
	uint32_t by[2][2];		/* of an exercise; by us */
};

static uint32_t
bit_of(const struct bulla_cur *kind)
{
	for (unsigned i = 0; bulla_reply_types[i] != NULL; i++) {
		if (bulla_cur_is(kind, bulla_reply_types[i]))
			return UINT32_C(1) << i;
	}
	return 0;
}

uint32_t
bulla_reply_bit(const char *type)
{
	const struct bulla_cur c = bulla_cur_str(type);

	return bit_of(&c);
}

static void
keep(char *out, size_t cap, const struct bulla_cur *v)
{
	BULLA_CHECK(v->len < cap);
	if (v->len > 0)
		memcpy(out, v->p, v->len);
	out[v->len] = '\0';
}

/* A damaged file is for the monitor to tell of; it answers nothing here. */
static enum bulla_status
see(void *ctx, const char *rel, const struct bulla_package *p,
    const struct bulla_err *why, struct bulla_err *err)
{
	struct look *l = ctx;
	const struct bulla_opening *o;
	struct bulla_cur agency;
	bool ours;

	(void)rel;
	(void)why;
	(void)err;
	if (p == NULL)
		return BULLA_OK;
	o = &p->opening;
	agency = bulla_keyname_agency(&o->from);
	ours = bulla_cur_same(&agency, &l->side);
	if (strcmp(o->id, l->s->id) == 0) {
		l->s->found = true;
		l->s->ours = ours;
		l->s->exercise = o->exercise;
		keep(l->s->kind, sizeof(l->s->kind), &o->kind);
		keep(l->s->ref, sizeof(l->s->ref), &o->ref);
	} else if (bulla_cur_is(&o->ref, l->s->id)) {
		l->by[o->exercise][ours] |= bit_of(&o->kind);
	}
	return BULLA_OK;
}

/*
 * What the side that answers cannot do to a request does nothing to it: it
 * would end it for tools that go by this.
 */
static uint32_t
by_answerer(uint32_t bits)
{
	const uint32_t final = bulla_reply_bit("full") |
	    bulla_reply_bit("partial") | bulla_reply_bit("refused") |
	    bulla_reply_bit("transferred") | bulla_reply_bit("preserved");

	bits &= ~bulla_reply_bit("withdrawn");
	return (bits & final) != 0 ? bits : bits & ~bulla_reply_bit("closed");
}

enum bulla_status
bulla_request_look(const struct bulla_home *h, const char *id,
    struct bulla_request_state *out, struct bulla_err *err)
{
	struct bulla_request_state s = { 0 };
	const struct bulla_cur c = bulla_cur_str(id);
	struct look l = { .s = &s };
	const struct bulla_roster *r;
	uint8_t digest[32];
	enum bulla_status st;

	r = h->trust != NULL ? bulla_trust_roster(h->trust, BULLA_OURS,
	    digest) : NULL;
	if (r == NULL)
		return bulla_fail(err, BULLA_E_NOKEY, "no roster in this home "
		    "to tell ours from theirs by (bulla-trust)");
	if (!bulla_id_ok(&c))
		return bulla_fail(err, BULLA_E_USAGE, "an id is 32 hex "
		    "digits");
	l.side = r->side;
	keep(s.id, sizeof(s.id), &c);
	st = kept_packages(h->path, see, &l, err);
	if (st == BULLA_OK && !s.found)
		return bulla_fail(err, BULLA_E_NOMATCH, "no package %s in "
		    "this home: receive it first, or look at the id", id);
	if (st != BULLA_OK)
		return st;
	s.by_us = l.by[s.exercise][true];
	s.by_them = l.by[s.exercise][false];
	if (s.ours)
		s.by_them = by_answerer(s.by_them);
	else
		s.by_us = by_answerer(s.by_us);
	*out = s;
	return BULLA_OK;
}
