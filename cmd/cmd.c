#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"

#include "bulla/secret.h"
#include "bulla/text.h"

/* The tool's name until it has come to an answer of its own */
static const char *unanswered;

/*
 * libarchive calls exit(1) where it has no memory for a name: to whoever
 * reads our exit status that would be a verdict.
 */
static void
at_exit(int status, void *arg)
{
	(void)arg;
	if (unanswered == NULL || status != CMD_NO)
		return;
	fprintf(stderr, "%s: out of memory\n", unanswered);
	_exit(CMD_TROUBLE);
}

void
cmd_guard_exit(const char *name)
{
	unanswered = name;
	BULLA_CHECK(on_exit(at_exit, NULL) == 0);
}

int
cmd_exit(enum bulla_status st)
{
	switch (st) {	/* no default: a new status is placed by hand */
	case BULLA_OK:
		return CMD_YES;
	case BULLA_E_FORMAT:
	case BULLA_E_LIMIT:
	case BULLA_E_MISMATCH:
	case BULLA_E_REFUSED:
	case BULLA_E_NOMATCH:
		return CMD_NO;
	case BULLA_E_USAGE:
	case BULLA_E_NOKEY:
		return CMD_USE;
	case BULLA_E_INCOMPLETE:
		return CMD_SHORT;
	case BULLA_E_AGAIN:
		return CMD_LATER;
	case BULLA_E_IO:
	case BULLA_E_NOMEM:
	case BULLA_E_UNSUPPORTED:
	case BULLA_E_UNSAFE:
		return CMD_TROUBLE;
	}
	return CMD_TROUBLE;
}

/* The same answer for a program that reads stdout. */
static void
json_failure(const struct cmd *c, enum bulla_status st, const char *what,
    const char *msg)
{
	struct cmd_json *j;

	if (!c->common.json)
		return;
	j = cmd_json_new();
	cmd_json_bool(j, "ok", false);
	cmd_json_str(j, "status", bulla_status_name(st));
	if (what != NULL)
		cmd_json_str(j, "file", what);
	cmd_json_str(j, "message", msg);
	/* The exit status is a failure already, whatever becomes of this. */
	(void)cmd_json_print(c, j, CMD_NO);
}

int
cmd_fail(const struct cmd *c, const char *what, enum bulla_status st,
    const struct bulla_err *err)
{
	const char *msg = err->msg[0] != '\0' ? err->msg :
	    bulla_status_name(st);
	char shown[256];

	unanswered = NULL;
	if (st == BULLA_OK)
		return CMD_YES;
	if (what != NULL && strcmp(what, "-") == 0)
		what = "standard input";
	if (what != NULL)
		fprintf(stderr, "%s: %s: %s\n", c->tool->name,
		    bulla_text_show_str(shown, sizeof(shown), what), msg);
	else
		fprintf(stderr, "%s: %s\n", c->tool->name, msg);
	json_failure(c, st, what, msg);
	return cmd_exit(st);
}

int
cmd_spare(const struct cmd *c, const char *path)
{
	struct stat out, in;
	char shown[256];

	if (c->common.out == NULL || strcmp(c->common.out, "-") == 0 ||
	    stat(c->common.out, &out) != 0 || stat(path, &in) != 0 ||
	    out.st_dev != in.st_dev || out.st_ino != in.st_ino)
		return CMD_YES;
	return cmd_usage(c, "-o would replace %s, which is read here: write "
	    "elsewhere", bulla_text_show_str(shown, sizeof(shown), path));
}

#define USAGE_FORMS 6u		/* lines; a terminal of 24 shows all */

int
cmd_usage(const struct cmd *c, const char *fmt, ...)
{
	struct bulla_buf b = BULLA_BUF_INIT(65536);
	const char *const *form = c->tool->synopsis;
	size_t n = 0;
	char msg[512];
	va_list ap;

	unanswered = NULL;
	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s: %s\n", c->tool->name, msg);
	while (form[n] != NULL)
		n++;
	/* A long list would bury the message: -h has it. */
	if (n <= USAGE_FORMS)
		cmd_synopsis(&b, c->tool);
	(void)fwrite(b.p, 1, b.len, stderr);
	bulla_buf_free(&b);
	fprintf(stderr, "%s -h lists the options\n", c->tool->name);
	json_failure(c, BULLA_E_USAGE, NULL, msg);
	return CMD_USE;
}

static void say(const struct cmd *c, const char *fmt, va_list ap)
    BULLA_PRINTF(2, 0);

static void
say(const struct cmd *c, const char *fmt, va_list ap)
{
	char msg[2048];

	/* One write, so that two tools' lines do not run into each other. */
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	fprintf(stderr, "%s: %s\n", c->tool->name, msg);
}

void
cmd_say(const struct cmd *c, const char *fmt, ...)
{
	va_list ap;

	if (c->common.quiet)
		return;
	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
}

void
cmd_verbose(const struct cmd *c, const char *fmt, ...)
{
	va_list ap;

	if (c->common.verbose == 0 || c->common.quiet)
		return;
	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
}

int
cmd_stdout_done(const struct cmd *c, int code)
{
	bool failed = ferror(stdout) != 0;

	unanswered = NULL;
	errno = 0;
	if (fflush(stdout) == 0 && !failed)
		return code;
	fprintf(stderr, "%s: standard output: %s\n", c->tool->name,
	    errno != 0 ? strerror(errno) : "not all was written");
	return CMD_TROUBLE;
}

const char *
cmd_home(struct cmd *c)
{
	const char *dir = c->common.home;
	int n;

	if (dir == NULL)
		dir = getenv("BULLA_HOME");
	if (dir != NULL && dir[0] != '\0')
		return dir;
	dir = getenv("HOME");
	if (dir == NULL || dir[0] == '\0')
		return NULL;
	n = snprintf(c->home_buf, sizeof(c->home_buf), "%s/.bulla", dir);
	return n > 0 && (size_t)n < sizeof(c->home_buf) ? c->home_buf : NULL;
}
