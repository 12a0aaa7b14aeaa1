#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "custody.h"

#include "bulla/enc.h"
#include "bulla/text.h"
#include "bulla/when.h"

/*
 * Two blocks of text: what was done, and who says so. Side by side where there
 * is room for both, else one below the other.
 */
#define MARK 6			/* "A 12  " */
#define LEFT 54			/* columns of the left block */
#define GAP 2
#define RIGHT 36		/* at least: 98 in all */
#define LABEL 13		/* "Held now by  " */
#define EVENT 10		/* "relinquish" */
#define BLOCK_MAX (1u << 16)

static void
put_cell(const struct bulla_cur *text, size_t width)
{
	size_t n = columns_count(text);

	(void)fwrite(text->p, 1, text->len, stdout);
	if (width > n)
		printf("%*s", (int)(width - n), "");
}

static size_t width;		/* of the page */

static bool
is_wide(void)
{
	return width >= MARK + LEFT + GAP + RIGHT;
}

static size_t
right_width(void)
{
	return is_wide() ? width - MARK - LEFT - GAP : width - MARK;
}

static void
put_below(const char *mark, const struct bulla_buf *block)
{
	struct bulla_cur c = bulla_buf_view(block), line;

	for (; columns_next(&c, width - MARK, false, &line); mark = "") {
		printf("%-*s", MARK, mark);
		put_cell(&line, 0);
		putchar('\n');
	}
}

/* Both blocks, line by line, each wrapped to its width. */
static void
put_blocks(const char *mark, const struct bulla_buf *left,
    const struct bulla_buf *right)
{
	struct bulla_cur l = bulla_buf_view(left), r = bulla_buf_view(right);
	struct bulla_cur a, b;
	bool has_a, has_b;

	if (!is_wide()) {
		put_below(mark, left);
		put_below("", right);
		return;
	}
	for (;; mark = "") {
		a = b = bulla_cur_str("");
		has_a = columns_next(&l, LEFT, false, &a);
		has_b = columns_next(&r, right_width(), false, &b);
		if (!has_a && !has_b)
			return;
		printf("%-*s", MARK, mark);
		put_cell(&a, b.len > 0 ? LEFT + GAP : 0);
		put_cell(&b, 0);
		putchar('\n');
	}
}

/* A label and what there is to say, in lines below each other. */
static void
put_said(const char *label, const struct bulla_buf *text)
{
	struct bulla_buf b = BULLA_BUF_INIT(BLOCK_MAX);
	struct bulla_cur c = bulla_buf_view(text);

	columns_put(&b, &c, LABEL, width);
	if (bulla_buf_status(&b) == BULLA_OK)
		printf("%-*s%.*s", LABEL, label, (int)b.len,
		    (const char *)b.p);
	bulla_buf_free(&b);
}

static void
put_when(struct bulla_buf *b, int64_t t)
{
	char s[BULLA_WHEN_LEN + 1];

	bulla_when_text(t, s);
	bulla_buf_fmt(b, "%.10s %.8s", s, s + 11);
}

/* The third time, where there is one. */
static void
put_stamp(struct custody_cmd *k, const struct custody_pair *p,
    const struct bulla_chain_step *s, struct bulla_buf *b)
{
	struct bulla_err err = { 0 };
	struct bulla_tsp t;
	enum bulla_status st = custody_stamped(k, p, s, &t, &err);

	if (st == BULLA_E_NOMATCH)
		return;
	if (st != BULLA_OK) {
		bulla_buf_fmt(b, "\nTIME STAMP: %s", err.msg);
		return;
	}
	bulla_buf_str(b, "\nTimestamped ");
	put_when(b, t.time);
	bulla_buf_fmt(b, " by %s", t.signer);
}

static void
put_officer(struct bulla_buf *b, const struct bulla_link *l)
{
	if (l->c.officer.len == 0)
		bulla_buf_str(b, "(a machine)");
	bulla_buf_cur(b, &l->c.officer);
}

static void
left_block(struct custody_cmd *k, const struct custody_pair *p,
    const struct bulla_chain_step *s, struct bulla_buf *b)
{
	const struct bulla_link *l = s->l;
	int64_t proved = custody_time(k, s);

	put_when(b, l->c.time);
	bulla_buf_str(b, "  ");
	if (proved > 0)
		put_when(b, proved);
	else
		bulla_buf_str(b, "not proved yet     ");
	bulla_buf_fmt(b, "  %-*.*s", is_wide() ? 0 : EVENT, (int)l->c.event.len,
	    (const char *)l->c.event.p);
	if (!is_wide()) {
		bulla_buf_str(b, "  ");
		put_officer(b, l);
	}
	bulla_buf_str(b, "\n");
	custody_words(b, p, l);
	put_stamp(k, p, s, b);
}

