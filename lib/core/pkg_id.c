#include <string.h>

#include "bulla/io.h"
#include "bulla/package.h"
#include "bulla/ustar.h"
#include "core/pkg_int.h"

/* "<id>/bagit.txt", and NULs to the end of the name. */
static bool
has_name(const uint8_t *p, size_t n)
{
	static const char hex[] = "0123456789abcdef", rest[] = "/bagit.txt";
	const size_t len = BULLA_ID_LEN + sizeof(rest);

	for (size_t i = 0; i < n && i < BULLA_USTAR_NAME_MAX; i++) {
		if (i < BULLA_ID_LEN ? memchr(hex, p[i], 16) == NULL :
		    p[i] != (i < len ? rest[i - BULLA_ID_LEN] : '\0'))
			return false;
	}
	return true;
}

/* There is nothing more to get of what is something else. */
enum bulla_status
pkg_begins(const uint8_t *p, size_t n, struct bulla_err *err)
{
	if (n == 0)
		return bulla_fail(err, BULLA_E_INCOMPLETE, "is empty: no "
		    "package");
	if (!has_name(p, n))
		return bulla_fail(err, BULLA_E_FORMAT, "not a bulla package: "
		    "one begins with %u hex digits and /bagit.txt",
		    BULLA_ID_LEN);
	if (n < BULLA_USTAR_BLOCK)
		return bulla_fail(err, BULLA_E_INCOMPLETE, "ends early, after "
		    "%zu bytes: get the rest of it", n);
	return BULLA_OK;
}

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
