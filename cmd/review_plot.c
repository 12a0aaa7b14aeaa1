#include <inttypes.h>

#include "review.h"

#include "bulla/html.h"

/*
 * Drawings are 340 units wide with text of 11, so that they can be read on a
 * telephone and stand side by side on paper. What tells two things apart is
 * never colour alone. Behind each stands its table.
 */
void
plot_begin(struct bulla_buf *b, const char *title, const char *about,
    int height)
{
	bulla_buf_str(b, "<figure>\n<figcaption><b>");
	bulla_html_str(b, title);
	bulla_buf_str(b, "</b> ");
	bulla_html_str(b, about);
	bulla_buf_fmt(b, "</figcaption>\n<svg viewBox=\"0 0 %d %d\" "
	    "role=\"img\" aria-label=\"", PLOT_WIDTH, height);
	bulla_html_str(b, title);
	bulla_buf_str(b, "\">\n");
}

void
plot_end(struct bulla_buf *b)
{
	bulla_buf_str(b, "</figure>\n");
}

void
plot_text(struct bulla_buf *b, int x, int y, const char *anchor,
    const char *text)
{
	bulla_buf_fmt(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">", x, y,
	    anchor);
	bulla_html_str(b, text);
	bulla_buf_str(b, "</text>\n");
}

void
plot_line(struct bulla_buf *b, int x1, int y1, int x2, int y2,
    const char *class)
{
	bulla_buf_fmt(b, "<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" "
	    "y2=\"%d\"/>\n", class, x1, y1, x2, y2);
}

void
plot_table(struct bulla_buf *b, const char *const *heads)
{
	bulla_buf_str(b, "</svg>\n<details><summary>The numbers</summary>\n"
	    "<div class=\"wide\"><table>\n<tr>");
	for (; *heads != NULL; heads++) {
		bulla_buf_str(b, "<th scope=\"col\">");
		bulla_html_str(b, *heads);
		bulla_buf_str(b, "</th>");
	}
	bulla_buf_str(b, "</tr>\n");
}

void
plot_table_end(struct bulla_buf *b)
{
	bulla_buf_str(b, "</table></div></details>\n");
}

void
plot_cell(struct bulla_buf *b, const char *text)
{
	bulla_buf_str(b, "<th scope=\"row\">");
	bulla_html_str(b, text);
	bulla_buf_str(b, "</th>");
}

void
plot_cell_num(struct bulla_buf *b, int64_t n)
{
	bulla_buf_fmt(b, "<td>%" PRId64 "</td>", n);
}
