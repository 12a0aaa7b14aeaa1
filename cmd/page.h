#ifndef PAGE_H
#define PAGE_H

#include <stdbool.h>

#include "bulla/buf.h"
#include "bulla/cur.h"

/*
 * A report of headings, paragraphs, lists of label and value, commands and
 * lines for ink; as one self-contained HTML page, or as text. Labels,
 * headings and formats are ours; what is somebody else's is a bulla_cur.
 */
struct page {
	struct bulla_buf *b;
	bool html;
	size_t width;			/* of text, in columns */
};
void page_begin(struct page *p, const char *title);
void page_end(struct page *p);
void page_head(struct page *p, const char *text);
void page_para(struct page *p, const char *text);
/* What must not be overlooked: good or not. */
void page_banner(struct page *p, bool good, const char *text);
/* A list of rows, with a small heading when that is not NULL. */
void page_list(struct page *p, const char *title);
void page_list_end(struct page *p);
void page_row(struct page *p, const char *label, const struct bulla_cur *v);
void page_row_fmt(struct page *p, const char *label, const char *fmt, ...)
    BULLA_PRINTF(3, 4);
void page_row_when(struct page *p, const char *label, int64_t t);
/* The value is lower-case hex of n bytes. */
void page_row_hex(struct page *p, const char *label, const void *data,
    size_t n);
/* Lines of commands, to be copied as they are. */
void page_run(struct page *p, const struct bulla_buf *commands);
/* A drawing with the words under it; not in text. */
void page_figure(struct page *p, const struct bulla_buf *svg,
    const struct bulla_buf *words);
/* What is between begin and end is not cut across pages, when printed. */
void page_together(struct page *p, bool begin);
/* Something to write or sign by hand; known (may be NULL) is printed there. */
void page_ink(struct page *p, const char *label,
    const struct bulla_cur *known);

#endif