/* Name and verdict at both ends of a line; or one after the other. */
static void
put_sig(struct bulla_buf *b, const struct custody_sig *s)
{
	static const char points[] = ". . . . . . . . . . . . . . . . . . ";
	const char *v = custody_verdict_text(s->verdict);
	size_t used = s->name.len + strlen(v) + 2;

	bulla_buf_cur(b, &s->name);
	bulla_buf_str(b, " ");
	if (used < RIGHT)
		bulla_buf_fmt(b, "%.*s", (int)(RIGHT - used),
		    points + s->name.len % 2);
	bulla_buf_fmt(b, " %s", v);
}

static void
right_block(struct custody_cmd *k, const struct bulla_chain_step *s,
    struct bulla_buf *b)
{
	struct custody_sig sig[BULLA_NOTE_SIGS_MAX];
	unsigned n = custody_sigs(k, s, sig);

	if (is_wide())
		put_officer(b, s->l);
	for (unsigned i = 0; i < n; i++) {
		bulla_buf_str(b, i == bulla_chain_persons(&s->l->c) ?
		    "\ncountersigned by\n" : b->len > 0 ? "\n" : "");
		put_sig(b, &sig[i]);
	}
}

static void
put_step(struct custody_cmd *k, const struct custody_pair *p,
    const struct bulla_chain_step *s)
{
	struct bulla_buf left = BULLA_BUF_INIT(BLOCK_MAX), right = left;
	char mark[16];

	(void)snprintf(mark, sizeof(mark), s->l->c.has_seal ? "%c %u" :
	    "%c -", custody_letter(p, s->side), (unsigned)s->l->c.sequence);
	left_block(k, p, s, &left);
	right_block(k, s, &right);
	put_blocks(mark, &left, &right);
	putchar('\n');
	bulla_buf_free(&left);
	bulla_buf_free(&right);
}

static void
put_holder(const struct custody_pair *p)
{
	const struct bulla_chain_holder *h = &p->holder;
	struct bulla_buf b = BULLA_BUF_INIT(BLOCK_MAX);

	if (h->disposed)
		bulla_buf_str(&b, "nobody: it was disposed of");
	else if (h->agency[0] == '\0')
		bulla_buf_str(&b, "not known: no note says who has it");
	else
		bulla_buf_str(&b, h->agency);
	if (h->by != NULL && h->by->c.officer.len > 0) {
		bulla_buf_str(&b, h->disposed ? " by " : ", ");
		bulla_buf_cur(&b, &h->by->c.officer);
	}
	if (h->by != NULL) {
		bulla_buf_str(&b, " (");
		custody_name(&b, p, h->by->digest);
		bulla_buf_fmt(&b, ", %.*s, ", (int)h->by->c.event.len,
		    (const char *)h->by->c.event.p);
		put_when(&b, h->by->c.time);
		bulla_buf_str(&b, " claimed)");
	}
	put_said("Held now by", &b);
	bulla_buf_free(&b);
}

/* Where the last handover stands, in words. */
static const char *
handover(const struct bulla_chain_holder *h)
{
	struct bulla_cur v;

	if (h->handover)
		return "under way: relinquished, and not received yet, so not "
		    "moved";
	if (h->by == NULL || !bulla_cur_is(&h->by->c.event, "receive"))
		return "none yet";
	if (h->countersigned)
		return "complete: relinquished, received, countersigned";
	if (!bulla_custody_get(&h->by->c, "relinquish", &v))
		return "received, with no relinquish note that it answers";
	return "relinquished and received; NOT countersigned yet";
}

/* The last that was done by whoever has it. */
static void
put_last(const struct custody_pair *p)
{
	const struct bulla_link *l = NULL;
	struct bulla_buf b = BULLA_BUF_INIT(BLOCK_MAX);

	for (size_t i = 0; i < p->n_steps; i++) {
		if (p->step[i].side == p->holder.side)
			l = p->step[i].l;
	}
	if (l == NULL || l == p->holder.by)
		return;
	custody_name(&b, p, l->digest);
	bulla_buf_str(&b, ", ");
	bulla_buf_cur(&b, &l->c.event);
	bulla_buf_str(&b, l->c.officer.len > 0 ? ", " : "");
	bulla_buf_cur(&b, &l->c.officer);
	put_said("Last act", &b);
	bulla_buf_free(&b);
}

