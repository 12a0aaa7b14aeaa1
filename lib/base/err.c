#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/err.h"

#define MSG_MAX sizeof(((struct bulla_err *)0)->msg)

/* Bytes so far, never past cap - 1 and always followed by a NUL. */
struct line {
	char *p;
	size_t len, cap;
	bool cut;
};

static void
line_add(struct line *l, const char *s, size_t n)
{
	size_t room = l->cap - 1 - l->len;

	if (n > room) {
		n = room;
		l->cut = true;
	}
	memcpy(l->p + l->len, s, n);
	l->len += n;
	l->p[l->len] = '\0';
}

static void line_vfmt(struct line *l, const char *fmt, va_list ap)
    BULLA_PRINTF(2, 0);

static void
line_vfmt(struct line *l, const char *fmt, va_list ap)
{
	size_t room = l->cap - l->len;
	int n = vsnprintf(l->p + l->len, room, fmt, ap);

	if (n < 0)
		n = 0;
	if ((size_t)n >= room) {
		l->cut = true;
		n = (int)(room - 1);
	}
	l->len += (size_t)n;
	l->p[l->len] = '\0';
}

/* A cut message says so, and is cut between characters, not inside one. */
static void
line_end(struct line *l)
{
	static const char dots[] = "...";
	size_t n = l->cap - sizeof(dots);

	if (!l->cut)
		return;
	if (n > l->len)
		n = l->len;
	while (n > 0 && ((unsigned char)l->p[n] & 0xc0) == 0x80)
		n--;
	memcpy(l->p + n, dots, sizeof(dots));
}

enum bulla_status
bulla_fail(struct bulla_err *err, enum bulla_status st, const char *fmt, ...)
{
	int saved = errno;
	struct line l;
	va_list ap;

	if (err == NULL)
		return st;
	l = (struct line){ .p = err->msg, .cap = sizeof(err->msg) };
	va_start(ap, fmt);
	line_vfmt(&l, fmt, ap);
	va_end(ap);
	line_end(&l);
	err->st = st;
	err->sys_errno = st == BULLA_E_IO ? saved : 0;
	errno = saved;
	return st;
}

enum bulla_status
bulla_fail_sys(struct bulla_err *err, const char *fmt, ...)
{
	int saved = errno;
	char reason_buf[128];
	const char *reason;
	struct line l;
	va_list ap;

	if (err == NULL)
		return BULLA_E_IO;
	l = (struct line){ .p = err->msg, .cap = sizeof(err->msg) };
	va_start(ap, fmt);
	line_vfmt(&l, fmt, ap);
	va_end(ap);
	reason = strerror_r(saved, reason_buf, sizeof(reason_buf));
	line_add(&l, ": ", 2);
	line_add(&l, reason, strlen(reason));
	line_end(&l);
	err->st = BULLA_E_IO;
	err->sys_errno = saved;
	errno = saved;
	return BULLA_E_IO;
}

enum bulla_status
bulla_wrap(struct bulla_err *err, enum bulla_status st, const char *fmt, ...)
{
	int saved = errno;
	char text[MSG_MAX];
	struct line l = { .p = text, .cap = sizeof(text) };
	va_list ap;

	if (err == NULL)
		return st;
	va_start(ap, fmt);
	line_vfmt(&l, fmt, ap);
	va_end(ap);
	line_add(&l, ": ", 2);
	line_add(&l, err->msg, strnlen(err->msg, sizeof(err->msg)));
	line_end(&l);
	/* what is behind the text has been on the stack before: a secret? */
	memcpy(err->msg, text, l.len + 1);
	err->st = st;
	errno = saved;
	return st;
}

const char *
bulla_status_name(enum bulla_status st)
{
	switch (st) {	/* no default: a new status must be named here */
	case BULLA_OK:
		return "ok";
	case BULLA_E_FORMAT:
		return "format";
	case BULLA_E_LIMIT:
		return "limit";
	case BULLA_E_MISMATCH:
		return "mismatch";
	case BULLA_E_REFUSED:
		return "refused";
	case BULLA_E_NOMATCH:
		return "nomatch";
	case BULLA_E_USAGE:
		return "usage";
	case BULLA_E_NOKEY:
		return "nokey";
	case BULLA_E_INCOMPLETE:
		return "incomplete";
	case BULLA_E_AGAIN:
		return "again";
	case BULLA_E_IO:
		return "io";
	case BULLA_E_NOMEM:
		return "nomem";
	case BULLA_E_UNSUPPORTED:
		return "unsupported";
	case BULLA_E_UNSAFE:
		return "unsafe";
	}
	return "unknown";
}

void
bulla_check_failed(const char *file, int line, const char *what)
{
	(void)fprintf(stderr, "%s:%d: check failed: %s\n", file, line, what);
	abort();
}
