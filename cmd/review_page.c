#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "review.h"

#include "bulla/html.h"
#include "bulla/when.h"

static void
heads(struct bulla_buf *b, const struct review_column *c)
{
	bulla_buf_str(b, "<thead><tr><th scope=\"col\"></th>");
	for (; c->head[1] != NULL; c++) {
		size_t n = strlen(c->head[0]);
		bool joined = n > 0 && c->head[0][n - 1] == '-';

		bulla_buf_str(b, "<th scope=\"col\" title=\"");
		bulla_html_str(b, c->about);
		bulla_buf_fmt(b, "\">%.*s%s%s</th>", (int)(joined ? n - 1 : n),
		    c->head[0], n == 0 || joined ? "" : "<br>", c->head[1]);
	}
	bulla_buf_str(b, "</tr></thead>\n");
}

static void
block(struct review_cmd *k, const struct review_block *bl, int side)
{
	struct bulla_buf *b = &k->out;
	struct review_row row;
	char cell[REVIEW_VALUE];
	bool class = false;

	bulla_buf_fmt(b, "<h3>%s</h3>\n<div class=\"wide\"><table>\n",
	    bl->title);
	heads(b, bl->column);
	for (size_t i = 0; review_row(&k->r, side, i, &row); i++) {
		bulla_buf_fmt(b, "<tr%s>", i == 0 ? " class=\"all\"" :
		    class && strcmp(row.class, BULLA_REVIEW_ALL) == 0 ?
		    " class=\"next\"" : "");
		class = strcmp(row.class, BULLA_REVIEW_ALL) != 0;
		plot_cell(b, row.label);
		for (const struct review_column *c = bl->column;
		    c->head[1] != NULL; c++) {
			review_cell(&k->r, &row, c, cell);
			bulla_buf_fmt(b, "<td>%s</td>", cell);
		}
		bulla_buf_str(b, "</tr>\n");
	}
	bulla_buf_str(b, "</table></div>\n");
}

static void
glance(struct review_cmd *k)
{
	struct bulla_buf *b = &k->out;
	struct review_row row;
	char cell[REVIEW_VALUE];

	bulla_buf_str(b, "<h2>At a glance</h2>\n<div class=\"wide\"><table "
	    "class=\"glance\">\n");
	heads(b, review_glance);
	for (int side = 0; side < 2; side++) {
		if (!review_row(&k->r, side, 0, &row))
			continue;
		bulla_buf_fmt(b, "<tr><th scope=\"row\">%s asks %s</th>",
		    k->r.threads.side[side], k->r.threads.side[1 - side]);
		for (const struct review_column *c = review_glance;
		    c->head[1] != NULL; c++) {
			review_cell(&k->r, &row, c, cell);
			bulla_buf_fmt(b, "<td>%s</td>", cell);
		}
		bulla_buf_str(b, "</tr>\n");
	}
	bulla_buf_str(b, "</table></div>\n");
}

/* Numbers of records, those that follow each other as a range. */
static void
behind(struct bulla_buf *b, const struct bulla_review *r,
    const struct bulla_figure *f)
{
	const uint32_t *v = r->behind + f->first;

	for (size_t i = 0, n; i < f->n; i += n) {
		for (n = 1; i + n < f->n && v[i + n] == v[i] + n;)
			n++;
		bulla_buf_fmt(b, n > 1 ? "%s%" PRIu32 "-%" PRIu32 : "%s%"
		    PRIu32, i > 0 ? " " : "", v[i] + 1,
		    v[i] + (uint32_t)n);
	}
}

/* All figures of all, of each class, and of each category. */
static void
figures(struct bulla_buf *b, const struct bulla_review *r, int side,
    bool own)
{
	size_t i = own ? r->n_common : 0;
	size_t end = own ? r->n_figures : r->n_common;
	char value[REVIEW_VALUE];

	bulla_buf_str(b, "<div class=\"wide\"><table class=\"figures\">\n"
	    "<thead><tr><th scope=\"col\">class</th><th scope=\"col\">"
	    "category</th><th scope=\"col\">figure</th><th scope=\"col\">"
	    "value</th><th scope=\"col\">records</th></tr></thead>\n");
	for (; i < end; i++) {
		const struct bulla_figure *f = &r->figure[i];

		if (f->side != side || f->n == 0 || (
		    strcmp(f->class, BULLA_REVIEW_ALL) != 0 &&
		    strcmp(f->category, BULLA_REVIEW_ALL) != 0))
			continue;
		review_value(f->unit, f->value, value);
		bulla_buf_fmt(b, "<tr><th scope=\"row\">%s</th><td>%s</td>"
		    "<th scope=\"row\">%s</th><td>%s</td><td class=\"ids\">",
		    f->class, f->category, f->name, value);
		behind(b, r, f);
		bulla_buf_str(b, "</td></tr>\n");
	}
	bulla_buf_str(b, "</table></div>\n");
}

