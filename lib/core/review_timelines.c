#include <stdlib.h>
#include <string.h>

#include "bulla/enc.h"
#include "core/review_int.h"
#include "core/thread_int.h"

/* Which packages are drawn, and what the notes about them say. */
struct moved {
	const struct bulla_handover_seen *h;
	bool marked;
	int64_t last;			/* of what happened to it */
};

static bool
unanswered(const struct bulla_handover_seen *h)
{
	return h->handed != 0 && h->received == 0 && h->rejected == 0;
}

/* It moved in the period, or still waits for an answer. */
static bool
is_moved(const struct bulla_review *r, const struct bulla_handover_seen *h)
{
	return (h->handed != 0 && h->handed >= r->from) || unanswered(h) ||
	    review_in(r, h->rejected) || review_in(r, h->disputed);
}

static int
by_mark(const void *x, const void *y)
{
	const struct moved *a = x, *b = y;

	if (a->marked != b->marked)
		return a->marked ? -1 : 1;
	if (a->last != b->last)
		return a->last > b->last ? -1 : 1;
	return strcmp(a->h->id, b->h->id);
}

static int
by_text(const void *x, const void *y)
{
	const char *const *a = x, *const *b = y;

	return strcmp(*a, *b);
}

static bool
has_remark(const char *const *ids, size_t n, const char *id)
{
	return n > 0 && bsearch(&id, ids, n, sizeof(*ids), by_text) != NULL;
}

static int64_t
last_of(const struct bulla_handover_seen *h)
{
	int64_t t = h->handed;

	t = h->received > t ? h->received : t;
	t = h->rejected > t ? h->rejected : t;
	return h->disputed > t ? h->disputed : t;
}

static size_t
collect(const struct bulla_review *r, int side, const char *const *ids,
    struct moved *out)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_handovers; i++) {
		const struct bulla_handover_seen *h = &r->handover[i];

		if (h->by != side || !is_moved(r, h))
			continue;
		out[n++] = (struct moved){ .h = h, .last = last_of(h),
		    .marked = unanswered(h) || h->rejected != 0 ||
		    h->disputed != 0 || has_remark(ids, r->n_remarks,
		    h->id) };
	}
	qsort(out, n, sizeof(*out), by_mark);
	return n;
}

static int
id_is(const void *id, const void *y)
{
	const struct review_note *n = y;

	return strcmp(id, n->id);
}

static bool
is_answer(const struct bulla_custody_seen *s)
{
	return strcmp(s->event, "receive") == 0 ||
	    strcmp(s->event, "reject") == 0;
}

/* Within a second as each side numbered its notes. */
static int
by_time(const void *x, const void *y)
{
	const struct bulla_custody_seen *a = x, *b = y;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	if (a->by != b->by)
		return a->by < b->by ? -1 : 1;
	if (a->sequence != b->sequence)
		return a->sequence < b->sequence ? -1 : 1;
	return strcmp(a->id, b->id);
}

static bool
hands(const struct bulla_custody_seen *s)
{
	return strcmp(s->event, "relinquish") == 0 ||
	    strcmp(s->event, "return") == 0;
}

/*
 * Both sides' notes of one second, v[0..n) of one and v[n..all) of the other:
 * each side's in their order, and an answer after what it answers. from: the
 * side whose handover waits for an answer, or -1; w: room for all.
 */
static void
weave(struct bulla_custody_seen *v, size_t n, size_t all, int *from,
    struct bulla_custody_seen *w)
{
	size_t i = 0, j = n;

	for (size_t k = 0; k < all; k++) {
		bool second = i == n || (j < all && is_answer(&v[i]) &&
		    *from != v[j].by);

		w[k] = second ? v[j++] : v[i++];
		if (hands(&w[k]))
			*from = w[k].by;
		else if (is_answer(&w[k]))
			*from = -1;
	}
	memcpy(v, w, all * sizeof(*v));
}

static bool
in_order(struct bulla_custody_seen *v, size_t n)
{
	struct bulla_custody_seen *w = calloc(n + 1, sizeof(*w));
	int from = -1;

	if (w == NULL)
		return false;
	qsort(v, n, sizeof(*v), by_time);
	for (size_t i = 0, all, one; i < n; i += all) {
		for (all = one = 1; i + all < n &&
		    v[i + all].time == v[i].time; all++)
			one += v[i + all].by == v[i].by;
		weave(v + i, one, all, &from, w);
	}
	free(w);
	return true;
}

/* The notes are sorted by package. */
static bool
add_notes(struct review_work *w, struct bulla_timeline *t, size_t *cap)
{
	struct bulla_review *r = w->r;
	const struct review_note *end = w->note + w->n_notes;
	const struct review_note *n = w->n_notes == 0 ? NULL : bsearch(
	    t->h->id, w->note, w->n_notes, sizeof(*n), id_is);

	while (n != NULL && n > w->note && strcmp(n[-1].id, t->h->id) == 0)
		n--;
	t->first = r->n_custody;
	for (; n != NULL && n < end && strcmp(n->id, t->h->id) == 0; n++) {
		struct bulla_custody_seen *v;

		if (n->time >= r->to || n->by < 0 || !review_signed(w, n))
			continue;
		v = thread_more(r->custody, cap, r->n_custody, sizeof(*v));
		if (v == NULL)
			return false;
		r->custody = v;
		v = &v[r->n_custody++];
		*v = (struct bulla_custody_seen){ .event = n->event,
		    .by = n->by, .time = n->time, .good = n->good,
		    .sequence = n->sequence,
		    .countersigned = review_countersigned(w, n) };
		bulla_hex(v->id, n->digest, sizeof(n->digest));
	}
	t->n = r->n_custody - t->first;
	return t->n == 0 || in_order(r->custody + t->first, t->n);
}

enum bulla_status
review_custody_lines(struct review_work *w, struct bulla_err *err)
{
	struct bulla_review *r = w->r;
	const char **ids = calloc(r->n_remarks + 1, sizeof(*ids));
	struct moved *m = calloc(r->n_handovers + 1, sizeof(*m));
	bool ok = ids != NULL && m != NULL;
	size_t cap = 0;

	for (size_t i = 0; ok && i < r->n_remarks; i++)
		ids[i] = r->remark[i].id;
	if (ok && r->n_remarks > 0)
		qsort(ids, r->n_remarks, sizeof(*ids), by_text);
	for (int side = 0; ok && side < 2; side++) {
		size_t n = collect(r, side, ids, m);

		r->n_moved[side] = n;
		for (size_t i = 0; ok && i < n && i < BULLA_TIMELINES_MAX;
		    i++) {
			struct bulla_timeline *t = &r->timeline[side][i];

			t->h = m[i].h;
			t->marked = m[i].marked;
			ok = add_notes(w, t, &cap);
			r->n_timelines[side] = i + 1;
		}
	}
	free(ids);
	free(m);
	return ok ? BULLA_OK : bulla_fail(err, BULLA_E_NOMEM, "out of memory");
}
