#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exercise.h"

#include "bulla/file.h"

/* Tools that have findings on standard output, not only complaints. */
static const struct {
	const char *tool, *start;	/* of such a line; "": each, unless 0 */
} speakers[] = {
	{ "ledger-monitor", "" }, { "ledger-reconcile", "" },
	{ "request-due", "" }, { "request-lint", "" },
	{ "request-list", "! " },
};

void
drill_arg(struct drill_args *a, const char *v)
{
	BULLA_CHECK(a->n < DRILL_ARGS - 1);
	a->v[a->n++] = v;
}

struct drill_path
drill_path(const struct drill *d, const char *fmt, ...)
{
	struct drill_path p;
	int n = snprintf(p.s, sizeof(p.s), "%s/", d->dir);
	va_list ap;

	BULLA_CHECK(n > 0 && (size_t)n < sizeof(p.s));
	va_start(ap, fmt);
	n = vsnprintf(p.s + n, sizeof(p.s) - (size_t)n, fmt, ap);
	va_end(ap);
	BULLA_CHECK(n > 0 && (size_t)n < 128);
	return p;
}

static bool
trouble(struct drill *d, const char *what, const struct bulla_err *err)
{
	d->trouble = true;
	(void)cmd_fail(&d->c, what, err->st != BULLA_OK ? err->st :
	    BULLA_E_IO, err);
	return false;
}

void
drill_find(struct drill *d, int side, const char *tool, int status,
    const struct bulla_cur *text)
{
	struct drill_finding *v = reallocarray(d->found, d->n_found + 1,
	    sizeof(*v));
	struct drill_finding *f;
	struct bulla_err err = { 0 };

	if (v == NULL || d->n_found == DRILL_FINDINGS_MAX) {
		d->found = v != NULL ? v : d->found;
		bulla_fail(&err, BULLA_E_LIMIT, "too much was found");
		(void)trouble(d, NULL, &err);
		return;
	}
	d->found = v;
	f = &v[d->n_found++];
	*f = (struct drill_finding){ .side = side, .status = status,
	    .when = d->now, .notice = DRILL_NOBODY,
	    .text = strndup((const char *)text->p, text->len) };
	BULLA_CHECK(f->text != NULL);
	(void)snprintf(f->tool, sizeof(f->tool), "%s", tool);
	drill_tell(d, side ? "    b  ! " : "    a  ! ", "bulla-%s says (exit "
	    "%d): %s", tool, status, f->text);
}

static void
collect(struct drill *d, int side, const char *tool, int status,
    const struct bulla_buf *b, const char *start)
{
	struct bulla_cur c = bulla_buf_view(b), line;

	while (bulla_cur_line(&c, &line)) {
		if (line.len > 0 && bulla_cur_starts(&line, start))
			drill_find(d, side, tool, status, &line);
	}
}

/* "bulla-receive: package ..." without the name, and without the usage */
static void
collect_said(struct drill *d, int side, const char *tool, int status,
    const struct bulla_buf *b)
{
	struct bulla_cur c = bulla_buf_view(b), line, name;

	while (bulla_cur_line(&c, &line)) {
		if (bulla_cur_starts(&line, "bulla-") &&
		    bulla_cur_until(&line, ':', &name) &&
		    bulla_cur_eat_str(&line, " ") && line.len > 0)
			drill_find(d, side, tool, status, &line);
	}
}

static void
findings(struct drill *d, int side, const char *tool, int status,
    const struct bulla_buf *out, const struct bulla_buf *said)
{
	const size_t before = d->n_found;
	char text[64];
	struct bulla_cur c;

	collect_said(d, side, tool, status, said);
	for (size_t i = 0; i < sizeof(speakers) / sizeof(speakers[0]); i++) {
		if (strcmp(tool, speakers[i].tool) == 0 &&
		    (status != 0 || speakers[i].start[0] != '\0'))
			collect(d, side, tool, status, out,
			    speakers[i].start);
	}
	if (status == 0 || d->n_found > before)
		return;
	(void)snprintf(text, sizeof(text), "(exit status %d, no word)",
	    status);
	c = bulla_cur_str(text);
	drill_find(d, side, tool, status, &c);
}

static _Noreturn void
become(char *const *argv, int out, int said, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY);

	(void)signal(SIGPIPE, SIG_DFL);
	if (null == -1 || dup2(null, 0) == -1 || dup2(out, 1) == -1 ||
	    dup2(said, 2) == -1 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 ||
	    getppid() != parent)
		_exit(126);
	(void)execvp(argv[0], argv);
	_exit(127);
}

