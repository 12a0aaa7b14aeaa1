#include <stdlib.h>
#include <string.h>

#include "crypto/sha256x2_int.h"

#define BLOCK 64u
#define LENGTH_AT 56u	/* FIPS 180-4, 5.1.1: where the bit length stands */

/* One stream on the pair kernel: fewer than 64 bytes wait in rest. */
struct lane {
	uint32_t state[8];
	uint64_t len;		/* bytes so far, with those that wait */
	size_t n_rest;
	uint8_t rest[BLOCK];
};

struct bulla_sha256x2 {
	bool fast;
	struct lane lane[2];		/* fast */
	struct bulla_sha256 *evp[2];	/* not fast */
};

/* Whole blocks of one lane. */
struct run {
	const uint8_t *p;
	size_t n;
};

static void
lane_start(struct lane *l)
{
	/* FIPS 180-4, 5.3.3 */
	static const uint32_t h0[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(l->state, h0, sizeof(h0));
	l->len = 0;
	l->n_rest = 0;
}

bool
bulla_sha256x2_is_fast(void)
{
	return bulla_sha256x2_ni_usable();
}

enum bulla_status
bulla_sha256x2_new(struct bulla_sha256x2 **out, struct bulla_err *err)
{
	return bulla_sha256x2_new_with(bulla_sha256x2_ni_usable(), out, err);
}

enum bulla_status
bulla_sha256x2_new_with(bool fast, struct bulla_sha256x2 **out,
    struct bulla_err *err)
{
	struct bulla_sha256x2 *h;
	enum bulla_status st = BULLA_OK;

	if (fast && !bulla_sha256x2_ni_usable())
		return bulla_fail(err, BULLA_E_UNSUPPORTED,
		    "this CPU has no SHA extensions");
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "no memory for SHA-256");
	h->fast = fast;
	for (unsigned i = 0; i < 2 && st == BULLA_OK; i++) {
		lane_start(&h->lane[i]);
		if (!fast)
			st = bulla_sha256_new(&h->evp[i], err);
	}
	if (st != BULLA_OK) {
		bulla_sha256x2_free(h);
		return st;
	}
	*out = h;
	return BULLA_OK;
}

/*
 * What one lane has more than the other goes beside blocks of its own, into a
 * state that nobody looks at: the pair costs no more time than one alone.
 */
static void
lone(struct lane *l, struct run r)
{
	uint32_t unused[8] = { 0 };

	if (r.n > 0)
		bulla_sha256x2_ni(l->state, r.p, unused, r.p, r.n);
}

static void
compress(struct bulla_sha256x2 *h, struct run a, struct run b)
{
	size_t both = a.n < b.n ? a.n : b.n;

	if (both > 0)
		bulla_sha256x2_ni(h->lane[0].state, a.p, h->lane[1].state, b.p,
		    both);
	lone(&h->lane[0],
	    (struct run){ a.p + both * BLOCK, a.n - both });
	lone(&h->lane[1],
	    (struct run){ b.p + both * BLOCK, b.n - both });
}

/* Top up the bytes that wait; a block when they have become one. */
static struct run
fill_rest(struct lane *l, const uint8_t **p, size_t *len)
{
	size_t n = BLOCK - l->n_rest;

	l->len += *len;
	if (l->n_rest == 0)
		return (struct run){ l->rest, 0 };
	if (n > *len)
		n = *len;
	if (n > 0)
		memcpy(l->rest + l->n_rest, *p, n);
	*p += n;
	*len -= n;
	l->n_rest = (l->n_rest + n) % BLOCK;
	return (struct run){ l->rest, n > 0 && l->n_rest == 0 };
}

static void
keep_rest(struct lane *l, const uint8_t *p, size_t len)
{
	if (len == 0)
		return;
	memcpy(l->rest, p, len);
	l->n_rest = len;
}

void
bulla_sha256x2_update(struct bulla_sha256x2 *h, const void *a, size_t a_len,
    const void *b, size_t b_len)
{
	static const uint8_t nothing;
	const uint8_t *pa = a_len > 0 ? a : &nothing;
	const uint8_t *pb = b_len > 0 ? b : &nothing;
	struct run ra, rb;

	if (!h->fast) {
		bulla_sha256_update(h->evp[0], a, a_len);
		bulla_sha256_update(h->evp[1], b, b_len);
		return;
	}
	ra = fill_rest(&h->lane[0], &pa, &a_len);
	rb = fill_rest(&h->lane[1], &pb, &b_len);
	compress(h, ra, rb);
	ra = (struct run){ pa, a_len / BLOCK };
	rb = (struct run){ pb, b_len / BLOCK };
	compress(h, ra, rb);
	keep_rest(&h->lane[0], pa + ra.n * BLOCK, a_len % BLOCK);
	keep_rest(&h->lane[1], pb + rb.n * BLOCK, b_len % BLOCK);
}

static void
put_be(uint8_t *to, uint64_t v, unsigned n)
{
	while (n-- > 0)
		*to++ = (uint8_t)(v >> (8 * n));
}

/* FIPS 180-4, 5.1.1: a one bit, zeros, the length in bits. */
static void
lane_pad(struct lane *l)
{
	uint8_t end[2 * BLOCK] = { 0 };
	size_t n = l->n_rest < LENGTH_AT ? 1 : 2;

	memcpy(end, l->rest, l->n_rest);
	end[l->n_rest] = 0x80;
	put_be(end + n * BLOCK - 8, l->len * 8, 8);
	lone(l, (struct run){ end, n });
}

void
bulla_sha256x2_final(struct bulla_sha256x2 *h, unsigned which,
    uint8_t out[BULLA_SHA256_LEN])
{
	struct lane *l;

	BULLA_CHECK(which < 2);
	if (!h->fast) {
		bulla_sha256_final(h->evp[which], out);
		return;
	}
	l = &h->lane[which];
	lane_pad(l);
	for (unsigned i = 0; i < 8; i++)
		put_be(out + (size_t)4 * i, l->state[i], 4);
	lane_start(l);
}

void
bulla_sha256x2_free(struct bulla_sha256x2 *h)
{
	if (h == NULL)
		return;
	bulla_sha256_free(h->evp[0]);
	bulla_sha256_free(h->evp[1]);
	free(h);
}
