#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "review.h"

#include "bulla/when.h"

/* Over time: what came in and was closed, and how packages travelled. */
#define DAY INT64_C(86400)
#define BINS 13u
#define LEFT 30
#define SPAN 300
#define HIGH 110
#define TOP 16

/* Calendar months of UTC, weeks, or days: what gives at most twelve bins. */
struct bins {
	int64_t at[BINS + 1];
	size_t n;
	const char *what;
};

static int64_t
next_month(int64_t t)
{
	char day[11], text[BULLA_WHEN_LEN + 1];

	bulla_when_text(t, text);
	(void)snprintf(day, sizeof(day), "%.10s", text);
	for (t = (t / DAY + 1) * DAY;; t += DAY) {
		bulla_day_text(t / DAY, day);
		if (day[8] == '0' && day[9] == '1')
			return t;
	}
}

static void
make_bins(const struct bulla_review *r, struct bins *b)
{
	int64_t len = r->to - r->from, at = r->from;

	b->what = len <= 12 * DAY ? "day" : len <= 84 * DAY ? "week" :
	    "month";
	for (b->n = 0; at < r->to && b->n < BINS; b->n++) {
		b->at[b->n] = at;
		at = len <= 12 * DAY ? at + DAY : len <= 84 * DAY ?
		    at + 7 * DAY : next_month(at);
	}
	b->at[b->n] = r->to;
}

static void
count(const struct bulla_review *r, int side, const struct bins *b,
    int64_t n[BINS][2])
{
	for (size_t i = 0; i < r->threads.n; i++) {
		const struct bulla_thread *t = &r->threads.v[i];

		for (size_t k = 0; k < b->n && t->asker == side &&
		    t->start != 0; k++) {
			n[k][0] += t->start >= b->at[k] &&
			    t->start < b->at[k + 1];
			n[k][1] += r->settled[i] >= b->at[k] &&
			    r->settled[i] < b->at[k + 1];
		}
	}
}

static void
pair(struct bulla_buf *b, int x, int w, const int64_t n[2], int64_t most)
{
	static const char *const class[] = { "run", "stop" };
	char text[32];

	for (int k = 0; k < 2; k++) {
		int high = (int)(n[k] * HIGH / most);
		int at = x + 1 + k * (w / 2 - 1);

		bulla_buf_fmt(b, "<rect class=\"%s\" x=\"%d\" y=\"%d\" "
		    "width=\"%d\" height=\"%d\"/>\n", class[k], at,
		    TOP + HIGH - high, w / 2 - 2, high);
		(void)snprintf(text, sizeof(text), "%" PRId64, n[k]);
		if (w >= 28)
			plot_text(b, at + w / 4 - 1, TOP + HIGH - high - 3,
			    "middle", text);
	}
}

static void
label(const struct bins *bins, size_t i, char out[11])
{
	bulla_day_text(bins->at[i] / DAY, out);
	if (bins->what[0] == 'm')
		out[7] = '\0';
}

void
review_plot_months(struct bulla_buf *b, const struct bulla_review *r,
    int side)
{
	static const char *const heads[] = { "from", "received", "closed",
	    NULL };
	int64_t n[BINS][2] = { { 0 } }, most = 1;
	struct bins bins;
	char day[11];
	int w;

	make_bins(r, &bins);
	count(r, side, &bins, n);
	for (size_t i = 0; i < bins.n; i++)
		most = n[i][0] > most ? n[i][0] : n[i][1] > most ? n[i][1] :
		    most;
	w = SPAN / (int)bins.n > 90 ? 90 : SPAN / (int)bins.n;
	plot_begin(b, "Flow.", "Received (dark) and closed (light), by month,"
	    " week or day.", TOP + HIGH + 22);
	for (size_t i = 0; i < bins.n; i++) {
		pair(b, LEFT + (int)i * w, w, n[i], most);
		label(&bins, i, day);
		plot_text(b, LEFT + (int)i * w + w / 2, TOP + HIGH + 14,
		    "middle", day + 5);
	}
	plot_line(b, LEFT, TOP + HIGH, LEFT + w * (int)bins.n, TOP + HIGH,
	    "base");
	plot_table(b, heads);
	for (size_t i = 0; i < bins.n; i++) {
		label(&bins, i, day);
		bulla_buf_str(b, "<tr>");
		plot_cell(b, day);
		plot_cell_num(b, n[i][0]);
		plot_cell_num(b, n[i][1]);
		bulla_buf_str(b, "</tr>\n");
	}
	plot_table_end(b);
	plot_end(b);
}

