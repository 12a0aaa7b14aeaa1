#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/when.h"
#include "core/review_int.h"
#include "core/thread_int.h"

uint32_t
review_record(struct review_work *w, const struct bulla_review_record *rec)
{
	struct bulla_review *r = w->r;
	struct bulla_review_record *v;

	v = thread_more(r->record, &w->cap_records, r->n_records, sizeof(*v));
	if (v == NULL || r->n_records >= UINT32_MAX) {
		w->failed = true;
		return UINT32_MAX;
	}
	r->record = v;
	v[r->n_records] = *rec;
	return (uint32_t)r->n_records++;
}

void
review_add(struct review_work *w, const struct sample *s)
{
	struct sample *v;

	v = thread_more(w->sample, &w->cap_samples, w->n_samples,
	    sizeof(*v));
	if (v == NULL) {
		w->failed = true;
		return;
	}
	w->sample = v;
	v[w->n_samples++] = *s;
}

static bool
is_call(const struct bulla_thread *t)
{
	return strcmp(t->event[0].kind, "request") != 0;
}

/*
 * Only classes that were agreed have rows: any other word is the asker's, who
 * could fill the tables with thousands.
 */
void
review_sample(struct review_work *w, size_t i, size_t event,
    enum measure what, int64_t value)
{
	const struct bulla_thread *t = &w->r->threads.v[i];
	const char *class = t->event[0].urgency;

	review_add(w, &(struct sample){ .what = what, .side = t->asker,
	    .class = t->has_class ? class : BULLA_REVIEW_NONE,
	    .category = is_call(t) ? BULLA_REVIEW_NONE :
	    t->category[0] != '\0' ? t->category : BULLA_REVIEW_UNREAD,
	    .value = value, .record = w->base[i] + (uint32_t)event });
}

void
review_remark(struct review_work *w, enum bulla_remark_kind kind,
    const char *id, const char *fmt, ...)
{
	struct bulla_review *r = w->r;
	struct bulla_remark *v;
	va_list ap;

	v = thread_more(r->remark, &w->cap_remarks, r->n_remarks, sizeof(*v));
	if (v == NULL) {
		w->failed = true;
		return;
	}
	r->remark = v;
	v = &v[r->n_remarks++];
	v->kind = kind;
	(void)snprintf(v->id, sizeof(v->id), "%s", id);
	va_start(ap, fmt);
	(void)vsnprintf(v->text, sizeof(v->text), fmt, ap);
	va_end(ap);
}

/* Every event of a thread is a record; those that nothing counts go again. */
static enum bulla_status
add_records(struct review_work *w, struct bulla_err *err)
{
	const struct bulla_threads *t = &w->r->threads;

	w->base = calloc(t->n + 1, sizeof(*w->base));
	if (w->base == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	for (size_t i = 0; i < t->n; i++) {
		w->base[i] = (uint32_t)w->r->n_records;
		for (size_t k = 0; k < t->v[i].n_events; k++) {
			const struct bulla_event *e = &t->v[i].event[k];
			struct bulla_review_record rec = { .what = e->kind,
			    .by = e->by, .time = e->received };

			memcpy(rec.id, e->id, sizeof(e->id));
			(void)review_record(w, &rec);
		}
	}
	return BULLA_OK;
}

/* How many updates were due and given before the period. */
static enum bulla_status
before(struct review_work *w, struct bulla_err *err)
{
	struct bulla_threads *t = &w->r->threads;
	enum bulla_status st = BULLA_OK;

	w->status = calloc(t->n + 1, sizeof(*w->status));
	w->r->settled = calloc(t->n + 1, sizeof(*w->r->settled));
	if (w->status == NULL || w->r->settled == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	if (w->from->from > 0)
		st = bulla_threads_judge(t, w->from->from - 1, err);
	for (size_t i = 0; i < t->n && w->from->from > 0; i++) {
		w->status[i][0] = t->v[i].status_due;
		w->status[i][1] = t->v[i].status_given;
	}
	if (st == BULLA_OK)
		st = bulla_threads_judge(t, w->from->to - 1, err);
	for (size_t i = 0; i < t->n && st == BULLA_OK; i++)
		w->r->settled[i] = review_settled(&t->v[i]);
	return st;
}

/* Records that nothing counts are left out, and the others numbered anew. */
static enum bulla_status
prune(struct review_work *w, struct bulla_err *err)
{
	struct bulla_review *r = w->r;
	uint32_t *to = calloc(r->n_records + 1, sizeof(*to));
	uint32_t n = 0;

	if (to == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	for (size_t i = 0; i < r->n_behind; i++)
		to[r->behind[i]] = 1;
	for (size_t i = 0; i < r->n_records; i++) {
		if (to[i] == 0)
			continue;
		r->record[n] = r->record[i];
		to[i] = n++;
	}
	r->n_records = n;
	for (size_t i = 0; i < r->n_behind; i++)
		r->behind[i] = to[r->behind[i]];
	free(to);
	return BULLA_OK;
}

static enum bulla_status
compute(struct review_work *w, struct bulla_err *err)
{
	enum bulla_status st = before(w, err);

	if (st == BULLA_OK)
		st = add_records(w, err);
	for (size_t i = 0; i < w->r->threads.n && st == BULLA_OK; i++) {
		review_times(w, i);
		st = review_quality(w, i, err);
	}
	if (st == BULLA_OK)
		st = review_custody(w, err);
	if (st == BULLA_OK)
		st = review_cosigned(w, err);
	if (st == BULLA_OK)
		st = review_remarks(w, err);
	if (st == BULLA_OK)
		st = review_custody_lines(w, err);
	if (st == BULLA_OK && w->failed)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	if (st == BULLA_OK)
		st = review_figures(w, err);
	return st == BULLA_OK ? prune(w, err) : st;
}

enum bulla_status
bulla_review_load(const struct bulla_review_from *from,
    struct bulla_review *out, struct bulla_err *err)
{
	struct bulla_review r = { .from = from->from, .to = from->to };
	struct review_work w = { .from = from, .r = &r };
	const struct bulla_threads_from load = { .home = from->home,
	    .now = from->to - 1, .exercise = from->exercise };
	enum bulla_status st;

	if (from->from < 0 || from->to > BULLA_WHEN_MAX ||
	    from->from >= from->to)
		return bulla_fail(err, BULLA_E_USAGE, "a period begins "
		    "before it ends");
	st = bulla_threads_load(&load, &r.threads, err);
	if (st == BULLA_OK)
		st = bulla_threads_documents(&r.threads, from->home,
		    from->ids, err);
	if (st == BULLA_OK)
		st = compute(&w, err);
	review_notes_free(&w);
	free(w.sample);
	free(w.base);
	free(w.status);
	if (st == BULLA_OK)
		*out = r;
	else
		bulla_review_free(&r);
	return st;
}

void
bulla_review_free(struct bulla_review *r)
{
	bulla_threads_free(&r->threads);
	free(r->settled);
	free(r->record);
	free(r->figure);
	free(r->behind);
	free(r->handover);
	free(r->custody);
	free(r->remark);
	*r = (struct bulla_review){ 0 };
}
