#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/ring.h"

#define ALIGNMENT 4096u		/* of slot buffers: whole pages */

struct place {
	struct bulla_slot s;
	unsigned at;		/* the stage that comes next; n_stages: done */
	bool busy;		/* a thread is in that stage with it */
};

struct worker {
	struct bulla_ring *r;
	unsigned id;
	pthread_t thread;
};

/*
 * Slots live at seq % n_slots. [tail, head) are on their way; a fed ring has
 * its caller fill head, a draining one has stage 0 fill it.
 */
struct bulla_ring {
	struct bulla_ring_config c;
	struct bulla_stage stage[BULLA_RING_STAGES_MAX];
	struct place *place;
	uint8_t *memory, *users;
	uint64_t tail, head;
	uint64_t turn[BULLA_RING_STAGES_MAX];	/* next seq of a serial stage */
	bool stop, ended;	/* ended: a slot marked last was filled */
	enum bulla_status st;
	struct bulla_err err;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned n_waiting, n_started;
	struct worker worker[BULLA_RING_THREADS_MAX];
};

static struct place *
place_of(struct bulla_ring *r, uint64_t seq)
{
	return &r->place[seq % r->c.n_slots];
}

static void
wake(struct bulla_ring *r)
{
	if (r->n_waiting > 0)
		(void)pthread_cond_broadcast(&r->changed);
}

static void
wait_for_change(struct bulla_ring *r)
{
	r->n_waiting++;
	(void)pthread_cond_wait(&r->changed, &r->lock);
	r->n_waiting--;
}

/* A draining ring starts a free slot on its way by itself. */
static void
open_next(struct bulla_ring *r)
{
	struct place *p;

	if (!r->c.drain || r->ended || r->head - r->tail >= r->c.n_slots ||
	    r->turn[0] != r->head)
		return;
	p = place_of(r, r->head);
	p->s.seq = r->head++;
	p->s.in_len = p->s.out_len = 0;
	p->s.last = false;
	p->at = 0;
	p->busy = false;
}

static struct place *
find_work(struct bulla_ring *r)
{
	uint64_t seq;

	open_next(r);
	for (seq = r->tail; seq < r->head; seq++) {
		struct place *p = place_of(r, seq);

		if (p->busy || p->at == r->c.n_stages)
			continue;
		if (!r->stage[p->at].serial || r->turn[p->at] == seq)
			return p;
	}
	return NULL;
}

static void
fail(struct bulla_ring *r, enum bulla_status st, const struct bulla_err *err)
{
	if (r->st == BULLA_OK) {
		r->st = st;
		r->err = *err;
	}
	r->stop = true;
}

