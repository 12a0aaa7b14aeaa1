#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulla/hash.h"
#include "net/send_int.h"

#define PIECE ((size_t)BULLA_SEND_STREAM_PIECE)

/* What goes into the pipe: byte i is a function of i. */
struct source {
	int fd;
	size_t n;
	bool stays_open;
	pthread_t thread;
};

static uint8_t
byte_at(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

static void *
feed(void *ctx)
{
	struct source *s = ctx;
	uint8_t buf[4096];
	size_t some;
	ssize_t w;

	for (size_t at = 0; at < s->n; at += (size_t)w) {
		some = s->n - at < sizeof(buf) ? s->n - at : sizeof(buf);
		for (size_t i = 0; i < some; i++)
			buf[i] = byte_at(at + i);
		w = write(s->fd, buf, some);
		if (w <= 0)
			break;
	}
	if (!s->stays_open)
		(void)close(s->fd);
	return NULL;
}

struct seen {
	size_t n;
	unsigned ends;
	enum bulla_status at_end;
};

static enum bulla_status
see(void *ctx, const void *p, size_t n, struct bulla_err *err)
{
	struct seen *s = ctx;

	s->n += n;
	s->ends += n == 0;
	cr_assert(n == 0 || ((const uint8_t *)p)[0] == byte_at(s->n - n));
	return n > 0 || s->at_end == BULLA_OK ? BULLA_OK :
	    bulla_fail(err, s->at_end, "not whole");
}

struct kit {
	struct source src;
	struct seen seen;
	struct bulla_send_stream s;
	struct bulla_send_config c;
	struct http h;
	struct flow *f;
};

static void
begin(struct kit *k, size_t n)
{
	int fds[2];

	/* A reader that stops leaves a writer that has not written yet. */
	(void)signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
	k->src.fd = fds[1];
	k->src.n = n;
	k->s = (struct bulla_send_stream){ .fd = fds[0], .see = see,
	    .ctx = &k->seen };
	k->h = (struct http){ .c = &k->c, .deadline = INT64_MAX };
	cr_assert_eq(pthread_create(&k->src.thread, NULL, feed, &k->src), 0);
	cr_assert_eq(flow_new(&k->s, &k->f, NULL), BULLA_OK);
}

static void
end(struct kit *k)
{
	flow_free(k->f);
	(void)close(k->s.fd);
	cr_assert_eq(pthread_join(k->src.thread, NULL), 0);
	if (k->src.stays_open)
		(void)close(k->src.fd);
}

static enum bulla_status
get(struct kit *k, uint64_t at, size_t *n, bool *last)
{
	struct bulla_err err = { 0 };
	struct bulla_cur c;
	enum bulla_status st = flow_get(k->f, &k->h, at, &c, last, &err);

	if (st != BULLA_OK)
		return st;
	for (size_t i = 0; i < c.len; i += 1013)
		cr_assert_eq(c.p[i], byte_at((size_t)at + i));
	*n = c.len;
	return BULLA_OK;
}

/* Whole streams of awkward lengths, taken in steps of step bytes. */
static void
through(size_t n, size_t step)
{
	struct kit k = { 0 };
	struct bulla_sha256 *h;
	uint8_t want[32], have[32], b;
	uint64_t at = 0;
	size_t got = 1;
	bool last = false;

	begin(&k, n);
	while (!last || got > 0) {
		cr_assert_eq(get(&k, at, &got, &last), BULLA_OK);
		at += got < step ? got : step;
	}
	cr_assert_eq(at, n);
	cr_assert_eq(k.seen.n, n);
	cr_assert_eq(k.seen.ends, 1);
	cr_assert_eq(bulla_sha256_new(&h, NULL), BULLA_OK);
	for (size_t i = 0; i < n; i++) {
		b = byte_at(i);
		bulla_sha256_update(h, &b, 1);
	}
	bulla_sha256_final(h, want);
	bulla_sha256_free(h);
	flow_digest(k.f, have);
	cr_assert_arr_eq(have, want, sizeof(want));
	end(&k);
}

Test(send_flow, whole, .timeout = 120)
{
	through(1, 1);
	through(100000, 4096);
	through(PIECE - 1, 1 << 20);
	through(PIECE, 1 << 20);
	through(PIECE + 1, PIECE);
	through(2 * PIECE, PIECE / 3);
	through(2 * PIECE + 5, PIECE);
}

Test(send_flow, nothing_comes, .timeout = 60)
{
	struct kit k = { 0 };
	size_t n = 1;
	bool last = false;

	begin(&k, 0);
	cr_assert_eq(get(&k, 0, &n, &last), BULLA_OK);
	cr_assert(last);
	cr_assert_eq(n, 0);
	end(&k);
}

/* Any byte that is not acknowledged can be had again, others cannot. */
Test(send_flow, again, .timeout = 60)
{
	struct kit k = { 0 };
	size_t n;
	bool last;

	begin(&k, 3 * PIECE);
	cr_assert_eq(get(&k, 5, &n, &last), BULLA_OK);
	cr_assert_eq(get(&k, 0, &n, &last), BULLA_OK);
	cr_assert_eq(n, PIECE);
	cr_assert_not(last);
	cr_assert_eq(get(&k, PIECE, &n, &last), BULLA_OK);
	cr_assert_eq(get(&k, PIECE - 1, &n, &last), BULLA_E_LIMIT);
	cr_assert_eq(get(&k, 2 * PIECE, &n, &last), BULLA_OK);
	cr_assert(last);
	end(&k);
}

/* A last block that is not approved is not given away, and no earlier one is
 * the last. */
Test(send_flow, refused_at_the_end, .timeout = 60)
{
	static const size_t sizes[] = { 1000, PIECE, PIECE + 1 };
	size_t n;
	bool last;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct kit k = { .seen.at_end = BULLA_E_INCOMPLETE };

		begin(&k, sizes[i]);
		if (sizes[i] > PIECE) {
			cr_assert_eq(get(&k, 0, &n, &last), BULLA_OK);
			cr_assert_not(last);
			cr_assert_eq(get(&k, PIECE, &n, &last),
			    BULLA_E_INCOMPLETE);
		} else {
			cr_assert_eq(get(&k, 0, &n, &last),
			    BULLA_E_INCOMPLETE);
		}
		end(&k);
	}
}

/* Nothing comes any more: neither a stop nor the end of it all waits. */
Test(send_flow, stopped, .timeout = 60)
{
	volatile sig_atomic_t stop = 1;
	struct kit k = { .src.stays_open = true };
	size_t n;
	bool last;

	begin(&k, 1000);
	k.c.stop = &stop;
	cr_assert_eq(get(&k, 0, &n, &last), BULLA_E_AGAIN);
	k.c.stop = NULL;
	k.h.deadline = http_clock();
	cr_assert_eq(get(&k, 0, &n, &last), BULLA_E_AGAIN);
	end(&k);
}
