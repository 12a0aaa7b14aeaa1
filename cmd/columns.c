#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "columns.h"

#include "bulla/text.h"

#define NARROW 80u
#define WIDE 132u

size_t
columns_of_stdout(void)
{
	struct winsize w = { 0 };

	if (isatty(STDOUT_FILENO) != 1 ||
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_col < NARROW)
		return NARROW;
	return w.ws_col < WIDE ? w.ws_col : WIDE;
}

size_t
columns_count(const struct bulla_cur *text)
{
	struct bulla_cur c = *text;
	uint32_t point;
	size_t n = 0;

	while (bulla_utf8_next(&c, &point))
		n++;
	return n;
}

/* How many bytes fit, up to a line's end or the last space before. */
static size_t
fitting(const struct bulla_cur *text, size_t width, bool whole)
{
	size_t n = 0, end = 0, space = 0;
	struct bulla_cur c = *text;
	uint32_t point;

	while ((n < width || (whole && space == 0)) && !bulla_cur_done(&c) &&
	    c.p[0] != '\n' && bulla_utf8_next(&c, &point)) {
		n++;
		end = text->len - c.len;
		if (point == ' ')
			space = end;
		if (n > width && space > 0)
			return space;
	}
	/* No text: a byte at a time, rather than nothing for ever. */
	if (n == 0 && !bulla_cur_done(&c) && c.p[0] != '\n')
		return 1;
	if (!bulla_cur_done(&c) && c.p[0] != '\n' && c.p[0] != ' ' &&
	    space > 0)
		return space;
	return end;
}

bool
columns_next(struct bulla_cur *text, size_t width, bool whole,
    struct bulla_cur *out)
{
	struct bulla_cur fit;
	bool ended;

	while (bulla_cur_eat_str(text, " "))
		;
	if (bulla_cur_done(text) || !bulla_cur_take(text, fitting(text, width,
	    whole), &fit))
		return false;
	while (fit.len > 0 && fit.p[fit.len - 1] == ' ')
		fit.len--;
	*out = fit;
	ended = bulla_cur_eat_str(text, "\n");
	(void)ended;
	return true;
}

void
columns_put(struct bulla_buf *b, const struct bulla_cur *text, size_t indent,
    size_t width)
{
	struct bulla_cur rest = *text, line;

	for (bool first = true; columns_next(&rest, width - indent, true,
	    &line); first = false) {
		if (!first)
			bulla_buf_fmt(b, "%*s", (int)indent, "");
		bulla_buf_cur(b, &line);
		bulla_buf_str(b, "\n");
	}
}

/* Scripts that terminals show two columns wide, and pictures. */
static size_t
width_of(uint32_t point)
{
	static const uint32_t wide[][2] = { { 0x1100, 0x115f },
	    { 0x2e80, 0x303e }, { 0x3041, 0xa4cf }, { 0xa960, 0xa97f },
	    { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f },
	    { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1faff },
	    { 0x20000, 0x3fffd } };

	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		if (point >= wide[i][0] && point <= wide[i][1])
			return 2;
	}
	return 1;
}

void
columns_cut(struct bulla_buf *b, const struct bulla_cur *text, size_t width)
{
	static const char dots[] = "...";
	struct bulla_buf all = BULLA_BUF_INIT(1u << 20);
	struct bulla_cur rest, whole;
	size_t at = 0, fits = 0;
	uint32_t point;

	bulla_text_escape(&all, text);
	whole = rest = bulla_buf_view(&all);
	while (at <= width && bulla_utf8_next(&rest, &point)) {
		at += width_of(point);
		if (at + sizeof(dots) - 1 <= width)
			fits = whole.len - rest.len;
	}
	if (at > width)
		whole.len = fits;
	bulla_buf_cur(b, &whole);
	bulla_buf_str(b, at > width ? dots : "");
	bulla_buf_free(&all);
}
