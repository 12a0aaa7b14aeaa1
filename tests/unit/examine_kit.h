#ifndef TEST_EXAMINE_KIT_H
#define TEST_EXAMINE_KIT_H

#include "receive_kit.h"

/* The half that reads packages, and what it says of them. */
static struct bulla_examined found = BULLA_EXAMINED_INIT;

/* What is said of the first len bytes of a package. */
static inline void
look(const struct bulla_buf *b, size_t len)
{
	int in = kit_memfd(b->p, len), copy = kit_memfd("", 0);
	struct bulla_examined x = BULLA_EXAMINED_INIT;

	bulla_examine(in, copy, 2, NULL, &x);
	bulla_examined_free(&found);
	found = x;
	close(in);
	close(copy);
}

#endif
