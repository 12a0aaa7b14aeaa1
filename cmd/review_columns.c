#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "review.h"

/* What people read of the figures: blocks of columns, in 80 characters. */
#define T BULLA_REVIEW_TIMELINESS
#define Q BULLA_REVIEW_REQUESTS
#define R BULLA_REVIEW_REPLIES
#define END { { NULL, NULL }, T, { NULL }, NULL }

static const struct review_column flow[] = {
	{ { "", "received" }, T, { "received" },
	    "requests received in the period" },
	{ { "", "closed" }, T, { "closed" },
	    "requests answered, held, withdrawn or closed in the period" },
	{ { "", "open" }, T, { "open" },
	    "requests open at the end of the period" },
	{ { "over-", "due" }, T, { "overdue-under-1d", "overdue-1d-to-7d",
	    "overdue-7d-to-30d", "overdue-over-30d" },
	    "of these, requests with a deadline that has passed" },
	{ { "clock", "stopped" }, T, { "stopped-share" },
	    "share of the time in which the clocks stood" },
	{ { "com-", "plete" }, Q, { "complete-share" },
	    "closed requests that needed no clarification" },
	{ { "with-", "drawn" }, Q, { "withdrawn" },
	    "requests withdrawn in the period" },
	END
};
static const struct review_column times[] = {
	{ { "ack", "median" }, T, { "acknowledge-median" },
	    "time to acknowledge: half took no longer" },
	{ { "", "p90" }, T, { "acknowledge-p90" },
	    "nine of ten took no longer" },
	{ { "in", "time" }, T, { "acknowledge-in-time-share" },
	    "share met in time, of the deadlines decided in the period" },
	{ { "first", "median" }, T, { "first-median" },
	    "time to the first substantive answer, clock stops left out" },
	{ { "", "p90" }, T, { "first-p90" }, "nine of ten took no longer" },
	{ { "in", "time" }, T, { "first-in-time-share" },
	    "share met in time, of the deadlines decided in the period" },
	{ { "final", "median" }, T, { "final-median" },
	    "time to the final answer, clock stops left out" },
	{ { "", "p90" }, T, { "final-p90" }, "nine of ten took no longer" },
	{ { "in", "time" }, T, { "final-in-time-share" },
	    "share met in time, of the deadlines decided in the period" },
	END
};
static const struct review_column replies[] = {
	{ { "", "full" }, R, { "full" }, "full replies" },
	{ { "", "partial" }, R, { "partial" }, "partial replies" },
	{ { "", "refused" }, R, { "refused" }, "refusals" },
	{ { "with", "result" }, R, { "with-result-share" },
	    "closed requests with a result report" },
	{ { "updates", "given" }, T, { "updates-share" },
	    "status updates given, of those due" },
	{ { "ques-", "tions" }, Q, { "clarification-rounds" },
	    "clarifications asked" },
	END
};
static const struct review_column further[] = {
	{ { "held", "now" }, T, { "held" }, "preservations that last" },
	{ { "held", "unused" }, T, { "expired-unused" },
	    "preservations that expired in the period without a request" },
	{ { "hotline", "calls" }, T, { "hotline-calls" },
	    "hotline calls raised in the period" },
	{ { "call", "median" }, T, { "hotline-median" },
	    "time until a call was answered" },
	{ { "call", "p90" }, T, { "hotline-p90" },
	    "nine of ten took no longer" },
	{ { "calls", "open" }, T, { "hotline-unresolved" },
	    "hotline calls without an answer" },
	END
};
const struct review_column review_glance[] = {
	{ { "", "received" }, T, { "received" },
	    "requests received in the period" },
	{ { "", "closed" }, T, { "closed" },
	    "requests answered, held, withdrawn or closed in the period" },
	{ { "", "open" }, T, { "open" }, "requests open at its end" },
	{ { "over-", "due" }, T, { "overdue-under-1d", "overdue-1d-to-7d",
	    "overdue-7d-to-30d", "overdue-over-30d" },
	    "of these, requests with a deadline that has passed" },
	{ { "acknowledged", "in time" }, T, { "acknowledge-in-time-share" },
	    "share met in time, of the deadlines decided in the period" },
	{ { "first answer", "in time" }, T, { "first-in-time-share" },
	    "share met in time, of the deadlines decided in the period" },
	{ { "final answer", "in time" }, T, { "final-in-time-share" },
	    "share met in time, of the deadlines decided in the period" },
	{ { "requests", "complete" }, Q, { "complete-share" },
	    "closed requests that needed no clarification" },
	{ { "with", "result" }, R, { "with-result-share" },
	    "closed requests with a result report" },
	END
};
const struct review_block review_blocks[] = {
	{ "Requests", flow, 8 },
	{ "Times against the agreement", times, 7 },
	{ "Answers", replies, 9 },
	{ "Preservation and hotline", further, 9 },
	{ NULL, NULL, 0 },
};

