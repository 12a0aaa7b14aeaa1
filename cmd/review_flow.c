#include <stdio.h>
#include <string.h>

#include "review.h"

#include "bulla/when.h"

/* Ageing of what is open; what came in and went out, by kind and month. */
#define DAY INT64_C(86400)
#define LEFT 110
#define AGES 5
#define TOP 8

enum { RUNNING, STOPPED, OVERDUE, STATES };
static const char *const age_text[AGES] = { "under 1 day", "1 to 7 days",
    "7 to 30 days", "30 to 90 days", "over 90 days" };
static const char *const state_class[STATES] = { "run", "stop", "over" };

static unsigned
age_of(int64_t age)
{
	return age < DAY ? 0 : age < 7 * DAY ? 1 : age < 30 * DAY ? 2 :
	    age < 90 * DAY ? 3 : 4;
}

static unsigned
state_of(const struct bulla_thread *t)
{
	if (t->acknowledge.state == BULLA_CLOCK_OVERDUE ||
	    t->first.state == BULLA_CLOCK_OVERDUE ||
	    t->final.state == BULLA_CLOCK_OVERDUE)
		return OVERDUE;
	return t->state == BULLA_THREAD_STOPPED ? STOPPED : RUNNING;
}

static void
bars(struct bulla_buf *b, int64_t n[AGES][STATES])
{
	int64_t most = 1;

	for (unsigned i = 0; i < AGES; i++) {
		int64_t sum = n[i][RUNNING] + n[i][STOPPED] + n[i][OVERDUE];

		most = sum > most ? sum : most;
	}
	for (unsigned i = 0; i < AGES; i++) {
		int x = LEFT, y = TOP + (int)i * 26;
		int64_t sum = 0;
		char text[32];

		plot_text(b, 0, y + 14, "start", age_text[i]);
		for (unsigned s = 0; s < STATES; s++) {
			int w = (int)(n[i][s] * 195 / most);

			sum += n[i][s];
			if (n[i][s] == 0)
				continue;
			bulla_buf_fmt(b, "<rect class=\"%s\" x=\"%d\" y=\"%d"
			    "\" width=\"%d\" height=\"18\"/>\n",
			    state_class[s], x, y, w < 2 ? 2 : w);
			x += w < 2 ? 2 : w;
		}
		(void)snprintf(text, sizeof(text), "%lld", (long long)sum);
		plot_text(b, x + 5, y + 14, "start", text);
	}
}

static void
legend(struct bulla_buf *b, int y)
{
	static const char *const text[STATES] = { "clock runs",
	    "clock stands", "overdue" };

	for (int s = 0; s < STATES; s++) {
		bulla_buf_fmt(b, "<rect class=\"%s\" x=\"%d\" y=\"%d\" "
		    "width=\"11\" height=\"11\"/>\n", state_class[s],
		    s * 110, y);
		plot_text(b, s * 110 + 16, y + 10, "start", text[s]);
	}
}

void
review_plot_ages(struct bulla_buf *b, const struct bulla_review *r, int side)
{
	static const char *const heads[] = { "age", "clock runs",
	    "clock stands", "overdue", NULL };
	int64_t n[AGES][STATES] = { { 0 } };

	for (size_t i = 0; i < r->threads.n; i++) {
		const struct bulla_thread *t = &r->threads.v[i];

		if (t->asker == side && t->start != 0 && r->settled[i] == 0)
			n[age_of(r->to - t->start)][state_of(t)]++;
	}
	plot_begin(b, "Open requests by age.", "At the end of the period.",
	    TOP + AGES * 26 + 22);
	bars(b, n);
	legend(b, TOP + AGES * 26 + 6);
	plot_table(b, heads);
	for (unsigned i = 0; i < AGES; i++) {
		bulla_buf_str(b, "<tr>");
		plot_cell(b, age_text[i]);
		for (unsigned s = 0; s < STATES; s++)
			plot_cell_num(b, n[i][s]);
		bulla_buf_str(b, "</tr>\n");
	}
	plot_table_end(b);
	plot_end(b);
}

