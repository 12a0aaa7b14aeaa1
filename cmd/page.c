#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "page.h"

#include "bulla/enc.h"
#include "bulla/html.h"
#include "bulla/text.h"
#include "bulla/when.h"

#define LABEL 36	/* columns, in text */
#define INK 42
#define BELOW 3		/* where a value begins that has no room beside */
#define ROW_MAX (1u << 20)
#define CODE 48u	/* the least that is a public key, in text */

/* One column on a telephone, two on paper; black on white everywhere. */
static const char style[] =
"@page { margin: 18mm 16mm; }\n"
"* { box-sizing: border-box; }\n"
"body { font: 15px/1.45 \"DejaVu Sans\", Arial, sans-serif; color: #111;\n"
"  background: #fff; max-width: 50rem; margin: 0 auto; padding: 1rem; }\n"
"h1 { font-size: 1.5rem; line-height: 1.2; margin: 0 0 .6rem;\n"
"  overflow-wrap: anywhere; }\n"
"h2 { font-size: 1.1rem; margin: 1.8rem 0 .4rem;\n"
"  border-bottom: 2px solid #111; break-after: avoid; }\n"
"h3 { font-size: 1rem; margin: .2rem 0 .4rem; break-after: avoid; }\n"
"section { border: 1px solid #bbb; border-radius: 4px;\n"
"  padding: .5rem .8rem; margin: .7rem 0; break-inside: avoid; }\n"
"dl { display: grid; grid-template-columns: 15rem 1fr; margin: 0;\n"
"  gap: .15rem .8rem; }\n"
"dt { color: #444; }\n"
"dd { margin: 0; overflow-wrap: anywhere; }\n"
"p, pre { orphans: 3; widows: 3; }\n"
".hex, pre { font: 12px/1.5 \"DejaVu Sans Mono\", monospace; }\n"
".hex span { display: inline-block; max-width: 100%; }\n"
"pre { background: #f3f3f0; border: 1px solid #ccc; padding: .6rem;\n"
"  overflow-x: auto; }\n"
".good, .bad { border: 2px solid #14612f; padding: .5rem .8rem;\n"
"  font-weight: bold; }\n"
".bad { border-color: #a40000; color: #a40000; }\n"
"figure { margin: .8rem 0; max-width: 26rem; break-inside: avoid; }\n"
"figcaption { font-size: .85rem; color: #333; }\n"
".ink { display: flex; gap: .8rem; align-items: flex-end;\n"
"  min-height: 2.6rem; break-inside: avoid; }\n"
".ink span { flex: 0 0 15rem; color: #444; }\n"
".ink b { flex: 1; border-bottom: 1px solid #111; font-weight: normal;\n"
"  min-height: 1.4rem; overflow-wrap: anywhere; }\n"
"@media (max-width: 600px) {\n"
"  dl { grid-template-columns: 1fr; gap: 0; }\n"
"  dd { margin-bottom: .4rem; }\n"
"  .ink { display: block; margin-bottom: .8rem; }\n"
"  .ink b { display: block; min-height: 1.8rem; }\n"
"}\n"
"@media print {\n"
"  body { font-size: 10pt; max-width: none; padding: 0; }\n"
"  .hex, pre { font-size: 8pt; }\n"
"  p, .together { break-inside: avoid; }\n"
"  h2 + p, h3 + p { break-after: avoid; }\n"
"  pre { white-space: pre-wrap; overflow-wrap: anywhere; }\n"
"  dl { grid-template-columns: 13rem 1fr; }\n"
"}\n";

/* An element, or a line of text. */
static void
element(struct page *p, const char *open, const char *text,
    const char *close)
{
	const struct bulla_cur c = bulla_cur_str(text);

	if (!p->html) {
		columns_put(p->b, &c, 0, p->width);
		return;
	}
	bulla_buf_str(p->b, open);
	bulla_html_str(p->b, text);
	bulla_buf_fmt(p->b, "%s\n", close);
}

