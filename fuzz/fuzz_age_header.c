#include <stdlib.h>
#include <string.h>

#include "bulla/agehdr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
put_again(struct bulla_buf *b, const struct bulla_age_stanza *s)
{
	struct bulla_buf text = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	const char **args = calloc(s->n_args, sizeof(*args));
	size_t *at = calloc(s->n_args, sizeof(*at));
	struct bulla_cur arg;

	if (args == NULL || at == NULL)
		abort();
	for (size_t i = 0; i < s->n_args; i++) {
		if (!bulla_age_arg(s, i, &arg) || arg.len == 0)
			abort();
		at[i] = text.len;
		bulla_buf_cur(&text, &arg);
		bulla_buf_u8(&text, 0);
	}
	for (size_t i = 0; i < s->n_args; i++)
		args[i] = (const char *)text.p + at[i];
	if (bulla_age_arg(s, s->n_args, &arg))
		abort();
	bulla_age_put_stanza(b, args, s->n_args, s->body, s->body_len);
	free(at);
	free(args);
	bulla_buf_free(&text);
}

/* What parses is written again to the same bytes, and only those were read. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_AGE_HEADER_MAX);
	struct bulla_cur c = bulla_cur_of(data, len);
	struct bulla_age_header h = { 0 };
	size_t used;

	if (bulla_age_header_parse(&c, &h, NULL) != BULLA_OK) {
		if (c.len != len || h.pool != NULL)
			abort();
		return 0;
	}
	used = len - c.len;
	/* Many arguments cost quadratic time here, not in the library. */
	for (size_t i = 0; i < h.n_stanzas; i++)
		if (h.stanza[i].n_args > 1000)
			goto out;
	bulla_age_put_version(&b);
	for (size_t i = 0; i < h.n_stanzas; i++)
		put_again(&b, &h.stanza[i]);
	bulla_age_put_dashes(&b);
	if (b.len != h.covered.len || memcmp(b.p, h.covered.p, b.len) != 0)
		abort();
	bulla_age_put_mac(&b, h.mac);
	if (bulla_buf_status(&b) != BULLA_OK || b.len != used ||
	    memcmp(b.p, data, used) != 0)
		abort();
out:
	bulla_buf_free(&b);
	bulla_age_header_free(&h);
	return 0;
}
