#include <stdlib.h>
#include <string.h>

#include "bulla/text.h"

#define IN_MAX 4096u	/* bytes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int
nibble(uint8_t c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* Undo the escapes: they must tell every input from every other one. */
static void
unescapes_to(const struct bulla_cur *escaped, const struct bulla_cur *want)
{
	struct bulla_cur c = *escaped, got;
	uint8_t out[IN_MAX], b, hex[2];
	size_t n = 0;

	while (bulla_cur_u8(&c, &b)) {
		if (b == '\\' && !bulla_cur_eat_str(&c, "\\")) {
			if (!bulla_cur_eat_str(&c, "x") ||
			    !bulla_cur_copy(&c, hex, 2))
				abort();
			b = (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1]));
		}
		if (n == sizeof(out))
			abort();
		out[n++] = b;
	}
	got = bulla_cur_of(out, n);
	if (!bulla_cur_same(&got, want))
		abort();
}

/* The same text, or the beginning of it and three dots; always plain. */
static void
shows(const struct bulla_cur *text, const struct bulla_cur *escaped)
{
	struct bulla_cur shown, rest = *escaped;
	char out[80];

	for (size_t cap = 4; cap <= sizeof(out); cap += cap < 8 ? 1 : 24) {
		memset(out, '#', sizeof(out));
		(void)bulla_text_show(out, cap, text);
		shown = bulla_cur_str(out);
		if (shown.len >= cap || !bulla_text_is_plain(&shown))
			abort();
		if (bulla_cur_same(&shown, escaped))
			continue;
		rest = *escaped;
		if (escaped->len < cap || shown.len < 3 ||
		    memcmp(out + shown.len - 3, "...", 3) != 0 ||
		    !bulla_cur_eat(&rest, out, shown.len - 3))
			abort();
	}
}

/* Escaped text is plain, whole, and can be told apart; so is shown text. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_buf b = BULLA_BUF_INIT(4 * IN_MAX);
	struct bulla_cur c = bulla_cur_of(data, len), escaped;

	if (len > IN_MAX)
		return 0;
	bulla_text_escape(&b, &c);
	if (bulla_buf_status(&b) != BULLA_OK)
		abort();
	escaped = bulla_buf_view(&b);
	if (!bulla_text_is_plain(&escaped))
		abort();
	/* Plain text without a backslash is left as it is, and only that. */
	if (bulla_cur_same(&c, &escaped) != (bulla_text_is_plain(&c) &&
	    (len == 0 || memchr(data, '\\', len) == NULL)))
		abort();
	if (bulla_text_is_lines(&c) && data[len - 1] != '\n')
		abort();
	unescapes_to(&escaped, &c);
	shows(&c, &escaped);
	bulla_buf_free(&b);
	return 0;
}
