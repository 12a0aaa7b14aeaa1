#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outbox.h"
#include "request_thread.h"

#include "bulla/file.h"
#include "bulla/when.h"

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

static void
environment(const struct request_cmd *k, const struct bulla_threads *t,
    const struct bulla_due *d, struct outbox_env *e)
{
	const struct bulla_thread *th = d->thread == SIZE_MAX ? NULL :
	    &t->v[d->thread];
	char due[BULLA_WHEN_LEN + 1];

	bulla_when_text(d->due, due);
	outbox_env_begin(e, k->m.h.path);
	outbox_env_set(e, "BULLA_DUE_EVENT=%s", d->due < k->now ? "overdue" :
	    "due");
	outbox_env_set(e, "BULLA_DUE_WHAT=%s", bulla_due_text(d->what));
	outbox_env_set(e, "BULLA_DUE_TIME=%s", due);
	outbox_env_set(e, "BULLA_DUE_SIDE=%s", d->side < 0 ? "" :
	    t->side[d->side]);
	outbox_env_set(e, "BULLA_DUE_OURS=%s", d->side < 0 || d->side ==
	    t->ours ? "yes" : "no");
	outbox_env_set(e, "BULLA_DUE_REQUEST=%s", th != NULL ?
	    th->event[0].id : "");
	outbox_env_set(e, "BULLA_DUE_CLASS=%s", th != NULL ?
	    th->event[0].urgency : "");
}

/* True: told, and not to be told again. */
static bool
call(struct request_cmd *k, const struct bulla_threads *t,
    const struct bulla_due *d)
{
	struct outbox_child p = { .fd = -1 };
	struct outbox_env e = { 0 };
	struct bulla_err err = { 0 };
	char *path = strdup(k->hook);
	char *argv[] = { path, NULL };
	int code = CMD_TROUBLE;

	environment(k, t, d, &e);
	if (e.failed || path == NULL)
		(void)bulla_fail(&err, BULLA_E_NOMEM, "out of memory");
	else if (outbox_start(&p, argv, e.v, &err) == BULLA_OK)
		code = outbox_wait_for(&p, HOOK_SECS);
	if (err.msg[0] != '\0')
		cmd_say(&k->c, "the hook for %s was not told: %s",
		    bulla_due_text(d->what), err.msg);
	else if (code != 0)
		cmd_say(&k->c, "the hook for %s was not told: exit status %d",
		    bulla_due_text(d->what), code);
	outbox_env_free(&e);
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
