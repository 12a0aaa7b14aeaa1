#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/reqdoc.h"
#include "bulla/text.h"
#include "core/kept.h"
#include "core/thread_int.h"

static void
copy(char *out, size_t cap, const struct bulla_cur *c)
{
	size_t n = c->len < cap - 1 ? c->len : cap - 1;

	memcpy(out, c->p, n);
	out[n] = '\0';
}

enum bulla_status
thread_stray(struct thread_reader *r, const struct bulla_event *e,
    const char *why, struct bulla_err *err)
{
	struct bulla_threads *t = r->out;
	struct bulla_stray *v;

	v = thread_more(t->stray, &r->cap_strays, t->n_strays, sizeof(*v));
	if (v == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	t->stray = v;
	v[t->n_strays].event = *e;
	(void)snprintf(v[t->n_strays].why, sizeof(v->why), "%s", why);
	t->n_strays++;
	return BULLA_OK;
}

/* From one of the two sides to the other; to nobody by name is to the other. */
static bool
between(const struct bulla_threads *t, const struct bulla_opening *o, int *by)
{
	struct bulla_cur from = bulla_keyname_agency(&o->from), to;

	*by = bulla_cur_is(&from, t->side[0]) ? 0 : 1;
	if (!bulla_cur_is(&from, t->side[*by]))
		return false;
	for (size_t i = 0; i < o->n_to; i++) {
		to = bulla_keyname_agency(&o->to[i]);
		if (bulla_cur_is(&to, t->side[1 - *by]))
			return true;
	}
	return o->n_to == 0;
}

/* Sealed by who may seal for that side, now or when it was proved? */
static enum bulla_status
check_seal(struct thread_reader *r, const struct bulla_package *p, int by,
    struct bulla_err *err)
{
	struct bulla_cur bytes = bulla_buf_view(&p->opening_note);
	enum bulla_side side = thread_side(r->out, by);
	struct bulla_verified v;
	enum bulla_status st;
	int64_t proven;

	if (memcmp(p->closing.opening, p->opening_digest, 32) != 0)
		return bulla_fail(err, BULLA_E_MISMATCH, "its closing note "
		    "is that of another opening note");
	st = bulla_note_verify_exactly(&bytes, p->sealer, p->n_sealers,
	    &r->sealers, &v, err);
	if (st != BULLA_OK)
		return st;
	st = thread_may(r, side, &v, BULLA_ROLE_SEALER, 0, err);
	if (st == BULLA_OK)
		return st;
	proven = thread_proven_seal(r, p->opening.id, p->closing_digest);
	return proven != 0 ? thread_may(r, side, &v, BULLA_ROLE_SEALER,
	    proven, err) : st;
}

static void
fill(struct bulla_event *e, const struct bulla_package *p, int by)
{
	const struct bulla_opening *o = &p->opening;

	memcpy(e->id, o->id, sizeof(e->id));
	copy(e->kind, sizeof(e->kind), &o->kind);
	copy(e->urgency, sizeof(e->urgency), &o->urgency);
	copy(e->ref, sizeof(e->ref), &o->ref);
	e->by = by;
	e->exercise = o->exercise;
	e->claimed = o->created;
	memcpy(e->opening, p->opening_digest, sizeof(e->opening));
}

/* Packages of any other kind matter only where they name a request. */
static bool
matters(const struct bulla_opening *o)
{
	enum bulla_reqdoc_kind kind;

	return bulla_reqdoc_kind_of(&o->kind, &kind) || o->ref.len > 0;
}

static enum bulla_status
add_damaged(struct thread_reader *r, const char *rel,
    const struct bulla_err *why, struct bulla_err *err)
{
	struct bulla_cur c = bulla_cur_str(rel), id;
	struct bulla_event e = { .by = r->out->ours };
	char text[256];

	if (bulla_cur_eat_str(&c, "packages/") &&
	    bulla_cur_take(&c, BULLA_ID_LEN, &id) && bulla_id_ok(&id))
		copy(e.id, sizeof(e.id), &id);
	(void)snprintf(text, sizeof(text), "%.255s", why->msg);
	return thread_stray(r, &e, text, err);
}

static enum bulla_status
add_package(void *ctx, const char *rel, const struct bulla_package *p,
    const struct bulla_err *why, struct bulla_err *err)
{
	struct bulla_err bad = { 0 };
	struct thread_reader *r = ctx;
	struct bulla_event *v;
	char text[256];
	int by;

	if (p == NULL)
		return add_damaged(r, rel, why, err);
	if (!between(r->out, &p->opening, &by) || !matters(&p->opening))
		return BULLA_OK;
	if (p->opening.exercise != r->from->exercise) {
		r->out->n_left_out++;
		return BULLA_OK;
	}
	v = thread_more(r->event, &r->cap_events, r->n_events, sizeof(*v));
	if (v == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	r->event = v;
	fill(&v[r->n_events], p, by);
	if (check_seal(r, p, by, &bad) != BULLA_OK) {
		(void)snprintf(text, sizeof(text), "its seal does not count: "
		    "%.220s", bad.msg);
		return thread_stray(r, &v[r->n_events], text, err);
	}
	thread_received(r, &v[r->n_events], p->closing_digest);
	r->n_events++;
	return BULLA_OK;
}

enum bulla_status
thread_read_packages(struct thread_reader *r, struct bulla_err *err)
{
	return kept_packages(r->h->path, add_package, r, err);
}

static enum bulla_status
set_sides(struct bulla_threads *t, const struct bulla_home *h,
    struct bulla_err *err)
{
	static const enum bulla_side both[] = { BULLA_OURS, BULLA_THEIRS };
	const struct bulla_roster *r[2] = { NULL, NULL };
	uint8_t digest[BULLA_SHA256_LEN];

	for (size_t i = 0; i < 2 && h->trust != NULL; i++)
		r[i] = bulla_trust_roster(h->trust, both[i], digest);
	if (r[0] == NULL || r[1] == NULL)
		return bulla_fail(err, BULLA_E_USAGE, "requests are between "
		    "two sides: this home needs the rosters of both "
		    "(bulla-trust)");
	t->ours = bulla_cur_cmp(&r[0]->side, &r[1]->side) < 0 ? 0 : 1;
	copy(t->side[t->ours], sizeof(t->side[0]), &r[0]->side);
	copy(t->side[1 - t->ours], sizeof(t->side[0]), &r[1]->side);
	return BULLA_OK;
}

static int
strays_by_id(const void *x, const void *y)
{
	const struct bulla_stray *a = x, *b = y;

	return strcmp(a->event.id, b->event.id);
}

enum bulla_status
bulla_threads_load(const struct bulla_threads_from *from,
    struct bulla_threads *out, struct bulla_err *err)
{
	struct bulla_threads t = { 0 };
	struct thread_reader r = { .from = from, .h = from->home, .out = &t };
	enum bulla_status st = set_sides(&t, from->home, err);

	if (st == BULLA_OK)
		st = bulla_agreements_load(from->home->path,
		    from->home->trust, &t.agreements, err);
	if (st == BULLA_OK)
		st = thread_read_notes(&r, err);
	if (st == BULLA_OK)
		st = thread_read_packages(&r, err);
	if (st == BULLA_OK)
		st = thread_group(&r, err);
	thread_reader_free(&r);
	if (st == BULLA_OK && t.n_strays > 0)
		qsort(t.stray, t.n_strays, sizeof(*t.stray), strays_by_id);
	if (st == BULLA_OK)
		st = bulla_threads_judge(&t, from->now, err);
	if (st == BULLA_OK)
		*out = t;
	else
		bulla_threads_free(&t);
	return st;
}

void
bulla_threads_free(struct bulla_threads *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->v[i].event);
		free(t->v[i].stop);
		free(t->v[i].call);
	}
	free(t->v);
	free(t->stray);
	bulla_agreements_free(&t->agreements);
	*t = (struct bulla_threads){ 0 };
}

const struct bulla_thread *
bulla_threads_find(const struct bulla_threads *t, const char *id,
    size_t *event)
{
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < t->v[i].n_events; k++) {
			if (strcmp(t->v[i].event[k].id, id) != 0)
				continue;
			*event = k;
			return &t->v[i];
		}
	}
	return NULL;
}
