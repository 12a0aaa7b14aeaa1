#ifndef TEST_BAGIN_KIT_H
#define TEST_BAGIN_KIT_H

#include <criterion/criterion.h>

#include "bagbuild.h"
#include "bulla/bagin.h"

/* Bags of the builder, read in pieces of an odd size. */
static inline enum bulla_status
run_as(const struct bulla_bagin *p, const struct bulla_buf *b,
    struct bulla_bagin_result *out, struct bulla_err *err)
{
	struct tb_blocks blocks;
	enum bulla_status st;

	tb_blocks_init(&blocks, b->p, b->len, 700);
	st = bulla_bagin_run(p, &blocks.b, out, err);
	free(blocks.now);
	return st;
}

static inline void
good(struct bulla_buf *b, struct bb *bag, const char *names)
{
	bb_init(bag);
	bb_tags(bag, names);
	bb_put(b, bag);
}

#endif
