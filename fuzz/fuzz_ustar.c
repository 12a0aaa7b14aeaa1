#include <stdlib.h>
#include <string.h>

#include "bulla/ustar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Whatever the pieces, the same is seen. */
static void
walk(const uint8_t *data, size_t len)
{
	struct bulla_ustar_walk one = { 0 }, many = { 0 };
	enum bulla_status a, b = BULLA_OK;

	a = bulla_ustar_walk(&one, data, len, NULL);
	for (size_t i = 0; i < len && b == BULLA_OK; i++)
		b = bulla_ustar_walk(&many, data + i, 1, NULL);
	if (a != b || one.n_members != many.n_members ||
	    one.skip != many.skip || one.trailer != many.trailer ||
	    strcmp(one.last.name, many.last.name) != 0 ||
	    bulla_ustar_walked(&one) != bulla_ustar_walked(&many))
		abort();
}

/* What parses is made again to the same 512 bytes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t again[BULLA_USTAR_BLOCK];
	struct bulla_ustar u;

	walk(data, len);
	if (len != BULLA_USTAR_BLOCK)
		return 0;
	if (bulla_ustar_parse(data, &u, NULL) != BULLA_OK)
		return 0;
	bulla_ustar_make(&u, again);
	if (memcmp(again, data, sizeof(again)) != 0)
		abort();
	return 0;
}