static void
handovers(struct bulla_buf *b, const struct bulla_review *r, int side)
{
	char value[REVIEW_VALUE];

	bulla_buf_fmt(b, "<h3>Packages that %s sent</h3>\n"
	    "<div class=\"wide few\"><table>\n", r->threads.side[side]);
	for (size_t i = 0; i < r->n_common; i++) {
		const struct bulla_figure *f = &r->figure[i];

		if (f->table != BULLA_REVIEW_HANDOVERS || f->side != side)
			continue;
		review_value(f->unit, f->value, value);
		bulla_buf_fmt(b, "<tr><th scope=\"row\">%s</th><td>%s</td>"
		    "</tr>\n", f->name, f->known ? value : "-");
	}
	bulla_buf_str(b, "</table></div>\n");
}

static void
asked(struct review_cmd *k, int side)
{
	struct bulla_buf *b = &k->out;

	for (size_t i = 0; review_blocks[i].title != NULL; i++)
		block(k, &review_blocks[i], side);
	bulla_buf_str(b, "<h3>Times against deadlines</h3>\n"
	    "<p>Each mark is a deadline that was decided in the period: met "
	    "in time (circle), met late (triangle), not met at the end "
	    "(square).</p>\n<div class=\"plots\">\n");
	review_plot_clocks(b, &k->r, side);
	bulla_buf_str(b, "</div>\n<h3>Load, flow and custody</h3>\n"
	    "<div class=\"plots pairs\">\n");
	review_plot_ages(b, &k->r, side);
	review_plot_months(b, &k->r, side);
	review_plot_flow(b, &k->r, side);
	review_plot_custody(b, &k->r, side);
	bulla_buf_str(b, "</div>\n");
}

/* Packages may have gone even so: evidence that nobody asked for. */
static void
direction(struct review_cmd *k, int side)
{
	struct bulla_buf *b = &k->out;

	bulla_buf_fmt(b, "<section class=\"side\">\n<h2>%s asks %s</h2>\n",
	    k->r.threads.side[side], k->r.threads.side[1 - side]);
	if (review_quiet(&k->r, side)) {
		bulla_buf_str(b, "<p class=\"quiet\">" REVIEW_QUIET
		    "</p>\n");
		if (review_get(&k->r, BULLA_REVIEW_HANDOVERS, side,
		    "handed-over") > 0)
			review_plot_custody(b, &k->r, side);
	} else {
		asked(k, side);
	}
	review_timelines(b, &k->r, side);
	handovers(b, &k->r, side);
	bulla_buf_str(b, "<details><summary>Every figure, and the records "
	    "behind it</summary>\n");
	figures(b, &k->r, side, false);
	bulla_buf_str(b, "</details>\n</section>\n");
}

static void
remarks(struct bulla_buf *b, const struct bulla_review *r)
{
	if (r->n_remarks == 0) {
		bulla_buf_str(b, "<p>Nothing here shows a record that the "
		    "other side may lack.</p>\n");
		return;
	}
	bulla_buf_fmt(b, "<details%s><summary>%zu records where the other "
	    "side's tables may differ, or that no table counts</summary>\n"
	    "<div class=\"wide\"><table>\n", r->n_remarks <= 30 ? " open" :
	    "", r->n_remarks);
	for (size_t i = 0; i < r->n_remarks; i++) {
		const struct bulla_remark *m = &r->remark[i];
		struct bulla_cur text = bulla_cur_str(m->text);

		bulla_buf_fmt(b, "<tr><th scope=\"row\">%s</th><td class=\""
		    "hex\">%s</td><td class=\"ids\">",
		    bulla_remark_text(m->kind), m->id);
		bulla_html_text(b, &text);
		bulla_buf_str(b, "</td></tr>\n");
	}
	bulla_buf_str(b, "</table></div></details>\n");
}

