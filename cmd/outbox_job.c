#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outbox.h"

#include "bulla/custody.h"
#include "bulla/file.h"
#include "bulla/text.h"

#define PATH_CAP 4500u
#define OWN_WORDS 14u

/* What the output of bulla-send says. */
struct answer {
	uint64_t after;		/* Retry-After, seconds; 0: none */
	char said[512];
};

/* bulla-send beside this very program: no other version, no other PATH. */
static enum bulla_status
beside(char *out, struct bulla_err *err)
{
	char self[PATH_CAP], *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return bulla_fail_sys(err, "/proc/self/exe");
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (slash == NULL)
		return bulla_fail(err, BULLA_E_UNSUPPORTED,
		    "cannot tell where this program is");
	*slash = '\0';
	n = snprintf(out, PATH_CAP, "%s/bulla-send", self);
	return n > 0 && (size_t)n < PATH_CAP ? BULLA_OK :
	    bulla_fail(err, BULLA_E_LIMIT, "the path is too long");
}

struct words {
	char *v[BULLA_OUTBOX_ARGS_MAX + OWN_WORDS];
	size_t n;
	bool failed;
};

static void
word(struct words *w, const void *p, size_t n)
{
	char *s = strndup(p, n);

	BULLA_CHECK(w->n + 1 < sizeof(w->v) / sizeof(w->v[0]));
	w->v[w->n] = s;
	w->failed = w->failed || s == NULL;
	w->n += s != NULL;
}

static void
word_str(struct words *w, const char *s)
{
	word(w, s, strlen(s));
}

static bool
has(const struct bulla_outbox_entry *e, const char *name)
{
	for (size_t i = 0; i < e->n_args; i++) {
		if (bulla_cur_is(&e->arg[i], name))
			return true;
	}
	return false;
}

static void
command(const struct outbox_cmd *k, const struct bulla_outbox_item *i,
    const char *tool, struct words *w)
{
	char path[PATH_CAP + 64];
	int n = snprintf(path, sizeof(path), "%s/queue/%020" PRIu64 "/",
	    bulla_outbox_path(k->box), i->order);
	size_t left = sizeof(path) - (size_t)n;

	word_str(w, tool);
	word_str(w, "--json");
	word_str(w, "--home");
	word_str(w, k->home);
	/* One that is not there must not keep the others waiting. */
	if (!has(&i->e, "--attempts")) {
		word_str(w, "--attempts");
		word_str(w, "3");
	}
	if (bulla_cur_starts(&i->e.to, "s3:")) {
		word_str(w, "--receipt-wait");
		word_str(w, "60");
	}
	for (size_t a = 0; a < i->e.n_args; a++)
		word(w, i->e.arg[a].p, i->e.arg[a].len);
	if (!has(&i->e, "--no-receipt")) {
		(void)snprintf(path + n, left, "receipt");
		word_str(w, "--receipt");
		word_str(w, path);
		word_str(w, "--force");
	}
	(void)snprintf(path + n, left, "package");
	word_str(w, path);
}

static enum bulla_status
start(struct outbox_cmd *k, struct outbox_job *j, struct bulla_err *err)
{
	char tool[PATH_CAP];
	struct words w = { 0 };
	enum bulla_status st = beside(tool, err);

	if (st == BULLA_OK)
		command(k, &j->item, tool, &w);
	if (st == BULLA_OK && w.failed)
		st = bulla_fail(err, BULLA_E_NOMEM, "out of memory");
	if (st == BULLA_OK)
		st = outbox_start(&j->child, w.v, NULL, err);
	for (size_t n = 0; n < w.n; n++)
		free(w.v[n]);
	return st;
}

static const char *
text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL && s[0] != '\0' ? s : NULL;
}

_Static_assert(sizeof("rejected: wrong-recipient: ") +
    BULLA_CUSTODY_ADVICE_MAX <= BULLA_OUTBOX_NOTE_MAX, "it is cut");

static void
say_reject(struct answer *a, const char *reason)
{
	const char *advice = bulla_custody_advice(reason);

	(void)snprintf(a->said, sizeof(a->said), "rejected: %s%s%s", reason,
	    advice != NULL ? ": " : "", advice != NULL ? advice : "");
}

/* A line of its JSON: the last word that is for people. */
static void
hear_json(struct answer *a, const struct bulla_cur *line)
{
	json_t *o = json_loadb((const char *)line->p, line->len, 0, NULL);
	const char *s;
	json_int_t n = json_integer_value(json_object_get(o, "retry-after"));

	if (n > 0)
		a->after = (uint64_t)n;
	if ((s = text_of(o, "message")) != NULL)
		(void)snprintf(a->said, sizeof(a->said), "%s", s);
	else if ((s = text_of(o, "reason")) != NULL)
		say_reject(a, s);
	else if ((s = text_of(o, "actor")) != NULL)
		(void)snprintf(a->said, sizeof(a->said), "received by %s", s);
	else if (json_is_false(json_object_get(o, "receipt")))
		(void)snprintf(a->said, sizeof(a->said), "sent, no receipt");
	json_decref(o);
}

