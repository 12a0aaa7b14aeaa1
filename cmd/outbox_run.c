#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outbox.h"

#include "bulla/file.h"
#include "bulla/text.h"

/*
 * One run. Entries are read once and then looked at in their order, again
 * and again until none can be begun: the first of each counterpart that is
 * due, unless one before it was tried in vain or still has to wait.
 */
struct row {
	uint64_t order;
	size_t host;
	enum { OPEN, BUSY, OVER } state;	/* to do; at it; no more */
	bool due, holds;	/* not due, and the later ones wait for it */
};
struct host {
	char *name;
	bool held, busy;
};
struct run {
	struct outbox_cmd *k;
	struct row *row;
	size_t n_rows;
	struct host *host;
	size_t n_hosts;
	struct outbox_job *job;		/* k->jobs of them */
	size_t n_jobs;			/* at work */
	uint64_t seen;			/* the last number that was read */
	bool trouble, started, told;
	bool failed, again;		/* what is left in the end */
};

static void
complain(struct run *r, enum bulla_status st, const struct bulla_err *err)
{
	(void)cmd_fail(&r->k->c, NULL, st, err);
	r->trouble = true;
}

static bool
gone(enum bulla_status st)
{
	return st == BULLA_E_NOMATCH || st == BULLA_E_AGAIN;
}

/* Its number among the counterparts, or SIZE_MAX without memory. */
static size_t
host_of(struct run *r, const struct bulla_cur *to)
{
	struct host *p;
	char *name;

	for (size_t i = 0; i < r->n_hosts; i++) {
		if (bulla_cur_is(to, r->host[i].name))
			return i;
	}
	name = strndup((const char *)to->p, to->len);
	p = reallocarray(r->host, r->n_hosts + 1, sizeof(*p));
	if (p != NULL)
		r->host = p;
	if (p == NULL || name == NULL) {
		free(name);
		return SIZE_MAX;
	}
	r->host[r->n_hosts] = (struct host){ .name = name };
	return r->n_hosts++;
}

static void
add_row(struct run *r, uint64_t order)
{
	struct bulla_outbox_item i = BULLA_OUTBOX_ITEM_INIT;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	struct row *w = &r->row[r->n_rows];
	int64_t now = bulla_now();

	st = bulla_outbox_look(r->k->box, BULLA_OUTBOX_IN_QUEUE, order, &i,
	    &err);
	if (st == BULLA_OK) {
		*w = (struct row){ .order = order,
		    .host = host_of(r, &i.e.to) };
		w->due = bulla_outbox_due(&i.e, &i.s, now) ||
		    (r->k->force && now >= i.e.not_before);
		w->holds = now >= i.e.not_before;
		if (i.s.phase > BULLA_OUTBOX_SENDING)
			w->state = OVER;
		if (w->host != SIZE_MAX)
			r->n_rows++;
		else
			complain(r, BULLA_E_NOMEM, &err);
	}
	/* What cannot be read is named by the survey. */
	bulla_outbox_leave(&i);
}

/* What has come into the queue since; true when there was anything. */
static bool
scan(struct run *r)
{
	struct bulla_err err = { 0 };
	uint64_t *orders = NULL;
	enum bulla_status st;
	struct row *p;
	size_t n = 0;

	st = bulla_outbox_list(r->k->box, BULLA_OUTBOX_IN_QUEUE, r->seen,
	    &orders, &n, &err);
	p = st != BULLA_OK || n == 0 ? NULL : reallocarray(r->row,
	    r->n_rows + n, sizeof(*p));
	if (st == BULLA_OK && n > 0 && p == NULL)
		st = bulla_fail(&err, BULLA_E_NOMEM, "out of memory");
	if (p != NULL)
		r->row = p;
	for (size_t i = 0; p != NULL && i < n; i++) {
		add_row(r, orders[i]);
		r->seen = orders[i];
	}
	free(orders);
	if (st != BULLA_OK)
		complain(r, st, &err);
	return p != NULL;
}

