#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulla/package.h"
#include "core/review_int.h"
#include "core/thread_int.h"

/*
 * Packages that went from one side to the other, whatever they are about:
 * what the custody notes on each of them say together.
 */
struct went {
	struct review_work *w;
	const struct bulla_event **event;	/* of all threads, by id */
	size_t n_events;
};

static int
by_id(const void *x, const void *y)
{
	const struct bulla_event *const *a = x, *const *b = y;

	return strcmp((*a)->id, (*b)->id);
}

static int
event_is(const void *id, const void *y)
{
	const struct bulla_event *const *e = y;

	return strcmp(id, (*e)->id);
}

static const struct bulla_event *
find_event(const struct went *g, const char *id)
{
	const struct bulla_event *const *e = g->n_events == 0 ? NULL :
	    bsearch(id, g->event, g->n_events,
	    sizeof(const struct bulla_event *), event_is);

	return e != NULL ? *e : NULL;
}

static enum bulla_status
find_events(struct went *g, struct bulla_err *err)
{
	const struct bulla_threads *t = &g->w->r->threads;
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += t->v[i].n_events;
	g->event = calloc(n + 1, sizeof(const struct bulla_event *));
	if (g->event == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < t->v[i].n_events; k++)
			g->event[g->n_events++] = &t->v[i].event[k];
	}
	if (n > 0)
		qsort(g->event, n, sizeof(const struct bulla_event *), by_id);
	return BULLA_OK;
}

static bool
is(const struct review_note *n, const char *event)
{
	return strcmp(n->event, event) == 0;
}

static void
count(struct review_work *w, int side, struct review_note *n,
    enum measure what, int64_t value)
{
	review_add(w, &(struct sample){ .what = what, .side = side,
	    .value = value, .record = review_note_record(w, n) });
}

/* The notes of one package: v[0] to v[n - 1]. */
struct package {
	struct review_note *v;
	size_t n;
	struct bulla_handover_seen *h;
	struct review_note *handed;	/* the first */
	bool known;			/* the threads have judged it */
	bool here, exercise;		/* as the package itself says */
	bool handed_said;		/* so says who handed it over, */
	bool rejected_said;		/* ... who rejected it */
};

static void
earlier(int64_t *at, int64_t t)
{
	if (*at == 0 || t < *at)
		*at = t;
}

/* What the package itself says, when it is here and in no thread. */
static bool
inspect(const struct went *g, struct package *p)
{
	const struct bulla_threads *t = &g->w->r->threads;
	struct bulla_package seen = { 0 };
	struct bulla_cur from;
	char path[4096];
	bool is = false;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/packages/%s.bulla",
	    g->w->from->home->path, p->v[0].id);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return false;
	if (bulla_package_inspect(fd, &seen, NULL) == BULLA_OK) {
		is = true;
		from = bulla_keyname_agency(&seen.opening.from);
		p->h->by = bulla_cur_is(&from, t->side[0]) ? 0 :
		    bulla_cur_is(&from, t->side[1]) ? 1 : -1;
		p->exercise = seen.opening.exercise;
		bulla_package_free(&seen);
	}
	(void)close(fd);
	return is;
}

/* Else who signed that it was handed over, or that it was rejected. */
static void
find_sender(const struct went *g, struct package *p)
{
	const struct bulla_event *e = find_event(g, p->v[0].id);
	struct bulla_handover_seen *h = p->h;

	memcpy(h->id, p->v[0].id, sizeof(h->id));
	h->by = -1;
	p->known = p->here = e != NULL;
	p->exercise = g->w->from->exercise;
	if (e != NULL) {
		h->by = e->by;
		if (e->has_receipt && e->received < g->w->r->to)
			h->received = e->received;
		return;
	}
	p->here = inspect(g, p);
	if (p->here)
		return;
	for (size_t i = 0; i < p->n && h->by < 0; i++) {
		struct review_note *n = &p->v[i];

		if (n->by >= 0 && (is(n, "relinquish") || is(n, "reject")) &&
		    review_signed(g->w, n))
			h->by = is(n, "relinquish") ? n->by : 1 - n->by;
	}
}

/* What is later than the period has not happened yet. */
static void
look(const struct went *g, struct package *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct review_note *n = &p->v[i];

		if (n->time < g->w->r->to && n->by == p->h->by &&
		    is(n, "relinquish") && (p->handed == NULL ||
		    n->time < p->handed->time))
			p->handed = n;
	}
	if (p->handed == NULL)
		return;
	p->h->handed = p->handed->time;
	p->handed_said = p->handed->exercise;
}

