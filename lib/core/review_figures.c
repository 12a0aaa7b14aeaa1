#include <stdlib.h>
#include <string.h>

#include "core/review_int.h"

/* How a figure is made of the samples of one measure, or of two. */
enum how {
	SUM,			/* of a */
	MEDIAN, P90,		/* of a: the value at this rank */
	SHARE,			/* sum of a in that of a and b, per mille */
};
struct def {
	enum bulla_review_table table;
	const char *name;
	enum how how;
	enum measure a, b;
	enum bulla_figure_unit unit;
};
#define C BULLA_FIGURE_COUNT
#define S BULLA_FIGURE_SECONDS
#define P BULLA_FIGURE_PERMILLE
#define T BULLA_REVIEW_TIMELINESS
#define Q BULLA_REVIEW_REQUESTS
#define R BULLA_REVIEW_REPLIES
#define H BULLA_REVIEW_HANDOVERS
#define O BULLA_REVIEW_OWN
#define COUNT(t, name, m) { t, name, SUM, m, m, C }
#define CLOCK(t, name, m, in, late) \
	{ t, name "-median", MEDIAN, m, m, S }, \
	{ t, name "-p90", P90, m, m, S }, \
	COUNT(t, name "-in-time", in), COUNT(t, name "-late", late), \
	{ t, name "-in-time-share", SHARE, in, late, P }
#define GROUND(name, n) COUNT(R, "refused-" name, M_GROUND + n)

static const struct def defs[] = {
	COUNT(T, "received", M_RECEIVED), COUNT(T, "closed", M_CLOSED),
	COUNT(T, "open", M_OPEN),
	CLOCK(T, "acknowledge", M_ACK, M_ACK_IN, M_ACK_LATE),
	CLOCK(T, "first", M_FIRST, M_FIRST_IN, M_FIRST_LATE),
	CLOCK(T, "final", M_FINAL, M_FINAL_IN, M_FINAL_LATE),
	{ T, "final-wall-median", MEDIAN, M_FINAL_WALL, M_FINAL_WALL, S },
	{ T, "final-wall-p90", P90, M_FINAL_WALL, M_FINAL_WALL, S },
	COUNT(T, "overdue-under-1d", M_AGE),
	COUNT(T, "overdue-1d-to-7d", M_AGE_1D),
	COUNT(T, "overdue-7d-to-30d", M_AGE_7D),
	COUNT(T, "overdue-over-30d", M_AGE_30D),
	{ T, "stopped", SUM, M_STOPPED, M_STOPPED, S },
	{ T, "stopped-share", SHARE, M_STOPPED, M_RUNNING, P },
	COUNT(T, "preserved", M_PRESERVED), COUNT(T, "held", M_HELD),
	COUNT(T, "expired-unused", M_UNUSED),
	COUNT(T, "hotline-calls", M_CALLS),
	{ T, "hotline-median", MEDIAN, M_RESOLVED, M_RESOLVED, S },
	{ T, "hotline-p90", P90, M_RESOLVED, M_RESOLVED, S },
	COUNT(T, "hotline-unresolved", M_UNRESOLVED),
	COUNT(T, "updates-given", M_STATUS_GIVEN),
	COUNT(T, "updates-missed", M_STATUS_MISSED),
	{ T, "updates-share", SHARE, M_STATUS_GIVEN, M_STATUS_MISSED, P },

	COUNT(Q, "complete", M_COMPLETE), COUNT(Q, "asked-back", M_ASKED),
	{ Q, "complete-share", SHARE, M_COMPLETE, M_ASKED, P },
	COUNT(Q, "clarification-rounds", M_ROUNDS),
	COUNT(Q, "withdrawn", M_WITHDRAWN),

	COUNT(R, "full", M_REPLY), COUNT(R, "partial", M_REPLY + 1),
	COUNT(R, "refused", M_REFUSED),
	COUNT(R, "accepted", M_REPLY + 3), COUNT(R, "preserved", M_REPLY + 4),
	COUNT(R, "postponed", M_REPLY + 5),
	COUNT(R, "conditional", M_REPLY + 6),
	COUNT(R, "transferred", M_REPLY + 7),
	GROUND("sovereignty-security", 0), GROUND("political-offence", 1),
	GROUND("dual-criminality", 2), GROUND("ne-bis-in-idem", 3),
	GROUND("immunity-privilege", 4), GROUND("human-rights", 5),
	GROUND("ongoing-domestic-case", 6), GROUND("disproportionate", 7),
	GROUND("lack-of-reciprocity", 8), GROUND("ground-not-read", 9),
	COUNT(R, "with-result", M_RESULT),
	COUNT(R, "without-result", M_NO_RESULT),
	{ R, "with-result-share", SHARE, M_RESULT, M_NO_RESULT, P },

	COUNT(H, "handed-over", M_HANDED),
	{ H, "arrival-median", MEDIAN, M_ARRIVED, M_ARRIVED, S },
	{ H, "arrival-p90", P90, M_ARRIVED, M_ARRIVED, S },
	COUNT(H, "without-receipt", M_NO_RECEIPT),
	COUNT(H, "rejected", M_REJECTED), COUNT(H, "invalid-bags", M_INVALID),
	COUNT(H, "disputed", M_DISPUTED),

	{ O, "cosigned-share", SHARE, M_NOTE_COSIGNED, M_NOTE_NOT_COSIGNED,
	    P },
	COUNT(O, "not-cosigned", M_NOTE_NOT_COSIGNED),
	{ O, "cosigned-lag-median", MEDIAN, M_NOTE_COSIGNED, M_NOTE_COSIGNED,
	    S },
	{ O, "cosigned-lag-p90", P90, M_NOTE_COSIGNED, M_NOTE_COSIGNED, S },
};
#define N_DEFS (sizeof(defs) / sizeof(defs[0]))

