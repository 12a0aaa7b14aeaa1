#include <stdlib.h>
#include <string.h>

#include "bulla/bagin.h"
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static enum bulla_status
run(enum bulla_bagin_mode mode, const uint8_t *data, size_t len, size_t size)
{
	struct bulla_bagin p = { .mode = mode, .max_bytes = 1u << 24 };
	struct pieces s = {
		.b.next = pieces_next, .p = data, .n = len, .size = size,
	};
	struct bulla_bagin_result out;
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_bagin_run(&p, &s.b, &out, &err);

	if ((st == BULLA_OK) != (err.msg[0] == '\0'))
		abort();
	free(s.now);
	return st;
}

/*
 * The answer does not hang on how the bytes came in, and what is a good bag
 * with its digests has the shape of one as well.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum bulla_status st = run(BULLA_BAGIN_CHECK, data, len, 65536);

	if (run(BULLA_BAGIN_CHECK, data, len, 300) != st)
		abort();
	if (st == BULLA_OK &&
	    run(BULLA_BAGIN_SHAPE, data, len, 4096) != BULLA_OK)
		abort();
	return 0;
}
