#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "bulla/secret.h"

static void
init(void)
{
	cr_assert_eq(bulla_crypto_init(NULL), BULLA_OK);
}

TestSuite(secret, .init = init);

Test(secret, init_may_be_called_again)
{
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_crypto_init(&err), BULLA_OK);
	cr_assert_eq(err.st, BULLA_OK);
}

Test(secret, new_ones_are_zero)
{
	static const uint8_t zeros[300];
	struct bulla_secret s = { 0 };

	cr_assert_eq(bulla_secret_new(&s, sizeof(zeros), NULL), BULLA_OK);
	cr_assert_eq(s.len, sizeof(zeros));
	cr_assert_arr_eq(s.p, zeros, sizeof(zeros));
	bulla_secret_free(&s);
}

Test(secret, from_copies_and_view_shows_it)
{
	struct bulla_secret s = { 0 };
	struct bulla_cur c;

	cr_assert_eq(bulla_secret_from(&s, "hunter2", 7, NULL), BULLA_OK);
	c = bulla_secret_view(&s);
	cr_assert(bulla_cur_is(&c, "hunter2"));
	cr_assert_eq((const void *)c.p, (const void *)s.p);
	bulla_secret_free(&s);
}

Test(secret, may_be_empty)
{
	struct bulla_secret s = { 0 };
	struct bulla_cur c;

	cr_assert_eq(bulla_secret_from(&s, NULL, 0, NULL), BULLA_OK);
	c = bulla_secret_view(&s);
	cr_assert(bulla_cur_done(&c));
	bulla_secret_free(&s);
}

Test(secret, free_takes_null_and_nothing_and_twice)
{
	struct bulla_secret s = { 0 };

	bulla_secret_free(NULL);
	bulla_secret_free(&s);
	cr_assert_eq(bulla_secret_new(&s, 1, NULL), BULLA_OK);
	bulla_secret_free(&s);
	cr_assert_null(s.p);
	cr_assert_eq(s.len, 0);
	bulla_secret_free(&s);
}

Test(secret, too_much_is_no_memory_and_writes_nothing)
{
	struct bulla_secret s = { .len = 42 };
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_secret_new(&s, SIZE_MAX / 2, &err),
	    BULLA_E_NOMEM);
	cr_assert_null(s.p);
	cr_assert_eq(s.len, 42);
	cr_assert_not_null(strstr(err.msg, "secret bytes"));
}

/* What sodium_malloc is for: a read beyond the end ends the program. */
Test(secret, reading_past_the_end_is_fatal, .signal = SIGSEGV)
{
	struct bulla_secret s = { 0 };
	volatile uint8_t *p;

	cr_assert_eq(bulla_secret_new(&s, 32, NULL), BULLA_OK);
	signal(SIGSEGV, SIG_DFL);	/* not the sanitizer's report */
	p = s.p;
	(void)p[s.len];
}

Test(secret, eq_sees_every_bit_and_the_length)
{
	uint8_t a[48], b[48];

	bulla_random(a, sizeof(a));
	memcpy(b, a, sizeof(b));
	cr_assert(bulla_secret_eq(a, sizeof(a), b, sizeof(b)));
	cr_assert_not(bulla_secret_eq(a, sizeof(a), b, sizeof(b) - 1));
	cr_assert_not(bulla_secret_eq(a, 0, b, 1));
	cr_assert(bulla_secret_eq(NULL, 0, NULL, 0));
	for (size_t i = 0; i < 8 * sizeof(b); i++) {
		b[i / 8] ^= (uint8_t)(1u << i % 8);
		cr_assert_not(bulla_secret_eq(a, sizeof(a), b, sizeof(b)),
		    "bit %zu", i);
		b[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}

Test(secret, wipe_clears_exactly_that)
{
	uint8_t b[] = { 1, 2, 3, 4, 5 };

	bulla_wipe(b + 1, 3);
	bulla_wipe(NULL, 0);
	cr_assert_arr_eq(b, ((uint8_t[]){ 1, 0, 0, 0, 5 }), sizeof(b));
}

Test(secret, random_differs_and_stays_inside)
{
	uint8_t a[40] = { 0 }, b[40] = { 0 };

	bulla_random(a, 32);
	bulla_random(b, 32);
	bulla_random(NULL, 0);
	cr_assert(memcmp(a, b, 32) != 0);
	cr_assert_arr_eq(a + 32, b + 32, 8);
}