struct group {
	int side;
	const char *class, *category;
};
struct maker {
	struct review_work *w;
	size_t first[N_MEASURES + 1];	/* of the sorted samples */
	struct group *g;
	size_t n_groups;
	int64_t *value;			/* room for all samples */
	uint32_t *record;
	size_t n_values, n_seen;
	size_t cap_figures, cap_behind;
};

static int
by_measure(const void *x, const void *y)
{
	const struct sample *a = x, *b = y;

	if (a->what != b->what)
		return a->what < b->what ? -1 : 1;
	return a->record < b->record ? -1 : a->record > b->record;
}

static int
by_group(const void *x, const void *y)
{
	const struct group *a = x, *b = y;
	int d;

	if (a->side != b->side)
		return a->side < b->side ? -1 : 1;
	d = strcmp(a->class, b->class);
	return d != 0 ? d : strcmp(a->category, b->category);
}

/* Each that occurs, of one class, of one category, and of all. */
static enum bulla_status
find_groups(struct maker *m, struct bulla_err *err)
{
	const struct review_work *w = m->w;
	struct group *g;
	size_t n = 0;

	g = calloc(3 * w->n_samples + 2, sizeof(*g));
	if (g == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	m->g = g;
	for (int side = 0; side < 2; side++)
		g[n++] = (struct group){ side, BULLA_REVIEW_ALL,
		    BULLA_REVIEW_ALL };
	for (size_t i = 0; i < w->n_samples; i++) {
		const struct sample *s = &w->sample[i];

		if (s->class == NULL)
			continue;
		g[n++] = (struct group){ s->side, s->class, s->category };
		g[n++] = (struct group){ s->side, s->class,
		    BULLA_REVIEW_ALL };
		g[n++] = (struct group){ s->side, BULLA_REVIEW_ALL,
		    s->category };
	}
	qsort(g, n, sizeof(*g), by_group);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || by_group(&g[m->n_groups - 1], &g[i]) != 0)
			g[m->n_groups++] = g[i];
	}
	return BULLA_OK;
}

static bool
is_all(const char *name)
{
	return strcmp(name, BULLA_REVIEW_ALL) == 0;
}

static bool
in_group(const struct group *g, const struct sample *s)
{
	return s->side == g->side && (is_all(g->class) ||
	    (s->class != NULL && strcmp(s->class, g->class) == 0)) &&
	    (is_all(g->category) || (s->category != NULL &&
	    strcmp(s->category, g->category) == 0));
}

/* Values and records of a measure, behind those that are there. */
static int64_t
gather(struct maker *m, const struct group *g, enum measure what)
{
	int64_t sum = 0;

	for (size_t i = m->first[what]; i < m->first[what + 1]; i++) {
		const struct sample *s = &m->w->sample[i];

		if (!in_group(g, s))
			continue;
		m->value[m->n_values++] = s->value;
		m->record[m->n_seen++] = s->record;
		sum += s->value;
	}
	return sum;
}