/* Called with the lock held, which is given up while the stage runs. */
static void
do_work(struct bulla_ring *r, struct place *p, unsigned id)
{
	const struct bulla_stage *stage = &r->stage[p->at];
	struct bulla_err err = { 0 };
	enum bulla_status st;

	p->busy = true;
	(void)pthread_mutex_unlock(&r->lock);
	st = stage->run(r->c.ctx, &p->s, id, &err);
	(void)pthread_mutex_lock(&r->lock);
	p->busy = false;
	if (st != BULLA_OK)
		fail(r, st, &err);
	if (stage->serial)
		r->turn[p->at]++;
	if (r->c.drain && p->at == 0 && p->s.last)
		r->ended = true;
	p->at++;
	while (!r->c.drain && r->tail < r->head &&
	    place_of(r, r->tail)->at == r->c.n_stages)
		r->tail++;
	wake(r);
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	struct bulla_ring *r = w->r;
	struct place *p;

	(void)pthread_mutex_lock(&r->lock);
	while (!r->stop) {
		p = find_work(r);
		if (p != NULL)
			do_work(r, p, w->id);
		else
			wait_for_change(r);
	}
	(void)pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* The caller waits for ready(), working meanwhile; the lock is held. */
static enum bulla_status
help_until(struct bulla_ring *r, bool (*ready)(struct bulla_ring *, uint64_t),
    uint64_t arg, struct bulla_err *err)
{
	struct place *p;

	while (!r->stop && !ready(r, arg)) {
		p = find_work(r);
		if (p != NULL)
			do_work(r, p, 0);
		else
			wait_for_change(r);
	}
	if (r->st != BULLA_OK && err != NULL)
		*err = r->err;
	return r->st;
}

static bool
has_room(struct bulla_ring *r, uint64_t unused)
{
	(void)unused;
	return r->head - r->tail < r->c.n_slots;
}

static bool
has_next(struct bulla_ring *r, uint64_t unused)
{
	(void)unused;
	return (r->tail < r->head &&
	    place_of(r, r->tail)->at == r->c.n_stages) ||
	    (r->ended && r->tail == r->head);
}

static bool
has_passed(struct bulla_ring *r, uint64_t upto)
{
	uint64_t seq;

	for (seq = r->tail; seq < r->head; seq++)
		if (place_of(r, seq)->at <= upto)
			return false;
	return true;
}

enum bulla_status
bulla_ring_get(struct bulla_ring *r, struct bulla_slot **s,
    struct bulla_err *err)
{
	enum bulla_status st;
	struct place *p;

	BULLA_CHECK(!r->c.drain);
	(void)pthread_mutex_lock(&r->lock);
	st = help_until(r, has_room, 0, err);
	(void)pthread_mutex_unlock(&r->lock);
	if (st != BULLA_OK)
		return st;
	p = place_of(r, r->head);
	p->s.seq = r->head;
	p->s.in_len = p->s.out_len = 0;
	p->s.last = false;
	*s = &p->s;
	return BULLA_OK;
}

void
bulla_ring_put(struct bulla_ring *r, struct bulla_slot *s)
{
	struct place *p;

	(void)pthread_mutex_lock(&r->lock);
	if (r->c.drain) {
		BULLA_CHECK(s->seq == r->tail && r->tail < r->head);
		r->tail++;
	} else {
		BULLA_CHECK(s->seq == r->head && s->in_len <= r->c.in_cap);
		p = place_of(r, r->head++);
		p->at = 0;
		p->busy = false;
	}
	wake(r);
	(void)pthread_mutex_unlock(&r->lock);
}

enum bulla_status
bulla_ring_next(struct bulla_ring *r, struct bulla_slot **s,
    struct bulla_err *err)
{
	enum bulla_status st;

	BULLA_CHECK(r->c.drain);
	(void)pthread_mutex_lock(&r->lock);
	st = help_until(r, has_next, 0, err);
	if (st == BULLA_OK)
		*s = r->tail == r->head ? NULL : &place_of(r, r->tail)->s;
	(void)pthread_mutex_unlock(&r->lock);
	return st;
}

enum bulla_status
bulla_ring_wait(struct bulla_ring *r, unsigned upto, struct bulla_err *err)
{
	enum bulla_status st;

	(void)pthread_mutex_lock(&r->lock);
	st = help_until(r, has_passed, upto, err);
	(void)pthread_mutex_unlock(&r->lock);
	return st;
}

static size_t
rounded(size_t n)
{
	return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static enum bulla_status
make_slots(struct bulla_ring *r, struct bulla_err *err)
{
	const struct bulla_ring_config *c = &r->c;
	size_t in = rounded(c->in_cap), each = in + rounded(c->out_cap);
	void *memory = NULL;

	r->place = calloc(c->n_slots, sizeof(*r->place));
	r->users = calloc(c->n_slots, c->user_size > 0 ? c->user_size : 1);
	if (r->place == NULL || r->users == NULL || (each > 0 &&
	    posix_memalign(&memory, ALIGNMENT, each * c->n_slots) != 0))
		return bulla_fail(err, BULLA_E_NOMEM, "no memory for %u "
		    "buffers of %zu bytes", c->n_slots, each);
	r->memory = memory;
	for (unsigned i = 0; i < c->n_slots; i++) {
		struct bulla_slot *s = &r->place[i].s;

		s->in = each > 0 ? r->memory + i * each : NULL;
		s->out = c->out_cap > 0 ? s->in + in : NULL;
		s->user = r->users + i * c->user_size;
	}
	return BULLA_OK;
}

static enum bulla_status
start_workers(struct bulla_ring *r, struct bulla_err *err)
{
	unsigned i;

	for (i = 1; i < r->c.n_threads; i++) {
		struct worker *w = &r->worker[i];

		*w = (struct worker){ .r = r, .id = i };
		if (pthread_create(&w->thread, NULL, worker_main, w) != 0)
			return bulla_fail(err, BULLA_E_IO,
			    "cannot start thread %u of %u: use -j 1", i + 1,
			    r->c.n_threads);
		r->n_started = i;
	}
	return BULLA_OK;
}

enum bulla_status
bulla_ring_new(const struct bulla_ring_config *c, struct bulla_ring **out,
    struct bulla_err *err)
{
	struct bulla_ring *r;
	enum bulla_status st;

	BULLA_CHECK(c->n_threads >= 1 && c->n_slots >= 2 &&
	    c->n_threads <= BULLA_RING_THREADS_MAX && c->n_stages >= 1 &&
	    c->n_stages <= BULLA_RING_STAGES_MAX &&
	    (!c->drain || c->stages[0].serial));
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	r->c = *c;
	memcpy(r->stage, c->stages, c->n_stages * sizeof(*c->stages));
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_cond_init(&r->changed, NULL);
	st = make_slots(r, err);
	if (st == BULLA_OK)
		st = start_workers(r, err);
	if (st != BULLA_OK) {
		bulla_ring_free(r);
		return st;
	}
	*out = r;
	return BULLA_OK;
}

void
bulla_ring_free(struct bulla_ring *r)
{
	if (r == NULL)
		return;
	(void)pthread_mutex_lock(&r->lock);
	r->stop = true;
	(void)pthread_cond_broadcast(&r->changed);
	(void)pthread_mutex_unlock(&r->lock);
	for (unsigned i = 1; i <= r->n_started; i++)
		(void)pthread_join(r->worker[i].thread, NULL);
	for (unsigned i = 0; r->place != NULL && r->users != NULL &&
	    r->c.user_free != NULL && i < r->c.n_slots; i++)
		r->c.user_free(r->users + i * r->c.user_size);
	(void)pthread_cond_destroy(&r->changed);
	(void)pthread_mutex_destroy(&r->lock);
	free(r->memory);
	free(r->users);
	free(r->place);
	free(r);
}

unsigned
bulla_cores(void)
{
	cpu_set_t set;
	int n;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	n = CPU_COUNT(&set);
	if (n < 1)
		return 1;
	return n > (int)BULLA_RING_THREADS_MAX ? BULLA_RING_THREADS_MAX :
	    (unsigned)n;
}
