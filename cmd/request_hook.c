#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outbox.h"
#include "request_thread.h"

#include "bulla/file.h"
#include "bulla/when.h"

#define VARS 16u
#define HOOK_SECS 60u
#define TOLD_MAX (1u << 24)	/* bytes of HOME/due.told */
#define LINE_MAX 160u
#define PATH_CAP 4200u

/* What stands in HOME/due.told for an item: it changes when it is overdue. */
static void
told_line(const struct request_cmd *k, const struct bulla_threads *t,
    const struct bulla_due *d, char out[LINE_MAX])
{
	char due[BULLA_WHEN_LEN + 1];

	bulla_when_text(d->due, due);
	(void)snprintf(out, LINE_MAX, "%s %s %s %s\n", d->thread == SIZE_MAX ?
	    "-" : t->v[d->thread].event[d->event].id,
	    bulla_due_text(d->what), due, d->due < k->now ? "overdue" :
	    "due");
}

static bool
is_told(const struct bulla_buf *told, const char *line)
{
	struct bulla_cur c = bulla_buf_view(told), want = bulla_cur_str(line);
	struct bulla_cur got;

	want.len--;	/* without LF */
	while (bulla_cur_line(&c, &got)) {
		if (bulla_cur_same(&got, &want))
			return true;
	}
	return false;
}

struct env {
	char *v[VARS + 1];
	size_t n;
	bool failed;
};

static void set(struct env *e, const char *fmt, ...) BULLA_PRINTF(2, 3);

static void
set(struct env *e, const char *fmt, ...)
{
	va_list ap;

	BULLA_CHECK(e->n < VARS);
	va_start(ap, fmt);
	if (vasprintf(&e->v[e->n], fmt, ap) < 0)
		e->failed = true;
	else
		e->n++;
	va_end(ap);
}

/* Made anew, as for the hooks of bulla-outbox; all texts are plain. */
static void
environment(const struct request_cmd *k, const struct bulla_threads *t,
    const struct bulla_due *d, struct env *e)
{
	const struct bulla_thread *th = d->thread == SIZE_MAX ? NULL :
	    &t->v[d->thread];
	const char *home = getenv("HOME");
	char due[BULLA_WHEN_LEN + 1];

	bulla_when_text(d->due, due);
	set(e, "PATH=/usr/local/bin:/usr/bin:/bin");
	set(e, "LANG=C.UTF-8");
	if (home != NULL)
		set(e, "HOME=%s", home);
	set(e, "BULLA_HOME=%s", k->m.h.path);
	set(e, "BULLA_DUE_EVENT=%s", d->due < k->now ? "overdue" : "due");
	set(e, "BULLA_DUE_WHAT=%s", bulla_due_text(d->what));
	set(e, "BULLA_DUE_TIME=%s", due);
	set(e, "BULLA_DUE_SIDE=%s", d->side < 0 ? "" : t->side[d->side]);
	set(e, "BULLA_DUE_OURS=%s", d->side < 0 || d->side == t->ours ?
	    "yes" : "no");
	set(e, "BULLA_DUE_REQUEST=%s", th != NULL ? th->event[0].id : "");
	set(e, "BULLA_DUE_CLASS=%s", th != NULL ? th->event[0].urgency : "");
}

/* True: told, and not to be told again. */
static bool
call(struct request_cmd *k, const struct bulla_threads *t,
    const struct bulla_due *d)
{
	struct outbox_child p = { .fd = -1 };
	struct env e = { 0 };
	struct bulla_err err = { 0 };
	char *path = strdup(k->hook);
	char *argv[] = { path, NULL };
	int code = CMD_TROUBLE;

	environment(k, t, d, &e);
	if (e.failed || path == NULL)
		(void)bulla_fail(&err, BULLA_E_NOMEM, "out of memory");
	else if (outbox_start(&p, argv, e.v, &err) == BULLA_OK)
		code = outbox_wait_for(&p, HOOK_SECS);
	if (code != 0)
		cmd_say(&k->c, "the hook for %s was not told: %s%d",
		    bulla_due_text(d->what), err.msg[0] != '\0' ? err.msg :
		    "exit status ", code);
	for (size_t i = 0; i < e.n; i++)
		free(e.v[i]);
	free(path);
	return code == 0;
}

/*
 * What is told now takes the place of what was told before, so that the file
 * holds only what is still due. After each call: who is cut off tells again
 * no more than one.
 */
static int
tell_all(struct request_cmd *k, const struct bulla_threads *t,
    const struct bulla_due *v, size_t n, const char *path)
{
	struct bulla_buf told = BULLA_BUF_INIT(TOLD_MAX);
	struct bulla_buf now = BULLA_BUF_INIT(TOLD_MAX);
	struct bulla_err err = { 0 };
	enum bulla_status st = BULLA_OK;
	char text[LINE_MAX];

	if (access(path, F_OK) == 0 || errno != ENOENT)
		st = bulla_file_get(path, &told, &err);
	for (size_t i = 0; i < n && st == BULLA_OK; i++) {
		told_line(k, t, &v[i], text);
		if (is_told(&told, text))
			bulla_buf_str(&now, text);
	}
	for (size_t i = 0; i < n && st == BULLA_OK; i++) {
		told_line(k, t, &v[i], text);
		if (is_told(&told, text) || !call(k, t, &v[i]))
			continue;
		bulla_buf_str(&now, text);
		st = bulla_file_put(path, now.p, now.len, 0600, true, &err);
	}
	if (st == BULLA_OK)
		st = bulla_file_put(path, now.p, now.len, 0600, true, &err);
	bulla_buf_free(&told);
	bulla_buf_free(&now);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, NULL, st, &err);
}

int
request_hook(struct request_cmd *k, const struct bulla_threads *t,
    const struct bulla_due *v, size_t n)
{
	char path[PATH_CAP], lock[PATH_CAP];
	struct bulla_err err = { 0 };
	const char *why = NULL;
	enum bulla_status st;
	int fd = -1, code;

	if (k->hook[0] != '/')
		return cmd_usage(&k->c, "--hook takes the whole path of a "
		    "program");
	if (!outbox_safe(k->hook, false, &why))
		return request_refuse(k, k->hook, why != NULL ? why :
		    "there is no such program");
	(void)snprintf(path, sizeof(path), "%.4000s/due.told", k->m.h.path);
	(void)snprintf(lock, sizeof(lock), "%.4000s/due.lock", k->m.h.path);
	st = bulla_lock(lock, true, &fd, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	code = tell_all(k, t, v, n, path);
	(void)close(fd);
	return code;
}
