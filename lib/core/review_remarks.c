#include <stdlib.h>
#include <string.h>

#include "bulla/enc.h"
#include "bulla/when.h"
#include "core/review_int.h"

/* What only this home can know: where the other side's tables may differ. */

static void
event_remarks(struct review_work *w, const struct bulla_event *e)
{
	const struct bulla_review *r = w->r;
	bool ours = e->by == r->threads.ours;

	if (e->received == 0 && e->claimed < r->to)
		review_remark(w, BULLA_REMARK_UNPROVED, e->id, "%s of %s: "
		    "nothing proves that the other side had it by then",
		    e->kind, r->threads.side[e->by]);
	if (!review_in(r, e->received))
		return;
	if (e->proof == BULLA_PROOF_COSIGNED)
		review_remark(w, BULLA_REMARK_COSIGNED, e->id, "%s of %s: "
		    "counted by a cosignature that only this home has",
		    e->kind, r->threads.side[e->by]);
	if (!ours && e->has_receipt && !e->countersigned)
		review_remark(w, BULLA_REMARK_UNANSWERED, e->id, "%s of %s: "
		    "our receipt is not countersigned, they may lack it",
		    e->kind, r->threads.side[e->by]);
}

static void
thread_remarks(struct review_work *w, size_t i)
{
	const struct bulla_thread *t = &w->r->threads.v[i];
	const char *id = t->event[0].id;
	int64_t settled = w->r->settled[i];

	for (size_t k = 0; k < t->n_events; k++)
		event_remarks(w, &t->event[k]);
	if (t->start == 0 || (settled != 0 && settled < w->r->from))
		return;
	if (t->category[0] == '\0' && strcmp(t->type, "status") != 0)
		review_remark(w, BULLA_REMARK_UNREAD, id, "of what category "
		    "this request is cannot be read here");
	if (!t->has_class)
		review_remark(w, BULLA_REMARK_NO_CLASS, id, "no deadline was "
		    "agreed for its class when it was received");
}

static void
handover_remarks(struct review_work *w)
{
	const struct bulla_review *r = w->r;

	for (size_t i = 0; i < r->n_handovers; i++) {
		const struct bulla_handover_seen *h = &r->handover[i];

		if (h->handed != 0 && h->received == 0 && h->rejected == 0)
			review_remark(w, BULLA_REMARK_NO_RECEIPT, h->id,
			    "handed over by %s, and there is no receipt",
			    r->threads.side[h->by]);
	}
}

static void
stray_remarks(struct review_work *w)
{
	const struct bulla_review *r = w->r;

	for (size_t i = 0; i < r->threads.n_strays; i++) {
		const struct bulla_stray *s = &r->threads.stray[i];

		if (s->event.claimed < r->to)
			review_remark(w, BULLA_REMARK_STRAY, s->event.id,
			    "%s", s->why);
	}
}

/* Both signed it; whose key ended since, the other side may not know. */
static void
agreement_remarks(struct review_work *w)
{
	const struct bulla_review *r = w->r;
	const struct bulla_agreement_unused *u = bulla_review_lapsed(r);
	char id[65], from[BULLA_WHEN_LEN + 1];

	if (u != NULL) {
		bulla_hex(id, u->digest, sizeof(u->digest));
		review_remark(w, BULLA_REMARK_LAPSED, id, "agreement version "
		    "%llu lapsed; %s may lack the roster or suspension that "
		    "ended it: %.200s", (unsigned long long)u->version,
		    r->threads.side[1 - r->threads.ours], u->why);
	}
	if (r->threads.agreements.damaged[0] != '\0')
		review_remark(w, BULLA_REMARK_PROPOSED, "", "%s",
		    r->threads.agreements.damaged);
	u = &r->threads.agreements.proposal;
	if (u->version == 0 || u->from >= r->to)
		return;
	bulla_hex(id, u->digest, sizeof(u->digest));
	bulla_when_text(u->from, from);
	review_remark(w, BULLA_REMARK_PROPOSED, id, "agreement version %llu "
	    "from %s is not in force: %.200s", (unsigned long long)u->version,
	    from, u->why);
}

static void
differs(void *ctx, const struct bulla_difference *d)
{
	struct review_work *w = ctx;

	review_remark(w, BULLA_REMARK_DIFFERS, d->line->id, "%s lacks it or "
	    "has it otherwise: %s", d->lacks, d->text);
}

/* Their statement is of another moment: what is newer than it differs, too. */
static enum bulla_status
compare(struct review_work *w, struct bulla_err *err)
{
	const struct bulla_review *r = w->r;
	const struct bulla_statement *theirs = w->from->theirs;
	struct bulla_statement ours = { 0 };
	enum bulla_status st;
	uint64_t n = 0;

	if (strcmp(theirs->side, r->threads.side[1 - r->threads.ours]) != 0)
		return bulla_fail(err, BULLA_E_USAGE, "this is no statement "
		    "of %s (bulla-ledger reconcile --export)",
		    r->threads.side[1 - r->threads.ours]);
	st = bulla_statement_of_home(w->from->home->path,
	    r->threads.side[r->threads.ours], w->from->home->now, &ours, err);
	if (st == BULLA_OK)
		st = bulla_statement_compare(&ours, theirs, differs, w, &n,
		    err);
	bulla_statement_free(&ours);
	w->r->compared = st == BULLA_OK;
	return st;
}

static int
by_kind(const void *x, const void *y)
{
	const struct bulla_remark *a = x, *b = y;
	int d;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	d = strcmp(a->id, b->id);
	return d != 0 ? d : strcmp(a->text, b->text);
}

enum bulla_status
review_remarks(struct review_work *w, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < w->r->threads.n; i++)
		thread_remarks(w, i);
	handover_remarks(w);
	stray_remarks(w);
	agreement_remarks(w);
	if (w->from->theirs != NULL)
		st = compare(w, err);
	if (w->r->n_remarks > 0)
		qsort(w->r->remark, w->r->n_remarks, sizeof(*w->r->remark),
		    by_kind);
	return st;
}
