#include <string.h>

#include "core/thread_int.h"

/* When a package was received, by the notes that thread_notes.c has read. */
#define CLOCKS_OFF INT64_C(86400)	/* no two clocks are further apart */

/* The first of the package's notes, or r->n_notes. */
static size_t
first_of(const struct thread_reader *r, const char *id)
{
	size_t lo = 0, hi = r->n_notes;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(r->note[mid].id, id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
is_about(const struct thread_note *n, const char *id, const uint8_t seal[32])
{
	return strcmp(n->id, id) == 0 && memcmp(n->seal, seal, 32) == 0;
}

int64_t
thread_proven_seal(struct thread_reader *r, const char *id,
    const uint8_t seal[32])
{
	uint64_t first = UINT64_MAX;

	for (size_t i = first_of(r, id); i < r->n_notes &&
	    strcmp(r->note[i].id, id) == 0; i++) {
		if (is_about(&r->note[i], id, seal) &&
		    r->note[i].index < first)
			first = r->note[i].index;
	}
	return thread_proven(r, first);
}

enum bulla_side
thread_side(const struct bulla_threads *t, int by)
{
	return by == t->ours ? BULLA_OURS : BULLA_THEIRS;
}

enum bulla_status
thread_may(struct thread_reader *r, enum bulla_side side,
    const struct bulla_verified *v, unsigned roles, int64_t proven,
    struct bulla_err *err)
{
	return bulla_trust_judge_note(r->h->trust, side, v, roles,
	    proven != 0 ? proven : r->from->now, 1, err);
}

/* Lines of one side alone, as a note of that side. */
static void
lines_of(const struct thread_reader *r, const struct bulla_verified *v,
    enum bulla_side side, struct bulla_verified *out)
{
	*out = *v;
	out->n_by = 0;
	for (unsigned i = 0; i < v->n_by; i++) {
		if (bulla_trust_side_of(r->h->trust, v->by[i]) ==
		    (unsigned)side)
			out->by[out->n_by++] = v->by[i];
	}
}

/*
 * Who signs is judged as of now; where that says no, a key may have ended
 * since, and the ledger's proof of an earlier time is looked for.
 */
static bool
is_by(struct thread_reader *r, const struct thread_note *n,
    const struct bulla_verified *v, int by, unsigned roles)
{
	enum bulla_side side = thread_side(r->out, by);
	struct bulla_verified of;
	int64_t proven;

	lines_of(r, v, side, &of);
	if (thread_may(r, side, &of, roles, 0, NULL) == BULLA_OK)
		return true;
	proven = of.n_by > 0 ? thread_proven(r, n->index) : 0;
	return proven != 0 && thread_may(r, side, &of, roles, proven, NULL) ==
	    BULLA_OK;
}

static void
take_receipt(struct thread_reader *r, struct bulla_event *e,
    const struct thread_note *n)
{
	struct bulla_cur bytes = bulla_cur_of(n->bytes, n->len);
	struct bulla_verified v;
	int d = memcmp(n->digest, e->receipt, sizeof(e->receipt));

	/*
	 * Nothing comes before it was made. Who dates his receipt back would
	 * have it judged by an older agreement, or by none.
	 */
	if (n->time < e->claimed - CLOCKS_OFF)
		return;
	/* The first of them; the same one again may have more lines. */
	if (e->has_receipt && (n->time > e->received ||
	    (n->time == e->received && (d > 0 || (d == 0 &&
	    e->countersigned)))))
		return;
	if (bulla_note_verify(&bytes, &r->receivers, &v, NULL) != BULLA_OK ||
	    !is_by(r, n, &v, 1 - e->by, BULLA_ROLE_RECEIVER |
	    BULLA_ROLE_CUSTODIAN))
		return;
	e->has_receipt = true;
	e->received = n->time;
	e->proof = BULLA_PROOF_RECEIPT;
	memcpy(e->receipt, n->digest, sizeof(e->receipt));
	e->countersigned = is_by(r, n, &v, e->by, BULLA_ROLE_CUSTODIAN);
}

/* It was there, as the other side cosigned, long before the time it names. */
static bool
is_refuted(struct thread_reader *r, const struct bulla_event *e)
{
	int64_t proven = 0;

	for (size_t i = first_of(r, e->id); i < r->n_notes &&
	    strcmp(r->note[i].id, e->id) == 0; i++)
		if (memcmp(r->note[i].digest, e->receipt, 32) == 0)
			proven = thread_proven(r, r->note[i].index);
	return proven != 0 && e->received - CLOCKS_OFF > proven;
}

/*
 * Was this handover refused? Who signed that he did not take it did not have
 * it, also where his witness has cosigned that we handed it over.
 */
static bool
is_rejected(struct thread_reader *r, const struct bulla_event *e,
    const struct thread_note *handed)
{
	struct bulla_cur bytes;
	struct bulla_verified v;

	for (size_t i = first_of(r, e->id); i < r->n_notes &&
	    strcmp(r->note[i].id, e->id) == 0; i++) {
		const struct thread_note *n = &r->note[i];

		if (n->what != THREAD_REJECT || n->by != 1 - e->by ||
		    memcmp(n->answers, handed->digest, 32) != 0)
			continue;
		bytes = bulla_cur_of(n->bytes, n->len);
		if (bulla_note_verify(&bytes, &r->receivers, &v, NULL) ==
		    BULLA_OK && is_by(r, n, &v, 1 - e->by,
		    BULLA_ROLE_RECEIVER | BULLA_ROLE_CUSTODIAN))
			return true;
	}
	return false;
}

/*
 * What we sent, without a receipt, or with one of a time to come: who dates
 * it to next year would stop our clocks until then.
 */
static void
take_handover(struct thread_reader *r, struct bulla_event *e, uint64_t handed)
{
	int64_t proven;

	if (e->has_receipt && e->received <= r->from->now &&
	    !is_refuted(r, e))
		return;
	proven = thread_proven(r, handed);
	if (e->has_receipt && proven == 0)
		return;
	e->has_receipt = e->countersigned = false;
	memset(e->receipt, 0, sizeof(e->receipt));
	e->received = proven;
	e->proof = proven != 0 ? BULLA_PROOF_COSIGNED : BULLA_PROOF_NONE;
}

void
thread_received(struct thread_reader *r, struct bulla_event *e,
    const uint8_t seal[32])
{
	uint64_t handed = UINT64_MAX;

	for (size_t i = first_of(r, e->id); i < r->n_notes &&
	    strcmp(r->note[i].id, e->id) == 0; i++) {
		const struct thread_note *n = &r->note[i];

		if (!is_about(n, e->id, seal))
			continue;
		if (n->what == THREAD_RECEIVE && n->by == 1 - e->by)
			take_receipt(r, e, n);
		if (n->what == THREAD_RELINQUISH && n->by == e->by &&
		    n->index < handed && !is_rejected(r, e, n))
			handed = n->index;
	}
	if (e->by == r->out->ours)
		take_handover(r, e, handed);
	if (r->from->cosigned)
		e->cosigned = thread_proven_seal(r, e->id, seal);
}