static void
own(struct review_cmd *k)
{
	const struct bulla_review *r = &k->r;
	char when[BULLA_WHEN_LEN + 1] = "never";

	if (r->last_cosigned != 0)
		bulla_when_text(r->last_cosigned, when);
	bulla_buf_fmt(&k->out, "<section class=\"side\">\n<h2>Only in the "
	    "home of %s</h2>\n<p>The other side cannot repeat this part."
	    "</p>\n<p>Of %" PRIu64 " records in the ledger the other side "
	    "has cosigned %" PRIu64 ", the last time: %s.</p>\n",
	    r->threads.side[r->threads.ours], r->n_ledger, r->n_cosigned,
	    when);
	if (!r->compared)
		bulla_buf_str(&k->out, "<p>This was not compared with the "
		    "other side's statement.</p>\n");
	remarks(&k->out, r);
	bulla_buf_str(&k->out, "<details><summary>The figures</summary>\n");
	figures(&k->out, r, r->threads.ours, true);
	bulla_buf_str(&k->out, "</details>\n</section>\n");
}

static void
records(struct bulla_buf *b, const struct bulla_review *r)
{
	char when[BULLA_WHEN_LEN + 1];

	bulla_buf_fmt(b, "<section class=\"side\">\n<h2>Records</h2>\n"
	    "<details><summary>The %zu records behind the figures, by number"
	    "</summary>\n<div class=\"wide\"><table class=\"records\">\n"
	    "<thead><tr><th scope=\"col\">no.</th><th scope=\"col\">record"
	    "</th><th scope=\"col\">what</th><th scope=\"col\">by</th>"
	    "<th scope=\"col\">time</th></tr></thead>\n", r->n_records);
	for (size_t i = 0; i < r->n_records; i++) {
		const struct bulla_review_record *v = &r->record[i];

		bulla_when_text(v->time, when);
		bulla_buf_fmt(b, "<tr><td>%zu</td><td class=\"hex\">%s</td>"
		    "<td>%s</td><td>%s</td><td>%s</td></tr>\n", i + 1, v->id,
		    v->what, v->by >= 0 ? r->threads.side[v->by] : "-",
		    when);
	}
	bulla_buf_str(b, "</table></div></details>\n</section>\n");
}

/* Nothing was judged by it; what was promised before it went on. */
static void
lapsed(struct review_cmd *k)
{
	const struct bulla_agreement_unused *u = bulla_review_lapsed(&k->r);
	char from[BULLA_WHEN_LEN + 1];
	struct bulla_buf *b = &k->out;

	if (u == NULL)
		return;
	bulla_when_text(u->from, from);
	bulla_buf_fmt(b, "<p class=\"mark\"><b>Lapsed:</b> agreement version "
	    "%" PRIu64 ", to be in force from %s: ", u->version, from);
	bulla_html_str(b, u->why);
	bulla_buf_str(b, "</p>\n");
}

void
review_page(struct review_cmd *k)
{
	char from[BULLA_WHEN_LEN + 1], to[BULLA_WHEN_LEN + 1], title[700];
	struct bulla_buf *b = &k->out;

	bulla_when_text(k->r.from, from);
	bulla_when_text(k->r.to, to);
	(void)snprintf(title, sizeof(title), "Review of the exchange between "
	    "%s and %s", k->r.threads.side[0], k->r.threads.side[1]);
	bulla_html_begin(b, title, review_style);
	bulla_buf_fmt(b, "<h1>%s</h1>\n", title);
	if (k->exercise)
		bulla_buf_str(b, "<p class=\"mark\"><b>EXERCISE</b></p>\n");
	bulla_buf_fmt(b, "<p>From %s until %s%s.</p>\n<p>Recomputed from "
	    "signed records that both sides hold. The tables of both sides "
	    "are the same when this is the same:</p>\n<p class=\"hex\">sha256"
	    " %s</p>\n", from, to, k->agreed ? ", a review day of the "
	    "agreement" : "", k->sha256);
	bulla_buf_str(b, "<p>Times are without the time in which the clock "
	    "stood; p90: nine of ten took no longer. Signatures prove who "
	    "said what, and when both had it; not that it is true. "
	    "What the columns mean is in the legend, near the end.</p>\n");
	lapsed(k);
	glance(k);
	for (int side = 0; side < 2; side++)
		direction(k, side);
	own(k);
	review_legend(b);
	records(b, &k->r);
	bulla_html_end(b);
}
