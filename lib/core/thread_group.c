#include <stdlib.h>
#include <string.h>

#include "bulla/reqdoc.h"
#include "core/thread_int.h"

/*
 * Which package belongs to which request. Each names at most one other, so
 * that each stands in one thread at most; what names itself in a circle
 * stands in none.
 */
struct group {
	struct thread_reader *r;
	size_t *by_ref;			/* events, by ref, then as they stand */
	size_t *by_id;
	size_t *in;			/* thread of each event, from 1; 0 */
	struct bulla_thread *v;
	size_t n, cap;
};

bool
thread_is(const struct bulla_event *e, const char *kind)
{
	return strcmp(e->kind, kind) == 0;
}

bool
thread_is_reply(const struct bulla_event *e)
{
	const struct bulla_cur kind = bulla_cur_str(e->kind);

	return bulla_code_ok(bulla_reply_types, &kind);
}

/* By time received (not proved last), then id. */
static int
by_time(const void *x, const void *y)
{
	const struct bulla_event *a = x, *b = y;
	int64_t s = a->received, t = b->received;

	if (s != t)
		return s == 0 ? 1 : t == 0 ? -1 : s < t ? -1 : 1;
	return strcmp(a->id, b->id);
}

static int
by_ref(const void *x, const void *y, void *ctx)
{
	const struct bulla_event *v = ctx;
	size_t a = *(const size_t *)x, b = *(const size_t *)y;
	int d = strcmp(v[a].ref, v[b].ref);

	return d != 0 ? d : a < b ? -1 : a > b;
}

static int
by_id(const void *x, const void *y, void *ctx)
{
	const struct bulla_event *v = ctx;

	return strcmp(v[*(const size_t *)x].id, v[*(const size_t *)y].id);
}

