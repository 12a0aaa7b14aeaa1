/*
 * failmalloc.so (LD_PRELOAD): the FAILMALLOC_AT-th allocation fails, and with
 * FAILMALLOC_ON=1 all later ones too. Counted over all threads, from the
 * tool's PR_SET_DUMPABLE on: what the loader and constructors of libraries
 * allocate is none of ours. FAILMALLOC_REPORT: a file that gets the number
 * of allocations when the process exits.
 *
 * glibc only: its own strdup, asprintf, fopen and the like come here too.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same functions under names that nobody replaces. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t each);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);

static atomic_ulong count;
static atomic_bool begun;
static unsigned long at;
static bool from_there_on;

/*
 * libcrypto 3.0 crashes when memory runs out in the midst of its own start,
 * so it starts before the count does.
 */
static void
start_libcrypto(void)
{
	void *(*fetch)(void *, const char *, const char *);
	void *sym = dlsym(RTLD_DEFAULT, "EVP_MD_fetch");

	memcpy(&fetch, &sym, sizeof(fetch));
	if (sym != NULL)
		(void)fetch(NULL, "SHA256", NULL);
}

static bool
fails(void)
{
	unsigned long n;

	if (!atomic_load(&begun))
		return false;
	n = atomic_fetch_add(&count, 1) + 1;
	if (at == 0 || (from_there_on ? n < at : n != at))
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t each)
{
	return fails() ? NULL : __libc_calloc(n, each);
}

void *
realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}

void *
reallocarray(void *p, size_t n, size_t each)
{
	size_t all;

	if (__builtin_mul_overflow(n, each, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, all);
}

void *
memalign(size_t align, size_t n)
{
	return fails() ? NULL : __libc_memalign(align, n);
}

void *
aligned_alloc(size_t align, size_t n)
{
	return memalign(align, n);
}

int
posix_memalign(void **out, size_t align, size_t n)
{
	void *p = memalign(align, n);

	if (p == NULL)
		return ENOMEM;
	*out = p;
	return 0;
}

int
prctl(int option, ...)
{
	unsigned long a[4];
	const char *v;
	va_list ap;

	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (option == PR_SET_DUMPABLE) {
		v = getenv("FAILMALLOC_AT");
		at = v == NULL ? 0 : strtoul(v, NULL, 10);
		from_there_on = getenv("FAILMALLOC_ON") != NULL;
		start_libcrypto();
		atomic_store(&begun, true);
	}
	return (int)syscall(SYS_prctl, option, a[0], a[1], a[2], a[3]);
}

__attribute__((destructor)) static void
report(void)
{
	const char *path = getenv("FAILMALLOC_REPORT");
	char line[32];
	int fd, n;

	atomic_store(&begun, false);
	if (path == NULL)
		return;
	n = snprintf(line, sizeof(line), "%lu\n", atomic_load(&count));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1 || write(fd, line, (size_t)n) != n)
		_exit(99);
	(void)close(fd);
}
