#ifndef COLUMNS_H
#define COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "bulla/buf.h"
#include "bulla/cur.h"

/* Text for people, in the columns of their terminal. */

/* Of standard output, when it is a terminal that is wider than 80; else 80. */
size_t columns_of_stdout(void);
/* Columns that plain text takes, counting each point as one. */
size_t columns_count(const struct bulla_cur *text);
/*
 * The next line of at most `width` columns, broken at a space where there is
 * one; what has none longer than that stays whole when `whole`. False at the
 * end.
 */
bool columns_next(struct bulla_cur *text, size_t width, bool whole,
    struct bulla_cur *out);
/*
 * One line of any text, escaped, with "..." where it had to be cut to so many
 * columns: characters of East Asia take two.
 */
void columns_cut(struct bulla_buf *b, const struct bulla_cur *text,
    size_t width);
/* Text in lines, each but the first after `indent` columns. */
void columns_put(struct bulla_buf *b, const struct bulla_cur *text,
    size_t indent, size_t width);

#endif
