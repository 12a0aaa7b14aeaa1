#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "outbox_run.h"

#include "bulla/file.h"

enum bulla_status
outbox_alarm(struct outbox_runner *r, struct bulla_outbox_item *i, bool *late,
    struct bulla_err *err)
{
	*late = outbox_overdue(i, bulla_now());
	if (!*late || i->s.alarmed)
		return BULLA_OK;
	i->s.alarmed = true;
	i->s.events |= BULLA_OUTBOX_OVERDUE;
	fprintf(stderr, "%s: OVERDUE: %" PRIu64 " to %.*s\n",
	    r->k->c.tool->name, i->order, (int)i->e.to.len,
	    (const char *)i->e.to.p);
	return bulla_outbox_save(r->k->box, i, err);
}

static enum bulla_status
survey_one(struct outbox_runner *r, uint64_t order, struct bulla_err *err)
{
	struct bulla_outbox_item i = BULLA_OUTBOX_ITEM_INIT;
	struct outbox_cmd *k = r->k;
	enum bulla_status st;
	bool late;

	st = bulla_outbox_take(k->box, order, &i, err);
	if (st != BULLA_OK)
		return outbox_gone(st) ? BULLA_OK : st;
	st = outbox_alarm(r, &i, &late, err);
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

void
outbox_survey(struct outbox_runner *r, bool last)
{
	struct bulla_err err = { 0 };
	uint64_t *orders = NULL;
	enum bulla_status st;
	size_t n = 0;

	r->failed = r->again = false;
	st = bulla_outbox_list(r->k->box, BULLA_OUTBOX_IN_QUEUE, 0, &orders,
	    &n, &err);
	if (st != BULLA_OK)
		outbox_complain(r, st, &err);
	for (size_t i = 0; st == BULLA_OK && i < n; i++) {
		enum bulla_status one = survey_one(r, orders[i], &err);

		if (one != BULLA_OK && last)
			outbox_complain(r, one, &err);
	}
	free(orders);
}