void
page_begin(struct page *p, const char *title)
{
	if (p->html)
		bulla_html_begin(p->b, title, style);
	element(p, "<h1>", title, "</h1>");
}

void
page_end(struct page *p)
{
	if (p->html)
		bulla_html_end(p->b);
}

void
page_head(struct page *p, const char *text)
{
	if (!p->html)
		bulla_buf_str(p->b, "\n== ");
	element(p, "<h2>", text, "</h2>");
}

void
page_para(struct page *p, const char *text)
{
	element(p, "<p>", text, "</p>");
}

void
page_banner(struct page *p, bool good, const char *text)
{
	if (!p->html)
		bulla_buf_str(p->b, good ? "" : "!! ");
	element(p, good ? "<p class=\"good\">" : "<p class=\"bad\">", text,
	    "</p>");
}

void
page_list(struct page *p, const char *title)
{
	if (p->html)
		bulla_buf_str(p->b, "<section>\n");
	else
		bulla_buf_str(p->b, "\n");
	if (title != NULL)
		element(p, "<h3>", title, "</h3>");
	if (p->html)
		bulla_buf_str(p->b, "<dl>\n");
}

void
page_list_end(struct page *p)
{
	if (p->html)
		bulla_buf_str(p->b, "</dl>\n</section>\n");
}

static void
put(struct page *p, const struct bulla_cur *v)
{
	if (p->html)
		bulla_html_text(p->b, v);
	else
		bulla_text_escape(p->b, v);
}

/* Beside the label where there is room for all of it, else below. */
static void
text_row(struct page *p, const char *label, size_t column,
    const struct bulla_cur *v)
{
	struct bulla_buf b = BULLA_BUF_INIT(ROW_MAX);
	struct bulla_cur rest = *v, line, c;

	while (bulla_cur_line(&rest, &line)) {
		bulla_text_escape(&b, &line);
		bulla_buf_str(&b, "\n");
	}
	bulla_text_escape(&b, &rest);
	c = bulla_buf_view(&b);
	if (bulla_buf_status(&b) != BULLA_OK && p->b->st == BULLA_OK)
		p->b->st = bulla_buf_status(&b);
	if ((c.len > 0 && memchr(c.p, '\n', c.len) != NULL) ||
	    2 + column + columns_count(&c) > p->width)
		bulla_buf_fmt(p->b, "  %s\n%*s", label, BELOW, "");
	else
		bulla_buf_fmt(p->b, "  %-*s%s", (int)column, label,
		    c.len == 0 ? "\n" : "");
	columns_put(p->b, &c, BELOW, p->width);
	bulla_buf_free(&b);
}

/* Long hex is easier to compare where all characters are of one width. */
static bool
is_digest(const struct bulla_cur *v)
{
	uint8_t digest[32];

	return bulla_hex_decode(v, digest, sizeof(digest));
}

/* A public key, in text: so long, and no space. */
static bool
is_code(const struct bulla_cur *v)
{
	return is_digest(v) || (v->len >= CODE && memchr(v->p, '+', v->len) !=
	    NULL && memchr(v->p, ' ', v->len) == NULL);
}

/*
 * In parts that stay whole, so that no line ends where a reader may take it
 * for something else: a name, the id of its key, the key; half a digest.
 */
static void
put_code(struct page *p, const struct bulla_cur *v)
{
	bool digest = is_digest(v);
	struct bulla_cur rest = *v, part;
	size_t n;

	for (int i = 0; rest.len > 0; i++) {
		const uint8_t *plus = memchr(rest.p, '+', rest.len);

		n = digest && i == 0 ? rest.len / 2 : !digest && i < 2 &&
		    plus != NULL ? (size_t)(plus - rest.p) + 1 : rest.len;
		if (!bulla_cur_take(&rest, n, &part))
			break;
		bulla_buf_str(p->b, "<span>");
		put(p, &part);
		bulla_buf_str(p->b, "</span>");
	}
}