static void
hear(struct answer *a, const struct outbox_child *p)
{
	struct bulla_cur c = bulla_cur_of(p->tail, p->len), line;
	bool json = false;

	while (!bulla_cur_done(&c)) {
		if (!bulla_cur_line(&c, &line) &&
		    !bulla_cur_take(&c, c.len, &line))
			break;
		if (bulla_cur_starts(&line, "{")) {
			hear_json(a, &line);
			json = json || a->said[0] != '\0';
		} else if (!json && line.len > 0) {
			(void)!bulla_cur_eat_str(&line, "bulla-send: ");
			(void)snprintf(a->said, sizeof(a->said), "%.*s",
			    (int)line.len, (const char *)line.p);
		}
	}
}

/*
 * The exit status decides: what needs a person is not tried again, and what
 * a person is not needed for is.
 */
static void
judge(struct outbox_job *j, int code, const struct answer *a)
{
	struct bulla_outbox_state *s = &j->item.s;
	struct bulla_cur said = bulla_cur_str(a->said);
	int64_t now = bulla_now();
	bool receipt = bulla_outbox_has_receipt(&j->item);

	s->last = now;
	bulla_outbox_say(s, &said);
	s->phase = BULLA_OUTBOX_WAITING;
	if (code == CMD_YES) {
		s->phase = BULLA_OUTBOX_DONE;
		s->events |= BULLA_OUTBOX_SUCCESS;
	} else if (code == CMD_NO || code == CMD_USE || code == CMD_SHORT) {
		s->phase = BULLA_OUTBOX_FAILED;
		s->events |= BULLA_OUTBOX_FAILURE;
	}
	if (s->phase != BULLA_OUTBOX_WAITING) {
		s->next = 0;
		s->events |= receipt ? (unsigned)BULLA_OUTBOX_RECEIPT : 0;
		return;
	}
	s->next = bulla_outbox_later(s->tries, a->after, now);
	if (outbox_stopping) {	/* our doing, not the line's */
		s->next = now;
		s->tries--;
	}
}

/* The end of an attempt, or of one that could not begin. */
static enum bulla_status
settle(struct outbox_cmd *k, struct outbox_job *j, struct bulla_err *err)
{
	enum bulla_status st = bulla_outbox_save(k->box, &j->item, err);

	if (st == BULLA_OK)
		st = outbox_tell(k, &j->item, err);
	if (st == BULLA_OK && j->item.s.phase == BULLA_OUTBOX_DONE &&
	    j->item.s.events == 0)
		st = bulla_outbox_finish(k->box, &j->item, err);
	return st;
}

static enum bulla_status
spoiled(struct outbox_cmd *k, struct outbox_job *j, struct bulla_err *err)
{
	struct answer a = { 0 };

	(void)snprintf(a.said, sizeof(a.said), "%s", err->msg);
	*err = (struct bulla_err){ 0 };
	judge(j, CMD_NO, &a);
	outbox_note(k, &j->item, a.said, NULL);
	return settle(k, j, err);
}

static enum bulla_status
try(struct outbox_cmd *k, struct outbox_job *j, struct bulla_err *err)
{
	struct bulla_outbox_state *s = &j->item.s;
	enum bulla_status st;

	s->phase = BULLA_OUTBOX_SENDING;
	s->tries++;
	s->last = bulla_now();
	/* Should we die meanwhile, this one must not be tried in a ring. */
	s->next = bulla_outbox_later(s->tries, 0, s->last);
	st = bulla_outbox_save(k->box, &j->item, err);
	return st == BULLA_OK ? start(k, j, err) : st;
}

enum bulla_status
outbox_job_begin(struct outbox_cmd *k, struct outbox_job *j, uint64_t order,
    struct bulla_err *err)
{
	enum bulla_status st;

	st = bulla_outbox_take(k->box, order, &j->item, err);
	if (st != BULLA_OK)
		return st;
	st = bulla_outbox_whole(&j->item, err);
	j->child = (struct outbox_child){ .fd = -1 };
	if (st == BULLA_E_MISMATCH)
		st = spoiled(k, j, err);
	else if (st == BULLA_OK)
		st = try(k, j, err);
	if (st != BULLA_OK)
		bulla_outbox_leave(&j->item);
	return st;
}

enum bulla_status
outbox_job_end(struct outbox_cmd *k, struct outbox_job *j,
    struct bulla_err *err)
{
	int code = outbox_wait(&j->child);
	struct answer a = { 0 };
	char line[100];

	hear(&a, &j->child);
	if (a.said[0] == '\0')
		(void)snprintf(a.said, sizeof(a.said),
		    "bulla-send ended with status %d", code);
	judge(j, code, &a);
	(void)snprintf(line, sizeof(line), "try %" PRIu64 ": exit status %d",
	    j->item.s.tries, code);
	outbox_note(k, &j->item, line, &j->child);
	return settle(k, j, err);
}
