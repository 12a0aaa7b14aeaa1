#include <stdlib.h>
#include <string.h>

#include "bulla/enc.h"
#include "core/cosigned_int.h"
#include "core/kept.h"
#include "core/review_int.h"
#include "core/thread_int.h"

/*
 * The custody notes of the home, once each: packages that went over, were
 * rejected or disputed, and what of our ledger the other side has cosigned.
 */
static const char *
event_of(const struct bulla_cur *event)
{
	static const char *const known[] = { "seize", "acquire", "verify",
	    "seal", "relinquish", "receive", "reject", "open", "access",
	    "copy", "derive", "redact", "store", "return", "dispose",
	    "correct", "dispute" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (bulla_cur_is(event, known[i]))
			return known[i];
	}
	return "custody";
}

static bool
says(const struct bulla_custody *c, const char *label, const char *what)
{
	struct bulla_cur v;

	return bulla_custody_get(c, label, &v) && bulla_cur_is(&v, what);
}

static int
side_of(const struct bulla_threads *t, const struct bulla_cur *name)
{
	struct bulla_cur agency = bulla_keyname_agency(name);

	return bulla_cur_is(&agency, t->side[0]) ? 0 :
	    bulla_cur_is(&agency, t->side[1]) ? 1 : -1;
}

static bool
fill(const struct review_work *w, const struct bulla_custody *c,
    const struct bulla_cur *bytes, struct review_note *n)
{
	memcpy(n->id, c->id, sizeof(n->id));
	n->has_seal = c->has_seal;
	n->event = event_of(&c->event);
	n->good = says(c, "match", "yes") && says(c, "seal-intact", "yes");
	n->invalid = says(c, "reason", "bag-invalid");
	n->exercise = says(c, "remarks", BULLA_CUSTODY_EXERCISE);
	n->by = side_of(&w->r->threads, &c->actor);
	n->time = c->time;
	n->sequence = c->sequence;
	n->record = UINT32_MAX;
	n->bytes = malloc(bytes->len);
	if (n->bytes == NULL)
		return false;
	memcpy(n->bytes, bytes->p, bytes->len);
	n->len = bytes->len;
	return true;
}

static enum bulla_status
add_note(void *ctx, uint64_t index, const struct bulla_cur *bytes,
    struct bulla_err *err)
{
	struct review_work *w = ctx;
	struct bulla_custody c;
	struct review_note *v;
	struct bulla_note n;

