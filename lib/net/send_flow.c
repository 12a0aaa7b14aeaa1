#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "send_int.h"

#include "bulla/hash.h"

#define BLOCKS 2u
#define LOOK_MS 200	/* how soon a stop is noticed */

struct block {
	uint8_t *p;
	uint64_t at;
	size_t len;
	bool full;
};

/* Blocks belong to the reader until they are full, and then to the sender. */
struct flow {
	const struct bulla_send_stream *s;
	pthread_t thread;
	bool started;
	int wake[2];
	struct bulla_sha256 *hash;
	uint8_t carry;		/* read ahead, to know the last block */
	bool has_carry;
	pthread_mutex_t mu;	/* for all below */
	pthread_cond_t turn;
	struct block block[BLOCKS];
	uint64_t got;		/* bytes in blocks that were full */
	bool ended, stop;
	uint8_t sha256[32];
	enum bulla_status st;
	struct bulla_err err;
};

/* Some bytes, 0 at the end or when it is to stop. */
static enum bulla_status
take(struct flow *f, uint8_t *p, size_t cap, size_t *n, struct bulla_err *err)
{
	struct pollfd fds[2] = { { .fd = f->s->fd, .events = POLLIN },
	    { .fd = f->wake[0], .events = POLLIN } };
	ssize_t r;

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return bulla_fail_sys(err, "standard input");
		if (fds[1].revents != 0)
			return bulla_fail(err, BULLA_E_AGAIN, "stopped");
		if (fds[0].revents == 0)
			continue;
		r = read(f->s->fd, p, cap);
		if (r < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (r < 0)
			return bulla_fail_sys(err, "standard input");
		*n = (size_t)r;
		return BULLA_OK;
	}
}

static enum bulla_status
fill(struct flow *f, struct block *b, bool *ended, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	size_t n = 1;

	b->len = 0;
	if (f->has_carry)
		b->p[b->len++] = f->carry;
	f->has_carry = false;
	while (st == BULLA_OK && n > 0 && b->len < BULLA_SEND_STREAM_PIECE) {
		st = take(f, b->p + b->len, BULLA_SEND_STREAM_PIECE - b->len,
		    &n, err);
		if (st == BULLA_OK)
			b->len += n;
	}
	if (st == BULLA_OK && n > 0) {
		st = take(f, &f->carry, 1, &n, err);
		f->has_carry = n > 0;
	}
	*ended = n == 0;
	return st;
}

/* The last block is not given away before all of it has been approved. */
static enum bulla_status
look(struct flow *f, const struct block *b, bool ended, struct bulla_err *err)
{
	const struct bulla_send_stream *s = f->s;
	enum bulla_status st = BULLA_OK;

	bulla_sha256_update(f->hash, b->p, b->len);
	if (s->see != NULL && b->len > 0)
		st = s->see(s->ctx, b->p, b->len, err);
	if (st == BULLA_OK && ended && s->see != NULL)
		st = s->see(s->ctx, NULL, 0, err);
	return st;
}

static void *
reader(void *ctx)
{
	struct flow *f = ctx;
	struct bulla_err err = { 0 };
	enum bulla_status st = BULLA_OK;
	struct block *b;
	bool ended = false;

	for (unsigned i = 0; st == BULLA_OK && !ended; i++) {
		b = &f->block[i % BLOCKS];
		pthread_mutex_lock(&f->mu);
		while (b->full && !f->stop)
			pthread_cond_wait(&f->turn, &f->mu);
		if (f->stop)
			st = BULLA_E_AGAIN;
		pthread_mutex_unlock(&f->mu);
		if (st == BULLA_OK)
			st = fill(f, b, &ended, &err);
		if (st == BULLA_OK)
			st = look(f, b, ended, &err);
		pthread_mutex_lock(&f->mu);
		if (ended)
			bulla_sha256_final(f->hash, f->sha256);
		b->at = f->got;
		b->full = st == BULLA_OK;
		f->got += b->full ? b->len : 0;
		/* What was not approved makes no earlier block the last. */
		f->ended = ended && st == BULLA_OK;
		f->st = st;
		f->err = err;
		pthread_cond_broadcast(&f->turn);
		pthread_mutex_unlock(&f->mu);
	}
	return NULL;
}

