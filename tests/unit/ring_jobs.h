#ifndef TESTS_RING_JOBS_H
#define TESTS_RING_JOBS_H

/*
 * Work for a ring that proves its promises: serial stages see every slot
 * once and in order, a slot goes through the stages one after the other, and
 * nothing is lost. Used by the unit test and, without Criterion, under
 * ThreadSanitizer.
 */
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/ring.h"

#define RJ_STAGES 4u
#define RJ_CAP 64u

struct rj {
	uint64_t next[RJ_STAGES];	/* what a serial stage must see next */
	atomic_ulong runs[RJ_STAGES];
	uint64_t n;			/* slots of a draining ring */
	uint64_t sum;			/* of what the last stage saw,
					 * in order */
	bool broken;			/* a promise was not kept */
	/* Fail in this stage at this slot. */
	unsigned fail_stage;
	uint64_t fail_seq;
	unsigned max_worker;
	atomic_bool in_serial[RJ_STAGES];
};

struct rj_user {
	unsigned passed;
};

static void
rj_mix(struct bulla_slot *s, unsigned stage)
{
	for (size_t i = 0; i < s->in_len; i++)
		s->in[i] = (uint8_t)(s->in[i] * 5 + stage + 1);
}

static enum bulla_status
rj_stage(struct rj *j, struct bulla_slot *s, unsigned worker, unsigned stage,
    bool serial, struct bulla_err *err)
{
	struct rj_user *u = s->user;

	if (worker > j->max_worker)
		j->broken = true;
	if (serial && (atomic_exchange(&j->in_serial[stage], true) ||
	    s->seq != j->next[stage]++))
		j->broken = true;
	if (stage > 0 && u->passed != stage)
		j->broken = true;
	u->passed = stage + 1;
	atomic_fetch_add(&j->runs[stage], 1);
	if (s->seq % 7 == stage)
		(void)sched_yield();
	rj_mix(s, stage);
	if (serial)
		atomic_store(&j->in_serial[stage], false);
	if (stage == j->fail_stage && s->seq == j->fail_seq)
		return bulla_fail(err, BULLA_E_MISMATCH, "slot %llu in %u",
		    (unsigned long long)s->seq, stage);
	return BULLA_OK;
}

static enum bulla_status
rj_0(void *ctx, struct bulla_slot *s, unsigned w, struct bulla_err *err)
{
	return rj_stage(ctx, s, w, 0, true, err);
}

/* As a source: n slots of their own number. */
static enum bulla_status
rj_source(void *ctx, struct bulla_slot *s, unsigned w, struct bulla_err *err)
{
	struct rj *j = ctx;

	if (s->in_len != 0 || s->out_len != 0 || s->last)
		j->broken = true;
	s->in_len = (size_t)(s->seq % RJ_CAP);
	memset(s->in, (int)(s->seq & 0xff), RJ_CAP);
	s->last = s->seq + 1 == j->n;
	return rj_stage(j, s, w, 0, true, err);
}

static enum bulla_status
rj_1(void *ctx, struct bulla_slot *s, unsigned w, struct bulla_err *err)
{
	return rj_stage(ctx, s, w, 1, false, err);
}

static enum bulla_status
rj_2(void *ctx, struct bulla_slot *s, unsigned w, struct bulla_err *err)
{
	return rj_stage(ctx, s, w, 2, false, err);
}

static enum bulla_status
rj_3(void *ctx, struct bulla_slot *s, unsigned w, struct bulla_err *err)
{
	struct rj *j = ctx;
	enum bulla_status st = rj_stage(j, s, w, 3, true, err);

	for (size_t i = 0; i < s->in_len; i++)
		j->sum = j->sum * 31 + s->in[i];
	return st;
}

static const struct bulla_stage rj_fed[RJ_STAGES] = {
	{ .serial = true, .run = rj_0 }, { .run = rj_1 }, { .run = rj_2 },
	{ .serial = true, .run = rj_3 },
};
static const struct bulla_stage rj_drained[RJ_STAGES] = {
	{ .serial = true, .run = rj_source }, { .run = rj_1 }, { .run = rj_2 },
	{ .serial = true, .run = rj_3 },
};

static void
rj_init(struct rj *j, uint64_t n, unsigned threads)
{
	memset(j, 0, sizeof(*j));
	j->n = n;
	j->max_worker = threads - 1;
	j->fail_stage = RJ_STAGES;
}

static enum bulla_status
rj_ring(struct rj *j, bool drain, unsigned threads, unsigned slots,
    struct bulla_ring **r)
{
	const struct bulla_ring_config c = {
		.stages = drain ? rj_drained : rj_fed, .n_stages = RJ_STAGES,
		.n_threads = threads, .n_slots = slots, .in_cap = RJ_CAP,
		.user_size = sizeof(struct rj_user), .drain = drain, .ctx = j,
	};

	return bulla_ring_new(&c, r, NULL);
}

/* What the sum must be in the end. */
static uint64_t
rj_want(uint64_t n)
{
	uint64_t sum = 0;
	uint8_t x;

	for (uint64_t i = 0; i < n; i++)
		for (uint64_t k = 0; k < i % RJ_CAP; k++) {
			x = (uint8_t)(i & 0xff);
			for (unsigned stage = 0; stage < RJ_STAGES; stage++)
				x = (uint8_t)(x * 5 + stage + 1);
			sum = sum * 31 + x;
		}
	return sum;
}

static enum bulla_status
rj_feed(struct bulla_ring *r, uint64_t n, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	struct bulla_slot *s;

	for (uint64_t i = 0; i < n && st == BULLA_OK; i++) {
		st = bulla_ring_get(r, &s, err);
		if (st != BULLA_OK)
			break;
		if (s->seq != i || s->in_len != 0 || s->last)
			abort();
		s->in_len = (size_t)(i % RJ_CAP);
		memset(s->in, (int)(i & 0xff), RJ_CAP);
		s->last = i + 1 == n;
		bulla_ring_put(r, s);
	}
	return st == BULLA_OK ? bulla_ring_wait(r, RJ_STAGES - 1, err) : st;
}

static enum bulla_status
rj_drain(struct bulla_ring *r, uint64_t *n, struct bulla_err *err)
{
	struct bulla_slot *s = NULL, *again = NULL;
	enum bulla_status st;

	for (*n = 0;; ++*n) {
		st = bulla_ring_next(r, &s, err);
		if (st != BULLA_OK || s == NULL)
			return st;
		if (s->seq != *n)
			abort();
		/* not put back: the same one */
		if (bulla_ring_next(r, &again, err) == BULLA_OK && again != s)
			abort();
		bulla_ring_put(r, s);
	}
}

#endif
