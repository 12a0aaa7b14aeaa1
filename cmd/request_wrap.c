#include "request.h"

void
request_wrap(struct bulla_buf *b, const char *first, const char *then,
    const struct bulla_cur *text, size_t columns)
{
	struct bulla_cur rest = *text, word;
	size_t at = 0;

	for (bool begun = false; rest.len > 0; begun = true) {
		if (!bulla_cur_until(&rest, ' ', &word)) {
			word = rest;
			rest.len = 0;
		}
		if (begun && at + 1 + word.len > columns) {
			bulla_buf_str(b, "\n");
			at = 0;
		}
		if (at == 0) {
			const struct bulla_cur indent = bulla_cur_str(begun ?
			    then : first);

			bulla_buf_cur(b, &indent);
			at = indent.len;
		} else {
			bulla_buf_str(b, " ");
			at++;
		}
		bulla_buf_cur(b, &word);
		at += word.len;
	}
	bulla_buf_str(b, "\n");
}
