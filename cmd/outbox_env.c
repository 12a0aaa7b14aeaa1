#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outbox.h"

/* Whoever can write a hook can do all that we can. */
bool
outbox_safe(const char *path, bool dir, const char **why)
{
	struct stat sb;

	*why = NULL;
	if (stat(path, &sb) != 0) {
		if (errno != ENOENT)
			*why = strerror(errno);
		return false;
	}
	if (dir ? !S_ISDIR(sb.st_mode) : !S_ISREG(sb.st_mode))
		*why = "it is no regular file";
	else if (sb.st_uid != geteuid() && sb.st_uid != 0)
		*why = "it belongs to somebody else";
	else if (sb.st_mode & 022)
		*why = "others can write it";
	else if (!dir && access(path, X_OK) != 0)
		*why = "it is not executable";
	return *why == NULL;
}

void
outbox_env_begin(struct outbox_env *e, const char *bulla_home)
{
	const char *home = getenv("HOME");

	*e = (struct outbox_env){ .n = 0 };
	outbox_env_set(e, "PATH=/usr/local/bin:/usr/bin:/bin");
	outbox_env_set(e, "LANG=C.UTF-8");
	if (home != NULL)
		outbox_env_set(e, "HOME=%s", home);
	outbox_env_set(e, "BULLA_HOME=%s", bulla_home);
}

void
outbox_env_set(struct outbox_env *e, const char *fmt, ...)
{
	va_list ap;

	BULLA_CHECK(e->n < OUTBOX_VARS);
	va_start(ap, fmt);
	if (vasprintf(&e->v[e->n], fmt, ap) < 0) {
		e->v[e->n] = NULL;
		e->failed = true;
	} else {
		e->n++;
	}
	va_end(ap);
}

void
outbox_env_free(struct outbox_env *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->v[i]);
}