/* Its exit status, or -1. */
static int
spawn(char *const *argv, int out, int said)
{
	pid_t self = getpid(), pid = fork(), r;
	int status = 0;

	if (pid == 0)
		become(argv, out, said, self);
	if (pid == -1)
		return -1;
	do
		r = waitpid(pid, &status, 0);
	while (r == -1 && errno == EINTR);
	return r == pid && WIFEXITED(status) && WEXITSTATUS(status) < 126 ?
	    WEXITSTATUS(status) : -1;
}

static enum bulla_status
read_back(int fd, struct bulla_buf *b, struct bulla_err *err)
{
	char buf[4096];
	ssize_t n = 1;

	for (off_t at = 0; n > 0; at += n) {
		n = pread(fd, buf, sizeof(buf), at);
		if (n > 0)
			bulla_buf_put(b, buf, (size_t)n);
	}
	if (n < 0)
		return bulla_fail_sys(err, "cannot read what it printed");
	return bulla_buf_status(b) == BULLA_OK ? BULLA_OK :
	    bulla_fail(err, BULLA_E_LIMIT, "printed too much");
}

/* argv as execvp takes it: it changes none of them. */
static int
run(struct drill *d, const struct drill_args *a, struct bulla_buf *out,
    struct bulla_buf *said)
{
	char *argv[DRILL_ARGS + 1] = { NULL };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int fd[2] = { -1, -1 }, status = -1;

	memcpy(argv, a->v, a->n * sizeof(argv[0]));
	st = bulla_spool_open(d->dir, &fd[0], &err);
	if (st == BULLA_OK)
		st = bulla_spool_open(d->dir, &fd[1], &err);
	if (st == BULLA_OK) {
		status = spawn(argv, fd[0], fd[1]);
		if (status == -1)
			st = bulla_fail(&err, BULLA_E_IO, "cannot be run, or "
			    "was killed");
	}
	if (st == BULLA_OK)
		st = read_back(fd[0], out, &err);
	if (st == BULLA_OK)
		st = read_back(fd[1], said, &err);
	for (int i = 0; i < 2; i++) {
		if (fd[i] != -1)
			(void)close(fd[i]);
	}
	if (st != BULLA_OK)
		(void)trouble(d, a->v[0], &err);
	return st == BULLA_OK ? status : -1;
}

int
drill_run(struct drill *d, int side, const char *tool,
    const struct drill_args *a, struct bulla_buf *out)
{
	const struct drill_path home = drill_path(d, "%s", d->home[side]);
	struct bulla_buf mine = BULLA_BUF_INIT(DRILL_OUT_MAX);
	struct bulla_buf said = BULLA_BUF_INIT(DRILL_OUT_MAX);
	struct drill_args all = { .n = 0 };
	char path[DRILL_PATH + DRILL_WORD];
	const char *verb = strchr(tool, '-');
	int status;

	if (d->trouble)
		return CMD_TROUBLE;
	(void)snprintf(path, sizeof(path), "%s/bulla-%.*s", d->bin,
	    (int)strcspn(tool, "-"), tool);
	drill_arg(&all, path);
	drill_arg(&all, "--home");
	drill_arg(&all, home.s);
	if (verb != NULL)
		drill_arg(&all, verb + 1);
	for (size_t i = 0; i < a->n; i++)
		drill_arg(&all, a->v[i]);
	status = run(d, &all, out != NULL ? out : &mine, &said);
	if (status >= 0)
		findings(d, side, tool, status, out != NULL ? out : &mine,
		    &said);
	bulla_buf_free(&mine);
	bulla_buf_free(&said);
	return status >= 0 ? status : CMD_TROUBLE;
}

bool
drill_copy(struct drill *d, const char *from, const char *to)
{
	const struct drill_path p = drill_path(d, "%s", from);
	const struct drill_path q = drill_path(d, "%s", to);
	struct bulla_buf out = BULLA_BUF_INIT(DRILL_OUT_MAX);
	struct bulla_err err = { 0 };
	int status;

	if (d->trouble)
		return false;
	status = run(d, DRILL("cp", "-a", "--", p.s, q.s), &out, &out);
	bulla_buf_free(&out);
	if (status == 0 || d->trouble)
		return !d->trouble;
	bulla_fail(&err, BULLA_E_IO, "cannot be copied");
	return trouble(d, p.s, &err);
}

bool
drill_write(struct drill *d, const char *path, const struct bulla_buf *b)
{
	struct bulla_err err = { 0 };

	if (d->trouble)
		return false;
	if (bulla_file_put(path, b->p, b->len, 0600, true, &err) == BULLA_OK)
		return true;
	return trouble(d, NULL, &err);
}
