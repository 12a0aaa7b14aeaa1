#ifndef BULLA_NET_POOL_H
#define BULLA_NET_POOL_H

#include <pthread.h>
#include <stdbool.h>

#include "bulla/err.h"

/*
 * A few threads that run tasks in the order they came. A task belongs to the
 * pool from push until run is called; run may free it or push it again.
 */
struct task {
	struct task *next;
	void (*run)(struct task *t);
};

#define POOL_THREADS_MAX 8u

struct pool {
	pthread_mutex_t mu;
	pthread_cond_t cv;
	struct task *head, **tail;
	pthread_t thread[POOL_THREADS_MAX];
	unsigned n_threads;
	bool stop, drop;
};

BULLA_NODISCARD enum bulla_status pool_start(struct pool *p,
    unsigned n_threads, struct bulla_err *err);
void pool_push(struct pool *p, struct task *t);
/*
 * End the threads: after all that was pushed, or (drop) after the tasks now
 * running. Dropped tasks are never run.
 */
void pool_stop(struct pool *p, bool drop);

#endif