	if (!bulla_cur_starts(bytes, "bulla custody v1\n") ||
	    bulla_note_parse(bytes, &n, NULL) != BULLA_OK ||
	    bulla_custody_parse(&n.text, &c, NULL) != BULLA_OK)
		return BULLA_OK;
	v = thread_more(w->note, &w->cap_notes, w->n_notes, sizeof(*v));
	if (v == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	w->note = v;
	v = &v[w->n_notes];
	v->index = index;
	bulla_sha256(n.text.p, n.text.len, v->digest);
	if (!fill(w, &c, bytes, v))
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	w->n_notes++;
	return BULLA_OK;
}

static enum bulla_status
add_file(void *ctx, const char *rel, const struct bulla_cur *note,
    struct bulla_err *err)
{
	(void)rel;
	return add_note(ctx, UINT64_MAX, note, err);
}

static int
by_id(const void *x, const void *y)
{
	const struct review_note *a = x, *b = y;
	int d = strcmp(a->id, b->id);

	if (d == 0)
		d = memcmp(a->digest, b->digest, sizeof(a->digest));
	if (d == 0 && a->index != b->index)
		d = a->index < b->index ? -1 : 1;
	return d;
}

/* The longest is the one with the most signature lines. */
static void
merge(struct review_note *first, struct review_note *again)
{
	size_t len = first->signed_by_more != NULL ? first->more_len :
	    first->len;

	if (again->len <= len) {
		free(again->bytes);
		return;
	}
	free(first->signed_by_more);
	first->signed_by_more = again->bytes;
	first->more_len = again->len;
}

/* The same text again (countersigned) is one note, as old as its first. */
static void
tidy(struct review_work *w)
{
	size_t n = 0;

	if (w->n_notes > 0)
		qsort(w->note, w->n_notes, sizeof(*w->note), by_id);
	for (size_t i = 0; i < w->n_notes; i++) {
		struct review_note *a = &w->note[i];

		if (n > 0 && memcmp(w->note[n - 1].digest, a->digest, 32) ==
		    0 && strcmp(w->note[n - 1].id, a->id) == 0) {
			merge(&w->note[n - 1], a);
			continue;
		}
		w->note[n++] = *a;
	}
	w->n_notes = n;
}

enum bulla_status
review_notes(struct review_work *w, struct bulla_err *err)
{
	struct bulla_home *h = w->from->home;
	enum bulla_status st;

	st = h->ledger != NULL ? bulla_ledger_each(h->ledger, add_note, w,
	    err) : kept_notes(h->path, add_file, w, err);
	tidy(w);
	return st;
}

void
review_notes_free(struct review_work *w)
{
	for (size_t i = 0; i < w->n_notes; i++) {
		free(w->note[i].bytes);
		free(w->note[i].signed_by_more);
	}
	free(w->note);
	bulla_vkeys_free(&w->keys);
}

uint32_t
review_note_record(struct review_work *w, struct review_note *n)
{
	struct bulla_review_record rec = { .what = n->event, .by = n->by,
	    .time = n->time };

	if (n->record == UINT32_MAX) {
		bulla_hex(rec.id, n->digest, sizeof(n->digest));
		n->record = review_record(w, &rec);
	}
	return n->record;
}

/* Checkpoints that the other side's witness has cosigned, by size. */
struct cosigned {
	uint64_t *size;
	int64_t *time;			/* -1: not looked at yet */
	size_t n;
	struct bulla_vkeys witnesses;
};

static int64_t
proven(struct cosigned *c, const struct bulla_ledger *l, uint64_t index)
{
	size_t lo = 0, hi = c->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->size[mid] > index)
			hi = mid;
		else
			lo = mid + 1;
	}
	for (; lo < c->n; lo++) {
		if (c->time[lo] < 0)
			c->time[lo] = cosigned_time(l, c->size[lo],
			    &c->witnesses);
		if (c->time[lo] > 0)
			return c->time[lo];
	}
	return 0;
}

/* A cosignature after the period's end is none yet. */
static void
add_cosigned(struct review_work *w, struct cosigned *c)
{
	for (size_t i = 0; i < w->n_notes; i++) {
		struct review_note *n = &w->note[i];
		struct sample s = { .side = w->r->threads.ours };
		int64_t at;

		if (!review_in(w->r, n->time))
			continue;
		at = proven(c, w->from->home->ledger, n->index);
		s.what = at != 0 && at < w->r->to ? M_NOTE_COSIGNED :
		    M_NOTE_NOT_COSIGNED;
		s.value = s.what == M_NOTE_NOT_COSIGNED ? 1 :
		    at > n->time ? at - n->time : 0;
		s.record = review_note_record(w, n);
		review_add(w, &s);
	}
}

enum bulla_status
review_cosigned(struct review_work *w, struct bulla_err *err)
{
	struct bulla_home *h = w->from->home;
	struct bulla_cosigned last = { 0 };
	struct cosigned c = { 0 };
	enum bulla_status st;

	if (h->ledger == NULL)
		return BULLA_OK;
	st = bulla_trust_keys(h->trust, BULLA_THEIRS, BULLA_ROLE_WITNESS,
	    &c.witnesses, err);
	if (st == BULLA_OK)
		st = cosigned_sizes(h->ledger, &c.size, &c.n, err);
	c.time = malloc((c.n + 1) * sizeof(*c.time));
	for (size_t i = 0; i < c.n && c.time != NULL; i++)
		c.time[i] = -1;
	if (st == BULLA_OK && c.time == NULL)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	if (st == BULLA_OK)
		add_cosigned(w, &c);
	if (st == BULLA_OK)
		st = bulla_home_cosigned_last(h, &last, err);
	w->r->n_ledger = bulla_ledger_size(h->ledger);
	w->r->n_cosigned = last.size;
	w->r->last_cosigned = last.time;
	bulla_vkeys_free(&c.witnesses);
	free(c.size);
	free(c.time);
	return st;
}
