#include <string.h>

#include "bulla/html.h"
#include "bulla/text.h"

static void
put_byte(struct bulla_buf *b, uint8_t c)
{
	switch (c) {
	case '&':
		bulla_buf_str(b, "&amp;");
		break;
	case '<':
		bulla_buf_str(b, "&lt;");
		break;
	case '>':
		bulla_buf_str(b, "&gt;");
		break;
	case '"':
		bulla_buf_str(b, "&quot;");
		break;
	case '\'':
		bulla_buf_str(b, "&#39;");
		break;
	default:
		bulla_buf_u8(b, c);
	}
}

void
bulla_html_text(struct bulla_buf *b, const struct bulla_cur *text)
{
	struct bulla_buf plain = BULLA_BUF_INIT(b->max);

	bulla_text_escape(&plain, text);
	for (size_t i = 0; i < plain.len; i++)
		put_byte(b, plain.p[i]);
	if (bulla_buf_status(&plain) != BULLA_OK && b->st == BULLA_OK)
		b->st = plain.st;
	bulla_buf_free(&plain);
}

void
bulla_html_str(struct bulla_buf *b, const char *s)
{
	for (size_t i = 0, n = strlen(s); i < n; i++)
		put_byte(b, (uint8_t)s[i]);
}

void
bulla_html_begin(struct bulla_buf *b, const char *title, const char *style)
{
	bulla_buf_str(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\""
	    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
	    "form-action 'none'\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, "
	    "initial-scale=1\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
	bulla_html_str(b, title);
	bulla_buf_str(b, "</title>\n<style>\n");
	bulla_buf_str(b, style);
	bulla_buf_str(b, "</style>\n</head>\n<body>\n");
}

void
bulla_html_end(struct bulla_buf *b)
{
	bulla_buf_str(b, "</body>\n</html>\n");
}