static int
by_value(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

/* The smallest value that at least n of ten are not above. */
static int64_t
rank(struct maker *m, size_t n)
{
	if (m->n_values == 0)
		return 0;
	qsort(m->value, m->n_values, sizeof(*m->value), by_value);
	return m->value[(m->n_values * n + 9) / 10 - 1];
}

static void
compute(struct maker *m, const struct def *d, const struct group *g,
    struct bulla_figure *f)
{
	int64_t a, b;

	m->n_values = m->n_seen = 0;
	a = gather(m, g, d->a);
	f->known = true;
	switch (d->how) {
	case SUM:
		f->value = a;
		break;
	case MEDIAN:
	case P90:
		f->known = m->n_values > 0;
		f->value = rank(m, d->how == MEDIAN ? 5 : 9);
		break;
	case SHARE:
		/* of notes the value is a lag: there each counts as one */
		if (d->a == M_NOTE_COSIGNED)
			a = (int64_t)m->n_values;
		b = gather(m, g, d->b);
		f->known = a + b > 0;
		f->value = a + b > 0 ? a * 1000 / (a + b) : 0;
		break;
	}
}

static int
by_number(const void *x, const void *y)
{
	const uint32_t *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

/* The records of the figure, each once, in order. */
static bool
keep_behind(struct maker *m, struct bulla_figure *f)
{
	struct bulla_review *r = m->w->r;
	size_t cap = m->cap_behind;
	uint32_t *v;

	if (m->n_seen > 0)
		qsort(m->record, m->n_seen, sizeof(*m->record), by_number);
	if (r->n_behind + m->n_seen > cap) {
		cap = 2 * (r->n_behind + m->n_seen);
		v = reallocarray(r->behind, cap, sizeof(*v));
		if (v == NULL)
			return false;
		r->behind = v;
		m->cap_behind = cap;
	}
	f->first = r->n_behind;
	for (size_t i = 0; i < m->n_seen; i++) {
		if (i == 0 || m->record[i] != m->record[i - 1])
			r->behind[r->n_behind++] = m->record[i];
	}
	f->n = r->n_behind - f->first;
	return true;
}

static bool
make(struct maker *m, const struct def *d, const struct group *g)
{
	struct bulla_review *r = m->w->r;
	struct bulla_figure *v = r->figure, *f;
	size_t cap = m->cap_figures == 0 ? 256 : 2 * m->cap_figures;

	if (r->n_figures == m->cap_figures) {
		v = reallocarray(v, cap, sizeof(*v));
		if (v == NULL)
			return false;
		r->figure = v;
		m->cap_figures = cap;
	}
	f = &v[r->n_figures];
	*f = (struct bulla_figure){ .table = d->table, .side = g->side,
	    .class = g->class, .category = g->category, .name = d->name,
	    .unit = d->unit };
	compute(m, d, g, f);
	r->n_figures++;
	return keep_behind(m, f);
}

/* Packages are handed over whatever they are about; our ledger is one. */
static bool
has_table(const struct maker *m, enum bulla_review_table t,
    const struct group *g)
{
	if (t == BULLA_REVIEW_OWN && g->side != m->w->r->threads.ours)
		return false;
	return t < BULLA_REVIEW_HANDOVERS || (is_all(g->class) &&
	    is_all(g->category));
}

static bool
make_table(struct maker *m, enum bulla_review_table t)
{
	for (size_t i = 0; i < m->n_groups; i++) {
		for (size_t k = 0; k < N_DEFS && has_table(m, t, &m->g[i]);
		    k++) {
			if (defs[k].table == t && !make(m, &defs[k], &m->g[i]))
				return false;
		}
	}
	return true;
}

enum bulla_status
review_figures(struct review_work *w, struct bulla_err *err)
{
	struct maker m = { .w = w };
	size_t n = w->n_samples + 1, at = 0;
	enum bulla_status st;
	bool ok;

	if (w->n_samples > 0)
		qsort(w->sample, w->n_samples, sizeof(*w->sample),
		    by_measure);
	for (unsigned i = 0; i <= N_MEASURES; i++) {
		while (at < w->n_samples && w->sample[at].what < i)
			at++;
		m.first[i] = at;
	}
	m.value = calloc(n, sizeof(*m.value));
	m.record = calloc(n, sizeof(*m.record));
	st = find_groups(&m, err);
	ok = st == BULLA_OK && m.value != NULL && m.record != NULL;
	for (unsigned t = 0; t <= BULLA_REVIEW_OWN && ok; t++) {
		if (t == BULLA_REVIEW_OWN)
			w->r->n_common = w->r->n_figures;
		ok = make_table(&m, (enum bulla_review_table)t);
	}
	if (!ok && st == BULLA_OK)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	free(m.g);
	free(m.value);
	free(m.record);
	return st;
}
