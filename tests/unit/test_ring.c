#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "ring_jobs.h"

TestSuite(ring, .timeout = 60);

Test(ring, fed_in_every_shape)
{
	unsigned n = 0;

	for (unsigned threads = 1; threads <= 4; threads++)
		for (unsigned slots = 2; slots <= 9; slots += 1 + slots / 4) {
			struct bulla_ring *r = NULL;
			struct rj j;

			rj_init(&j, 500, threads);
			cr_assert_eq(rj_ring(&j, false, threads, slots, &r),
			    BULLA_OK);
			cr_assert_eq(rj_feed(r, 500, NULL), BULLA_OK);
			bulla_ring_free(r);
			cr_expect_not(j.broken);
			cr_expect_eq(j.sum, rj_want(500));
			for (unsigned i = 0; i < RJ_STAGES; i++)
				cr_expect_eq(j.runs[i], 500);
			n++;
		}
	printf("COUNT ring-shapes %u 0\n", n);
}

Test(ring, drained_in_every_shape)
{
	for (unsigned threads = 1; threads <= 4; threads++)
		for (unsigned slots = 2; slots <= 6; slots++) {
			struct bulla_ring *r = NULL;
			uint64_t n;
			struct rj j;

			rj_init(&j, 300, threads);
			cr_assert_eq(rj_ring(&j, true, threads, slots, &r),
			    BULLA_OK);
			cr_assert_eq(rj_drain(r, &n, NULL), BULLA_OK);
			cr_expect_eq(n, 300);
			bulla_ring_free(r);
			cr_expect_not(j.broken);
			cr_expect_eq(j.sum, rj_want(300));
		}
}

Test(ring, one_slot_alone)
{
	struct bulla_ring *r = NULL;
	struct bulla_slot *s;
	uint64_t n;
	struct rj j;

	rj_init(&j, 1, 2);
	cr_assert_eq(rj_ring(&j, true, 2, 2, &r), BULLA_OK);
	cr_assert_eq(rj_drain(r, &n, NULL), BULLA_OK);
	cr_expect_eq(n, 1);
	/* The end stays the end. */
	cr_assert_eq(bulla_ring_next(r, &s, NULL), BULLA_OK);
	cr_expect_null(s);
	bulla_ring_free(r);
	cr_expect_not(j.broken);
}

Test(ring, nothing_was_fed)
{
	struct bulla_ring *r = NULL;
	struct rj j;

	rj_init(&j, 0, 3);
	cr_assert_eq(rj_ring(&j, false, 3, 4, &r), BULLA_OK);
	cr_expect_eq(bulla_ring_wait(r, RJ_STAGES - 1, NULL), BULLA_OK);
	bulla_ring_free(r);
	bulla_ring_free(NULL);
}

/* The first failure stops it, and every later call says the same. */
Test(ring, a_failure_in_each_stage)
{
	for (unsigned threads = 1; threads <= 3; threads++)
		for (unsigned stage = 0; stage < RJ_STAGES; stage++)
			for (uint64_t seq = 0; seq < 40; seq += 13) {
				struct bulla_ring *r = NULL;
				struct bulla_slot *s;
				struct bulla_err e = { 0 }, again = { 0 };
				char want[40];
				struct rj j;

				rj_init(&j, 40, threads);
				j.fail_stage = stage;
				j.fail_seq = seq;
				cr_assert_eq(rj_ring(&j, false, threads, 4,
				    &r), BULLA_OK);
				cr_expect_eq(rj_feed(r, 40, &e),
				    BULLA_E_MISMATCH);
				snprintf(want, sizeof(want), "slot %llu in %u",
				    (unsigned long long)seq, stage);
				cr_expect_str_eq(e.msg, want);
				cr_expect_eq(bulla_ring_get(r, &s, &again),
				    BULLA_E_MISMATCH);
				cr_expect_str_eq(again.msg, want);
				cr_expect_eq(bulla_ring_wait(r, 0, NULL),
				    BULLA_E_MISMATCH);
				bulla_ring_free(r);
				cr_expect_not(j.broken);
			}
}

