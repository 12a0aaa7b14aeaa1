#ifndef REVIEW_H
#define REVIEW_H

#include "cmd.h"
#include "cmd_home.h"

#include "bulla/age.h"
#include "bulla/review.h"

/* What the forms of the review share. */
struct review_cmd {
	struct cmd c;
	struct cmd_home m;
	struct bulla_identities desk;
	const char *statement;		/* --statement */
	int64_t from, to, now;		/* 0: not given */
	bool exercise, tsv, html;
	bool agreed;			/* the period ends on an agreed day */
	struct bulla_review r;
	char sha256[65];		/* of the tables that both have */
	struct bulla_buf out;
};
void review_text(struct review_cmd *k);
void review_page(struct review_cmd *k);
/* The whole review as one object. */
struct cmd_json *review_json(const struct review_cmd *k);

/* A column of a table for people: a figure, or a sum of some. */
struct review_column {
	const char *head[2];		/* lines */
	enum bulla_review_table table;
	const char *figure[5];		/* counts are added; ends with NULL */
	const char *about;		/* in words */
};
struct review_block {
	const char *title;
	const struct review_column *column;	/* ends with head NULL */
	unsigned width;				/* of each, in characters */
};
extern const struct review_block review_blocks[];	/* title NULL */
extern const struct review_column review_glance[];	/* both directions */
/*
 * A row of these tables: all, one class, or one category. False at the end
 * of the rows of this side; i from 0.
 */
struct review_row {
	int side;
	const char *class, *category;
	char label[64];
};
bool review_row(const struct bulla_review *r, int side, size_t i,
    struct review_row *out);
/* Nothing was asked by this side: received, closed or open in the period. */
bool review_quiet(const struct bulla_review *r, int side);
#define REVIEW_QUIET "No requests in this period."
extern const char review_style[];	/* of the page */
/* What the words and short forms on the page mean. */
void review_legend(struct bulla_buf *b);
#define REVIEW_VALUE 32u
void review_cell(const struct bulla_review *r, const struct review_row *row,
    const struct review_column *c, char out[REVIEW_VALUE]);
void review_value(enum bulla_figure_unit unit, int64_t value,
    char out[REVIEW_VALUE]);
/* 0 when there is none. */
int64_t review_get(const struct bulla_review *r, enum bulla_review_table t,
    int side, const char *name);

/* Plots: each a figure element with its drawing and the table behind it. */
void review_plot_clocks(struct bulla_buf *b, const struct bulla_review *r,
    int side);
void review_plot_ages(struct bulla_buf *b, const struct bulla_review *r,
    int side);
void review_plot_flow(struct bulla_buf *b, const struct bulla_review *r,
    int side);
void review_plot_months(struct bulla_buf *b, const struct bulla_review *r,
    int side);
void review_plot_custody(struct bulla_buf *b, const struct bulla_review *r,
    int side);
/* A drawing for each package that is shown, and what its letters mean. */
void review_timelines(struct bulla_buf *b, const struct bulla_review *r,
    int side);

/* What they share: width 340, text of 11 units. */
#define PLOT_WIDTH 340
#define PLOT_BLUE "#0072b2"
#define PLOT_RED "#c04a00"
#define PLOT_GREY "#8a8a8a"
void plot_begin(struct bulla_buf *b, const char *title, const char *about,
    int height);
void plot_end(struct bulla_buf *b);
/* anchor: start, middle, end */
void plot_text(struct bulla_buf *b, int x, int y, const char *anchor,
    const char *text);
void plot_line(struct bulla_buf *b, int x1, int y1, int x2, int y2,
    const char *class);
/* After the drawing: the table behind it, until the end of the figure. */
void plot_table(struct bulla_buf *b, const char *const *heads);
void plot_table_end(struct bulla_buf *b);
void plot_cell(struct bulla_buf *b, const char *text);
void plot_cell_num(struct bulla_buf *b, int64_t n);

#endif
