#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/statement.h"

/* Packages that arrived on one side, by id. */
struct arrived {
	const struct bulla_statement_line **v;
	size_t n;
};

/* One direction: what s says it sent, what r says it got. */
struct way {
	const struct bulla_statement *s, *r;
	struct arrived sent, got;
	void (*fn)(void *ctx, const struct bulla_difference *d);
	void *ctx;
	uint64_t *n;
};

static int
by_id(const void *x, const void *y)
{
	const struct bulla_statement_line *const *a = x, *const *b = y;
	int c = strcmp((*a)->id, (*b)->id);

	if (c != 0)
		return c;
	/* Taken in before rejected: the first answer is what counts */
	return ((*a)->kind > (*b)->kind) - ((*a)->kind < (*b)->kind);
}

/* Lines of these kinds that are about the other side, or about nobody. */
static enum bulla_status
gather(const struct bulla_statement *s, unsigned kinds, const char *other,
    struct arrived *out, struct bulla_err *err)
{
	out->v = calloc(s->n + 1, sizeof(*out->v));
	if (out->v == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	for (size_t i = 0; i < s->n; i++) {
		const struct bulla_statement_line *l = &s->v[i];

		if ((kinds >> l->kind & 1) != 0 && (l->agency[0] == '\0' ||
		    strcmp(l->agency, other) == 0))
			out->v[out->n++] = l;
	}
	qsort(out->v, out->n, sizeof(*out->v), by_id);
	return BULLA_OK;
}

/* The first line with this id, or NULL. */
static const struct bulla_statement_line *
lookup(const struct arrived *a, const char *id)
{
	size_t lo = 0, hi = a->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(a->v[mid]->id, id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < a->n && strcmp(a->v[lo]->id, id) == 0 ? a->v[lo] : NULL;
}

static void
tell(struct way *w, bool sender_has, const struct bulla_statement_line *l,
    const char *what, const char *rule)
{
	const char *s = w->s->side, *r = w->r->side;
	struct bulla_difference d = { sender_has ? s : r, sender_has ? r : s,
	    l, what, NULL };
	char number[32] = "", text[1024];

	if (l->sequence > 0)
		(void)snprintf(number, sizeof(number), ", number %llu",
		    (unsigned long long)l->sequence);
	(void)snprintf(text, sizeof(text), "%s%s from %s to %s: %s",
	    l->id[0] != '\0' ? l->id : "void", number, s, r, rule);
	d.text = text;
	w->fn(w->ctx, &d);
	(*w->n)++;
}

static void
compare_answers(struct way *w, const struct bulla_statement_line *s,
    const struct bulla_statement_line *r)
{
	if (s->answer == r->answer) {
		if (s->answer != BULLA_ANSWER_NONE && memcmp(s->receipt,
		    r->receipt, sizeof(s->receipt)) != 0)
			tell(w, true, s, "receipt", "the receipts are not the "
			    "same");
	} else if (s->answer == BULLA_ANSWER_NONE) {
		tell(w, false, r, "receipt", r->answer == BULLA_ANSWER_REJECT ?
		    "the sender has no reject of it" :
		    "the sender has no receipt of it");
	} else if (r->answer == BULLA_ANSWER_NONE) {
		tell(w, true, s, "receipt", "the receiver lacks the receipt "
		    "that the sender has");
	} else {
		tell(w, true, s, "receipt", "one side has a receipt, the "
		    "other a reject");
	}
}

static void
compare_facts(struct way *w, const struct bulla_statement_line *s,
    const struct bulla_statement_line *r)
{
	if (s->has_opening && memcmp(s->opening, r->opening,
	    sizeof(s->opening)) != 0)
		tell(w, true, s, "opening", "the openings are not the same");
	if (s->sequence != r->sequence)
		tell(w, true, s, "sequence", "the other side has another "
		    "number");
	if (s->has_sha256 && r->has_sha256 && memcmp(s->sha256, r->sha256,
	    sizeof(s->sha256)) != 0)
		tell(w, true, s, "sha256", "the package files are not the "
		    "same");
	compare_answers(w, s, r);
}

static void
compare_sent(struct way *w, const struct bulla_statement_line *s)
{
	const struct bulla_statement_line *r = lookup(&w->got, s->id);

	if (r == NULL) {
		/* Nobody was named: others may have got it */
		if (s->agency[0] != '\0' || s->answer != BULLA_ANSWER_NONE)
			tell(w, true, s, "package", s->answer ==
			    BULLA_ANSWER_NONE ? "the receiver does not have "
			    "it" : "the receiver does not have it, but has "
			    "answered for it");
	} else if (r->kind == BULLA_LINE_RECEIVED) {
		compare_facts(w, s, r);
	} else if (s->answer == BULLA_ANSWER_RECEIVE) {
		tell(w, true, s, "package", "the receiver has rejected it, "
		    "but the sender has a receipt");
	} else {
		compare_answers(w, s, r);
	}
}

/* Lines stand by agency and number. */
static const struct bulla_statement_line *
by_number(const struct bulla_statement *r, const char *agency, uint64_t n)
{
	size_t lo = 0, hi = r->n;
	int c;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct bulla_statement_line *l = &r->v[mid];

		c = l->kind < BULLA_LINE_RECEIVED ? -1 :
		    l->kind > BULLA_LINE_RECEIVED ? 1 :
		    strcmp(l->agency, agency);
		if (c == 0 && l->sequence == n)
			return l;
		if (c < 0 || (c == 0 && l->sequence < n))
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static void
compare_void(struct way *w, const struct bulla_statement_line *s)
{
	const struct bulla_statement_line *r = by_number(w->r, w->s->side,
	    s->sequence);

	if (r != NULL)
		tell(w, false, r, "void", "the sender says that this number "
		    "is void");
}

static void
compare_way(struct way *w)
{
	for (size_t i = 0; i < w->s->n; i++) {
		const struct bulla_statement_line *l = &w->s->v[i];

		if (l->agency[0] != '\0' &&
		    strcmp(l->agency, w->r->side) != 0)
			continue;
		if (l->kind == BULLA_LINE_SENT)
			compare_sent(w, l);
		else if (l->kind == BULLA_LINE_VOID)
			compare_void(w, l);
	}
	for (size_t i = 0; i < w->got.n; i++) {
		const struct bulla_statement_line *l = w->got.v[i];

		if (i > 0 && l->kind == BULLA_LINE_RECEIVED &&
		    w->got.v[i - 1]->kind == BULLA_LINE_RECEIVED &&
		    strcmp(w->got.v[i - 1]->id, l->id) == 0)
			tell(w, false, l, "package", "the receiver lists it "
			    "twice");
		if (lookup(&w->sent, l->id) == NULL)
			tell(w, false, l, "package", l->kind ==
			    BULLA_LINE_RECEIVED ? "the sender does not say "
			    "that it sent it" : "rejected, and the sender "
			    "does not say that it sent it");
	}
}

static enum bulla_status
one_way(struct way *w, struct bulla_err *err)
{
	enum bulla_status st;

	st = gather(w->s, 1u << BULLA_LINE_SENT, w->r->side, &w->sent, err);
	if (st == BULLA_OK)
		st = gather(w->r, 1u << BULLA_LINE_RECEIVED |
		    1u << BULLA_LINE_REJECTED, w->s->side, &w->got, err);
	if (st == BULLA_OK)
		compare_way(w);
	free(w->sent.v);
	free(w->got.v);
	return st;
}

enum bulla_status
bulla_statement_compare(const struct bulla_statement *a,
    const struct bulla_statement *b, void (*fn)(void *ctx,
    const struct bulla_difference *d), void *ctx, uint64_t *n,
    struct bulla_err *err)
{
	struct way there = { .s = a, .r = b, .fn = fn, .ctx = ctx, .n = n };
	struct way back = { .s = b, .r = a, .fn = fn, .ctx = ctx, .n = n };
	enum bulla_status st;

	if (strcmp(a->side, b->side) == 0)
		return bulla_fail(err, BULLA_E_USAGE, "both statements are of "
		    "%s: one of each side is needed", a->side);
	*n = 0;
	st = one_way(&there, err);
	return st == BULLA_OK ? one_way(&back, err) : st;
}