static bool
is_answer(const struct package *p, const struct review_note *n)
{
	return n->by == 1 - p->h->by && (is(n, "reject") ||
	    (is(n, "receive") && n->good && !p->known));
}

/* What the threads do not know: all that is no receipt of theirs. */
static void
look_further(const struct went *g, struct package *p)
{
	struct bulla_handover_seen *h = p->h;

	for (size_t i = 0; i < p->n; i++) {
		struct review_note *n = &p->v[i];

		if (n->time >= g->w->r->to || n->by < 0 ||
		    (!is_answer(p, n) && !is(n, "dispute")) ||
		    !review_signed(g->w, n))
			continue;
		earlier(is(n, "receive") ? &h->received : is(n, "reject") ?
		    &h->rejected : &h->disputed, n->time);
		p->rejected_said = p->rejected_said || (is(n, "reject") &&
		    n->exercise);
	}
}

static struct review_note *
note_at(struct package *p, const char *event, int64_t time)
{
	for (size_t i = 0; i < p->n; i++) {
		if (is(&p->v[i], event) && p->v[i].time == time)
			return &p->v[i];
	}
	return NULL;
}

static void
count_package(const struct went *g, struct package *p)
{
	struct bulla_review *r = g->w->r;
	struct bulla_handover_seen *h = p->h;
	struct review_note *n;

	n = review_in(r, h->rejected) ? note_at(p, "reject", h->rejected) :
	    NULL;
	if (n != NULL)
		count(g->w, h->by, n, M_REJECTED, 1);
	if (n != NULL && n->invalid)
		count(g->w, h->by, n, M_INVALID, 1);
	n = review_in(r, h->disputed) ? note_at(p, "dispute", h->disputed) :
	    NULL;
	if (n != NULL)
		count(g->w, h->by, n, M_DISPUTED, 1);
	if (p->handed == NULL)
		return;
	if (review_in(r, h->handed))
		count(g->w, h->by, p->handed, M_HANDED, 1);
	if (review_in(r, h->received))
		count(g->w, h->by, p->handed, M_ARRIVED, h->received >
		    h->handed ? h->received - h->handed : 0);
	if (h->received == 0 && h->rejected == 0)
		count(g->w, h->by, p->handed, M_NO_RECEIPT, 1);
}

/*
 * An exercise is no part of what is reviewed. Who rejected a package has
 * nothing of it, and who waits for one neither: they go by what the notes
 * remark. So does the sender of one that was rejected, unless his package is
 * none of an exercise: by no word of the other side's does that not count.
 */
static bool
is_exercise(const struct package *p)
{
	bool rejected = p->h->rejected != 0 && p->h->received == 0;

	if (!p->here)
		return p->handed_said || p->rejected_said;
	return p->exercise && (!rejected || p->known || p->handed_said ||
	    p->rejected_said);
}

static bool
all_packages(const struct went *g)
{
	struct review_work *w = g->w;
	struct bulla_review *r = w->r;

	for (size_t i = 0, n; i < w->n_notes; i += n) {
		struct package p = { .v = &w->note[i] };
		struct bulla_handover_seen *v;

		for (n = 1; i + n < w->n_notes && strcmp(w->note[i].id,
		    w->note[i + n].id) == 0;)
			n++;
		p.n = n;
		v = thread_more(r->handover, &w->cap_handovers,
		    r->n_handovers, sizeof(*v));
		if (v == NULL)
			return false;
		r->handover = v;
		p.h = &v[r->n_handovers];
		find_sender(g, &p);
		if (p.h->by < 0)
			continue;
		look(g, &p);
		look_further(g, &p);
		if (is_exercise(&p) != w->from->exercise)
			continue;
		r->n_handovers++;
		count_package(g, &p);
	}
	return true;
}

enum bulla_status
review_custody(struct review_work *w, struct bulla_err *err)
{
	struct went g = { .w = w };
	enum bulla_status st = review_notes(w, err);

	if (st == BULLA_OK)
		st = find_events(&g, err);
	if (st == BULLA_OK)
		st = bulla_trust_keys(w->from->home->trust, BULLA_BOTH,
		    BULLA_ROLE_RECEIVER | BULLA_ROLE_CUSTODIAN |
		    BULLA_ROLE_SEALER | BULLA_ROLE_LEAD, &w->keys, err);
	if (st == BULLA_OK && !all_packages(&g))
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	free(g.event);
	return st;
}
