#include <stdio.h>
#include <string.h>

#include "request_thread.h"

#include "bulla/when.h"

/* A reply that moves a date, held against what the agreement promises. */

/* Only who waits can give more time; of a hold either side says it. */
static int
judge_extension(struct request_cmd *k, const struct bulla_threads *t,
    const struct bulla_thread *th, const struct bulla_class *c)
{
	char why[512];

	if (th->asker == t->ours || c->hold.unit != BULLA_NO_TIME)
		return CMD_YES;
	(void)snprintf(why, sizeof(why), "nobody extends a deadline of his "
	    "own: %s alone may, with bulla-request reply --type extension; "
	    "ask for it with --type status-update, or on the hotline",
	    t->side[th->asker]);
	return request_refuse(k, th->event[0].id, why);
}

/* The data may be gone before the hold that was agreed is over. */
static void
remark_hold(struct request_cmd *k, const struct bulla_thread *th,
    const struct bulla_agreement *a, const struct bulla_class *c,
    const struct bulla_threads *t, int64_t until)
{
	const struct bulla_cur by = bulla_cur_str(t->side[1 - th->asker]);
	char agreed[BULLA_WHEN_LEN + 1];
	struct bulla_calendar cal = { 0 };
	int64_t end;

	if (c->hold.unit == BULLA_NO_TIME)
		return;
	if (!bulla_agreement_calendar(a, bulla_agreement_side(a, &by), &cal))
		cal = (struct bulla_calendar){ 0 };
	end = bulla_duration_end(&c->hold, &cal, k->now, NULL, 0);
	if (until >= end)
		return;
	bulla_when_text(end, agreed);
	cmd_say(&k->c, "preserved-until is before the end of the hold that "
	    "the agreement promises, %s", agreed);
}

int
request_dates(struct request_cmd *k, const char *id,
    const struct bulla_reqdoc *d)
{
	const struct bulla_agreement_kept *kept;
	const struct bulla_class *c = NULL;
	const struct bulla_thread *th;
	struct bulla_threads t = { 0 };
	struct bulla_cur class;
	int64_t until = 0;
	size_t i;
	int code;

	/* With --type an extension is judged once, before it has a date. */
	if (bulla_reqdoc_is(d, "type", "extension") ? k->type != NULL &&
	    bulla_reqdoc_when(d, "extended-until", &until) :
	    !bulla_reqdoc_when(d, "preserved-until", &until))
		return CMD_YES;
	code = request_threads(k, false, &t);
	if (code != CMD_YES)
		return code;
	th = bulla_threads_find(&t, id, &i);
	kept = th != NULL && th->start != 0 ? bulla_agreements_at(
	    &t.agreements, th->start) : NULL;
	if (kept != NULL) {
		class = bulla_cur_str(th->event[0].urgency);
		c = bulla_agreement_class(kept->a, &class);
	}
	if (c != NULL && bulla_reqdoc_is(d, "type", "extension"))
		code = judge_extension(k, &t, th, c);
	else if (c != NULL)
		remark_hold(k, th, kept->a, c, &t, until);
	bulla_threads_free(&t);
	return code;
}