/* --- by class and category */
#define COLUMNS 8u
#define CELL 30

static int64_t
received(const struct bulla_review *r, int side, const char *class,
    const char *category)
{
	const struct bulla_figure *f = bulla_review_get(r,
	    BULLA_REVIEW_TIMELINESS, side, class, category, "received");

	return f != NULL ? f->value : 0;
}

/* Rows of the tables: of classes, or of categories. */
static size_t
names(const struct bulla_review *r, int side, bool class,
    const char *out[33])
{
	struct review_row row;
	size_t n = 0;

	for (size_t i = 1; review_row(r, side, i, &row) && n < 32; i++) {
		bool is = strcmp(row.class, BULLA_REVIEW_ALL) != 0;

		if (is == class)
			out[n++] = is ? row.class : row.category;
	}
	return n;
}

static void
square(struct bulla_buf *b, int x, int y, int64_t n, int64_t most)
{
	char text[32];
	int w = 4;

	if (n == 0) {
		plot_text(b, x + CELL / 2, y + 19, "middle", "\xc2\xb7");
		return;
	}
	while (w < CELL - 3 && (int64_t)(w * w) * most < n *
	    (int64_t)((CELL - 3) * (CELL - 3)))
		w++;
	bulla_buf_fmt(b, "<rect class=\"cell\" x=\"%d\" y=\"%d\" "
	    "width=\"%d\" height=\"%d\"/>\n", x + (CELL - w) / 2,
	    y + (CELL - w) / 2, w, w);
	(void)snprintf(text, sizeof(text), "%lld", (long long)n);
	plot_text(b, x + CELL / 2, y + 19, "middle", text);
}

static void
flow_numbers(struct bulla_buf *b, const struct bulla_review *r, int side,
    const char *const *class, const char *const *cat)
{
	static const char *const heads[] = { "class", "category", "received",
	    "closed", NULL };

	plot_table(b, heads);
	for (; *class != NULL; class++) {
		for (const char *const *c = cat; *c != NULL; c++) {
			const struct bulla_figure *f = bulla_review_get(r,
			    BULLA_REVIEW_TIMELINESS, side, *class, *c,
			    "closed");

			if (f == NULL)
				continue;
			bulla_buf_str(b, "<tr>");
			plot_cell(b, *class);
			plot_cell(b, *c);
			plot_cell_num(b, received(r, side, *class, *c));
			plot_cell_num(b, f->value);
			bulla_buf_str(b, "</tr>\n");
		}
	}
	plot_table_end(b);
}

void
review_plot_flow(struct bulla_buf *b, const struct bulla_review *r, int side)
{
	const char *class[33] = { 0 }, *cat[33] = { 0 };
	size_t rows = names(r, side, true, class);
	size_t columns = names(r, side, false, cat);
	int64_t most = 1;
	int head = 84;

	if (rows == 0)
		return;
	for (size_t i = 0; i < rows * columns; i++) {
		int64_t n = received(r, side, class[i / columns],
		    cat[i % columns]);

		most = n > most ? n : most;
	}
	plot_begin(b, "What was asked.", "Requests received, by class and "
	    "crime category; the area of a square is their number.", head +
	    (int)rows * CELL + 4);
	for (size_t k = 0; k < columns && k < COLUMNS; k++)
		bulla_buf_fmt(b, "<text transform=\"translate(%d %d) "
		    "rotate(-45)\">%s</text>\n", LEFT + 16 + (int)k * CELL,
		    head - 4, cat[k]);
	for (size_t i = 0; i < rows; i++) {
		int y = head + (int)i * CELL;

		plot_text(b, 0, y + 19, "start", class[i]);
		for (size_t k = 0; k < columns && k < COLUMNS; k++)
			square(b, LEFT + 4 + (int)k * CELL, y, received(r, side,
			    class[i], cat[k]), most);
	}
	flow_numbers(b, r, side, class, cat);
	plot_end(b);
}
