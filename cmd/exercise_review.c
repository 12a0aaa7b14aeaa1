#include "exercise.h"

#include "bulla/text.h"
#include "bulla/when.h"

static bool
table(struct drill *d, int side, struct bulla_buf *out)
{
	char from[BULLA_WHEN_LEN + 1], to[BULLA_WHEN_LEN + 1];

	bulla_when_text(d->x->start, from);
	bulla_when_text(d->now, to);
	return drill_run(d, side, "review", DRILL("--exercise", "--tsv",
	    "--from", from, "--to", to), out) == 0;
}

/* The next line of the part that both sides share; each has one of its own. */
static bool
next(struct bulla_cur *c, struct bulla_cur *line)
{
	while (bulla_cur_line(c, line)) {
		if (!bulla_cur_starts(line, "own\t"))
			return true;
	}
	return false;
}

/* A line with spaces where its tabs are. */
static void
show(char *out, size_t cap, const struct bulla_cur *line)
{
	struct bulla_cur rest = *line, word;
	char shown[80];
	size_t n = 0;

	out[0] = '\0';
	while (n < cap - 1 && bulla_cur_until(&rest, '\t', &word))
		n += (size_t)snprintf(out + n, cap - n, "%s ",
		    bulla_text_show(shown, sizeof(shown), &word));
}

static void
compare(struct drill *d, int side, const struct bulla_buf *ours,
    const struct bulla_buf *theirs)
{
	struct bulla_cur a = bulla_buf_view(ours), x;
	struct bulla_cur b = bulla_buf_view(theirs), y;
	struct bulla_cur text;
	char line[512], first[200] = "";
	unsigned n = 0, bad = 0;
	bool one, two;

	while (one = next(&a, &x), two = next(&b, &y), one || two) {
		n++;
		if (one && two && bulla_cur_same(&x, &y))
			continue;
		if (bad++ == 0)
			show(first, sizeof(first), one ? &x : &y);
	}
	drill_tell(d, DRILL_IN, "both sides compute %u lines, of which %u "
	    "differ", n, bad);
	(void)snprintf(line, sizeof(line), "%u of %u lines differ from the "
	    "other side's, first: %s", bad, n, first);
	text = bulla_cur_str(line);
	if (bad > 0)
		drill_find(d, side, "review", 1, &text);
}

void
drill_review(struct drill *d, int side)
{
	struct bulla_buf ours = BULLA_BUF_INIT(DRILL_OUT_MAX);
	struct bulla_buf theirs = BULLA_BUF_INIT(DRILL_OUT_MAX);

	if (table(d, side, &ours) && table(d, !side, &theirs))
		compare(d, side, &ours, &theirs);
	bulla_buf_free(&ours);
	bulla_buf_free(&theirs);
}
