#include <stdlib.h>
#include <string.h>

#include "bulla/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
count(void *ctx, const struct bulla_difference *d)
{
	uint64_t *n = ctx;

	if (d->text == NULL || d->line == NULL)
		abort();
	(*n)++;
}

/*
 * What parses is written back bit for bit; and one that is turned round, so
 * that each side is the other, can be compared.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_STATEMENT_MAX);
	struct bulla_cur c = bulla_cur_of(data, len);
	struct bulla_statement s = { 0 }, other = { .side = "b.example" };
	uint64_t n = 0, told = 0;

	if (bulla_statement_parse(&c, &s, NULL) != BULLA_OK)
		return 0;
	bulla_statement_put(&b, &s);
	if (bulla_buf_status(&b) != BULLA_OK || b.len != len ||
	    memcmp(b.p, data, len) != 0)
		abort();
	other.v = s.v;
	other.n = s.n;
	if (bulla_statement_compare(&s, &other, count, &told, &n, NULL) ==
	    BULLA_OK && n != told)
		abort();
	bulla_statement_free(&s);
	bulla_buf_free(&b);
	return 0;
}
