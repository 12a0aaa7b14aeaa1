#include <stdlib.h>
#include <string.h>

#include "archive/tarhdr.h"
#include "bulla/tar.h"

#define ZEROS_MAX 10240u	/* fewer than that beyond the end marker */

/*
 * Not libarchive, on purpose. It renames what it reads (decomposed UTF-8 in
 * a pax path comes back composed), accepts headers that other programs read
 * differently, takes a cut archive for a whole one, and is a large parser to
 * run on a stranger's bytes next to a secret key. The tests compare the two.
 */
struct bulla_tarr {
	struct bulla_blocks *in;
	const uint8_t *p;	/* what is left of the piece in hand */
	size_t n;
	uint64_t left;		/* data bytes of the entry still to come */
	uint32_t pad;		/* and the zeros after them */
	bool ended;
	struct tar_hdr hdr;
	uint8_t block[TAR_BLOCK];
	uint8_t pax[TAR_PAX_MAX];
};

enum bulla_status
bulla_tarr_new(struct bulla_blocks *in, struct bulla_tarr **r,
    struct bulla_err *err)
{
	struct bulla_tarr *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	t->in = in;
	*r = t;
	return BULLA_OK;
}

/* See to it that there is a piece in hand; n stays 0 only at the end. */
static enum bulla_status
refill(struct bulla_tarr *r, struct bulla_err *err)
{
	return r->n > 0 ? BULLA_OK : r->in->next(r->in, &r->p, &r->n, err);
}

/* Up to want bytes of the piece in hand; INCOMPLETE at the end of input. */
static enum bulla_status
take(struct bulla_tarr *r, uint64_t want, const uint8_t **p, size_t *n,
    struct bulla_err *err)
{
	enum bulla_status st = refill(r, err);

	if (st != BULLA_OK)
		return st;
	if (r->n == 0)
		return bulla_fail(err, BULLA_E_INCOMPLETE,
		    "the tar ends before its end marker");
	*p = r->p;
	*n = want < r->n ? (size_t)want : r->n;
	r->p += *n;
	r->n -= *n;
	return BULLA_OK;
}

static enum bulla_status
copy(struct bulla_tarr *r, uint8_t *to, size_t len, struct bulla_err *err)
{
	const uint8_t *p = NULL;
	size_t n = 0;

	for (size_t done = 0; done < len; done += n) {
		enum bulla_status st = take(r, len - done, &p, &n, err);

		if (st != BULLA_OK)
			return st;
		memcpy(to + done, p, n);
	}
	return BULLA_OK;
}

static enum bulla_status
padding(struct bulla_tarr *r, struct bulla_err *err)
{
	uint8_t zeros[TAR_BLOCK] = { 0 };
	enum bulla_status st = copy(r, zeros, r->pad, err);

	if (st != BULLA_OK)
		return st;
	r->pad = 0;
	if (!tar_block_is_zero(zeros))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "the padding after an entry is not zero");
	return BULLA_OK;
}

static uint32_t
pad_of(uint64_t size)
{
	return (uint32_t)(-size % TAR_BLOCK);
}

/* The records of the pax header just read, and then the next block. */
static enum bulla_status
read_pax(struct bulla_tarr *r, struct tar_pax *pax, struct bulla_err *err)
{
	enum bulla_status st;
	size_t len;

	if (r->hdr.size == 0 || r->hdr.size > sizeof(r->pax))
		return bulla_fail(err, BULLA_E_LIMIT,
		    "a pax header of %llu bytes: 1 to %u are read",
		    (unsigned long long)r->hdr.size, TAR_PAX_MAX);
	len = (size_t)r->hdr.size;
	st = copy(r, r->pax, len, err);
	if (st == BULLA_OK)
		st = tar_pax_parse(bulla_cur_of(r->pax, len), pax, err);
	r->pad = pad_of(len);
	if (st == BULLA_OK)
		st = padding(r, err);
	if (st == BULLA_OK)
		st = copy(r, r->block, sizeof(r->block), err);
	return st;
}

static enum bulla_status
read_header(struct bulla_tarr *r, struct bulla_err *err)
{
	struct tar_pax pax = { 0 };
	enum bulla_status st;

	st = tar_hdr_parse(r->block, &pax, &r->hdr, err);
	if (st != BULLA_OK || r->hdr.type != 'x')
		return st;
	st = read_pax(r, &pax, err);
	if (st != BULLA_OK)
		return st;
	st = tar_hdr_parse(r->block, &pax, &r->hdr, err);
	if (st == BULLA_OK && r->hdr.type == 'x')
		return bulla_fail(err, BULLA_E_FORMAT,
		    "two pax headers in a row");
	return st;
}

/* What the caller did not ask for, and the zeros. */
static enum bulla_status
skip(struct bulla_tarr *r, struct bulla_err *err)
{
	const uint8_t *p;
	size_t n = 1;

	while (n > 0) {
		enum bulla_status st = bulla_tarr_data(r, &p, &n, err);

		if (st != BULLA_OK)
			return st;
	}
	return BULLA_OK;
}

/* One block of zeros was read; one alone is damage, not an end. */
static enum bulla_status
end_marker(struct bulla_tarr *r, struct bulla_err *err)
{
	enum bulla_status st = copy(r, r->block, sizeof(r->block), err);

	if (st != BULLA_OK)
		return st;
	if (!tar_block_is_zero(r->block))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "a block of zeros in the middle of the tar");
	r->ended = true;
	return BULLA_OK;
}

enum bulla_status
bulla_tarr_next(struct bulla_tarr *r, struct bulla_tar_entry *e, bool *more,
    struct bulla_err *err)
{
	enum bulla_status st = skip(r, err);

	if (st == BULLA_OK && !r->ended)
		st = copy(r, r->block, sizeof(r->block), err);
	if (st == BULLA_OK && !r->ended && tar_block_is_zero(r->block))
		st = end_marker(r, err);
	if (st != BULLA_OK)
		return st;
	*more = !r->ended;
	if (r->ended)
		return BULLA_OK;
	st = read_header(r, err);
	if (st != BULLA_OK)
		return st;
	r->left = r->hdr.size;
	r->pad = pad_of(r->left);
	*e = (struct bulla_tar_entry){
		.is_dir = r->hdr.type == '5',
		.size = r->hdr.size,
		.mtime = r->hdr.mtime,
	};
	e->path = bulla_cur_of(r->hdr.path, r->hdr.path_len - e->is_dir);
	return BULLA_OK;
}

enum bulla_status
bulla_tarr_data(struct bulla_tarr *r, const uint8_t **p, size_t *n,
    struct bulla_err *err)
{
	enum bulla_status st;

	if (r->left == 0) {
		*n = 0;
		return r->pad > 0 ? padding(r, err) : BULLA_OK;
	}
	st = take(r, r->left, p, n, err);
	if (st == BULLA_OK)
		r->left -= *n;
	return st;
}

enum bulla_status
bulla_tarr_end(struct bulla_tarr *r, struct bulla_err *err)
{
	size_t seen = 0;

	BULLA_CHECK(r->ended);
	for (;;) {
		enum bulla_status st = refill(r, err);

		if (st != BULLA_OK || r->n == 0)
			return st;
		for (; r->n > 0; r->n--, r->p++)
			if (*r->p != 0 || ++seen >= ZEROS_MAX)
				return bulla_fail(err, BULLA_E_FORMAT,
				    "data after the end of the tar");
	}
}

void
bulla_tarr_free(struct bulla_tarr *r)
{
	free(r);
}
