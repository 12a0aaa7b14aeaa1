#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "review.h"

/*
 * Times against deadlines: a dot for each deadline that was decided in the
 * period, so many as "in-time" and "late" count. Where it stands is the time
 * taken as a part of the time agreed.
 */
#define LEFT 110		/* where 0 % is */
#define SPAN 178		/* units to 200 % */
#define FAR (LEFT + SPAN + 32)	/* all beyond that */
#define ROW 34
#define TOP 26

struct clocks {
	struct bulla_buf *b;
	const struct bulla_review *r;
	int side;
	const char *key, *title;
	const struct bulla_clock *(*of)(const struct bulla_thread *t);
};

static const struct bulla_clock *
acknowledge(const struct bulla_thread *t)
{
	return &t->acknowledge;
}

static const struct bulla_clock *
first(const struct bulla_thread *t)
{
	return &t->first;
}

static const struct bulla_clock *
final(const struct bulla_thread *t)
{
	return &t->final;
}

static bool
is_in(const struct bulla_review *r, int64_t t)
{
	return t >= r->from && t < r->to;
}

/* The rules of the figures: docs/FORMAT.md 10.8. */
static bool
is_decided(const struct bulla_review *r, const struct bulla_clock *c)
{
	if (c->state == BULLA_CLOCK_IN_TIME)
		return is_in(r, c->done);
	return (c->state == BULLA_CLOCK_LATE ||
	    c->state == BULLA_CLOCK_OVERDUE ||
	    c->state == BULLA_CLOCK_MISSED) && is_in(r, c->due + 1);
}

static void
mark(struct bulla_buf *b, const struct bulla_clock *c, int x, int y)
{
	if (c->state == BULLA_CLOCK_IN_TIME)
		bulla_buf_fmt(b, "<circle class=\"dot in\" cx=\"%d\" "
		    "cy=\"%d\" r=\"3\">", x, y);
	else if (c->done != 0)
		bulla_buf_fmt(b, "<path class=\"dot late\" d=\"M%d %dl4 7h-8z"
		    "\">", x, y - 4);
	else
		bulla_buf_fmt(b, "<rect class=\"dot open\" x=\"%d\" y=\"%d\" "
		    "width=\"6\" height=\"6\">", x - 3, y - 3);
}

static void
dot(const struct clocks *p, const struct bulla_thread *t, int row, int lane)
{
	const struct bulla_clock *c = p->of(t);
	int64_t until = c->done != 0 ? c->done : p->r->to;
	int64_t took = until - t->start, agreed = c->due - t->start;
	/* in time while the clock stood: there was no deadline then */
	int64_t part = agreed > 0 ? took * 100 / agreed : 100;
	char took_text[REVIEW_VALUE], agreed_text[REVIEW_VALUE];
	int x = part > 200 ? FAR + lane % 3 * 5 - 5 : LEFT + (int)part *
	    SPAN / 200;

	review_value(BULLA_FIGURE_SECONDS, took, took_text);
	review_value(BULLA_FIGURE_SECONDS, agreed > 0 ? agreed : took,
	    agreed_text);
	mark(p->b, c, x, TOP + row * ROW + 7 + lane * 5);
	bulla_buf_fmt(p->b, "<title>%s: %s of %s%s</title></%s>\n",
	    t->event[0].id, took_text, agreed_text, c->done == 0 ?
	    ", not done" : "", c->state == BULLA_CLOCK_IN_TIME ? "circle" :
	    c->done != 0 ? "path" : "rect");
}

static bool
is_of(const struct clocks *p, const struct bulla_thread *t,
    const char *class)
{
	const char *of = t->event[0].urgency;

	return t->asker == p->side && t->start != 0 && strcmp(of[0] != '\0' ?
	    of : BULLA_REVIEW_NONE, class) == 0 && is_decided(p->r,
	    p->of(t));
}

/* The class in row i, from 0, that has any; NULL: no more. */
static const char *
class_of(const struct clocks *p, int i)
{
	struct review_row row;

	for (size_t k = 1; review_row(p->r, p->side, k, &row); k++) {
		bool any = false;

		if (strcmp(row.class, BULLA_REVIEW_ALL) == 0)
			break;
		for (size_t t = 0; t < p->r->threads.n && !any; t++)
			any = is_of(p, &p->r->threads.v[t], row.class);
		if (any && i-- == 0)
			return row.class;
	}
	return NULL;
}

static void
draw_row(const struct clocks *p, const char *class, int i)
{
	int y = TOP + i * ROW, lane = 0;

	plot_text(p->b, 0, y + 20, "start", class);
	plot_line(p->b, LEFT, y + ROW, PLOT_WIDTH, y + ROW, "grid");
	for (size_t t = 0; t < p->r->threads.n; t++) {
		if (!is_of(p, &p->r->threads.v[t], class))
			continue;
		dot(p, &p->r->threads.v[t], i, lane);
		lane = (lane + 2) % 5;
	}
}

static void
axis(const struct clocks *p, int rows)
{
	int end = TOP + rows * ROW;

	for (int part = 0; part <= 200; part += 50) {
		char text[16];
		int x = LEFT + part * SPAN / 200;

		(void)snprintf(text, sizeof(text), "%d%%", part);
		plot_line(p->b, x, TOP, x, end, part == 100 ? "due" : "grid");
		plot_text(p->b, x, end + 14, "middle", text);
	}
	plot_text(p->b, FAR, end + 14, "middle", "more");
	plot_text(p->b, LEFT + SPAN / 2, 18, "middle", "deadline");
	plot_text(p->b, LEFT, end + 30, "start", "of the time agreed");
}

static void
numbers(const struct clocks *p, int rows)
{
	static const char *const heads[] = { "class", "in time", "late",
	    "not done yet", NULL };

	plot_table(p->b, heads);
	for (int i = 0; i < rows; i++) {
		const char *class = class_of(p, i);
		int64_t n[3] = { 0 };

		for (size_t t = 0; t < p->r->threads.n; t++) {
			const struct bulla_thread *th = &p->r->threads.v[t];
			const struct bulla_clock *c = p->of(th);

			if (is_of(p, th, class))
				n[c->state == BULLA_CLOCK_IN_TIME ? 0 :
				    c->done != 0 ? 1 : 2]++;
		}
		bulla_buf_str(p->b, "<tr>");
		plot_cell(p->b, class);
		for (int k = 0; k < 3; k++)
			plot_cell_num(p->b, n[k]);
		bulla_buf_str(p->b, "</tr>\n");
	}
	plot_table_end(p->b);
}

static void
draw(const struct clocks *p)
{
	int rows = 0;

	while (class_of(p, rows) != NULL)
		rows++;
	if (rows == 0)
		return;
	bulla_buf_fmt(p->b, "<!-- clock %s of side %d -->\n", p->key,
	    p->side);
	plot_begin(p->b, p->title, "", TOP + rows * ROW + 36);
	axis(p, rows);
	for (int i = 0; i < rows; i++)
		draw_row(p, class_of(p, i), i);
	numbers(p, rows);
	plot_end(p->b);
}

void
review_plot_clocks(struct bulla_buf *b, const struct bulla_review *r,
    int side)
{
	draw(&(struct clocks){ b, r, side, "acknowledge",
	    "Acknowledged.", acknowledge });
	draw(&(struct clocks){ b, r, side, "first",
	    "First substantive answer.", first });
	draw(&(struct clocks){ b, r, side, "final", "Final answer.",
	    final });
}
