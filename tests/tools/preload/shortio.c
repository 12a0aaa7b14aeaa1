/*
 * shortio.so (LD_PRELOAD): read, write, pread and pwrite transfer less than
 * they were asked for, or are interrupted (EINTR), as a random sequence
 * begun with SHORTIO_SEED says. SHORTIO_MAX: most bytes of one call (1:
 * byte by byte). What stdio does inside the C library is not seen.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

ssize_t __read_chk(int fd, void *buf, size_t n, size_t size);
ssize_t __pread_chk(int fd, void *buf, size_t n, off_t at, size_t size);
ssize_t __pread64_chk(int fd, void *buf, size_t n, off64_t at, size_t size);

static atomic_ullong state;
static size_t most;

__attribute__((constructor)) static void
begin(void)
{
	const char *v = getenv("SHORTIO_SEED");

	atomic_store(&state, v == NULL ? 1 : strtoull(v, NULL, 10) * 2 + 1);
	v = getenv("SHORTIO_MAX");
	most = v == NULL ? SIZE_MAX : strtoul(v, NULL, 10);
}

/* splitmix64 */
static uint64_t
next(void)
{
	uint64_t z = atomic_fetch_add(&state, 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* How many of n bytes are asked for; false: interrupted. */
static bool
shorten(size_t *n)
{
	uint64_t r = next();

	if (r % 4 == 0) {
		errno = EINTR;
		return false;
	}
	if (*n > most)
		*n = most;
	if (r % 4 != 1 && *n > 1)
		*n = 1 + (size_t)((r >> 8) % *n);
	return true;
}

ssize_t
read(int fd, void *buf, size_t n)
{
	return shorten(&n) ? syscall(SYS_read, fd, buf, n) : -1;
}

ssize_t
write(int fd, const void *buf, size_t n)
{
	return shorten(&n) ? syscall(SYS_write, fd, buf, n) : -1;
}

ssize_t
pread64(int fd, void *buf, size_t n, off64_t at)
{
	return shorten(&n) ? syscall(SYS_pread64, fd, buf, n, at) : -1;
}

ssize_t
pwrite64(int fd, const void *buf, size_t n, off64_t at)
{
	return shorten(&n) ? syscall(SYS_pwrite64, fd, buf, n, at) : -1;
}

/* What _FORTIFY_SOURCE makes of them */
ssize_t
__read_chk(int fd, void *buf, size_t n, size_t size)
{
	if (n > size)
		abort();
	return read(fd, buf, n);
}

ssize_t
__pread64_chk(int fd, void *buf, size_t n, off64_t at, size_t size)
{
	if (n > size)
		abort();
	return pread64(fd, buf, n, at);
}

ssize_t
__pread_chk(int fd, void *buf, size_t n, off_t at, size_t size)
{
	return __pread64_chk(fd, buf, n, at, size);
}
