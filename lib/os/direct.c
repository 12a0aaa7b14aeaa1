#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "bulla/io.h"

void
bulla_direct_on(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	/* Refused where it cannot be done. */
	if (flags != -1)
		(void)fcntl(fd, F_SETFL, flags | O_DIRECT);
}

void
bulla_direct_off(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags != -1 && (flags & O_DIRECT) != 0)
		(void)fcntl(fd, F_SETFL, flags & ~O_DIRECT);
}

static bool
is_on(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags != -1 && (flags & O_DIRECT) != 0;
}

enum bulla_status
bulla_direct_write(int fd, const void *buf, size_t len, const char *name,
    struct bulla_err *err)
{
	const uint8_t *p = buf;
	size_t whole = len - len % BULLA_DIRECT_ALIGN;
	ssize_t n;

	while (whole > 0 && is_on(fd)) {
		n = write(fd, p, whole);
		if (n == 0) {
			n = -1;
			errno = EIO;
		}
		if (n < 0 && errno == EINTR)
			continue;
		/* Refused after all, or a disk with blocks of another size. */
		if ((n < 0 && errno == EINVAL) ||
		    (n > 0 && (size_t)n % BULLA_DIRECT_ALIGN != 0))
			bulla_direct_off(fd);
		else if (n < 0)
			return bulla_fail_sys(err, "%s", name);
		if (n > 0) {
			p += n;
			len -= (size_t)n;
			whole -= (size_t)n;
		}
	}
	if (len == 0)
		return BULLA_OK;
	bulla_direct_off(fd);
	return bulla_write_fd(fd, p, len, name, err);
}