enum bulla_status
flow_new(const struct bulla_send_stream *s, struct flow **out,
    struct bulla_err *err)
{
	struct flow *f = calloc(1, sizeof(*f));
	enum bulla_status st;

	if (f == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	f->s = s;
	f->wake[0] = f->wake[1] = -1;
	pthread_mutex_init(&f->mu, NULL);
	pthread_cond_init(&f->turn, NULL);
	st = bulla_sha256_new(&f->hash, err);
	for (unsigned i = 0; i < BLOCKS && st == BULLA_OK; i++) {
		f->block[i].p = malloc(BULLA_SEND_STREAM_PIECE);
		if (f->block[i].p == NULL)
			st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	}
	if (st == BULLA_OK && pipe2(f->wake, O_CLOEXEC) != 0)
		st = bulla_fail_sys(err, "cannot make a pipe");
	if (st == BULLA_OK) {
		errno = pthread_create(&f->thread, NULL, reader, f);
		f->started = errno == 0;
		if (!f->started)
			st = bulla_fail_sys(err, "cannot start a thread");
	}
	if (st == BULLA_OK)
		*out = f;
	else
		flow_free(f);
	return st;
}

void
flow_free(struct flow *f)
{
	if (f == NULL)
		return;
	pthread_mutex_lock(&f->mu);
	f->stop = true;
	pthread_cond_broadcast(&f->turn);
	pthread_mutex_unlock(&f->mu);
	if (f->wake[1] != -1)
		(void)close(f->wake[1]);	/* which poll sees */
	if (f->started)
		(void)pthread_join(f->thread, NULL);
	if (f->wake[0] != -1)
		(void)close(f->wake[0]);
	for (unsigned i = 0; i < BLOCKS; i++)
		free(f->block[i].p);
	bulla_sha256_free(f->hash);
	pthread_cond_destroy(&f->turn);
	pthread_mutex_destroy(&f->mu);
	free(f);
}

static const struct block *
find(struct flow *f, uint64_t at, bool *last)
{
	const struct block *found = NULL;

	for (unsigned i = 0; i < BLOCKS; i++) {
		struct block *b = &f->block[i];
		uint64_t end;
		bool final;

		if (!b->full || at < b->at)
			continue;
		end = b->at + b->len;
		final = f->ended && end == f->got;
		if (at < end || (final && at == end)) {
			found = b;
			*last = final;
		} else {
			b->full = false;	/* acknowledged */
			pthread_cond_broadcast(&f->turn);
		}
	}
	return found;
}

static void
wait_some(struct flow *f)
{
	struct timespec t;

	BULLA_CHECK(clock_gettime(CLOCK_REALTIME, &t) == 0);
	t.tv_nsec += LOOK_MS * 1000000L;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	(void)pthread_cond_timedwait(&f->turn, &f->mu, &t);
}

static enum bulla_status
is_over(struct flow *f, const struct http *h, uint64_t at,
    struct bulla_err *err)
{
	if (f->st != BULLA_OK) {
		*err = f->err;
		return f->st;
	}
	if (at < f->got)
		return bulla_fail(err, BULLA_E_LIMIT, "bytes are asked for "
		    "that were acknowledged and not kept");
	if (http_stopped(h->c))
		return bulla_fail(err, BULLA_E_AGAIN, "stopped");
	if (http_clock() >= h->deadline)
		return bulla_fail(err, BULLA_E_AGAIN,
		    "the deadline has passed");
	return BULLA_OK;
}

enum bulla_status
flow_get(struct flow *f, const struct http *h, uint64_t at,
    struct bulla_cur *out, bool *last, struct bulla_err *err)
{
	const struct block *b;
	enum bulla_status st = BULLA_OK;

	pthread_mutex_lock(&f->mu);
	while ((b = find(f, at, last)) == NULL && st == BULLA_OK) {
		st = is_over(f, h, at, err);
		if (st == BULLA_OK)
			wait_some(f);
	}
	if (b != NULL)
		*out = bulla_cur_of(b->p + (at - b->at),
		    b->len - (size_t)(at - b->at));
	pthread_mutex_unlock(&f->mu);
	return st;
}

void
flow_digest(const struct flow *f, uint8_t out[32])
{
	memcpy(out, f->sha256, sizeof(f->sha256));
}