/* One line for each attempt that has ended. */
static void
report(struct run *r, const struct bulla_outbox_item *i)
{
	const char *word = i->s.phase == BULLA_OUTBOX_WAITING ? "later" :
	    outbox_word(i, 0);
	struct cmd_json *o;

	if (!r->k->c.common.json) {
		printf("%" PRIu64 " %s %.*s: %s\n", i->order, word,
		    (int)i->e.to.len, (const char *)i->e.to.p, i->s.said);
		(void)fflush(stdout);
		return;
	}
	o = cmd_json_new();
	cmd_json_u64(o, "id", i->order);
	cmd_json_str(o, "state", word);
	cmd_json_cur(o, "to", &i->e.to);
	cmd_json_cur(o, "what", &i->e.what);
	cmd_json_u64(o, "tries", i->s.tries);
	cmd_json_str(o, "said", i->s.said);
	if (i->s.phase == BULLA_OUTBOX_WAITING)
		cmd_json_when(o, "next", i->s.next);
	if (cmd_json_print(&r->k->c, o, CMD_YES) != CMD_YES)
		r->trouble = true;
}

/* An attempt is over, well or not; st says whether it could be recorded. */
static void
over(struct run *r, struct outbox_job *j, enum bulla_status st,
    const struct bulla_err *err)
{
	struct row *w = &r->row[j->row];

	w->state = OVER;
	if (j->item.s.phase <= BULLA_OUTBOX_SENDING || st != BULLA_OK)
		r->host[w->host].held = true;
	if (st != BULLA_OK)
		complain(r, st, err);
	else
		report(r, &j->item);
	bulla_outbox_leave(&j->item);
}

static void
begin(struct run *r, size_t row)
{
	struct outbox_job *j = &r->job[r->n_jobs];
	struct row *w = &r->row[row];
	struct bulla_err err = { 0 };
	enum bulla_status st;

	j->row = row;
	st = outbox_job_begin(r->k, j, w->order, &err);
	r->started = true;
	if (st == BULLA_OK && j->child.pid != 0) {
		w->state = BUSY;
		r->host[w->host].busy = true;
		r->n_jobs++;
		cmd_verbose(&r->k->c, "%" PRIu64 ": sending to %s", w->order,
		    r->host[w->host].name);
	} else if (st == BULLA_OK) {
		over(r, j, st, &err);
	} else {
		w->state = OVER;
		r->host[w->host].held = r->host[w->host].held || !gone(st);
		if (!gone(st))
			complain(r, st, &err);
	}
}

/* Begin what can be begun. */
static void
pass(struct run *r)
{
	bool once = r->k->once;

	for (size_t i = 0; i < r->n_hosts; i++)
		r->host[i].busy = false;
	for (size_t i = 0; i < r->n_jobs; i++)
		r->host[r->row[r->job[i].row].host].busy = true;
	for (size_t i = 0; i < r->n_rows && r->n_jobs < r->k->jobs; i++) {
		struct row *w = &r->row[i];
		struct host *h = &r->host[w->host];

		if (outbox_stopping || (once && r->started))
			return;
		if (w->state != OPEN || h->held || h->busy)
			continue;
		if (w->due)
			begin(r, i);
		else if (w->holds)
			h->held = true;
	}
}

/* Once: they end soon, and what they sent is kept on the other side. */
static void
stop_all(struct run *r)
{
	if (!outbox_stopping || r->told)
		return;
	r->told = true;
	for (size_t i = 0; i < r->n_jobs; i++)
		(void)kill(-r->job[i].child.pid, SIGTERM);
}

/* Wait until an attempt is over. */
static void
attend(struct run *r)
{
	struct pollfd f[OUTBOX_JOBS_MAX];
	struct bulla_err err = { 0 };
	enum bulla_status st;
	struct outbox_job j;

	for (size_t i = 0; i < r->n_jobs; i++)
		f[i] = (struct pollfd){ r->job[i].child.fd, POLLIN, 0 };
	stop_all(r);
	if (outbox_poll(f, r->n_jobs, -1) < 0)
		return;
	for (size_t i = r->n_jobs; i > 0; i--) {
		if (f[i - 1].revents == 0 || outbox_read(&r->job[i - 1].child))
			continue;
		j = r->job[i - 1];
		r->job[i - 1] = r->job[--r->n_jobs];
		st = outbox_job_end(r->k, &j, &err);
		over(r, &j, st, &err);
	}
}