/* The groups of one table are those of all. */
bool
review_row(const struct bulla_review *r, int side, size_t i,
    struct review_row *out)
{
	for (unsigned pass = 0; pass < 3; pass++) {
		for (size_t k = 0; k < r->n_common; k++) {
			const struct bulla_figure *f = &r->figure[k];
			bool class = strcmp(f->class, BULLA_REVIEW_ALL) != 0;
			bool cat = strcmp(f->category, BULLA_REVIEW_ALL) != 0;

			if (f->table != T || f->side != side ||
			    strcmp(f->name, "received") != 0 ||
			    (class && cat) ||
			    (pass == 0 ? class || cat : pass == 1 ? !class :
			    !cat) || i-- > 0)
				continue;
			*out = (struct review_row){ side, f->class,
			    f->category, "" };
			(void)snprintf(out->label, sizeof(out->label), "%s",
			    class ? f->class : cat ? f->category : "all");
			return true;
		}
	}
	return false;
}

bool
review_quiet(const struct bulla_review *r, int side)
{
	static const char *const counts[] = { "received", "closed", "open" };
	struct review_row row;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (review_get(r, T, side, counts[i]) != 0)
			return false;
	}
	return !review_row(r, side, 1, &row);
}

static void
span(int64_t s, char out[REVIEW_VALUE])
{
	static const struct {
		int64_t secs, max;
		char unit;
	} u[] = { { 1, 100, 's' }, { 60, 100, 'm' }, { 3600, 72, 'h' },
	    { 86400, INT64_MAX, 'd' } };
	size_t i = 0;

	while (s / u[i].secs >= u[i].max)
		i++;
	(void)snprintf(out, REVIEW_VALUE, "%" PRId64 " %c", s / u[i].secs,
	    u[i].unit);
}

void
review_value(enum bulla_figure_unit unit, int64_t value,
    char out[REVIEW_VALUE])
{
	if (unit == BULLA_FIGURE_SECONDS)
		span(value, out);
	else if (unit == BULLA_FIGURE_PERMILLE)
		(void)snprintf(out, REVIEW_VALUE, "%" PRId64 ".%" PRId64 "%%",
		    value / 10, value % 10);
	else
		(void)snprintf(out, REVIEW_VALUE, "%" PRId64, value);
}

void
review_cell(const struct bulla_review *r, const struct review_row *row,
    const struct review_column *c, char out[REVIEW_VALUE])
{
	enum bulla_figure_unit unit = BULLA_FIGURE_COUNT;
	bool known = false;
	int64_t sum = 0;

	for (size_t i = 0; i < 5 && c->figure[i] != NULL; i++) {
		const struct bulla_figure *f = bulla_review_get(r, c->table,
		    row->side, row->class, row->category, c->figure[i]);

		if (f == NULL || !f->known)
			continue;
		known = true;
		unit = f->unit;
		sum += f->value;
	}
	if (known)
		review_value(unit, sum, out);
	else
		(void)snprintf(out, REVIEW_VALUE, "-");
}

int64_t
review_get(const struct bulla_review *r, enum bulla_review_table t, int side,
    const char *name)
{
	const struct bulla_figure *f = bulla_review_get(r, t, side,
	    BULLA_REVIEW_ALL, BULLA_REVIEW_ALL, name);

	return f != NULL && f->known ? f->value : 0;
}
