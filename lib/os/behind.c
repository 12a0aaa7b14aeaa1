#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bulla/io.h"

#define BLOCK (1u << 20)	/* bytes written at a time */
#define BLOCKS 4u

struct bulla_behind {
	int fd;
	const char *name;
	uint8_t *memory;
	size_t len;			/* of the block that is being filled */
	uint64_t filled;		/* blocks before it */
	pthread_t thread;
	bool started;
	pthread_mutex_t mu;		/* for all below */
	pthread_cond_t turn;
	uint64_t given, written;	/* blocks */
	bool ended;
	enum bulla_status st;
	struct bulla_err err;
};

static uint8_t *
block(const struct bulla_behind *b, uint64_t i)
{
	return b->memory + i % BLOCKS * BLOCK;
}

static void *
run(void *arg)
{
	struct bulla_behind *b = arg;
	struct bulla_err err = { 0 };
	enum bulla_status st = BULLA_OK;
	uint64_t i;

	pthread_mutex_lock(&b->mu);
	for (;;) {
		while (b->written == b->given && !b->ended)
			pthread_cond_wait(&b->turn, &b->mu);
		if (b->written == b->given)
			break;
		i = b->written;
		pthread_mutex_unlock(&b->mu);
		if (st == BULLA_OK)
			st = bulla_direct_write(b->fd, block(b, i), BLOCK,
			    b->name, &err);
		pthread_mutex_lock(&b->mu);
		b->written++;
		if (st != BULLA_OK && b->st == BULLA_OK) {
			b->st = st;
			b->err = err;
		}
		pthread_cond_broadcast(&b->turn);
	}
	pthread_mutex_unlock(&b->mu);
	return NULL;
}

enum bulla_status
bulla_behind_new(int fd, const char *name, struct bulla_behind **out,
    struct bulla_err *err)
{
	struct bulla_behind *b = calloc(1, sizeof(*b));
	void *memory = NULL;

	if (b == NULL || posix_memalign(&memory, BULLA_DIRECT_ALIGN,
	    (size_t)BLOCK * BLOCKS) != 0) {
		free(b);
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	}
	b->fd = fd;
	b->name = name;
	b->memory = memory;
	pthread_mutex_init(&b->mu, NULL);
	pthread_cond_init(&b->turn, NULL);
	*out = b;
	return BULLA_OK;
}

/* What has failed, once it has; mu is held. */
static enum bulla_status
failed(const struct bulla_behind *b, struct bulla_err *err)
{
	if (b->st != BULLA_OK && err != NULL)
		*err = b->err;
	return b->st;
}

static enum bulla_status
start(struct bulla_behind *b, struct bulla_err *err)
{
	struct stat sb;

	if (b->started)
		return BULLA_OK;
	/* Only what nobody else can write to: the flag is the description's,
	 * and standard output is the shell's and others' too. */
	if (fstat(b->fd, &sb) == 0 && sb.st_nlink == 0)
		bulla_direct_on(b->fd);
	errno = pthread_create(&b->thread, NULL, run, b);
	b->started = errno == 0;
	return b->started ? BULLA_OK :
	    bulla_fail_sys(err, "cannot start a thread");
}

/* The block is full; wait until the next one can be filled. */
static enum bulla_status
give(struct bulla_behind *b, struct bulla_err *err)
{
	enum bulla_status st = start(b, err);

	if (st != BULLA_OK)
		return st;
	b->len = 0;
	b->filled++;
	pthread_mutex_lock(&b->mu);
	b->given = b->filled;
	pthread_cond_broadcast(&b->turn);
	while (b->given - b->written == BLOCKS)
		pthread_cond_wait(&b->turn, &b->mu);
	st = failed(b, err);
	pthread_mutex_unlock(&b->mu);
	return st;
}

enum bulla_status
bulla_behind_write(struct bulla_behind *b, const void *p, size_t n,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;
	const uint8_t *from = p;
	size_t len;

	while (st == BULLA_OK && n > 0) {
		len = BLOCK - b->len < n ? BLOCK - b->len : n;
		memcpy(block(b, b->filled) + b->len, from, len);
		b->len += len;
		from += len;
		n -= len;
		if (b->len == BLOCK)
			st = give(b, err);
	}
	return st;
}

static void
stop(struct bulla_behind *b)
{
	if (!b->started)
		return;
	pthread_mutex_lock(&b->mu);
	b->ended = true;
	pthread_cond_broadcast(&b->turn);
	pthread_mutex_unlock(&b->mu);
	(void)pthread_join(b->thread, NULL);
	b->started = false;
}

enum bulla_status
bulla_behind_end(struct bulla_behind *b, struct bulla_err *err)
{
	enum bulla_status st;

	stop(b);
	bulla_direct_off(b->fd);
	st = failed(b, err);
	if (st == BULLA_OK)
		st = bulla_write_fd(b->fd, block(b, b->filled), b->len,
		    b->name, err);
	b->len = 0;
	return st;
}

void
bulla_behind_free(struct bulla_behind *b)
{
	if (b == NULL)
		return;
	stop(b);
	bulla_direct_off(b->fd);
	pthread_cond_destroy(&b->turn);
	pthread_mutex_destroy(&b->mu);
	free(b->memory);
	free(b);
}
