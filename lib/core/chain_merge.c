#include <stdlib.h>
#include <string.h>

#include "core/chain_int.h"

/* Notes that keep their order among themselves. */
struct queue {
	const struct bulla_link *v;
	size_t n, i;		/* i: the next one */
	enum bulla_side side;
};
#define QUEUES 4		/* both chains, and what is beside them */

static const struct bulla_link *
head(const struct queue *q)
{
	return q->i < q->n ? &q->v[q->i] : NULL;
}

/* Is a note with this digest still to come? */
static bool
is_ahead(const struct queue *q, const uint8_t digest[32])
{
	for (size_t i = q->i; i < q->n; i++) {
		if (memcmp(q->v[i].digest, digest, 32) == 0)
			return true;
	}
	return false;
}

/* A note comes after those that it names. */
static bool
is_ready(const struct queue q[QUEUES], const struct bulla_link *l)
{
	static const char *const labels[] = { "relinquish", "note" };
	uint8_t named[32];

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (!chain_named(&l->c, labels[i], named))
			continue;
		for (int j = 0; j < QUEUES; j++) {
			if (is_ahead(&q[j], named))
				return false;
		}
	}
	return true;
}

static bool
is_answer(const struct bulla_link *l)
{
	return chain_is(l, "receive") || chain_is(l, "reject");
}

/*
 * By what both sides see alike: the claim, then the digest. Within a second
 * what may have been handed over comes before the answer, which need not name
 * it.
 */
static bool
is_before(const struct bulla_link *a, const struct bulla_link *b)
{
	if (b == NULL || a->c.time != b->c.time)
		return b == NULL || a->c.time < b->c.time;
	if (is_answer(a) != is_answer(b))
		return is_answer(b);
	return memcmp(a->digest, b->digest, sizeof(a->digest)) < 0;
}

/*
 * The queue whose head comes next; -1 at the end. Where notes name each other
 * in a circle, which honest ones cannot, none is ready and any will do.
 */
static int
pick(const struct queue q[QUEUES])
{
	const struct bulla_link *best = NULL;
	int at = -1;

	for (int must = 1; must >= 0 && at == -1; must--) {
		for (int j = 0; j < QUEUES; j++) {
			const struct bulla_link *l = head(&q[j]);

			if (l == NULL || !is_before(l, best) ||
			    (must && !is_ready(q, l)))
				continue;
			best = l;
			at = j;
		}
	}
	return at;
}

enum bulla_status
bulla_chain_merge(const struct bulla_chain *ours,
    const struct bulla_chain *theirs, struct bulla_chain_step **out,
    size_t *n, struct bulla_err *err)
{
	struct queue q[QUEUES] = {
		{ ours->v, ours->n, 0, BULLA_OURS },
		{ ours->apart, ours->n_apart, 0, BULLA_OURS },
		{ theirs->v, theirs->n, 0, BULLA_THEIRS },
		{ theirs->apart, theirs->n_apart, 0, BULLA_THEIRS },
	};
	size_t all = ours->n + ours->n_apart + theirs->n + theirs->n_apart;
	struct bulla_chain_step *v = calloc(all + 1, sizeof(*v));

	if (v == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	for (size_t i = 0; i < all; i++) {
		int j = pick(q);

		BULLA_CHECK(j != -1);
		v[i].l = head(&q[j]);
		v[i].side = q[j].side;
		q[j].i++;
	}
	*out = v;
	*n = all;
	return BULLA_OK;
}