static void
put_package(const struct custody_pair *p)
{
	struct bulla_buf b = BULLA_BUF_INIT(BLOCK_MAX);
	struct bulla_cur v;

	if (custody_sum(p, &v)) {
		bulla_buf_str(&b, "Package sha256 ");
		bulla_buf_cur(&b, &v);
		bulla_buf_str(&b, "\n");
	}
	if (p->step[0].l->c.has_seal) {
		bulla_buf_str(&b, "Seal sha256    ");
		bulla_hex_put(&b, p->step[0].l->c.seal, 32);
		bulla_buf_str(&b, "\n");
	}
	if (bulla_buf_status(&b) == BULLA_OK && b.len > 0)
		(void)fwrite(b.p, 1, b.len, stdout);
	bulla_buf_free(&b);
}

static void
put_chain(const struct custody_pair *p, const struct bulla_chain *c,
    enum bulla_side side)
{
	struct bulla_cur a = bulla_cur_str("nobody");

	if (c->n > 0)
		a = bulla_keyname_agency(&c->v[0].c.actor);
	else if (c->n_apart > 0)
		a = bulla_keyname_agency(&c->apart[0].c.actor);
	printf("  %c = ", custody_letter(p, side));
	put_cell(&a, 0);
	printf(" (%s, %zu note%s)", side == BULLA_OURS ? "ours" : "theirs",
	    c->n + c->n_apart, c->n + c->n_apart == 1 ? "" : "s");
}

static void
put_findings(struct custody_cmd *k, const struct custody_pair *p)
{
	struct bulla_cur all = bulla_buf_view(&p->findings), line, part;
	size_t n = 0;

	while (bulla_cur_line(&all, &line))
		n++;
	if (k->m.h.trust == NULL)
		printf("Check        %s signatures not checked: no roster in "
		    "this home\n", n == 0 ? "order and links hold;" :
		    "FAILED;");
	else
		printf("Check        %s\n", n == 0 ? "links, order, "
		    "signatures and roles hold" : "FAILED:");
	all = bulla_buf_view(&p->findings);
	while (bulla_cur_line(&all, &line)) {
		while (columns_next(&line, width - LABEL, false, &part)) {
			printf("           ! ");
			put_cell(&part, 0);
			putchar('\n');
		}
	}
}

static void
put_legend(void)
{
	struct bulla_buf b = BULLA_BUF_INIT(BLOCK_MAX);
	const struct bulla_cur c = bulla_cur_str("Claimed: by the signer's "
	    "own clock. Proved: by when the counterpart's witness had "
	    "cosigned a ledger that holds the note. Timestamped: when a "
	    "time-stamp authority saw the note's text.\nA signature proves "
	    "who said it and not that it is true.");

	columns_put(&b, &c, 0, width);
	if (bulla_buf_cstr(&b) != NULL)
		printf("%s", (const char *)b.p);
	bulla_buf_free(&b);
}

int
custody_page(struct custody_cmd *k, const struct custody_pair *p)
{
	enum bulla_side first = p->step[0].side;

	width = columns_of_stdout();
	printf("CUSTODY OF PACKAGE %s\n%s\n", p->id, p->exercise ?
	    "EXERCISE: this is no evidence.\n" : "");
	put_holder(p);
	put_last(p);
	put_package(p);
	printf("Handover     %s\n", handover(&p->holder));
	put_findings(k, p);
	printf("Sides      ");
	put_chain(p, first == BULLA_OURS ? &p->ours : &p->theirs, first);
	printf("\n           ");
	put_chain(p, first == BULLA_OURS ? &p->theirs : &p->ours,
	    first == BULLA_OURS ? BULLA_THEIRS : BULLA_OURS);
	printf("\n\n%-*s%-21s%-21s%-*s%s\n", MARK, "Note", "Claimed (UTC)",
	    "Proved (UTC)", is_wide() ? LEFT + GAP - 42 : EVENT + 2,
	    "Event", is_wide() ? "Who, and whose signatures" :
	    "Who, signatures");
	for (size_t i = 0; i < width; i++)
		putchar('-');
	putchar('\n');
	for (size_t i = 0; i < p->n_steps; i++)
		put_step(k, p, &p->step[i]);
	put_legend();
	return CMD_YES;
}
