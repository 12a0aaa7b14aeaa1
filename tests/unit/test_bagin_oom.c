/*
 * Every allocation of our own code fails in turn while a bag is read: never
 * is the bag said to be wrong for that.
 * WRAP: malloc calloc reallocarray realloc
 */
#include "bagin_kit.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static long budget;	/* the allocation that fails, once; 0: none */

static bool
refused(void)
{
	return budget > 0 && --budget == 0;
}

void *
__wrap_malloc(size_t n)
{
	return refused() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return refused() ? NULL : __real_calloc(n, size);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return refused() ? NULL : __real_reallocarray(p, n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return refused() ? NULL : __real_realloc(p, n);
}

/* The kit's source allocates; this one gives all at once. */
struct whole {
	struct bulla_blocks b;
	const struct bulla_buf *from;
	bool given;
};

static enum bulla_status
next(struct bulla_blocks *b, const uint8_t **p, size_t *n,
    struct bulla_err *err)
{
	struct whole *w = (struct whole *)(void *)b;

	(void)err;
	*p = w->from->p;
	*n = w->given ? 0 : w->from->len;
	w->given = true;
	return BULLA_OK;
}

Test(bagin_oom, no_verdict)
{
	const struct bulla_bagin p = { .mode = BULLA_BAGIN_CHECK,
	    .max_bytes = UINT64_MAX };
	struct bulla_buf b = BULLA_BUF_INIT(TB_MAX);
	struct bulla_bagin_result out;
	enum bulla_status st;
	bool failed = true;
	struct whole in;
	struct bb bag;
	long n;

	good(&b, &bag, bulla_names_header);
	for (n = 0; failed; n++) {
		in = (struct whole){ .b.next = next, .from = &b };
		budget = n + 1;
		st = bulla_bagin_run(&p, &in.b, &out, NULL);
		failed = budget == 0;
		budget = 0;
		cr_assert_eq(st, failed ? BULLA_E_NOMEM : BULLA_OK,
		    "allocation %ld: status %d", n, (int)st);
	}
	cr_assert_gt(n, 10);
	bb_free(&bag);
	bulla_buf_free(&b);
}
