#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outbox.h"

#include "bulla/file.h"
#include "bulla/text.h"
#include "bulla/when.h"

#define PATH_CAP 4400u

static const char *const event_name[BULLA_OUTBOX_EVENTS] = {
	"success", "failure", "receipt", "overdue"
};

bool
outbox_overdue(const struct bulla_outbox_item *i, int64_t now)
{
	return i->s.phase <= BULLA_OUTBOX_SENDING && i->e.deadline != 0 &&
	    now > i->e.deadline;
}

const char *
outbox_word(const struct bulla_outbox_item *i, int64_t now)
{
	static const char *const words[] = { "waiting", "sending", "failed",
	    "done" };

	return outbox_overdue(i, now) ? "OVERDUE" : words[i->s.phase];
}

void
outbox_note(struct outbox_cmd *k, const struct bulla_outbox_item *i,
    const char *line, const struct outbox_child *p)
{
	struct bulla_buf b = BULLA_BUF_INIT(8 * OUTBOX_TAIL);
	char when[BULLA_WHEN_LEN + 1];
	struct bulla_err err = { 0 };
	struct bulla_cur c, one;

	bulla_when_text(bulla_now(), when);
	bulla_buf_fmt(&b, "%s %s\n", when, line);
	c = bulla_cur_of(p != NULL ? p->tail : "", p != NULL ? p->len : 0);
	if (p != NULL && p->cut)
		bulla_buf_str(&b, "  ...\n");
	while (!bulla_cur_done(&c)) {
		if (!bulla_cur_line(&c, &one) &&
		    !bulla_cur_take(&c, c.len, &one))
			break;
		bulla_buf_str(&b, "  ");
		bulla_text_escape(&b, &one);
		bulla_buf_str(&b, "\n");
	}
	c = bulla_buf_view(&b);
	/* A log that cannot be written must not keep anything from leaving. */
	if (bulla_outbox_log(k->box, i, &c, &err) != BULLA_OK)
		cmd_say(&k->c, "%s", err.msg);
	bulla_buf_free(&b);
}

static void
set_cur(struct outbox_env *e, const char *name, const struct bulla_cur *v)
{
	outbox_env_set(e, "%s=%.*s", name, (int)v->len, (const char *)v->p);
}

static void
environment(struct outbox_cmd *k, const struct bulla_outbox_item *i,
    const char *event, struct outbox_env *e)
{
	const char *box = bulla_outbox_path(k->box);

	outbox_env_begin(e, k->home);
	outbox_env_set(e, "BULLA_OUTBOX_EVENT=%s", event);
	outbox_env_set(e, "BULLA_OUTBOX_ID=%" PRIu64, i->order);
	set_cur(e, "BULLA_OUTBOX_TO", &i->e.to);
	set_cur(e, "BULLA_OUTBOX_WHAT", &i->e.what);
	set_cur(e, "BULLA_OUTBOX_NOTE", &i->e.note);
	set_cur(e, "BULLA_OUTBOX_PACKAGE", &i->e.id);
	outbox_env_set(e, "BULLA_OUTBOX_TRIES=%" PRIu64, i->s.tries);
	outbox_env_set(e, "BULLA_OUTBOX_SAID=%s", i->s.said);
	outbox_env_set(e, "BULLA_OUTBOX_LOG=%s/queue/%020" PRIu64 "/log",
	    box, i->order);
	if (bulla_outbox_has_receipt(i))
		outbox_env_set(e, "BULLA_OUTBOX_RECEIPT=%s/queue/%020" PRIu64
		    "/receipt", box, i->order);
}

static void
call(struct outbox_cmd *k, const struct bulla_outbox_item *i,
    const char *event, char *path)
{
	struct outbox_child p = { .fd = -1 };
	struct outbox_env e = { 0 };
	struct bulla_err err = { 0 };
	char id[24], name[16], line[700];
	char *argv[] = { path, name, id, NULL };

	(void)snprintf(id, sizeof(id), "%" PRIu64, i->order);
	(void)snprintf(name, sizeof(name), "%s", event);
	environment(k, i, event, &e);
	if (e.failed || outbox_start(&p, argv, e.v, &err) != BULLA_OK)
		(void)snprintf(line, sizeof(line), "hook %s: %s", event,
		    e.failed ? "out of memory" : err.msg);
	else
		(void)snprintf(line, sizeof(line), "hook %s: exit status %d",
		    event, outbox_wait_for(&p, k->hook_secs));
	outbox_note(k, i, line, &p);
	cmd_verbose(&k->c, "%s: %s", id, line);
	outbox_env_free(&e);
}

static void
hook(struct outbox_cmd *k, const struct bulla_outbox_item *i,
    const char *event)
{
	char dir[PATH_CAP], path[PATH_CAP + 32], line[200];
	const char *why = NULL;

	(void)snprintf(dir, sizeof(dir), "%s/hooks",
	    bulla_outbox_path(k->box));
	(void)snprintf(path, sizeof(path), "%s/%s", dir, event);
	if (outbox_safe(path, false, &why) && outbox_safe(dir, true, &why)) {
		call(k, i, event, path);
		return;
	}
	if (why == NULL)
		return;
	(void)snprintf(line, sizeof(line), "hook %s is not run: %s", event,
	    why);
	outbox_note(k, i, line, NULL);
	fprintf(stderr, "%s: %s\n", k->c.tool->name, line);
}

enum bulla_status
outbox_tell(struct outbox_cmd *k, struct bulla_outbox_item *i,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	for (unsigned n = 0; n < BULLA_OUTBOX_EVENTS; n++) {
		/* The next run tells what this one has no time for. */
		if (outbox_stopping || st != BULLA_OK ||
		    !(i->s.events & 1u << n))
			continue;
		hook(k, i, event_name[n]);
		if (outbox_stopping)
			continue;
		i->s.events &= ~(1u << n);
		st = bulla_outbox_save(k->box, i, err);
	}
	return st;
}
