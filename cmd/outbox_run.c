#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outbox_run.h"

#include "bulla/file.h"

#define RENEW_MS 3000

void
outbox_complain(struct outbox_runner *r, enum bulla_status st,
    const struct bulla_err *err)
{
	(void)cmd_fail(&r->k->c, NULL, st, err);
	r->trouble = true;
}

bool
outbox_gone(enum bulla_status st)
{
	return st == BULLA_E_NOMATCH || st == BULLA_E_AGAIN;
}

/* Its number among the counterparts, or SIZE_MAX without memory. */
static size_t
host_of(struct outbox_runner *r, const struct bulla_cur *to)
{
	struct outbox_host *p;
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
	r->host[r->n_hosts] = (struct outbox_host){ .name = name };
	return r->n_hosts++;
}

static void
add_row(struct outbox_runner *r, uint64_t order)
{
	struct bulla_outbox_item i = BULLA_OUTBOX_ITEM_INIT;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	struct outbox_row *w = &r->row[r->n_rows];
	int64_t now = bulla_now();

	st = bulla_outbox_look(r->k->box, BULLA_OUTBOX_IN_QUEUE, order, &i,
	    &err);
	if (st == BULLA_OK) {
		*w = (struct outbox_row){ .order = order,
		    .host = host_of(r, &i.e.to) };
		w->due = bulla_outbox_due(&i.e, &i.s, now) ||
		    (r->k->force && !r->renewed && now >= i.e.not_before);
		w->holds = now >= i.e.not_before;
		w->over = i.s.phase > BULLA_OUTBOX_SENDING;
		if (w->host != SIZE_MAX)
			r->n_rows++;
		else
			outbox_complain(r, BULLA_E_NOMEM, &err);
	}
	/* What cannot be read is named by the survey. */
	bulla_outbox_leave(&i);
}

/* What has come into the queue since. */
static void
scan(struct outbox_runner *r)
{
	struct bulla_err err = { 0 };
	uint64_t *orders = NULL;
	enum bulla_status st;
	struct outbox_row *p;
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
		outbox_complain(r, st, &err);
}

/* One line for each attempt that has ended. */
static void
report(struct outbox_runner *r, const struct bulla_outbox_item *i)
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
over(struct outbox_runner *r, struct outbox_job *j, enum bulla_status st,
    const struct bulla_err *err)
{
	for (size_t i = 0; i < r->n_rows; i++)
		r->row[i].over = r->row[i].over ||
		    r->row[i].order == j->item.order;
	if (j->item.s.phase <= BULLA_OUTBOX_SENDING || st != BULLA_OK)
		r->host[j->host].held = true;
	if (st != BULLA_OK)
		outbox_complain(r, st, err);
	else
		report(r, &j->item);
	bulla_outbox_leave(&j->item);
}

static void
begin(struct outbox_runner *r, size_t row)
{
	struct outbox_job *j = &r->job[r->n_jobs];
	struct outbox_row *w = &r->row[row];
	struct bulla_err err = { 0 };
	enum bulla_status st;

	j->host = w->host;
	st = outbox_job_begin(r->k, j, w->order, &err);
	r->started = true;
	if (st == BULLA_OK && j->child.pid != 0) {
		r->host[w->host].busy = true;
		r->n_jobs++;
		cmd_verbose(&r->k->c, "%" PRIu64 ": sending to %s", w->order,
		    r->host[w->host].name);
	} else if (st == BULLA_OK) {
		over(r, j, st, &err);
	} else {
		w->over = true;
		r->host[w->host].held = r->host[w->host].held ||
		    !outbox_gone(st);
		if (!outbox_gone(st))
			outbox_complain(r, st, &err);
	}
}

/* Begin what can be begun. */
static void
pass(struct outbox_runner *r)
{
	bool once = r->k->once;

	for (size_t i = 0; i < r->n_hosts; i++)
		r->host[i].busy = false;
	for (size_t i = 0; i < r->n_jobs; i++)
		r->host[r->job[i].host].busy = true;
	for (size_t i = 0; i < r->n_rows && r->n_jobs < r->k->jobs; i++) {
		struct outbox_row *w = &r->row[i];
		struct outbox_host *h = &r->host[w->host];

		if (outbox_stopping || (once && r->started))
			return;
		if (w->over || h->held || h->busy)
			continue;
		if (w->due)
			begin(r, i);
		else if (w->holds)
			h->held = true;
	}
}

/* Once: they end soon, and what they sent is kept on the other side. */
static void
stop_all(struct outbox_runner *r)
{
	if (!outbox_stopping || r->told)
		return;
	r->told = true;
	for (size_t i = 0; i < r->n_jobs; i++)
		(void)kill(-r->job[i].child.pid, SIGTERM);
}

/* Wait until an attempt is over, but not for long. */
static void
attend(struct outbox_runner *r)
{
	struct pollfd f[OUTBOX_JOBS_MAX];
	struct bulla_err err = { 0 };
	enum bulla_status st;
	struct outbox_job j;

	for (size_t i = 0; i < r->n_jobs; i++)
		f[i] = (struct pollfd){ r->job[i].child.fd, POLLIN, 0 };
	stop_all(r);
	if (outbox_poll(f, r->n_jobs, RENEW_MS) < 0)
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

/* As at the beginning; what is being sent stays as it is. */
static void
renew(struct outbox_runner *r)
{
	struct bulla_err err = { 0 };
	bool late;

	for (size_t i = 0; i < r->n_jobs; i++) {
		struct bulla_outbox_item *item = &r->job[i].item;
		enum bulla_status st = outbox_alarm(r, item, &late, &err);

		if (st == BULLA_OK && item->s.events != 0)
			st = outbox_tell(r->k, item, &err);
		if (st != BULLA_OK)
			outbox_complain(r, st, &err);
	}
	outbox_survey(r, false);
	for (size_t i = 0; i < r->n_hosts; i++)
		r->host[i].held = false;
	r->n_rows = 0;
	r->seen = 0;
	r->renewed = true;
}

/* Until nothing can be begun, also of what was added meanwhile. */
static void
send_all(struct outbox_runner *r)
{
	int64_t last = bulla_now();

	for (;;) {
		if (!outbox_stopping)
			scan(r);
		pass(r);
		if (r->n_jobs == 0)
			return;
		attend(r);
		if (r->n_jobs > 0 && !outbox_stopping &&
		    (bulla_now() < last ||
		    bulla_now() - last >= RENEW_MS / 1000)) {
			renew(r);
			last = bulla_now();
		}
	}
}

static int
work(struct outbox_runner *r)
{
	struct bulla_outbox *box = r->k->box;
	struct bulla_err err = { 0 };
	enum bulla_status st = bulla_outbox_sweep(box, &err);

	if (st == BULLA_OK)
		st = bulla_outbox_prune(box, bulla_now() -
		    (int64_t)r->k->keep_days * OUTBOX_DAY, &err);
	if (st != BULLA_OK)
		outbox_complain(r, st, &err);
	outbox_survey(r, false);
	send_all(r);
	outbox_survey(r, true);
	if (r->trouble || st != BULLA_OK)
		return CMD_TROUBLE;
	if (r->failed)
		return CMD_NO;
	return r->again ? CMD_LATER : CMD_YES;
}

int
outbox_run(struct outbox_cmd *k)
{
	struct outbox_runner r = { .k = k };
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
