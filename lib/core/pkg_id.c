#include <string.h>

#include "bulla/io.h"
#include "bulla/package.h"
#include "bulla/ustar.h"

bool
bulla_package_id(const struct bulla_ustar *first, char id[BULLA_ID_LEN + 1])
{
	struct bulla_cur rest = bulla_cur_str(first->name), name;

	if (!bulla_cur_until(&rest, '/', &name) || !bulla_id_ok(&name) ||
	    !bulla_cur_is(&rest, "bagit.txt"))
		return false;
	memcpy(id, name.p, name.len);
	id[name.len] = '\0';
	return true;
}

enum bulla_status
bulla_package_peek(int fd, bool *is, char id[BULLA_ID_LEN + 1],
    struct bulla_err *err)
{
	uint8_t block[BULLA_USTAR_BLOCK];
	struct bulla_ustar u;
	enum bulla_status st;
	size_t n;

	st = bulla_pread_fd(fd, block, sizeof(block), 0, &n, "the package",
	    err);
	if (st == BULLA_OK)
		*is = n == sizeof(block) &&
		    bulla_ustar_parse(block, &u, NULL) == BULLA_OK &&
		    bulla_package_id(&u, id);
	return st;
}
