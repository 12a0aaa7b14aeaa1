#include "pool.h"

static void *
work(void *arg)
{
	struct pool *p = arg;
	struct task *t;

	pthread_mutex_lock(&p->mu);
	for (;;) {
		while (p->head == NULL && !p->stop)
			pthread_cond_wait(&p->cv, &p->mu);
		if (p->head == NULL || (p->stop && p->drop))
			break;
		t = p->head;
		p->head = t->next;
		if (p->head == NULL)
			p->tail = &p->head;
		pthread_mutex_unlock(&p->mu);
		t->run(t);
		pthread_mutex_lock(&p->mu);
	}
	pthread_mutex_unlock(&p->mu);
	return NULL;
}

enum bulla_status
pool_start(struct pool *p, unsigned n_threads, struct bulla_err *err)
{
	BULLA_CHECK(n_threads >= 1 && n_threads <= POOL_THREADS_MAX);
	*p = (struct pool){ .mu = PTHREAD_MUTEX_INITIALIZER,
	    .cv = PTHREAD_COND_INITIALIZER };
	p->tail = &p->head;
	while (p->n_threads < n_threads) {
		if (pthread_create(&p->thread[p->n_threads], NULL, work,
		    p) != 0) {
			pool_stop(p, true);
			return bulla_fail(err, BULLA_E_NOMEM,
			    "no thread could be started");
		}
		p->n_threads++;
	}
	return BULLA_OK;
}

void
pool_push(struct pool *p, struct task *t)
{
	pthread_mutex_lock(&p->mu);
	t->next = NULL;
	*p->tail = t;
	p->tail = &t->next;
	pthread_cond_signal(&p->cv);
	pthread_mutex_unlock(&p->mu);
}

void
pool_stop(struct pool *p, bool drop)
{
	pthread_mutex_lock(&p->mu);
	p->stop = true;
	p->drop = drop;
	pthread_cond_broadcast(&p->cv);
	pthread_mutex_unlock(&p->mu);
	while (p->n_threads > 0)
		pthread_join(p->thread[--p->n_threads], NULL);
}