Test(ring, a_failure_while_it_drains)
{
	for (unsigned threads = 1; threads <= 3; threads++)
		for (unsigned stage = 0; stage < RJ_STAGES; stage++) {
			struct bulla_ring *r = NULL;
			struct bulla_err e = { 0 };
			uint64_t n;
			struct rj j;

			rj_init(&j, 40, threads);
			j.fail_stage = stage;
			j.fail_seq = 20;
			cr_assert_eq(rj_ring(&j, true, threads, 3, &r),
			    BULLA_OK);
			cr_expect_eq(rj_drain(r, &n, &e), BULLA_E_MISMATCH);
			/*
			 * what has not passed every stage is never handed out
			 */
			cr_expect_leq(n, 20);
			cr_expect_eq(e.st, BULLA_E_MISMATCH);
			bulla_ring_free(r);
			cr_expect_not(j.broken);
		}
}

Test(ring, freed_in_the_middle)
{
	for (unsigned i = 0; i < 50; i++) {
		struct bulla_ring *r = NULL;
		struct bulla_slot *s;
		struct rj j;

		rj_init(&j, 1000, 4);
		cr_assert_eq(rj_ring(&j, true, 4, 5, &r), BULLA_OK);
		for (unsigned k = 0; k < i % 4; k++) {
			cr_assert_eq(bulla_ring_next(r, &s, NULL), BULLA_OK);
			bulla_ring_put(r, s);
		}
		bulla_ring_free(r);
		cr_expect_not(j.broken);
	}
}

/* wait(upto) means: all that was put has passed these stages. */
Test(ring, wait_for_a_stage)
{
	for (unsigned upto = 0; upto < RJ_STAGES; upto++) {
		struct bulla_ring *r = NULL;
		struct bulla_slot *s;
		struct rj j;

		rj_init(&j, 100, 2);
		cr_assert_eq(rj_ring(&j, false, 2, 6, &r), BULLA_OK);
		for (unsigned i = 0; i < 100; i++) {
			cr_assert_eq(bulla_ring_get(r, &s, NULL), BULLA_OK);
			bulla_ring_put(r, s);
			if (i % 9 != 0)
				continue;
			cr_assert_eq(bulla_ring_wait(r, upto, NULL), BULLA_OK);
			for (unsigned k = 0; k <= upto; k++)
				cr_expect_eq(j.runs[k], i + 1);
		}
		bulla_ring_free(r);
	}
}

static unsigned n_freed;

static void
count_user(void *user)
{
	cr_expect_eq(((struct rj_user *)user)->passed, 0);
	n_freed++;
}

Test(ring, buffers_and_user_data)
{
	struct rj j;
	struct bulla_ring_config c = {
		.stages = rj_fed, .n_stages = 1, .n_threads = 1,
		.n_slots = 3, .in_cap = 100, .out_cap = 5000,
		.user_size = sizeof(struct rj_user), .user_free = count_user,
		.ctx = &j,
	};
	struct bulla_ring *r = NULL;
	struct bulla_slot *s;

	rj_init(&j, 0, 1);
	cr_assert_eq(bulla_ring_new(&c, &r, NULL), BULLA_OK);
	cr_assert_eq(bulla_ring_get(r, &s, NULL), BULLA_OK);
	cr_expect_eq((uintptr_t)s->in % 4096, 0);
	cr_expect_geq(s->out, s->in + 100);
	memset(s->in, 1, 100);
	memset(s->out, 2, 5000);
	cr_expect_eq(((struct rj_user *)s->user)->passed, 0);
	bulla_ring_free(r);
	cr_expect_eq(n_freed, 3);
	c.in_cap = c.out_cap = c.user_size = 0;
	c.user_free = NULL;
	cr_assert_eq(bulla_ring_new(&c, &r, NULL), BULLA_OK);
	cr_assert_eq(bulla_ring_get(r, &s, NULL), BULLA_OK);
	cr_expect_null(s->out);
	bulla_ring_free(r);
}

/* WRAP: pthread_create posix_memalign */
static unsigned n_threads_left = UINT_MAX;
static bool no_memory;

