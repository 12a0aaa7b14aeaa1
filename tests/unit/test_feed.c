#include <criterion/criterion.h>
#include <string.h>

#include "core/feed.h"

/* What arrives: the bytes of all slots, and how full each one was. */
struct got {
	uint8_t bytes[4096];
	size_t n, slots, full;
	bool last;
};

static enum bulla_status
take(void *ctx, struct bulla_slot *s, unsigned worker, struct bulla_err *err)
{
	struct got *g = ctx;

	(void)worker;
	(void)err;
	cr_assert_not(g->last);
	cr_assert_gt(s->in_len, 0);
	memcpy(g->bytes + g->n, s->in, s->in_len);
	g->n += s->in_len;
	g->slots++;
	g->full += s->in_len == 16;
	g->last = s->last;
	return BULLA_OK;
}

static struct bulla_ring *
ring_of(struct got *g)
{
	static const struct bulla_stage stage = { .serial = true,
	    .run = take };
	const struct bulla_ring_config c = { .stages = &stage, .n_stages = 1,
	    .n_threads = 1, .n_slots = 2, .in_cap = 16, .ctx = g };
	struct bulla_ring *r = NULL;

	memset(g, 0, sizeof(*g));
	cr_assert_eq(bulla_ring_new(&c, &r, NULL), BULLA_OK);
	return r;
}

/* Whatever the pieces: slots are full but for the last, which has bytes. */
Test(feed, pieces_of_every_size)
{
	uint8_t data[100];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	for (size_t total = 1; total <= sizeof(data); total++)
		for (size_t piece = 1; piece <= 40; piece++) {
			struct got g;
			struct bulla_ring *r = ring_of(&g);
			struct feed f = { .ring = r, .cap = 16 };

			for (size_t at = 0; at < total; at += piece)
				cr_assert_eq(feed_put(&f, data + at,
				    total - at < piece ? total - at : piece,
				    NULL), BULLA_OK);
			cr_assert_eq(feed_put(&f, data, 0, NULL), BULLA_OK);
			feed_end(&f);
			cr_assert_eq(bulla_ring_wait(r, 0, NULL), BULLA_OK);
			bulla_ring_free(r);
			cr_assert(g.last);
			cr_assert_eq(g.n, total);
			cr_assert_eq(f.total, total);
			cr_assert_arr_eq(g.bytes, data, total);
			cr_assert_eq(g.slots, (total + 15) / 16);
			cr_assert_geq(g.full, g.slots - 1);
		}
}

Test(feed, room_and_took)
{
	struct got g;
	struct bulla_ring *r = ring_of(&g);
	struct feed f = { .ring = r, .cap = 16 };
	bool fresh = false;
	uint8_t *p, *q;
	size_t n;

	cr_assert_eq(feed_room(&f, &p, &n, &fresh, NULL), BULLA_OK);
	cr_expect(fresh && n == 16);
	memset(p, 'a', 16);
	feed_took(&f, 10);
	cr_assert_eq(feed_room(&f, &q, &n, &fresh, NULL), BULLA_OK);
	cr_expect(!fresh && n == 6 && q == p + 10);
	feed_took(&f, 6);
	/* Full, but not handed on: it may be the last one. */
	cr_expect_eq(g.slots, 0);
	feed_end(&f);
	cr_assert_eq(bulla_ring_wait(r, 0, NULL), BULLA_OK);
	cr_expect(g.last && g.slots == 1 && g.n == 16);
	bulla_ring_free(r);
}
