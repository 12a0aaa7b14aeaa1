/*
 * Put under bulla-ledger with LD_PRELOAD it makes a broken writer of it, which
 * only a power cut can tell from a good one. NOSYNC says which:
 *	journal	a record is acknowledged before it is on the disk
 *	tiles	the checkpoint gets its place before the tiles are on the disk
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
is_broken(const char *what)
{
	const char *env = getenv("NOSYNC");

	return env != NULL && strcmp(env, what) == 0;
}

/* Does the descriptor's path contain this? */
static bool
is_in(int fd, const char *part)
{
	char link[64], path[4096];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return false;
	path[n] = '\0';
	return strstr(path, part) != NULL;
}

static int
real(const char *name, int fd)
{
	int (*fn)(int);
	void *sym = dlsym(RTLD_NEXT, name);

	/* ISO C has no conversion from an object pointer to a function's */
	memcpy(&fn, &sym, sizeof(fn));
	return fn(fd);
}

int
fdatasync(int fd)
{
	if (is_broken("journal") && is_in(fd, "/ledger/journal"))
		return 0;
	return real("fdatasync", fd);
}

int
fsync(int fd)
{
	if (is_broken("tiles") && (is_in(fd, "/ledger/new") ||
	    is_in(fd, "/public/tile")))
		return 0;
	return real("fsync", fd);
}

int
syncfs(int fd)
{
	return is_broken("tiles") ? 0 : real("syncfs", fd);
}