/* The first event that names this package, as a place in by_ref. */
static size_t
first_to(const struct group *g, const char *id)
{
	size_t lo = 0, hi = g->r->n_events;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(g->r->event[g->by_ref[mid]].ref, id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static enum bulla_status
add_event(struct group *g, struct bulla_thread *t, size_t i,
    struct bulla_err *err)
{
	struct bulla_event *v = t->event;
	size_t cap = t->n_events;

	/* grows by doubling: its size is the power of two that holds n */
	if ((cap & (cap - 1)) == 0) {
		v = reallocarray(v, cap == 0 ? 1 : 2 * cap, sizeof(*v));
		if (v == NULL)
			return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
		t->event = v;
	}
	v[t->n_events++] = g->r->event[i];
	g->in[i] = (size_t)(t - g->v) + 1;
	return BULLA_OK;
}

/* What names event number k of t, and what names that; requests wait. */
static enum bulla_status
add_answers(struct group *g, struct bulla_thread *t, size_t k,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	for (; k < t->n_events && st == BULLA_OK; k++) {
		const char *id = t->event[k].id;
		size_t at = first_to(g, id);

		for (; at < g->r->n_events && st == BULLA_OK; at++) {
			const struct bulla_event *e =
			    &g->r->event[g->by_ref[at]];

			if (strcmp(e->ref, t->event[k].id) != 0)
				break;
			if (!thread_is(e, "request") &&
			    g->in[g->by_ref[at]] == 0)
				st = add_event(g, t, g->by_ref[at], err);
		}
	}
	return st;
}

static enum bulla_status
new_thread(struct group *g, size_t i, struct bulla_err *err)
{
	const struct bulla_event *e = &g->r->event[i];
	struct bulla_thread *v, *t;
	enum bulla_status st;

	v = thread_more(g->v, &g->cap, g->n, sizeof(*v));
	if (v == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	g->v = v;
	t = &v[g->n++];
	t->asker = e->by;
	t->waiting = -1;
	memcpy(t->related, e->ref, sizeof(t->related));
	st = add_event(g, t, i, err);
	return st == BULLA_OK ? add_answers(g, t, 0, err) : st;
}

static struct bulla_thread *
thread_of(const struct group *g, const char *id)
{
	const struct bulla_event *v = g->r->event;
	size_t lo = 0, hi = g->r->n_events;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = strcmp(v[g->by_id[mid]].id, id);

		if (d == 0) {
			size_t in = g->in[g->by_id[mid]];

			return in == 0 ? NULL : &g->v[in - 1];
		}
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static void
in_order(struct bulla_thread *t)
{
	qsort(t->event + 1, t->n_events - 1, sizeof(*t->event),
	    by_time);
}

/* A further request: the answer to a question, or a new matter. */
static enum bulla_status
place_further(struct group *g, size_t i, struct bulla_err *err)
{
	const struct bulla_event *e = &g->r->event[i];
	struct bulla_thread *t = thread_of(g, e->ref);
	enum bulla_status st;
	bool stands = false;
	size_t k;

	if (t == NULL || t->asker != e->by || e->received == 0 ||
	    strcmp(t->event[0].urgency, e->urgency) != 0)
		return new_thread(g, i, err);
	in_order(t);
	st = thread_stands(g->r->out, t, e->received, &stands, err);
	if (st != BULLA_OK)
		return st;
	if (!stands)
		return new_thread(g, i, err);
	k = t->n_events;
	st = add_event(g, t, i, err);
	return st == BULLA_OK ? add_answers(g, t, k, err) : st;
}

/* Hotline calls about nothing in particular stand for themselves. */
static bool
begins(const struct bulla_event *e)
{
	return e->ref[0] == '\0' && (thread_is(e, "request") ||
	    thread_is(e, "hotline"));
}

static enum bulla_status
place_strays(struct group *g, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	enum bulla_reqdoc_kind kind;

	for (size_t i = 0; i < g->r->n_events && st == BULLA_OK; i++) {
		const struct bulla_event *e = &g->r->event[i];
		struct bulla_cur c = bulla_cur_str(e->kind);

		if (g->in[i] != 0 || !bulla_reqdoc_kind_of(&c, &kind))
			continue;
		st = thread_stray(g->r, e, e->ref[0] == '\0' ? "an answer "
		    "that names no request" : "it names a package that is not "
		    "here, or is no request of these two sides", err);
	}
	return st;
}

static int
threads_by_time(const void *x, const void *y)
{
	const struct bulla_thread *a = x, *b = y;

	return by_time(&a->event[0], &b->event[0]);
}

static enum bulla_status
place_all(struct group *g, struct bulla_err *err)
{
	struct thread_reader *r = g->r;
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < r->n_events && st == BULLA_OK; i++) {
		if (begins(&r->event[i]))
			st = new_thread(g, i, err);
	}
	for (size_t i = 0; i < r->n_events && st == BULLA_OK; i++) {
		if (g->in[i] == 0 && thread_is(&r->event[i], "request"))
			st = place_further(g, i, err);
	}
	return st == BULLA_OK ? place_strays(g, err) : st;
}

enum bulla_status
thread_group(struct thread_reader *r, struct bulla_err *err)
{
	struct group g = { .r = r };
	size_t n = r->n_events;
	enum bulla_status st = BULLA_OK;

	g.by_ref = calloc(n + 1, sizeof(*g.by_ref));
	g.by_id = calloc(n + 1, sizeof(*g.by_id));
	g.in = calloc(n + 1, sizeof(*g.in));
	if (g.by_ref == NULL || g.by_id == NULL || g.in == NULL)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	if (st == BULLA_OK && n > 0) {
		qsort(r->event, n, sizeof(*r->event), by_time);
		for (size_t i = 0; i < n; i++)
			g.by_ref[i] = g.by_id[i] = i;
		qsort_r(g.by_ref, n, sizeof(*g.by_ref), by_ref, r->event);
		qsort_r(g.by_id, n, sizeof(*g.by_id), by_id, r->event);
		st = place_all(&g, err);
	}
	free(g.by_ref);
	free(g.by_id);
	free(g.in);
	r->out->v = g.v;
	r->out->n = g.n;
	for (size_t i = 0; i < g.n && st == BULLA_OK; i++)
		in_order(&g.v[i]);
	if (st == BULLA_OK && g.n > 0)
		qsort(g.v, g.n, sizeof(*g.v), threads_by_time);
	return st;
}