/* Lines of a value stay lines. */
void
page_row(struct page *p, const char *label, const struct bulla_cur *v)
{
	struct bulla_cur rest = *v, line;

	if (!p->html) {
		text_row(p, label, LABEL, v);
		return;
	}
	bulla_buf_str(p->b, "<dt>");
	bulla_html_str(p->b, label);
	if (is_code(v)) {
		bulla_buf_str(p->b, "</dt><dd class=\"hex\">");
		put_code(p, v);
		bulla_buf_str(p->b, "</dd>\n");
		return;
	}
	bulla_buf_str(p->b, "</dt><dd>");
	while (bulla_cur_line(&rest, &line)) {
		put(p, &line);
		bulla_buf_str(p->b, "<br>");
	}
	put(p, &rest);
	bulla_buf_str(p->b, "</dd>\n");
}

void
page_row_fmt(struct page *p, const char *label, const char *fmt, ...)
{
	struct bulla_cur v;
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	v = bulla_cur_str(text);
	page_row(p, label, &v);
}

void
page_row_when(struct page *p, const char *label, int64_t t)
{
	char s[BULLA_WHEN_LEN + 1];

	bulla_when_text(t, s);
	page_row_fmt(p, label, "%s", s);
}

void
page_row_hex(struct page *p, const char *label, const void *data, size_t n)
{
	struct bulla_buf b = BULLA_BUF_INIT(ROW_MAX);
	struct bulla_cur v;

	bulla_hex_put(&b, data, n);
	v = bulla_buf_view(&b);
	page_row(p, label, &v);
	bulla_buf_free(&b);
}

void
page_run(struct page *p, const struct bulla_buf *commands)
{
	struct bulla_cur all = bulla_buf_view(commands), line;

	bulla_buf_str(p->b, p->html ? "<pre class=\"run\">" : "\n");
	while (bulla_cur_line(&all, &line)) {
		/* ours: but what names somebody else's is plain by grammar */
		for (size_t i = 0; p->html && i < line.len; i++) {
			const char one[2] = { (char)line.p[i], '\0' };

			bulla_html_str(p->b, one);
		}
		if (!p->html) {
			bulla_buf_str(p->b, "    ");
			bulla_buf_cur(p->b, &line);
		}
		bulla_buf_str(p->b, "\n");
	}
	bulla_buf_str(p->b, p->html ? "</pre>\n" : "\n");
}

void
page_figure(struct page *p, const struct bulla_buf *svg,
    const struct bulla_buf *words)
{
	if (!p->html)
		return;
	bulla_buf_str(p->b, "<figure>\n");
	bulla_buf_put(p->b, svg->p, svg->len);
	bulla_buf_str(p->b, "<figcaption>");
	bulla_buf_put(p->b, words->p, words->len);
	bulla_buf_str(p->b, "</figcaption>\n</figure>\n");
	if (bulla_buf_status(svg) != BULLA_OK && p->b->st == BULLA_OK)
		p->b->st = bulla_buf_status(svg);
}

void
page_together(struct page *p, bool begin)
{
	if (p->html)
		bulla_buf_str(p->b, begin ? "<div class=\"together\">\n" :
		    "</div>\n");
}

void
page_ink(struct page *p, const char *label, const struct bulla_cur *known)
{
	const struct bulla_cur none = bulla_cur_str("");

	if (!p->html) {
		if (known != NULL && known->len > 0)
			text_row(p, label, INK + 1, known);
		else
			bulla_buf_fmt(p->b, "  %-*s %s\n", INK, label,
			    "______________________________");
		bulla_buf_str(p->b, "\n");
		return;
	}
	bulla_buf_str(p->b, "<div class=\"ink\"><span>");
	bulla_html_str(p->b, label);
	bulla_buf_str(p->b, "</span><b>");
	put(p, known != NULL ? known : &none);
	bulla_buf_str(p->b, "</b></div>\n");
}
