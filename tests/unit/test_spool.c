#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/spool.h"

static void
add(struct spool *s, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		bulla_buf_fmt(&s->tail, "line %08u of the list\n", i);
		cr_assert_eq(spool_flush(s, NULL), BULLA_OK);
	}
}

/* Reads all of it in pieces of cap and compares. */
static void
expect_lines(const struct spool *s, unsigned n, size_t cap)
{
	char *buf = malloc(cap), line[40];
	uint64_t off = 0;
	size_t got = 1, len = strlen("line 00000000 of the list\n");

	cr_assert_eq(spool_len(s), n * len);
	while (got > 0) {
		cr_assert_eq(spool_read(s, off, buf, cap, &got, NULL),
		    BULLA_OK);
		for (size_t i = 0; i < got; i++) {
			uint64_t at = off + i;

			if (i == 0 || at % len == 0)
				snprintf(line, sizeof(line),
				    "line %08u of the list\n",
				    (unsigned)(at / len));
			cr_assert_eq(buf[i], line[at % len]);
		}
		off += got;
	}
	cr_assert_eq(off, spool_len(s));
	free(buf);
}

Test(spool, nothing)
{
	struct spool s = SPOOL_INIT;
	size_t n = 9;
	char c;

	cr_assert_eq(spool_flush(&s, NULL), BULLA_OK);
	cr_expect_eq(spool_len(&s), 0);
	cr_assert_eq(spool_read(&s, 0, &c, 1, &n, NULL), BULLA_OK);
	cr_expect_eq(n, 0);
	spool_free(&s);
	cr_expect_eq(s.fd, -1);
}

Test(spool, a_little_stays_in_memory)
{
	struct spool s = SPOOL_INIT;

	add(&s, 0, 1000);
	cr_expect_eq(s.fd, -1);
	expect_lines(&s, 1000, 77);
	spool_free(&s);
}

/* Pieces that end before, at and behind the border of file and memory. */
Test(spool, much_goes_to_a_file)
{
	static const size_t caps[] = { 16384, 4099, SPOOL_MEMORY,
	    4 * SPOOL_MEMORY };
	struct spool s = SPOOL_INIT;

	add(&s, 0, 100000);
	cr_assert_neq(s.fd, -1);
	cr_expect_lt(s.tail.len, SPOOL_MEMORY);
	cr_expect_gt(s.in_file, 0);
	for (size_t i = 0; i < 4; i++)
		expect_lines(&s, 100000, caps[i]);
	/* It may be read and then grow. */
	add(&s, 100000, 150000);
	expect_lines(&s, 150000, 65536);
	spool_free(&s);
}

Test(spool, exactly_the_memory)
{
	struct spool s = SPOOL_INIT;
	char *block = calloc(1, SPOOL_MEMORY);
	char one[1];
	size_t n;

	bulla_buf_put(&s.tail, block, SPOOL_MEMORY);
	cr_assert_eq(spool_flush(&s, NULL), BULLA_OK);
	cr_expect_eq(s.tail.len, 0);
	cr_expect_eq(spool_len(&s), SPOOL_MEMORY);
	cr_assert_eq(spool_read(&s, SPOOL_MEMORY, one, 1, &n, NULL),
	    BULLA_OK);
	cr_expect_eq(n, 0);
	spool_free(&s);
	free(block);
}

Test(spool, a_failure_of_the_buffer_shows)
{
	struct spool s = SPOOL_INIT;
	char *block = calloc(1, 3 * SPOOL_MEMORY);
	struct bulla_err e = { 0 };

	bulla_buf_put(&s.tail, block, 3 * SPOOL_MEMORY);
	cr_expect_eq(spool_flush(&s, &e), BULLA_E_LIMIT);
	cr_expect_neq(e.msg[0], '\0');
	spool_free(&s);
	free(block);
}

Test(spool, nowhere_to_put_it)
{
	struct spool s = SPOOL_INIT;
	char *block = calloc(1, SPOOL_MEMORY);
	struct bulla_err e = { 0 };

	cr_assert_eq(setenv("TMPDIR", "/nonexistent", 1), 0);
	bulla_buf_put(&s.tail, block, SPOOL_MEMORY);
	cr_expect_eq(spool_flush(&s, &e), BULLA_E_IO);
	cr_expect_not_null(strstr(e.msg, "/nonexistent"), "%s", e.msg);
	spool_free(&s);
	free(block);
}
