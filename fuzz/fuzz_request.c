#include <stdlib.h>
#include <string.h>

#include "bulla/reqdoc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
no_more(void *ctx, const struct bulla_finding *f)
{
	unsigned *n = ctx;

	/* What is shown fits, and says both halves. */
	if (f->what[0] == '\0' || f->instead[0] == '\0' ||
	    memchr(f->what, '\0', sizeof(f->what)) == NULL ||
	    memchr(f->instead, '\0', sizeof(f->instead)) == NULL)
		abort();
	*n += f->error;
}

/*
 * What a draft says is put as one text, which parses to the same again; what
 * parses at once was that text. Guidelines count as many errors as they tell.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_buf b = BULLA_BUF_INIT(SIZE_MAX / 2);
	struct bulla_buf again = BULLA_BUF_INIT(SIZE_MAX / 2);
	const struct bulla_cur text = bulla_cur_of(data, len);
	struct bulla_reqdoc d = { 0 }, e = { 0 };
	struct bulla_cur c;
	unsigned told = 0;
	const struct bulla_lint l = { .now = INT64_C(1795316645),
	    .fn = no_more, .ctx = &told };

	if (bulla_reqdoc_draft(&text, &d, NULL) != BULLA_OK) {
		if (bulla_reqdoc_parse(&text, &d, NULL) == BULLA_OK)
			abort();
		return 0;
	}
	bulla_reqdoc_put(&b, &d);
	if (bulla_buf_status(&b) != BULLA_OK)
		abort();
	if (bulla_reqdoc_lint(&d, &l) != told)
		abort();
	c = bulla_buf_view(&b);
	if (b.len <= BULLA_REQDOC_MAX) {
		if (bulla_reqdoc_parse(&c, &e, NULL) != BULLA_OK)
			abort();
		bulla_reqdoc_put(&again, &e);
		if (again.len != b.len || memcmp(again.p, b.p, b.len) != 0)
			abort();
		bulla_reqdoc_free(&e);
	}
	if (bulla_reqdoc_parse(&text, &e, NULL) == BULLA_OK) {
		if (b.len != len || memcmp(b.p, data, len) != 0)
			abort();
		bulla_reqdoc_free(&e);
	}
	bulla_buf_free(&b);
	bulla_buf_free(&again);
	bulla_reqdoc_free(&d);
	return 0;
}
