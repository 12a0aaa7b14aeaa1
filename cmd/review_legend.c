#include <string.h>

#include "review.h"

#include "bulla/html.h"

/* What the heads of columns and the short forms on the page stand for. */

static const char *const words[][2] = {
	{ "s, m, h, d", "seconds, minutes, hours, days of 24 hours" },
	{ "median", "half of them took no longer" },
	{ "p90", "nine of ten took no longer" },
	{ "-", "there is nothing that could be counted or measured" },
	{ "all", "all classes and categories together; in lists of figures *" },
	{ "class", "how urgent, by the classes of the agreement; -: none, "
	    "or one that was not agreed then" },
	{ "category", "of crime, as the request says; ?: its document cannot "
	    "be read here" },
	{ "record", "the id of a package, 32 digits, or the sha256 of a "
	    "signed note, 64" },
	{ "cosigned", "a signature of the other side's witness under a list "
	    "that has this record" },
};

static void
entry(struct bulla_buf *b, const char *first, const char *second,
    const char *about)
{
	const size_t n = strlen(first);
	const bool joined = n > 0 && first[n - 1] == '-';

	bulla_buf_fmt(b, "<div><dt>%.*s%s", (int)(joined ? n - 1 : n), first,
	    n == 0 || joined ? "" : " ");
	bulla_html_str(b, second);
	bulla_buf_str(b, "</dt><dd>");
	bulla_html_str(b, about);
	bulla_buf_str(b, "</dd></div>\n");
}

/* The same words about the same head stood above. */
static bool
is_again(const struct review_column *all, const struct review_column *c)
{
	for (; all != c; all++) {
		if (strcmp(all->head[0], c->head[0]) == 0 &&
		    strcmp(all->head[1], c->head[1]) == 0)
			return true;
	}
	return false;
}

void
review_legend(struct bulla_buf *b)
{
	const struct review_block *bl = review_blocks;

	bulla_buf_str(b, "<section>\n<h2>Legend</h2>\n<h3>Short forms</h3>\n"
	    "<dl class=\"legend\">\n");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		entry(b, "", words[i][0], words[i][1]);
	bulla_buf_str(b, "</dl>\n");
	for (; bl->title != NULL; bl++) {
		bulla_buf_fmt(b, "<h3>%s</h3>\n<dl class=\"legend\">\n",
		    bl->title);
		for (const struct review_column *c = bl->column;
		    c->head[1] != NULL; c++) {
			if (!is_again(bl->column, c))
				entry(b, c->head[0], c->head[1], c->about);
		}
		bulla_buf_str(b, "</dl>\n");
	}
	bulla_buf_str(b, "<p>docs/FORMAT.md, 10.8, has the rule of every "
	    "figure.</p>\n</section>\n");
}
