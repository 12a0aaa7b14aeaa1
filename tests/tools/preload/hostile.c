/*
 * hostile.so (LD_PRELOAD): a hole in the verifier of an inbox. When it copies
 * a package whose notes say "ACT-...", the package has taken it over:
 *
 *	ACT-crash	it aborts; ACT-once: only the first time
 *	ACT-spin	it computes for ever
 *	ACT-eat		it takes all memory that it can get, then aborts
 *	ACT-bite	it tries to make the file $HOSTILE_MARK, to fork, and
 *			to kill its parent, and goes on as if nothing were
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static atomic_uint *crashes;	/* of all processes */
static const char *mark;

__attribute__((constructor)) static void
begin(void)
{
	void *p = mmap(NULL, sizeof(*crashes), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	crashes = p;
	mark = getenv("HOSTILE_MARK");
}

static bool
says(const void *buf, size_t n, const char *what)
{
	return memmem(buf, n, what, strlen(what)) != NULL;
}

static void
eat(void)
{
	while (malloc(16u << 20) != NULL)
		;
	abort();
}

static void
bite(void)
{
	if (mark != NULL)
		(void)!open(mark, O_WRONLY | O_CREAT, 0600);
	if (fork() == 0)
		_exit(0);
	(void)kill(getppid(), SIGKILL);
}

static void
act(const void *buf, size_t n)
{
	if (says(buf, n, "ACT-crash") ||
	    (says(buf, n, "ACT-once") && atomic_fetch_add(crashes, 1) == 0))
		abort();
	if (says(buf, n, "ACT-eat"))
		eat();
	if (says(buf, n, "ACT-bite"))
		bite();
	for (volatile unsigned i = 0; says(buf, n, "ACT-spin"); i++)
		;
}

ssize_t
write(int fd, const void *buf, size_t n)
{
	static ssize_t (*real)(int, const void *, size_t);
	char name[16] = "";

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "write");
	if (prctl(PR_GET_NAME, name) == 0 && strcmp(name, "verifier") == 0 &&
	    says(buf, n, "ACT-"))
		act(buf, n);
	return real(fd, buf, n);
}