/* --- custody: when handed over, and how long until the receipt */
#define LEVELS 6u
static const int64_t level[LEVELS] = { 1, 60, 3600, DAY, 7 * DAY, 30 * DAY };
static const char *const level_text[LEVELS] = { "1 s", "1 m", "1 h", "1 d",
    "1 w", "30 d" };
#define STEP 24
#define NONE_Y (TOP + 8)
#define LOW_Y (NONE_Y + 26 + (int)(LEVELS - 1) * STEP)

/* Between two levels in proportion. */
static int
height_of(int64_t took)
{
	unsigned i = 0;

	if (took <= 1)
		return LOW_Y;
	while (i + 2 < LEVELS && took >= level[i + 1])
		i++;
	if (took > level[LEVELS - 1])
		took = level[LEVELS - 1];
	return LOW_Y - (int)i * STEP - (int)((took - level[i]) * STEP /
	    (level[i + 1] - level[i]));
}

static void
package(struct bulla_buf *b, const struct bulla_review *r,
    const struct bulla_handover_seen *h)
{
	int64_t from = h->handed < r->from ? r->from : h->handed;
	int x = LEFT + 10 + (int)((from - r->from) * (SPAN - 12) /
	    (r->to - r->from));
	char took[REVIEW_VALUE];

	if (h->received != 0) {
		review_value(BULLA_FIGURE_SECONDS, h->received > h->handed ?
		    h->received - h->handed : 0, took);
		bulla_buf_fmt(b, "<circle class=\"package %s\" cx=\"%d\" "
		    "cy=\"%d\" r=\"%d\"><title>%s: %s%s</title></circle>\n",
		    h->disputed != 0 ? "open" : "in", x, height_of(
		    h->received - h->handed), h->disputed != 0 ? 5 : 2, h->id,
		    took, h->disputed != 0 ? ", disputed" : "");
		return;
	}
	bulla_buf_fmt(b, "<path class=\"package %s\" d=\"M%d %dl8 8m0 -8l-8 8"
	    "\"><title>%s: %s</title></path>\n", "cross", x - 4, NONE_Y - 4,
	    h->id, h->rejected != 0 ? "rejected" : "no receipt");
}

/* In the period, or still without an answer. */
static bool
is_shown(const struct bulla_review *r, const struct bulla_handover_seen *h,
    int side)
{
	return h->by == side && h->handed != 0 && (h->handed >= r->from ||
	    (h->received == 0 && h->rejected == 0));
}

static void
custody_numbers(struct bulla_buf *b, const struct bulla_review *r, int side)
{
	static const char *const heads[] = { "package", "handed over",
	    "what became of it", NULL };

	plot_table(b, heads);
	for (size_t i = 0; i < r->n_handovers; i++) {
		const struct bulla_handover_seen *h = &r->handover[i];
		char when[BULLA_WHEN_LEN + 1];

		if (!is_shown(r, h, side) || (h->received != 0 &&
		    h->disputed == 0))
			continue;
		bulla_when_text(h->handed, when);
		bulla_buf_fmt(b, "<tr><th scope=\"row\" class=\"hex\">%s"
		    "</th><td>%s</td><td>%s</td></tr>\n", h->id, when,
		    h->disputed != 0 ? "disputed" : h->rejected != 0 ?
		    "rejected" : "no receipt");
	}
	bulla_buf_str(b, "<tr>");
	plot_cell(b, "all others");
	bulla_buf_str(b, "<td></td><td>received; see arrival-median and "
	    "arrival-p90</td></tr>\n");
	plot_table_end(b);
}

void
review_plot_custody(struct bulla_buf *b, const struct bulla_review *r,
    int side)
{
	char day[11];

	plot_begin(b, "Custody.", "Each package by the day it was handed "
	    "over and the time until its receipt; crosses have none, rings "
	    "are disputed.", LOW_Y + 24);
	plot_text(b, 0, NONE_Y + 4, "start", "none");
	for (unsigned i = 0; i < LEVELS; i++) {
		int y = LOW_Y - (int)i * STEP;

		plot_text(b, 0, y + 4, "start", level_text[i]);
		plot_line(b, LEFT + 4, y, PLOT_WIDTH, y, "grid");
	}
	for (size_t i = 0; i < r->n_handovers; i++) {
		if (is_shown(r, &r->handover[i], side))
			package(b, r, &r->handover[i]);
	}
	bulla_day_text(r->from / DAY, day);
	plot_text(b, LEFT + 4, LOW_Y + 18, "start", day);
	bulla_day_text(r->to / DAY, day);
	plot_text(b, PLOT_WIDTH, LOW_Y + 18, "end", day);
	custody_numbers(b, r, side);
	plot_end(b);
}
