#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "bulla/enc.h"
#include "tmpname.h"

#define PREFIX ".bulla-"
#define SUFFIX ".tmp"

enum bulla_status
bulla_tmpname(char out[TMPNAME_LEN + 1], struct bulla_err *err)
{
	uint8_t random[8];
	char *p = out;
	ssize_t n;

	_Static_assert(sizeof(PREFIX SUFFIX) + 2 * sizeof(random) ==
	    TMPNAME_LEN + 1, "TMPNAME_LEN");
	do
		n = getrandom(random, sizeof(random), 0);
	while (n == -1 && errno == EINTR);
	if (n != (ssize_t)sizeof(random))
		return bulla_fail_sys(err, "cannot get random bytes");
	memcpy(p, PREFIX, strlen(PREFIX));
	p += strlen(PREFIX);
	bulla_hex(p, random, sizeof(random));
	p += 2 * sizeof(random);
	memcpy(p, SUFFIX, sizeof(SUFFIX));
	return BULLA_OK;
}