int __real_pthread_create(pthread_t *t, const pthread_attr_t *a,
    void *(*run)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a,
    void *(*run)(void *), void *arg);
int
__wrap_pthread_create(pthread_t *t, const pthread_attr_t *a,
    void *(*run)(void *), void *arg)
{
	if (n_threads_left == 0)
		return EAGAIN;
	n_threads_left--;
	return __real_pthread_create(t, a, run, arg);
}

int __real_posix_memalign(void **p, size_t align, size_t n);
int __wrap_posix_memalign(void **p, size_t align, size_t n);
int
__wrap_posix_memalign(void **p, size_t align, size_t n)
{
	return no_memory ? ENOMEM : __real_posix_memalign(p, align, n);
}

/* Those that were started are stopped again. */
Test(ring, a_thread_is_not_to_be_had)
{
	for (unsigned left = 0; left < 4; left++) {
		struct bulla_ring *r = NULL;
		struct bulla_err e = { 0 };
		struct rj j;
		const struct bulla_ring_config c = {
			.stages = rj_drained, .n_stages = RJ_STAGES,
			.n_threads = 4, .n_slots = 4, .in_cap = RJ_CAP,
			.user_size = sizeof(struct rj_user), .drain = true,
			.ctx = &j,
		};

		rj_init(&j, 100, 4);
		n_threads_left = left;
		if (left == 3) {
			cr_expect_eq(bulla_ring_new(&c, &r, &e), BULLA_OK);
			bulla_ring_free(r);
			continue;
		}
		cr_expect_eq(bulla_ring_new(&c, &r, &e), BULLA_E_IO);
		cr_expect_not_null(strstr(e.msg, "-j 1"), "%s", e.msg);
		cr_expect_null(r);
		cr_expect_not(j.broken);
	}
}

Test(ring, no_memory_to_be_had)
{
	struct bulla_ring *r = NULL;
	struct bulla_err e = { 0 };
	struct rj j;
	const struct bulla_ring_config c = {
		.stages = rj_fed, .n_stages = 1, .n_threads = 1,
		.n_slots = 4, .in_cap = RJ_CAP, .ctx = &j,
	};

	rj_init(&j, 0, 1);
	no_memory = true;
	cr_expect_eq(bulla_ring_new(&c, &r, &e), BULLA_E_NOMEM);
	no_memory = false;
	cr_expect_not_null(strstr(e.msg, "4 buffers of"), "%s", e.msg);
	cr_expect_null(r);
}

Test(ring, cores)
{
	unsigned n = bulla_cores();
	cpu_set_t one;

	cr_expect(n >= 1 && n <= BULLA_RING_THREADS_MAX);
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one) == 0)
		cr_expect_eq(bulla_cores(), 1);
}

/* A seed a run, thousands of slots, all shapes. */
Test(ring, stress)
{
	const char *text = getenv("SEED");
	unsigned seed = text != NULL ? (unsigned)strtoul(text, NULL, 10) :
	    (unsigned)time(NULL);
	unsigned n = 0, state = seed;

	for (unsigned i = 0; i < 60; i++, n++) {
		unsigned threads = (unsigned)rand_r(&state) % 4 + 1;
		unsigned slots = (unsigned)rand_r(&state) % 9 + 2;
		uint64_t len = (uint64_t)rand_r(&state) % 3000 + 1, got = len;
		bool drain = rand_r(&state) % 2 == 0;
		struct bulla_ring *r = NULL;
		struct rj j;

		rj_init(&j, len, threads);
		cr_assert_eq(rj_ring(&j, drain, threads, slots, &r), BULLA_OK);
		cr_assert_eq(drain ? rj_drain(r, &got, NULL) :
		    rj_feed(r, len, NULL), BULLA_OK);
		bulla_ring_free(r);
		cr_assert_not(j.broken, "seed %u", seed);
		cr_assert_eq(got, len);
		cr_assert_eq(j.sum, rj_want(len), "seed %u", seed);
	}
	printf("COUNT ring-stress %u 0 %u\n", n, seed);
}
