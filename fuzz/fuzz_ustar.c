#include <stdlib.h>
#include <string.h>

#include "bulla/ustar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What parses is made again to the same 512 bytes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t again[BULLA_USTAR_BLOCK];
	struct bulla_ustar u;

	if (len != BULLA_USTAR_BLOCK)
		return 0;
	if (bulla_ustar_parse(data, &u, NULL) != BULLA_OK)
		return 0;
	bulla_ustar_make(&u, again);
	if (memcmp(again, data, sizeof(again)) != 0)
		abort();
	return 0;
}
