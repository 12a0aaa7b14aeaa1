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
 * The parser that goes on after a fault tells one exactly when the other
 * refuses; where there is none both have read the same.
 */
static void
lint_text(const struct bulla_cur *text, const struct bulla_reqdoc *d,
    unsigned errors)
{
	struct bulla_buf a = BULLA_BUF_INIT(SIZE_MAX / 2);
	struct bulla_buf b = BULLA_BUF_INIT(SIZE_MAX / 2);
	struct bulla_reqdoc rest = { 0 };
	unsigned told = 0, n = 0;
	const struct bulla_lint l = { .now = INT64_C(1795316645),
	    .fn = no_more, .ctx = &told };

	if (bulla_reqdoc_lint_text(text, &l, &rest, &n, NULL) != BULLA_OK) {
		if (d != NULL || text->len <= 2 * BULLA_REQDOC_MAX)
			abort();
		return;
	}
	if (n != told || (d == NULL ? n == 0 : n != errors))
		abort();
	if (d != NULL) {
		bulla_reqdoc_put(&a, d);
		bulla_reqdoc_put(&b, &rest);
		if (a.len != b.len || memcmp(a.p, b.p, a.len) != 0)
			abort();
	}
	bulla_buf_free(&a);
	bulla_buf_free(&b);
	bulla_reqdoc_free(&rest);
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
		lint_text(&text, NULL, 0);
		return 0;
	}
	bulla_reqdoc_put(&b, &d);
	if (bulla_buf_status(&b) != BULLA_OK)
		abort();
	if (bulla_reqdoc_lint(&d, &l) != told)
		abort();
	lint_text(&text, &d, told);
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
