#ifndef BULLA_HTML_H
#define BULLA_HTML_H

#include "bulla/buf.h"
#include "bulla/cur.h"

/*
 * Writing one self-contained HTML page. What stands in evidence is hostile:
 * it enters a page through bulla_html_text and through nothing else.
 */

/*
 * Text of somebody else's, for an element's contents or an attribute in
 * double quotes: in bulla_text_escape's form, and & < > " ' as references.
 */
void bulla_html_text(struct bulla_buf *b, const struct bulla_cur *text);
/* Our own words: only the references; LF and backslash stay. */
void bulla_html_str(struct bulla_buf *b, const char *s);

/*
 * Everything up to <body>, and after it. The page's own policy forbids it
 * scripts, and to load anything from anywhere. style: CSS of ours, no input.
 */
void bulla_html_begin(struct bulla_buf *b, const char *title,
    const char *style);
void bulla_html_end(struct bulla_buf *b);

#endif
