#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "review.h"

#include "bulla/when.h"

#define LABEL 17	/* columns: with the widest block 80 */
#define REMARKS 20	/* of one kind; -v: all */

static void
heads(struct bulla_buf *b, const struct review_block *k, unsigned line)
{
	size_t pad = LABEL;

	for (const struct review_column *c = k->column; c->head[1] != NULL;
	    c++) {
		pad += k->width - strlen(c->head[line]);
		if (c->head[line][0] == '\0')
			continue;
		bulla_buf_fmt(b, "%*s%s", (int)pad, "", c->head[line]);
		pad = 0;
	}
	bulla_buf_str(b, "\n");
}

static void
block(struct review_cmd *k, const struct review_block *bl, int side)
{
	struct bulla_buf *b = &k->out;
	struct review_row row;
	char cell[REVIEW_VALUE];

	bulla_buf_fmt(b, "\n%s\n", bl->title);
	heads(b, bl, 0);
	heads(b, bl, 1);
	for (size_t i = 0; review_row(&k->r, side, i, &row); i++) {
		bulla_buf_fmt(b, "%-*.*s", LABEL, LABEL - 1, row.label);
		for (const struct review_column *c = bl->column;
		    c->head[1] != NULL; c++) {
			review_cell(&k->r, &row, c, cell);
			bulla_buf_fmt(b, "%*s", (int)bl->width, cell);
		}
		bulla_buf_str(b, "\n");
	}
}

/* All figures of a table for a side that are not nothing, one a line. */
static void
list(struct review_cmd *k, enum bulla_review_table t, int side,
    const char *prefix)
{
	char value[REVIEW_VALUE];

	for (size_t i = 0; i < k->r.n_figures; i++) {
		const struct bulla_figure *f = &k->r.figure[i];

		if (f->table != t || f->side != side || !f->known ||
		    strcmp(f->class, BULLA_REVIEW_ALL) != 0 ||
		    strcmp(f->category, BULLA_REVIEW_ALL) != 0 ||
		    strncmp(f->name, prefix, strlen(prefix)) != 0 ||
		    (f->value == 0 && prefix[0] != '\0'))
			continue;
		review_value(f->unit, f->value, value);
		bulla_buf_fmt(&k->out, "  %-32s%10s\n", f->name, value);
	}
}

static void
direction(struct review_cmd *k, int side)
{
	const char *const *name = (const char *const[]){ k->r.threads.side[0],
	    k->r.threads.side[1] };

	bulla_buf_fmt(&k->out, "\n== %s asks %s\n", name[side],
	    name[1 - side]);
	if (review_quiet(&k->r, side))
		bulla_buf_str(&k->out, "\n" REVIEW_QUIET "\n");
	else
		for (size_t i = 0; review_blocks[i].title != NULL; i++)
			block(k, &review_blocks[i], side);
	if (review_get(&k->r, BULLA_REVIEW_REPLIES, side, "refused") > 0) {
		bulla_buf_str(&k->out, "\nRefusals by ground\n");
		list(k, BULLA_REVIEW_REPLIES, side, "refused-");
	}
	bulla_buf_fmt(&k->out, "\nPackages that %s sent\n", name[side]);
	list(k, BULLA_REVIEW_HANDOVERS, side, "");
}

static void
remarks(struct review_cmd *k)
{
	const struct bulla_review *r = &k->r;
	size_t n = 0;

	for (size_t i = 0; i < r->n_remarks; i++) {
		const struct bulla_remark *m = &r->remark[i];

		n = i > 0 && m->kind == r->remark[i - 1].kind ? n + 1 : 0;
		if (n == 0)
			bulla_buf_fmt(&k->out, "\n%s\n",
			    bulla_remark_text(m->kind));
		if (n < REMARKS || k->c.common.verbose > 0)
			bulla_buf_fmt(&k->out, "  %s\n    %s\n",
			    m->id[0] != '\0' ? m->id : "-", m->text);
		else if (n == REMARKS)
			bulla_buf_str(&k->out, "  ... (-v: all of them)\n");
	}
}

static void
own(struct review_cmd *k)
{
	const struct bulla_review *r = &k->r;
	char when[BULLA_WHEN_LEN + 1];

	bulla_buf_fmt(&k->out, "\n== Only in this home, of %s\n\n",
	    r->threads.side[r->threads.ours]);
	bulla_buf_fmt(&k->out, "  %-32s%10" PRIu64 "\n", "ledger records",
	    r->n_ledger);
	bulla_buf_fmt(&k->out, "  %-32s%10" PRIu64 "\n", "cosigned by the "
	    "other side", r->n_cosigned);
	if (r->last_cosigned != 0) {
		bulla_when_text(r->last_cosigned, when);
		bulla_buf_fmt(&k->out, "  %-22s%s\n", "last cosigned", when);
	}
	list(k, BULLA_REVIEW_OWN, r->threads.ours, "");
	if (!r->compared)
		bulla_buf_str(&k->out, "  not compared with the other side's "
		    "statement (--statement)\n");
	remarks(k);
}

/* What stands in the tables: the same words on both sides. */
static void
lapsed(struct review_cmd *k)
{
	const struct bulla_agreement_unused *u = bulla_review_lapsed(&k->r);
	char from[BULLA_WHEN_LEN + 1];

	if (u == NULL)
		return;
	bulla_when_text(u->from, from);
	bulla_buf_fmt(&k->out, "\nLAPSED: agreement version %" PRIu64 ", to be "
	    "in force from %s\n  %s\n", u->version, from, u->why);
}

void
review_text(struct review_cmd *k)
{
	char from[BULLA_WHEN_LEN + 1], to[BULLA_WHEN_LEN + 1];

	bulla_when_text(k->r.from, from);
	bulla_when_text(k->r.to, to);
	bulla_buf_fmt(&k->out, "%sReview of %s and %s\nfrom %s until %s\n",
	    k->exercise ? "EXERCISE. " : "", k->r.threads.side[0],
	    k->r.threads.side[1], from, to);
	bulla_buf_fmt(&k->out, "sha256 %s\n(of the tables: the same on both "
	    "sides; records behind each figure: --tsv)\n", k->sha256);
	lapsed(k);
	for (int side = 0; side < 2; side++)
		direction(k, side);
	own(k);
}