/*
 * What the queue looks like: alarms that are due, what an earlier run had no
 * time to tell or to move away, and what our exit status is.
 */
static enum bulla_status
survey_one(struct run *r, uint64_t order, struct bulla_err *err)
{
	struct bulla_outbox_item i = BULLA_OUTBOX_ITEM_INIT;
	struct outbox_cmd *k = r->k;
	enum bulla_status st;
	bool late;

	st = bulla_outbox_take(k->box, order, &i, err);
	if (st != BULLA_OK)
		return gone(st) ? BULLA_OK : st;
	late = outbox_overdue(&i, bulla_now());
	if (late && !i.s.alarmed) {
		i.s.alarmed = true;
		i.s.events |= BULLA_OUTBOX_OVERDUE;
		st = bulla_outbox_save(k->box, &i, err);
		fprintf(stderr, "%s: OVERDUE: %" PRIu64 " to %.*s\n",
		    k->c.tool->name, order, (int)i.e.to.len,
		    (const char *)i.e.to.p);
	}
	if (st == BULLA_OK && i.s.events != 0)
		st = outbox_tell(k, &i, err);
	if (st == BULLA_OK && i.s.phase == BULLA_OUTBOX_DONE &&
	    i.s.events == 0)
		st = bulla_outbox_finish(k->box, &i, err);
	r->failed = r->failed || late || i.s.phase == BULLA_OUTBOX_FAILED;
	r->again = r->again || (i.s.phase <= BULLA_OUTBOX_SENDING &&
	    (i.s.tries > 0 || bulla_outbox_due(&i.e, &i.s, bulla_now())));
	bulla_outbox_leave(&i);
	return st;
}

static void
survey(struct run *r, bool last)
{
	struct bulla_err err = { 0 };
	uint64_t *orders = NULL;
	enum bulla_status st;
	size_t n = 0;

	r->failed = r->again = false;
	st = bulla_outbox_list(r->k->box, BULLA_OUTBOX_IN_QUEUE, 0, &orders,
	    &n, &err);
	if (st != BULLA_OK)
		complain(r, st, &err);
	for (size_t i = 0; st == BULLA_OK && i < n; i++) {
		enum bulla_status one = survey_one(r, orders[i], &err);

		if (one != BULLA_OK && last)
			complain(r, one, &err);
	}
	free(orders);
}

static int
work(struct run *r)
{
	struct bulla_outbox *box = r->k->box;
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_outbox_sweep(box, &err);

	if (st == BULLA_OK)
		st = bulla_outbox_prune(box, bulla_now() -
		    (int64_t)r->k->keep_days * OUTBOX_DAY, &err);
	if (st != BULLA_OK)
		complain(r, st, &err);
	survey(r, false);
	while (!outbox_stopping && scan(r)) {
		for (pass(r); r->n_jobs > 0; pass(r))
			attend(r);
	}
	survey(r, true);
	if (r->trouble || st != BULLA_OK)
		return CMD_TROUBLE;
	if (r->failed)
		return CMD_NO;
	return r->again ? CMD_LATER : CMD_YES;
}

int
outbox_run(struct outbox_cmd *k)
{
	struct run r = { .k = k };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code = outbox_open(k);

	if (code != CMD_YES)
		return code;
	st = bulla_outbox_lock(k->box, &err);
	if (st == BULLA_E_AGAIN) {
		cmd_say(&k->c, "another run is at work: nothing is done here");
		return CMD_YES;
	}
	r.job = calloc(k->jobs, sizeof(*r.job));
	if (st == BULLA_OK && r.job == NULL)
		st = bulla_fail(&err, BULLA_E_NOMEM, "out of memory");
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	outbox_signals();
	code = work(&r);
	for (size_t i = 0; i < r.n_hosts; i++)
		free(r.host[i].name);
	free(r.host);
	free(r.row);
	free(r.job);
	return code;
}
