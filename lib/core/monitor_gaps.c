#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/home.h"
#include "core/kept.h"
#include "core/monitor_int.h"

/*
 * Numbers alone do not tell of a gap, since some are void. Each opening names
 * the one before it by digest: one that is named and not here is missing.
 */

static enum bulla_status
add(struct monitor *m, const struct numbered *n, struct bulla_err *err)
{
	if (m->n_numbers == m->cap_numbers) {
		size_t cap = m->cap_numbers == 0 ? 64 : 2 * m->cap_numbers;
		void *v = reallocarray(m->number, cap, sizeof(*m->number));

		if (v == NULL)
			return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
		m->number = v;
		m->cap_numbers = cap;
	}
	m->number[m->n_numbers++] = *n;
	return BULLA_OK;
}

static void
set_agency(char out[BULLA_KEYNAME_MAX + 1], const struct bulla_cur *name)
{
	struct bulla_cur a = bulla_keyname_agency(name);

	memcpy(out, a.p, a.len);	/* a key name: it fits */
	out[a.len] = '\0';
}

enum bulla_status
monitor_number(struct monitor *m, const struct bulla_opening *o,
    const uint8_t digest[BULLA_SHA256_LEN], struct bulla_err *err)
{
	struct numbered n = { .sequence = o->sequence, .linked = true,
	    .has_previous = o->has_previous };

	if (!o->has_sequence || o->n_to == 0)
		return BULLA_OK;
	set_agency(n.from, &o->from);
	set_agency(n.to, &o->to[0]);
	memcpy(n.digest, digest, sizeof(n.digest));
	memcpy(n.previous, o->previous, sizeof(n.previous));
	return add(m, &n, err);
}

struct given {
	struct monitor *m;
	const char *to;
};

static enum bulla_status
add_given(void *ctx, uint64_t sequence, const char *id,
    const uint8_t *opening, struct bulla_err *err)
{
	const struct given *g = ctx;
	struct numbered n = { .sequence = sequence };
	struct bulla_cur name = bulla_cur_str(g->m->out->origin);
	const struct bulla_roster *r = g->m->trust == NULL ? NULL :
	    bulla_trust_roster(g->m->trust, BULLA_OURS,
	    (uint8_t[BULLA_SHA256_LEN]){ 0 });

	if (id == NULL)
		return BULLA_OK;
	set_agency(n.from, r != NULL ? &r->side : &name);
	(void)snprintf(n.to, sizeof(n.to), "%s", g->to);
	memcpy(n.digest, opening, sizeof(n.digest));
	return add(g->m, &n, err);
}

static enum bulla_status
add_all_given(struct monitor *m, struct bulla_err *err)
{
	struct kept_names l = { 0 };
	struct given g = { .m = m };
	enum bulla_status st = kept_names(m->m->home, "sequence", &l, err);

	for (size_t i = 0; i < l.n && st == BULLA_OK; i++) {
		g.to = l.v[i];
		st = bulla_home_turns(m->m->home, l.v[i], add_given, &g, err);
		if (st == BULLA_E_USAGE)
			st = BULLA_OK;	/* no file of ours */
		if (st != BULLA_OK) {
			bulla_wrap(err, st, "sequence/%s", l.v[i]);
			st = monitor_damage(m, st, err);
		}
	}
	kept_names_free(&l);
	return st;
}

static int
by_pair(const struct numbered *a, const struct numbered *b)
{
	int c = strcmp(a->from, b->from);

	return c != 0 ? c : strcmp(a->to, b->to);
}

static int
by_number(const void *x, const void *y)
{
	const struct numbered *a = x, *b = y;
	int c = by_pair(a, b);

	if (c != 0)
		return c;
	if (a->sequence != b->sequence)
		return a->sequence < b->sequence ? -1 : 1;
	c = memcmp(a->digest, b->digest, sizeof(a->digest));
	/* Of the same opening the one that says more comes first */
	return c != 0 ? c : (int)b->linked - (int)a->linked;
}

/* Each opening once. */
static void
tidy(struct monitor *m)
{
	size_t n = 0;

	if (m->n_numbers == 0)
		return;
	qsort(m->number, m->n_numbers, sizeof(*m->number), by_number);
	for (size_t i = 1; i < m->n_numbers; i++) {
		const struct numbered *a = &m->number[n];
		const struct numbered *b = &m->number[i];

		if (by_pair(a, b) != 0 || a->sequence != b->sequence ||
		    memcmp(a->digest, b->digest, sizeof(a->digest)) != 0)
			m->number[++n] = *b;
	}
	m->n_numbers = n + 1;
}

static void
gap(struct monitor *m, const struct numbered *n, const char *what)
{
	monitor_found(m, BULLA_FOUND_GAP, "number %llu from %s to %s: %s",
	    (unsigned long long)n->sequence, n->from, n->to, what);
}

/* before is the one in front of it of the same pair, or NULL. */
static void
judge(struct monitor *m, const struct numbered *before,
    const struct numbered *n)
{
	if (before != NULL && before->sequence == n->sequence) {
		gap(m, n, "given to two packages");
		return;
	}
	if (!n->linked)
		return;
	if (!n->has_previous) {
		if (before != NULL)
			gap(m, n, "says that there was none before it");
	} else if (before == NULL || memcmp(before->digest, n->previous,
	    sizeof(n->previous)) != 0) {
		gap(m, n, "the one before it, which it names, is not here");
	}
}

enum bulla_status
monitor_gaps(struct monitor *m, struct bulla_err *err)
{
	enum bulla_status st = add_all_given(m, err);

	tidy(m);
	for (size_t i = 0; i < m->n_numbers && st == BULLA_OK; i++) {
		const struct numbered *n = &m->number[i];

		judge(m, i > 0 && by_pair(n - 1, n) == 0 ? n - 1 : NULL, n);
	}
	return st;
}
