#include <stdlib.h>
#include <string.h>

#include "core/cosigned_int.h"
#include "core/kept.h"
#include "core/thread_int.h"

#include "bulla/enc.h"

void *
thread_more(void *v, size_t *cap, size_t n, size_t size)
{
	size_t more = *cap == 0 ? 64 : 2 * *cap;

	if (n == *cap) {
		v = reallocarray(v, more, size);
		if (v == NULL)
			return NULL;
		*cap = more;
	}
	memset((char *)v + n * size, 0, size);
	return v;
}

static int
side_of(const struct bulla_threads *t, const struct bulla_cur *name)
{
	struct bulla_cur agency = bulla_keyname_agency(name);

	return bulla_cur_is(&agency, t->side[0]) ? 0 :
	    bulla_cur_is(&agency, t->side[1]) ? 1 : -1;
}

static bool
says_yes(const struct bulla_custody *c, const char *label)
{
	struct bulla_cur v;

	return bulla_custody_get(c, label, &v) && bulla_cur_is(&v, "yes");
}

/* The relinquish note that a reject answers, if it knows of one. */
static bool
answered(const struct bulla_custody *c, uint8_t out[32])
{
	struct bulla_cur v;

	return bulla_cur_is(&c->event, "reject") &&
	    bulla_custody_get(c, "relinquish", &v) &&
	    bulla_hex_decode(&v, out, 32);
}

static enum thread_note_what
what_of(const struct bulla_custody *c)
{
	if (bulla_cur_is(&c->event, "relinquish"))
		return THREAD_RELINQUISH;
	if (bulla_cur_is(&c->event, "reject"))
		return THREAD_REJECT;
	if (bulla_cur_is(&c->event, "receive") && says_yes(c, "match") &&
	    says_yes(c, "seal-intact"))
		return THREAD_RECEIVE;
	return THREAD_OTHER;
}

/* A record of the ledger, or a file: only custody notes matter here. */
static enum bulla_status
add_note(struct thread_reader *r, uint64_t index,
    const struct bulla_cur *bytes, struct bulla_err *err)
{
	struct thread_note *v, *t;
	struct bulla_custody c;
	uint8_t answers[32] = { 0 };
	struct bulla_note n;

	if (!bulla_cur_starts(bytes, "bulla custody v1\n") ||
	    bulla_note_parse(bytes, &n, NULL) != BULLA_OK ||
	    bulla_custody_parse(&n.text, &c, NULL) != BULLA_OK)
		return BULLA_OK;
	if (!answered(&c, answers) && !c.has_seal)
		return BULLA_OK;
	v = thread_more(r->note, &r->cap_notes, r->n_notes, sizeof(*v));
	if (v == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	r->note = v;
	t = &v[r->n_notes];
	memcpy(t->id, c.id, sizeof(t->id));
	memcpy(t->seal, c.seal, sizeof(t->seal));
	memcpy(t->answers, answers, sizeof(t->answers));
	bulla_sha256(n.text.p, n.text.len, t->digest);
	t->what = what_of(&c);
	t->by = side_of(r->out, &c.actor);
	t->time = c.time;
	t->index = index;
	if (t->what == THREAD_RECEIVE || t->what == THREAD_REJECT) {
		t->bytes = malloc(bytes->len);
		if (t->bytes == NULL)
			return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
		memcpy(t->bytes, bytes->p, bytes->len);
		t->len = bytes->len;
	}
	r->n_notes++;
	return BULLA_OK;
}

static enum bulla_status
add_record(void *ctx, uint64_t index, const struct bulla_cur *record,
    struct bulla_err *err)
{
	return add_note(ctx, index, record, err);
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
	const struct thread_note *a = x, *b = y;
	int d = strcmp(a->id, b->id);

	if (d == 0)
		d = memcmp(a->digest, b->digest, sizeof(a->digest));
	if (d == 0 && a->index != b->index)
		d = a->index < b->index ? -1 : 1;
	return d;
}

static int
longer_first(const void *x, const void *y)
{
	const struct thread_note *a = x, *b = y;

	return a->len > b->len ? -1 : a->len < b->len;
}

/*
 * A note is recorded again when it comes back countersigned: it is as old as
 * its first record, and most likely the longest one has all signatures.
 */
static void
tidy(struct thread_reader *r)
{
	size_t n = r->n_notes, first = 0;

	if (n == 0)
		return;
	qsort(r->note, n, sizeof(*r->note), by_id);
	for (size_t i = 1; i <= n; i++) {
		struct thread_note *a = &r->note[first];

		if (i < n && strcmp(a->id, r->note[i].id) == 0 &&
		    memcmp(a->digest, r->note[i].digest, 32) == 0) {
			r->note[i].index = a->index;
			continue;
		}
		qsort(a, i - first, sizeof(*a), longer_first);
		first = i;
	}
}

static enum bulla_status
read_sizes(struct thread_reader *r, struct bulla_err *err)
{
	enum bulla_status st;

	st = cosigned_sizes(r->h->ledger, &r->size, &r->n_sizes, err);
	if (st != BULLA_OK)
		return st;
	r->time = malloc((r->n_sizes + 1) * sizeof(*r->time));
	if (r->time == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	for (size_t i = 0; i < r->n_sizes; i++)
		r->time[i] = -1;
	return BULLA_OK;
}

enum bulla_status
thread_read_notes(struct thread_reader *r, struct bulla_err *err)
{
	const struct bulla_trust *t = r->h->trust;
	enum bulla_status st;

	st = bulla_trust_keys(t, BULLA_BOTH, BULLA_ROLE_SEALER, &r->sealers,
	    err);
	if (st == BULLA_OK)
		st = bulla_trust_keys(t, BULLA_BOTH, BULLA_ROLE_RECEIVER |
		    BULLA_ROLE_CUSTODIAN, &r->receivers, err);
	if (st == BULLA_OK)
		st = bulla_trust_keys(t, BULLA_THEIRS, BULLA_ROLE_WITNESS,
		    &r->witnesses, err);
	if (st == BULLA_OK && r->h->ledger != NULL)
		st = read_sizes(r, err);
	if (st == BULLA_OK)
		st = r->h->ledger != NULL ? bulla_ledger_each(r->h->ledger,
		    add_record, r, err) : kept_notes(r->h->path, add_file, r,
		    err);
	tidy(r);
	return st;
}

void
thread_reader_free(struct thread_reader *r)
{
	for (size_t i = 0; i < r->n_notes; i++)
		free(r->note[i].bytes);
	free(r->note);
	free(r->size);
	free(r->time);
	free(r->event);
	bulla_vkeys_free(&r->sealers);
	bulla_vkeys_free(&r->receivers);
	bulla_vkeys_free(&r->witnesses);
}

/* Each checkpoint is verified once, and only when it is asked for. */
int64_t
thread_proven(struct thread_reader *r, uint64_t index)
{
	size_t lo = 0, hi = r->n_sizes;

	if (index == UINT64_MAX)
		return 0;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->size[mid] > index)
			hi = mid;
		else
			lo = mid + 1;
	}
	for (; lo < r->n_sizes; lo++) {
		if (r->time[lo] < 0)
			r->time[lo] = cosigned_time(r->h->ledger, r->size[lo],
			    &r->witnesses);
		if (r->time[lo] > 0)
			return r->time[lo];
	}
	return 0;
}
