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
	char agreed[BULLA_WHEN_LEN + 1], text[160];
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
	(void)snprintf(text, sizeof(text), "preserved-until is before the end "
	    "of the hold that the agreement promises, %s", agreed);
	request_remark(k, text);
}

/* Extensions of this side that count so far. */
static size_t
said_by(const struct bulla_thread *th, int side)
{
	size_t n = 0;

	for (size_t i = 1; i < th->n_events; i++)
		n += strcmp(th->event[i].kind, "extension") == 0 &&
		    th->event[i].by == side &&
		    th->event[i].fault == BULLA_EVENT_GOOD;
	return n;
}

/*
 * The end that one more extension of ours brings, as docs/FORMAT.md 10.6 has
 * it; 0: the clock stands, and nobody can say yet. *none: why it has no effect.
 */
static int64_t
extended_end(const struct bulla_threads *t, const struct bulla_thread *th,
    const struct bulla_class *c, const struct bulla_calendar *cal,
    const char **none)
{
	const bool hold = c->hold.unit != BULLA_NO_TIME;
	const int64_t end = hold ? th->hold_until : th->final.due;

	*none = NULL;
	if (c->extension.unit == BULLA_NO_TIME)
		*none = "the class has no extension in the agreement";
	else if (hold && th->hold_from == 0)
		*none = "nothing is held yet that it could extend";
	else if (!hold && c->final.unit == BULLA_NO_TIME)
		*none = "no final answer was promised that it could put off";
	else if (!hold && th->final.done != 0)
		*none = "the final answer is there";
	else if (end != 0 && t->now > end)
		*none = hold ? "the hold is over" : "the deadline has passed";
	if (*none != NULL || end == 0)
		return 0;
	/* The second side to extend a hold confirms what the first has said. */
	if (hold && said_by(th, t->ours) < th->n_extensions)
		return end;
	return bulla_duration_end(&c->extension, cal, end, hold ? NULL :
	    th->stop, hold ? 0 : th->n_stops);
}

/* A later date than one extension brings is in no record, and no clock. */
static void
remark_extension(struct request_cmd *k, const struct bulla_threads *t,
    const struct bulla_thread *th, const struct bulla_agreement *a,
    const struct bulla_class *c, int64_t until)
{
	const struct bulla_cur by = bulla_cur_str(t->side[1 - th->asker]);
	char agreed[BULLA_WHEN_LEN + 1], text[512];
	struct bulla_calendar cal = { 0 };
	const char *none;
	int64_t end;

	if (!bulla_agreement_calendar(a, bulla_agreement_side(a, &by), &cal))
		cal = (struct bulla_calendar){ 0 };
	end = extended_end(t, th, c, &cal, &none);
	if (none != NULL) {
		(void)snprintf(text, sizeof(text), "extended-until: an "
		    "extension has no effect here: %s; agree on it on the "
		    "hotline instead (bulla-request hotline)", none);
		request_remark(k, text);
	} else if (end != 0 && until > end) {
		bulla_when_text(end, agreed);
		(void)snprintf(text, sizeof(text), "extended-until: is later "
		    "than the agreement allows: one extension moves the end "
		    "to %s, and that counts for both sides; write that time, "
		    "or an earlier one", agreed);
		request_remark(k, text);
	}
}

static int
judge(struct request_cmd *k, const struct bulla_threads *t,
    const struct bulla_thread *th, const struct bulla_agreement *a,
    const struct bulla_reqdoc *d)
{
	const struct bulla_cur class = bulla_cur_str(th->event[0].urgency);
	const struct bulla_class *c = bulla_agreement_class(a, &class);
	int64_t until;
	int code;

	if (c == NULL)
		return CMD_YES;
	if (bulla_reqdoc_is(d, "type", "extension")) {
		code = judge_extension(k, t, th, c);
		if (code == CMD_YES && bulla_reqdoc_when(d, "extended-until",
		    &until))
			remark_extension(k, t, th, a, c, until);
		return code;
	}
	if (bulla_reqdoc_when(d, "preserved-until", &until))
		remark_hold(k, th, a, c, t, until);
	return CMD_YES;
}

int
request_dates(struct request_cmd *k, const char *id,
    const struct bulla_reqdoc *d)
{
	const struct bulla_agreement_kept *kept;
	const struct bulla_thread *th;
	struct bulla_threads t = { 0 };
	int64_t until;
	size_t i;
	int code;

	if (!bulla_reqdoc_is(d, "type", "extension") &&
	    !bulla_reqdoc_when(d, "preserved-until", &until))
		return CMD_YES;
	code = request_threads(k, false, &t);
	if (code != CMD_YES)
		return code;
	th = bulla_threads_find(&t, id, &i);
	kept = th != NULL && th->start != 0 ? bulla_agreements_at(
	    &t.agreements, th->start) : NULL;
	if (kept != NULL)
		code = judge(k, &t, th, kept->a, d);
	bulla_threads_free(&t);
	return code;
}
