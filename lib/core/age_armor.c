#include <stdlib.h>

#include "core/age_armor.h"

#define TEXT_CAP 65536u		/* bytes of text read at once */
#define SLICE 49152u		/* bytes armored at once: 1,024 lines */
#define SLICE_TEXT 131072u	/* more than their text, with both labels */

/* One piece of text; all of it fits, for plain is as large as text. */
static void
refill(struct bulla_armor_reader *a)
{
	struct bulla_cur text;
	size_t n = 0;

	a->st = a->src->read(a->src, a->text, TEXT_CAP, &n, &a->why);
	if (a->st != BULLA_OK)
		return;
	if (n == 0) {
		a->done = true;
		a->st = bulla_armor_decode_end(&a->dec, &a->why);
	} else {
		text = bulla_cur_of(a->text, n);
		a->st = bulla_armor_decode(&a->dec, &text, a->plain,
		    TEXT_CAP, &n, &a->why);
	}
	a->ready = bulla_cur_of(a->plain, n);
	a->failed = a->st != BULLA_OK;
	/* A missing END line is one more way for armor to be malformed. */
	if (a->failed)
		a->st = BULLA_E_FORMAT;
}

static enum bulla_status
armor_read(struct bulla_reader *r, void *buf, size_t cap, size_t *n,
    struct bulla_err *err)
{
	struct bulla_armor_reader *a = (struct bulla_armor_reader *)r;
	size_t give;

	while (a->st == BULLA_OK && a->ready.len == 0 && !a->done)
		refill(a);
	if (a->ready.len == 0 && a->st != BULLA_OK) {
		if (err != NULL)
			*err = a->why;
		return a->st;
	}
	give = a->ready.len < cap ? a->ready.len : cap;
	*n = bulla_cur_copy(&a->ready, buf, give) ? give : 0;
	return BULLA_OK;
}

enum bulla_status
bulla_armor_reader_init(struct bulla_armor_reader *a,
    struct bulla_reader *src, struct bulla_err *err)
{
	*a = (struct bulla_armor_reader){ .r.read = armor_read, .src = src };
	a->text = malloc(TEXT_CAP);
	a->plain = malloc(TEXT_CAP);
	if (a->text != NULL && a->plain != NULL)
		return BULLA_OK;
	bulla_armor_reader_free(a);
	return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
}

void
bulla_armor_reader_free(struct bulla_armor_reader *a)
{
	free(a->text);
	free(a->plain);
	*a = (struct bulla_armor_reader){ 0 };
}

/* Hand the text to dst and make room for more. */
static enum bulla_status
pass_on(struct bulla_armor_writer *a, struct bulla_err *err)
{
	enum bulla_status st = bulla_buf_status(&a->text);

	if (st != BULLA_OK)
		return bulla_fail(err, st, "out of memory");
	if (a->text.len > 0)
		st = a->dst->write(a->dst, a->text.p, a->text.len, err);
	bulla_buf_reset(&a->text);
	return st;
}

static enum bulla_status
armor_write(struct bulla_writer *w, const void *buf, size_t len,
    struct bulla_err *err)
{
	struct bulla_armor_writer *a = (struct bulla_armor_writer *)w;
	enum bulla_status st = BULLA_OK;
	const uint8_t *p = buf;
	size_t n;

	for (; st == BULLA_OK && len > 0; len -= n) {
		n = len < SLICE ? len : SLICE;
		bulla_armor_encode(&a->enc, p, n, &a->text);
		st = pass_on(a, err);
		p += n;
	}
	return st;
}

void
bulla_armor_writer_init(struct bulla_armor_writer *a,
    struct bulla_writer *dst)
{
	*a = (struct bulla_armor_writer){ .w.write = armor_write, .dst = dst,
		.text = BULLA_BUF_INIT(SLICE_TEXT) };
}

enum bulla_status
bulla_armor_writer_finish(struct bulla_armor_writer *a,
    struct bulla_err *err)
{
	bulla_armor_encode_end(&a->enc, &a->text);
	return pass_on(a, err);
}

void
bulla_armor_writer_free(struct bulla_armor_writer *a)
{
	bulla_buf_free(&a->text);
}
